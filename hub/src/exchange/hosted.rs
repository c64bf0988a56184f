//! Hosted journals (托管日志): the rows at home in this store *are* the hub's copy (rule 19). So
//! admission moves a cursor, the hub's own head of the journal, and writes no entry a second time;
//! everything that is decided on it is decided by the same rules as for a node.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::{Advance, LiveJournal};
use sanheyi_node::store::{CheckpointRow, JournalNumber, JournalRow, Store, StoreError, Tx};

use super::{Shared, refused};
use crate::store::{
    gate_open, hosted_advance, hosted_epoch, hosted_list, hosted_list_in, hosted_open,
};

/// The hub's copy of a journal: of a node's the row itself, of a tenant's the home's row as far as
/// it was admitted. What the hub appends itself is no copy; its row is what it is.
pub(super) async fn copy_get(
    shared: &Shared,
    store: &Store,
    journal: &JournalId,
) -> Result<Option<JournalRow>, StoreError> {
    if journal.author == *store.platform() && shared.is_hosted(store).await? {
        let admitted = hosted_list(store).await?;
        return Ok(admitted.into_iter().find(|row| row.head.journal == *journal));
    }
    let row = store.journal_get(journal).await?;
    Ok(row.filter(|row| !row.home || row.head.journal.author != *store.platform()))
}

// === Greet ===

/// What the hub holds of the line of `journal`; refused if the journal has no home here, or if
/// what was admitted is not what the home has.
pub(super) async fn held(
    tx: &mut Tx,
    store: &Store,
    journal: &JournalId,
) -> Result<Result<Option<JournalRow>, Refusal>, StoreError> {
    let home = tx.journal_get(store, journal).await?.filter(|row| row.home);
    let Some(home) = home else { return Ok(Err(homeless(journal))) };
    let admitted = hosted_list_in(tx, store).await?;
    let Some(row) = admitted.into_iter().rfind(|row| row.head.journal.same_line(journal)) else {
        return Ok(Ok(None));
    };
    let inside = row.number != home.number || row.head.size <= home.head.size;
    if inside && store.root_at(row.number, row.head.size).await? == row.head.root {
        return Ok(Ok(Some(row)));
    }
    tracing::error!(%journal, "what was admitted is not what the home has");
    Ok(Err(Refusal::new(
        Code::HistoryChanged,
        journal.to_string(),
        format!("市级已接纳 {} 条，与本级所存不符，请核验存储", row.head.size),
        format!("{} entries were admitted and are not what the home has: verify", row.head.size),
    )))
}

fn homeless(journal: &JournalId) -> Refusal {
    Refusal::new(
        Code::Malformed,
        journal.to_string(),
        "托管平台的日志应存于市级平台，此处没有该日志",
        "a tenant's journal is at home in the hub's store, and this one is not there",
    )
}

/// Opens an epoch at the admitted size; the branch's own row is the branch's to change.
pub(super) async fn open_epoch(
    tx: &mut Tx,
    store: &Store,
    journal: &JournalId,
    position: Position,
    serial: u64,
    held: Option<&JournalRow>,
) -> Result<JournalRow, StoreError> {
    let absent = || StoreError::contradiction("hosted", "journal", journal, "is not here");
    match held.filter(|row| row.head.journal == *journal) {
        Some(row) => hosted_epoch(tx, store, row, serial, position).await?,
        None => {
            let home = tx.journal_get(store, journal).await?.ok_or_else(absent)?;
            let root = Suite::Intl.empty_root();
            let journal = journal.clone();
            let head = Head { journal, size: 0, root, position, opened: 0, stopped: false };
            hosted_open(tx, store, home.number, &head, serial).await?;
            gate_open(tx, store, home.number).await?;
        }
    }
    let admitted = hosted_list_in(tx, store).await?;
    admitted.into_iter().find(|row| row.head.journal == *journal).ok_or_else(absent)
}

// === admission ===

/// Holds what is offered against the home: it must have those very entries, durable.
pub(super) async fn hold_home(
    shared: &Shared,
    store: &Store,
    journal: &LiveJournal,
    advance: &Advance,
) -> Result<(), Refusal> {
    let failed = |error: StoreError| refused(&error);
    let (head, to) = (journal.head(), advance.to());
    let home = store.journal_get(&head.journal).await.map_err(failed)?;
    let size = home.map_or(0, |home| home.head.size);
    let refusal = |code, zh: String, en: String| {
        Err(Refusal::new(code, format!("{} @{}", head.journal, to.size), zh, en)
            .with_durable(head.size)
            .with_position(head.position))
    };
    if to.size > size {
        return refusal(
            Code::Gap,
            format!("所送到第 {} 条，本级只存有 {size} 条", to.size),
            format!("offered up to {}, at home there are {size} entries", to.size),
        );
    }
    let root = store.root_at(journal.number(), to.size).await.map_err(failed)?;
    if root == to.root {
        return Ok(());
    }
    tracing::error!(journal = %head.journal, hub = %shared.parts.hub, "the home has other entries");
    let (zh, en) = ("所送条目与本级所存不一致", "the entries offered are not those at home");
    refusal(Code::HistoryChanged, zh.into(), en.into())
        .map_err(|refusal: Refusal| refusal.with_roots(to.root, root))
}

/// Writes an admission: the head, the author's checkpoint, and, since the branch's rows are in this
/// very store, that it was acknowledged.
pub(super) fn write(tx: &mut Tx, store: &Store, advance: &Advance, note: &str) {
    let (number, to) = (advance.number(), advance.to());
    hosted_advance(tx, store, number, advance.before(), to);
    let checkpoint = CheckpointRow { size: to.size, note: note.to_owned() };
    tx.checkpoint_put(store, number, &checkpoint);
    tx.greeting_acknowledge(store, number, to.size);
}

// === gate ===

/// How far the journals of a platform may be judged.
pub(super) enum Judgeable {
    /// All that is there: copies hold nothing that was not admitted. Their index is the gate's.
    Copies,
    /// As far as was admitted: the home may be longer. Its index is the branch's.
    Hosted(BTreeMap<JournalNumber, u64>),
}

impl Judgeable {
    /// Of the journals of a platform.
    pub(super) async fn of(shared: &Shared, store: &Store) -> Result<Self, StoreError> {
        if !shared.is_hosted(store).await? {
            return Ok(Judgeable::Copies);
        }
        let admitted = hosted_list(store).await?;
        let sizes = admitted.into_iter().map(|row| (row.number, row.head.size)).collect();
        Ok(Judgeable::Hosted(sizes))
    }

    /// One past the last entry that may be judged, of a journal of that size.
    pub(super) fn until(&self, number: JournalNumber, size: u64) -> u64 {
        match self {
            Judgeable::Copies => size,
            Judgeable::Hosted(sizes) => sizes.get(&number).copied().unwrap_or(0),
        }
    }

    /// Whether the gate writes the index.
    pub(super) fn is_indexed_here(&self) -> bool {
        matches!(self, Judgeable::Copies)
    }
}

impl Shared {
    /// Whether these are the rows of a tenant.
    pub(super) async fn is_hosted(&self, store: &Store) -> Result<bool, StoreError> {
        self.registry.hosted(&self.parts, store.platform()).await
    }
}
