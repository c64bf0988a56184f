//! The main job, from one command: a hub and three nodes as processes of their own, a year of
//! cases, a line that is cut, a foreign vendor's client with faulty records; and at the end every
//! root computed again from the bytes in both stores.
//!
//! Nothing here goes round the product: the parties are the same programs with the same
//! configuration files, records enter through the nodes' intake, the report reads what `status` and
//! `verify` read.

mod faults;
mod foreign;
mod items;
mod line;
mod parties;
mod report;
mod say;
mod writer;
mod year;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use futures_util::future::try_join_all;
use indicatif::MultiProgress;
use sanheyi_node::process::clock::{Clock, SystemClock};
use sanheyi_node::process::lifecycle::Shutdown;

use parties::{Federation, Folder};
use say::say;
use writer::Writer;
pub use year::{District, Plan, Written, districts, publication, year};

/// Days of the year during which one district's line is cut, counted from 1 January.
const CUT: std::ops::Range<i16> = 130..230;
/// The district whose line is cut.
const CUT_OFF: &str = "liyang";
/// Cases a day of a short year.
const SHORT: u32 = 6;

/// What `demo` can be told.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// 报告后即结束 · end after the report instead of keeping the federation up
    #[arg(long)]
    pub once: bool,
    /// 小规模的一年 · a small year: six cases a day
    #[arg(long)]
    pub short: bool,
    /// 平均每个工作日每区的办件数 · cases on a working day of an average district
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub cases_per_day: u32,
    /// 随机种子 · the same seed gives the same year
    #[arg(long, default_value_t = 2010)]
    pub seed: u64,
    /// 保留在此目录（须不存在）· keep everything in this folder, which must not exist
    #[arg(long)]
    pub folder: Option<PathBuf>,
}

/// Runs the main job; answers whether everything agrees.
///
/// # Errors
/// If a party cannot be started or dies, or the federation does not catch up in time.
pub async fn run(args: DemoArgs, shutdown: Shutdown) -> anyhow::Result<bool> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut folder = Folder::make(args.folder.as_deref())?;
    say(&format!("联邦目录 · federation in {}", folder.path().display()));
    let federation = Federation::start(folder.path(), Arc::clone(&clock)).await?;
    let outcome = tokio::select! {
        agreed = live(&args, &federation, clock.as_ref(), &shutdown) => agreed,
        died = federation.died() => Err(died),
        () = federation.carry() => Ok(false),
    };
    federation.stop().await;
    match outcome {
        Ok(true) => Ok(true),
        Ok(false) => {
            say(&format!("已保留 · kept in {}", folder.keep().display()));
            Ok(false)
        }
        Err(error) => {
            let kept = folder.keep();
            bail!("{error:#}\n各方日志 · the parties' logs are in {}", kept.display());
        }
    }
}

/// The year and its report; then, unless it was to be once, the federation as it stays up.
async fn live(
    args: &DemoArgs,
    federation: &Federation,
    clock: &dyn Clock,
    shutdown: &Shutdown,
) -> anyhow::Result<bool> {
    let began = clock.now();
    let agreed = tokio::select! {
        agreed = play(args, federation, clock) => agreed?,
        () = shutdown.soft_asked() => bail!("中断 · interrupted"),
    };
    let seconds = clock.now().micros_since(began) / 1_000_000;
    say(&format!("用时 {seconds} 秒 · took {seconds} s"));
    if !args.once {
        report::stay(federation);
        shutdown.soft_asked().await;
    }
    Ok(agreed)
}

async fn play(args: &DemoArgs, federation: &Federation, clock: &dyn Clock) -> anyhow::Result<bool> {
    let cases_per_day = if args.short { SHORT } else { args.cases_per_day };
    let bars = MultiProgress::new();
    let mut writers = Vec::new();
    for district in districts() {
        let plan = Plan { seed: args.seed, cases_per_day };
        let member = federation.member(&district.platform)?;
        writers.push(Writer::new(district, plan, member, &bars).await?);
    }
    let writing = try_join_all(writers.into_iter().map(Writer::write));
    let (written, answered) =
        tokio::try_join!(writing, foreign::play(federation.foreign(), clock))?;
    report::wait_until_caught_up(federation, &written, &bars, clock).await?;
    report::print(federation, &written, &answered).await
}
