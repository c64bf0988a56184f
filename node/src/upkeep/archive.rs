//! The archive (归档): rows of an audit that are older than the schedule says go into a file, one
//! JSON object a line, packed by zstd, beside it a note signed by whoever keeps the store: how
//! many, from when to when, with which digest. File and note are read back and held against the
//! rows before any row is deleted; after a crash the same file is written again.
//!
//! ```text
//! archive/change-1290470400000000-1290556800000000.jsonl.zst
//! archive/change-1290470400000000-1290556800000000.note
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::note::{Note, NoteError};
use sanheyi_exchange_spec::suite::{Digest, SigningKey};
use sanheyi_exchange_spec::time::Timestamp;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::process::folder::{self, FolderError};
use crate::store::tables::{Cell, Table};
use crate::store::{Store, StoreError};

/// Rows of one file, and of the transaction that deletes them: some megabytes.
pub const ROWS: u64 = 20_000;
/// How hard zstd tries: these files are written once and kept for decades.
const LEVEL: i32 = 19;
/// Mode of the files: the audit names who did what.
const MODE: u32 = 0o600;

/// Where an archive lies, and who signs.
#[derive(Clone)]
pub struct Archive {
    /// Its folder, closed to others.
    pub folder: PathBuf,
    /// Who keeps it: the name of the key.
    pub keeper: PlatformId,
    /// Signs what is in it.
    pub key: SigningKey,
}

/// A file of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    /// Rows in it.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Where it lies; none if there was nothing to put into one.
    pub file: Option<PathBuf>,
}

/// Why rows did not go into the archive. They are where they were.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file.
    #[error(
        "无法写入或读回归档文件 {path}，相应的审计记录仍在库中，请检查磁盘与权限 · \
         the archive file {path} cannot be written or read back; its rows are still in the store: check disk and mode",
        path = path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What was read back is not what was written.
    #[error(
        "归档文件 {path} 读回后与库中不符，未删除任何记录，请检查磁盘 · \
         the archive file {path} is not what was written: nothing was deleted, check the disk",
        path = path.display()
    )]
    Different {
        /// The file.
        path: PathBuf,
    },
    /// The note beside it.
    #[error("归档说明无法签名 · the note of an archive cannot be signed: {0}")]
    Note(#[from] NoteError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rows on their way into a file.
struct Gathered {
    text: String,
    rows: u64,
    first: i64,
    last: i64,
    /// Key of the last, without the platform.
    key: Vec<Cell>,
}

/// Puts the oldest rows of a table, as far as they are older than `before`, into one file and takes
/// them out of the store. Nothing is left to do once it answers no file.
///
/// # Errors
/// See [`ArchiveError`]; the rows are where they were then.
pub async fn archive(
    store: &Store,
    table: &Table,
    before: Timestamp,
    now: Timestamp,
    at: &Archive,
) -> Result<Archived, ArchiveError> {
    let Some(gathered) = gather(store, table, before).await? else {
        return Ok(Archived::default());
    };
    folder::private(&at.folder)?;
    let name = format!("{}-{}-{}", table.name, gathered.first, gathered.last);
    let file = at.folder.join(format!("{name}.jsonl.zst"));
    let note = at.folder.join(format!("{name}.note"));
    let bytes = write(&file, &gathered.text)?;
    let digest = digest_of(gathered.text.as_bytes());
    let text = told(store, table, &gathered, &digest, now);
    let signed = Note::sign(text, at.keeper.as_str(), &at.key)?.to_string();
    put(&note, |file| file.write_all(signed.as_bytes()))?;
    read_back(&file, &note, &gathered, &digest, at)?;
    let mut tx = store.begin("table_cut").await?;
    tx.table_cut(store, table, &gathered.key, gathered.rows);
    tx.commit().await?;
    tracing::info!(file = %file.display(), rows = gathered.rows, "rows went into the archive");
    Ok(Archived { rows: gathered.rows, bytes, file: Some(file) })
}

/// The oldest rows that are older than `before`, up to [`ROWS`].
async fn gather(
    store: &Store,
    table: &Table,
    before: Timestamp,
) -> Result<Option<Gathered>, StoreError> {
    let mut gathered: Option<Gathered> = None;
    let mut after: Option<Vec<Cell>> = None;
    loop {
        let page = store.table_page(table, after.as_deref()).await?;
        let Some(last) = page.last() else { return Ok(gathered) };
        after = Some(table.key_of(last));
        for row in &page {
            let key = table.key_of(row);
            let Some(Cell::Integer(at)) = key.first() else {
                return Err(StoreError::contradiction(table.name, "at", "a row", "is no time"));
            };
            let rows = gathered.as_ref().map_or(0, |one| one.rows);
            if *at >= before.as_micros() || rows >= ROWS {
                return Ok(gathered);
            }
            let line = line(table, row);
            let into = gathered.get_or_insert_with(|| Gathered {
                text: String::new(),
                rows: 0,
                first: *at,
                last: *at,
                key: Vec::new(),
            });
            into.text.push_str(&line);
            into.text.push('\n');
            (into.rows, into.last, into.key) = (rows + 1, *at, key);
        }
    }
}

/// A row as one line of JSON: bytes as hex, in the order of the columns' names.
fn line(table: &Table, row: &[Cell]) -> String {
    let value = |cell: &Cell| match cell {
        Cell::Null(_) => Value::Null,
        Cell::Integer(number) => Value::from(*number),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Blob(bytes) => {
            Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
    };
    let cells = table.names().zip(row).map(|(name, cell)| (name.to_owned(), value(cell)));
    Value::Object(cells.collect::<Map<_, _>>()).to_string()
}

fn told(
    store: &Store,
    table: &Table,
    gathered: &Gathered,
    digest: &Digest,
    now: Timestamp,
) -> String {
    let Gathered { rows, first, last, .. } = gathered;
    let (platform, name) = (store.platform(), table.name);
    format!(
        "sanheyi archive\nplatform {platform}\ntable {name}\nrows {rows}\nfirst {first}\nlast {last}\nsha256 {digest}\ntime {now}\n"
    )
}

fn digest_of(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish()
}

/// Writes a file whole or not at all: under another name first, durable before it has its own.
fn put(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), ArchiveError> {
    let wrong = |source| ArchiveError::File { path: path.to_owned(), source };
    let mut begun = path.as_os_str().to_owned();
    begun.push(".part");
    let begun = PathBuf::from(begun);
    let options =
        OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&begun);
    let mut file = options.map_err(wrong)?;
    write(&mut file).and_then(|()| file.sync_all()).map_err(wrong)?;
    fs::rename(&begun, path).map_err(wrong)?;
    // The name is durable once its folder is.
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrong)
}

fn write(path: &Path, text: &str) -> Result<u64, ArchiveError> {
    put(path, |file| {
        let mut packed = zstd::stream::write::Encoder::new(file, LEVEL)?;
        packed.write_all(text.as_bytes())?;
        packed.finish().map(drop)
    })?;
    let size = fs::metadata(path).map(|found| found.len());
    size.map_err(|source| ArchiveError::File { path: path.to_owned(), source })
}

/// Reads file and note back from the disk and holds them against what is to be deleted.
fn read_back(
    file: &Path,
    note: &Path,
    gathered: &Gathered,
    digest: &Digest,
    at: &Archive,
) -> Result<(), ArchiveError> {
    let wrong = |source| ArchiveError::File { path: file.to_owned(), source };
    let different = || ArchiveError::Different { path: file.to_owned() };
    let packed = File::open(file).map_err(wrong)?;
    let mut lines = BufReader::new(zstd::stream::read::Decoder::new(packed).map_err(wrong)?);
    let (mut hasher, mut rows, mut line) = (Hasher::default(), 0, Vec::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(wrong)? == 0 {
            break;
        }
        serde_json::from_slice::<Value>(&line).map_err(|_| different())?;
        hasher.update(&line);
        rows += 1;
    }
    if rows != gathered.rows || hasher.finish() != *digest {
        return Err(different());
    }
    let text = fs::read_to_string(note).map_err(wrong)?;
    let signed = Note::parse(&text)?;
    signed.verify(at.keeper.as_str(), &at.key.verifying())?;
    let says = format!("sha256 {digest}");
    if signed.text().lines().any(|line| line == says) { Ok(()) } else { Err(different()) }
}
