//! `quarantine list`: what the gate did not accept, each with its rule and the sentence for its
//! author.

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_node::branch::RecordView;
use sanheyi_node::cli::Answer;
use sanheyi_node::store::{Database, FoundRecord, Store, StoreError};
use serde::Serialize;

use super::Listing;
use crate::store::{copy_list, platform_list};

/// Excepted entries read at a time.
const READ: u64 = 500;

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// 列出 · List, oldest first
    List(ListArgs),
}

/// What `quarantine list` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    listing: Listing,
    /// 只看一个平台 · One platform only
    #[arg(long)]
    platform: Option<PlatformId>,
    /// 也列出已被更正的 · Also those that a later accepted revision has cleared
    #[arg(long)]
    cleared: bool,
    /// 只看一条规则 · One rule only, such as string.max_len
    #[arg(long)]
    rule: Option<String>,
    /// 最多条数 · At most so many
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

/// One entry; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct Quarantined {
    platform: String,
    journal: String,
    sequence: u64,
    standing: &'static str,
    #[serde(skip)]
    standing_zh: &'static str,
    dataset: String,
    record: String,
    revision: u64,
    /// Whether a later revision of the record was accepted: the fault is mended.
    cleared: bool,
    reasons: Vec<Told>,
}

/// One reason.
#[derive(Debug, Serialize)]
struct Told {
    field: String,
    rule: String,
    level: &'static str,
    zh: String,
    en: String,
}

pub(crate) async fn quarantine(command: QuarantineCommand) -> anyhow::Result<Answer> {
    let QuarantineCommand::List(args) = command;
    let (_, database) = args.listing.at.open().await?;
    let found = gather(&database, &args).await;
    database.close().await;
    Answer::report(&found?, args.listing.json, |found| text(found))
}

async fn gather(database: &Database, args: &ListArgs) -> Result<Vec<Quarantined>, StoreError> {
    let mut found = Vec::new();
    for row in platform_list(database).await? {
        if args.platform.as_ref().is_none_or(|one| *one == row.platform) {
            of_platform(database, &row.platform, args, &mut found).await?;
        }
    }
    Ok(found)
}

async fn of_platform(
    database: &Database,
    platform: &PlatformId,
    args: &ListArgs,
    found: &mut Vec<Quarantined>,
) -> Result<(), StoreError> {
    let store = database.of(platform);
    for journal in copy_list(&store).await? {
        let mut after = None;
        loop {
            let page = store.exception_list(journal.number, after, READ).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.sequence);
            // What was accepted with warnings is no case for the quarantine.
            for one in page.into_iter().filter(|one| one.standing != Standing::Accepted) {
                if found.len() >= args.limit {
                    return Ok(());
                }
                let wanted = |rule: &String| one.reasons.iter().any(|reason| reason.rule == *rule);
                if !args.rule.as_ref().is_none_or(wanted) {
                    continue;
                }
                let cleared = is_cleared(&store, &one).await?;
                if args.cleared || !cleared {
                    found.push(Quarantined {
                        platform: platform.to_string(),
                        journal: journal.head.journal.to_string(),
                        sequence: one.sequence,
                        standing: Standing::en(one.standing),
                        standing_zh: one.standing.zh(),
                        dataset: one.dataset,
                        record: one.record,
                        revision: one.revision,
                        cleared,
                        reasons: one.reasons.into_iter().map(told).collect(),
                    });
                }
            }
        }
    }
    Ok(())
}

/// A corrected revision clears the quarantine by itself.
async fn is_cleared(store: &Store, one: &Exception) -> Result<bool, StoreError> {
    let later = |found: &FoundRecord| found.revision > one.revision;
    let revisions = store.record_revisions(&one.dataset, &one.record, READ).await?;
    let verdicts = revisions.iter().filter(|found| later(found)).map(|found| found.place.standing);
    if verdicts.clone().any(|standing| standing == Some(Standing::Accepted)) {
        return Ok(true);
    }
    if verdicts.into_iter().all(|standing| standing.is_some()) {
        return Ok(false);
    }
    // At a tenant's home the index has no standings: they are in the receipts.
    let history = store.record_history(&one.dataset, &one.record, READ).await?;
    let accepted = |view: &RecordView| view.standing == Some(Standing::Accepted);
    Ok(history.iter().any(|view| later(&view.found) && accepted(view)))
}

fn told(reason: Reason) -> Told {
    let Reason { field, rule, zh, en, level } = reason;
    Told { field, rule, level: level.en(), zh, en }
}

fn text(found: &[Quarantined]) -> String {
    if found.is_empty() {
        return "隔离区为空 · nothing is quarantined\n".to_owned();
    }
    let mut text = String::new();
    for one in found {
        let Quarantined { platform, sequence, dataset, record, revision, .. } = one;
        text.push_str(&format!(
            "{platform} #{sequence} {dataset} {record} r{revision} · {} {}{}\n",
            one.standing_zh,
            one.standing,
            if one.cleared { "，已更正 cleared" } else { "" }
        ));
        for reason in &one.reasons {
            let Told { field, rule, zh, en, .. } = reason;
            text.push_str(&format!(
                "    [{}] {zh}\n      {en}\n",
                format!("{field} {rule}").trim_start()
            ));
        }
    }
    text
}
