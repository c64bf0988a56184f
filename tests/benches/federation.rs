//! A hub and a node as processes, with what a measurement asks of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_hub::app::signing_key;
use sanheyi_hub::setup::{NewPlatform, Setup};
use sanheyi_hub::store::gate_list;
use sanheyi_node::branch::{JournalReport, verify};
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::store::{Database, Store};
use sanheyi_tests::patience::until;
use tempfile::TempDir;

use super::cut::Line;
use super::machine::Party;
use super::stages::Sums;

const HUB: &str = "changzhou";
const NODE: &str = "jintan";

/// A hub, a node, and where they lie.
pub(crate) struct Federation {
    /// The hub's process.
    pub(crate) hub: Party,
    /// The node's process.
    pub(crate) node: Party,
    setup: Setup,
    platform: PlatformId,
    folder: TempDir,
}

/// What both said of their stages, and bytes on the disk of the hub for each record.
pub(crate) struct Afterwards {
    /// The node's stages.
    pub(crate) node: Sums,
    /// The hub's stages.
    pub(crate) hub: Sums,
    /// Bytes of the hub's store.
    pub(crate) disk: u64,
}

impl Federation {
    /// Starts both on an empty folder. With a line, the node dials the line.
    ///
    /// # Errors
    /// If one does not start.
    pub(crate) async fn start(line: Option<&mut Line>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let setup = Setup::new(
            folder.path().join("hub"),
            HUB.parse()?,
            Arc::new(SystemClock),
            Arc::new(OsEntropy),
        );
        let config = setup.init(&["localhost".to_owned()], "127.0.0.1:0")?;
        let hub = Party::start(&["run", "--config"], &config, folder.path().join("hub.log"))?;
        let mut address = listening(&setup.folder.join("data/address")).await?;
        if let Some(line) = line {
            line.hub = Some(address);
            address = line.address;
        }
        let platform: PlatformId = NODE.parse()?;
        let new = NewPlatform {
            platform: platform.clone(),
            title_zh: NODE.to_owned(),
            title_en: NODE.to_owned(),
            address: address.to_string(),
            server_name: "localhost".to_owned(),
            out: folder.path().join(NODE),
        };
        let config = setup.platform_add(&new).await?;
        impatient(&config)?;
        let log = folder.path().join("node.log");
        let node = Party::start(&["node", "run", "--config"], &config, log)?;
        Ok(Self { hub, node, setup, platform, folder })
    }

    /// Connections to the node's intake.
    ///
    /// # Errors
    /// Never: it waits until it has them.
    pub(crate) async fn clients(&self, count: usize) -> anyhow::Result<Vec<IntakeClient>> {
        let socket = self.folder.path().join(NODE).join("data/intake.sock");
        let mut clients = Vec::new();
        until("the node takes records", async || {
            if let Ok(client) = IntakeClient::connect(&socket).await {
                clients.push(client);
            }
            clients.len() >= count
        })
        .await;
        Ok(clients)
    }

    /// The rows of the node's platform at the hub, read beside it.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn at_hub(&self) -> anyhow::Result<Store> {
        Ok(Database::open_read_only(&self.hub_path()).await?.of(&self.platform))
    }

    /// The node's rows, read beside it.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn at_node(&self) -> anyhow::Result<Store> {
        let path = self.folder.path().join(NODE).join("data/node.sqlite");
        Ok(Database::open_read_only(&path).await?.of(&self.platform))
    }

    fn hub_path(&self) -> PathBuf {
        self.setup.folder.join("data/hub.sqlite")
    }

    /// Waits until the link is up.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn live(&self) -> anyhow::Result<()> {
        let store = self.at_node().await?;
        until("the link is up", async || {
            let link = store.link_get().await.ok().flatten();
            link.is_some_and(|link| link.phase == "live")
        })
        .await;
        Ok(())
    }

    /// Waits for the receipts, stops both, and holds what they stored against itself and against
    /// each other: `records` entries, equal roots, every receipt, every verdict *accepted*.
    ///
    /// # Errors
    /// If anything of that is not so.
    pub(crate) async fn end(self, records: u64) -> anyhow::Result<Afterwards> {
        let (at_node, at_hub) = (self.at_node().await?, self.at_hub().await?);
        until("every receipt is at the node", async || {
            answered(&at_node).await.is_ok_and(|count| count >= records)
        })
        .await;
        let keys = [
            (self.setup.hub.clone(), self.setup.hub_key()?),
            (
                self.platform.clone(),
                signing_key(&self.folder.path().join(NODE).join("signing.key"))?.verifying(),
            ),
        ];
        let node = Sums::read(&self.node.stop()?);
        let hub = Sums::read(&self.hub.stop()?);
        let keys = keys.into_iter().collect();
        let ours = sound(verify(&at_node, &keys).await?)?;
        let theirs = sound(verify(&at_hub, &keys).await?)?;
        for report in &ours {
            let twin = theirs.iter().find(|one| one.journal == report.journal);
            let twin = twin.with_context(|| format!("{} is not at the hub", report.journal))?;
            if (twin.entries, twin.root) != (report.entries, report.root) {
                bail!("{}: the roots differ", report.journal);
            }
        }
        let entries: u64 = ours.iter().filter(|one| one.home).map(|one| one.entries).sum();
        let accepted = accepted(&at_node).await?;
        if entries != records || accepted != records {
            bail!("{records} written, {entries} there, {accepted} accepted");
        }
        let hub_path = self.setup.folder.join("data/hub.sqlite");
        Ok(Afterwards { node, hub, disk: std::fs::metadata(hub_path)?.len() })
    }
}

fn sound(reports: Vec<JournalReport>) -> anyhow::Result<Vec<JournalReport>> {
    match reports.iter().find_map(|one| one.difference.as_ref()) {
        Some(difference) => bail!("a store contradicts itself: {difference}"),
        None => Ok(reports),
    }
}

/// How many entries of the platform's journals the gate has judged.
///
/// # Errors
/// Of the database.
pub(crate) async fn judged(at_hub: &Store) -> anyhow::Result<u64> {
    Ok(gate_list(at_hub).await?.iter().map(|row| row.judged).sum())
}

async fn answered(at_node: &Store) -> anyhow::Result<u64> {
    let mut count = 0;
    for row in at_node.journal_list().await?.iter().filter(|row| row.home) {
        count += at_node.receipt_counts(row.number).await?.1;
    }
    Ok(count)
}

async fn accepted(at_node: &Store) -> anyhow::Result<u64> {
    let mut count = 0;
    for row in at_node.journal_list().await?.iter().filter(|row| row.home) {
        count += at_node.receipt_counts(row.number).await?.0.accepted;
    }
    Ok(count)
}

async fn listening(noted: &Path) -> anyhow::Result<SocketAddr> {
    let mut address = None;
    until("the hub listens", async || {
        address = std::fs::read_to_string(noted).ok().and_then(|text| text.trim().parse().ok());
        address.is_some()
    })
    .await;
    address.context("the hub listens")
}

/// Lets a node dial again within a fifth of a second: what is measured is the link, not the pause.
fn impatient(config: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(config)?;
    let text = text.replace("[keys]", "retry_first_ms = 50\nretry_max_ms = 200\n\n[keys]");
    Ok(std::fs::write(config, text)?)
}
