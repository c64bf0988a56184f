//! Making a backup. It counts only when every root of the copy was recomputed and the file is
//! durable under its name; whatever fails leaves no half file, and a row that says why.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;

use super::archive::{NAME_BYTES, Packer};
use super::manifest::{Contents, Manifest};
use super::prune::{file_name, surplus, time_of};
use super::{BackupError, EXTENSION, Form, Pace, Proved, Stage, Subject, Teller, layout, schema};
use crate::cli::local::rfc3339;
use crate::process::clock::Deadline;
use crate::process::folder::{self, FolderError};
use crate::process::said::with_causes;
use crate::store::{BackupRow, Database};

/// The folder in the data folder where copies are made; locked by whoever makes one.
const WORK: &str = "backup.part";
/// The copy of the store, here and in a backup.
pub(super) const STORE_FILE: &str = "store.sqlite";
/// The list of contents in a backup.
pub(super) const CONTENTS_FILE: &str = "contents";
/// The signed manifest in a backup.
pub(super) const MANIFEST_FILE: &str = "manifest.note";
/// What the instances of a hub hold while one of them makes a backup.
const LEASE: &str = "backup";
/// Longer than any backup takes: how long one took is counted down from it.
const LONG: Duration = Duration::from_secs(366 * 24 * 3600);
/// Begins the name of what is not finished.
const PART: &str = ".part";

/// What is wanted of a backup.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Another folder than the configured one; nothing is pruned there.
    pub to: Option<PathBuf>,
    /// Another pace than the configured one.
    pub pace: Option<Pace>,
}

/// A backup that was made; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// The file.
    pub file: PathBuf,
    /// When it was begun.
    pub at: Option<String>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of the store's copy in it.
    pub store_bytes: u64,
    /// Journals, the roots of which were recomputed.
    pub journals: u64,
    /// Entries of all of them.
    pub entries: u64,
    /// Seconds that it took.
    pub seconds: u64,
    /// Who can open it.
    pub recipients: Vec<String>,
    /// Earlier backups that were removed.
    pub pruned: Vec<PathBuf>,
    /// Whether the private key of backups lies on this machine.
    pub identity_here: bool,
}

/// What is in the work folder goes when the work ends, however it ends.
struct Work {
    folder: PathBuf,
    _lock: File,
}

impl Work {
    fn begin(data: &Path) -> Result<Self, BackupError> {
        let folder = data.join(WORK);
        folder::private(&folder)?;
        let lock = folder::lock(&folder).map_err(|error| match error {
            FolderError::InUse { .. } => BackupError::Busy,
            error => error.into(),
        })?;
        let work = Self { folder, _lock: lock };
        work.clear();
        Ok(work)
    }

    /// An empty file that only its owner may read.
    fn file(&self) -> Result<PathBuf, BackupError> {
        let path = self.folder.join(STORE_FILE);
        let mut options = File::options();
        let made = options.write(true).create_new(true).mode(0o600).open(&path);
        made.map(|_| path.clone()).map_err(BackupError::at(&path))
    }

    /// Removes the copy, and what SQLite keeps beside it. The lock stays.
    fn clear(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(self.folder.join(format!("{STORE_FILE}{end}")));
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Makes a backup of a platform that may be running, and notes it in its store, good or failed.
///
/// # Errors
/// See [`BackupError`]; there is no file then. A backup that somebody else is making is not noted.
pub async fn make<F: Form>(
    form: &F,
    subject: &Subject,
    wish: &Wish,
    told: Teller<'_>,
) -> Result<Made, BackupError> {
    let (at, since) = (subject.clock.now(), Deadline::after(LONG));
    let lease = subject.database.lease(LEASE).await?.ok_or(BackupError::Busy)?;
    let made = Box::pin(attempt(form, subject, wish, at, since, told)).await;
    if !matches!(made, Err(BackupError::Busy)) {
        let row = row(at, since, &made);
        let store = subject.database.of(&subject.platform);
        let noted = async {
            let mut tx = store.begin("backup_add").await?;
            tx.backup_add(&store, &row).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::error!(%error, "a backup could not be noted in the store");
        }
    }
    lease.release().await;
    match &made {
        Ok(Made { file, bytes, entries, seconds, .. }) => tracing::info!(
            file = %file.display(), bytes, entries, seconds, "a backup was made: {}", file.display()
        ),
        Err(BackupError::Busy) => {}
        Err(error) => {
            tracing::error!(error = with_causes(error), "备份失败 · a backup failed");
        }
    }
    made
}

fn seconds(since: Deadline) -> u64 {
    LONG.saturating_sub(since.left()).as_secs()
}

fn row(at: Timestamp, since: Deadline, made: &Result<Made, BackupError>) -> BackupRow {
    let (file, bytes, entries, outcome) = match made {
        Ok(made) => (made.file.display().to_string(), made.bytes, made.entries, String::new()),
        Err(error) => (String::new(), 0, 0, with_causes(error)),
    };
    let (seconds, verified) = (seconds(since), Timestamp::default());
    BackupRow { at, file, bytes, entries, seconds, outcome, verified }
}

async fn attempt<F: Form>(
    form: &F,
    subject: &Subject,
    wish: &Wish,
    at: Timestamp,
    since: Deadline,
    told: Teller<'_>,
) -> Result<Made, BackupError> {
    let settings = &subject.settings;
    if settings.recipients.is_empty() {
        return Err(BackupError::NoRecipients);
    }
    let folder = wish.to.as_ref().unwrap_or(&settings.folder);
    folder::private(&subject.data)?;
    let work = Work::begin(&subject.data)?;
    fs::create_dir_all(folder).map_err(BackupError::at(folder))?;
    let path = free(folder, &subject.platform, at);
    remove_parts(folder, &subject.platform)?;

    let copy = work.file()?;
    told(Stage::Copy, 0, 0);
    form.copy(&subject.database, &subject.hub, &copy, told).await?;
    told(Stage::Prove, 0, 0);
    let proved = prove(form, subject, &copy).await?;

    let mut packer = Packer::new(&path, &settings.recipients, wish.pace.unwrap_or(settings.pace))?;
    packer.file(STORE_FILE, &copy, told).await?;
    let store_bytes = packer.files().first().map_or(0, |file| file.bytes);
    work.clear();
    let named = layout::files(&subject.config, F::CONFIG, &subject.data, &subject.places)?;
    for (name, path) in &named {
        if name.len() <= NAME_BYTES {
            packer.file(name, path, told).await?;
        } else {
            tracing::warn!(name, "the name of a file is too long for a backup: it is left out");
        }
    }
    let journals = proved.journals.len() as u64;
    let entries = describe::<F>(form, subject, at, proved, &mut packer)?;
    let bytes = packer.finish()?;
    let pruned = match wish.to {
        Some(_) => Vec::new(),
        None => prune(folder, subject)?,
    };
    let identity = subject.config.with_file_name(super::IDENTITY_FILE);
    Ok(Made {
        file: path,
        at: rfc3339(at),
        bytes,
        store_bytes,
        journals,
        entries,
        seconds: seconds(since),
        recipients: settings.recipients.iter().map(ToString::to_string).collect(),
        pruned,
        identity_here: identity.exists(),
    })
}

async fn prove<F: Form>(form: &F, subject: &Subject, copy: &Path) -> Result<Proved, BackupError> {
    let database = Database::open_read_only(copy).await?;
    let proved = form.prove(&database, &subject.who()).await;
    database.close().await;
    let proved = proved?;
    match proved.differences.first() {
        Some(first) => Err(BackupError::Differs(first.clone())),
        None => Ok(proved),
    }
}

/// Puts the list of contents and the signed manifest in; answers how many entries there are.
fn describe<F: Form>(
    form: &F,
    subject: &Subject,
    at: Timestamp,
    proved: Proved,
    packer: &mut Packer,
) -> Result<u64, BackupError> {
    let config = std::path::absolute(&subject.config).unwrap_or(subject.config.clone());
    let config = config.display().to_string().replace('\n', " ");
    let contents = Contents { files: packer.files().to_vec(), journals: proved.journals, config };
    let text = contents.text();
    let mut hash = Hasher::default();
    hash.update(text.as_bytes());
    let manifest = Manifest {
        kind: F::KIND,
        platform: subject.platform.clone(),
        hub: subject.hub.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: schema(form),
        time: at,
        contents: hash.finish(),
        contents_bytes: text.len() as u64,
        files: contents.files.len() as u64,
        bytes: contents.files.iter().map(|file| file.bytes).sum(),
        journals: contents.journals.len() as u64,
        entries: contents.entries(),
        generation: proved.generation,
    };
    packer.bytes(CONTENTS_FILE, text.as_bytes())?;
    packer.bytes(MANIFEST_FILE, manifest.sign(&subject.key)?.as_bytes())?;
    Ok(manifest.entries)
}

/// A name that no backup has: two that begin within one second do not replace each other.
fn free(folder: &Path, platform: &PlatformId, at: Timestamp) -> PathBuf {
    let mut at = at;
    loop {
        let path = folder.join(file_name(platform, at));
        if !path.exists() {
            return path;
        }
        at = at.plus_micros(1_000_000);
    }
}

/// Removes what a process that was killed left behind.
fn remove_parts(folder: &Path, platform: &PlatformId) -> Result<(), BackupError> {
    for item in fs::read_dir(folder).map_err(BackupError::at(folder))? {
        let name = item.map_err(BackupError::at(folder))?.file_name();
        let name = name.to_string_lossy();
        let stem = name.strip_prefix('.').and_then(|name| name.strip_suffix(PART));
        if stem.is_some_and(|stem| time_of(platform, stem).is_some()) {
            let path = folder.join(&*name);
            fs::remove_file(&path).map_err(BackupError::at(&path))?;
        }
    }
    Ok(())
}

/// The backups of a platform in a folder, by their times.
///
/// # Errors
/// If the folder is there and cannot be read.
pub fn there(folder: &Path, platform: &PlatformId) -> Result<BTreeSet<Timestamp>, BackupError> {
    if !folder.exists() {
        return Ok(BTreeSet::new());
    }
    let mut found = BTreeSet::new();
    for item in fs::read_dir(folder).map_err(BackupError::at(folder))? {
        let name = item.map_err(BackupError::at(folder))?.file_name();
        found.extend(name.to_str().and_then(|name| time_of(platform, name)));
    }
    Ok(found)
}

/// The newest backup of a platform in a folder.
///
/// # Errors
/// [`BackupError::None`] if there is none.
pub fn newest(folder: &Path, platform: &PlatformId) -> Result<PathBuf, BackupError> {
    let times = there(folder, platform)?;
    let last = times.last().map(|time| folder.join(file_name(platform, *time)));
    last.ok_or_else(|| BackupError::None {
        folder: folder.to_owned(),
        platform: platform.to_string(),
    })
}

fn prune(folder: &Path, subject: &Subject) -> Result<Vec<PathBuf>, BackupError> {
    let times = there(folder, &subject.platform)?;
    let mut pruned = Vec::new();
    for time in surplus(&times, subject.settings.keep) {
        let path = folder.join(file_name(&subject.platform, time));
        debug_assert!(path.to_string_lossy().ends_with(EXTENSION));
        fs::remove_file(&path).map_err(BackupError::at(&path))?;
        pruned.push(path);
    }
    Ok(pruned)
}
