//! Answers to offers of custody.

use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision};

use crate::reason::Findings;

/// Rules of an answer.
pub(super) fn answer(answer: &CustodyAnswer, out: &mut Findings) {
    let refuses = answer.decision() == CustodyDecision::Refuse;
    if refuses && answer.reason.trim().is_empty() {
        out.error(
            "reason",
            "record.custody_reason",
            "拒绝接收的，须写明理由",
            "a refusal says why: give a reason",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::record::tests::rules;

    #[test]
    fn a_refusal_says_why() {
        let of = |decision: CustodyDecision, reason: &str| {
            let reason = reason.to_owned();
            let one = CustodyAnswer { decision: decision.into(), reason, ..Default::default() };
            rules(|out| answer(&one, out))
        };
        let silent = ["error reason record.custody_reason"];
        assert_eq!(of(CustodyDecision::Refuse, "\u{3000} "), silent);
        for (decision, reason) in [
            (CustodyDecision::Refuse, "不属本机关管辖"),
            (CustodyDecision::Accept, ""),
            (CustodyDecision::Withdraw, ""),
        ] {
            assert_eq!(of(decision, reason), [""; 0], "{decision:?}");
        }
    }
}
