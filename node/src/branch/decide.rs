//! Deciding a submission by what its author read (rule 9): a number alone is not enough, revision
//! and digest must both still stand.

use sanheyi_exchange_spec::gate::Reason;
use sanheyi_exchange_spec::ids::{DatasetName, RecordId};
use sanheyi_exchange_spec::suite::Digest;

use super::custody::Custodian;
use crate::store::{Store, StoreError, Tx};

/// Dataset and record. Clones share their text.
pub(crate) type RecordKey = (DatasetName, RecordId);
/// Heads by record.
#[expect(clippy::disallowed_types, reason = "asked for one record at a time, never walked through")]
pub(crate) type HeadMap = std::collections::HashMap<RecordKey, (u64, Digest)>;
/// Revision and digest of a record's head; `None` = the record is absent.
pub(crate) type RecordState = Option<(u64, Digest)>;

/// Heads kept per generation of the cache: some 200 bytes each.
const HEADS: usize = 50_000;

/// Recent heads, in two generations: when the young one is full it becomes the old one, and the old
/// one is dropped.
#[derive(Default)]
pub(crate) struct HeadCache {
    young: HeadMap,
    old: HeadMap,
}

/// Heads as a group of submissions sees them: the cache, and what the group itself has written so
/// far.
pub(crate) struct Heads<'a> {
    pub(crate) cache: &'a HeadCache,
    pub(crate) written: HeadMap,
    /// Who has which record.
    pub(crate) custody: Custodian,
    /// Whether a record that nobody remembers may be taken for absent; the index then proves it on
    /// insert.
    pub(crate) optimistic: bool,
}

/// What must stand for a draft to be appended.
pub(crate) struct Expected<'a> {
    pub(crate) key: &'a RecordKey,
    pub(crate) state: RecordState,
    /// Whether the draft writes this record, so that the index proves its absence on insert. What
    /// was merely read is proved by nothing but a look.
    pub(crate) own: bool,
}

/// Digest of an entry that is decided and not yet sealed. Nobody can have read it.
pub(crate) const UNSEALED: Digest = Digest::new([0; 32]);

// === impl HeadCache ===

impl HeadCache {
    fn get(&self, key: &RecordKey) -> Option<(u64, Digest)> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    /// Remembers what a committed group has written.
    pub(crate) fn remember(&mut self, written: HeadMap) {
        self.young.extend(written);
        if self.young.len() >= HEADS {
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// Forgets everything: the journal was cut back.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

// === impl Heads ===

impl Heads<'_> {
    /// The head of a record that must be exactly known: what was taken over, until it is revised
    /// here.
    async fn head(
        &self,
        tx: &mut Tx,
        store: &Store,
        key: &RecordKey,
    ) -> Result<RecordState, StoreError> {
        let own = self.own_head(tx, store, key).await?;
        let base = self.custody.base(key);
        Ok(match (own, base) {
            (Some((own, _)), Some((base, _))) if own <= base => self.custody.base(key),
            (None, base) => base,
            (own, _) => own,
        })
    }

    async fn own_head(
        &self,
        tx: &mut Tx,
        store: &Store,
        key: &RecordKey,
    ) -> Result<RecordState, StoreError> {
        if let Some(known) = self.written.get(key).copied().or_else(|| self.cache.get(key)) {
            return Ok(Some(known));
        }
        let head = tx.record_head(store, key.0.as_str(), key.1.as_str()).await?;
        Ok(head.map(|head| (head.revision, head.place.digest)))
    }

    /// Takes back what a refused submission would have written.
    pub(crate) fn restore(&mut self, undo: Vec<(RecordKey, RecordState)>) {
        for (key, before) in undo.into_iter().rev() {
            match before {
                Some(state) => self.written.insert(key, state),
                None => self.written.remove(&key),
            };
        }
    }

    /// Whether what was expected stands; the reason if it does not.
    pub(crate) async fn check(
        &self,
        tx: &mut Tx,
        store: &Store,
        expected: &Expected<'_>,
    ) -> Result<Option<Reason>, StoreError> {
        let key = expected.key;
        let unseen = !self.written.contains_key(key)
            && self.cache.get(key).is_none()
            && self.custody.base(key).is_none();
        if expected.state.is_none() && expected.own && self.optimistic && unseen {
            return Ok(None);
        }
        let found = self.head(tx, store, key).await?;
        let sealed = expected.state.is_none_or(|(_, digest)| digest != UNSEALED);
        Ok((found != expected.state || !sealed).then(|| mismatch(expected, found)))
    }
}

fn mismatch(expected: &Expected<'_>, found: RecordState) -> Reason {
    let zh = |state: RecordState| {
        state.map_or("尚不存在".to_owned(), |(revision, digest)| {
            format!("第 {revision} 版（{}）", short(&digest))
        })
    };
    let en = |state: RecordState| {
        state.map_or("absent".to_owned(), |(revision, digest)| {
            format!("revision {revision} ({})", short(&digest))
        })
    };
    let record = &expected.key.1;
    Reason::new(
        "",
        "expect",
        format!(
            "记录 {record} 办理时所读为{}，现为{}，请重新读取后再办理",
            zh(expected.state),
            zh(found)
        ),
        format!(
            "record {record} was read as {} and is now {}: read it again and decide again",
            en(expected.state),
            en(found)
        ),
    )
}

fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}
