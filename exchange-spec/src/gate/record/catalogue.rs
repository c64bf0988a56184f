//! The power catalogue (权力目录): items, reviews, publications.

mod benchmark;
mod flow;
mod guide;
mod reference;

use sanheyi_proto::standard::v1::{
    Limit, PowerItem, Publication, PublicationAct, Review, ReviewResult,
};

pub(super) use self::benchmark::benchmark;
pub(super) use self::flow::flow_chart;
pub(super) use self::guide::guide;
pub(super) use self::reference::{document_template, reference_item};

use super::{interval, number};
use crate::reason::Findings;

/// The code list whose letters stand in power codes.
const KINDS: (&str, u32) = ("power_kind", 1);

/// Rules of a power item.
pub(super) fn power_item(item: &PowerItem, out: &mut Findings) {
    power_code(item, out);
    interval::instants(item.valid_from, item.valid_until, out);
    limits(item.statutory_limit.as_ref(), item.promised_limit.as_ref(), out);
    charge(item, out);
}

/// The code names the organisation and the kind that the item says it is of.
fn power_code(item: &PowerItem, out: &mut Findings) {
    let organisation = number::organisation_of(&item.code);
    if organisation != item.organisation {
        out.error(
            "code",
            "record.power_code_organisation",
            format!(
                "权力编码的前 10 位为 {organisation}，机构编码为 {}，两者须一致，请改正其中之一",
                item.organisation
            ),
            format!(
                "the code begins with {organisation}, the organisation is {}: correct one of them",
                item.organisation
            ),
        );
    }
    let letters = number::kind_of(&item.code);
    kind(KindCode { zh: "权力编码", en: "the code", letters }, item.kind, out);
}

/// A code that has the letters of a kind in it.
struct KindCode<'a> {
    zh: &'a str,
    en: &'a str,
    letters: &'a str,
}

/// A code says the kind that its item says it is of.
fn kind(KindCode { zh, en, letters }: KindCode<'_>, number: i32, out: &mut Findings) {
    let list = sanheyi_proto::code_list(KINDS.0, KINDS.1);
    let kind = list.and_then(|list| list.entries.iter().find(|kind| kind.number == number));
    if let Some(kind) = kind
        && kind.code != letters
    {
        out.error(
            "code",
            "record.power_code_kind",
            format!(
                "{zh}中的类别为 {letters}，权力类别“{}”应为 {}，请改正其中之一",
                kind.title_zh, kind.code
            ),
            format!(
                "{en} says kind {letters}, but {} is {}: correct one of them",
                kind.title_en, kind.code
            ),
        );
    }
}

/// An organisation promises no more time than the law gives it.
fn limits(statutory: Option<&Limit>, promised: Option<&Limit>, out: &mut Findings) {
    let (Some(statutory), Some(promised)) = (statutory, promised) else { return };
    if statutory.unit != promised.unit {
        out.warning(
            "promised_limit",
            "record.limit_units",
            format!(
                "承诺期限（{}）与法定期限（{}）单位不同，未作比较，建议使用同一单位",
                zh(promised),
                zh(statutory)
            ),
            format!(
                "the promised limit ({}) and the statutory one ({}) differ in their units and were not compared: better use one unit",
                en(promised),
                en(statutory)
            ),
        );
    } else if promised.amount > statutory.amount {
        out.error(
            "promised_limit",
            "record.promise_within_statute",
            format!(
                "承诺期限（{}）不得长于法定期限（{}），请缩短承诺期限",
                zh(promised),
                zh(statutory)
            ),
            format!(
                "the promised limit ({}) must not be longer than the statutory one ({}): shorten the promise",
                en(promised),
                en(statutory)
            ),
        );
    }
}

/// Whoever charges says by what right.
fn charge(item: &PowerItem, out: &mut Findings) {
    if item.charged && item.charge_basis.is_empty() {
        out.warning(
            "charge_basis",
            "record.charge_basis",
            "标明收费的事项应写明收费依据，请补填",
            "an item that is charged should name the basis of the charge: fill it in",
        );
    }
}

/// Rules of a review.
pub(super) fn review(review: &Review, out: &mut Findings) {
    if review.result() != ReviewResult::Unspecified && review.opinion.trim().is_empty() {
        out.error(
            "opinion",
            "record.review_opinion",
            "审核有结果须有审核意见，请补填审核意见",
            "a review with a result has an opinion: fill in the opinion",
        );
    }
}

/// Rules of a publication.
pub(super) fn publication(publication: &Publication, out: &mut Findings) {
    let acts = [PublicationAct::Suspended, PublicationAct::Withdrawn];
    if acts.contains(&publication.act()) && publication.reason.trim().is_empty() {
        out.warning(
            "reason",
            "record.publication_reason",
            "挂起或撤下事项应说明原因，请补填原因",
            "whoever suspends or withdraws an item should say why: fill in the reason",
        );
    }
}

/// A limit as a Chinese reader says it.
fn zh(limit: &Limit) -> String {
    let unit = crate::calendar::Limit::from_record(limit).map_or("", |read| read.unit.zh());
    format!("{} {unit}", limit.amount)
}

/// A limit as an English reader says it.
fn en(limit: &Limit) -> String {
    let unit = crate::calendar::Limit::from_record(limit).map_or("", |read| read.unit.en());
    format!("{} {unit}", limit.amount)
}

#[cfg(test)]
mod tests;
