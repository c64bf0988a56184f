//! The main job, from one command: a hub and three nodes as processes of their own, four tenants in
//! the hub, a year of cases, a line that is cut, a foreign vendor's client with faulty records;
//! then what goes down and across; and at the end every root computed again from the bytes in all
//! stores.
//!
//! Nothing here goes round the product: the parties are the same programs with the same
//! configuration files, records enter through the intake of each branch, the report reads what
//! `status` and `verify` read.

mod acts;
mod faults;
mod foreign;
mod items;
mod line;
#[cfg(test)]
mod model;
mod pace;
mod pages;
mod parties;
mod place;
mod refused;
mod report;
mod say;
mod writer;
mod year;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use futures_util::future::try_join_all;
use indicatif::MultiProgress;
use sanheyi_node::process::clock::{Clock, SystemClock};
use sanheyi_node::process::lifecycle::Shutdown;

use pace::Pace;
use parties::{Federation, Folder};
use report::Outcome;
use say::say;
use writer::Writer;
pub use year::{District, Plan, Written, districts, publication, tenants, year};

/// Days of the year during which one district's line is cut, counted from 1 January.
const CUT: std::ops::Range<i16> = 130..230;
/// The district whose line is cut.
const CUT_OFF: &str = "liyang";
/// What is said of it then.
const CUT_OFF_NAME: &str = "溧阳断线 Liyang cut off";
/// Cases a day of a short year.
const SHORT: u32 = 2;

/// What `demo` can be told.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// 报告后即结束 · end after the report instead of keeping the federation up
    #[arg(long)]
    pub once: bool,
    /// 小规模的一年 · a small year: two cases a day
    #[arg(long)]
    pub short: bool,
    /// 平均每个工作日每区的办件数 · cases on a working day of an average district
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub cases_per_day: u32,
    /// 随机种子 · the same seed gives the same year
    #[arg(long, default_value_t = 2010)]
    pub seed: u64,
    /// 保留在此目录（须不存在）· keep everything in this folder, which must not exist
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// 市级存储所在的空数据库 · an empty database for the hub's store: postgres://user@host/database?…
    #[arg(long, value_name = "ADDRESS")]
    pub store: Option<String>,
}

/// Runs the main job; answers whether everything agrees.
///
/// # Errors
/// If a party cannot be started or dies, or the federation does not catch up in time; also if it
/// was interrupted before its report.
pub async fn run(args: DemoArgs, shutdown: Shutdown) -> anyhow::Result<bool> {
    let store = args.store.as_deref();
    if let Some(text) = store {
        place::must_be_free(&place::server(text)?).await?;
    }
    let mut folder = Folder::make(args.folder.as_deref())?;
    let outcome = attempt(&args, folder.path(), &shutdown).await;
    if store.is_some() {
        say(
            "市级存储留在所给的数据库中，请自行删除 · the hub's store stays in the database that was given: drop it",
        );
    }
    match outcome {
        Ok(Some(true)) => Ok(true),
        Ok(Some(false)) => {
            say(&format!("已保留 · kept in {}", folder.keep().display()));
            Ok(false)
        }
        Ok(None) => bail!("中断，没有报告 · interrupted, without a report"),
        Err(error) => {
            let kept = folder.keep();
            bail!("{error:#}\n各方日志 · the parties' logs are in {}", kept.display());
        }
    }
}

/// Runs it in a folder; answers nothing if it was interrupted.
async fn attempt(
    args: &DemoArgs,
    folder: &Path,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<bool>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    say(&format!("联邦目录 · federation in {}", folder.display()));
    let federation = Federation::start(folder, args.store.as_deref(), Arc::clone(&clock)).await?;
    say(&format!("市级存储 · the hub's store: {}", federation.store.address()));
    let outcome = tokio::select! {
        agreed = live(args, &federation, clock.as_ref(), shutdown) => agreed,
        died = federation.died() => Err(died),
        () = federation.carry() => Ok(Some(false)),
    };
    federation.stop().await;
    outcome
}

/// The year and its report; then, unless it was to be once, the federation as it stays up.
async fn live(
    args: &DemoArgs,
    federation: &Federation,
    clock: &dyn Clock,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<bool>> {
    let began = clock.now();
    let agreed = tokio::select! {
        agreed = play(args, federation, clock) => agreed?,
        () = shutdown.soft_asked() => return Ok(None),
    };
    let seconds = clock.now().micros_since(began) / 1_000_000;
    say(&format!("用时 {seconds} 秒 · took {seconds} s"));
    if !args.once {
        report::stay(federation);
        pages::invite(federation).await?;
        shutdown.soft_asked().await;
    }
    Ok(Some(agreed))
}

async fn play(args: &DemoArgs, federation: &Federation, clock: &dyn Clock) -> anyhow::Result<bool> {
    let cases_per_day = if args.short { SHORT } else { args.cases_per_day };
    let plan = Plan { seed: args.seed, cases_per_day };
    let bars = MultiProgress::new();
    let all: Vec<District> = districts().into_iter().chain(tenants()).collect();
    let pace = Pace::new(all.len(), bars.clone());
    let mut writers = Vec::new();
    for district in all {
        writers.push(Writer::new(district, plan, federation, &pace).await?);
    }
    let writing = try_join_all(writers.into_iter().map(Writer::write));
    let (mut written, answered) =
        tokio::try_join!(writing, foreign::play(federation.foreign(), clock))?;
    report::wait_until_caught_up(federation, &written, &bars, clock).await?;
    let [tenant, ..] = tenants();
    let refused = refused::play(federation, &tenant).await?;
    for ledger in &mut written {
        ledger.weigh(federation.member(&ledger.platform)?);
    }
    say("下行与横向 · down and across …");
    let acts = acts::play(federation, &mut written, clock).await?;
    report::wait_until_answered(federation, &written, clock).await?;
    report::print(federation, &written, &Outcome { answered, refused, acts }).await
}
