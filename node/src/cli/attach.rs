//! `attach`: files (附件) that records name. A file is put on the node's shelf before the record that
//! names it is handed in; from there it goes to the hub by itself, behind its record.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::suite::Digest;
use serde::Serialize;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::table::{Align, Table, grouped};
use super::{Answer, Listing, closed, local};
use crate::branch::attachment::get as piece;
use crate::config::NodeConfig;
use crate::gateway::files::{attach as put, scan};
use crate::store::{AttachmentRow, DueRow, DueState, Store, StoreError, Way};

/// What `attach --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node attach 申请表.pdf                     入库并打印附件字段 · store it, print what a record says of it
  sanheyi-node attach scan.bin --media-type image/tiff --name 扫描件.tif
  sanheyi-node attach list                          本级所存、所缺与去向 · what is here, what is missing, how far it went
  sanheyi-node attach get DIGEST --out 申请表.pdf    取出一个附件 · write one to a file

先入库，再报送引用它的记录；随后自动续传至市级，断线后从断点继续。
Store the file, then hand in the record that names it: it goes to the hub by itself, and goes on where
a line was cut. 类型按内容核对，程序与脚本不予接收。 Types are held against the bytes; programs and
scripts are refused. 单个附件至多 4 GiB。 A file has at most 4 GiB.

JSON: name, sha256, bytes, mediaType (as in a record)
  list      [sha256, bytes, media_type, pieces, held, whole, stored,
            named [way (up, down), dataset, record, revision, state (absent, here, passed, refused), why]]";

/// Files read at a time.
const PAGE: u64 = 256;
/// Most files in a listing, of those that are here and of those that are not.
const MOST: usize = 10_000;

/// What is done with files.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct AttachArgs {
    /// 要入库的文件 · The file to store
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// 文件类型，缺省按文件名后缀 · Its type; else as the ending of its name says
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    pub media_type: Option<String>,
    /// 记录中所写的名称，缺省为文件名 · Its name in the record; else that of the file
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Whose node it is, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// Something else than storing one.
    #[command(subcommand)]
    pub command: Option<AttachCommand>,
}

/// What else is done with files.
#[derive(Clone, Debug, Subcommand)]
pub enum AttachCommand {
    /// 列出附件：本级所存、所缺与去向 · List files: what is here, what is missing, how far it went
    List(Listing),
    /// 取出一个附件 · Write one to a file
    Get(GetArgs),
}

/// Which file, and where to.
#[derive(Clone, Debug, Args)]
pub struct GetArgs {
    /// 摘要值，64 位十六进制 · Its SHA-256 in hex
    #[arg(value_name = "DIGEST")]
    pub digest: String,
    /// 写入的文件，不得已存在 · The file to write; it must not be there
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Whose node it is, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
}

/// A file as a record says it; these are the keys of the JSON.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachedFile {
    /// Its name.
    pub name: String,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// Its size in bytes; as text, as a record in JSON has it.
    pub bytes: String,
    /// Its type and subtype.
    pub media_type: String,
}

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct ListedFile {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Type and subtype.
    pub media_type: String,
    /// How many pieces it has.
    pub pieces: u64,
    /// How many of them are here.
    pub held: u64,
    /// Whether it is here, with its digest.
    pub whole: bool,
    /// When it became whole, or was begun; null where nothing is here.
    pub stored: Option<String>,
    /// Which entries name it.
    pub named: Vec<NamedBy>,
}

/// The entry that named a file last.
#[derive(Clone, Debug, Serialize)]
pub struct NamedBy {
    /// `up` or `down`.
    pub way: &'static str,
    /// Dataset.
    pub dataset: String,
    /// Record.
    pub record: String,
    /// Revision.
    pub revision: u64,
    /// `absent`, `here`, `passed` or `refused`.
    pub state: &'static str,
    /// Why it was refused; else empty.
    pub why: String,
}

/// Stores a file, lists files, or writes one out.
///
/// # Errors
/// If the file is not taken, or the store cannot be read.
pub async fn attach(args: &AttachArgs) -> anyhow::Result<Answer> {
    match (&args.command, &args.file) {
        (Some(AttachCommand::List(listing)), _) => {
            let (_, store) = listing.at.open().await?;
            let files = closed(&store, listed(&store).await).await?;
            Answer::report(&files, listing.json, |files| text(files))
        }
        (Some(AttachCommand::Get(args)), _) => {
            let (_, store) = args.listing.at.open().await?;
            let written = write_out(&store, args).await;
            store.database().close().await;
            written
        }
        (None, Some(file)) => {
            let config = NodeConfig::load(&args.listing.at.config)?;
            let (media_type, name) = (args.media_type.as_deref(), args.name.as_deref());
            store_at(&config.socket(), file, media_type, name).await
        }
        (None, None) => bail!("请给出要入库的文件 · name the file to store"),
    }
}

/// Stores a file through the process that listens at `socket`: a node, or a hub's desk.
///
/// # Errors
/// If the file is not taken.
pub async fn store_at(
    socket: &Path,
    file: &Path,
    media_type: Option<&str>,
    name: Option<&str>,
) -> anyhow::Result<Answer> {
    let found = scan(file, media_type).await?;
    let of_file = || file.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.map(str::to_owned).or_else(of_file).unwrap_or_default();
    put(socket, file, &found).await?;
    let said = AttachedFile {
        name,
        sha256: found.digest.to_string(),
        bytes: found.bytes.to_string(),
        media_type: found.media_type,
    };
    // It is made to be pasted into a record, so it is JSON either way.
    Answer::report(&said, true, |_| String::new())
}

/// The files of a store, and those that are named and not there; of each at most 10,000.
///
/// # Errors
/// If the store cannot be read.
pub async fn listed(store: &Store) -> Result<Vec<ListedFile>, StoreError> {
    let mut files = Vec::new();
    let mut after = None;
    while files.len() < MOST {
        let rows = store.attachment_list(after.as_ref(), PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.file.digest);
        for row in rows {
            let named = store.due_get(&row.file.digest).await?;
            files.push(shown(&row, named));
        }
    }
    let mut missing = Vec::new();
    for way in [Way::Up, Way::Down] {
        let mut after = None;
        while missing.len() < MOST {
            let rows = store.due_list(way, DueState::Absent, after.as_ref(), PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.file.digest);
            missing.extend(rows);
        }
    }
    let mut known: BTreeSet<_> = files.iter().map(|file| file.sha256.clone()).collect();
    for due in missing {
        if known.insert(due.file.digest.to_string()) {
            let (file, held, whole) = (due.file.clone(), 0, false);
            let row = AttachmentRow { file, held, whole, stored: <_>::default() };
            files.push(shown(&row, vec![due]));
        }
    }
    Ok(files)
}

fn shown(row: &AttachmentRow, named: Vec<DueRow>) -> ListedFile {
    ListedFile {
        sha256: row.file.digest.to_string(),
        bytes: row.file.bytes,
        media_type: row.file.media_type.clone(),
        pieces: row.file.pieces(),
        held: row.held,
        whole: row.whole,
        stored: local::rfc3339(row.stored),
        named: named.into_iter().map(by).collect(),
    }
}

fn by(due: DueRow) -> NamedBy {
    let way = match due.way {
        Way::Up => "up",
        Way::Down => "down",
    };
    let DueRow { dataset, record, revision, why, .. } = due;
    NamedBy { way, dataset, record, revision, state: due.state.as_str(), why }
}

/// The listing for a person.
pub fn text(files: &[ListedFile]) -> String {
    let mut table = Table::new(&[
        ("摘要 DIGEST", Align::Left),
        ("字节 BYTES", Align::Right),
        ("类型 TYPE", Align::Left),
        ("已有 HELD", Align::Right),
        ("状态 STATE", Align::Left),
        ("引用 NAMED BY", Align::Left),
    ]);
    for file in files {
        let named = file.named.first();
        let state = named.map_or("未被引用 not named", |one| said(one.way, one.state));
        let held = match file.whole {
            true => "100%".to_owned(),
            false => format!("{}/{}", file.held, file.pieces),
        };
        let by = named.map(|one| format!("{} {} r{}", one.dataset, one.record, one.revision));
        table.row([
            file.sha256.clone(),
            grouped(file.bytes),
            file.media_type.clone(),
            held,
            state.to_owned(),
            by.unwrap_or_default(),
        ]);
    }
    let mut text = table.render();
    for one in files.iter().flat_map(|file| &file.named).filter(|one| !one.why.is_empty()) {
        text.push_str(&format!("{} {}: {}\n", one.dataset, one.record, one.why));
    }
    text
}

fn said(way: &str, state: &str) -> &'static str {
    match (way, state) {
        ("up", "absent") => "缺文件，请入库 missing: attach it",
        ("up", "here") => "待传 to be sent",
        (_, "passed") => "市级已存 at the hub",
        (_, "refused") => "被拒 refused",
        (_, "absent") => "待取 to be fetched",
        _ => "在库 here",
    }
}

async fn write_out(store: &Store, args: &GetArgs) -> anyhow::Result<Answer> {
    let digest: Digest = args.digest.parse().context("摘要值 · the digest")?;
    let row = store.attachment_get(&digest).await?.filter(|row| row.whole);
    let Some(row) = row else {
        bail!("本级没有完整的附件 {digest} · the file {digest} is not here whole");
    };
    let out = args.out.display().to_string();
    let mut file = File::create_new(&args.out).await.with_context(|| out.clone())?;
    for number in 0..row.file.pieces() {
        let piece = piece(store, &digest, number).await?;
        file.write_all(&piece).await.with_context(|| out.clone())?;
    }
    file.sync_all().await.with_context(|| out.clone())?;
    let bytes = grouped(row.file.bytes);
    Ok(Answer::ok(format!("已写入 {out}，{bytes} 字节 · {bytes} bytes written\n")))
}
