//! `policy`: who may send which dataset, and see which of whose entries; why something is permitted
//! or denied; and how operators change it. Every change is an entry of the hub's broadcast.

mod change;
mod explain;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::rulebook::{Action, Effect, Rule, Scope};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use serde::Serialize;

use super::Listing;
use super::oversight::City;

/// What `policy --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub policy list
  sanheyi-hub policy set send-wujin --send 'case.*' --platform wujin --reason '试点报送办件' --by 王芳
  sanheyi-hub policy set joint-wujin --see case.joint --of jintan --platform wujin --scope addressed \\
      --reason '跨区协同办理' --by 王芳
  sanheyi-hub policy set no-penalties --deny --send case.penalty --platform '*' --reason '停报' --by 王芳
  sanheyi-hub policy end joint-wujin --reason '协同结束' --by 王芳
  sanheyi-hub policy explain --platform wujin --see case.joint --of jintan
  sanheyi-hub policy explain --platform wujin --send case.case --at '2010-11-23 08:00:00'

未经允许的即为禁止，禁止优先于允许。数据集写作 case.step、case.* 或 *，平台写作标识或 *；时间为北京时间。市级平台运行时
更改立即生效，未运行时直接写入存储。每次更改都是广播中的一版，不会丢失。
What nobody has permitted is denied, and a denial wins. Datasets are case.step, case.* or *, platforms an id or *; times are
those of Beijing. At a hub that runs a change is in force at once; where none runs it is written into the store. Every change is a
revision in the broadcast, and none is lost.";

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// 列出 · List the policies as they stand
    List(ListArgs),
    /// 设立或更改 · Make a policy, or change it
    Set(change::SetArgs),
    /// 终止 · End a policy, from now on
    End(change::EndArgs),
    /// 说明为何允许或禁止 · Explain why something is permitted or denied
    Explain(explain::ExplainArgs),
}

/// What `policy list` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    listing: Listing,
    /// 只看涉及一个平台的 · Those alone that are about one platform
    #[arg(long, value_name = "ID")]
    platform: Option<PlatformId>,
}

/// A policy; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
struct Shown {
    id: String,
    title: String,
    effect: &'static str,
    action: &'static str,
    platform: String,
    dataset: String,
    author: String,
    /// `all` or `addressed`, of a permission to see; else empty.
    scope: &'static str,
    valid_from: Option<String>,
    valid_until: Option<String>,
    /// Whether it holds now; of `explain`, at the instant asked about.
    holds: bool,
    reason: String,
    decided_by: String,
    revision: u64,
    sequence: u64,
    recorded: Option<String>,
    #[serde(skip)]
    effect_zh: &'static str,
    #[serde(skip)]
    span: String,
    #[serde(skip)]
    when: String,
}

pub(crate) async fn policy(command: PolicyCommand) -> anyhow::Result<Answer> {
    match command {
        PolicyCommand::List(args) => list(&args).await,
        PolicyCommand::Set(args) => change::set(&args).await,
        PolicyCommand::End(args) => change::end(&args).await,
        PolicyCommand::Explain(args) => explain::explain(&args).await,
    }
}

async fn list(args: &ListArgs) -> anyhow::Result<Answer> {
    let now = SystemClock.now();
    let city = City::open(&args.listing.at, now).await?;
    let about = |rule: &Rule| match &args.platform {
        Some(one) => {
            [&rule.platform, &rule.author].iter().any(|p| &***p == one.as_str() || &***p == "*")
        }
        None => true,
    };
    let rules = city.rules.policies().rules().filter(|rule| about(rule));
    let found: Vec<_> = rules.map(|rule| show(rule, rule.holds_at(now))).collect();
    let found = city.closed(Ok(found)).await?;
    Answer::report(&found, args.listing.json, |found| {
        if found.is_empty() {
            return "没有策略，一律禁止 · there are no policies: everything is denied\n".to_owned();
        }
        table(found)
    })
}

fn table(found: &[Shown]) -> String {
    let left = Align::Left;
    let mut table = Table::new(&[
        ("标识 ID", left),
        ("效力 EFFECT", left),
        ("平台 PLATFORM", left),
        ("事项 WHAT", left),
        ("起止 FROM, UNTIL", left),
        ("版 REV.", Align::Right),
        ("决定人 BY", left),
        ("记录时间 RECORDED", left),
    ]);
    for one in found {
        let effect = format!("{} {}", one.effect_zh, one.effect);
        let what = match one.action {
            "send" => format!("报送 send {}", one.dataset),
            _ => format!("查看 see {} ← {} {}", one.dataset, one.author, one.scope),
        };
        let holds = if one.holds { "" } else { "（未在有效期 not in force）" };
        table.row([
            one.id.clone(),
            effect,
            one.platform.clone(),
            what.trim_end().to_owned(),
            format!("{}{holds}", one.span),
            one.revision.to_string(),
            one.decided_by.clone(),
            one.when.clone(),
        ]);
    }
    table.render()
}

/// A rule as it is shown.
fn show(rule: &Rule, holds: bool) -> Shown {
    let (effect, effect_zh) = match rule.effect {
        Effect::Permit => ("permit", "允许"),
        Effect::Deny => ("deny", "禁止"),
    };
    let scope = match (rule.action, rule.effect) {
        (Action::See, Effect::Permit) => scope(rule.scope).0,
        (Action::See, Effect::Deny) | (Action::Send, _) => "",
    };
    let end = |at: Option<_>| at.map_or_else(|| "—".to_owned(), shown);
    Shown {
        id: rule.id.to_string(),
        title: rule.title.to_string(),
        effect,
        action: match rule.action {
            Action::Send => "send",
            Action::See => "see",
        },
        platform: rule.platform.to_string(),
        dataset: rule.dataset.to_string(),
        author: rule.author.to_string(),
        scope,
        valid_from: rule.valid_from.and_then(rfc3339),
        valid_until: rule.valid_until.and_then(rfc3339),
        holds,
        reason: rule.reason.to_string(),
        decided_by: rule.decided_by.to_string(),
        revision: rule.place.revision,
        sequence: rule.place.sequence,
        recorded: rfc3339(rule.place.recorded),
        effect_zh,
        span: match (rule.valid_from, rule.valid_until) {
            (None, None) => "—".to_owned(),
            (from, until) => format!("{} … {}", end(from), end(until)),
        },
        when: shown(rule.place.recorded),
    }
}

/// The scope's word, and the same in Chinese.
const fn scope(scope: Scope) -> (&'static str, &'static str) {
    match scope {
        Scope::All => ("all", "全部"),
        Scope::Addressed => ("addressed", "限发给本平台的"),
    }
}

#[cfg(test)]
mod tests;
