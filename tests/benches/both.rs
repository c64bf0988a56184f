//! W4: the load of W1 up, and at the same time as many records down: the hub's own, addressed to
//! the platform, handed in at the hub's desk and read by the node out of its mailbox, where the
//! receipts of what goes up come, too. Both are over when they are durable where they are going,
//! and both are believed when the roots at both ends are equal.

use sanheyi_exchange_spec::ids::{Audience, Lane};
use sanheyi_node::process::clock;
use sanheyi_node::store::Store;

use super::federation::{Federation, connect};
use super::load::{Ids, batches, downward, hand_in};
use super::machine::seconds;
use super::place::Place;
use super::plan::Plan;
use super::sustained::{LOOK, gated};
use super::table::Table;

/// Records of a batch, both ways.
const BATCH: u64 = 500;

/// Measures one run.
///
/// # Errors
/// If anything is lost, or not as it should be.
pub(crate) async fn run(plan: &Plan, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let (records, writers) = (plan.records, plan.writers);
    let federation = Federation::start(place, None).await?;
    let up = batches(Ids::Ascending, 0..records, BATCH);
    let down = downward(federation.platform(), 0..records, BATCH);
    let clients = federation.clients(writers).await?;
    let desk = connect(&federation.desk(), writers).await?;
    federation.live().await?;
    let mut watch = federation.watch().await?;
    let node = federation.at_node().await?;
    let before = federation.spent(&watch)?;
    let began = seconds();
    let upward = tokio::spawn(hand_in(clients, up));
    let downward = tokio::spawn(hand_in(desk, down));
    let (gated, read) = tokio::try_join!(
        async {
            let gated = gated(&mut watch, records).await?;
            upward.await??;
            anyhow::Ok(gated)
        },
        async { read(&node, downward.await??).await },
    )?;
    let after = federation.spent(&watch)?;
    node.database().close().await;
    federation.end(records).await?;
    let count = records as f64;
    let name = place.name(&format!("W4 500 x {writers}"));
    let both = gated.max(read) - began;
    for (what, rate) in [
        ("up, durable and gated at the hub", count / (gated - began)),
        ("down, durable at the node", count / (read - began)),
        ("both ways together", 2.0 * count / both),
    ] {
        table.add(format!("{name}: {what}"), "records/s", rate);
    }
    after.add(table, &name, &before, 2 * records);
    Ok(())
}

/// Waits until the node's copy of its mailbox has so many entries.
async fn read(node: &Store, size: u64) -> anyhow::Result<f64> {
    let own = Audience::One(node.platform().clone());
    loop {
        let rows = node.journal_list().await?.into_iter();
        let mut mailboxes = rows.filter(|row| {
            let head = &row.head.journal;
            !row.home && head.audience == own && head.lane == Lane::Normal
        });
        if mailboxes.any(|row| row.head.size >= size) {
            return Ok(seconds());
        }
        clock::pause(LOOK).await;
    }
}
