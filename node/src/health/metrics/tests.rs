use sanheyi_exchange_spec::health::alerts::LINK_STUCK;
use sanheyi_exchange_spec::health::{ALERTS, Finding};

use super::super::Standing;
use super::*;
use crate::branch::Stages;
use crate::process::clock::ManualClock;
use crate::tests::MORNING;

fn text(standing: Standing) -> String {
    let (_told, standing) = tokio::sync::watch::channel(Arc::new(standing));
    let clock = Arc::new(ManualClock::new(MORNING.plus_micros(7_500_000)));
    let stages = Arc::<Stages>::default();
    stages.commits.note(1_500);
    Metrics::default()
        .with(StandingMetrics::new(standing, clock))
        .with(BranchMetrics(stages))
        .text()
}

#[test]
fn a_scrape_says_what_is_wrong_and_since_when_it_was_looked() {
    let found = Finding::new(&LINK_STUCK, "jin\"tan", "停", "stuck");
    let standing =
        Standing { at: MORNING, started: MORNING, findings: vec![found], ..Standing::default() };
    let text = text(standing);
    let alert = r#"sanheyi_alert{name="link.stuck",subject="jin\"tan",severity="critical"} 1.0"#;
    for line in [
        alert,
        "sanheyi_look_age_seconds 7.5",
        "sanheyi_ready 0.0",
        "sanheyi_groups_committed_total 0.0",
        r#"sanheyi_commit_seconds_bucket{le="0.001"} 0"#,
        r#"sanheyi_commit_seconds_bucket{le="0.002"} 1"#,
        r#"sanheyi_commit_seconds_bucket{le="+Inf"} 1"#,
        "# TYPE sanheyi_groups_committed counter",
        "# EOF",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
}

#[test]
fn names_carry_their_unit_and_every_list_explains_itself() {
    let lists = [StandingMetrics::METRICS, BranchMetrics::METRICS];
    for Metric { name, kind, zh, en, .. } in lists.iter().copied().flatten() {
        assert!(name.starts_with("sanheyi_") && !zh.is_empty() && !en.is_empty(), "{name}");
        assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
    }
    let document = document(&[("节点 node", BranchMetrics::METRICS)]);
    assert!(document.contains("| `sanheyi_commit_seconds` | histogram |"), "{document}");
    // A label of an alert is a word of the table: its number is bounded.
    assert!(ALERTS.len() < 100);
}
