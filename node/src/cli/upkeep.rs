//! `upkeep`: what keeps a store fit: which tasks there are, when each ran and is due, what each did
//! or would do.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::progress::Progress;
use super::table::{Align, Table, grouped};
use super::{Answer, At, FAILED, Listing, local};
use crate::config::NodeConfig;
use crate::process::clock::{Clock, SystemClock};
use crate::process::disk::SystemDisk;
use crate::store::{Database, StoreError, UpkeepRow};
use crate::upkeep::node::NodeEstate;
use crate::upkeep::room::{Level, Room};
use crate::upkeep::tasks::{DONE, Done, Estate, Orders, Task, Upkeep};

/// What `upkeep --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … upkeep status                    各项维护：上次、结果、下次 · each task: when it ran, what came of it, when it is due
  … upkeep run --dry-run             只说明会做什么 · only say what would be done
  … upkeep run                       现在就做全部 · do all of it now
  … upkeep run --task merge --json

任务 · Tasks: merge（合并小段）, files（清理已删除正文的附件）, uploads（清理未传完和无人引用的附件）, archive（审计归档）, tidy（整理数据库）。
可在运行时执行：每次事务都很小，随时可中断，重新执行即可。日志与检查点从不删除。
It may be done while the process runs: every transaction is small; interrupt it and run it again as you like. Journals and
checkpoints never go. 期限见配置的 [retention]。 The schedules stand in [retention] of the configuration.

JSON: platform, dry_run
  disk   total_bytes, free_bytes, refuse_free_bytes, level (enough, low, short, full); null: it cannot be looked at
  tasks  [task, title, last, outcome, next, rows, bytes]; with run: what was done now, or would be";

/// What is asked of upkeep.
#[derive(Debug, Subcommand)]
pub enum UpkeepCommand {
    /// 各项维护的上次、结果和下次 · When each task ran, what came of it, when it is due
    Status(Listing),
    /// 现在执行 · Do it now
    Run(RunArgs),
}

/// What is done now.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// Whose rows.
    #[command(flatten)]
    pub listing: Listing,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// How upkeep is run.
#[derive(Clone, Debug, Args)]
pub struct How {
    /// 只做这一项 · This task alone
    #[arg(long, value_name = "TASK", value_parser = task)]
    pub task: Option<Task>,
    /// 只说明会做什么 · Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// The report; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct UpkeepReport {
    /// Whose store it is.
    pub platform: String,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// The disk under it.
    pub disk: Option<DiskReport>,
    /// The tasks.
    pub tasks: Vec<TaskReport>,
}

/// A disk.
#[derive(Clone, Debug, Serialize)]
pub struct DiskReport {
    /// All of it.
    pub total_bytes: u64,
    /// What is free.
    pub free_bytes: u64,
    /// Below this nothing new is taken.
    pub refuse_free_bytes: u64,
    /// `enough`, `low`, `short` or `full`.
    pub level: &'static str,
}

/// A task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskReport {
    /// Its name.
    pub task: &'static str,
    /// What it does.
    pub title: &'static str,
    /// When it ran last, by RFC 3339; null: never.
    pub last: Option<String>,
    /// `done`, or why not; null: never.
    pub outcome: Option<String>,
    /// When it is due; null: at once.
    pub next: Option<String>,
    /// Segments fewer, files, or rows: of the last time, or of what would be done.
    pub rows: u64,
    /// Bytes that became free; of the archive, those of its files.
    pub bytes: u64,
}

fn task(text: &str) -> Result<Task, String> {
    Task::parse(text).ok_or_else(|| {
        let names: Vec<_> = Task::ALL.iter().map(|task| task.as_str()).collect();
        format!("应为以下之一 · must be one of: {}", names.join(", "))
    })
}

/// Shows or does upkeep of a node.
///
/// # Errors
/// If the store cannot be opened.
pub async fn upkeep(command: &UpkeepCommand) -> anyhow::Result<Answer> {
    match command {
        UpkeepCommand::Status(listing) => {
            let (config, store) = listing.at.open().await?;
            let found = status(&NodeEstate(store.clone()), &room(&config)).await;
            store.database().close().await;
            Answer::report(&found?, listing.json, text)
        }
        UpkeepCommand::Run(RunArgs { listing, how }) => {
            let (upkeep, database, config) = opened(&listing.at, how.dry_run).await?;
            let done = run(upkeep, &room(&config), how).await;
            database.close().await;
            answered(&done?, listing.json)
        }
    }
}

fn room(config: &NodeConfig) -> Room {
    Room::new(Arc::new(SystemDisk), config.data.clone(), config.disk, true)
}

async fn opened(
    at: &At,
    dry_run: bool,
) -> anyhow::Result<(Upkeep<NodeEstate>, Database, NodeConfig)> {
    let config = NodeConfig::load(&at.config)?;
    let key = config.read_signing_key()?;
    // Only what a node has made is kept: a mistyped folder does not become a store.
    let mut database = Database::open_read_only(config.database()).await?;
    if !dry_run {
        database.close().await;
        database = Database::open(config.database(), &[]).await?;
    }
    let orders = Orders {
        retention: config.retention,
        archive: config.archive(),
        key,
        clock: Arc::new(SystemClock),
    };
    let estate = NodeEstate(database.of(&config.platform));
    let upkeep = Upkeep::new(estate, orders)?;
    Ok((upkeep, database, config))
}

/// An answer whose exit code says whether every task ended well.
///
/// # Errors
/// If the report cannot be written as JSON.
pub fn answered(report: &UpkeepReport, json: bool) -> anyhow::Result<Answer> {
    let well = report.dry_run
        || report.tasks.iter().all(|one| one.outcome.as_deref().is_none_or(|said| said == DONE));
    let answer = Answer::report(report, json, text)?;
    Ok(if well { answer } else { Answer { code: FAILED, ..answer } })
}

/// Does the tasks, or says what they would do.
///
/// # Errors
/// If another process does upkeep, or of the store.
pub async fn run<E: Estate>(
    mut upkeep: Upkeep<E>,
    room: &Room,
    how: &How,
) -> anyhow::Result<UpkeepReport> {
    let chosen: Vec<_> =
        Task::ALL.into_iter().filter(|task| how.task.is_none_or(|one| one == *task)).collect();
    let (all, mut progress) = (chosen.len() as u64, Progress::new());
    let home = upkeep.home();
    let mut tasks = Vec::new();
    for (done, task) in (0..).zip(chosen) {
        progress.tell(&format!("{} {}", task.as_str(), task.title()), done, all);
        if how.dry_run {
            let last = home.upkeep_list().await?;
            let would = upkeep.look(task).await?;
            let last = last.iter().find(|row| row.task == task.as_str());
            let Done { rows, bytes } = would;
            tasks.push(TaskReport { rows, bytes, ..shown(task, last) });
        } else {
            tasks.push(shown(task, Some(&upkeep.run(task).await?)));
        }
    }
    let platform = home.platform().to_string();
    Ok(UpkeepReport { platform, dry_run: how.dry_run, disk: disk(room), tasks })
}

/// When each task ran, what came of it, when it is due.
///
/// # Errors
/// If the store cannot be read.
pub async fn status<E: Estate>(estate: &E, room: &Room) -> Result<UpkeepReport, StoreError> {
    let home = estate.home();
    let last = home.upkeep_list().await?;
    let of = |task: Task| shown(task, last.iter().find(|row| row.task == task.as_str()));
    let tasks = Task::ALL.into_iter().map(of).collect();
    let platform = home.platform().to_string();
    Ok(UpkeepReport { platform, dry_run: true, disk: disk(room), tasks })
}

fn shown(task: Task, last: Option<&UpkeepRow>) -> TaskReport {
    let now = SystemClock.now();
    TaskReport {
        task: task.as_str(),
        title: task.title(),
        last: last.and_then(|row| local::rfc3339(row.at)),
        outcome: last.map(|row| row.outcome.clone()),
        next: Some(task.next(last.map(|row| row.at)))
            .filter(|next| *next > now)
            .and_then(local::rfc3339),
        rows: last.map_or(0, |row| row.rows),
        bytes: last.map_or(0, |row| row.bytes),
    }
}

fn disk(room: &Room) -> Option<DiskReport> {
    let seen = room.look()?;
    let level = match seen.level {
        Level::Enough => "enough",
        Level::Low => "low",
        Level::Short => "short",
        Level::Full => "full",
    };
    Some(DiskReport {
        total_bytes: seen.space.total_bytes,
        free_bytes: seen.space.free_bytes,
        refuse_free_bytes: room.rules().refuse_free_bytes,
        level,
    })
}

/// For a person.
pub fn text(report: &UpkeepReport) -> String {
    let UpkeepReport { platform, dry_run, disk, tasks } = report;
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("任务 TASK", left),
        ("上次 LAST", left),
        ("结果 OUTCOME", left),
        ("下次 NEXT", left),
        ("条数 ROWS", right),
        ("字节 BYTES", right),
    ]);
    let time = |time: &Option<String>, none: &str| {
        time.as_deref().and_then(|time| time.get(..19)).unwrap_or(none).replace('T', " ")
    };
    for one in tasks {
        table.row([
            format!("{} {}", one.task, one.title),
            time(&one.last, "从未 never"),
            one.outcome.clone().unwrap_or_else(|| "–".to_owned()),
            time(&one.next, "随时 at once"),
            grouped(one.rows),
            grouped(one.bytes),
        ]);
    }
    let disk = disk.as_ref().map_or_else(
        || "磁盘无法查看 · the disk cannot be looked at\n".to_owned(),
        |disk| {
            format!(
                "磁盘 · disk: 剩余 free {} / {} 字节 bytes（{}；不足 {} 时不再接收 refuses below）\n",
                grouped(disk.free_bytes),
                grouped(disk.total_bytes),
                disk.level,
                grouped(disk.refuse_free_bytes)
            )
        },
    );
    let title = if *dry_run {
        "维护，未执行 · upkeep, nothing was done"
    } else {
        "维护 · upkeep"
    };
    format!("{title}: {platform}\n{disk}{}", table.render())
}
