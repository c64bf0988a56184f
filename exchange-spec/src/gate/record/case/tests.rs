use sanheyi_proto::standard::v1::{Agent, Amount, AmountUnit, Applicant, CaseMaterial, PaperType};

use super::*;
use crate::gate::record::tests::rules;

fn a_case() -> Case {
    Case {
        no: "JS048100JT0000000217".into(),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-XK-1030".into(),
        applicant: Some(Applicant {
            r#type: ApplicantType::LegalPerson.into(),
            paper_type: PaperType::OrganisationCode.into(),
            paper_number: "014110382".into(),
            ..Applicant::default()
        }),
        agent: Some(Agent {
            paper_type: PaperType::CitizenCard.into(),
            paper_number: "11010519491231002X".into(),
            ..Agent::default()
        }),
        materials: vec![CaseMaterial {
            received: true,
            received_at: Some(1),
            ..CaseMaterial::default()
        }],
        joint_case_no: "JS048100JT0000000216".into(),
        ..Case::default()
    }
}

fn of_case(change: impl FnOnce(&mut Case)) -> Vec<String> {
    let mut body = a_case();
    change(&mut body);
    rules(|out| case(&body, out))
}

fn applicant(change: impl FnOnce(&mut Applicant)) -> Vec<String> {
    of_case(|case| change(case.applicant.get_or_insert_default()))
}

#[test]
fn a_case_in_order_is_silent() {
    assert_eq!(of_case(|_| ()), [""; 0]);
    assert_eq!(of_case(|case| case.agent = None), [""; 0]);
    assert_eq!(of_case(|case| case.joint_case_no.clear()), [""; 0]);
}

#[test]
fn a_case_has_a_number_and_a_power_of_its_organisation() {
    let other = of_case(|case| case.organisation = "JS048100GL".into());
    let expected =
        ["error no record.number_organisation", "warning power_code record.power_organisation"];
    assert_eq!(other, expected);
    let penalty = of_case(|case| case.power_code = "JS048100JT-CF-1030".into());
    assert_eq!(penalty, ["error power_code record.power_kind"]);
}

#[test]
fn a_case_does_not_lead_itself() {
    let own = of_case(|case| case.joint_case_no = case.no.clone());
    assert_eq!(own, ["error joint_case_no record.joint_case"]);
}

#[test]
fn papers_of_applicant_and_agent_are_looked_at() {
    let number = ["error applicant.paper_number record.paper_number"];
    assert_eq!(applicant(|one| one.paper_number = "014110383".into()), number);
    let pair = ["error applicant.paper_type record.paper_pair"];
    assert_eq!(applicant(|one| one.paper_type = 0), pair);
    let holder = ["warning applicant.paper_type record.paper_holder"];
    assert_eq!(applicant(|one| one.r#type = ApplicantType::Person.into()), holder);
    let other = ApplicantType::OtherOrganisation;
    assert_eq!(applicant(|one| one.r#type = other.into()), [""; 0]);
    let agent = of_case(|case| case.agent.get_or_insert_default().paper_number.clear());
    assert_eq!(agent, ["error agent.paper_number record.paper_pair"]);
}

#[test]
fn a_material_with_a_time_of_receipt_was_received() {
    let not = of_case(|case| case.materials[0].received = false);
    assert_eq!(not, ["warning materials[0].received record.material_received"]);
    let open = of_case(|case| {
        case.materials[0].received = false;
        case.materials[0].received_at = None;
    });
    assert_eq!(open, [""; 0]);
}

fn yuan(value: &str) -> Option<Amount> {
    amount(value, AmountUnit::Yuan)
}

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: unit.into() })
}

fn of_result(change: impl FnOnce(&mut CaseResult)) -> Vec<String> {
    let mut body = CaseResult {
        outcome: CaseOutcome::Granted.into(),
        last_step: 4,
        certificates: vec![Certificate {
            valid_from: "2010-11-24".into(),
            valid_until: "2014-11-23".into(),
            ..Certificate::default()
        }],
        receivable: yuan("30.00"),
        paid: yuan("20"),
        relief: yuan("10"),
        relief_reason: "按规定减收".into(),
        ..CaseResult::default()
    };
    change(&mut body);
    rules(|out| result(&body, out))
}

#[test]
fn a_result_needs_steps_unless_the_case_was_not_accepted() {
    let found = |outcome: CaseOutcome, last_step| {
        of_result(|result| {
            result.outcome = outcome.into();
            result.last_step = last_step;
            result.reason = "十个字的理由写在这里".into();
            result.certificates.clear();
        })
    };
    let expected = ["error last_step record.result_steps"];
    for outcome in [CaseOutcome::Granted, CaseOutcome::Refused, CaseOutcome::Withdrawn] {
        assert_eq!(found(outcome, 0), expected, "{outcome:?}");
        assert_eq!(found(outcome, 1), [""; 0], "{outcome:?}");
    }
    assert_eq!(found(CaseOutcome::NotAccepted, 0), [""; 0]);
    assert_eq!(found(CaseOutcome::NotAccepted, 1), [""; 0]);
}

#[test]
fn a_refusal_needs_a_reason() {
    let found = |outcome: CaseOutcome, reason: &str| {
        of_result(|result| {
            result.outcome = outcome.into();
            result.reason = reason.into();
            result.certificates.clear();
        })
    };
    let (least, short) = ("字".repeat(REASON_CHARACTERS), "字".repeat(REASON_CHARACTERS - 1));
    for outcome in [CaseOutcome::Refused, CaseOutcome::NotAccepted] {
        assert_eq!(found(outcome, &least), [""; 0], "{outcome:?}");
        let expected = ["error reason record.refusal_reason"];
        assert_eq!(found(outcome, &short), expected, "{outcome:?}");
        assert_eq!(found(outcome, &format!("{short}  ")), expected, "{outcome:?}");
    }
    assert_eq!(found(CaseOutcome::Granted, ""), [""; 0]);
}

#[test]
fn only_what_is_granted_has_a_certificate() {
    let found = of_result(|result| result.outcome = CaseOutcome::Terminated.into());
    assert_eq!(found, ["error certificates record.certificate_outcome"]);
    let none = of_result(|result| {
        result.outcome = CaseOutcome::Terminated.into();
        result.certificates.clear();
    });
    assert_eq!(none, [""; 0]);
}

#[test]
fn a_certificate_does_not_end_before_it_begins() {
    let found = |from: &str, until: &str| {
        of_result(|result| {
            result.certificates[0].valid_from = from.into();
            result.certificates[0].valid_until = until.into();
        })
    };
    assert_eq!(found("2010-11-24", "2010-11-24"), [""; 0]);
    assert_eq!(found("2010-11-24", ""), [""; 0]);
    assert_eq!(found("", "2010-11-23"), [""; 0]);
    let expected = ["error certificates[0].valid_until record.certificate_dates"];
    assert_eq!(found("2010-11-24", "2010-11-23"), expected);
}

#[test]
fn fees_are_money() {
    let found = of_result(|result| result.paid = amount("20", AmountUnit::Day));
    assert_eq!(found, ["error paid.unit record.amount_unit"]);
    let wan = of_result(|result| result.paid = amount("0.002", AmountUnit::WanYuan));
    assert_eq!(wan, [""; 0]);
}

#[test]
fn a_relief_needs_a_reason() {
    let found = of_result(|result| result.relief_reason = " ".into());
    assert_eq!(found, ["error relief_reason record.relief_reason"]);
    let none = of_result(|result| {
        result.relief = yuan("0.00");
        result.relief_reason.clear();
    });
    assert_eq!(none, [""; 0]);
}

#[test]
fn nobody_pays_more_than_is_due() {
    let over = ["warning paid record.paid_over"];
    assert_eq!(of_result(|result| result.paid = yuan("20.00")), [""; 0]);
    assert_eq!(of_result(|result| result.paid = yuan("20.01")), over);
    let unit = of_result(|result| result.paid = amount("20", AmountUnit::WanYuan));
    assert_eq!(unit, over);
    assert_eq!(of_result(|result| result.paid = None), [""; 0]);
    let nothing_due = of_result(|result| {
        result.receivable = None;
        result.relief = None;
    });
    assert_eq!(nothing_due, over);
}

#[test]
fn no_more_is_waived_than_is_due() {
    let found = |relief| {
        of_result(|result| {
            result.relief = yuan(relief);
            result.paid = None;
        })
    };
    assert_eq!(found("30"), [""; 0]);
    assert_eq!(found("30.01"), ["warning relief record.relief_over"]);
}
