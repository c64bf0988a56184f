//! What the processes of a store have noted of their health, for whoever stands beside them:
//! commands, and pages of another instance.

use sanheyi_exchange_spec::health::alerts::PROCESS_SILENT;
use sanheyi_exchange_spec::health::{Finding, in_order};
use sanheyi_exchange_spec::time::Timestamp;

use super::watch::SILENT_AFTER;
use crate::store::{AlertRow, PulseRow, Store, StoreError};

/// What is noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// The processes that live.
    pub living: Vec<PulseRow>,
    /// Those that have fallen silent.
    pub silent: Vec<PulseRow>,
    /// What the living find wrong, and [`PROCESS_SILENT`] where none of them lives.
    pub findings: Vec<Finding>,
}

impl Noted {
    /// When a process last noted how it stands.
    pub fn last(&self) -> Option<Timestamp> {
        self.living.iter().chain(&self.silent).map(|row| row.at).max()
    }

    /// Whether a process lives.
    pub fn lives(&self) -> bool {
        !self.living.is_empty()
    }
}

/// Reads what is noted of the platform of `store`. What a silent process has noted counts no more:
/// nobody looks whether it still is so.
///
/// # Errors
/// Of the database.
pub async fn noted(store: &Store, now: Timestamp) -> Result<Noted, StoreError> {
    let (pulses, alerts) = (store.pulse_list().await?, store.alert_list().await?);
    Ok(judge(store.platform().as_str(), pulses, alerts, now))
}

fn judge(platform: &str, pulses: Vec<PulseRow>, alerts: Vec<AlertRow>, now: Timestamp) -> Noted {
    let lives = |row: &PulseRow| now.micros_since(row.at) < SILENT_AFTER;
    let last = pulses.iter().map(|row| row.at).max();
    let (living, silent): (Vec<_>, Vec<_>) = pulses.into_iter().partition(lives);
    let alive = |row: &AlertRow| living.iter().any(|one| one.instance == row.instance);
    let mut findings: Vec<_> = alerts.into_iter().filter(alive).map(|row| row.finding).collect();
    if living.is_empty() {
        findings.push(nobody(platform, last, now));
    }
    Noted { living, silent, findings: in_order(findings) }
}

fn nobody(platform: &str, last: Option<Timestamp>, now: Timestamp) -> Finding {
    let (zh, en) = match last {
        None => ("从未有进程运行".to_owned(), "no process has ever run".to_owned()),
        Some(last) => {
            let seconds = now.micros_since(last) / 1_000_000;
            (
                format!("{seconds} 秒没有进程写入健康状况"),
                format!("no process has noted its health for {seconds} s"),
            )
        }
    };
    let finding = Finding::new(&PROCESS_SILENT, platform, zh, en);
    Finding { since: last, ..finding }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::health::alerts::{DISK_LOW, GATE_STUCK};

    use super::*;
    use crate::tests::MORNING;

    #[test]
    fn what_a_silent_process_noted_counts_no_more_and_that_nobody_runs_is_said() {
        let pulse = |instance: &str, at| PulseRow {
            instance: instance.to_owned(),
            started: MORNING,
            at,
            version: String::new(),
            ready: true,
        };
        let alert = |instance: &str, of| AlertRow {
            instance: instance.to_owned(),
            finding: Finding::new(of, "changzhou", "错", "wrong").since(MORNING),
        };
        let now = MORNING.plus_micros(SILENT_AFTER);
        let alerts = vec![alert("a", &GATE_STUCK), alert("b", &DISK_LOW)];
        let pulses = vec![pulse("a", MORNING), pulse("b", now.plus_micros(-1))];
        let both = judge("changzhou", pulses, alerts.clone(), now);
        assert_eq!(both.findings, [alerts[1].finding.clone()]);
        assert_eq!((both.living.len(), both.silent.len()), (1, 1));
        let none = judge("changzhou", vec![pulse("a", MORNING)], alerts, now);
        let names: Vec<_> = none.findings.iter().map(|one| (one.name, one.since)).collect();
        assert_eq!(names, [("process.silent", Some(MORNING))]);
    }
}
