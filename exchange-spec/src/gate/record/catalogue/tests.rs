//! Rules of items, reviews and publications, each where it fires, does not, and at the boundary.

use sanheyi_proto::standard::v1::{
    Limit, LimitUnit, PowerItem, PowerKind, Publication, PublicationAct, Review, ReviewResult,
};

use crate::gate::record::tests::rules;

const NONE: [&str; 0] = [];
const FROM: i64 = 1_290_470_400_000_000;

fn item() -> PowerItem {
    PowerItem {
        code: "JS048100JT-XK-1030".into(),
        kind: PowerKind::Xk.into(),
        organisation: "JS048100JT".into(),
        valid_from: FROM,
        ..PowerItem::default()
    }
}

fn of(item: &PowerItem) -> Vec<String> {
    rules(|out| super::power_item(item, out))
}

#[test]
fn a_power_code_begins_with_its_organisation() {
    assert_eq!(of(&item()), NONE);
    for other in ["JS048100JX", "JS048200JT", "JS148100JT"] {
        let wrong = PowerItem { organisation: other.into(), ..item() };
        assert_eq!(of(&wrong), ["error code record.power_code_organisation"], "{other}");
    }
}

#[test]
fn a_power_code_says_its_kind() {
    for kind in sanheyi_proto::code_list("power_kind", 1).unwrap().entries {
        let code = format!("JS048100JT-{}-1030", kind.code);
        assert_eq!(of(&PowerItem { code, kind: kind.number, ..item() }), NONE, "{}", kind.code);
        let code = if kind.code == "XK" { "JS048100JT-CF-1030" } else { "JS048100JT-XK-1030" };
        let wrong = PowerItem { code: code.into(), kind: kind.number, ..item() };
        assert_eq!(of(&wrong), ["error code record.power_code_kind"], "{}", kind.code);
    }
    let strange = PowerItem { code: "JS048100JT-ZZ-1030".into(), ..item() };
    assert_eq!(of(&strange), ["error code record.power_code_kind"]);
}

#[test]
fn an_item_is_valid_for_some_time() {
    assert_eq!(of(&PowerItem { valid_until: Some(FROM + 1), ..item() }), NONE);
    let empty = PowerItem { valid_until: Some(FROM), ..item() };
    assert_eq!(of(&empty), ["error valid_until record.valid_interval"]);
}

fn limited(statutory: (u32, LimitUnit), promised: (u32, LimitUnit)) -> Vec<String> {
    let limit = |(amount, unit): (u32, LimitUnit)| Some(Limit { amount, unit: unit.into() });
    let (statutory_limit, promised_limit) = (limit(statutory), limit(promised));
    of(&PowerItem { statutory_limit, promised_limit, ..item() })
}

#[test]
fn a_promise_is_not_longer_than_the_statute() {
    let longer = ["error promised_limit record.promise_within_statute"];
    for unit in [LimitUnit::CalendarDay, LimitUnit::WorkingDay, LimitUnit::Month, LimitUnit::Year] {
        assert_eq!(limited((20, unit), (7, unit)), NONE, "{unit:?}");
        assert_eq!(limited((20, unit), (20, unit)), NONE, "{unit:?}");
        assert_eq!(limited((20, unit), (21, unit)), longer, "{unit:?}");
    }
    let working = Some(Limit { amount: 7, unit: LimitUnit::WorkingDay.into() });
    assert_eq!(of(&PowerItem { promised_limit: working, ..item() }), NONE);
    assert_eq!(of(&PowerItem { statutory_limit: working, ..item() }), NONE);
}

#[test]
fn limits_in_different_units_are_not_compared() {
    let warning = ["warning promised_limit record.limit_units"];
    let (working, calendar) = (LimitUnit::WorkingDay, LimitUnit::CalendarDay);
    assert_eq!(limited((20, working), (20, calendar)), warning);
    assert_eq!(limited((1, calendar), (20, working)), warning);
    assert_eq!(limited((2, LimitUnit::Month), (20, working)), warning);
    assert_eq!(limited((20, working), (20, working)), NONE);
}

#[test]
fn a_charge_has_a_basis() {
    let basis =
        |charged, basis: &str| of(&PowerItem { charged, charge_basis: basis.into(), ..item() });
    assert_eq!(basis(false, ""), NONE);
    assert_eq!(basis(true, "价"), NONE);
    assert_eq!(basis(true, ""), ["warning charge_basis record.charge_basis"]);
}

#[test]
fn a_result_of_a_review_has_an_opinion() {
    let of = |result: ReviewResult, opinion: &str| {
        let review = Review { result: result.into(), opinion: opinion.into(), ..Review::default() };
        rules(|out| super::review(&review, out))
    };
    let missing = ["error opinion record.review_opinion"];
    for result in [ReviewResult::Agreed, ReviewResult::Disagreed] {
        assert_eq!(of(result, "同意"), NONE);
        assert_eq!(of(result, ""), missing);
        assert_eq!(of(result, " \u{3000}"), missing);
    }
    assert_eq!(of(ReviewResult::Unspecified, ""), NONE);
}

#[test]
fn a_suspension_says_why() {
    let of = |act: PublicationAct, reason: &str| {
        let publication =
            Publication { act: act.into(), reason: reason.into(), ..Publication::default() };
        rules(|out| super::publication(&publication, out))
    };
    for act in [PublicationAct::Suspended, PublicationAct::Withdrawn] {
        assert_eq!(of(act, ""), ["warning reason record.publication_reason"], "{act:?}");
        assert_eq!(of(act, "修"), NONE, "{act:?}");
    }
    for act in [PublicationAct::Published, PublicationAct::Resumed] {
        assert_eq!(of(act, ""), NONE, "{act:?}");
    }
}
