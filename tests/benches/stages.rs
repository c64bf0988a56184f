//! Where the time went: what hub and node say of their stages when they stop.

use std::collections::BTreeMap;

use super::table::Table;

/// Sums of one process by name, as its last words have them: `name=number`.
pub(crate) struct Sums(BTreeMap<String, f64>);

impl Sums {
    /// Reads the line that carries the sums.
    pub(crate) fn read(log: &str) -> Self {
        let line = log.lines().rev().find(|line| line.contains("time by stage")).unwrap_or("");
        let pair = |word: &str| {
            let (name, number) = word.split_once('=')?;
            Some((name.to_owned(), number.parse().ok()?))
        };
        Self(line.split_whitespace().filter_map(pair).collect())
    }

    /// One sum; 0 if it was not said.
    pub(crate) fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(0.0)
    }

    /// Adds stages to a table, in microseconds a record.
    pub(crate) fn add(&self, table: &mut Table, party: &str, stages: &[&str], records: u64) {
        for stage in stages {
            let name = format!("  {party} {stage}");
            table.add(name, "µs/record", self.get(stage) / records as f64);
        }
    }
}
