//! Flow charts (流程图): post limits within the promise, and ways that lead somewhere.

use std::collections::BTreeSet;

use sanheyi_proto::standard::v1::{FlowChart, FlowKind, FlowNode, LimitUnit};

use super::{en, zh};
use crate::reason::Findings;

/// Rules of a flow chart.
pub(in crate::gate::record) fn flow_chart(chart: &FlowChart, out: &mut Findings) {
    let ids = ids(chart, out);
    ways(chart, &ids, out);
    limits(chart, out);
    posts(chart, out);
}

/// The ids of the nodes; each stands once.
fn ids<'a>(chart: &'a FlowChart, out: &mut Findings) -> BTreeSet<&'a str> {
    let mut ids = BTreeSet::new();
    for (at, node) in chart.nodes.iter().enumerate() {
        if !ids.insert(node.id.as_str()) {
            out.error(
                format!("nodes[{at}].id"),
                "record.flow_node_id",
                format!("节点标识 {} 在图中重复，请为第 {} 个节点另取标识", node.id, at + 1),
                format!("the id {} stands twice: give node {} another one", node.id, at + 1),
            );
        }
    }
    ids
}

/// Every way leads to a node of the chart, and the chart comes to an end.
fn ways(chart: &FlowChart, ids: &BTreeSet<&str>, out: &mut Findings) {
    for (at, node) in chart.nodes.iter().enumerate() {
        for (way, next) in node.next.iter().enumerate() {
            if !ids.contains(next.node.as_str()) {
                out.error(
                    format!("nodes[{at}].next[{way}].node"),
                    "record.flow_next",
                    format!(
                        "节点 {} 指向的 {} 不在图中，请改正或补画该节点",
                        node.id, next.node
                    ),
                    format!(
                        "node {} leads to {}, which is not in the chart: correct it, or draw the node",
                        node.id, next.node
                    ),
                );
            }
        }
    }
    if !chart.nodes.is_empty() && chart.nodes.iter().all(|node| !node.next.is_empty()) {
        out.error(
            "nodes",
            "record.flow_end",
            "流程图没有终点：至少一个节点应无下一节点，请补画终点",
            "the chart does not end: at least one node must have no next one; draw the end",
        );
    }
}

/// Nodes whose limit counts against the promise.
fn counted(chart: &FlowChart) -> impl Iterator<Item = &FlowNode> {
    chart.nodes.iter().filter(|node| node.clock_runs && node.limit.is_some())
}

/// The post limits add up to no more than the promise. Different units are not added: working days
/// and calendar days are not the same thing.
fn limits(chart: &FlowChart, out: &mut Findings) {
    let Some(promise) = chart.promise else { return };
    let other = |node: &&FlowNode| node.limit.is_some_and(|limit| limit.unit != promise.unit);
    let strange: Vec<&str> = counted(chart).filter(other).map(|node| node.id.as_str()).collect();
    if !strange.is_empty() {
        out.error(
            "nodes",
            "record.flow_limits_unit",
            format!(
                "承诺期限为 {}，节点 {} 的岗位时限单位与之不同，无法相加，请统一单位",
                zh(&promise),
                strange.join("、")
            ),
            format!(
                "the promise is {}; the limits of {} have other units and cannot be added: use one unit",
                en(&promise),
                strange.join(", ")
            ),
        );
        return;
    }
    let sum = counted(chart)
        .filter_map(|node| node.limit)
        .fold(0_u32, |sum, limit| sum.saturating_add(limit.amount));
    if sum > promise.amount {
        let limit = sanheyi_proto::standard::v1::Limit { amount: sum, ..promise };
        out.error(
            "nodes",
            "record.flow_limits_sum",
            format!(
                "各岗位时限之和（{}）不得超过承诺期限（{}），请缩短岗位时限",
                zh(&limit),
                zh(&promise)
            ),
            format!(
                "the limits of the posts add up to {}, more than the promise of {}: shorten them",
                en(&limit),
                en(&promise)
            ),
        );
    }
}

/// In a chart for the department itself, every post on whose time the clock runs has a limit;
/// otherwise the sum says nothing.
fn posts(chart: &FlowChart, out: &mut Findings) {
    let Some(promise) = chart.promise else { return };
    if chart.kind() != FlowKind::Internal || promise.unit() == LimitUnit::Unspecified {
        return;
    }
    let open = |node: &&FlowNode| node.clock_runs && node.limit.is_none();
    let open: Vec<&str> = chart.nodes.iter().filter(open).map(|node| node.id.as_str()).collect();
    if !open.is_empty() {
        out.warning(
            "nodes",
            "record.flow_node_limit",
            format!("节点 {} 计时而无岗位时限，请补填岗位时限", open.join("、")),
            format!("the clock runs in {}, without a limit of the post: set one", open.join(", ")),
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::{FlowLink, Limit};

    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];

    fn limit(amount: u32, unit: LimitUnit) -> Option<Limit> {
        Some(Limit { amount, unit: unit.into() })
    }

    fn node(id: &str, limit: Option<Limit>, next: &[&str]) -> FlowNode {
        let link = |id: &&str| FlowLink { node: (*id).into(), ..FlowLink::default() };
        let next = next.iter().map(link).collect();
        FlowNode { id: id.into(), clock_runs: true, limit, next, ..FlowNode::default() }
    }

    fn of(promise: Option<Limit>, nodes: Vec<FlowNode>) -> Vec<String> {
        let kind = FlowKind::Internal.into();
        let chart = FlowChart { kind, promise, nodes, ..FlowChart::default() };
        rules(|out| flow_chart(&chart, out))
    }

    #[test]
    fn node_ids_stand_once() {
        assert_eq!(of(None, vec![node("A", None, &["B"]), node("B", None, &[])]), NONE);
        let twice =
            of(None, vec![node("A", None, &[]), node("B", None, &[]), node("A", None, &[])]);
        assert_eq!(twice, ["error nodes[2].id record.flow_node_id"]);
    }

    #[test]
    fn ways_lead_to_nodes_of_the_chart() {
        let back = of(None, vec![node("A", None, &["B", "A"]), node("B", None, &[])]);
        assert_eq!(back, NONE, "a way back is a way");
        let lost = of(None, vec![node("A", None, &["B", "C"]), node("B", None, &[])]);
        assert_eq!(lost, ["error nodes[0].next[1].node record.flow_next"]);
    }

    #[test]
    fn a_chart_comes_to_an_end() {
        assert_eq!(of(None, vec![node("A", None, &[])]), NONE);
        let round = of(None, vec![node("A", None, &["B"]), node("B", None, &["A"])]);
        assert_eq!(round, ["error nodes record.flow_end"]);
    }

    #[test]
    fn post_limits_add_up_to_the_promise_at_most() {
        let unit = LimitUnit::WorkingDay;
        let of = |days: &[u32], clock_runs: bool| {
            let nodes = days.iter().enumerate().map(|(at, &days)| {
                let node = node(&format!("N{at}"), limit(days, unit), &[]);
                FlowNode { clock_runs: clock_runs || at > 0, ..node }
            });
            of(limit(7, unit), nodes.collect())
        };
        let over = ["error nodes record.flow_limits_sum"];
        assert_eq!(of(&[1, 3, 2], true), NONE);
        assert_eq!(of(&[1, 3, 3], true), NONE, "just the promise");
        assert_eq!(of(&[1, 3, 4], true), over);
        assert_eq!(of(&[20, 3, 4], false), NONE, "where the clock stands nothing is added");
        assert_eq!(of(&[9_999; 64], true), over);
    }

    #[test]
    fn limits_of_different_units_are_not_added() {
        let (working, calendar) = (LimitUnit::WorkingDay, LimitUnit::CalendarDay);
        let unit = ["error nodes record.flow_limits_unit"];
        let two = |one, other| vec![node("A", limit(1, one), &[]), node("B", limit(1, other), &[])];
        assert_eq!(of(limit(7, working), two(working, working)), NONE);
        assert_eq!(of(limit(7, working), two(working, calendar)), unit);
        assert_eq!(of(limit(7, calendar), two(working, calendar)), unit);
        assert_eq!(of(limit(7, LimitUnit::Month), two(working, working)), unit);
        assert_eq!(of(None, two(working, calendar)), NONE, "without a promise");
        let still = FlowNode { clock_runs: false, ..node("B", limit(1, calendar), &[]) };
        let nodes = vec![node("A", limit(1, working), &[]), still];
        assert_eq!(of(limit(7, working), nodes), NONE, "where the clock stands any unit will do");
        let mut out = Findings::default();
        let promise = limit(7, working);
        let chart = FlowChart { promise, nodes: two(calendar, calendar), ..FlowChart::default() };
        flow_chart(&chart, &mut out);
        let zh = out.into_reasons().remove(0).zh;
        assert!(zh.contains("节点 A、B 的岗位时限单位"), "{zh}");
    }

    #[test]
    fn a_post_on_the_clock_has_a_limit() {
        let promise = limit(7, LimitUnit::WorkingDay);
        let open = vec![node("A", None, &[])];
        assert_eq!(of(promise, open.clone()), ["warning nodes record.flow_node_limit"]);
        assert_eq!(of(None, open.clone()), NONE);
        assert_eq!(of(promise, vec![node("A", promise, &[])]), NONE);
        let chart = FlowChart {
            kind: FlowKind::External.into(),
            promise,
            nodes: open,
            ..Default::default()
        };
        assert_eq!(rules(|out| flow_chart(&chart, out)), NONE, "the public chart may be coarser");
    }
}
