//! Records that keep every rule, numbered; and drafts of them. What a test wants wrong it changes.
//!
//! Most tests are about entries and not about what they say: they write complaints (投诉), which
//! refer to nothing. A test that wants something to refer to something takes the handling of a
//! complaint; one about power takes items, cases and their steps.

use prost::Message as _;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Appended, Draft, Sealed, seal};
use sanheyi_proto::standard::v1::{
    Applicant, ApplicantType, ApplyWay, Case, CaseStep, Complainant, Complaint, ComplaintHandling,
    ComplaintState, ComplaintWay, HandlingAction, LegalBasis, Limit, LimitUnit, PaperType,
    PersonInCharge, PowerItem, PowerKind, PowerState, PublicationForm, StepStatus,
};

/// 2026-07-01, 08:00 in Beijing: when a world begins.
pub const MORNING: Timestamp = Timestamp::from_micros(1_782_864_000_000_000);

/// Dataset of a complaint.
pub const COMPLAINT: &str = "supervision.complaint";
/// Dataset of the handling of a complaint.
pub const HANDLING: &str = "supervision.complaint_handling";
/// Dataset of a case.
pub const CASE: &str = "case.case";
/// Dataset of a step.
pub const STEP: &str = "case.step";
/// Dataset of a power item.
pub const ITEM: &str = "catalogue.power_item";

/// The power item that every [`case`] runs on: the serial number of [`item`].
pub const POWER: u64 = 1030;

fn limit(amount: u32) -> Option<Limit> {
    Some(Limit { amount, unit: LimitUnit::WorkingDay.into() })
}

/// Number of the `serial`th complaint.
pub fn complaint_no(serial: u64) -> String {
    format!("JS048100JT{serial:010}")
}

/// The `serial`th complaint.
pub fn complaint(serial: u64) -> Complaint {
    let at = MORNING.as_micros();
    Complaint {
        no: complaint_no(serial),
        organisation: "JS048100JT".into(),
        title: format!("反映金坛至常州第 {serial} 班客车拒载"),
        content: "七月一日早上在金坛客运站持票上车，驾驶员以满员为由拒载，站务人员未作安排，\
                  请求核实处理并答复。"
            .into(),
        way: ComplaintWay::Hotline.into(),
        complainant: Some(Complainant {
            name: "王小明".into(),
            phone: "0519-82880000".into(),
            address: "金坛市东门大街 1 号".into(),
            ..Complainant::default()
        }),
        accused_organisation: "JS048100JT".into(),
        accused_person: "李建国".into(),
        received_at: at,
        updated_at: at + 1,
        due: limit(7),
        state: ComplaintState::Registered.into(),
        ..Complaint::default()
    }
}

/// Record of the `serial`th handling of a complaint.
pub fn handling_no(complaint: u64, serial: u32) -> String {
    format!("{}-{serial:04}", complaint_no(complaint))
}

/// Handling `serial` of a complaint.
pub fn handling(complaint: u64, serial: u32) -> ComplaintHandling {
    ComplaintHandling {
        complaint_no: complaint_no(complaint),
        serial,
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        staff_code: "JT0031".into(),
        staff_name: "李明".into(),
        action: HandlingAction::Investigate.into(),
        opinion: "已向客运站调取当日监控，并约谈驾驶员。".into(),
        began_at: MORNING.as_micros() + 1,
        ..ComplaintHandling::default()
    }
}

/// Number of the `serial`th case.
pub fn case_no(serial: u64) -> String {
    format!("JS048100JT{serial:010}")
}

/// The `serial`th case, on the item [`POWER`].
pub fn case(serial: u64) -> Case {
    let at = MORNING.as_micros();
    let item = item(POWER);
    Case {
        no: case_no(serial),
        change_number: 1,
        internal_no: format!("坛交XK〔2026〕{serial}号"),
        organisation: item.organisation,
        power_code: item.code,
        power_version: item.version,
        department: item.department,
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
            ..Applicant::default()
        }),
        promise: item.promised_limit,
        applied_at: at,
        created_at: at + 1,
        updated_at: at + 2,
        ..Case::default()
    }
}

/// Record of step `ordinal` of the `serial`th case.
pub fn step_no(serial: u64, ordinal: u32) -> String {
    format!("{}-{ordinal:04}", case_no(serial))
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
        began_at: at + 1,
        processed_at: Some(at + 2),
        ..CaseStep::default()
    }
}

/// Record of the `serial`th power item.
pub fn item_no(serial: u64) -> String {
    let PowerItem { code, version, .. } = item(serial);
    format!("{code}-{version}")
}

/// The `serial`th power item, up to 9,999: published, and in force since [`MORNING`].
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
        ..PowerItem::default()
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

/// A draft of the `serial`th complaint, new.
pub fn new_complaint(serial: u64) -> Draft {
    draft(COMPLAINT, &complaint_no(serial), complaint(serial).encode_to_vec())
}

/// Drafts of new complaints.
pub fn new_complaints(serials: std::ops::Range<u64>) -> Vec<Draft> {
    serials.map(new_complaint).collect()
}

/// A draft of the `serial`th power item, new.
pub fn new_item(serial: u64) -> Draft {
    draft(ITEM, &item_no(serial), item(serial).encode_to_vec())
}

/// A draft of the `serial`th case, new.
pub fn new_case(serial: u64) -> Draft {
    draft(CASE, &case_no(serial), case(serial).encode_to_vec())
}

/// A draft of step `ordinal` of the `serial`th case, new.
pub fn new_step(serial: u64, ordinal: u32) -> Draft {
    draft(STEP, &step_no(serial, ordinal), step(serial, ordinal).encode_to_vec())
}

/// An entry about one revision of a complaint, whatever its body says and whatever it follows.
pub fn sealed(record: &str, revision: u64, body: &'static [u8]) -> Sealed {
    let header = Header {
        dataset: COMPLAINT.parse().expect("a dataset's name"),
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

/// A draft of the next revision of the `serial`th complaint, with another title.
pub fn next_complaint(serial: u64, head: &Appended, title: &str) -> Draft {
    let body = Complaint { title: title.to_owned(), ..complaint(serial) };
    let follows: Option<(u64, Digest)> = Some((head.revision, head.digest));
    Draft { follows, ..draft(COMPLAINT, &complaint_no(serial), body.encode_to_vec()) }
}

/// A draft of a handling that was decided by reading its complaint.
pub fn handling_on(complaint: u64, serial: u32, read: &Appended) -> Draft {
    let read = sanheyi_proto::exchange::v1::Read {
        dataset: COMPLAINT.into(),
        record: complaint_no(complaint),
        revision: read.revision,
        digest: read.digest.as_bytes().to_vec().into(),
    };
    let body = handling(complaint, serial).encode_to_vec();
    Draft { reads: vec![read], ..draft(HANDLING, &handling_no(complaint, serial), body) }
}
