//! W1: records handed in at a node, until they are durable and judged at the hub.

use sanheyi_node::process::clock;
use sanheyi_node::store::Store;

use super::federation::{Federation, judged};
use super::load::{batches, hand_in};
use super::machine::{cpu, seconds};
use super::plan::Plan;
use super::table::Table;

/// Pause between two looks at the hub's gate.
const LOOK: std::time::Duration = std::time::Duration::from_millis(10);
/// Writers that hand in one by one.
const SINGLES: usize = 8;
/// Of all records, this part is handed in one by one.
const SINGLE_SHARE: u64 = 10;

/// Stages of the node, as it names them.
pub(crate) const NODE: [&str; 6] = ["check", "decide", "seal", "pack", "write", "commit"];
/// Stages of the hub, as it names them.
pub(crate) const HUB: [&str; 4] = ["open", "admit", "judge", "settle"];

/// Batches of 500: from one writer, who waits for each to be durable, and from several.
///
/// # Errors
/// If anything is lost, or not as it should be.
pub(crate) async fn bulk(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    for writers in [1, plan.writers] {
        let name = format!("W1 500 x {writers}");
        measure(&name, plan.records, 500, writers, table).await?;
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
pub(crate) async fn single(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let name = format!("W1 1 x {SINGLES}");
    measure(&name, plan.records / SINGLE_SHARE, 1, SINGLES, table).await
}

/// Waits until the hub has judged so many entries.
///
/// # Errors
/// Of the database.
pub(crate) async fn gated(at_hub: &Store, records: u64) -> anyhow::Result<f64> {
    while judged(at_hub).await? < records {
        clock::pause(LOOK).await;
    }
    Ok(seconds())
}

async fn measure(
    name: &str,
    records: u64,
    size: u64,
    writers: usize,
    table: &mut Table,
) -> anyhow::Result<()> {
    let load = batches(records, size);
    let federation = Federation::start(None).await?;
    let clients = federation.clients(writers).await?;
    federation.live().await?;
    let at_hub = federation.at_hub().await?;
    let before = [federation.node.cpu()?, federation.hub.cpu()?, cpu("self")?];
    let began = seconds();
    let handing = tokio::spawn(async move {
        hand_in(clients, load).await?;
        anyhow::Ok(seconds())
    });
    let gated = gated(&at_hub, records).await?;
    let durable = handing.await??;
    let after = [federation.node.cpu()?, federation.hub.cpu()?, cpu("self")?];
    let afterwards = federation.end(records).await?;

    let count = records as f64;
    table.add(
        format!("{name}: durable and gated at the hub"),
        "records/s",
        count / (gated - began),
    );
    table.add(format!("{name}: durable at the node"), "records/s", count / (durable - began));
    let spent = before.iter().zip(after).map(|(before, after)| after - before);
    for (party, spent) in ["node", "hub", "load"].iter().zip(spent) {
        table.add(format!("{name}: CPU of {party}"), "s/100,000", spent / count * 1e5);
    }
    let hub = &afterwards.hub;
    table.add(format!("{name}: received by the hub"), "B/record", hub.get("received") / count);
    table.add(format!("{name}: sent by the hub"), "B/record", hub.get("sent") / count);
    table.add(format!("{name}: hub's store"), "B/record", afterwards.disk as f64 / count);
    afterwards.node.add(table, &format!("{name}: node"), &NODE, records);
    afterwards.hub.add(table, &format!("{name}: hub"), &HUB, records);
    Ok(())
}
