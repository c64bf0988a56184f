use sanheyi_proto::standard::v1::{PaperType, Reporter};

use super::*;
use crate::gate::record::tests::rules;

fn of_case(change: impl FnOnce(&mut Penalty)) -> Vec<String> {
    let mut body = Penalty {
        no: "JS048100JT0000000218".into(),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-CF-2040".into(),
        merged_power_codes: vec!["JS048100JT-CF-2041".into(), "JS048100JT-CF-2042".into()],
        targets: vec![Target {
            r#type: TargetType::Person.into(),
            paper_type: PaperType::CitizenCard.into(),
            paper_number: "11010519491231002X".into(),
            ..Target::default()
        }],
        reporter: Some(Reporter::default()),
        ..Penalty::default()
    };
    change(&mut body);
    rules(|out| penalty(&body, out))
}

#[test]
fn a_penalty_case_in_order_is_silent() {
    assert_eq!(of_case(|_| ()), [""; 0]);
    assert_eq!(of_case(|case| case.reporter = None), [""; 0]);
    assert_eq!(of_case(|case| case.merged_power_codes.clear()), [""; 0]);
}

#[test]
fn a_penalty_case_has_numbers_of_its_organisation_and_powers_to_punish() {
    let other = of_case(|case| case.no = "JS048200JT0000000218".into());
    assert_eq!(other, ["error no record.number_organisation"]);
    let permit = of_case(|case| case.power_code = "JS048100JT-XK-2040".into());
    assert_eq!(permit, ["error power_code record.power_kind"]);
    let merged = of_case(|case| case.merged_power_codes[1] = "JS048100GL-QZ-2042".into());
    let expected = [
        "warning merged_power_codes[1] record.power_organisation",
        "error merged_power_codes[1] record.power_kind",
    ];
    assert_eq!(merged, expected);
}

#[test]
fn each_power_is_merged_once() {
    let expected = ["error merged_power_codes[1] record.merged_power"];
    let own = of_case(|case| case.merged_power_codes[1] = case.power_code.clone());
    assert_eq!(own, expected);
    let twice = of_case(|case| case.merged_power_codes[1] = case.merged_power_codes[0].clone());
    assert_eq!(twice, expected);
}

#[test]
fn papers_of_targets_and_reporter_are_looked_at() {
    let number = of_case(|case| case.targets[0].paper_number = "110105194912310021".into());
    assert_eq!(number, ["error targets[0].paper_number record.paper_number"]);
    let holder = of_case(|case| case.targets[0].r#type = TargetType::Organisation.into());
    assert_eq!(holder, ["warning targets[0].paper_type record.paper_holder"]);
    let reporter = of_case(|case| {
        case.reporter.get_or_insert_default().paper_number = "G00000000".into();
    });
    assert_eq!(reporter, ["error reporter.paper_type record.paper_pair"]);
}
