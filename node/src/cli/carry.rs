//! `carry`: exchange by files, where a one-way gate (网闸) lets no line through.

pub mod files;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::link::Refusal;
use serde::Serialize;

use self::files::{OneByOne, Shown, inspect, shown_text, size};
use super::progress::Through;
use super::table::grouped;
use super::{Answer, At, DIFFERENT, Listing};
use crate::branch::{Branch, BranchConfig};
use crate::config::NodeConfig;
use crate::process::clock::SystemClock;
use crate::process::entropy::OsEntropy;
use crate::process::folder::{self, FolderError};
use crate::store::{Database, StoreError};
use crate::uplink::carry::{Carrier, CarryFault, Exported, Imported, Wish};

/// What `carry --help` ends with.
pub const HELP: &str = "\
一个来回 · A round trip:
  sanheyi-node carry export --to up.carry                    1 区县：导出 · the district exports
  （经网闸或介质送往市级 · carried through the gate）
  sanheyi-hub carry import up.carry --answer down.carry      2 市级：导入并写出答复 · the hub takes in, answers
  （送回区县 · carried back）
  sanheyi-node carry import down.carry                       3 区县：导入答复 · the district takes the answer in

首次先走一个来回取得授权，其后每次导出都带上市级尚未确认的条目。文件丢失无妨，重新导出即可；同一文件导入多次，
结果不变。恢复自备份的机器，首次导出请加 --greet-only。文件有签名、未加密，须存放在加密介质上。
The first round trip brings the grant; from then on every export carries what the hub has not acknowledged. A file that
is lost costs nothing: export again. The same file imported again changes nothing. A machine that was restored from a
backup exports with --greet-only first. Files are signed, not encrypted: carry them on an encrypted medium.
可与运行中的节点同时执行；线路与文件轮流使用，线路问候之后，先前的文件即作废。
It may run beside the node. A line and files take turns: a Greet on the line makes earlier files stale.
退出码 · Exit codes: 0 正常 · all is well; 1 失败，未采用 · nothing was taken in; 2 已导入，但有条目被拒收 · taken in, and the
hub had refused pushes.";

/// Exchange by files.
#[derive(Clone, Debug, Subcommand)]
pub enum CarryCommand {
    /// 导出给市级的文件 · Write the file for the hub
    Export(ExportArgs),
    /// 导入市级的答复 · Take in the hub's answer
    Import(FileArgs),
    /// 查看文件，不导入 · Show a file without taking it in
    Show(FileArgs),
}

/// What `carry export` is told.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// Whose node it is, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// 写入的文件，不覆盖已有文件 · The file to write; one that exists is never written over
    #[arg(long = "to", value_name = "FILE")]
    pub to: PathBuf,
    /// 每个文件至多的字节数，超出则续写 FILE-2 等 · Bytes of a file at most; more goes into FILE-2
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    pub bytes: u64,
    /// 只问候，不带条目（恢复自备份后首次导出）· Only the Greet: first, after a restore from a backup
    #[arg(long)]
    pub greet_only: bool,
}

/// A file.
#[derive(Clone, Debug, Args)]
pub struct FileArgs {
    /// Whose node it is, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// 摆渡文件 · The file
    pub file: PathBuf,
}

/// What was exported; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
struct ExportReport {
    /// The files, in the order in which they are to be imported.
    files: Vec<ExportedFile>,
    /// Entries in them.
    entries: u64,
}

/// A file that was written.
#[derive(Clone, Debug, Serialize)]
struct ExportedFile {
    file: String,
    number: String,
    part: u64,
    items: u64,
    bytes: u64,
}

/// What was imported; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
struct ImportReport {
    number: String,
    /// The file that was answered.
    answers: Option<String>,
    journals: Vec<JournalLine>,
    copies: Vec<CopyLine>,
    /// Pushes that the hub refused, each with its sentence.
    refused: Vec<String>,
}

/// An own journal.
#[derive(Clone, Debug, Serialize)]
struct JournalLine {
    journal: String,
    /// Size of the hub's copy.
    acknowledged: u64,
    agrees: bool,
    /// Size after the hub's copy became the prefix, or null.
    adopted: Option<u64>,
}

/// A copy of a journal of the hub.
#[derive(Clone, Debug, Serialize)]
struct CopyLine {
    journal: String,
    size: u64,
}

/// Carries out a command.
///
/// # Errors
/// If a file cannot be read or written, or is refused; nothing was taken in then.
pub async fn carry(command: &CarryCommand) -> anyhow::Result<Answer> {
    match command {
        CarryCommand::Export(args) => export(args).await,
        CarryCommand::Import(args) => import(args).await,
        CarryCommand::Show(args) => show(args),
    }
}

/// A branch at hand, and who carries for it.
struct Ground {
    database: Database,
    carrier: Carrier,
    config: NodeConfig,
}

impl Ground {
    async fn open(at: &At) -> anyhow::Result<Self> {
        let config = NodeConfig::load(&at.config)?;
        let key = config.read_signing_key()?;
        folder::private(&config.data)?;
        let database = Database::open(config.database(), &[]).await?;
        let carrier = Carrier {
            store: database.of(&config.platform),
            hub: config.hub.clone(),
            key,
            hub_key: config.keys.hub_key,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        };
        Ok(Self { database, carrier, config })
    }

    /// Does something with the branch, if no node runs on it; else without.
    async fn beside<T>(
        &self,
        work: impl AsyncFnOnce(Option<&Branch>) -> Result<T, CarryFault>,
    ) -> anyhow::Result<T> {
        let done = match folder::lock(&self.config.data) {
            Ok(_lock) => {
                let Carrier { store, hub, clock, entropy, .. } = &self.carrier;
                let config = BranchConfig { platform: store.platform().clone(), hub: hub.clone() };
                let (time, chance) = (Arc::clone(clock), Arc::clone(entropy));
                let (branch, writer) = Branch::open(config, store.clone(), time, chance).await?;
                tokio::select! {
                    done = work(Some(&branch)) => done,
                    ended = writer => Err(gone(ended)),
                }
            }
            Err(FolderError::InUse { .. }) => work(None).await,
            Err(error) => return Err(error.into()),
        };
        self.database.close().await;
        Ok(done?)
    }
}

/// The writer ended although somebody still has the branch.
fn gone(ended: Result<(), StoreError>) -> CarryFault {
    let contradiction = || StoreError::contradiction("journal", "writer", "branch", "has ended");
    ended.err().unwrap_or_else(contradiction).into()
}

async fn export(args: &ExportArgs) -> anyhow::Result<Answer> {
    let ground = Ground::open(&args.listing.at).await?;
    let mut medium = OneByOne::new(&args.to);
    let wish = Wish { bytes: args.bytes, entries: !args.greet_only };
    let carrier = &ground.carrier;
    // Opening the branch once makes its journals, where the node was never started.
    let done = ground.beside(async |_| carrier.export(wish, &mut medium).await).await;
    let Exported { files, entries } = match done {
        Ok(exported) => exported,
        Err(error) => {
            medium.discard();
            return Err(error);
        }
    };
    let paths = medium.paths();
    let files = files.iter().zip(paths).map(|(manifest, path)| ExportedFile {
        file: path.display().to_string(),
        number: manifest.number.to_string(),
        part: manifest.part,
        items: manifest.items,
        bytes: manifest.bytes,
    });
    let report = ExportReport { files: files.collect(), entries };
    Answer::report(&report, args.listing.json, exported_text)
}

fn exported_text(report: &ExportReport) -> String {
    let mut text = format!("已导出 · exported {} 条 entries\n", grouped(report.entries));
    for one in &report.files {
        let bytes = grouped(one.bytes);
        text.push_str(&format!("  {} · {bytes} 字节 bytes · {}\n", one.file, one.number));
    }
    text.push_str("接着 · next: sanheyi-hub carry import …（按此顺序 · in this order）\n");
    text
}

async fn import(args: &FileArgs) -> anyhow::Result<Answer> {
    let (file, length) = files::source(&args.file)?;
    let file = Through::new(file, "导入 import", length);
    let ground = Ground::open(&args.listing.at).await?;
    let carrier = &ground.carrier;
    let imported = ground
        .beside(async |branch: Option<&Branch>| carrier.import(file, length, branch).await)
        .await?;
    let report = report(imported);
    let code = if report.refused.is_empty() { super::OK } else { DIFFERENT };
    let answer = Answer::report(&report, args.listing.json, imported_text)?;
    Ok(Answer { code, ..answer })
}

fn report(imported: Imported) -> ImportReport {
    let Imported { manifest, journals, copies, refused, .. } = imported;
    let journals = journals.into_iter().map(|one| JournalLine {
        journal: one.journal.to_string(),
        acknowledged: one.durable,
        agrees: one.agrees,
        adopted: one.adopted,
    });
    let copies = copies.into_iter();
    ImportReport {
        number: manifest.number.to_string(),
        answers: manifest.answers.map(|id| id.to_string()),
        journals: journals.collect(),
        copies: copies.map(|(id, size)| CopyLine { journal: id.to_string(), size }).collect(),
        refused: refused.iter().map(Refusal::to_string).collect(),
    }
}

fn imported_text(report: &ImportReport) -> String {
    let mut text = String::from("已导入 · imported\n");
    for one in &report.journals {
        let size = grouped(one.acknowledged);
        let state = match (one.agrees, one.adopted) {
            (true, _) => "一致 agrees".to_owned(),
            (false, Some(size)) => {
                let size = grouped(size);
                format!("已以市级所存为前缀，现有 {size} 条，请再走一个来回 · the hub's copy is the prefix now, {size} entries: one more round trip")
            }
            (false, None) => "与市级所存不一致，请再走一个来回，答复将带来市级所存 · differs from the hub's copy, which the next round trip brings".to_owned(),
        };
        text.push_str(&format!("  {} · 市级已存 at the hub {size} · {state}\n", one.journal));
    }
    for one in &report.copies {
        text.push_str(&format!("  {} · {}\n", one.journal, grouped(one.size)));
    }
    for one in &report.refused {
        text.push_str(&format!("  被拒收 refused: {one}\n"));
    }
    text
}

fn show(args: &FileArgs) -> anyhow::Result<Answer> {
    let config = NodeConfig::load(&args.listing.at.config)?;
    let (file, length) = files::source(&args.file)?;
    let own = config.read_signing_key()?.verifying();
    let shown: Shown = inspect(file, length, |from| {
        let known = [(&config.platform, own), (&config.hub, config.keys.hub_key)];
        known.into_iter().find(|(platform, _)| *platform == from).map(|(_, key)| key)
    })?;
    Answer::report(&shown, args.listing.json, shown_text)
}
