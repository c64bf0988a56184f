//! Bodies that keep all rules.

use prost::Message as _;

use sanheyi_proto::standard::v1::{
    Applicant, ApplicantType, ApplyWay, Case, CaseStep, LegalBasis, Limit, LimitUnit, PaperType,
    PersonInCharge, PowerItem, PowerKind, PowerState, PublicationForm, StepStatus,
};

/// 2010-11-23, 08:00 in Beijing.
pub(super) const MORNING: i64 = 1_290_470_400_000_000;

fn limit(amount: u32) -> Limit {
    Limit { amount, unit: LimitUnit::WorkingDay.into() }
}

fn item() -> PowerItem {
    PowerItem {
        code: "JS048100JT-XK-1030".into(),
        version: 3,
        kind: PowerKind::Xk.into(),
        name: "道路旅客运输经营许可".into(),
        legal_basis: vec![LegalBasis {
            title: "中华人民共和国道路运输条例".into(),
            article: "第十条".into(),
            text: String::new(),
        }],
        publication_forms: vec![
            PublicationForm::Website.into(),
            PublicationForm::ServiceHall.into(),
        ],
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        people_in_charge: vec![PersonInCharge {
            name: "王建国".into(),
            post: "处长".into(),
            phone: "0519-82880000".into(),
        }],
        statutory_limit: Some(limit(20)),
        promised_limit: Some(limit(7)),
        state: PowerState::Published.into(),
        valid_from: MORNING,
        valid_until: None,
    }
}

fn case() -> Case {
    Case {
        no: "JS048100JT0000000217".into(),
        change_number: 1,
        internal_no: "坛交XK〔2010〕217号".into(),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-XK-1030".into(),
        power_version: 3,
        department: "运输管理处".into(),
        title: "金坛至常州班线客运经营许可".into(),
        r#abstract: "申请新增金坛至常州班线客运车辆两辆。".into(),
        apply_way: ApplyWay::Counter.into(),
        applicant: Some(Applicant {
            r#type: ApplicantType::LegalPerson.into(),
            name: "金坛市长途客运有限公司".into(),
            paper_type: PaperType::OrganisationCode.into(),
            paper_number: "014110382".into(),
            phone: "0519-82880000".into(),
            address: "金坛市东门大街 1 号".into(),
        }),
        promise: Some(limit(7)),
        applied_at: MORNING,
        created_at: MORNING + 1,
        updated_at: MORNING + 2,
    }
}

fn step() -> CaseStep {
    CaseStep {
        case_no: "JS048100JT0000000217".into(),
        ordinal: 2,
        tache_id: "SC".into(),
        tache_name: "审查".into(),
        office: "运输管理处".into(),
        staff_code: "JT0031".into(),
        staff_name: "李明".into(),
        status: StepStatus::Passed.into(),
        promise: Some(limit(3)),
        clock_runs: true,
        note: "材料齐全，符合法定条件，同意。".into(),
        began_at: MORNING,
        processed_at: Some(MORNING + 1),
    }
}

pub(super) fn cases() -> Vec<Vec<u8>> {
    let person = Applicant {
        r#type: ApplicantType::Person.into(),
        name: "李明".into(),
        ..Applicant::default()
    };
    let short = Case { applicant: Some(person), r#abstract: String::new(), ..case() };
    vec![case().encode_to_vec(), short.encode_to_vec()]
}

pub(super) fn steps() -> Vec<Vec<u8>> {
    let open = CaseStep { promise: None, processed_at: None, ..step() };
    vec![step().encode_to_vec(), open.encode_to_vec()]
}

pub(super) fn items() -> Vec<Vec<u8>> {
    let basis = item().legal_basis.remove(0);
    let many = PowerItem { legal_basis: vec![basis; 20], statutory_limit: None, ..item() };
    vec![item().encode_to_vec(), many.encode_to_vec()]
}
