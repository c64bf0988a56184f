//! What is shipped for monitoring, as text: the document of all metrics and the rules of all
//! alerts. The files in `deploy/` are these, which a test holds.

use sanheyi_exchange_spec::health::alerts::PROCESS_SILENT;
use sanheyi_exchange_spec::health::{ALERTS, Alert};
use sanheyi_node::health::metrics::{BranchMetrics, Metric, StandingMetrics, document};

use super::metrics::HubMetrics;

/// All metrics, by who tells them.
pub const ROOMS: [(&str, &[Metric]); 3] = [
    ("节点与市级平台 · a node and a hub", StandingMetrics::METRICS),
    ("节点 · a node", BranchMetrics::METRICS),
    ("市级平台 · a hub", HubMetrics::METRICS),
];

const METRICS_HEAD: &str = "# 指标 · Metrics

`GET /metrics` 以 Prometheus 文本格式给出下列指标（`[health] listen`：节点默认 127.0.0.1:7480，市级平台默认 127.0.0.1:7481）。
标签只有平台、状态和固定名称，不含个人信息。

`GET /metrics` answers with these in Prometheus' text format (`[health] listen`: 127.0.0.1:7480 at a node, 127.0.0.1:7481 at a hub). Labels are
platforms, states and fixed names: of bounded number, and nothing personal. Rules for the alerts below are in `monitoring/alerts.yml`, an
example of a scrape configuration in `monitoring/prometheus.yml`. This page is made of the lists in the code; a test holds it.
";

const RULES_HEAD: &str = "# 告警规则 · Alert rules for Prometheus, one for each alert of the table in the code; a test holds this file.
groups:
  - name: sanheyi
    rules:
";

/// `deploy/metrics.md`.
pub fn metrics_page() -> String {
    let mut text = METRICS_HEAD.to_owned();
    text.push_str(&document(&ROOMS));
    text.push_str("\n## 告警 · alerts\n\n");
    text.push_str(
        "| 名称 name | 级别 severity | 何时 when | 如何处理 remedy |\n|---|---|---|---|\n",
    );
    for Alert { name, severity, zh, en, when_zh, when_en, remedy_zh, remedy_en } in ALERTS {
        text.push_str(&format!(
            "| `{name}` | {severity} | {zh}：{when_zh} · {en}: {when_en} | {remedy_zh} · {remedy_en} |\n"
        ));
    }
    text
}

/// `deploy/monitoring/alerts.yml`.
pub fn alert_rules() -> String {
    let mut text = RULES_HEAD.to_owned();
    for Alert { name, zh, en, when_zh, when_en, remedy_zh, remedy_en, .. } in ALERTS {
        let expression = match *name == PROCESS_SILENT.name {
            // A dead process tells nothing: that is seen from outside alone.
            true => "up{job=~\\\"sanheyi.*\\\"} == 0 or sanheyi_look_age_seconds > 60".to_owned(),
            false => format!("sanheyi_alert{{name=\\\"{name}\\\"}} == 1"),
        };
        let severity = match *name == PROCESS_SILENT.name {
            true => "critical",
            false => "{{ $labels.severity }}",
        };
        text.push_str(&format!(
            "      - alert: \"{name}\"
        expr: \"{expression}\"
        labels:
          severity: \"{severity}\"
        annotations:
          summary: \"{zh} · {en}: {{{{ $labels.subject }}}}\"
          description: \"{when_zh} · {when_en}\"
          remedy: \"{remedy_zh} · {remedy_en}\"
"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Holds a shipped file against what it has to be; where they differ, that is put beside the
    /// build, to be copied.
    fn held(file: &str, due: &str) {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let there = std::fs::read_to_string(top.join(file)).unwrap_or_default();
        if there != due {
            let put = top.join("target").join(file.replace('/', "-"));
            std::fs::write(&put, due).unwrap();
            panic!("{file} is not what the code says: copy {} over it", put.display());
        }
    }

    #[test]
    fn what_is_shipped_for_monitoring_is_what_the_code_says() {
        held("deploy/metrics.md", &metrics_page());
        held("deploy/monitoring/alerts.yml", &alert_rules());
    }

    #[test]
    fn rules_ask_for_metrics_that_exist_and_quote_nothing_that_would_end_a_string() {
        let names: Vec<_> =
            ROOMS.iter().flat_map(|(_, list)| list.iter().map(|one| one.name)).collect();
        let rules = alert_rules();
        for word in rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            assert!(!word.starts_with("sanheyi_") || names.contains(&word), "{word}");
        }
        for line in rules.lines().filter(|line| line.contains(": \"")) {
            let (_, quoted) = line.split_once(": \"").unwrap();
            let inner = quoted.strip_suffix('"').expect("one string a line");
            let bare = inner.replace("\\\"", "");
            assert!(!bare.contains('"') && !bare.contains('\\'), "{line}");
        }
        for alert in ALERTS {
            assert_eq!(rules.matches(&format!("- alert: \"{}\"", alert.name)).count(), 1);
        }
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len(), "no name is told twice");
    }
}
