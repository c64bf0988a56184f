//! W1: records handed in at a node, until they are durable and judged at the hub.

use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::clock;

use super::federation::{Federation, Spent};
use super::load::{Batch, Ids, batches, hand_in};
use super::machine::seconds;
use super::place::{Place, Watch};
use super::plan::Plan;
use super::table::Table;

/// Pause between two looks at the hub's gate.
pub(crate) const LOOK: std::time::Duration = std::time::Duration::from_millis(10);
/// Writers that hand in one by one.
pub(crate) const SINGLES: usize = 8;
/// Of all records, this part is handed in one by one.
pub(crate) const SINGLE_SHARE: u64 = 10;

/// Stages of the node, as it names them.
pub(crate) const NODE: [&str; 6] = ["check", "decide", "seal", "pack", "write", "commit"];
/// Stages of the hub, as it names them.
pub(crate) const HUB: [&str; 4] = ["open", "admit", "judge", "settle"];

/// A stretch of work that was clocked.
pub(crate) struct Clocked {
    records: u64,
    began: f64,
    durable: f64,
    gated: f64,
    before: Spent,
    after: Spent,
}

/// Batches of 500: from one writer, who waits for each to be durable, and from several.
///
/// # Errors
/// If anything is lost, or not as it should be.
pub(crate) async fn bulk(plan: &Plan, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    for writers in [1, plan.writers] {
        let name = place.name(&format!("W1 500 x {writers}"));
        measure(&name, plan.records, 500, writers, place, table).await?;
        if plan.writers == 1 {
            break;
        }
    }
    Ok(())
}

/// One by one.
///
/// # Errors
/// As [`bulk`].
pub(crate) async fn single(plan: &Plan, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let name = place.name(&format!("W1 1 x {SINGLES}"));
    measure(&name, plan.records / SINGLE_SHARE, 1, SINGLES, place, table).await
}

/// Waits until the hub has judged so many entries.
///
/// # Errors
/// Of the database.
pub(crate) async fn gated(watch: &mut Watch, records: u64) -> anyhow::Result<f64> {
    while watch.judged().await? < records {
        clock::pause(LOOK).await;
    }
    Ok(seconds())
}

async fn measure(
    name: &str,
    records: u64,
    size: u64,
    writers: usize,
    place: &Place,
    table: &mut Table,
) -> anyhow::Result<()> {
    // Several writers would hand in a step before its case.
    let ids = if size == 1 { Ids::Single } else { Ids::Ascending };
    let load = batches(ids, 0..records, size);
    let federation = Federation::start(place, None).await?;
    let clients = federation.clients(writers).await?;
    federation.live().await?;
    let mut watch = federation.watch().await?;
    let [_, empty] = federation.bytes().await?;
    let clocked = Clocked::of(&federation, &mut watch, clients, load, 0).await?;
    let afterwards = federation.end(records).await?;

    clocked.add(table, name);
    let (hub, count) = (&afterwards.hub, records as f64);
    table.add(format!("{name}: received by the hub"), "B/record", hub.get("received") / count);
    // What the broadcast says to every branch that begins is there before the clock starts.
    let sent = hub.get("sent") - afterwards.broadcast as f64;
    table.add(format!("{name}: sent by the hub"), "B/record", sent / count);
    let grown = afterwards.disk.saturating_sub(empty) as f64;
    table.add(format!("{name}: hub's store, grown by"), "B/record", grown / count);
    afterwards.node.add(table, &format!("{name}: node"), &NODE, records);
    afterwards.hub.add(table, &format!("{name}: hub"), &HUB, records);
    Ok(())
}

// === impl Clocked ===

impl Clocked {
    /// Hands a load in, on top of `stored` records, and waits until all of it is gated.
    ///
    /// # Errors
    /// If a batch is not taken.
    pub(crate) async fn of(
        federation: &Federation,
        watch: &mut Watch,
        clients: Vec<IntakeClient>,
        load: Vec<Batch>,
        stored: u64,
    ) -> anyhow::Result<Self> {
        let records = load.iter().map(|batch| batch.len() as u64).sum();
        let before = federation.spent(watch)?;
        let began = seconds();
        let handing = tokio::spawn(async move {
            hand_in(clients, load).await?;
            anyhow::Ok(seconds())
        });
        // What is not taken is never gated: the first error ends both.
        let (durable, gated) =
            tokio::try_join!(async { handing.await? }, gated(watch, stored + records))?;
        let after = federation.spent(watch)?;
        Ok(Self { records, began, durable, gated, before, after })
    }

    /// Records a second, until the last was durable and gated at the hub.
    pub(crate) fn rate(&self) -> f64 {
        self.records as f64 / (self.gated - self.began)
    }

    /// Adds it to a table.
    pub(crate) fn add(&self, table: &mut Table, name: &str) {
        let count = self.records as f64;
        for (what, until) in
            [("durable and gated at the hub", self.gated), ("durable at the node", self.durable)]
        {
            table.add(format!("{name}: {what}"), "records/s", count / (until - self.began));
        }
        self.after.add(table, name, &self.before, self.records);
    }
}
