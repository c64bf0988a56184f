//! Records without fault, from which the faulty ones are made.

use sanheyi_proto::standard::v1::{
    Applicant, ApplicantType, ApplyWay, Case, CaseOutcome, CaseResult, CaseStep, ExerciseLevel,
    LegalBasis, Limit, LimitUnit, Organisation, OrganisationState, PaperType, PersonInCharge,
    PowerItem, PowerKind, PowerState, PublicationForm, StepStatus, SubjectNature,
};

/// 2010-12-30T10:00 at Changzhou.
pub(in crate::demo) const AT: i64 = 1_293_674_400_000_000;
/// Serials far from those of real cases.
const SERIALS: u64 = 9_000_000_000;
/// A power item that every catalogue has.
const KNOWN: u32 = 1010;

fn code(region: &str) -> String {
    format!("JS{region}00JT")
}

/// A body that is not in the catalogue: its letters are of none.
pub(in crate::demo) fn organisation(region: &str) -> Organisation {
    Organisation {
        code: format!("JS{region}00QQ"),
        name: "由其他厂商的系统报送的机构".into(),
        region_code: format!("32{region}"),
        credit_code: "11329900YY9999990T".into(),
        nature: SubjectNature::Statutory.into(),
        level: ExerciseLevel::County.into(),
        state: OrganisationState::Active.into(),
        valid_from: AT,
        ..Organisation::default()
    }
}

/// A case.
pub(in crate::demo) fn case(region: &str, serial: u64) -> Case {
    case_on(region, serial, KNOWN)
}

/// A case on the item of that number.
pub(in crate::demo) fn case_on(region: &str, serial: u64, number: u32) -> Case {
    let organisation = code(region);
    Case {
        no: format!("{organisation}{:010}", SERIALS + serial),
        change_number: 1,
        internal_no: format!("JTXK2010{serial:05}"),
        power_code: format!("{organisation}-XK-{number:04}"),
        organisation,
        power_version: 1,
        department: "交通运输局".into(),
        title: "演禾运输有限公司申请办理港口岸线许可".into(),
        r#abstract: "由其他厂商的系统报送。".into(),
        apply_way: ApplyWay::Counter.into(),
        applicant: Some(Applicant {
            r#type: ApplicantType::Person.into(),
            name: "演小禾".into(),
            paper_type: PaperType::CitizenCard.into(),
            paper_number: "329900197001010002".into(),
            ..Applicant::default()
        }),
        promise: Some(Limit { amount: 1, unit: LimitUnit::WorkingDay.into() }),
        applied_at: AT,
        created_at: AT,
        updated_at: AT,
        ..Case::default()
    }
}

/// A step.
pub(in crate::demo) fn step(case_no: &str, ordinal: u32) -> CaseStep {
    CaseStep {
        case_no: case_no.into(),
        ordinal,
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

/// A result.
pub(in crate::demo) fn result(case_no: &str) -> CaseResult {
    CaseResult {
        case_no: case_no.into(),
        change_number: 1,
        outcome: CaseOutcome::Granted.into(),
        last_step: 1,
        decided_on: "2010-12-30".into(),
        finished_at: AT,
        updated_at: AT,
        ..CaseResult::default()
    }
}

/// A power item.
pub(in crate::demo) fn item(region: &str, number: u32) -> PowerItem {
    let organisation = code(region);
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
        state: PowerState::Draft.into(),
        valid_from: AT,
        ..PowerItem::default()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use sanheyi_exchange_spec::gate::{Findings, check_body};
    use sanheyi_proto::{Violations, dataset};

    use super::*;

    fn assert_sound(name: &str, record: &str, body: &impl Message) {
        let (mut violations, mut out) = (Violations::new(), Findings::default());
        let body = body.encode_to_vec();
        check_body(dataset(name).unwrap(), record, &body, &mut violations, &mut out);
        assert_eq!(out.into_reasons(), [], "{name}");
    }

    #[test]
    fn without_the_fault_they_are_sound() {
        let (case, item, body) = (case("0481", 1), item("0481", 9010), organisation("0481"));
        let record = format!("{}-{}", item.code, item.version);
        assert_sound("catalogue.power_item", &record, &item);
        assert_sound("organisation.organisation", &body.code, &body);
        let first = format!("{}-0001", case.no);
        assert_sound("case.step", &first, &step(&case.no, 1));
        assert_sound("case.result", &case.no, &result(&case.no));
        assert_sound("case.case", &case.no, &case);
    }
}
