//! The drill 演练: a backup is restored into a folder of its own, proved, held against the store that
//! runs, and thrown away. What remains is a dated report that the platform signs.
//!
//! ```text
//! sanheyi-drill/v1
//! platform jintan
//! kind node
//! time 1767225600000000
//! program 0.1.0
//! outcome held
//! file jintan-20251231T183000Z.sanheyi-backup
//! backup 1767205800000000
//! journals 4
//! entries 4000
//! since 12
//! seconds 3
//! zh 2026-01-01 …
//! en …
//!
//! — jintan Az3grl…
//! ```

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp as Instant;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::note::Note;
use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;

use super::manifest::JournalLine;
use super::open::{Expected, Opened, open};
use super::{BackupError, Form, Identities, Stage, Subject, Teller};
use crate::cli::local::{rfc3339, shown};
use crate::process::clock::Deadline;
use crate::process::folder;
use crate::process::said::with_causes;
use crate::store::{Database, StoreError};

/// First line of a report.
const HEADING: &str = "sanheyi-drill/v1";
/// Folder of reports, beside the configuration.
const REPORTS: &str = "drills";
/// Where a backup is restored to for a drill, in the data folder.
const WORK: &str = "drill.part";
/// Longer than any drill takes.
const LONG: Duration = Duration::from_secs(366 * 24 * 3600);
/// Characters of a problem in a report: a note is short.
const PROBLEM: usize = 400;

/// What is drilled.
pub struct Drill {
    /// The backup.
    pub file: PathBuf,
    /// What opens it.
    pub identities: Identities,
    /// Whether it is held against the store that runs, and a report written; else it is only
    /// opened and proved.
    pub compare: bool,
}

/// What a drill came to; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Drilled {
    /// Whether everything held.
    pub held: bool,
    /// Whose backup it is.
    pub platform: String,
    /// When the drill was.
    pub at: Option<String>,
    /// The backup.
    pub file: PathBuf,
    /// When it was made.
    pub backup: Option<String>,
    /// Journals in it, every root of which was recomputed.
    pub journals: u64,
    /// Entries in them.
    pub entries: u64,
    /// Entries that the store has by now and the backup has not.
    pub since: u64,
    /// Seconds until it could have run.
    pub seconds: u64,
    /// What did not hold, or null.
    pub problem: Option<String>,
    /// The signed report, or null.
    pub report: Option<PathBuf>,
    /// The report in words.
    #[serde(skip)]
    pub words: [String; 2],
}

/// The folder of a drill goes when it ends.
struct Work(PathBuf, #[expect(dead_code, reason = "held until the drill ends")] File);

impl Work {
    fn begin(data: &Path) -> Result<Self, BackupError> {
        let work = data.join(WORK);
        folder::private(&work)?;
        let lock = folder::lock(&work).map_err(|_| BackupError::Busy)?;
        let inner = work.join("restored");
        // A drill that was killed has left its folder.
        match fs::remove_dir_all(&inner) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(BackupError::at(&inner)(error))
            }
            _ => Ok(Self(inner, lock)),
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Drills: restores, proves, compares, and writes the report.
///
/// # Errors
/// If it cannot be tried, or the report cannot be written. A backup that does not hold is an
/// answer.
pub async fn drill<F: Form>(
    form: &F,
    subject: &Subject,
    drill: &Drill,
    told: Teller<'_>,
) -> Result<Drilled, BackupError> {
    let (now, since) = (subject.clock.now(), Deadline::after(LONG));
    folder::private(&subject.data)?;
    let work = Work::begin(&subject.data)?;
    let key = Some(subject.key.verifying());
    let expected = Expected { platform: Some(subject.platform.clone()), key };
    let identities = &drill.identities;
    let opened = Box::pin(open(form, &drill.file, identities, &expected, &work.0, told)).await;
    let seconds = LONG.saturating_sub(since.left()).as_secs();
    let mut compared = Ok(0);
    if let (Ok(opened), true) = (&opened, drill.compare) {
        told(Stage::Compare, 0, 0);
        compared = compare(&subject.database, &opened.contents.journals).await?;
    }
    drop(work);
    let mut found = drilled(subject, drill, &opened, now, seconds);
    match compared {
        Ok(since) => found.since = since,
        Err(problem) => found.problem = found.problem.or(Some(problem)),
    }
    found.held = found.problem.is_none();
    found.words = words(&found, now, opened.as_ref().ok().map(|opened| opened.manifest.time));
    if let Ok(opened) = opened.as_ref().map(|opened| opened.manifest.time)
        && found.held
    {
        let store = subject.database.of(&subject.platform);
        let mut tx = store.begin("backup_verified").await?;
        // One that was made elsewhere has no row here.
        tx.backup_verified(&store, opened, now).await?;
        tx.commit().await?;
    }
    if drill.compare {
        found.report = Some(write(subject, &found, F::KIND.as_str(), now)?);
    }
    Ok(found)
}

fn drilled(
    subject: &Subject,
    drill: &Drill,
    opened: &Result<Opened, BackupError>,
    now: Timestamp,
    seconds: u64,
) -> Drilled {
    let manifest = opened.as_ref().ok().map(|opened| &opened.manifest);
    Drilled {
        held: false,
        platform: subject.platform.to_string(),
        at: rfc3339(now),
        file: drill.file.clone(),
        backup: manifest.and_then(|manifest| rfc3339(manifest.time)),
        journals: manifest.map_or(0, |manifest| manifest.journals),
        entries: manifest.map_or(0, |manifest| manifest.entries),
        since: 0,
        seconds,
        problem: opened.as_ref().err().map(|error| with_causes(error)),
        report: None,
        words: Default::default(),
    }
}

/// Each journal of the backup is the beginning of what the store has today: how many entries are
/// newer, or what is not so.
async fn compare(
    database: &Database,
    journals: &[JournalLine],
) -> Result<Result<u64, String>, StoreError> {
    let mut newer = 0;
    for JournalLine { platform, journal, size, root, .. } in journals {
        let store = database.of(platform);
        let Some(row) = store.journal_get(journal).await? else {
            return Ok(Err(format!(
                "{platform} {journal}: 现无此日志 / is not in the store today"
            )));
        };
        let same = row.head.size >= *size && store.root_at(row.number, *size).await? == *root;
        if !same {
            let now = row.head.size;
            return Ok(Err(format!(
                "{journal}: 备份 {size} 条不是现有 {now} 条的前缀 / the {size} entries of the backup are no prefix of the {now} of today"
            )));
        }
        newer += row.head.size - size;
    }
    Ok(Ok(newer))
}

fn words(found: &Drilled, now: Timestamp, made: Option<Timestamp>) -> [String; 2] {
    let (day, file) = (shown(now), found.file.file_name().unwrap_or_default().to_string_lossy());
    let platform = &found.platform;
    match (&found.problem, made) {
        (None, Some(made)) => {
            let Drilled { journals, entries, since, seconds, .. } = found;
            let made = shown(made);
            [
                format!(
                    "{day} 以备份 {file}（{made} 制作）演练恢复 {platform}：{journals} 个日志共 {entries} 条，各根均由字节重算一致，用时 {seconds} 秒；备份之后新增 {since} 条。"
                ),
                format!(
                    "On {day} {platform} was restored from {file} (made {made}) as a drill: {journals} journals with {entries} entries, every root recomputed from the bytes, in {seconds} s; {since} entries were written since."
                ),
            ]
        }
        (problem, _) => {
            let problem = problem.as_deref().unwrap_or_default();
            [
                format!("{day} 以备份 {file} 演练恢复 {platform} 未通过：{problem}"),
                format!("On {day} a drill restoring {platform} from {file} FAILED: {problem}"),
            ]
        }
    }
}

/// Writes the signed report under the day and time in Beijing; never over another.
fn write(
    subject: &Subject,
    found: &Drilled,
    kind: &str,
    now: Timestamp,
) -> Result<PathBuf, BackupError> {
    let outcome = if found.held { "held" } else { "failed" };
    let file = found.file.file_name().unwrap_or_default().to_string_lossy();
    let backup = found.backup.as_deref().unwrap_or("-");
    let line = |text: &str| -> String {
        let text: String = text.chars().map(|c| if c < ' ' { ' ' } else { c }).collect();
        text.chars().take(PROBLEM).collect()
    };
    let Drilled { journals, entries, since, seconds, words: [zh, en], .. } = found;
    let text = format!(
        "{HEADING}\nplatform {}\nkind {kind}\ntime {now}\nprogram {}\noutcome {outcome}\n\
         file {file}\nbackup {backup}\njournals {journals}\nentries {entries}\nsince {since}\n\
         seconds {seconds}\nzh {}\nen {}\n",
        subject.platform,
        env!("CARGO_PKG_VERSION"),
        line(zh),
        line(en),
    );
    let note = Note::sign(text, subject.platform.as_str(), &subject.key);
    let note = note.map_err(|error| BackupError::Manifest(error.to_string()))?.to_string();
    let folder = subject.config.with_file_name(REPORTS);
    fs::create_dir_all(&folder).map_err(BackupError::at(&folder))?;
    let (mut at, mut path) = (now, folder.join(name(now, &subject.platform)));
    while path.exists() {
        at = at.plus_micros(1_000_000);
        path = folder.join(name(at, &subject.platform));
    }
    let mut options = File::options();
    let written = options.write(true).create_new(true).open(&path).and_then(|mut file| {
        file.write_all(note.as_bytes())?;
        file.sync_all()
    });
    written.map_err(BackupError::at(&path))?;
    Ok(path)
}

fn name(at: Timestamp, platform: &PlatformId) -> String {
    let instant = Instant::from_microsecond(at.as_micros()).unwrap_or_default();
    format!("{platform}-{}.note", instant.strftime("%Y%m%dT%H%M%SZ"))
}
