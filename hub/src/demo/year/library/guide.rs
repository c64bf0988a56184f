//! Guides (办事指南), with materials, fees and forms.

use sanheyi_exchange_spec::suite::Suite;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Attachment, ComplaintChannel, ComplaintChannelKind, Fee, Guide, GuidePlace,
    Material, MaterialSource, PowerKind,
};

use crate::demo::items::{self, Item};
use crate::demo::year::calendar::YEAR_BEGINS;
use crate::demo::year::flow;
use crate::demo::year::{District, Written};

/// Guide of an item.
pub(super) fn record(district: &District, item: &Item) -> Written {
    let applied = flow::is_applied_for(item.kind);
    let names: Vec<&str> = flow::stages(item.kind).iter().map(|stage| stage.name).collect();
    let organisation = items::in_charge(&item.organisation(district.region));
    let supervision = items::in_charge(&district.organisation(items::SUPERVISION.1));
    let body = Guide {
        power_code: item.code(district.region),
        power_version: 1,
        object: "公民、法人和其他组织".into(),
        conditions: format!("符合{}规定的条件。", item.law()),
        materials: if applied { materials() } else { Vec::new() },
        fees: fees(item),
        forms: if applied { vec![form(item)] } else { Vec::new() },
        places: vec![GuidePlace {
            name: format!("{}政务服务大厅", district.title_zh),
            address: format!("{}甲一路1号", district.title_zh),
            window: format!("{}窗口", item.department),
            hours: "工作日 9:00–12:00，13:30–17:30".into(),
            phone: organisation.phone,
            ..GuidePlace::default()
        }],
        complaint_channels: vec![ComplaintChannel {
            kind: ComplaintChannelKind::Phone.into(),
            body: format!("{}{}", district.title_zh, items::SUPERVISION.0),
            contact: supervision.phone,
        }],
        steps: names.join(" → "),
        result: "决定书".into(),
        delivery: "窗口领取或邮寄".into(),
        remedies: "不服决定的，可依法申请行政复议或提起行政诉讼。".into(),
        updated_at: YEAR_BEGINS,
        ..Guide::default()
    };
    let record = format!("{}-{}", body.power_code, body.power_version);
    Written::first("catalogue.guide", record, YEAR_BEGINS, &body)
}

fn materials() -> Vec<Material> {
    let material = |name: &str, originals, copies, source: MaterialSource| Material {
        name: name.into(),
        required: true,
        originals,
        copies,
        source: source.into(),
        ..Material::default()
    };
    vec![
        material("申请表", 1, 1, MaterialSource::Applicant),
        material("身份证明或组织机构代码证", 0, 1, MaterialSource::Government),
        Material {
            required: false, ..material("授权委托书", 1, 0, MaterialSource::Applicant)
        },
    ]
}

/// Nothing is charged but what is levied, and the cost of a certificate.
fn fees(item: &Item) -> Vec<Fee> {
    let fee = |name: &str, required, yuan: &str, basis: String| Fee {
        name: name.into(),
        required,
        basis,
        amount: Some(Amount { value: yuan.into(), unit: AmountUnit::Yuan.into() }),
        ..Fee::default()
    };
    match item.kind {
        PowerKind::Zs => vec![fee("应缴费用（最低）", true, "10", item.law())],
        PowerKind::Xk => vec![fee("证照补办工本费", false, "5", String::new())],
        _ => Vec::new(),
    }
}

/// The form for an application; its bytes are as invented as its applicants.
fn form(item: &Item) -> Attachment {
    let text = format!("{}申请表", item.name);
    Attachment {
        sha256: Suite::Intl.leaf(text.as_bytes()).to_string(),
        bytes: i64::try_from(text.len()).unwrap_or(1),
        name: format!("{text}.pdf"),
        media_type: "application/pdf".into(),
    }
}
