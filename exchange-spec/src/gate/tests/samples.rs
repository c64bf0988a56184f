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

pub(super) fn item() -> PowerItem {
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
        ..PowerItem::default()
    }
}

pub(super) fn case() -> Case {
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
            ..Applicant::default()
        }),
        promise: Some(limit(7)),
        applied_at: MORNING,
        created_at: MORNING + 1,
        updated_at: MORNING + 2,
        ..Case::default()
    }
}

pub(super) fn step() -> CaseStep {
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
        ..CaseStep::default()
    }
}

pub(super) fn good() -> [(&'static str, Vec<u8>); 3] {
    [
        ("case.case", case().encode_to_vec()),
        ("case.step", step().encode_to_vec()),
        ("catalogue.power_item", item().encode_to_vec()),
    ]
}

/// Bodies that break as many rules as can be, with values as long as a reason quotes them.
pub(super) fn worst() -> [(&'static str, Vec<u8>); 4] {
    let long = "\u{10ffff}".repeat(300);
    let over = || Some(Limit { amount: u32::MAX, unit: i32::MIN });
    let act = LegalBasis { title: "x".repeat(500), article: "x".repeat(500), text: String::new() };
    let person = PersonInCharge { phone: "1".repeat(500), ..PersonInCharge::default() };
    let crowded = PowerItem {
        code: long.clone(),
        version: u32::MAX,
        kind: i32::MIN,
        legal_basis: vec![act; 64],
        people_in_charge: vec![person; 16],
        organisation: long.clone(),
        ..PowerItem::default()
    };
    let forms = PowerItem { publication_forms: vec![i32::MIN; 60], ..crowded.clone() };
    let case = Case {
        no: long.clone(),
        change_number: u32::MAX,
        organisation: long.clone(),
        power_code: long.clone(),
        power_version: u32::MAX,
        apply_way: i32::MIN,
        applicant: Some(Applicant { phone: long.clone(), ..Applicant::default() }),
        promise: over(),
        applied_at: i64::MIN,
        created_at: i64::MIN,
        updated_at: i64::MIN,
        ..Case::default()
    };
    let step = CaseStep {
        case_no: long,
        ordinal: u32::MAX,
        status: i32::MIN,
        promise: over(),
        began_at: i64::MIN,
        processed_at: Some(i64::MIN),
        ..CaseStep::default()
    };
    [
        ("catalogue.power_item", crowded.encode_to_vec()),
        ("catalogue.power_item", forms.encode_to_vec()),
        ("case.case", case.encode_to_vec()),
        ("case.step", step.encode_to_vec()),
    ]
}
