//! `quarantine release` and `quarantine return`. Where a hub runs its gate does the work and the
//! command waits; where none runs the command lets the gate work itself.

use anyhow::{Context as _, bail};
use clap::Args;
use sanheyi_node::cli::progress::Progress as Teller;
use sanheyi_node::cli::{Answer, DIFFERENT, OK};
use sanheyi_node::gateway::socket;
use sanheyi_node::process::user;
use sanheyi_node::store::{Database, Lease, StoreError};
use serde::Serialize;

use super::super::{Listing, parts};
use super::Which;
use super::list::{Quarantined, entry_text, quarantined};
use crate::config::{CheckedConfig, DESK};
use crate::exchange::{Courier, Exchange, Gate, Workers};
use crate::quarantine::plan::{Outcome, WORKING_DAYS};
use crate::quarantine::{Act, Plan, Progress, Review, State, Who, WorkingDesk};
use crate::store::{PRESENT, open};

/// What `quarantine release` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    listing: Listing,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

/// What `quarantine return` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReturnArgs {
    #[command(flatten)]
    listing: Listing,
    #[command(flatten)]
    which: Which,
    /// 退回说明，报送平台可见，不得含个人信息 · What is to be corrected; the author reads it
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// 更正期限，工作日 · Working days that the author is given
    #[arg(long, value_name = "N", default_value_t = WORKING_DAYS)]
    days: u32,
    #[command(flatten)]
    how: How,
}

/// How it is done.
#[derive(Clone, Debug, Args)]
pub(crate) struct How {
    /// 只看会怎样，不写任何内容 · Say what it would do, and write nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// 确认处理多条 · Go on with more than one entry
    #[arg(long)]
    yes: bool,
}

/// What was, or would be, done; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct ReviewReport {
    /// `release` or `return`.
    act: &'static str,
    filter: String,
    dry_run: bool,
    /// Id of the review; null of a dry run, and where there is nothing to do.
    review: Option<String>,
    entries: u64,
    /// Whether more entries are left to another run.
    more: bool,
    /// What has come, or would come, of them.
    outcome: Outcomes,
    /// As planned, by rule.
    rules: Vec<RuleRow>,
    examples: Vec<Example>,
    /// Entries that the hub has still to come to.
    left: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Outcomes {
    accepted: u64,
    stays: u64,
    pending: u64,
    returned: u64,
    passed: u64,
}

#[derive(Debug, Serialize)]
struct RuleRow {
    rule: String,
    entries: u64,
    #[serde(flatten)]
    outcome: Outcomes,
}

#[derive(Debug, Serialize)]
struct Example {
    would_be: &'static str,
    #[serde(skip)]
    would_be_zh: &'static str,
    #[serde(flatten)]
    entry: Quarantined,
}

/// The desk over a store that a hub may be running on.
pub(super) struct Working {
    pub(super) config: CheckedConfig,
    pub(super) desk: WorkingDesk,
    database: Database,
    present: Lease,
    gates: Vec<Gate>,
    courier: Courier,
}

// === impl Working ===

impl Working {
    pub(super) async fn open(listing: &Listing) -> anyhow::Result<Self> {
        let config = listing.at.load()?;
        let database = open(&config.database(), &config.hub).await?;
        // A store that is being moved is not written.
        let present = database.share(PRESENT).await?.ok_or(StoreError::BeingCopied)?;
        let (exchange, workers) = Exchange::open(parts(&config, &database)?).await?;
        let Workers { gates, courier, .. } = workers;
        let desk = WorkingDesk::new(&exchange);
        Ok(Self { config, desk, database, present, gates, courier })
    }

    pub(super) async fn close(self) {
        self.present.release().await;
        self.database.close().await;
    }

    /// Has a review worked off, and waits for it.
    async fn finish(&mut self, review: &Review) -> Result<Progress, StoreError> {
        let runs = socket::answers(&self.config.data.join(DESK)).await;
        let mut teller = Teller::new();
        let mut told = |progress: &Progress| {
            teller.tell("复核 review", progress.done.total(), progress.entries);
        };
        let (desk, gates, courier) = (&self.desk, &mut self.gates, &mut self.courier);
        let work = async {
            if runs {
                return;
            }
            let of = gates.len();
            for platform in &review.platforms {
                for gate in gates.iter_mut().filter(|gate| gate.serves(platform, of)) {
                    gate.finish(platform).await;
                }
            }
            courier.finish().await;
        };
        let (progress, ()) = tokio::join!(desk.wait(review, &mut told), work);
        drop(teller);
        progress
    }
}

/// Who gives the command: the account of the machine.
pub(super) fn who(config: &CheckedConfig) -> anyhow::Result<Who> {
    let data = &config.data;
    let uid = user::uid(data).with_context(|| {
        format!("无法写入 {0} · cannot write {0}, as a hub's operator can", data.display())
    })?;
    Ok(Who { name: format!("cli:{uid}"), role: String::new() })
}

pub(super) async fn release(args: ReleaseArgs) -> anyhow::Result<Answer> {
    review(&args.listing, &args.which, &args.how, Act::Release).await
}

pub(super) async fn returned(args: ReturnArgs) -> anyhow::Result<Answer> {
    let act = Act::Return { note: args.note, days: args.days };
    review(&args.listing, &args.which, &args.how, act).await
}

async fn review(listing: &Listing, which: &Which, how: &How, act: Act) -> anyhow::Result<Answer> {
    let mut working = Working::open(listing).await?;
    let done = reviewed(&mut working, which, how, act).await;
    working.close().await;
    let report = done?;
    let code = if report.left == 0 { OK } else { DIFFERENT };
    Ok(Answer { code, ..Answer::report(&report, listing.json, text)? })
}

async fn reviewed(
    working: &mut Working,
    which: &Which,
    how: &How,
    act: Act,
) -> anyhow::Result<ReviewReport> {
    let plan = working.desk.plan(&act, &which.filter(State::Unsettled)).await?;
    let report = planned(&plan);
    if how.dry_run || plan.entries.is_empty() {
        return Ok(ReviewReport { dry_run: how.dry_run, ..report });
    }
    if plan.entries.len() > 1 && !how.yes {
        bail!(
            "将处理 {0} 条，先看 --dry-run，确认后加 --yes；没有写入任何内容 / {0} entries are meant: look at --dry-run, then give --yes; nothing was written",
            plan.entries.len()
        );
    }
    let who = who(&working.config)?;
    let review = working.desk.begin(&plan, &who).await?;
    let progress = working.finish(&review).await?;
    Ok(ReviewReport {
        review: Some(review.id.iter().map(|byte| format!("{byte:02x}")).collect()),
        entries: progress.entries,
        outcome: outcomes(&progress.done),
        left: progress.left(),
        ..report
    })
}

fn planned(plan: &Plan) -> ReviewReport {
    let rules = plan.rules.iter().map(|(rule, count)| RuleRow {
        rule: rule.clone(),
        entries: count.entries,
        outcome: outcomes(&count.outcome),
    });
    let examples = plan.examples.iter().map(|(item, what)| Example {
        would_be: what.en(),
        would_be_zh: what.zh(),
        entry: quarantined(item.clone()),
    });
    ReviewReport {
        act: plan.act.name(),
        filter: plan.filter.to_string(),
        dry_run: false,
        review: None,
        entries: plan.entries.len() as u64,
        more: plan.more,
        outcome: outcomes(&plan.outcome),
        rules: rules.collect(),
        examples: examples.collect(),
        left: 0,
    }
}

fn outcomes(outcome: &Outcome) -> Outcomes {
    let Outcome { accepted, stays, pending, returned, passed } = *outcome;
    Outcomes { accepted, stays, pending, returned, passed }
}

fn told(outcome: &Outcomes) -> String {
    let Outcomes { accepted, stays, pending, returned, passed } = outcome;
    let parts = [
        (accepted, "改判接受 accepted"),
        (stays, "仍隔离 stay"),
        (pending, "待判 pending"),
        (returned, "退回 returned"),
        (passed, "不处理 passed over"),
    ];
    let told = parts.iter().filter(|(count, _)| **count > 0);
    let told: Vec<_> = told.map(|(count, what)| format!("{count} {what}")).collect();
    if told.is_empty() { "没有条目 nothing".to_owned() } else { told.join("，") }
}

fn text(report: &ReviewReport) -> String {
    let act = if report.act == "release" { "放行复判 release" } else { "退回更正 return" };
    let dry =
        if report.dry_run { "（试行，未写入 · dry run, nothing written）" } else { "" };
    let mut text =
        format!("{act}{dry}：{} 条 entries · {}\n", report.entries, told(&report.outcome));
    for RuleRow { rule, entries, outcome } in &report.rules {
        text.push_str(&format!("  {rule}: {entries} · {}\n", told(outcome)));
    }
    if report.dry_run {
        for Example { would_be, would_be_zh, entry } in &report.examples {
            text.push_str(&format!("→ {would_be_zh} {would_be}: {}", entry_text(entry)));
        }
    }
    if report.more {
        text.push_str("另有条目超出一次的上限，请再次执行 · there are more: give it again\n");
    }
    if report.left > 0 {
        text.push_str(&format!(
            "尚余 {0} 条，已登记，市级平台运行时接续处理 · {0} are left: written down, and a hub that runs goes on with them\n",
            report.left
        ));
    }
    text
}
