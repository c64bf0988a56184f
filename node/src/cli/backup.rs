//! `backup`: make one now, list, verify, drill. The hub's program has the same commands; what is
//! different of it, [`Form`] knows.

mod shown;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::progress::Progress;
use super::{Answer, At, DIFFERENT};
use crate::backup::{
    BackupError, Drill, Form, Identities, OfNode, Pace, Stage, Subject, Wish, drill, file_name,
    make, newest, there,
};
use crate::cli::local::rfc3339;
use crate::config::NodeConfig;
use crate::process::clock::SystemClock;
use crate::store::Database;
use shown::{ListedBackup, drilled_text, listed_text, made_text};

/// What `backup --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node backup                          立即备份，可在运行中执行 · back up now, beside the node that runs
  sanheyi-node backup --to /mnt/usb            备份到别处 · into another folder
  sanheyi-node backup list                     已有的备份 · what there is
  sanheyi-node backup drill --identity /media/key/backup.identity
                                               演练恢复并签名存档 · restore as a drill, with a signed report
  sanheyi-node backup verify FILE --identity KEY

备份用 age 加密，只有 [backup] recipients 中公钥的私钥能打开；没有公钥就不备份。文件中有存储、配置、密钥与证书，
和本平台签名的清单；每个日志的根由备份的字节重算一致才算完成。公用工具也能解开：
A backup is encrypted with age: only the private keys of [backup] recipients open it, and without recipients none is made.
It has the store, configuration, keys and certificates, and a manifest signed by the platform; it counts only when every
journal's root was recomputed from its bytes. Public tools open it, too:
  age -d -i backup.identity FILE | zstd -d | tar x
JSON: file, at, bytes, store_bytes, journals, entries, seconds, recipients, pruned, identity_here
  list    [file, at, bytes, entries, seconds, outcome (empty = good), verified, there]
  drill   held, platform, at, file, backup, journals, entries, since, seconds, problem, report
退出码 · Exit codes: 0 正常 · all is well; 1 失败，没有留下文件 · it failed and left no file; 2 备份或演练不符 · a backup did not hold.";

/// Backups.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct BackupArgs {
    /// Something else than making one.
    #[command(subcommand)]
    command: Option<BackupCommand>,
    #[command(flatten)]
    now: NowArgs,
}

/// Making one now.
#[derive(Clone, Debug, Args)]
pub struct NowArgs {
    /// Whose node it is.
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    how: HowArgs,
}

/// How one is made; the hub's program has the same.
#[derive(Clone, Debug, Args)]
pub struct HowArgs {
    /// 备份到此目录，代替配置中的目录；不清理旧备份 · Into this folder instead; nothing is pruned there
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// 每秒至多读取并打包的兆字节数，0 为不限 · Megabytes read and packed a second at most; 0 = no bound
    #[arg(long, value_name = "MB")]
    rate: Option<u64>,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What else can be done.
#[derive(Clone, Debug, Subcommand)]
enum BackupCommand {
    /// 列出备份 · List backups
    List(ListArgs),
    /// 打开一份备份并核验 · Open a backup and hold everything in it against its manifest
    Verify(VerifyArgs),
    /// 演练恢复，写出签名报告 · Restore as a drill, compare with today, write a signed report
    Drill(DrillArgs),
}

#[derive(Clone, Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    at: At,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
struct VerifyArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    what: VerifyWhat,
}

#[derive(Clone, Debug, Args)]
struct DrillArgs {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    what: DrillWhat,
}

/// Which backup is verified; the hub's program has the same.
#[derive(Clone, Debug, Args)]
pub struct VerifyWhat {
    /// 备份文件 · The backup
    file: PathBuf,
    /// 备份私钥文件（权限 600）· The private key of backups, a file of mode 600
    #[arg(long, value_name = "KEY")]
    identity: PathBuf,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Which backup is drilled; the hub's program has the same.
#[derive(Clone, Debug, Args)]
pub struct DrillWhat {
    /// 备份文件，newest 为最新一份 · The backup, or newest
    #[arg(long, value_name = "FILE", default_value = "newest")]
    from: PathBuf,
    /// 备份私钥文件（权限 600）· The private key of backups, a file of mode 600
    #[arg(long, value_name = "KEY")]
    identity: PathBuf,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Carries out a command of a node.
///
/// # Errors
/// See [`BackupError`]; then there is no file.
pub async fn backup(args: &BackupArgs) -> anyhow::Result<Answer> {
    match &args.command {
        None => {
            let subject = subject(&args.now.at).await?;
            closed(&subject, now(&OfNode, &subject, &args.now.how).await).await
        }
        Some(BackupCommand::List(args)) => {
            let subject = subject(&args.at).await?;
            closed(&subject, list(&subject, args.json).await).await
        }
        Some(BackupCommand::Verify(args)) => {
            let subject = subject(&args.at).await?;
            closed(&subject, verify(&OfNode, &subject, &args.what).await).await
        }
        Some(BackupCommand::Drill(args)) => {
            let subject = subject(&args.at).await?;
            closed(&subject, practise(&OfNode, &subject, &args.what).await).await
        }
    }
}

/// Closes the store that a command had open.
pub async fn closed<T>(subject: &Subject, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
    subject.database.close().await;
    outcome
}

async fn subject(at: &At) -> anyhow::Result<Subject> {
    let config = NodeConfig::load(&at.config)?;
    // A folder without a store is told so, and gets none by being backed up.
    Database::open_read_only(config.database()).await?.close().await;
    let database = Database::open(config.database(), &[]).await?;
    Ok(OfNode::subject(&config, database, Arc::new(SystemClock))?)
}

/// Makes a backup now.
///
/// # Errors
/// See [`BackupError`].
pub async fn now<F: Form>(form: &F, subject: &Subject, how: &HowArgs) -> anyhow::Result<Answer> {
    let pace =
        how.rate.map(|rate| Pace { bytes_per_second: rate.saturating_mul(1_000_000), room: None });
    let wish = Wish { to: how.to.clone(), pace };
    let mut bar = Bar::new();
    let made = make(form, subject, &wish, &mut |stage, done, of| bar.tell(stage, done, of)).await;
    bar.end();
    Answer::report(&made?, how.json, made_text)
}

/// Lists what was made and tried, and what lies in the folder.
///
/// # Errors
/// Of the store or the folder.
pub async fn list(subject: &Subject, json: bool) -> anyhow::Result<Answer> {
    let store = subject.database.of(&subject.platform);
    let folder = &subject.settings.folder;
    let mut listed: Vec<ListedBackup> = store
        .backup_list(LISTED)
        .await?
        .into_iter()
        .map(|row| ListedBackup {
            there: Path::new(&row.file).is_file(),
            at: rfc3339(row.at),
            verified: rfc3339(row.verified),
            file: row.file,
            bytes: row.bytes,
            entries: Some(row.entries),
            seconds: Some(row.seconds),
            outcome: Some(row.outcome),
        })
        .collect();
    // Files that this store does not know of: made before a restore, or brought here.
    for time in there(folder, &subject.platform)?.into_iter().rev() {
        let path = folder.join(file_name(&subject.platform, time));
        let file = path.display().to_string();
        if listed.iter().all(|one| one.file != file) {
            let bytes = std::fs::metadata(&path).map_or(0, |facts| facts.len());
            let (at, there) = (rfc3339(time), true);
            let (entries, seconds, outcome, verified) = (None, None, None, None);
            listed.push(ListedBackup {
                file,
                at,
                bytes,
                entries,
                seconds,
                outcome,
                verified,
                there,
            });
        }
    }
    listed.sort_by(|one, other| other.at.cmp(&one.at));
    Answer::report(&listed, json, |listed| listed_text(listed))
}

/// Rows listed: a year of nights.
const LISTED: u64 = 400;

/// Opens a backup and holds everything in it against its manifest.
///
/// # Errors
/// If it cannot be tried. A backup that does not hold is an answer.
pub async fn verify<F: Form>(
    form: &F,
    subject: &Subject,
    what: &VerifyWhat,
) -> anyhow::Result<Answer> {
    let identities = Identities::read(&what.identity)?;
    let wish = Drill { file: what.file.clone(), identities, compare: false };
    held(form, subject, &wish, what.json).await
}

/// Restores as a drill.
///
/// # Errors
/// As [`verify`].
pub async fn practise<F: Form>(
    form: &F,
    subject: &Subject,
    what: &DrillWhat,
) -> anyhow::Result<Answer> {
    let identities = Identities::read(&what.identity)?;
    let file = match what.from.to_str() {
        Some("newest") => newest(&subject.settings.folder, &subject.platform)?,
        _ => what.from.clone(),
    };
    held(form, subject, &Drill { file, identities, compare: true }, what.json).await
}

async fn held<F: Form>(
    form: &F,
    subject: &Subject,
    wish: &Drill,
    json: bool,
) -> anyhow::Result<Answer> {
    let mut bar = Bar::new();
    let found = drill(form, subject, wish, &mut |stage, done, of| bar.tell(stage, done, of)).await;
    bar.end();
    let found = found?;
    let answer = Answer::report(&found, json, drilled_text)?;
    Ok(if found.held { answer } else { Answer { code: DIFFERENT, ..answer } })
}

impl OfNode {
    /// Whom a node's backups are of.
    ///
    /// # Errors
    /// If its key cannot be read.
    pub fn subject(
        config: &NodeConfig,
        database: Database,
        clock: Arc<dyn crate::process::clock::Clock>,
    ) -> Result<Subject, BackupError> {
        Ok(Subject {
            platform: config.platform.clone(),
            hub: config.hub.clone(),
            key: config.read_signing_key()?,
            hub_key: config.keys.hub_key,
            database,
            data: config.data.clone(),
            config: config.file.clone(),
            places: Self::places(config),
            settings: config.backup.clone(),
            clock,
        })
    }
}

/// Tells whoever watches how far a backup or restore is.
#[derive(Default)]
pub struct Bar(Progress);

impl Bar {
    /// Nothing told yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// So much is done, of so much.
    pub fn tell(&mut self, stage: Stage, done: u64, of: u64) {
        let what = match stage {
            Stage::Copy => "复制存储 copy",
            Stage::Prove => "重算各根 prove",
            Stage::Pack => "压缩加密 pack",
            Stage::Unpack => "解密 unpack",
            Stage::Compare => "比对 compare",
        };
        self.0.tell(what, done, of);
    }

    /// Takes the bar away.
    pub fn end(self) {
        drop(self.0);
    }
}
