//! Requests for joint handling, and the policies by which districts see each other's entries.

use prost::Message as _;
use sanheyi_node::branch::{Appended, Draft};
use sanheyi_proto::standard::v1::{
    CaseFamily, Joint, JointOpinion, JointPart, JointStance, Policy, PolicyAction, PolicyEffect,
    PolicyScope,
};

use crate::fixtures::{CASE, MORNING, case_no, draft};

/// Dataset of a request.
pub const JOINT: &str = "case.joint";
/// Dataset of an answer.
pub const OPINION: &str = "case.joint_opinion";

/// Number of a request.
pub fn joint_no(serial: u64) -> String {
    format!("JS048200SC{serial:010}")
}

/// A request to `partner` that shows some records.
pub fn joint(serial: u64, partner: &str, parts: &[(&str, String)]) -> Joint {
    let part = |(dataset, record): &(&str, String)| JointPart {
        dataset: (*dataset).to_owned(),
        record: record.clone(),
    };
    Joint {
        no: joint_no(serial),
        family: CaseFamily::Permit.into(),
        case_no: case_no(1),
        partner: partner.into(),
        partner_organisation: String::new(),
        matter: "请核查该企业在你区的原址是否已停止经营。".into(),
        parts: parts.iter().map(part).collect(),
        asked_at: MORNING.as_micros(),
        due_at: None,
        contact: "登记科李明".into(),
        telephone: String::new(),
    }
}

/// A new request that shows the first case.
pub fn new_joint(serial: u64, partner: &str) -> Draft {
    let body = joint(serial, partner, &[(CASE, case_no(1))]);
    draft(JOINT, &joint_no(serial), body.encode_to_vec())
}

/// An answer to a request of `lead`.
pub fn new_opinion(lead: &str, serial: u64) -> Draft {
    let body = JointOpinion {
        lead: lead.into(),
        joint_no: joint_no(serial),
        joint_revision: 1,
        organisation: "JS048300SC".into(),
        stance: JointStance::Handled.into(),
        opinion: "已现场核查，原址已停止经营。".into(),
        operator: "监管科王芳".into(),
        answered_at: MORNING.as_micros(),
    };
    draft(OPINION, &format!("{lead}-{}", joint_no(serial)), body.encode_to_vec())
}

/// The next revision of a draft.
pub fn next(draft: &Draft, head: &Appended) -> Draft {
    Draft { follows: Some((head.revision, head.digest)), ..draft.clone() }
}

/// A policy by which `reader` sees what `author` wrote in some datasets.
pub fn may_see(id: &str, reader: &str, datasets: &str, author: &str, scope: PolicyScope) -> Draft {
    let body = Policy {
        id: id.into(),
        title: "协同办理".into(),
        effect: PolicyEffect::Permit.into(),
        action: PolicyAction::See.into(),
        platform: reader.into(),
        dataset: datasets.into(),
        author: author.into(),
        scope: scope.into(),
        reason: "跨区协同".into(),
        decided_by: "市数据局".into(),
        ..Policy::default()
    };
    draft("exchange.policy", id, body.encode_to_vec())
}
