//! Reference items and templates of documents.

use sanheyi_proto::standard::v1::{
    DocumentKind, DocumentTemplate, ExerciseLevel, LegalBasis, PowerKind, ReferenceItem,
};

use super::{MORNING, Sample, attachment, limit, sample};

fn item() -> ReferenceItem {
    ReferenceItem {
        code: "XK-1030".into(),
        version: 2,
        kind: PowerKind::Xk.into(),
        name: "道路旅客运输经营许可".into(),
        legal_basis: vec![LegalBasis {
            title: "中华人民共和国道路运输条例".into(),
            article: "第十条".into(),
            text: String::new(),
        }],
        level: ExerciseLevel::County.into(),
        department: "交通运输局".into(),
        statutory_limit: Some(limit(20)),
        promised_limit: Some(limit(7)),
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
        source: "常政发〔2010〕1号".into(),
        remark: "县级市、区可按实际缩短承诺期限。".into(),
    }
}

fn template() -> DocumentTemplate {
    DocumentTemplate {
        no: "WS-XK-02".into(),
        version: 1,
        name: "行政许可受理通知书".into(),
        kind: DocumentKind::Acceptance.into(),
        power_kinds: vec![PowerKind::Xk.into(), PowerKind::Qr.into()],
        text: "{{申请人}}：你（单位）于{{申请日期}}提出的申请，本机关决定受理。".into(),
        file: Some(attachment("受理通知书.doc")),
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
        source: "常政发〔2010〕1号".into(),
        remark: "花括号内为填写项。".into(),
    }
}

pub(super) fn samples() -> Vec<Sample> {
    let bare = ReferenceItem {
        department: String::new(),
        statutory_limit: None,
        promised_limit: None,
        valid_until: None,
        remark: String::new(),
        ..item()
    };
    let words = DocumentTemplate {
        power_kinds: Vec::new(),
        file: None,
        valid_until: None,
        source: String::new(),
        remark: String::new(),
        ..template()
    };
    let file = DocumentTemplate { text: String::new(), ..template() };
    let items = [item(), bare];
    let templates = [template(), words, file];
    let items = items.iter().map(|body| sample("catalogue.reference_item", body));
    let templates = templates.iter().map(|body| sample("catalogue.document_template", body));
    items.chain(templates).collect()
}
