//! Guides.

use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, ComplaintChannel, ComplaintChannelKind, Fee, Guide, GuidePlace, Material,
    MaterialSource, Question,
};

use super::{MORNING, PENALTY, POWER, Sample, attachment, sample};

fn channel() -> ComplaintChannel {
    ComplaintChannel {
        kind: ComplaintChannelKind::Phone.into(),
        body: "金坛市监察局".into(),
        contact: "0519-82880001".into(),
    }
}

fn place() -> GuidePlace {
    GuidePlace {
        name: "金坛市行政服务中心".into(),
        address: "金坛市东门大街 1 号".into(),
        window: "B12".into(),
        hours: "工作日 9:00–17:00".into(),
        phone: "0519-82880000".into(),
        directions: "1 路、5 路东门站".into(),
    }
}

fn fees() -> Vec<Fee> {
    let paper = Fee {
        name: "道路运输经营许可证工本费".into(),
        required: true,
        basis: "苏价费〔2008〕1号".into(),
        standard: "每证 10 元".into(),
        amount: Some(Amount { value: "10".into(), unit: AmountUnit::Yuan.into() }),
        unit: "证".into(),
        relief: "个体经营者减半".into(),
    };
    let copy = Fee { name: "复印费".into(), required: false, ..Fee::default() };
    vec![paper, copy]
}

fn full() -> Guide {
    let application = Material {
        name: "道路旅客运输经营申请表".into(),
        required: true,
        electronic: true,
        originals: 1,
        copies: 2,
        source: MaterialSource::Applicant.into(),
        issuer: "申请人".into(),
        basis: "道路运输条例第十条".into(),
        note: "加盖公章".into(),
    };
    let contract = Material { name: "租赁合同".into(), ..Material::default() };
    Guide {
        power_code: POWER.into(),
        power_version: 3,
        object: "企业法人、个体工商户".into(),
        conditions: "有与其经营业务相适应并经检测合格的车辆。".into(),
        materials: vec![application, contract],
        fees: fees(),
        forms: vec![attachment("申请表.doc")],
        places: vec![place()],
        complaint_channels: vec![channel()],
        steps: "申请、受理、审查、审核、决定、送达。".into(),
        result: "道路运输经营许可证".into(),
        result_samples: vec![attachment("许可证样本.pdf")],
        delivery: "窗口领取或邮寄".into(),
        online_address: "http://www.jintan.example/bszn/1030".into(),
        remedies: "行政复议、行政诉讼".into(),
        questions: vec![Question {
            question: "个人可以申请吗？".into(),
            answer: "须先登记为个体工商户。".into(),
        }],
        remark: "示例".into(),
        updated_at: MORNING,
    }
}

fn least() -> Guide {
    let place =
        GuidePlace { name: "窗口".into(), address: "大厅".into(), ..GuidePlace::default() };
    Guide {
        power_code: PENALTY.into(),
        power_version: 1,
        places: vec![place],
        complaint_channels: vec![channel()],
        steps: "立案、调查、告知、决定、送达。".into(),
        updated_at: MORNING,
        ..Guide::default()
    }
}

pub(super) fn samples() -> Vec<Sample> {
    vec![sample("catalogue.guide", &full()), sample("catalogue.guide", &least())]
}
