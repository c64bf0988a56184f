//! The branch's half of a Greet: what it claims, and how it takes the answer. Everything that must
//! be durable before it is sent, or before it is relied on, is written here.

use std::collections::BTreeMap;
use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{EpochId, JournalId, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::branch::Granted;
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_proto::STANDARD;

use super::port::{
    CallError, CopyClaim, GreetAnswer, GreetCall, JournalClaim, JournalGrant, PROTOCOL,
};
use crate::process::clock::Clock;
use crate::store::{GreetingRow, JournalRow, Store, StoreError};

/// Name and version of the software, for the hub's operator.
pub(super) const SOFTWARE: &str = concat!("sanheyi-node ", env!("CARGO_PKG_VERSION"));

/// A branch that greets.
pub(super) struct Greeter {
    pub(super) store: Store,
    pub(super) hub: PlatformId,
    pub(super) hub_key: VerifyingKey,
    pub(super) clock: Arc<dyn Clock>,
}

/// What an accepted Greet gives.
pub(super) struct Accepted {
    /// For the link's machine.
    pub(super) granted: Vec<Granted>,
    /// Size at which each journal's epoch opened, for its checkpoints.
    pub(super) opened: BTreeMap<JournalId, u64>,
    /// The grants themselves, for an adoption.
    pub(super) grants: BTreeMap<JournalId, JournalGrant>,
    /// The hub's clock less ours, in microseconds.
    pub(super) skew: i64,
}

impl Greeter {
    pub(super) async fn own_journals(&self) -> Result<Vec<JournalRow>, StoreError> {
        let rows = self.store.journal_list().await?;
        let platform = self.store.platform();
        Ok(rows
            .into_iter()
            .filter(|row| row.home && row.head.journal.author == *platform)
            .collect())
    }

    /// Stores the next epoch id with every journal, before it is sent.
    pub(super) async fn store_next(&self, next: EpochId) -> Result<(), CallError> {
        let store = &self.store;
        let rows = self.own_journals().await.map_err(failed)?;
        let mut tx = store.begin("epoch_store").await.map_err(failed)?;
        for row in rows {
            let mut greeting = tx.greeting_get(store, row.number).await.map_err(failed)?;
            if greeting.holds.len() >= limits::EPOCHS_HELD {
                return Err(too_many(&row).into());
            }
            greeting.holds.push(next);
            tx.greeting_put(store, row.number, &greeting).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }

    /// A hub that refuses has granted nothing: the epoch id asked for is not kept, or a node before
    /// a full hub would use all of them up and be held.
    pub(super) async fn forget_if_not_granted(&self, next: EpochId, error: &CallError) {
        let CallError::Refused(refusal) = error else { return };
        // Whoever holds another epoch keeps what it has; and behind a fault of the hub's store the
        // grant may be durable all the same.
        if matches!(refusal.code, Code::IdentityHeld | Code::Internal) {
            return;
        }
        if let Err(error) = self.forget(next).await {
            tracing::warn!(%error, "an epoch id that was not granted is kept");
        }
    }

    async fn forget(&self, next: EpochId) -> Result<(), StoreError> {
        let store = &self.store;
        let rows = self.own_journals().await?;
        let mut tx = store.begin("epoch_forget").await?;
        for row in rows {
            let mut greeting = tx.greeting_get(store, row.number).await?;
            greeting.holds.retain(|id| *id != next);
            tx.greeting_put(store, row.number, &greeting).await?;
        }
        tx.commit().await
    }

    /// The Greet itself.
    pub(super) async fn call(&self, next: EpochId) -> Result<GreetCall, StoreError> {
        let store = &self.store;
        let mut journals = Vec::new();
        for row in self.own_journals().await? {
            let GreetingRow { holds, grant, .. } = store.greeting_get(row.number).await?;
            journals.push(JournalClaim {
                journal: row.head.journal,
                holds: holds.into_iter().filter(|id| *id != next).collect(),
                next,
                size: row.head.size,
                root: row.head.root,
                last_grant: grant,
            });
        }
        let mut copies = Vec::new();
        for row in store.journal_list().await?.into_iter().filter(|row| !row.home) {
            let checkpoint = store.checkpoint_get(row.number, row.head.size).await?;
            copies.push(CopyClaim {
                journal: row.head.journal,
                size: row.head.size,
                root: row.head.root,
                checkpoint: checkpoint.map_or_else(String::new, |row| row.note),
            });
        }
        Ok(GreetCall {
            protocol: PROTOCOL,
            standard: STANDARD,
            software: SOFTWARE.to_owned(),
            now: self.clock.now(),
            journals,
            copies,
        })
    }

    /// Checks the answer, makes its grants durable, and compares histories.
    pub(super) async fn accept(
        &self,
        answer: &GreetAnswer,
        next: EpochId,
    ) -> Result<Accepted, CallError> {
        let mut accepted = Accepted {
            granted: Vec::new(),
            opened: BTreeMap::new(),
            grants: BTreeMap::new(),
            skew: answer.now.micros_since(self.clock.now()),
        };
        for row in self.own_journals().await.map_err(failed)? {
            let found = answer.grants.iter().find(|one| one.journal == row.head.journal);
            let given = found.ok_or_else(|| wrong(&row, "no grant was given"))?;
            let grant = self.grant(&row, answer, given, next)?;
            self.keep(&row, &grant, given).await.map_err(failed)?;
            let agrees = self.agrees(&row, given).await.map_err(failed)?;
            accepted.granted.push(Granted {
                journal: row.head.journal.clone(),
                position: Position { generation: answer.generation, epoch: next },
                size: given.size,
                agrees,
            });
            accepted.opened.insert(row.head.journal.clone(), grant.opened);
            accepted.grants.insert(row.head.journal, given.clone());
        }
        Ok(accepted)
    }

    /// The grant in an answer, which must be about the epoch that was asked for.
    pub(super) fn grant(
        &self,
        row: &JournalRow,
        answer: &GreetAnswer,
        given: &JournalGrant,
        next: EpochId,
    ) -> Result<Grant, Refusal> {
        let grant = Grant::open(&given.grant, &self.hub, &self.hub_key)
            .map_err(|error| wrong(row, &error.to_string()))?;
        let about = grant.journal == row.head.journal
            && grant.epoch == next
            && given.epoch == next
            && grant.generation == answer.generation
            && grant.opened <= given.size;
        if about {
            Ok(grant)
        } else {
            Err(wrong(row, "the grant is about something else than was asked"))
        }
    }

    async fn keep(
        &self,
        row: &JournalRow,
        grant: &Grant,
        given: &JournalGrant,
    ) -> Result<(), StoreError> {
        let store = &self.store;
        let mut tx = store.begin("epoch_granted").await?;
        let before = tx.greeting_get(store, row.number).await?;
        let greeting = GreetingRow {
            holds: vec![grant.epoch],
            grant: given.grant.clone(),
            acknowledged: before.acknowledged,
        };
        tx.greeting_put(store, row.number, &greeting).await?;
        let position = Position { generation: grant.generation, epoch: grant.epoch };
        tx.journal_grant(store, row.number, grant.serial, position, grant.opened).await?;
        tx.commit().await
    }

    /// Whether our own journal begins with the hub's copy.
    pub(super) async fn agrees(
        &self,
        row: &JournalRow,
        given: &JournalGrant,
    ) -> Result<bool, StoreError> {
        let now = self.store.journal_get(&row.head.journal).await?;
        let size = now.map_or(row.head.size, |row| row.head.size);
        if given.size > size {
            return Ok(false);
        }
        Ok(self.store.root_at(row.number, given.size).await? == given.root)
    }
}

/// A fault of our own store: the line is given up and tried again.
#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
pub(super) fn failed(error: StoreError) -> CallError {
    CallError::Lost(error.to_string())
}

fn wrong(row: &JournalRow, problem: &str) -> Refusal {
    Refusal::new(
        Code::SignatureInvalid,
        row.head.journal.to_string(),
        format!("市级平台的授权无效：{problem}"),
        format!("the hub's grant does not hold: {problem}"),
    )
}

fn too_many(row: &JournalRow) -> Refusal {
    Refusal::new(
        Code::IdentityHeld,
        row.head.journal.to_string(),
        format!("连续 {} 次问候未得到答复，无法确认本机纪元", limits::EPOCHS_HELD),
        format!("{} Greets in a row were never answered", limits::EPOCHS_HELD),
    )
}
