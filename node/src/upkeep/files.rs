//! Files that nobody needs any more (附件清理): those whose naming body was erased, those that were put
//! on the shelf and never named, and uploads that were begun and not finished.
//!
//! That a file may go is only asked where a body went. Then all entries and all that was shown are
//! read once: where another one names the file it stays, and is said to be that entry's.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::segment::{EntryView, SegmentReader};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::{AttachmentRow, DueRow, Named, Store, StoreError, Way};

/// Files that are asked about in one walk through the store.
pub const ASKED: u64 = 1024;
/// Pieces that go in one transaction: 16 MiB, of which the write-ahead log has a copy.
pub const TOGETHER: u64 = 64;
/// Segments read at a time.
const READ: usize = 16;
/// Entries of others read at a time.
const SHOWN: u64 = 64;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Files that went.
    pub files: u64,
    /// Their bytes, as far as they were here.
    pub bytes: u64,
}

/// Files that may go, and who was said to name each when the walk began.
type Asked = BTreeMap<Digest, Vec<DueRow>>;
/// Entries that still name one of them.
type Found = BTreeMap<Digest, (Way, PlatformId, Named)>;

impl std::ops::AddAssign for Removed {
    fn add_assign(&mut self, more: Self) {
        self.files += more.files;
        self.bytes += more.bytes;
    }
}

/// Files about which the question stands, and their bytes.
///
/// # Errors
/// Of the database.
pub async fn asked(store: &Store) -> Result<Removed, StoreError> {
    let mut asked = Removed::default();
    for digest in store.unnamed_list(ASKED).await? {
        let row = store.attachment_get(&digest).await?;
        asked += Removed { files: 1, bytes: row.as_ref().map_or(0, held_bytes) };
    }
    Ok(asked)
}

/// Looks whether any entry still names the files whose naming body was erased, and takes away those
/// that none names.
///
/// # Errors
/// Of the database, or if a segment does not open. What went until then is gone.
pub async fn look_through(store: &Store) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    let mut asked = Asked::new();
    for digest in store.unnamed_list(ASKED).await? {
        asked.insert(digest, store.due_get(&digest).await?);
    }
    if asked.is_empty() {
        return Ok(removed);
    }
    let found = named_still(store, &asked).await?;
    for (digest, dues) in &asked {
        match found.get(digest) {
            Some((way, holder, named)) => {
                let mut tx = store.begin("unnamed_settle").await?;
                tx.due_put(store, *way, holder, named).await?;
                tx.unnamed_drop(store, digest);
                tx.commit().await?;
            }
            None => match remove(store, digest, dues).await {
                Ok(more) => removed += more,
                // Somebody has named it, or goes on with it, at this very moment: next time.
                Err(StoreError::Raced(what)) => {
                    tracing::debug!(%digest, what, "a file is asked for");
                }
                Err(error) => return Err(error),
            },
        }
    }
    Ok(removed)
}

/// Uploads that were begun before `before` and not finished, and with them files that have lain on
/// the shelf since `unnamed_before` without any entry that names them.
///
/// # Errors
/// Of the database.
pub async fn idle(
    store: &Store,
    before: Option<Timestamp>,
    unnamed_before: Option<Timestamp>,
) -> Result<Vec<AttachmentRow>, StoreError> {
    let mut rows = Vec::new();
    if let Some(before) = before {
        rows.extend(store.attachment_idle(false, before, ASKED).await?);
    }
    if let Some(before) = unnamed_before {
        rows.extend(store.attachment_idle(true, before, ASKED).await?);
    }
    Ok(rows)
}

/// Takes such files away.
///
/// # Errors
/// Of the database. What went until then is gone.
pub async fn remove_idle(store: &Store, rows: &[AttachmentRow]) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    for row in rows {
        let digest = &row.file.digest;
        let gone = match row.whole {
            true => match store.due_get(digest).await?.is_empty() {
                true => remove(store, digest, &[]).await,
                // It was named since.
                false => continue,
            },
            // What is waited for is still waited for: it begins anew.
            false => shrink(store, row).await,
        };
        match gone {
            Ok(more) => removed += more,
            Err(StoreError::Raced(what)) => tracing::debug!(%digest, what, "a file is in use"),
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

/// Bytes of a file that are here.
pub fn held_bytes(row: &AttachmentRow) -> u64 {
    let piece = sanheyi_exchange_spec::limits::ATTACHMENT_PIECE_BYTES;
    row.file.bytes.min(row.held.saturating_mul(piece))
}

/// Takes a file away that nobody names; `dues` say who was thought to.
async fn remove(store: &Store, digest: &Digest, dues: &[DueRow]) -> Result<Removed, StoreError> {
    let row = store.attachment_get(digest).await?;
    let mut tx = store.begin("attachment_withdraw").await?;
    // It stays in question until the last piece has gone, or a crash would leave some for ever.
    tx.unnamed_put(store, digest);
    tx.attachment_withdraw(store, digest, dues);
    tx.commit().await?;
    let removed = match row {
        Some(row) => shrink(store, &AttachmentRow { whole: false, ..row }).await?,
        None => Removed::default(),
    };
    let mut tx = store.begin("unnamed_settle").await?;
    tx.unnamed_drop(store, digest);
    tx.commit().await?;
    Ok(removed)
}

/// Takes the pieces of a file away, the last first, some at a time.
async fn shrink(store: &Store, row: &AttachmentRow) -> Result<Removed, StoreError> {
    let mut held = row.held;
    loop {
        let left = held.saturating_sub(TOGETHER);
        let mut tx = store.begin("attachment_shrink").await?;
        tx.attachment_shrink(store, &row.file.digest, held, left);
        tx.commit().await?;
        if left == 0 {
            return Ok(Removed { files: 1, bytes: held_bytes(row) });
        }
        held = left;
    }
}

/// Which of these files an entry names whose body is there: the platform's own, those that it was
/// given, and those that it was shown.
async fn named_still(store: &Store, asked: &Asked) -> Result<Found, StoreError> {
    let wrong =
        |first: u64, problem: String| StoreError::contradiction("segment", "bytes", first, problem);
    let mut reader =
        SegmentReader::new(Suite::Intl).map_err(|error| wrong(0, error.to_string()))?;
    let mut found = Found::new();
    for journal in store.journal_list().await? {
        let author = &journal.head.journal.author;
        let own = author == store.platform();
        let way = if own { Way::Up } else { Way::Down };
        let mut next = 0;
        while next < journal.head.size {
            let before = next;
            for row in store.segment_from(journal.number, next, READ).await? {
                let opened =
                    reader.open(&row.bytes).map_err(|error| wrong(row.first, error.to_string()))?;
                opened.iter().for_each(|entry| see(&entry, way, author, asked, &mut found));
                next = next.max(row.past());
            }
            if next == before {
                break;
            }
        }
    }
    let mut after = None;
    loop {
        let rows = store.enclosure_list(None, after.as_ref(), SHOWN).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some(last.key()?);
        for row in &rows {
            let (Some(body), key) = (&row.enclosure.body, row.key()?) else { continue };
            let named = Named::of(&key.dataset, &key.record, key.revision, &body.bytes);
            keep(named, Way::Down, &key.author, asked, &mut found);
        }
    }
}

fn see(entry: &EntryView<'_>, way: Way, author: &PlatformId, asked: &Asked, found: &mut Found) {
    if let Some((_, body)) = entry.body {
        keep(Named::by(&entry.header, body), way, author, asked, found);
    }
}

fn keep(named: Vec<Named>, way: Way, holder: &PlatformId, asked: &Asked, found: &mut Found) {
    for one in named.into_iter().filter(|one| asked.contains_key(&one.file.digest)) {
        found.insert(one.file.digest, (way, holder.clone(), one));
    }
}
