//! Who may connect, and the generation of the store.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{Generation, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::store::StoreError;
use tokio::sync::watch;

use super::{ExchangeParts, refused};
use crate::store::{generation_get, generation_put, platform_list};

/// The platforms that may connect, with their keys.
pub(crate) struct Registry {
    keys: watch::Sender<BTreeMap<PlatformId, VerifyingKey>>,
}

/// The generation of the store; drawn when the store is new.
pub(super) async fn generation(parts: &ExchangeParts) -> Result<Generation, StoreError> {
    let store = parts.database.of(&parts.hub);
    if let Some(generation) = generation_get(&store).await? {
        return Ok(generation);
    }
    let generation = parts.entropy.generation();
    let mut tx = store.begin("generation_put").await?;
    generation_put(&mut tx, &store, generation).await?;
    tx.commit().await?;
    Ok(generation)
}

// === impl Registry ===

impl Registry {
    pub(super) async fn open(parts: &ExchangeParts) -> Result<Self, StoreError> {
        let registry = Self { keys: watch::Sender::new(BTreeMap::new()) };
        registry.reload(parts).await?;
        Ok(registry)
    }

    pub(super) async fn reload(&self, parts: &ExchangeParts) -> Result<(), StoreError> {
        let rows = platform_list(&parts.database).await?;
        self.keys.send_replace(rows.into_iter().map(|row| (row.platform, row.key)).collect());
        Ok(())
    }

    /// All platforms.
    pub(crate) fn platforms(&self) -> Vec<PlatformId> {
        self.keys.borrow().keys().cloned().collect()
    }

    /// The key of a platform. One that was registered while this process runs is found in the
    /// store.
    ///
    /// # Errors
    /// [`Code::Unauthorised`] if it is not registered.
    pub(crate) async fn key(
        &self,
        parts: &ExchangeParts,
        platform: &PlatformId,
    ) -> Result<VerifyingKey, Refusal> {
        if let Some(key) = self.known(platform) {
            return Ok(key);
        }
        self.reload(parts).await.map_err(|error| refused(&error))?;
        self.known(platform).ok_or_else(|| {
            Refusal::new(
                Code::Unauthorised,
                platform.to_string(),
                format!("平台 {platform} 未在市级平台登记"),
                format!("platform {platform} is not registered at this hub"),
            )
        })
    }

    fn known(&self, platform: &PlatformId) -> Option<VerifyingKey> {
        self.keys.borrow().get(platform).copied()
    }
}
