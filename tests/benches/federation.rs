//! A hub and a node as processes, with what a measurement asks of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use sanheyi_exchange_spec::ids::{Audience, PlatformId};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_hub::app::signing_key;
use sanheyi_hub::config::DESK;
use sanheyi_hub::exchange::EVERYTHING;
use sanheyi_hub::setup::{NewPlatform, Setup};
use sanheyi_node::branch::{JournalReport, verify};
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::store::{Database, JournalNumber, Store};
use sanheyi_tests::patience::until;
use tempfile::TempDir;

use super::cut::Line;
use super::load::{SET_UP, set_up};
use super::machine::{Party, cpu, seconds};
use super::place::{HubStore, Place, Watch, file_bytes, hub_file};
use super::stages::Sums;
use super::table::{Table, say};

const HUB: &str = "changzhou";
const NODE: &str = "jintan";
/// From so many entries on it is said that they are being verified, and how long it took.
const MANY: u64 = 500_000;
/// Segments read at a time.
const SEGMENTS: usize = 64;

/// A hub, a node, and where they lie.
pub(crate) struct Federation {
    hub: Party,
    node: Party,
    store: HubStore,
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
    /// Bytes of the broadcast, as the node has it.
    pub(crate) broadcast: u64,
}

/// CPU seconds used so far, by party.
pub(crate) struct Spent {
    node: f64,
    hub: f64,
    /// Of the hub's database server, where it has one.
    server: Option<f64>,
    load: f64,
}

/// A new hub in a folder: its setup and its configuration.
///
/// # Errors
/// If it cannot be set up.
pub(crate) fn new_hub(folder: &Path, store: &HubStore) -> anyhow::Result<(Setup, PathBuf)> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let mut setup = Setup::new(folder.to_owned(), HUB.parse()?, clock, entropy);
    setup.store = store.address(&hub_file(&setup.data))?;
    let config = setup.init(&["localhost".to_owned()], "127.0.0.1:0")?;
    Ok((setup, config))
}

impl Federation {
    /// Starts both, the hub on an empty store in `place`, and hands in what every load refers to.
    /// With a line, the node dials the line.
    ///
    /// # Errors
    /// If one does not start.
    pub(crate) async fn start(place: &Place, line: Option<&mut Line>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = place.store();
        let (setup, config) = new_hub(&folder.path().join("hub"), &store)?;
        let hub = Party::start(&store.arguments(), &config, folder.path().join("hub.log"))?;
        let mut address = listening(&setup.data.join("address")).await?;
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
            may_send: vec![EVERYTHING.to_owned()],
        };
        let config = setup.platform_add(&new).await?;
        impatient(&config)?;
        let log = folder.path().join("node.log");
        let node = Party::start(&["node", "run", "--config"], &config, log)?;
        let federation = Self { hub, node, store, setup, platform, folder };
        for client in federation.clients(1).await? {
            set_up(&client).await?;
        }
        Ok(federation)
    }

    /// Connections to the node's intake.
    ///
    /// # Errors
    /// Never: it waits until it has them.
    pub(crate) async fn clients(&self, count: usize) -> anyhow::Result<Vec<IntakeClient>> {
        connect(&self.folder.path().join(NODE).join("data/intake.sock"), count).await
    }

    /// Looks at the node's entries at the hub.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn watch(&self) -> anyhow::Result<Watch> {
        self.store.watch(&hub_file(&self.setup.data), &self.platform).await
    }

    /// Where the hub's own records are handed in.
    pub(crate) fn desk(&self) -> PathBuf {
        self.setup.data.join(DESK)
    }

    /// The node's platform.
    pub(crate) fn platform(&self) -> &PlatformId {
        &self.platform
    }

    async fn at_hub(&self) -> anyhow::Result<Store> {
        Ok(Database::open_read_only(&self.setup.store).await?.of(&self.platform))
    }

    /// The node's rows, read beside it.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn at_node(&self) -> anyhow::Result<Store> {
        Ok(Database::open_read_only(self.node_file()).await?.of(&self.platform))
    }

    fn node_file(&self) -> PathBuf {
        self.folder.path().join(NODE).join("data/node.sqlite")
    }

    /// Waits until the link is up, and what every load refers to is accepted.
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
        until("the power item is accepted", async || {
            accepted(&store).await.is_ok_and(|count| count == SET_UP)
        })
        .await;
        store.database().close().await;
        Ok(())
    }

    /// CPU used so far; what it costs the server to be watched is the load's.
    ///
    /// # Errors
    /// If a party has died.
    pub(crate) fn spent(&self, watch: &Watch) -> anyhow::Result<Spent> {
        let watching = watch.cpu()?;
        Ok(Spent {
            node: self.node.cpu()?,
            hub: self.hub.cpu()?,
            server: self.store.cpu()?.map(|server| server - watching),
            load: cpu("self")? + watching,
        })
    }

    /// Bytes on the disk at the node and at the hub, while both work.
    ///
    /// # Errors
    /// Of the databases.
    pub(crate) async fn bytes(&self) -> anyhow::Result<[u64; 2]> {
        let at_hub = self.store.bytes(&hub_file(&self.setup.data)).await?;
        Ok([file_bytes(&self.node_file()).await?, at_hub])
    }

    /// Holds the heads against each other that both computed while they worked: `records` entries
    /// and the set-up's, equal roots.
    ///
    /// # Errors
    /// If they differ.
    pub(crate) async fn agree(&self, records: u64) -> anyhow::Result<()> {
        let (at_node, at_hub) = (self.at_node().await?, self.at_hub().await?);
        let mut entries = 0;
        for row in at_node.journal_list().await?.into_iter().filter(|row| row.home) {
            let copy = at_hub.journal_get(&row.head.journal).await?;
            let copy = copy.with_context(|| format!("{} is not at the hub", row.head.journal))?;
            if (copy.head.size, copy.head.root) != (row.head.size, row.head.root) {
                bail!("{}: sizes or roots differ", row.head.journal);
            }
            entries += row.head.size;
        }
        for store in [at_node, at_hub] {
            store.database().close().await;
        }
        if entries != records + SET_UP {
            bail!("{records} written, {entries} there");
        }
        Ok(())
    }

    /// Waits for the receipts, stops both, and holds what they stored against itself and against
    /// each other: `records` entries and the set-up's, equal roots, every receipt, every verdict
    /// *accepted*.
    ///
    /// # Errors
    /// If anything of that is not so.
    pub(crate) async fn end(self, records: u64) -> anyhow::Result<Afterwards> {
        let (at_node, at_hub) = (self.at_node().await?, self.at_hub().await?);
        until("every receipt is at the node", async || {
            answered(&at_node).await.is_ok_and(|count| count >= records + SET_UP)
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
        let keys: Keyring = keys.into_iter().collect();
        let (began, many) = (seconds(), records >= MANY);
        if many {
            say(&format!("  verifying {records} entries at both ends from their bytes"))?;
        }
        let ours = sound(verify(&at_node, &keys).await?)?;
        let mut theirs = sound(verify(&at_hub, &keys).await?)?;
        // The broadcast is at home among the hub's own rows.
        theirs.extend(sound(verify(&at_hub.database().of(&self.setup.hub), &keys).await?)?);
        if many {
            say(&format!("  verified in {:.0} s", seconds() - began))?;
        }
        for report in &ours {
            let twin = theirs.iter().find(|one| one.journal == report.journal);
            let twin = twin.with_context(|| format!("{} is not at the hub", report.journal))?;
            if (twin.entries, twin.root) != (report.entries, report.root) {
                bail!("{}: the roots differ", report.journal);
            }
        }
        let entries: u64 = ours.iter().filter(|one| one.home).map(|one| one.entries).sum();
        let accepted = accepted(&at_node).await?;
        if entries != records + SET_UP || accepted != entries {
            bail!("{records} written, {entries} there, {accepted} accepted");
        }
        let broadcast = broadcast(&at_node).await?;
        at_hub.database().close().await;
        let disk = self.store.bytes(&hub_file(&self.setup.data)).await?;
        self.store.remove();
        Ok(Afterwards { node, hub, disk, broadcast })
    }
}

// === impl Spent ===

impl Spent {
    /// Adds to a table what was spent since `before` on `records`.
    pub(crate) fn add(&self, table: &mut Table, name: &str, before: &Self, records: u64) {
        let mut party = |party: &str, spent: f64| {
            let spent = spent / records as f64 * 1e5;
            table.add(format!("{name}: CPU of {party}"), "s/100,000", spent);
        };
        let hub = self.hub - before.hub;
        party("node", self.node - before.node);
        party("hub", hub);
        if let (Some(server), Some(earlier)) = (self.server, before.server) {
            party("hub's server", server - earlier);
            party("hub and its server", hub + server - earlier);
        }
        party("load", self.load - before.load);
    }
}

/// Connections to an intake, as soon as it takes some.
///
/// # Errors
/// Never: it waits until it has them.
pub(crate) async fn connect(socket: &Path, count: usize) -> anyhow::Result<Vec<IntakeClient>> {
    let mut clients = Vec::new();
    until("records are taken", async || {
        if let Ok(client) = IntakeClient::connect(socket).await {
            clients.push(client);
        }
        clients.len() >= count
    })
    .await;
    Ok(clients)
}

/// The reports, if none of them names a difference.
///
/// # Errors
/// With the first difference.
pub(crate) fn sound(reports: Vec<JournalReport>) -> anyhow::Result<Vec<JournalReport>> {
    match reports.iter().find_map(|one| one.difference.as_ref()) {
        Some(difference) => bail!("a store contradicts itself: {difference}"),
        None => Ok(reports),
    }
}

/// How many entries of its own a branch has receipts of.
///
/// # Errors
/// Of the database.
pub(crate) async fn answered(branch: &Store) -> anyhow::Result<u64> {
    let mut count = 0;
    for number in own(branch).await? {
        count += branch.receipt_counts(number).await?.1;
    }
    Ok(count)
}

/// How many entries of its own were accepted.
///
/// # Errors
/// Of the database.
pub(crate) async fn accepted(branch: &Store) -> anyhow::Result<u64> {
    let mut count = 0;
    for number in own(branch).await? {
        count += branch.receipt_counts(number).await?.0.accepted;
    }
    Ok(count)
}

/// Bytes of what a branch has of journals for everybody.
async fn broadcast(branch: &Store) -> anyhow::Result<u64> {
    let rows = branch.journal_list().await?.into_iter();
    let mut bytes = 0;
    for row in rows.filter(|row| row.head.journal.audience == Audience::All) {
        let mut next = 0;
        while next < row.head.size {
            let segments = branch.segment_from(row.number, next, SEGMENTS).await?;
            let Some(last) = segments.last() else { break };
            next = last.past();
            bytes += segments.iter().map(|one| one.bytes.len() as u64).sum::<u64>();
        }
    }
    Ok(bytes)
}

/// A branch's own journals. Where it is a tenant's, the hub's to it are at home there, too.
async fn own(branch: &Store) -> anyhow::Result<Vec<JournalNumber>> {
    let rows = branch.journal_list().await?.into_iter();
    let own = rows.filter(|row| row.home && row.head.journal.author == *branch.platform());
    Ok(own.map(|row| row.number).collect())
}

/// Where a hub listens, as soon as it does.
///
/// # Errors
/// Never: it waits until it does.
pub(crate) async fn listening(noted: &Path) -> anyhow::Result<SocketAddr> {
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
