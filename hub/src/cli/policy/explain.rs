//! `policy explain`: every rule that matched, which one decided, who has decided that and when.

use anyhow::Context as _;
use clap::Args;
use sanheyi_exchange_spec::dictionary::instant::read_beijing;
use sanheyi_exchange_spec::ids::{DatasetName, PlatformId};
use sanheyi_exchange_spec::rulebook::{Decision, Rulebook};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use serde::Serialize;

use super::{Shown, scope, show};
use crate::cli::Listing;
use crate::cli::oversight::City;

/// What `policy explain` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    listing: Listing,
    /// 谁报送或查看 · Who sends or sees
    #[arg(long, value_name = "ID")]
    platform: PlatformId,
    /// 报送的数据集 · The dataset that is sent
    #[arg(long, value_name = "DATASET", required_unless_present = "see")]
    send: Option<DatasetName>,
    /// 查看的数据集 · The dataset that is seen
    #[arg(long, value_name = "DATASET", requires = "of", conflicts_with = "send")]
    see: Option<DatasetName>,
    /// 查看谁的条目 · Whose entries are seen
    #[arg(long, value_name = "ID", requires = "see")]
    of: Option<PlatformId>,
    /// 何时（北京时间），缺省为现在 · At which time of Beijing; now, unless given
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

/// What was decided; these are the keys of `--json`.
#[derive(Serialize)]
pub(super) struct Explained {
    platform: String,
    action: &'static str,
    dataset: String,
    author: Option<String>,
    at: Option<String>,
    permitted: bool,
    scope: Option<&'static str>,
    /// Whether no policy is needed.
    free: bool,
    /// Id of the rule that decided.
    decided: Option<String>,
    matched: Vec<Shown>,
    /// How many entries of the broadcast this was read from.
    broadcast: u64,
    zh: String,
    en: String,
    #[serde(skip)]
    when: String,
}

pub(super) async fn explain(args: &ExplainArgs) -> anyhow::Result<Answer> {
    let now = SystemClock.now();
    let at = match &args.at {
        Some(text) => instant("--at", text)?,
        None => now,
    };
    let city = City::open(&args.listing.at, now).await?;
    let found = asked(&city.rules, args, at);
    let found = city.closed(found).await?;
    Answer::report(&found, args.listing.json, text)
}

/// A time of Beijing given on the command line.
pub(super) fn instant(option: &str, text: &str) -> anyhow::Result<Timestamp> {
    let micros = read_beijing(text).with_context(|| {
        format!(
            "{option} {text} 不是时间，应形如 2010-11-23 08:00:00 · {option} {text} is no time such as 2010-11-23 08:00:00"
        )
    })?;
    Ok(Timestamp::from_micros(micros))
}

fn asked(rules: &Rulebook, args: &ExplainArgs, at: Timestamp) -> anyhow::Result<Explained> {
    let policies = rules.policies();
    match (&args.send, &args.see, &args.of) {
        (Some(dataset), ..) => {
            let decision = policies.may_send(&args.platform, dataset.as_str(), at);
            Ok(explained(&args.platform, dataset, None, &decision, at, rules.size()))
        }
        (None, Some(dataset), Some(author)) => {
            let decision = policies.may_see(&args.platform, dataset.as_str(), author, at);
            Ok(explained(&args.platform, dataset, Some(author), &decision, at, rules.size()))
        }
        _ => anyhow::bail!("请写明 --send，或 --see 与 --of · give --send, or --see with --of"),
    }
}

/// A decision in words.
pub(super) fn explained(
    platform: &PlatformId,
    dataset: &DatasetName,
    author: Option<&PlatformId>,
    decision: &Decision,
    at: Timestamp,
    broadcast: u64,
) -> Explained {
    let (zh, en) = match (decision.permitted, decision.free) {
        (Some(_), true) => {
            ("允许：无须策略".to_owned(), "permitted: no policy is needed".to_owned())
        }
        (Some(how), false) => match author {
            Some(_) => (
                format!("允许，范围：{}", scope(how).1),
                format!("permitted, scope: {}", scope(how).0),
            ),
            None => ("允许".to_owned(), "permitted".to_owned()),
        },
        (None, _) => {
            let refusal = decision.refusal();
            (format!("禁止：{}", refusal.zh), format!("denied: {}", refusal.en))
        }
    };
    Explained {
        platform: platform.to_string(),
        action: if author.is_some() { "see" } else { "send" },
        dataset: dataset.to_string(),
        author: author.map(PlatformId::to_string),
        at: rfc3339(at),
        permitted: decision.is_permitted(),
        scope: decision.permitted.filter(|_| author.is_some()).map(|how| scope(how).0),
        free: decision.free,
        decided: decision.decided.as_ref().map(|rule| rule.id.to_string()),
        matched: decision.matched.iter().map(|rule| show(rule, true)).collect(),
        broadcast,
        zh,
        en,
        when: shown(at),
    }
}

/// The same for a terminal.
pub(super) fn text(one: &Explained) -> String {
    let Explained { platform, dataset, when, broadcast, zh, en, .. } = one;
    let (asks_zh, asks_en) = match &one.author {
        Some(of) => (format!("查看 {of} 的 {dataset}"), format!("see {dataset} of {of}")),
        None => (format!("报送 {dataset}"), format!("send {dataset}")),
    };
    let mut text = format!(
        "{platform} 能否{asks_zh}？时间 {when}，依据广播前 {broadcast} 条 · may {platform} {asks_en}? at {when}, by {broadcast} entries of the broadcast\n"
    );
    if one.matched.is_empty() {
        text.push_str("  没有匹配的策略 · no policy matches\n");
    }
    for rule in &one.matched {
        let Shown { id, title, effect, effect_zh, revision, decided_by, when, reason, .. } = rule;
        let decides = one.decided.as_deref() == Some(id);
        let mark = if decides { "→ " } else { "  " };
        let word = if decides { "（起决定作用 decides）" } else { "" };
        text.push_str(&format!(
            "{mark}{effect_zh} {effect} {id} 第 {revision} 版 rev. {revision}{word}：{title}\n     {decided_by} 决定，{when} 记录 · decided by {decided_by}, recorded {when}；理由 reason: {reason}\n"
        ));
    }
    text.push_str(&format!("{zh} · {en}\n"));
    text
}
