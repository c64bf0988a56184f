//! Within one record (记录级): what its fields say of each other. Pure functions of the body, one
//! file for each family; rule ids begin with `record.`.
//!
//! The field level has passed before: a body that is read here is one of its dataset, and each
//! field by itself keeps its rules.

mod activity;
mod around;
mod case;
mod catalogue;
mod codes;
mod complaint;
mod custody;
mod decision;
mod exchange;
mod interval;
mod joint;
mod money;
mod number;
mod organisation;
mod paper;
mod penalty;
mod supervision;
#[cfg(test)]
mod tests;

use prost::Message;
use sanheyi_proto::Dataset;

use crate::reason::Findings;

/// Holds a body against the rules of its dataset, and adds what it finds.
pub fn check(dataset: &str, body: &[u8], out: &mut Findings) {
    match dataset {
        "activity.catalogue_progress" => of(body, out, activity::catalogue_progress),
        "activity.daily" => of(body, out, activity::daily),
        "case.case" => of(body, out, case::case),
        "case.decision" => of(body, out, decision::decision),
        "case.delivery" => of(body, out, around::delivery),
        "case.document" => of(body, out, around::document),
        "case.evaluation" => of(body, out, around::evaluation),
        "case.joint" => of(body, out, joint::joint),
        "case.joint_opinion" => of(body, out, joint::opinion),
        "case.penalty" => of(body, out, penalty::penalty),
        "case.result" => of(body, out, case::result),
        "case.suspension" => of(body, out, around::suspension),
        "catalogue.benchmark" => of(body, out, catalogue::benchmark),
        "catalogue.document_template" => of(body, out, catalogue::document_template),
        "catalogue.flow_chart" => of(body, out, catalogue::flow_chart),
        "catalogue.guide" => of(body, out, catalogue::guide),
        "catalogue.power_item" => of(body, out, catalogue::power_item),
        "catalogue.publication" => of(body, out, catalogue::publication),
        "catalogue.reference_item" => of(body, out, catalogue::reference_item),
        "catalogue.review" => of(body, out, catalogue::review),
        "codes.code_list" => of(body, out, codes::code_list),
        "codes.region_succession" => of(body, out, codes::region_succession),
        "codes.working_calendar" => of(body, out, codes::working_calendar),
        "custody.answer" => of(body, out, custody::answer),
        "exchange.bulletin" => of(body, out, exchange::bulletin),
        "exchange.platform" => of(body, out, exchange::platform),
        "exchange.policy" => of(body, out, exchange::policy),
        "organisation.authorisation" => of(body, out, organisation::authorisation),
        "organisation.officer" => of(body, out, organisation::officer),
        "organisation.organisation" => of(body, out, organisation::organisation),
        "organisation.post" => of(body, out, organisation::post),
        "supervision.card" => of(body, out, supervision::card),
        "supervision.clearing" => of(body, out, supervision::clearing),
        "supervision.complaint" => of(body, out, complaint::complaint),
        "supervision.complaint_handling" => of(body, out, complaint::handling),
        "supervision.finding" => of(body, out, supervision::finding),
        "supervision.order" => of(body, out, supervision::order),
        "supervision.reply" => of(body, out, supervision::reply),
        "supervision.result" => of(body, out, supervision::result),
        // Steps have no rule here: they are the most of all records, and their fields say all.
        _ => {}
    }
}

/// A record has the name that its body gives it.
pub(super) fn named(dataset: &Dataset, name: &str, body: &[u8], out: &mut Findings) {
    let mut expected = String::with_capacity(name.len());
    if dataset.record.name(body, &mut expected) && expected == name {
        return;
    }
    out.error(
        "",
        "record.name",
        format!("记录编号 {name} 与正文不符，按正文应为 {expected}"),
        format!("the record is named {name}; by its body it is {expected}"),
    );
}

/// Runs a rule on the body as its message.
fn of<M: Message + Default>(body: &[u8], out: &mut Findings, rules: fn(&M, &mut Findings)) {
    // What prost does not read the field level has refused.
    if let Ok(message) = M::decode(body) {
        rules(&message, out);
    }
}

/// A field as sentences name it.
#[derive(Clone, Copy)]
struct Field<'a> {
    /// Its path, or the beginning of the path that several fields share.
    name: &'a str,
    zh: &'a str,
    en: &'a str,
}
