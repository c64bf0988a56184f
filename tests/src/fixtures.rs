//! Records that keep every rule, numbered; and drafts of them. What a test wants wrong it changes.

use prost::Message as _;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Appended, Draft, Sealed, seal};
use sanheyi_proto::standard::v1::{
    Applicant, ApplicantType, ApplyWay, Case, CaseStep, LegalBasis, Limit, LimitUnit, PaperType,
    PersonInCharge, PowerItem, PowerKind, PowerState, PublicationForm, StepStatus,
};

/// 2026-07-01, 08:00 in Beijing: when a world begins.
pub const MORNING: Timestamp = Timestamp::from_micros(1_782_864_000_000_000);

/// Dataset of a case.
pub const CASE: &str = "case.case";
/// Dataset of a step.
pub const STEP: &str = "case.step";
/// Dataset of a power item.
pub const ITEM: &str = "catalogue.power_item";

fn limit(amount: u32) -> Option<Limit> {
    Some(Limit { amount, unit: LimitUnit::WorkingDay.into() })
}

/// Number of the `serial`th case.
pub fn case_no(serial: u64) -> String {
    format!("JS048100JT{serial:010}")
}

/// The `serial`th case.
pub fn case(serial: u64) -> Case {
    let at = MORNING.as_micros();
    Case {
        no: case_no(serial),
        change_number: 1,
        internal_no: format!("坛交XK〔2026〕{serial}号"),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-XK-1030".into(),
        power_version: 3,
        department: "运输管理处".into(),
        title: format!("金坛至常州第 {serial} 班客运经营许可"),
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
        promise: limit(7),
        applied_at: at,
        created_at: at + 1,
        updated_at: at + 2,
    }
}

/// Step `ordinal` of the `serial`th case.
pub fn step(serial: u64, ordinal: u32) -> CaseStep {
    let at = MORNING.as_micros();
    CaseStep {
        case_no: case_no(serial),
        ordinal,
        tache_id: "SC".into(),
        tache_name: "审查".into(),
        office: "运输管理处".into(),
        staff_code: "JT0031".into(),
        staff_name: "李明".into(),
        status: StepStatus::Passed.into(),
        promise: limit(3),
        clock_runs: true,
        note: "材料齐全，符合法定条件，同意。".into(),
        began_at: at,
        processed_at: Some(at + 1),
    }
}

/// The `serial`th power item, up to 9,999.
pub fn item(serial: u64) -> PowerItem {
    PowerItem {
        code: format!("JS048100JT-XK-{serial:04}"),
        version: 1,
        kind: PowerKind::Xk.into(),
        name: "道路旅客运输经营许可".into(),
        legal_basis: vec![LegalBasis {
            title: "中华人民共和国道路运输条例".into(),
            article: "第十条".into(),
            text: String::new(),
        }],
        publication_forms: vec![PublicationForm::Website.into()],
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        people_in_charge: vec![PersonInCharge {
            name: "王建国".into(),
            post: "处长".into(),
            phone: "0519-82880000".into(),
        }],
        statutory_limit: limit(20),
        promised_limit: limit(7),
        state: PowerState::Published.into(),
        valid_from: MORNING.as_micros(),
        valid_until: None,
    }
}

/// A draft of a new record.
pub fn draft(dataset: &str, record: &str, body: Vec<u8>) -> Draft {
    Draft {
        dataset: dataset.parse().expect("a dataset's name"),
        record: record.parse().expect("a record's id"),
        operation: Operation::Put,
        occurred: MORNING,
        body: body.into(),
        follows: None,
        reads: Vec::new(),
    }
}

/// A draft of the `serial`th case, new.
pub fn new_case(serial: u64) -> Draft {
    draft(CASE, &case_no(serial), case(serial).encode_to_vec())
}

/// An entry about one revision of a case, whatever its body says.
pub fn sealed(record: &str, revision: u64, body: &'static [u8]) -> Sealed {
    let header = Header {
        dataset: CASE.parse().expect("a dataset's name"),
        record: record.parse().expect("a record's id"),
        revision,
        follows: (revision > 1).then_some(Digest::new([7; 32])),
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 1,
        occurred: MORNING,
        recorded: MORNING,
        body_digest: Digest::new([0; 32]),
    };
    seal(header, Salt([5; 16]), body.into())
}

/// Drafts of new cases.
pub fn new_cases(serials: std::ops::Range<u64>) -> Vec<Draft> {
    serials.map(new_case).collect()
}

/// A draft of the next revision of the `serial`th case, with another title.
pub fn next_case(serial: u64, head: &Appended, title: &str) -> Draft {
    let change_number = u32::try_from(head.revision).expect("few revisions") + 1;
    let body = Case { title: title.to_owned(), change_number, ..case(serial) };
    let follows: Option<(u64, Digest)> = Some((head.revision, head.digest));
    Draft { follows, ..draft(CASE, &case_no(serial), body.encode_to_vec()) }
}

/// A draft of a step that was decided by reading its case.
pub fn step_on(serial: u64, ordinal: u32, read: &Appended) -> Draft {
    let record = format!("{}-{ordinal:04}", case_no(serial));
    let read = sanheyi_proto::exchange::v1::Read {
        dataset: CASE.into(),
        record: case_no(serial),
        revision: read.revision,
        digest: read.digest.as_bytes().to_vec().into(),
    };
    let body = step(serial, ordinal).encode_to_vec();
    Draft { reads: vec![read], ..draft(STEP, &record, body) }
}
