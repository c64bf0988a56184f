//! The records that the acts are about: a case with a step and a document, the request to handle it
//! together with its answer.

use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{
    Attachment, Case, CaseFamily, CaseStep, Document, DocumentKind, Joint, JointOpinion, JointPart,
    JointStance,
};

use crate::demo::faults::sound;
use crate::demo::year::Written;

pub(super) const CASE: &str = "case.case";
pub(super) const STEP: &str = "case.step";
pub(super) const DOCUMENT: &str = "case.document";
pub(super) const JOINT: &str = "case.joint";
pub(super) const OPINION: &str = "case.joint_opinion";

/// A state of a record.
fn written(dataset: &'static str, record: String, revision: u64, body: &impl Message) -> Written {
    Written {
        dataset,
        record,
        revision,
        operation: Operation::Put,
        occurred: Timestamp::from_micros(sound::AT),
        body: body.encode_to_vec().into(),
    }
}

/// The withdrawal of a record.
pub(super) fn withdrawn(one: &Written) -> Written {
    let (revision, operation) = (one.revision + 1, Operation::Withdraw);
    Written { revision, operation, body: Vec::new().into(), ..one.clone() }
}

/// A case of a region, far from those of the year.
pub(super) fn case(region: &str, serial: u64) -> Written {
    let body = Case { r#abstract: "跨区事项。".into(), ..sound::case(region, serial) };
    written(CASE, body.no.clone(), 1, &body)
}

/// The next revision of a case, by whoever has it.
pub(super) fn revised(case: &Written, title: &str) -> Written {
    let mut body = Case::decode(case.body.clone()).unwrap_or_default();
    body.change_number += 1;
    body.title = title.into();
    written(CASE, case.record.clone(), case.revision + 1, &body)
}

/// The first step of a case.
pub(super) fn step(case_no: &str) -> Written {
    let body: CaseStep = sound::step(case_no, 1);
    written(STEP, format!("{case_no}-0001"), 1, &body)
}

/// A document of a case, with its file.
pub(super) fn document(case_no: &str, file: Attachment) -> Written {
    let body = Document {
        family: CaseFamily::Permit.into(),
        case_no: case_no.into(),
        serial: 1,
        kind: DocumentKind::Other.into(),
        number: "JT字〔2010〕90001-1号".into(),
        title: "现场勘察报告".into(),
        made_at: sound::AT,
        issued_at: Some(sound::AT),
        signed_by: "顾海澄".into(),
        attachment: Some(file),
        ..Document::default()
    };
    written(DOCUMENT, format!("{case_no}-0001"), 1, &body)
}

/// A request to handle a part of a case, which shows the records that are named.
pub(super) fn joint(case_no: &str, partner: &str, parts: &[&Written]) -> Written {
    let part =
        |one: &&Written| JointPart { dataset: one.dataset.into(), record: one.record.clone() };
    let body = Joint {
        no: case_no.into(),
        family: CaseFamily::Permit.into(),
        case_no: case_no.into(),
        partner: partner.into(),
        matter: "请核查该企业在你区的原址是否已停止经营。".into(),
        parts: parts.iter().map(part).collect(),
        asked_at: sound::AT,
        contact: "窗口陈一鸣".into(),
        ..Joint::default()
    };
    written(JOINT, body.no.clone(), 1, &body)
}

/// The answer to a request.
pub(super) fn opinion(lead: &str, request: &Written, organisation: &str) -> Written {
    let body = JointOpinion {
        lead: lead.into(),
        joint_no: request.record.clone(),
        joint_revision: 1,
        organisation: organisation.into(),
        stance: JointStance::Handled.into(),
        opinion: "已现场核查，原址已停止经营。".into(),
        operator: "王静宜".into(),
        answered_at: sound::AT,
    };
    written(OPINION, format!("{lead}-{}", request.record), 1, &body)
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::gate::{Findings, check_body};
    use sanheyi_proto::{Violations, dataset};

    use super::*;

    #[test]
    fn they_are_sound() {
        let case = case("0482", 901);
        let step = step(&case.record);
        let file = Attachment {
            name: "现场勘察报告.pdf".into(),
            sha256: "ab".repeat(32),
            bytes: 1,
            media_type: "application/pdf".into(),
        };
        let request = joint(&case.record, "wujin", &[&case, &step]);
        let answer = opinion("jintan", &request, "JS041200JT");
        let revised = revised(&case, "由武进区续办");
        assert_eq!((revised.revision, withdrawn(&step).revision), (2, 2));
        for one in [&case, &step, &document(&case.record, file), &request, &answer, &revised] {
            let (mut violations, mut out) = (Violations::new(), Findings::default());
            let known = dataset(one.dataset).unwrap();
            check_body(known, &one.record, &one.body, &mut violations, &mut out);
            assert_eq!(out.into_reasons(), [], "{}", one.dataset);
        }
    }
}
