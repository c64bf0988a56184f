//! Who may connect, and the generation of the store.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{Generation, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::store::StoreError;
use sanheyi_node::uplink::port::PushCall;
use tokio::sync::watch;

use super::{ExchangeParts, refused};
use crate::store::{generation_get, generation_put, platform_get, platform_list};

/// The platforms, with what calls are held against.
pub(crate) struct Registry {
    platforms: watch::Sender<BTreeMap<PlatformId, Known>>,
}

/// What is known of a platform. Its key changes when a new machine enrols; whether it is hosted
/// never.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// Verifies its checkpoints.
    pub(crate) key: VerifyingKey,
    /// Whether its branch lives in the hub.
    pub(crate) hosted: bool,
}

/// The generation of the store; drawn when the store is new.
pub(super) async fn generation(parts: &ExchangeParts) -> Result<Generation, StoreError> {
    let store = parts.database.of(&parts.hub);
    if let Some(generation) = generation_get(&store).await? {
        return Ok(generation);
    }
    let generation = parts.entropy.generation();
    let mut tx = store.begin("generation_put").await?;
    match generation_put(&mut tx, &store, generation).await {
        Ok(()) => tx.commit().await.map(|()| generation),
        // Another instance has opened the same new store, and was faster.
        Err(StoreError::Raced(raced)) => {
            drop(tx);
            generation_get(&store).await?.ok_or(StoreError::Raced(raced))
        }
        Err(error) => Err(error),
    }
}

// === impl Registry ===

impl Registry {
    pub(super) async fn open(parts: &ExchangeParts) -> Result<Self, StoreError> {
        let registry = Self { platforms: watch::Sender::new(BTreeMap::new()) };
        registry.reload(parts).await?;
        Ok(registry)
    }

    pub(super) async fn reload(&self, parts: &ExchangeParts) -> Result<(), StoreError> {
        let rows = platform_list(&parts.database).await?;
        let known = rows.into_iter().map(|row| {
            let known = Known { key: row.key, hosted: row.hosted };
            (row.platform, known)
        });
        self.platforms.send_replace(known.collect());
        Ok(())
    }

    /// All platforms.
    pub(crate) fn platforms(&self) -> Vec<PlatformId> {
        self.platforms.borrow().keys().cloned().collect()
    }

    /// What is known of a platform. One that was registered while this process runs is found in the
    /// store.
    ///
    /// # Errors
    /// [`Code::Unauthorised`] if it is not registered.
    pub(crate) async fn find(
        &self,
        parts: &ExchangeParts,
        platform: &PlatformId,
    ) -> Result<Known, Refusal> {
        let found = self.look_up(parts, platform).await.map_err(|error| refused(&error))?;
        found.ok_or_else(|| {
            Refusal::new(
                Code::Unauthorised,
                platform.to_string(),
                format!("平台 {platform} 未在市级平台登记"),
                format!("platform {platform} is not registered at this hub"),
            )
        })
    }

    /// Whether a platform's branch lives in the hub.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn hosted(
        &self,
        parts: &ExchangeParts,
        platform: &PlatformId,
    ) -> Result<bool, StoreError> {
        Ok(self.look_up(parts, platform).await?.is_some_and(|known| known.hosted))
    }

    /// Looks a platform up in the store again: another process may have enrolled a new machine,
    /// with a new key. Answers whether something else was known of it.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn refresh(
        &self,
        parts: &ExchangeParts,
        platform: &PlatformId,
    ) -> Result<bool, StoreError> {
        let Some(row) = platform_get(&parts.database, platform).await? else { return Ok(false) };
        let now = Known { key: row.key, hosted: row.hosted };
        let mut other = false;
        self.platforms.send_if_modified(|platforms| {
            other = platforms.insert(platform.clone(), now) != Some(now);
            other
        });
        Ok(other)
    }

    /// The checkpoint of a push. Where it does not verify, the platform's key is looked up again:
    /// it may have enrolled a new machine, and greeted at another instance.
    ///
    /// # Errors
    /// [`Code::SignatureInvalid`] if it verifies by no key that the platform has now.
    pub(crate) async fn verified(
        &self,
        parts: &ExchangeParts,
        platform: &PlatformId,
        call: &PushCall,
        key: &VerifyingKey,
    ) -> Result<Checkpoint, Refusal> {
        let mut opened = Checkpoint::open(&call.checkpoint, key);
        if opened.is_err()
            && self.refresh(parts, platform).await.map_err(|error| refused(&error))?
        {
            let now = self.find(parts, platform).await?.key;
            opened = Checkpoint::open(&call.checkpoint, &now);
        }
        opened.map_err(|error| {
            Refusal::new(
                error.code(),
                call.journal.to_string(),
                format!("检查点签名无法验证：{error}"),
                format!("the checkpoint does not verify: {error}"),
            )
        })
    }

    async fn look_up(
        &self,
        parts: &ExchangeParts,
        platform: &PlatformId,
    ) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.known(platform) {
            return Ok(Some(known));
        }
        self.reload(parts).await?;
        Ok(self.known(platform))
    }

    fn known(&self, platform: &PlatformId) -> Option<Known> {
        self.platforms.borrow().get(platform).copied()
    }
}
