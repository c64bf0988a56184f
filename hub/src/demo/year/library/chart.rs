//! Flow charts (流程图), internal and external, and the risk points (风险点) that they show.

use sanheyi_proto::standard::v1::{
    FlowChart, FlowKind, FlowLink, FlowNode, FlowNodeKind, Limit, PowerKind, RiskLevel, RiskPoint,
};

use crate::demo::items::{self, Item};
use crate::demo::year::calendar::YEAR_BEGINS;
use crate::demo::year::flow::{self, Post, Stage};
use crate::demo::year::{District, Written, staff};

/// Both charts of an item, and its risk points.
pub(super) fn records(district: &District, item: &Item) -> Vec<Written> {
    let mut written = Vec::new();
    for kind in [FlowKind::Internal, FlowKind::External] {
        let body = chart(district, item, kind);
        let record = format!("{}-{}-{}", body.power_code, body.power_version, body.kind);
        written.push(Written::first("catalogue.flow_chart", record, YEAR_BEGINS, &body));
    }
    for body in risks(district, item) {
        let record = format!("{}-{}-{:03}", body.power_code, body.power_version, body.serial);
        written.push(Written::first("catalogue.risk_point", record, YEAR_BEGINS, &body));
    }
    written
}

fn chart(district: &District, item: &Item, kind: FlowKind) -> FlowChart {
    let stages = flow::stages(item.kind);
    let promise = item.promise();
    let limits = limits(stages, &promise);
    let drawn = limits.is_some();
    let nodes = (1..).zip(stages).map(|(ordinal, stage)| {
        let next = stages.get(ordinal).map(|next| link(next.id, ""));
        let limit = limits.as_ref().and_then(|limits| limits.get(ordinal - 1).copied().flatten());
        let node = FlowNode {
            limit,
            next: next.into_iter().collect(),
            ..node(item, stage, ordinal, kind)
        };
        if ordinal == 1 && flow::is_applied_for(item.kind) { with_correction(node) } else { node }
    });
    let mut nodes: Vec<FlowNode> = nodes.collect();
    if let (true, Some(first)) = (flow::is_applied_for(item.kind), stages.first()) {
        let ordinal = stages.len() + 1;
        let next = vec![link(first.id, "材料补齐")];
        nodes.push(FlowNode {
            kind: FlowNodeKind::Special.into(),
            next,
            ..node(item, &flow::CORRECTION, ordinal, kind)
        });
    }
    let external = kind == FlowKind::External;
    let word = if external { "外部流程图" } else { "内部流程图" };
    FlowChart {
        power_code: item.code(district.region),
        power_version: 1,
        kind: kind.into(),
        name: format!("{}{word}", item.name),
        // What is settled within a day or two is not shared out over posts.
        promise: drawn.then_some(promise),
        nodes,
        complaint_phone: items::in_charge(&district.organisation(items::SUPERVISION.1)).phone,
        remedies: "不服决定的，可依法申请行政复议或提起行政诉讼。".into(),
        drawn_at: Some(YEAR_BEGINS),
        ..FlowChart::default()
    }
}

fn link(node: &str, condition: &str) -> FlowLink {
    FlowLink { node: node.into(), condition: condition.into() }
}

fn with_correction(mut node: FlowNode) -> FlowNode {
    node.next.push(link(flow::CORRECTION.id, "材料不全"));
    node
}

fn node(item: &Item, stage: &Stage, ordinal: usize, kind: FlowKind) -> FlowNode {
    let internal = kind == FlowKind::Internal;
    let post = stage.post;
    let people = staff::clerks(item.letters, post).into_iter().map(|(_, name)| name.to_owned());
    FlowNode {
        id: stage.id.into(),
        ordinal: u32::try_from(ordinal).unwrap_or(1),
        name: stage.name.into(),
        kind: FlowNodeKind::Work.into(),
        post_code: if internal { post.code().into() } else { String::new() },
        post_name: post.title().into(),
        people: if internal { people.collect() } else { Vec::new() },
        duty: post.duties().into(),
        clock_runs: stage.share > 0,
        rights: if internal { "" } else { "陈述、申辩，了解进度和理由。" }.into(),
        supervision: "监察机关实时监察。".into(),
        risks: if stage.post == Post::Head { vec![1] } else { Vec::new() },
        ..FlowNode::default()
    }
}

/// What each post may take of a promise, at least one unit where the clock runs; nothing if there
/// are more posts than units.
fn limits(stages: &[Stage], promise: &Limit) -> Option<Vec<Option<Limit>>> {
    let share = |stage: &Stage| match stage.share {
        0 => 0,
        share => (promise.amount * share / 100).max(1),
    };
    let mut amounts: Vec<u32> = stages.iter().map(share).collect();
    while amounts.iter().sum::<u32>() > promise.amount {
        let most = amounts.iter_mut().max()?;
        if *most <= 1 {
            return None;
        }
        *most -= 1;
    }
    let limit = |amount: u32| (amount > 0).then_some(Limit { amount, unit: promise.unit });
    Some(amounts.into_iter().map(limit).collect())
}

fn risks(district: &District, item: &Item) -> Vec<RiskPoint> {
    let stages = flow::stages(item.kind);
    let decides = &stages[flow::deciding(stages)];
    let weighs = item.kind == PowerKind::Cf;
    let word = if weighs { "滥用裁量" } else { "违规审批" };
    let point = |serial, stage: &Stage, name: &str, level: RiskLevel| RiskPoint {
        power_code: item.code(district.region),
        power_version: 1,
        serial,
        name: name.into(),
        r#type: "廉政风险".into(),
        description: format!("在“{}”环节可能发生{name}。", stage.name),
        level: level.into(),
        node: stage.id.into(),
        post_code: stage.post.code().into(),
        responsible: items::in_charge(&item.organisation(district.region)).name,
        measures: "依据公开，集体讨论，全程留痕，监察抽查。".into(),
        assessed_at: Some(YEAR_BEGINS),
    };
    vec![
        point(1, decides, word, RiskLevel::First),
        point(2, &stages[0], "无故拖延", RiskLevel::Third),
    ]
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::LimitUnit;

    use super::*;

    #[test]
    fn the_limits_of_the_posts_add_up_within_the_promise() {
        for number in 1..=12 {
            let stages = flow::stages(PowerKind::try_from(number).unwrap());
            let running = u32::try_from(stages.iter().filter(|one| one.share > 0).count()).unwrap();
            for amount in 1..100 {
                let promise = Limit { amount, unit: LimitUnit::WorkingDay.into() };
                let limits = limits(stages, &promise);
                assert_eq!(limits.is_some(), amount >= running, "{amount} over {running} posts");
                for (stage, limit) in stages.iter().zip(limits.iter().flatten()) {
                    assert_eq!(stage.share > 0, limit.is_some());
                }
                let sum: u32 = limits.iter().flatten().flatten().map(|limit| limit.amount).sum();
                assert!(sum <= amount, "{sum} of {amount}");
            }
        }
    }
}
