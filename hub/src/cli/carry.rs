//! `carry`: files from districts behind one-way gates (网闸) are taken in and answered.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::cli::carry::files::{self, inspect, shown_text, size};
use sanheyi_node::cli::progress::Through;
use sanheyi_node::cli::table::grouped;
use sanheyi_node::cli::{Answer, DIFFERENT, OK};
use sanheyi_node::store::StoreError;
use serde::Serialize;

use super::{Listing, parts};
use crate::app::signing_key;
use crate::carry::{CarryFault, Ferry, Taken};
use crate::exchange::ExchangeParts;
use crate::store::{PRESENT, open, platform_list};

/// What `carry --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub carry show up.carry
  sanheyi-hub carry import up.carry --answer down.carry
  sanheyi-hub carry import up.carry up-2.carry up-3.carry --answer down.carry   一次导出的各文件，按序 · one export, in order

文件先整份核验（写者签名、收件平台、摘要），再接收、判定，然后写出答复，送回该平台导入。可与运行中的市级平台同时执行。
同一文件再次导入，结果不变，并再写一份答复；中途中断，重新导入即可。
A file is verified as a whole first (signature of its writer, recipient, digest), then taken in and judged; the answer goes
back to its platform. It may run beside the hub. The same file again changes nothing and is answered again; after an
interruption import it again.
退出码 · Exit codes: 0 正常 · all is well; 1 失败 · a file was refused; 2 已导入，但有条目被拒收或未能判定 · taken in, and pushes
were refused or could not be judged.";

#[derive(Debug, Subcommand)]
pub(crate) enum CarryCommand {
    /// 导入并写出答复 · Take files in, and write the answer
    Import(ImportArgs),
    /// 查看文件，不导入 · Show a file without taking it in
    Show(ShowArgs),
}

/// What `carry import` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    listing: Listing,
    /// 一次导出的文件，按序 · The files of one export, in order
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// 答复写入的文件，不覆盖已有文件 · Where the answer is written; a file that exists is never written over
    #[arg(long, value_name = "FILE")]
    answer: PathBuf,
    /// 答复至多的字节数，余下的随下次答复 · At most so many bytes in the answer; the rest comes with the next one
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = size)]
    bytes: u64,
}

/// What `carry show` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    listing: Listing,
    /// 摆渡文件 · The file
    file: PathBuf,
}

/// What was imported; these are the keys of `--json`.
#[derive(Serialize)]
struct ImportReport {
    files: Vec<ImportedFile>,
    /// The answer, or null: then the last file of the export is still to come.
    answer: Option<String>,
    /// Bytes of the answer before its manifest.
    answer_bytes: u64,
    /// Pushes that were refused, each with its sentence.
    refused: Vec<String>,
}

/// A file that was taken in.
#[derive(Serialize)]
struct ImportedFile {
    platform: String,
    number: String,
    part: u64,
    /// Whether it was taken in before.
    repeat: bool,
    pushes: u64,
    /// Whether all that was admitted has a verdict.
    judged: bool,
}

pub(crate) async fn carry(command: CarryCommand) -> anyhow::Result<Answer> {
    match command {
        CarryCommand::Import(args) => import(args).await,
        CarryCommand::Show(args) => show(args).await,
    }
}

async fn import(args: ImportArgs) -> anyhow::Result<Answer> {
    let config = args.listing.at.load()?;
    let database = open(&config.database(), &config.hub).await?;
    // A store that is being moved is not written.
    let present = database.share(PRESENT).await?.ok_or(StoreError::BeingCopied)?;
    let parts = parts(&config, &database)?;
    let outcome = play(&args, parts).await;
    present.release().await;
    database.close().await;
    let report = outcome?;
    let fine = report.refused.is_empty() && report.files.iter().all(|one| one.judged);
    let answer = Answer::report(&report, args.listing.json, text)?;
    Ok(Answer { code: if fine { OK } else { DIFFERENT }, ..answer })
}

async fn play(args: &ImportArgs, parts: ExchangeParts) -> anyhow::Result<ImportReport> {
    let mut ferry = Ferry::open(parts).await?;
    let (mut done, mut refused, mut last) = (Vec::new(), Vec::new(), None);
    for path in &args.files {
        let (file, length) = files::source(path)?;
        let file = Through::new(file, &format!("导入 import {}", path.display()), length);
        let mut taken = ferry.take(file, length).await?;
        refused.append(&mut taken.refused);
        done.push(imported(&taken));
        last = Some(taken);
    }
    let refused_told = refused.iter().map(Refusal::to_string).collect();
    let mut report =
        ImportReport { files: done, answer: None, answer_bytes: 0, refused: refused_told };
    let Some(taken) = last.filter(|taken| taken.greeted.is_some()) else { return Ok(report) };
    let sink = files::create(&args.answer).map_err(CarryFault::from)?;
    let sink = Through::new(sink, "答复 answer", 0);
    match ferry.answer(&taken, &refused, args.bytes, sink).await {
        Ok((manifest, sink)) => {
            files::settle(sink.into_inner())?;
            report.answer = Some(args.answer.display().to_string());
            report.answer_bytes = manifest.bytes;
            Ok(report)
        }
        Err(error) => {
            // Half an answer is none; what cannot be removed is refused by whoever reads it.
            let _ = std::fs::remove_file(&args.answer);
            Err(error.into())
        }
    }
}

fn imported(taken: &Taken) -> ImportedFile {
    let Taken { manifest, repeat, pushes, judged, .. } = taken;
    ImportedFile {
        platform: manifest.from.to_string(),
        number: manifest.number.to_string(),
        part: manifest.part,
        repeat: *repeat,
        pushes: *pushes,
        judged: *judged,
    }
}

fn text(report: &ImportReport) -> String {
    let mut text = String::new();
    for one in &report.files {
        let ImportedFile { platform, number, part, repeat, pushes, judged } = one;
        text.push_str(&format!("已导入 · imported {platform} {number} 第 {part} 个文件 part"));
        match repeat {
            true => text.push_str(" · 此前已导入，只重写答复 · was here before, answered again"),
            false => text.push_str(&format!(" · {} 次推送 pushes", grouped(*pushes))),
        }
        if !judged {
            text.push_str(" · 未能全部判定，见日志 · not all could be judged, see the log");
        }
        text.push('\n');
    }
    for one in &report.refused {
        text.push_str(&format!("  被拒收 refused: {one}\n"));
    }
    match &report.answer {
        Some(path) => text.push_str(&format!(
            "答复 · answer {path} · {} 字节 bytes，送回该平台 · carry it back\n",
            grouped(report.answer_bytes)
        )),
        None => text.push_str(
            "未写答复：同一次导出还有后续文件，请一并导入 · no answer: the export goes on in further files, import them as well\n",
        ),
    }
    text
}

async fn show(args: ShowArgs) -> anyhow::Result<Answer> {
    let (file, length) = files::source(&args.file)?;
    let (config, database) = args.listing.at.open().await?;
    let rows = platform_list(&database).await;
    database.close().await;
    let (rows, own) = (rows?, signing_key(&config.signing)?.verifying());
    let shown = inspect(file, length, |from| {
        let registered = rows.iter().find(|row| row.platform == *from).map(|row| row.key);
        if *from == config.hub { Some(own) } else { registered }
    })?;
    Answer::report(&shown, args.listing.json, shown_text)
}
