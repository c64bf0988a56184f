//! `policy set` and `policy end`: what operators decide, handed in at the desk.

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use prost::Message as _;
use sanheyi_exchange_spec::rulebook::{Action, Effect, Rule};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::Answer;
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::standard::v1::{Policy, PolicyAction, PolicyEffect, PolicyScope};
use serde::Serialize;

use super::explain::instant;
use crate::cli::desk::hand_in;
use crate::cli::oversight::{City, draft_of};
use crate::cli::{At, Listing};

const DATASET: &str = "exchange.policy";

/// How much a permission to see shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shows {
    /// 全部 · Every accepted entry
    All,
    /// 限发给本平台的 · What is addressed to the platform
    Addressed,
}

/// What `policy set` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    listing: Listing,
    /// 策略标识 · Id of the policy: a name of one's own
    id: String,
    /// 禁止而非允许 · Deny instead of permitting
    #[arg(long)]
    deny: bool,
    /// 谁报送或查看，* 为所有平台 · Who sends or sees; * is everybody
    #[arg(long, value_name = "ID")]
    platform: String,
    /// 报送的数据集 · What is sent: case.step, case.* or *
    #[arg(long, value_name = "DATASET", required_unless_present = "see")]
    send: Option<String>,
    /// 查看的数据集 · What is seen: case.step, case.* or *
    #[arg(long, value_name = "DATASET", requires = "of", conflicts_with = "send")]
    see: Option<String>,
    /// 查看谁的条目，* 为所有平台 · Whose entries are seen; * is everybody's
    #[arg(long, value_name = "ID", requires = "see")]
    of: Option<String>,
    /// 查看范围，缺省为限发给本平台的 · How much is shown; what is addressed to it, unless given
    #[arg(long, value_enum, requires = "see", conflicts_with = "deny")]
    scope: Option<Shows>,
    /// 名称，缺省为标识 · A title; the id, unless given
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// 生效时间（北京时间） · From which time of Beijing
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// 失效时间（北京时间） · Until which time of Beijing
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    decided: Decided,
}

/// What `policy end` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    listing: Listing,
    /// 策略标识 · Id of the policy
    id: String,
    #[command(flatten)]
    decided: Decided,
}

/// Who decides, and why.
#[derive(Clone, Debug, Args)]
struct Decided {
    /// 决定理由 · Why it is decided
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// 决定人 · Who decides it
    #[arg(long, value_name = "NAME")]
    by: String,
}

/// A change that was made; these are the keys of `--json`.
#[derive(Serialize)]
struct Changed {
    id: String,
    revision: u64,
    sequence: u64,
    digest: String,
}

pub(super) async fn set(args: &SetArgs) -> anyhow::Result<Answer> {
    hand(&args.listing, policy(args)?, SystemClock.now()).await
}

/// The policy that a command line describes; what is wrong with it the desk says.
pub(super) fn policy(args: &SetArgs) -> anyhow::Result<Policy> {
    let (action, dataset) = match (&args.send, &args.see) {
        (Some(dataset), _) => (PolicyAction::Send, dataset),
        (None, Some(dataset)) => (PolicyAction::See, dataset),
        (None, None) => bail!("请写明 --send 或 --see · give --send or --see"),
    };
    let effect = if args.deny { PolicyEffect::Deny } else { PolicyEffect::Permit };
    let scope = match (action, effect, args.scope) {
        (PolicyAction::See, PolicyEffect::Permit, Some(Shows::All)) => PolicyScope::All,
        (PolicyAction::See, PolicyEffect::Permit, _) => PolicyScope::Addressed,
        _ => PolicyScope::Unspecified,
    };
    let time = |option: &str, text: &Option<String>| {
        let read = |text: &String| instant(option, text).map(Timestamp::as_micros);
        text.as_ref().map(read).transpose()
    };
    Ok(Policy {
        id: args.id.clone(),
        title: args.title.clone().unwrap_or_else(|| args.id.clone()),
        effect: effect.into(),
        action: action.into(),
        platform: args.platform.clone(),
        dataset: dataset.clone(),
        author: args.of.clone().unwrap_or_default(),
        scope: scope.into(),
        valid_from: time("--from", &args.from)?,
        valid_until: time("--until", &args.until)?,
        reason: args.decided.reason.clone(),
        decided_by: args.decided.by.clone(),
    })
}

/// Its next revision says until when it held, who has ended it, and why.
pub(super) async fn end(args: &EndArgs) -> anyhow::Result<Answer> {
    let now = SystemClock.now();
    let city = City::open(&args.listing.at, now).await?;
    let known = city.rules.policies().rule(&args.id).map(|rule| policy_of(rule));
    let known = city.closed(Ok(known)).await?;
    let known = known.with_context(|| {
        format!("没有策略 {0} · there is no policy {0}; see: policy list", args.id)
    })?;
    if known.valid_until.is_some_and(|until| until <= now.as_micros()) {
        bail!("策略 {0} 已经终止 · policy {0} has ended already", args.id);
    }
    // What has not begun never will.
    let begun = known.valid_from.filter(|from| *from < now.as_micros());
    hand(
        &args.listing,
        Policy {
            valid_from: begun,
            valid_until: Some(now.as_micros()),
            reason: args.decided.reason.clone(),
            decided_by: args.decided.by.clone(),
            ..known
        },
        now,
    )
    .await
}

/// The policy that a rule was read from.
fn policy_of(rule: &Rule) -> Policy {
    let effect = match rule.effect {
        Effect::Permit => PolicyEffect::Permit,
        Effect::Deny => PolicyEffect::Deny,
    };
    let action = match rule.action {
        Action::Send => PolicyAction::Send,
        Action::See => PolicyAction::See,
    };
    let scope = match (rule.action, rule.effect, rule.scope) {
        (Action::See, Effect::Permit, sanheyi_exchange_spec::rulebook::Scope::All) => {
            PolicyScope::All
        }
        (Action::See, Effect::Permit, _) => PolicyScope::Addressed,
        _ => PolicyScope::Unspecified,
    };
    Policy {
        id: rule.id.to_string(),
        title: rule.title.to_string(),
        effect: effect.into(),
        action: action.into(),
        platform: rule.platform.to_string(),
        dataset: rule.dataset.to_string(),
        author: rule.author.to_string(),
        scope: scope.into(),
        valid_from: rule.valid_from.map(Timestamp::as_micros),
        valid_until: rule.valid_until.map(Timestamp::as_micros),
        reason: rule.reason.to_string(),
        decided_by: rule.decided_by.to_string(),
    }
}

async fn hand(listing: &Listing, policy: Policy, now: Timestamp) -> anyhow::Result<Answer> {
    let draft = draft_of(DATASET, policy.encode_to_vec(), now)?;
    let changed = changed(&listing.at, draft, &policy.id).await?;
    Answer::report(&changed, listing.json, |one| {
        let Changed { id, revision, sequence, .. } = one;
        format!(
            "策略 {id} 第 {revision} 版已写入广播第 {sequence} 条 · policy {id}, revision {revision}, is entry {sequence} of the broadcast\n"
        )
    })
}

async fn changed(at: &At, draft: wire::Draft, id: &str) -> anyhow::Result<Changed> {
    let appended = hand_in(at, vec![draft]).await?;
    let one = appended.first().context("desk")?;
    Ok(Changed {
        id: id.to_owned(),
        revision: one.revision,
        sequence: one.sequence,
        digest: one.digest.to_string(),
    })
}
