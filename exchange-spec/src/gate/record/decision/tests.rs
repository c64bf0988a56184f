use sanheyi_proto::standard::v1::{Amount, AmountUnit, Target, TargetType};

use super::*;
use crate::gate::record::tests::rules;

/// 2010-11-23, 08:00 in Beijing.
const MORNING: i64 = 1_290_470_400_000_000;

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: unit.into() })
}

fn yuan(value: &str) -> Option<Amount> {
    amount(value, AmountUnit::Yuan)
}

fn a_decision() -> Decision {
    Decision {
        case_no: "JS048100JT0000000218".into(),
        power_code: "JS048100JT-CF-2040".into(),
        last_step: 7,
        procedure: PenaltyProcedure::Ordinary.into(),
        outcome: PenaltyOutcome::Penalty.into(),
        classes: vec![PenaltyKind::Fine.into()],
        target: Some(Target { r#type: TargetType::Organisation.into(), ..Target::default() }),
        basis: "《中华人民共和国道路运输条例》第七十条".into(),
        fine: yuan("1000"),
        decided_by: "JT0001".into(),
        decided_at: MORNING,
        ..Decision::default()
    }
}

pub(super) fn of_decision(change: impl FnOnce(&mut Decision)) -> Vec<String> {
    let mut body = a_decision();
    change(&mut body);
    rules(|out| decision(&body, out))
}

#[test]
fn a_decision_in_order_is_silent() {
    assert_eq!(of_decision(|_| ()), [""; 0]);
}

#[test]
fn a_decision_is_by_a_power_to_punish() {
    let expected =
        ["warning power_code record.power_organisation", "error power_code record.power_kind"];
    let found = of_decision(|one| one.power_code = "JS048100GL-XK-2040".into());
    assert_eq!(found, expected);
}

#[test]
fn a_decision_needs_steps_unless_not_opened_or_simple() {
    let found = |outcome: PenaltyOutcome, procedure: PenaltyProcedure, last_step| {
        of_decision(|one| {
            (one.outcome, one.procedure) = (outcome.into(), procedure.into());
            one.last_step = last_step;
            one.fine = None;
            let warning = PenaltyKind::Warning.into();
            one.classes =
                if outcome == PenaltyOutcome::Penalty { vec![warning] } else { Vec::new() };
        })
    };
    let (simple, ordinary) = (PenaltyProcedure::Simple, PenaltyProcedure::Ordinary);
    let expected = ["error last_step record.decision_steps"];
    assert_eq!(found(PenaltyOutcome::Penalty, ordinary, 0), expected);
    assert_eq!(found(PenaltyOutcome::Dismissed, ordinary, 0), expected);
    assert_eq!(found(PenaltyOutcome::Penalty, ordinary, 1), [""; 0]);
    assert_eq!(found(PenaltyOutcome::NotOpened, ordinary, 0), [""; 0]);
    assert_eq!(found(PenaltyOutcome::Penalty, simple, 0), [""; 0]);
}

#[test]
fn a_penalty_has_a_basis() {
    let found = of_decision(|one| one.basis.clear());
    assert_eq!(found, ["error basis record.decision_basis"]);
    let none = of_decision(|one| {
        one.basis.clear();
        one.outcome = PenaltyOutcome::NoPenalty.into();
        one.classes.clear();
        one.fine = None;
    });
    assert_eq!(none, [""; 0]);
}

#[test]
fn a_penalty_and_nothing_else_has_classes() {
    let expected = ["error classes record.decision_classes"];
    let none = of_decision(|one| {
        one.classes.clear();
        one.fine = None;
    });
    assert_eq!(none, expected);
    for outcome in [PenaltyOutcome::NoPenalty, PenaltyOutcome::Judiciary] {
        assert_eq!(of_decision(|one| one.outcome = outcome.into()), expected, "{outcome:?}");
    }
}

#[test]
fn each_class_stands_once() {
    let found = of_decision(|one| one.classes.push(PenaltyKind::Fine.into()));
    assert_eq!(found, ["error classes[1] record.class_twice"]);
}

#[test]
fn re_education_ends_in_2013() {
    let found = |decided_at| {
        of_decision(|one| {
            one.classes = vec![PenaltyKind::Labour.into()];
            one.fine = None;
            one.decided_at = decided_at;
        })
    };
    assert_eq!(found(NO_RE_EDUCATION - 1), [""; 0]);
    assert_eq!(found(NO_RE_EDUCATION), ["error classes record.class_abolished"]);
    let day = calendar::date_of(Timestamp::from_micros(NO_RE_EDUCATION)).to_string();
    assert_eq!(day, "2013-12-28");
}

#[test]
fn a_fine_and_its_class_go_together() {
    let expected = ["error fine record.fine"];
    for fine in [None, yuan("0"), yuan("0.00")] {
        assert_eq!(of_decision(|one| one.fine = fine), expected);
    }
    assert_eq!(of_decision(|one| one.fine = yuan("0.01")), [""; 0]);
    let classless = of_decision(|one| one.classes = vec![PenaltyKind::Warning.into()]);
    assert_eq!(classless, expected);
}

#[test]
fn fines_and_what_is_confiscated_are_money() {
    let days = of_decision(|one| one.fine = amount("5", AmountUnit::Day));
    assert_eq!(days, ["error fine.unit record.amount_unit"]);
    let pieces = of_decision(|one| {
        one.classes.push(PenaltyKind::Confiscation.into());
        one.confiscated = amount("5", AmountUnit::Piece);
    });
    assert_eq!(pieces, ["error confiscated.unit record.amount_unit"]);
    assert_eq!(of_decision(|one| one.fine = amount("0.1", AmountUnit::WanYuan)), [""; 0]);
}

#[test]
fn confiscation_takes_value_or_things() {
    let found = |value: &str, items: &str, class: bool| {
        of_decision(|one| {
            one.confiscated = yuan(value);
            one.confiscated_items = items.into();
            if class {
                one.classes.push(PenaltyKind::Confiscation.into());
            }
        })
    };
    let expected = ["error confiscated record.confiscation"];
    assert_eq!(found("0.01", "", true), [""; 0]);
    assert_eq!(found("0", "客票 12 张", true), [""; 0]);
    assert_eq!(found("0", " ", true), expected);
    assert_eq!(found("0", "", false), [""; 0]);
    assert_eq!(found("0.01", "", false), expected);
    assert_eq!(found("0", "客票 12 张", false), expected);
}

#[test]
fn a_licence_and_its_class_go_together() {
    let expected = ["error licence record.licence"];
    assert_eq!(of_decision(|one| one.licence = "道路运输证".into()), expected);
    assert_eq!(of_decision(|one| one.classes.push(PenaltyKind::Licence.into())), expected);
    let both = of_decision(|one| {
        one.licence = "道路运输证".into();
        one.classes.push(PenaltyKind::Licence.into());
    });
    assert_eq!(both, [""; 0]);
}

#[test]
fn days_of_closure_need_their_class() {
    let found = of_decision(|one| one.closure_days = 1);
    assert_eq!(found, ["error closure_days record.closure"]);
    let closed = |days| {
        of_decision(|one| {
            one.closure_days = days;
            one.classes.push(PenaltyKind::Closure.into());
        })
    };
    assert_eq!(closed(1), [""; 0]);
    assert_eq!(closed(0), [""; 0]);
}

#[test]
fn detention_lasts_fifteen_days_or_twenty() {
    let found = |days, offences| {
        of_decision(|one| {
            one.classes.push(PenaltyKind::Detention.into());
            one.detention_days = days;
            one.merged_offences = offences;
        })
    };
    let expected = ["error detention_days record.detention_days"];
    assert_eq!(found(1, 0), [""; 0]);
    assert_eq!(found(DETENTION_DAYS, 1), [""; 0]);
    assert_eq!(found(DETENTION_DAYS + 1, 1), expected);
    assert_eq!(found(DETENTION_DAYS + 1, 2), [""; 0]);
    assert_eq!(found(MERGED_DETENTION_DAYS, 2), [""; 0]);
    assert_eq!(found(MERGED_DETENTION_DAYS + 1, 2), expected);
    let pair = ["error detention_days record.detention"];
    assert_eq!(found(0, 0), pair);
    assert_eq!(of_decision(|one| one.detention_days = 1), pair);
}

fn outside(change: impl FnOnce(&mut Decision)) -> Vec<String> {
    of_decision(|one| {
        one.benchmark_serial = 1;
        one.benchmark_grade = "YB".into();
        one.outside_benchmark = true;
        one.outside_reason = "字".repeat(REASON_CHARACTERS);
        one.second_person = "JT0002".into();
        change(one);
    })
}

#[test]
fn leaving_the_benchmark_needs_a_reason() {
    assert_eq!(outside(|_| ()), [""; 0]);
    let short = "字".repeat(REASON_CHARACTERS - 1);
    let expected = ["error outside_reason record.outside_reason"];
    assert_eq!(outside(|one| one.outside_reason = short.clone()), expected);
    let within = outside(|one| {
        one.outside_benchmark = false;
        one.outside_reason.clear();
        one.second_person.clear();
    });
    assert_eq!(within, [""; 0]);
}

#[test]
fn leaving_the_benchmark_needs_a_second_person() {
    let expected = ["error second_person record.outside_second"];
    assert_eq!(outside(|one| one.second_person.clear()), expected);
    assert_eq!(outside(|one| one.second_person = "JT0001 ".into()), expected);
}

#[test]
fn a_grade_is_one_of_a_benchmark() {
    let expected = ["error benchmark_serial record.benchmark_named"];
    assert_eq!(outside(|one| one.benchmark_serial = 0), expected);
    assert_eq!(of_decision(|one| one.benchmark_grade = "YB".into()), expected);
    assert_eq!(of_decision(|one| one.benchmark_serial = 1), [""; 0]);
}

#[test]
fn what_follows_a_decision_is_not_before_its_day() {
    for field in ["pay_until", "valid_until", "public_until"] {
        let found = |day: &str| {
            of_decision(|one| match field {
                "pay_until" => one.pay_until = day.into(),
                "valid_until" => one.valid_until = day.into(),
                _ => one.public_until = day.into(),
            })
        };
        assert_eq!(found("2010-11-23"), [""; 0], "{field}");
        assert_eq!(found("2010-11-22"), [format!("error {field} record.decision_dates")]);
    }
    // 23:00 of the day before by the clocks of Greenwich is the day in Beijing.
    let early = of_decision(|one| {
        one.decided_at = MORNING - 1;
        one.pay_until = "2010-11-22".into();
    });
    assert_eq!(early, ["error pay_until record.decision_dates"]);
}

#[test]
fn the_targets_paper_is_looked_at() {
    let found = of_decision(|one| {
        one.target.get_or_insert_default().paper_number = "G00000000".into();
    });
    assert_eq!(found, ["error target.paper_type record.paper_pair"]);
}
