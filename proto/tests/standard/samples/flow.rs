//! Flow charts and risk points.

use sanheyi_proto::standard::v1::{
    FlowChart, FlowKind, FlowLink, FlowNode, FlowNodeKind, RiskLevel, RiskPoint,
};

use super::{MORNING, POWER, Sample, attachment, limit, sample};

fn node(id: &str, ordinal: u32, name: &str, days: u32, next: &[(&str, &str)]) -> FlowNode {
    FlowNode {
        id: id.into(),
        ordinal,
        name: name.into(),
        kind: FlowNodeKind::Work.into(),
        post_code: format!("{id}01"),
        post_name: format!("{name}岗"),
        people: vec!["李明".into(), "庄学勤".into()],
        duty: format!("负责{name}。"),
        limit: Some(limit(days)),
        clock_runs: true,
        documents: vec![format!("{name}表")],
        rights: "陈述、申辩".into(),
        supervision: "是否一次告知".into(),
        next: next
            .iter()
            .map(|(node, condition)| FlowLink {
                node: (*node).into(),
                condition: (*condition).into(),
            })
            .collect(),
        risks: vec![1],
    }
}

/// Four posts within seven working days, and an expert review in which the clock stands.
fn internal() -> FlowChart {
    let review = FlowNode {
        kind: FlowNodeKind::Special.into(),
        clock_runs: false,
        ..node("PS", 3, "专家评审", 20, &[("SH", "评审结束")])
    };
    let end = FlowNode {
        id: "END".into(),
        ordinal: 6,
        name: "送达".into(),
        kind: FlowNodeKind::End.into(),
        ..FlowNode::default()
    };
    FlowChart {
        power_code: POWER.into(),
        power_version: 3,
        kind: FlowKind::Internal.into(),
        name: "道路旅客运输经营许可内部流程图".into(),
        promise: Some(limit(7)),
        nodes: vec![
            node("SL", 1, "受理", 1, &[("SC", "受理"), ("END", "不予受理")]),
            node("SC", 2, "审查", 3, &[("PS", "需要评审"), ("SH", "")]),
            review,
            node("SH", 4, "审核", 1, &[("JD", ""), ("SC", "退回")]),
            node("JD", 5, "决定", 2, &[("END", "")]),
            end,
        ],
        remark: "评审时间不计入期限。".into(),
        complaint_phone: "0519-82880001".into(),
        remedies: "行政复议、行政诉讼".into(),
        picture: Some(attachment("内部流程图.png")),
        drawn_at: Some(MORNING),
    }
}

/// The least that a chart can be: one node.
fn external() -> FlowChart {
    FlowChart {
        power_code: POWER.into(),
        power_version: 3,
        kind: FlowKind::External.into(),
        name: "道路旅客运输经营许可外部流程图".into(),
        nodes: vec![FlowNode {
            id: "SL".into(),
            ordinal: 1,
            name: "申请".into(),
            kind: FlowNodeKind::End.into(),
            ..FlowNode::default()
        }],
        ..FlowChart::default()
    }
}

fn risk() -> RiskPoint {
    RiskPoint {
        power_code: POWER.into(),
        power_version: 3,
        serial: 1,
        name: "审查不严".into(),
        r#type: "岗位职责".into(),
        description: "对车辆检测材料审查不严。".into(),
        level: RiskLevel::First.into(),
        node: "SC".into(),
        post_code: "SC01".into(),
        responsible: "李明".into(),
        measures: "两人审查，抽查回访。".into(),
        assessed_at: Some(MORNING),
    }
}

pub(super) fn samples() -> Vec<Sample> {
    let short = RiskPoint {
        r#type: String::new(),
        node: String::new(),
        post_code: String::new(),
        responsible: String::new(),
        assessed_at: None,
        serial: 2,
        ..risk()
    };
    vec![
        sample("catalogue.flow_chart", &internal()),
        sample("catalogue.flow_chart", &external()),
        sample("catalogue.risk_point", &risk()),
        sample("catalogue.risk_point", &short),
    ]
}
