//! Taking files in and giving them out, piece by piece, whoever brings them: a department's system
//! at the node's own door, a branch at its hub, a hub at its branch. Who may, others decide.
//!
//! Never more than a piece is in memory. A file counts as here once all its pieces are and give the
//! digest that it was offered by; one whose pieces do not is forgotten, and whoever brought it is
//! told.

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::{Attachment, AttachmentError, Hasher};
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::segment::EntryView;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;

use super::journal::{Sealed, view};
use super::verify::Difference;
use crate::store::{AttachmentRow, DueState, Named, Store, StoreError, Tx, Way};

/// Files looked through at a time when a store is verified.
const READ: u64 = 256;

/// How much of a file is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Pieces, from the first on without gaps.
    pub pieces: u64,
    /// Whether the file is here, with the digest that it was offered by.
    pub whole: bool,
}

/// Why a file, or a piece, is not taken or not given.
#[derive(Debug, Error)]
pub enum CarryError {
    /// By a rule; in the words that travel.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What verifying the files of a store found.
#[derive(Clone, Debug, Default)]
pub struct FilesReport {
    /// Files that are whole; each digest was computed again.
    pub whole: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files of which some pieces are here.
    pub begun: u64,
    /// Files whose bytes are not what their rows say.
    pub differences: Vec<(Digest, Difference)>,
}

/// A refusal about a file.
fn about(digest: &Digest, code: Code, zh: String, en: String) -> Refusal {
    Refusal::new(code, format!("attachment {digest}"), zh, en)
}

fn malformed(digest: &Digest, error: &AttachmentError) -> Refusal {
    let said = error.to_string();
    let (zh, en) = said.split_once(" / ").unwrap_or((&said, &said));
    about(digest, Code::Malformed, zh.to_owned(), en.to_owned())
}

/// Notes the files that entries name: of the platform's own, or of others that it was given.
/// `holder` is the platform in whose rows the hub has them.
///
/// # Errors
/// Of the database.
pub async fn note(
    tx: &mut Tx,
    store: &Store,
    way: Way,
    holder: &PlatformId,
    entries: impl Iterator<Item = EntryView<'_>> + Send,
) -> Result<(), StoreError> {
    for entry in entries {
        let Some((_, body)) = entry.body else { continue };
        for named in Named::by(&entry.header, body) {
            tx.due_put(store, way, holder, &named).await?;
        }
    }
    Ok(())
}

/// Notes the files that sealed entries of the platform's own name.
pub(super) async fn note_own(
    tx: &mut Tx,
    store: &Store,
    entries: impl Iterator<Item = &Sealed> + Send,
) -> Result<(), StoreError> {
    for entry in entries {
        for named in Named::by(&view(entry)?, &entry.body.bytes) {
            tx.due_put(store, Way::Up, store.platform(), &named).await?;
        }
    }
    Ok(())
}

/// Takes up a file, or goes on with it: answers how much of it is here. What was begun under
/// another size or type begins anew.
///
/// # Errors
/// If the file is out of bounds or of a type that is not carried.
pub async fn offer(store: &Store, file: &Attachment, now: Timestamp) -> Result<Held, CarryError> {
    file.check().map_err(|error| malformed(&file.digest, &error))?;
    let row = store.attachment_get(&file.digest).await?;
    match row {
        Some(row) if row.whole && row.file.bytes == file.bytes => {
            // The same bytes may be named as more than one type, but not as any.
            let first = store.piece_get(&file.digest, 0).await?.unwrap_or_default();
            let agreed = file.check_piece(0, &first);
            agreed.map_err(|error| malformed(&file.digest, &error))?;
            Ok(held(&row))
        }
        Some(row) if row.file == *file && row.held == file.pieces() => {
            finish(store, file, now).await
        }
        Some(row) if row.file == *file => Ok(held(&row)),
        Some(row) if row.whole => {
            let size = row.file.bytes;
            Err(about(
                &file.digest,
                Code::Malformed,
                format!("该附件有 {size} 字节，而不是 {}，请核对条目", file.bytes),
                format!("the file has {size} bytes and not {}: correct the entry", file.bytes),
            )
            .into())
        }
        other => {
            let mut tx = store.begin("attachment_open").await?;
            if other.is_some() {
                tx.attachment_drop(store, &file.digest);
            }
            tx.attachment_open(store, file, now).await?;
            tx.commit().await?;
            Ok(Held { pieces: 0, whole: false })
        }
    }
}

fn held(row: &AttachmentRow) -> Held {
    Held { pieces: row.held, whole: row.whole }
}

/// Takes the next piece of a file. One that is here already changes nothing. Answered when it is
/// durable; with the last, when the digest of the whole was computed.
///
/// # Errors
/// `gap` with the pieces held if another piece is due; `malformed` if the piece has another size
/// than it must have, if the first shows another type, or if the whole has another digest: then all
/// of it is forgotten.
pub async fn put(
    store: &Store,
    digest: &Digest,
    number: u64,
    piece: &Bytes,
    now: Timestamp,
) -> Result<Held, CarryError> {
    let Some(row) = store.attachment_get(digest).await? else {
        let (zh, en) = ("请先登记该附件，再发送各片", "offer the file before its pieces");
        return Err(about(digest, Code::Gap, zh.into(), en.into()).with_durable(0).into());
    };
    if number < row.held || row.whole {
        return Ok(held(&row));
    }
    if number > row.held {
        let due = row.held;
        return Err(about(
            digest,
            Code::Gap,
            format!("应发送第 {due} 片，实为第 {number} 片"),
            format!("piece {due} is due, this is piece {number}"),
        )
        .with_durable(due)
        .into());
    }
    row.file.check_piece(number, piece).map_err(|error| malformed(digest, &error))?;
    let mut tx = store.begin("piece_add").await?;
    tx.piece_add(store, digest, number, piece);
    match tx.commit().await {
        Ok(()) => {}
        // Somebody else has brought the same piece meanwhile.
        Err(StoreError::Raced(_)) => {
            let row = store.attachment_get(digest).await?;
            return row.as_ref().map(held).ok_or(StoreError::Raced("attachment").into());
        }
        Err(error) => return Err(error.into()),
    }
    if number + 1 == row.file.pieces() {
        return finish(store, &row.file, now).await;
    }
    Ok(Held { pieces: number + 1, whole: false })
}

/// All pieces are here: computes the digest of the whole.
async fn finish(store: &Store, file: &Attachment, now: Timestamp) -> Result<Held, CarryError> {
    let pieces = file.pieces();
    let computed = recompute(store, file).await?;
    let mut tx = store.begin("attachment_settle").await?;
    if computed == Some(file.digest) {
        tx.attachment_settle(store, &file.digest, now);
        tx.commit().await?;
        return Ok(Held { pieces, whole: true });
    }
    tx.attachment_drop(store, &file.digest);
    match tx.commit().await {
        Ok(()) | Err(StoreError::Raced(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let found = computed.map(|digest| digest.to_string()).unwrap_or_default();
    tracing::warn!(digest = %file.digest, found, "a file has another digest than it was offered by");
    Err(about(
        &file.digest,
        Code::Malformed,
        format!("收到的内容摘要为 {found}，与登记的不符，已全部舍弃，请核对文件后重新发送"),
        format!(
            "the bytes received have the digest {found}: all of them are discarded, send it anew"
        ),
    )
    .into())
}

/// The digest of a file's pieces, read one after another; `None` if one is missing.
async fn recompute(store: &Store, file: &Attachment) -> Result<Option<Digest>, StoreError> {
    let mut hasher = Hasher::default();
    for number in 0..file.pieces() {
        let Some(piece) = store.piece_get(&file.digest, number).await? else { return Ok(None) };
        hasher.update(&piece);
    }
    Ok(Some(hasher.finish()))
}

/// A piece of a file that is here whole.
///
/// # Errors
/// `unavailable` if the file is not here whole; `malformed` if it has no such piece.
pub async fn get(store: &Store, digest: &Digest, number: u64) -> Result<Bytes, CarryError> {
    let row = store.attachment_get(digest).await?.filter(|row| row.whole);
    let Some(row) = row else {
        let (zh, en) = ("附件尚未到齐", "the file is not here whole yet");
        return Err(about(digest, Code::Unavailable, zh.into(), en.into()).into());
    };
    row.file.piece_bytes(number).map_err(|error| malformed(digest, &error))?;
    let piece = store.piece_get(digest, number).await?;
    piece.ok_or_else(|| {
        StoreError::contradiction("piece", "number", number, "is missing of a whole file").into()
    })
}

/// The hub has a file of ours, or does not take it.
///
/// # Errors
/// Of the database.
pub(crate) async fn settle(
    store: &Store,
    way: Way,
    digest: &Digest,
    state: DueState,
    why: &str,
) -> Result<(), StoreError> {
    let mut tx = store.begin("due_state").await?;
    tx.due_state(store, way, digest, state, why);
    tx.commit().await
}

/// Computes the digest of every whole file again.
///
/// # Errors
/// If the store cannot be read.
pub async fn verify_files(store: &Store) -> Result<FilesReport, StoreError> {
    let mut report = FilesReport::default();
    let mut after = None;
    loop {
        let rows = store.attachment_list(after.as_ref(), READ).await?;
        let Some(last) = rows.last() else { return Ok(report) };
        after = Some(last.file.digest);
        for row in rows {
            if !row.whole {
                report.begun += 1;
                continue;
            }
            report.whole += 1;
            report.bytes += row.file.bytes;
            let computed = recompute(store, &row.file).await?;
            if computed != Some(row.file.digest) {
                let found = computed.map_or("a piece is missing".to_owned(), |is| {
                    format!("the pieces have the digest {is}")
                });
                let difference = Difference {
                    table: "piece",
                    column: "bytes",
                    place: row.held,
                    problem: format!("attachment {}: {found}", row.file.digest),
                };
                report.differences.push((row.file.digest, difference));
            }
        }
    }
}
