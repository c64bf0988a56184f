use super::*;
use crate::gate::record::tests::rules;

const CASE: &str = "JS048100JT0000000217";

fn of_finding(change: impl FnOnce(&mut Finding)) -> Vec<String> {
    let mut body = Finding {
        subject: FindingSubject::Permit.into(),
        family: CaseFamily::Permit.into(),
        case_no: CASE.into(),
        step_ordinal: 2,
        ..Finding::default()
    };
    change(&mut body);
    rules(|out| finding(&body, out))
}

#[test]
fn a_finding_about_a_case_names_it() {
    assert_eq!(of_finding(|_| ()), [""; 0]);
    let penalty = of_finding(|one| one.subject = FindingSubject::Penalty.into());
    assert_eq!(penalty, ["error family record.finding_subject"]);
    let both = of_finding(|one| {
        one.subject = FindingSubject::Penalty.into();
        one.family = CaseFamily::Penalty.into();
    });
    assert_eq!(both, [""; 0]);
    let numberless = of_finding(|one| {
        one.case_no.clear();
        one.step_ordinal = 0;
    });
    assert_eq!(numberless, ["error case_no record.case_family"]);
}

#[test]
fn a_finding_about_a_platform_names_it() {
    let found = |platform: &str| {
        of_finding(|one| {
            *one = Finding { subject: FindingSubject::Platform.into(), ..Finding::default() };
            one.platform = platform.into();
        })
    };
    assert_eq!(found("jintan"), [""; 0]);
    assert_eq!(found(""), ["error platform record.finding_platform"]);
}

#[test]
fn a_step_is_one_of_a_case() {
    let found = |step_ordinal| {
        of_finding(|one| {
            *one = Finding { subject: FindingSubject::Other.into(), ..Finding::default() };
            one.step_ordinal = step_ordinal;
        })
    };
    assert_eq!(found(0), [""; 0]);
    assert_eq!(found(1), ["error case_no record.finding_step"]);
}

#[test]
fn a_card_does_not_replace_itself() {
    let found = |replaces: &str| {
        let body = Card { no: CASE.into(), replaces: replaces.into(), ..Card::default() };
        rules(|out| card(&body, out))
    };
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found("JS048100JC0000000030"), [""; 0]);
    assert_eq!(found(CASE), ["error replaces record.card_replaces"]);
}

fn of_clearing(way: ClearingWay, change: impl FnOnce(&mut Clearing)) -> Vec<String> {
    let mut body = Clearing {
        way: way.into(),
        cleared_by: "JC0003".into(),
        staff_name: "何静".into(),
        reason: "字".repeat(REASON_CHARACTERS),
        applied_by: "李明".into(),
        ..Clearing::default()
    };
    change(&mut body);
    rules(|out| clearing(&body, out))
}

fn by_system(way: ClearingWay) -> Vec<String> {
    of_clearing(way, |one| {
        one.cleared_by = SYSTEM.into();
        one.staff_name.clear();
        one.reason.clear();
    })
}

#[test]
fn the_system_clears_what_needs_no_judgement() {
    for way in [
        ClearingWay::Expired,
        ClearingWay::HigherLevel,
        ClearingWay::Ordered,
        ClearingWay::DoneInTime,
    ] {
        assert_eq!(by_system(way), [""; 0], "{way:?}");
    }
    for way in [ClearingWay::Application, ClearingWay::Mistaken] {
        assert_eq!(by_system(way), ["error cleared_by record.clearing_person"], "{way:?}");
        assert_eq!(of_clearing(way, |_| ()), [""; 0], "{way:?}");
    }
}

#[test]
fn who_clears_gives_a_name() {
    let found = of_clearing(ClearingWay::Expired, |one| one.staff_name.clear());
    assert_eq!(found, ["error staff_name record.clearing_name"]);
}

#[test]
fn who_clears_gives_a_reason() {
    let short = "字".repeat(REASON_CHARACTERS - 1);
    let found = of_clearing(ClearingWay::Expired, |one| one.reason = short);
    assert_eq!(found, ["error reason record.clearing_reason"]);
}

#[test]
fn an_application_names_who_applied() {
    let found = |way| of_clearing(way, |one| one.applied_by.clear());
    let expected = ["error applied_by record.clearing_applied"];
    assert_eq!(found(ClearingWay::Application), expected);
    assert_eq!(found(ClearingWay::Mistaken), [""; 0]);
}

fn of_order(kind: SuperviseType, change: impl FnOnce(&mut SupervisionOrder)) -> Vec<String> {
    let family = match kind {
        SuperviseType::Case | SuperviseType::CaseAlarm => CaseFamily::Permit,
        SuperviseType::Penalty | SuperviseType::PenaltyAlarm => CaseFamily::Penalty,
        _ => CaseFamily::Unspecified,
    };
    let about_case = family != CaseFamily::Unspecified;
    let mut body = SupervisionOrder {
        r#type: kind.into(),
        finding_no: "JS048100JC0000000031".into(),
        family: family.into(),
        case_no: if about_case { CASE.into() } else { String::new() },
        complaint_no: "JS048100JT0000000044".into(),
        organisation: "JS048100JT".into(),
        supervisor: "JS040000JC".into(),
        issuer: "changzhou".into(),
        addressee: "jintan".into(),
        issued_at: 1,
        reply_due_at: 2,
        ..SupervisionOrder::default()
    };
    change(&mut body);
    rules(|out| order(&body, out))
}

const TYPES: [SuperviseType; 7] = [
    SuperviseType::Case,
    SuperviseType::Penalty,
    SuperviseType::Complaint,
    SuperviseType::Department,
    SuperviseType::CaseAlarm,
    SuperviseType::PenaltyAlarm,
    SuperviseType::Other,
];

#[test]
fn an_order_about_a_case_names_it() {
    for kind in TYPES {
        assert_eq!(of_order(kind, |_| ()), [""; 0], "{kind:?}");
        let about_case = !matches!(
            kind,
            SuperviseType::Complaint | SuperviseType::Department | SuperviseType::Other
        );
        let nothing = of_order(kind, |one| {
            one.family = 0;
            one.case_no.clear();
        });
        let expected = "error family record.order_case";
        assert_eq!(nothing, vec![expected; usize::from(about_case)], "{kind:?}");
    }
    let half = of_order(SuperviseType::Department, |one| one.case_no = CASE.into());
    assert_eq!(half, ["error family record.case_family"]);
}

#[test]
fn an_order_about_an_alarm_names_the_finding() {
    for kind in TYPES {
        let alarm = matches!(kind, SuperviseType::CaseAlarm | SuperviseType::PenaltyAlarm);
        let found = of_order(kind, |one| one.finding_no.clear());
        let expected = "error finding_no record.order_finding";
        assert_eq!(found, vec![expected; usize::from(alarm)], "{kind:?}");
    }
}

#[test]
fn an_order_about_a_complaint_names_it() {
    for kind in TYPES {
        let found = of_order(kind, |one| one.complaint_no.clear());
        let expected = "error complaint_no record.order_complaint";
        let times = usize::from(kind == SuperviseType::Complaint);
        assert_eq!(found, vec![expected; times], "{kind:?}");
    }
}

#[test]
fn an_order_leaves_time_for_the_reply() {
    let found = |due| of_order(SuperviseType::Other, |one| one.reply_due_at = due);
    assert_eq!(found(2), [""; 0]);
    assert_eq!(found(1), ["error reply_due_at record.order_due"]);
}

#[test]
fn an_order_is_for_another_platform_or_stays_within_one() {
    let found = |to: &str| of_order(SuperviseType::Department, |one| one.addressee = to.into());
    assert_eq!(found("jintan"), [""; 0]);
    assert_eq!(found(""), [""; 0]);
    assert_eq!(found("changzhou"), ["error addressee record.order_addressee"]);
}

#[test]
fn nobody_orders_itself() {
    let found = of_order(SuperviseType::Other, |one| one.supervisor = one.organisation.clone());
    assert_eq!(found, ["warning organisation record.order_self"]);
}

#[test]
fn an_objective_cause_is_told() {
    for (objective_cause, characters, fires) in
        [(true, REASON_CHARACTERS, false), (true, REASON_CHARACTERS - 1, true), (false, 1, false)]
    {
        let text = "字".repeat(characters);
        let body = SupervisionReply {
            objective_cause,
            content: text.clone(),
            ..SupervisionReply::default()
        };
        let expected = "error content record.objective_cause";
        assert_eq!(rules(|out| reply(&body, out)), vec![expected; usize::from(fires)]);
        let body =
            SupervisionResult { objective_cause, result: text, ..SupervisionResult::default() };
        let expected = "error result record.objective_cause";
        assert_eq!(rules(|out| result(&body, out)), vec![expected; usize::from(fires)]);
    }
}
