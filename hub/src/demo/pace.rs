//! All districts live through the same months: whoever is through waits for the others, so that
//! what happens to one (a line that is cut) happens while the others are at work.

use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use jiff::civil::Date;
use sanheyi_node::cli::table::grouped;
use tokio::sync::Barrier;

use super::parties::Member;
use super::say::say;
use super::{CUT, CUT_OFF_NAME};

/// What all writers of a year share.
pub(super) struct Pace {
    barrier: Barrier,
    bars: MultiProgress,
    nodes: AtomicU64,
    hosted: AtomicU64,
}

// === impl Pace ===

impl Pace {
    /// For so many writers.
    pub(super) fn new(writers: usize, bars: MultiProgress) -> Self {
        let none = || AtomicU64::new(0);
        Self { barrier: Barrier::new(writers), bars, nodes: none(), hosted: none() }
    }

    /// A bar of 365 days.
    pub(super) fn bar(&self, member: &Member) -> anyhow::Result<ProgressBar> {
        let bar = self.bars.add(ProgressBar::new(365));
        bar.set_style(ProgressStyle::with_template(
            "{prefix:<17} {bar:20} {pos:>3}/365 天 days {msg}",
        )?);
        bar.set_prefix(member.title.clone());
        Ok(bar)
    }

    /// Counts what was acknowledged.
    pub(super) fn wrote(&self, member: &Member, entries: usize) {
        let count = if member.is_hosted() { &self.hosted } else { &self.nodes };
        count.fetch_add(entries as u64, Ordering::Relaxed);
    }

    /// Waits for all at the first of a month. Where nobody can watch bars move, the last to come
    /// says how far all are. True for one of them.
    pub(super) async fn month(&self, date: Date) -> bool {
        let last = self.barrier.wait().await.is_leader();
        if !last || !self.bars.is_hidden() || date.day_of_year() == 1 {
            return last;
        }
        let [nodes, hosted] =
            [&self.nodes, &self.hosted].map(|count| grouped(count.load(Ordering::Relaxed)));
        let cut = if CUT.contains(&date.day_of_year()) { CUT_OFF_NAME } else { "" };
        let line = format!("{date}  节点 nodes {nodes:>7}  托管 hosted {hosted:>7}  {cut}");
        say(line.trim_end());
        last
    }

    /// Waits for all.
    pub(super) async fn together(&self) {
        self.barrier.wait().await;
    }
}
