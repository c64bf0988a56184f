//! Requests for joint handling, and their answers.

use sanheyi_proto::standard::v1::{CaseFamily, Joint, JointOpinion, JointPart, JointStance};

use super::{MORNING, Sample, sample};

const JOINT: &str = "JS048200SC0000000009";
const CASE: &str = "JS048200SC0000000217";

fn joint() -> Joint {
    Joint {
        no: JOINT.into(),
        family: CaseFamily::Permit.into(),
        case_no: CASE.into(),
        partner: "wujin".into(),
        partner_organisation: "JS048300SC".into(),
        matter: "企业跨区迁址，请核查其在你区的原址是否已停止经营。".into(),
        parts: vec![
            JointPart { dataset: "case.case".into(), record: CASE.into() },
            JointPart { dataset: "case.document".into(), record: format!("{CASE}-0001") },
        ],
        asked_at: MORNING,
        due_at: Some(MORNING + 1),
        contact: "登记科李明".into(),
        telephone: "0519-82880000".into(),
    }
}

fn opinion() -> JointOpinion {
    JointOpinion {
        lead: "jintan".into(),
        joint_no: JOINT.into(),
        joint_revision: 1,
        organisation: "JS048300SC".into(),
        stance: JointStance::Handled.into(),
        opinion: "已现场核查，原址已停止经营。".into(),
        operator: "监管科王芳".into(),
        answered_at: MORNING + 1,
    }
}

pub(super) fn samples() -> Vec<Sample> {
    vec![
        sample("case.joint", &joint()),
        sample(
            "case.joint",
            &Joint {
                partner_organisation: String::new(),
                parts: Vec::new(),
                due_at: None,
                telephone: String::new(),
                ..joint()
            },
        ),
        sample("case.joint_opinion", &opinion()),
        sample(
            "case.joint_opinion",
            &JointOpinion {
                stance: JointStance::Agree.into(),
                opinion: String::new(),
                ..opinion()
            },
        ),
    ]
}
