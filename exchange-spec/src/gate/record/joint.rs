//! Joint handling: requests and answers.

use std::collections::BTreeSet;

use sanheyi_proto::standard::v1::{Joint, JointOpinion, JointStance};

use crate::reason::Findings;

/// case.joint
pub(super) fn joint(joint: &Joint, out: &mut Findings) {
    let mut seen = BTreeSet::new();
    for (place, part) in joint.parts.iter().enumerate() {
        if !seen.insert((&part.dataset, &part.record)) {
            out.error(
                format!("parts[{place}]"),
                "record.joint_part_once",
                "同一记录只须列一次，请删去重复的协同材料",
                "a record is listed once: take the repeated part out",
            );
        }
    }
}

/// case.joint_opinion
pub(super) fn opinion(opinion: &JointOpinion, out: &mut Findings) {
    let needs_a_reason = matches!(opinion.stance(), JointStance::Disagree | JointStance::Returned);
    if needs_a_reason && opinion.opinion.trim().is_empty() {
        out.error(
            "opinion",
            "record.joint_opinion_reason",
            "不同意或退回的，须在“协办意见”中说明理由",
            "who does not agree, or returns a request, says why: fill in the opinion",
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::JointPart;

    use super::*;

    fn found<M>(message: &M, rules: fn(&M, &mut Findings)) -> Vec<(String, String)> {
        let mut out = Findings::default();
        rules(message, &mut out);
        let reasons = out.into_reasons();
        reasons.iter().map(|one| (one.field.to_string(), one.rule.to_string())).collect()
    }

    #[test]
    fn a_part_is_listed_once() {
        let part = |dataset: &str, record: &str| JointPart {
            dataset: dataset.into(),
            record: record.into(),
        };
        let with = |parts| found(&Joint { parts, ..Joint::default() }, joint);
        let twice = vec![part("case.case", "A"), part("case.step", "A"), part("case.case", "A")];
        let rule = ("parts[2]".to_owned(), "record.joint_part_once".to_owned());
        assert_eq!(with(twice.clone()), [rule]);
        assert_eq!(with(twice[..2].to_vec()), []);
        assert_eq!(with(Vec::new()), []);
    }

    #[test]
    fn a_refusal_says_why() {
        let says = |stance: JointStance, text: &str| {
            let message =
                JointOpinion { stance: stance.into(), opinion: text.into(), ..Default::default() };
            found(&message, opinion).len()
        };
        for stance in [JointStance::Disagree, JointStance::Returned] {
            assert_eq!((says(stance, " "), says(stance, "不属本区管辖")), (1, 0));
        }
        assert_eq!((says(JointStance::Agree, ""), says(JointStance::Handled, "")), (0, 0));
    }
}
