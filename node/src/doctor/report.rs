//! What the doctor says: for people the gravest first, with why it matters and what to do next; and
//! as JSON.

use sanheyi_exchange_spec::health::{Finding, Severity};
use serde::Serialize;

use super::{Examined, table};
use crate::health::report::FindingReport;

/// The report; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorReport {
    /// Names of the checks that were made.
    pub checks: Vec<&'static str>,
    /// What is wrong, the gravest first.
    pub findings: Vec<Explained>,
    /// How grave the gravest is.
    #[serde(skip)]
    pub worst: Option<Severity>,
}

/// A finding, and why it matters.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The finding.
    #[serde(flatten)]
    pub finding: FindingReport,
    /// Why it matters, in Chinese.
    pub why_zh: &'static str,
    /// Why it matters, in English.
    pub why_en: &'static str,
}

impl From<Examined> for DoctorReport {
    fn from(examined: Examined) -> Self {
        let (checks, findings) = examined.findings();
        let worst = findings.iter().map(|one| one.severity).max();
        let explained = |one: &Finding| {
            let [why_zh, why_en] = table::why(one.name);
            Explained { finding: one.into(), why_zh, why_en }
        };
        Self { checks, findings: findings.iter().map(explained).collect(), worst }
    }
}

/// The report for a person.
pub fn text(report: &DoctorReport) -> String {
    let mut text = format!("已检查 · checked: {}\n", report.checks.join(", "));
    for Explained { finding: one, why_zh, why_en } in &report.findings {
        let severity = Severity::parse(one.severity).map_or("", Severity::zh);
        text.push_str(&format!(
            "\n[{severity} {}] {} {}\n  {}\n  {}\n  为何要紧 · why: {why_zh} · {why_en}\n  \
             怎么办 · next: {} · {}\n",
            one.severity,
            one.name,
            one.subject,
            one.what_zh,
            one.what_en,
            one.remedy_zh,
            one.remedy_en,
        ));
    }
    if report.findings.is_empty() {
        text.push_str("一切正常 · nothing is wrong\n");
    }
    text
}
