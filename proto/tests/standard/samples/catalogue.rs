//! The power catalogue: items, reviews, publications; flow charts, guides and benchmarks beside it.

use sanheyi_proto::standard::v1::{
    Attachment, CatalogueChange, ExerciseLevel, HandlingType, LegalBasis, PenaltyKind,
    PersonInCharge, PowerItem, PowerKind, PowerState, Publication, PublicationAct, PublicationForm,
    Review, ReviewResult, ReviewStage, RiskLevel, ServiceTarget, SubjectNature,
};

use super::{MORNING, Sample, limit, sample};

#[path = "benchmark.rs"]
mod benchmark;
#[path = "flow.rs"]
mod flow;
#[path = "guide.rs"]
mod guide;
#[path = "reference.rs"]
mod reference;

/// Code of the item that the other samples lean on.
pub(super) const POWER: &str = "JS048100JT-XK-1030";
/// Code of a penalty.
pub(super) const PENALTY: &str = "JS048100JT-CF-2010";

pub(crate) fn item() -> PowerItem {
    PowerItem {
        code: POWER.into(),
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

/// An item with everything that a citizen or a supervisor can ask for.
fn full() -> PowerItem {
    PowerItem {
        valid_until: Some(MORNING + 1),
        service_targets: vec![ServiceTarget::Person.into(), ServiceTarget::Enterprise.into()],
        object: "从事道路旅客运输经营的申请人".into(),
        charged: false,
        charge_basis: "不收费".into(),
        charge_standard: "不收费".into(),
        subject_nature: SubjectNature::Entrusted.into(),
        entrusted_body: "金坛市运输管理处".into(),
        exercise_level: ExerciseLevel::County.into(),
        division: "县内班线由县级道路运输管理机构实施。".into(),
        conditions: "有与其经营业务相适应并经检测合格的车辆。".into(),
        accept_conditions: "材料齐全，符合法定形式。".into(),
        count_limit: "无".into(),
        basic_code: "0100220003".into(),
        implementation_code: "113204820141103823200123456789012".into(),
        local_code: "坛交-XK-01".into(),
        handling: HandlingType::Promised.into(),
        online: true,
        discretion: true,
        penalty_kinds: Vec::new(),
        joint_departments: vec!["公安局交通警察大队".into()],
        accept_department: "行政服务中心交通窗口".into(),
        decision_body: "金坛市交通运输局".into(),
        result: "道路运输经营许可证".into(),
        address: "金坛市东门大街 1 号".into(),
        hours: "工作日 9:00–12:00，13:30–17:30".into(),
        phone: "0519-82880000".into(),
        complaint_phone: "0519-82880001".into(),
        reconsideration: true,
        litigation: true,
        remedies: "六十日内向金坛市人民政府申请行政复议。".into(),
        limit_note: "检验、专家评审不计入期限。".into(),
        risk_level: RiskLevel::Second.into(),
        change: CatalogueChange::Changed.into(),
        change_reason: "条例修订".into(),
        remark: "示例".into(),
        ..item()
    }
}

/// An item of another kind that fills in nothing but what it must.
fn least() -> PowerItem {
    PowerItem {
        code: PENALTY.into(),
        version: 1,
        kind: PowerKind::Cf.into(),
        name: "对未经许可从事道路客运经营的处罚".into(),
        legal_basis: vec![LegalBasis {
            title: "道路运输条例".into(), ..LegalBasis::default()
        }],
        statutory_limit: None,
        promised_limit: None,
        penalty_kinds: vec![PenaltyKind::Fine.into(), PenaltyKind::Confiscation.into()],
        state: PowerState::Draft.into(),
        ..item()
    }
}

fn review() -> Review {
    Review {
        power_code: POWER.into(),
        power_version: 3,
        serial: 1,
        stage: ReviewStage::Confirmation.into(),
        change: CatalogueChange::Changed.into(),
        batch: "2010-01".into(),
        requested_by: "王建国".into(),
        requested_at: Some(MORNING),
        request: "依据修订后的条例变更法定期限。".into(),
        reviewer_organisation: "JS048100FZ".into(),
        reviewer: "汤志远".into(),
        opinion: "依据充分，同意确认。".into(),
        result: ReviewResult::Agreed.into(),
        reviewed_at: MORNING,
        documents: vec![attachment("审核意见表.pdf")],
        addressee: String::new(),
    }
}

fn publication() -> Publication {
    Publication {
        power_code: POWER.into(),
        power_version: 3,
        serial: 2,
        act: PublicationAct::Suspended.into(),
        forms: vec![PublicationForm::Website.into()],
        places: vec!["http://www.jintan.example/qlyg".into(), "行政服务中心一楼大厅".into()],
        at: MORNING,
        document: "坛政公〔2010〕3号".into(),
        reason: "上位法修订，暂停受理。".into(),
        publisher: "李明".into(),
    }
}

/// A file that nobody has.
pub(super) fn attachment(name: &str) -> Attachment {
    Attachment {
        name: name.into(),
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        bytes: 20_480,
        media_type: "application/pdf".into(),
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let basis = item().legal_basis.remove(0);
    let many = PowerItem { legal_basis: vec![basis; 20], statutory_limit: None, ..item() };
    let items = [item(), many, full(), least()];
    let plain = Review {
        stage: ReviewStage::Review.into(),
        batch: String::new(),
        requested_by: String::new(),
        requested_at: None,
        request: String::new(),
        reviewer_organisation: String::new(),
        result: ReviewResult::Disagreed.into(),
        documents: Vec::new(),
        addressee: "jintan".into(),
        ..review()
    };
    let first = Publication {
        power_code: POWER.into(),
        power_version: 3,
        serial: 1,
        act: PublicationAct::Published.into(),
        at: MORNING,
        ..Publication::default()
    };
    let mut all: Vec<Sample> =
        items.iter().map(|body| sample("catalogue.power_item", body)).collect();
    all.extend([review(), plain].iter().map(|body| sample("catalogue.review", body)));
    all.extend([publication(), first].iter().map(|body| sample("catalogue.publication", body)));
    all.extend(flow::samples());
    all.extend(guide::samples());
    all.extend(benchmark::samples());
    all.extend(reference::samples());
    all
}
