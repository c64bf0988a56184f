//! W7: W1 again and again while the stores grow: what the records that are stored already cost
//! those that come, in time and on the disk. One federation grows from one size to the next.

use std::hint::black_box;
use std::time::Duration;

use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::clock;

use super::federation::Federation;
use super::load::{Ids, batches, feed, hand_on};
use super::machine::seconds;
use super::place::{Place, Watch};
use super::plan::Plan;
use super::sustained::Clocked;
use super::table::{Table, say};

/// Records of a batch.
const BATCH: u64 = 500;
/// Records that the generator makes when it is clocked alone.
const SAMPLE: u64 = 50_000;
/// Seconds between two words on how far a store has grown.
const PROGRESS: f64 = 15.0;
/// Pause between two looks while it grows.
const LOOK: Duration = Duration::from_millis(100);

/// A federation that grows.
struct Growing {
    federation: Federation,
    clients: Vec<IntakeClient>,
    watch: Watch,
    ids: Ids,
    /// Records stored so far.
    stored: u64,
    /// Bytes of the stores before the first: what the broadcast says is there already.
    empty: [u64; 2],
}

/// Measures each size, with as many stretches as the plan has runs, one after another.
///
/// # Errors
/// If anything is lost.
pub(crate) async fn run(
    plan: &Plan,
    ids: Ids,
    place: &Place,
    table: &mut Table,
) -> anyhow::Result<()> {
    alone(ids, table);
    let federation = Federation::start(place, None).await?;
    let clients = federation.clients(plan.writers).await?;
    federation.live().await?;
    let watch = federation.watch().await?;
    let empty = federation.bytes().await?;
    let mut growing = Growing { federation, clients, watch, ids, stored: 0, empty };
    for size in &plan.sizes {
        growing.fill(*size).await?;
        let name = place.name(&format!("W7 {} {}", title(*size), ids.word()));
        for _ in 0..plan.runs {
            growing.measure(plan.further, &name, table).await?;
        }
        growing.weigh(&name, table).await?;
    }
    growing.federation.end(growing.stored).await?;
    Ok(())
}

/// What the generator reaches by itself: it must not be what holds the others up.
fn alone(ids: Ids, table: &mut Table) {
    let began = seconds();
    for batch in batches(ids, 0..SAMPLE, BATCH) {
        black_box(batch);
    }
    let rate = SAMPLE as f64 / (seconds() - began);
    table.add(format!("W7 the load's generator alone, {}", ids.word()), "records/s", rate);
}

/// `10^5`, where it is a power of ten.
fn title(size: u64) -> String {
    match 10u64.checked_pow(size.max(1).ilog10()) {
        Some(power) if power == size => format!("10^{}", size.ilog10()),
        _ => size.to_string(),
    }
}

impl Growing {
    /// Hands records in until so many are stored, through the same doors as all records.
    async fn fill(&mut self, size: u64) -> anyhow::Result<()> {
        let (first, began) = (self.stored, seconds());
        if first >= size {
            return Ok(());
        }
        let handing = hand_on(self.clients.clone(), feed(self.ids, first..size, BATCH));
        let handing = tokio::spawn(handing);
        let watch = &mut self.watch;
        let growing = async {
            let mut said = began;
            loop {
                let (stored, now) = (watch.judged().await?, seconds());
                if stored >= size {
                    return anyhow::Ok(());
                }
                if now - said > PROGRESS {
                    let rate = (stored - first) as f64 / (now - began);
                    say(&format!("  {stored} of {size} stored, {rate:.0} records/s"))?;
                    said = now;
                }
                clock::pause(LOOK).await;
            }
        };
        tokio::try_join!(async { handing.await? }, growing)?;
        self.stored = size;
        let (grown, took) = (size - first, seconds() - began);
        say(&format!("  grown to {size}: {:.0} records/s", grown as f64 / took))
    }

    /// One stretch; its load is made before the clock starts.
    async fn measure(&mut self, records: u64, name: &str, table: &mut Table) -> anyhow::Result<()> {
        let past = self.stored + records;
        let load = batches(self.ids, self.stored..past, BATCH);
        let clients = self.clients.clone();
        let clocked =
            Clocked::of(&self.federation, &mut self.watch, clients, load, self.stored).await?;
        self.stored = past;
        clocked.add(table, name);
        // The last size may take long to be verified: what was measured is said at once.
        say(&format!("  {name}: {:.0} records/s", clocked.rate()))
    }

    /// Both ends have the same, and what it weighs.
    async fn weigh(&self, name: &str, table: &mut Table) -> anyhow::Result<()> {
        self.federation.agree(self.stored).await?;
        let bytes = self.federation.bytes().await?;
        say(&format!("  equal roots at {} records", self.stored))?;
        for (party, (bytes, empty)) in
            ["node", "hub"].into_iter().zip(bytes.into_iter().zip(self.empty))
        {
            let bytes = bytes.saturating_sub(empty) as f64 / self.stored as f64;
            table.add(format!("{name}: {party}'s store"), "B/record", bytes);
        }
        Ok(())
    }
}
