//! W3: the line is cut, records are written, the line is mended: how fast the hub catches up.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use super::federation::Federation;
use super::load::{batches, hand_in};
use super::machine::seconds;
use super::plan::Plan;
use super::sustained::gated;
use super::table::Table;

/// A line that is cut until it is mended.
pub(crate) struct Line {
    /// Where the node dials.
    pub(crate) address: SocketAddr,
    /// Where it leads.
    pub(crate) hub: Option<SocketAddr>,
}

impl Line {
    /// A line that is cut: nobody listens at its end.
    async fn cut() -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        Ok(Self { address, hub: None })
    }

    /// Mends the line; answers when the first connection stands.
    async fn mend(&self) -> anyhow::Result<f64> {
        let listener = TcpListener::bind(self.address).await?;
        let (mut near, _) = listener.accept().await?;
        let began = seconds();
        let hub = self.hub.ok_or_else(|| anyhow::anyhow!("the line leads nowhere"))?;
        let mut far = TcpStream::connect(hub).await?;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        tokio::spawn(async move {
            let (up, down) = (256 * 1024, 64 * 1024);
            // It ends with the connection, as both stop.
            let _ = tokio::io::copy_bidirectional_with_sizes(&mut near, &mut far, up, down).await;
        });
        Ok(began)
    }
}

/// Measures one run.
///
/// # Errors
/// If anything is lost.
pub(crate) async fn run(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let load = batches(plan.records, 500);
    let mut line = Line::cut().await?;
    let federation = Federation::start(Some(&mut line)).await?;
    let clients = federation.clients(2).await?;
    let at_hub = federation.at_hub().await?;
    let began = seconds();
    hand_in(clients, load).await?;
    let alone = seconds() - began;
    let before = [federation.node.cpu()?, federation.hub.cpu()?];
    let began = line.mend().await?;
    let gated = gated(&at_hub, plan.records).await?;
    let after = [federation.node.cpu()?, federation.hub.cpu()?];
    federation.end(plan.records).await?;
    let count = plan.records as f64;
    table.add("W3 written while the line is cut", "records/s", count / alone);
    table.add("W3 caught up: durable and gated at the hub", "records/s", count / (gated - began));
    let spent = before.iter().zip(after).map(|(before, after)| after - before);
    for (party, spent) in ["node", "hub"].iter().zip(spent) {
        table.add(format!("W3 CPU of {party}"), "s/100,000", spent / count * 1e5);
    }
    Ok(())
}
