//! Records with one fault each, for a client that does not keep the standard.

use bytes::Bytes;
use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{
    Applicant, ApplicantType, ApplyWay, Case, CaseStep, LegalBasis, Limit, LimitUnit,
    PersonInCharge, PowerItem, PowerKind, PowerState, PublicationForm, StepStatus,
};

use super::year::Written;

/// 2010-12-30T10:00 at Changzhou.
const AT: i64 = 1_293_674_400_000_000;
/// Serials far from those of real cases.
const SERIALS: u64 = 9_000_000_000;

/// New records of a region, each with the rule that it breaks. They break no other rule, so good
/// ones beside them show that only the bad are held back.
#[must_use]
pub(super) fn faulty(district_region: &str) -> Vec<(Written, &'static str)> {
    let case = |serial| case(district_region, serial);
    let item = |number| item(district_region, number);
    let put = |dataset, record: &str, body: Vec<u8>| Written {
        dataset,
        record: record.into(),
        revision: 1,
        operation: Operation::Put,
        occurred: Timestamp::from_micros(AT),
        body: Bytes::from(body),
    };
    let with_case = |serial, fault: &dyn Fn(&mut Case)| {
        let mut case = case(serial);
        let no = case.no.clone();
        fault(&mut case);
        put("case.case", &no, case.encode_to_vec())
    };
    let with_item = |number, fault: &dyn Fn(&mut PowerItem)| {
        let mut item = item(number);
        let record = format!("{}/{}", item.code, item.version);
        fault(&mut item);
        put("catalogue.power_item", &record, item.encode_to_vec())
    };
    let negative = Case { promise: None, ..case(4) };
    let mut step = step(&case(1).no);
    step.status = 99;
    let nameless = |case: &mut Case| {
        if let Some(applicant) = &mut case.applicant {
            applicant.name.clear();
        }
    };
    vec![
        (with_case(1, &|case| case.title = "标题过长".repeat(60)), "string.max_len"),
        (with_case(2, &|case| case.power_code = "XK-1030".into()), "string.pattern"),
        (with_case(3, &nameless), "string.min_len"),
        (put("case.case", &negative.no, minus_five_days(&negative)), "uint32.gte_lte"),
        (put("case.case", &case(5).no, b"<case><no>5</no></case>".to_vec()), "wire"),
        (with_item(9010, &|item| item.kind = 13), "enum.defined_only"),
        (with_item(9020, &|item| item.legal_basis.clear()), "repeated.min_items"),
        (
            put("case.step", &format!("{}-0001", step.case_no), step.encode_to_vec()),
            "enum.defined_only",
        ),
        (put("case.future", &case(6).no, case(6).encode_to_vec()), "dataset.unknown"),
    ]
}

/// A case without its promise, and after it a promise of -5 working days, as a sender writes it who
/// takes the number for signed.
fn minus_five_days(case: &Case) -> Vec<u8> {
    let mut body = case.encode_to_vec();
    body.extend([0x62, 13]);
    body.extend([0x08, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    body.extend([0x10, 0x02]);
    body
}

fn organisation(region: &str) -> String {
    format!("JS{region}00JT")
}

/// A case without fault.
fn case(region: &str, serial: u64) -> Case {
    let organisation = organisation(region);
    Case {
        no: format!("{organisation}{:010}", SERIALS + serial),
        change_number: 1,
        internal_no: format!("JTXK2010{serial:05}"),
        power_code: format!("{organisation}-XK-1010"),
        organisation,
        power_version: 1,
        department: "交通运输局".into(),
        title: "演禾运输有限公司申请办理港口岸线许可".into(),
        r#abstract: "由其他厂商的系统报送。".into(),
        apply_way: ApplyWay::Counter.into(),
        applicant: Some(Applicant {
            r#type: ApplicantType::LegalPerson.into(),
            name: "演禾运输有限公司".into(),
            ..Applicant::default()
        }),
        promise: Some(Limit { amount: 15, unit: LimitUnit::WorkingDay.into() }),
        applied_at: AT,
        created_at: AT,
        updated_at: AT,
        ..Case::default()
    }
}

/// A step without fault.
fn step(case_no: &str) -> CaseStep {
    CaseStep {
        case_no: case_no.into(),
        ordinal: 1,
        tache_id: "XK-SL".into(),
        tache_name: "受理".into(),
        office: "行政服务中心窗口".into(),
        staff_code: "JT-001".into(),
        staff_name: "陈一鸣".into(),
        status: StepStatus::InProgress.into(),
        promise: None,
        clock_runs: true,
        note: "正在办理。".into(),
        began_at: AT,
        processed_at: None,
        ..CaseStep::default()
    }
}

/// A power item without fault.
fn item(region: &str, number: u32) -> PowerItem {
    let organisation = organisation(region);
    PowerItem {
        code: format!("{organisation}-QT-{number:04}"),
        version: 1,
        kind: PowerKind::Qt.into(),
        name: "由其他厂商的系统报送的权力事项".into(),
        legal_basis: vec![LegalBasis {
            title: "《中华人民共和国港口法》".into(),
            ..LegalBasis::default()
        }],
        publication_forms: vec![PublicationForm::Website.into()],
        organisation,
        department: "交通运输局".into(),
        people_in_charge: vec![PersonInCharge {
            name: "顾海澄".into(),
            ..PersonInCharge::default()
        }],
        statutory_limit: None,
        promised_limit: None,
        state: PowerState::Draft.into(),
        valid_from: AT,
        valid_until: None,
        ..PowerItem::default()
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::ids::RecordId;
    use sanheyi_proto::{Violations, dataset};

    use super::*;

    /// The rules that a body breaks, as the gate names them.
    fn rules(name: &str, body: &[u8]) -> Vec<&'static str> {
        let Some(known) = dataset(name) else { return vec!["dataset.unknown"] };
        let mut violations = Violations::new();
        (known.check)(body, &mut violations);
        violations.iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn each_breaks_exactly_the_rule_it_names() {
        for region in ["0412", "0481", "0482"] {
            for (written, rule) in faulty(region) {
                let Written { dataset, record, body, .. } = &written;
                assert_eq!(rules(dataset, body), [rule], "{record}");
                assert!(record.parse::<RecordId>().is_ok(), "{record}");
            }
        }
    }

    #[test]
    fn without_the_fault_they_are_sound() {
        let case = case("0481", 1);
        assert!(rules("case.step", &step(&case.no).encode_to_vec()).is_empty());
        assert!(rules("case.case", &case.encode_to_vec()).is_empty());
        assert!(rules("catalogue.power_item", &item("0481", 9010).encode_to_vec()).is_empty());
    }
}
