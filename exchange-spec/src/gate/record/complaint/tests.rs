use sanheyi_proto::standard::v1::{CaseFamily, Limit};

use super::*;
use crate::gate::record::tests::rules;

#[test]
fn a_complaint_has_a_number_of_its_organisation() {
    let found = |no: &str| {
        let organisation = "JS048100JT".into();
        let body = Complaint { no: no.into(), organisation, ..Complaint::default() };
        rules(|out| complaint(&body, out))
    };
    assert_eq!(found("JS048100JT0000000044"), [""; 0]);
    assert_eq!(found("JS048200JT0000000044"), ["error no record.number_organisation"]);
}

#[test]
fn a_complaint_about_a_case_names_it() {
    let found = |family: CaseFamily, case_no: &str| {
        let body =
            Complaint { family: family.into(), case_no: case_no.into(), ..Complaint::default() };
        rules(|out| complaint(&body, out))
    };
    assert_eq!(found(CaseFamily::Unspecified, ""), [""; 0]);
    assert_eq!(found(CaseFamily::Permit, "JS048100JT0000000217"), [""; 0]);
    assert_eq!(found(CaseFamily::Permit, ""), ["error case_no record.case_family"]);
}

fn of_handling(action: HandlingAction, change: impl FnOnce(&mut ComplaintHandling)) -> Vec<String> {
    let mut body = ComplaintHandling {
        organisation: "JS048100JT".into(),
        action: action.into(),
        opinion: "字".repeat(REASON_CHARACTERS),
        outcome: ComplaintFinding::True.into(),
        replied_at: Some(1),
        ..ComplaintHandling::default()
    };
    match action {
        HandlingAction::Transfer => body.transferred_to = "JS048100GL".into(),
        HandlingAction::Extend => body.extension = Some(Limit::default()),
        _ => {}
    }
    change(&mut body);
    rules(|out| handling(&body, out))
}

const ACTIONS: [HandlingAction; 7] = [
    HandlingAction::Accept,
    HandlingAction::Refuse,
    HandlingAction::Transfer,
    HandlingAction::Investigate,
    HandlingAction::Extend,
    HandlingAction::Answer,
    HandlingAction::Close,
];

/// Where a rule fires.
fn at(line: &str, fires: bool) -> Vec<&str> {
    vec![line; usize::from(fires)]
}

#[test]
fn work_in_order_is_silent() {
    for action in ACTIONS {
        assert_eq!(of_handling(action, |_| ()), [""; 0], "{action:?}");
    }
}

#[test]
fn refusing_and_extending_need_a_reason() {
    for action in ACTIONS {
        let fires = matches!(action, HandlingAction::Refuse | HandlingAction::Extend);
        let short = "字".repeat(REASON_CHARACTERS - 1);
        let found = of_handling(action, |one| one.opinion = short);
        assert_eq!(found, at("error opinion record.handling_reason", fires), "{action:?}");
    }
}

#[test]
fn a_complaint_is_passed_on_to_somebody_else() {
    let line = "error transferred_to record.handling_transfer";
    for action in ACTIONS {
        let passes = action == HandlingAction::Transfer;
        let nobody = of_handling(action, |one| one.transferred_to.clear());
        assert_eq!(nobody, at(line, passes), "{action:?}");
        let somebody = of_handling(action, |one| one.transferred_to = "JS048100GL".into());
        assert_eq!(somebody, at(line, !passes), "{action:?}");
    }
    let itself = of_handling(HandlingAction::Transfer, |one| {
        one.transferred_to = one.organisation.clone();
    });
    assert_eq!(itself, [line]);
}

#[test]
fn only_an_extension_extends() {
    let line = "error extension record.handling_extension";
    for action in ACTIONS {
        let extends = action == HandlingAction::Extend;
        assert_eq!(of_handling(action, |one| one.extension = None), at(line, extends));
        let found = of_handling(action, |one| one.extension = Some(Limit::default()));
        assert_eq!(found, at(line, !extends));
    }
}

#[test]
fn an_answer_is_said_at_a_time() {
    let line = "error replied_at record.handling_answer";
    for action in ACTIONS {
        let answers = action == HandlingAction::Answer;
        assert_eq!(of_handling(action, |one| one.replied_at = None), at(line, answers));
    }
    let unsaid = of_handling(HandlingAction::Answer, |one| one.opinion = " ".into());
    assert_eq!(unsaid, [line]);
}

#[test]
fn what_is_closed_has_an_outcome() {
    let line = "error outcome record.handling_outcome";
    for action in ACTIONS {
        let found = of_handling(action, |one| one.outcome = 0);
        assert_eq!(found, at(line, action == HandlingAction::Close), "{action:?}");
    }
}
