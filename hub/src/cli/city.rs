//! `city`: what stands over all platforms, for an operator who says what for; and who has looked.

use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table, grouped};
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::process::user;
use sanheyi_node::store::Database;
use serde::Serialize;

use super::{Listing, home};
use crate::city::{Authorisation, CityException, CityRecord, CityTotal, CityView, View};
use crate::config::CheckedConfig;
use crate::store::{AuditRow, audit_list, open};

/// What `city --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub city totals --purpose '2010 年三季度通报'
  sanheyi-hub city find case.case JS048100JT0000000001 --purpose '信访件 2010-118' --by 王芳
  sanheyi-hub city audit

每次查看先在审计表中记下何人、何时、何用途、看了什么，然后才读取。所记账号是操作系统的用户编号；--by 是本人
自报的姓名，不作证明。
Every look is written into the audit first: who, when, what for, at what. The account is the number that the
operating system gives; the name of --by is what somebody says, and proves nothing.";

/// Looks of the audit that are shown, unless told otherwise.
const LOOKS: u64 = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum CityCommand {
    /// 各平台总计 · How every platform stands
    Totals(Look),
    /// 在所有平台中查找一条记录 · One record, whosever it is
    Find(FindArgs),
    /// 所有平台被隔离的条目 · What was quarantined, of all platforms
    Quarantined(QuarantinedArgs),
    /// 谁看过什么 · Who looked at what
    Audit(AuditArgs),
}

/// Who looks, and what for.
#[derive(Clone, Debug, Args)]
pub(crate) struct Look {
    #[command(flatten)]
    listing: Listing,
    /// 用途，记入审计 · What for; it is written into the audit
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// 自报姓名，记入审计 · The name to be written beside the account
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// What `city find` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct FindArgs {
    /// 数据集 · The dataset, such as case.case
    dataset: String,
    /// 记录号 · The record
    record: String,
    #[command(flatten)]
    look: Look,
}

/// What `city quarantined` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct QuarantinedArgs {
    #[command(flatten)]
    look: Look,
    /// 最多条数 · At most so many
    #[arg(long, default_value_t = 100)]
    limit: u64,
}

/// What `city audit` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    listing: Listing,
    /// 最多条数 · At most so many, the latest first
    #[arg(long, default_value_t = LOOKS)]
    limit: u64,
}

/// A platform; these are the keys of `--json`.
#[derive(Serialize)]
struct Total {
    platform: String,
    title_zh: String,
    title_en: String,
    hosted: bool,
    journals: u64,
    entries: u64,
    accepted: u64,
    /// Of the accepted, those with warnings.
    warned: u64,
    quarantined: u64,
    pending: u64,
    unjudged: u64,
}

/// A revision; these are the keys of `--json`.
#[derive(Serialize)]
struct Found {
    platform: String,
    revision: u64,
    journal: i64,
    sequence: u64,
    /// As the index has it; null where the verdict stands in receipts only.
    standing: Option<&'static str>,
    digest: String,
    #[serde(skip)]
    standing_zh: &'static str,
}

/// An entry; these are the keys of `--json`.
#[derive(Serialize)]
struct Quarantined {
    platform: String,
    journal: String,
    sequence: u64,
    dataset: String,
    record: String,
    revision: u64,
    rules: Vec<String>,
}

/// A look; these are the keys of `--json`.
#[derive(Serialize)]
struct Looked {
    at: Option<String>,
    who: String,
    purpose: String,
    view: String,
    #[serde(skip)]
    shown: String,
}

pub(crate) async fn city(command: CityCommand) -> anyhow::Result<Answer> {
    match command {
        CityCommand::Totals(look) => totals(&look).await,
        CityCommand::Find(args) => find(&args).await,
        CityCommand::Quarantined(args) => quarantined(&args).await,
        CityCommand::Audit(args) => audit(&args).await,
    }
}

impl Look {
    /// The view, opened by whoever runs this process.
    async fn view(&self, scope: View) -> anyhow::Result<(CityView, Database)> {
        let config = self.listing.at.load()?;
        let by = Authorisation::new(&self.who(&config)?, &self.purpose, [scope])?;
        let database = open(&config.database(), &config.hub).await?;
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
        let view = CityView::open(&database, &config.hub, by, clock, entropy).await;
        match view {
            Ok(view) => Ok((view, database)),
            Err(error) => {
                database.close().await;
                Err(error.into())
            }
        }
    }

    fn who(&self, config: &CheckedConfig) -> anyhow::Result<String> {
        let data = &config.data;
        let uid = user::uid(data).with_context(|| {
            format!("无法写入 {0} · cannot write {0}, as a hub's operator can", data.display())
        })?;
        Ok(match &self.by {
            Some(name) => format!("{} (uid {uid})", name.trim()),
            None => format!("uid {uid}"),
        })
    }
}

async fn totals(look: &Look) -> anyhow::Result<Answer> {
    let (view, database) = look.view(View::Totals).await?;
    let found = view.totals().await;
    database.close().await;
    let totals: Vec<_> = found?.into_iter().map(total).collect();
    Answer::report(&totals, look.listing.json, |totals| {
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("平台 PLATFORM", left),
            ("所在 HOME", left),
            ("日志 JOURNALS", right),
            ("条目 ENTRIES", right),
            ("已接受 ACCEPTED", right),
            ("其中提示 WARNED", right),
            ("已隔离 QUARANTINED", right),
            ("待判 PENDING", right),
            ("未判 UNJUDGED", right),
        ]);
        for one in totals {
            table.row([
                format!("{} {}", one.title_zh, one.title_en),
                home(one.hosted).to_owned(),
                grouped(one.journals),
                grouped(one.entries),
                grouped(one.accepted),
                grouped(one.warned),
                grouped(one.quarantined),
                grouped(one.pending),
                grouped(one.unjudged),
            ]);
        }
        table.render()
    })
}

fn total(one: CityTotal) -> Total {
    Total {
        platform: one.platform.to_string(),
        title_zh: one.title_zh,
        title_en: one.title_en,
        hosted: one.hosted,
        journals: one.journals,
        entries: one.entries,
        accepted: one.counts.accepted,
        warned: one.counts.warned,
        quarantined: one.counts.quarantined,
        pending: one.counts.pending,
        unjudged: one.unjudged,
    }
}

async fn find(args: &FindArgs) -> anyhow::Result<Answer> {
    let (view, database) = args.look.view(View::Find).await?;
    let found = view.find(&args.dataset, &args.record).await;
    database.close().await;
    let found: Vec<_> = found?.iter().map(revision).collect();
    Answer::report(&found, args.look.listing.json, |found| {
        if found.is_empty() {
            return "没有平台有此记录 · no platform has this record\n".to_owned();
        }
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("平台 PLATFORM", left),
            ("版 REVISION", right),
            ("日志 JOURNAL", right),
            ("序号 SEQUENCE", right),
            ("状态 STANDING", left),
            ("摘要 DIGEST", left),
        ]);
        for one in found {
            let standing =
                format!("{} {}", one.standing_zh, one.standing.unwrap_or("see receipts"));
            table.row([
                one.platform.clone(),
                one.revision.to_string(),
                one.journal.to_string(),
                grouped(one.sequence),
                standing,
                one.digest.clone(),
            ]);
        }
        table.render()
    })
}

fn revision(one: &CityRecord) -> Found {
    let place = one.found.place;
    Found {
        platform: one.platform.to_string(),
        revision: one.found.revision,
        journal: place.journal.to_column(),
        sequence: place.sequence,
        standing: place.standing.map(Standing::en),
        digest: place.digest.to_string(),
        standing_zh: place.standing.map_or("见回执", Standing::zh),
    }
}

async fn quarantined(args: &QuarantinedArgs) -> anyhow::Result<Answer> {
    let (view, database) = args.look.view(View::Quarantined).await?;
    let found = view.quarantined(args.limit).await;
    database.close().await;
    let found: Vec<_> = found?.into_iter().map(excepted).collect();
    Answer::report(&found, args.look.listing.json, |found| {
        let line = |one: &Quarantined| {
            let Quarantined { platform, sequence, dataset, record, revision, rules, .. } = one;
            let rules = rules.join("; ");
            format!("{platform} #{sequence} {dataset} {record} r{revision} [{rules}]\n")
        };
        match found.is_empty() {
            true => "隔离区为空 · nothing is quarantined\n".to_owned(),
            false => found.iter().map(line).collect(),
        }
    })
}

fn excepted(one: CityException) -> Quarantined {
    let CityException { platform, journal, exception } = one;
    let rule = |field: &str, rule: &str| format!("{field} {rule}").trim_start().to_owned();
    Quarantined {
        platform: platform.to_string(),
        journal,
        sequence: exception.sequence,
        dataset: exception.dataset,
        record: exception.record,
        revision: exception.revision,
        rules: exception.reasons.iter().map(|one| rule(&one.field, &one.rule)).collect(),
    }
}

async fn audit(args: &AuditArgs) -> anyhow::Result<Answer> {
    let (config, database) = args.listing.at.open().await?;
    let rows = audit_list(&database.of(&config.hub), args.limit).await;
    database.close().await;
    let looks: Vec<_> = rows?.into_iter().map(looked).collect();
    Answer::report(&looks, args.listing.json, |looks| {
        let left = Align::Left;
        let mut table = Table::new(&[
            ("时间 AT", left),
            ("何人 WHO", left),
            ("视图 VIEW", left),
            ("用途 PURPOSE", left),
        ]);
        for one in looks {
            let (who, view) = (one.who.clone(), one.view.clone());
            table.row([one.shown.clone(), who, view, one.purpose.clone()]);
        }
        table.render()
    })
}

fn looked(row: AuditRow) -> Looked {
    let AuditRow { at, who, purpose, view, .. } = row;
    Looked { at: rfc3339(at), who, purpose, view, shown: shown(at) }
}
