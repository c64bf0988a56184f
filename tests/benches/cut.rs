//! W3: the line is cut, records are written, the line is mended: how fast the hub catches up.

use std::net::SocketAddr;

use sanheyi_tests::ports;
use tokio::net::{TcpListener, TcpStream};

use super::federation::Federation;
use super::load::{Ids, batches, hand_in};
use super::machine::seconds;
use super::place::Place;
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
    fn cut() -> Self {
        Self { address: ports::free(), hub: None }
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
pub(crate) async fn run(plan: &Plan, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let load = batches(Ids::Ascending, 0..plan.records, 500);
    let mut line = Line::cut();
    let federation = Federation::start(place, Some(&mut line)).await?;
    let clients = federation.clients(2).await?;
    let mut watch = federation.watch().await?;
    let began = seconds();
    hand_in(clients, load).await?;
    let alone = seconds() - began;
    let before = federation.spent(&watch)?;
    let began = line.mend().await?;
    let gated = gated(&mut watch, plan.records).await?;
    let after = federation.spent(&watch)?;
    federation.end(plan.records).await?;
    let count = plan.records as f64;
    let name = place.name("W3");
    table.add(format!("{name}: written while the line is cut"), "records/s", count / alone);
    table.add(
        format!("{name}: caught up, durable and gated at the hub"),
        "records/s",
        count / (gated - began),
    );
    after.add(table, &name, &before, plan.records);
    Ok(())
}
