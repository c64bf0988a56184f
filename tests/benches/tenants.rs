//! A hub that hosts tenants, and nobody else: the branches live in its process and its store.

use std::path::PathBuf;

use anyhow::bail;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_hub::app::signing_key;
use sanheyi_hub::exchange::EVERYTHING;
use sanheyi_hub::setup::{NewTenant, Setup};
use sanheyi_node::branch::verify;
use sanheyi_node::store::Database;
use sanheyi_tests::patience::until;
use tempfile::TempDir;

use super::federation::{accepted, answered, connect, listening, new_hub, sound};
use super::load::{SET_UP, set_up};
use super::machine::Party;
use super::place::{HubStore, Place, hub_file};

/// A hub with its tenants.
pub(crate) struct Tenants {
    hub: Party,
    store: HubStore,
    setup: Setup,
    platforms: Vec<PlatformId>,
    keys: Keyring,
    // Removed when dropped.
    _folder: TempDir,
}

impl Tenants {
    /// Starts a hub on an empty store in `place`, with a tenant of each name and quota.
    ///
    /// # Errors
    /// If one of them does not come to life.
    pub(crate) async fn start(place: &Place, names: &[&str], quota: u64) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = place.store();
        let (setup, config) = new_hub(&folder.path().join("hub"), &store)?;
        let mut platforms = Vec::new();
        let mut keys = Keyring::from([(setup.hub.clone(), setup.hub_key()?)]);
        for name in names {
            let platform: PlatformId = name.parse()?;
            let (title_zh, title_en) = ((*name).to_owned(), (*name).to_owned());
            let new = NewTenant {
                platform: platform.clone(),
                title_zh,
                title_en,
                quota,
                may_send: vec![EVERYTHING.to_owned()],
            };
            let files = setup.tenant_add(&new).await?;
            keys.put(platform.clone(), signing_key(&files.key)?.verifying());
            platforms.push(platform);
        }
        let hub = Party::start(&store.arguments(), &config, folder.path().join("hub.log"))?;
        listening(&setup.data.join("address")).await?;
        let tenants = Self { hub, store, setup, platforms, keys, _folder: folder };
        for tenant in 0..tenants.platforms.len() {
            for client in connect(&tenants.socket(tenant), 1).await? {
                set_up(&client).await?;
            }
        }
        tenants.answered(&vec![0; tenants.platforms.len()]).await?;
        Ok(tenants)
    }

    /// Where a tenant's records are handed in.
    pub(crate) fn socket(&self, tenant: usize) -> PathBuf {
        self.setup.tenant_files(&self.platforms[tenant]).socket
    }

    /// CPU seconds of the hub, and of its database server if it has one.
    ///
    /// # Errors
    /// If one of them has died.
    pub(crate) fn cpu(&self) -> anyhow::Result<(f64, Option<f64>)> {
        Ok((self.hub.cpu()?, self.store.cpu()?))
    }

    /// Waits until the gate has judged so many records of each tenant.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn judged(&self, records: &[u64]) -> anyhow::Result<()> {
        let file = hub_file(&self.setup.data);
        for (platform, records) in self.platforms.iter().zip(records) {
            let mut watch = self.store.watch(&file, platform).await?;
            until("the gate has judged what a tenant handed in", async || {
                watch.judged().await.is_ok_and(|judged| judged >= *records)
            })
            .await;
        }
        Ok(())
    }

    /// Waits for the receipts of so many records of each tenant.
    async fn answered(&self, records: &[u64]) -> anyhow::Result<()> {
        let database = Database::open_read_only(&self.setup.store).await?;
        for (platform, records) in self.platforms.iter().zip(records) {
            let store = database.of(platform);
            until("every receipt of a tenant is there", async || {
                answered(&store).await.is_ok_and(|count| count >= *records + SET_UP)
            })
            .await;
        }
        database.close().await;
        Ok(())
    }

    /// Waits for the receipts, stops the hub and verifies what every tenant has: as many entries as
    /// `records` says of each and the set-up's, every one of them accepted.
    ///
    /// # Errors
    /// If anything of that is not so.
    pub(crate) async fn end(self, records: &[u64]) -> anyhow::Result<()> {
        self.answered(records).await?;
        let database = Database::open_read_only(&self.setup.store).await?;
        self.hub.stop()?;
        for (platform, records) in self.platforms.iter().zip(records) {
            let store = database.of(platform);
            let reports = sound(verify(&store, &self.keys).await?)?;
            let own = reports.iter().filter(|one| one.journal.author == *platform);
            let (entries, accepted) = (own.map(|one| one.entries).sum(), accepted(&store).await?);
            let due = *records + SET_UP;
            if (due, due) != (entries, accepted) {
                bail!("{platform}: {records} taken, {entries} there, {accepted} accepted");
            }
        }
        database.close().await;
        self.store.remove();
        Ok(())
    }
}
