//! What came of it: read from the stores alone, roots computed again from the bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{anyhow, bail};
use indicatif::{MultiProgress, ProgressBar};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::invariants::{Sealed, byte_exact};
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::branch::{JournalReport, verify};
use sanheyi_node::cli::table::{Align, Table, grouped};
use sanheyi_node::process::clock::{self, Clock};
use sanheyi_node::store::{Counts, Database, Store};

use super::foreign::Answered;
use super::parties::{Federation, Member};
use super::say::say;
use super::writer::Ledger;
use crate::store::platform_list;

/// How long the federation may take to catch up once all is written.
const CATCH_UP: Duration = Duration::from_secs(100);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(250);
/// Excepted entries read at a time.
const READ: u64 = 1000;

/// One platform's row.
struct Row {
    title: String,
    entries: u64,
    wire: Option<u64>,
    counts: Counts,
    rules: BTreeMap<String, u64>,
    receipts: u64,
    lag: u64,
    roots: Result<String, String>,
}

/// Waits until every node's every entry is answered by a receipt that the node holds.
pub(super) async fn wait_until_caught_up(
    federation: &Federation,
    written: &[Ledger],
    bars: &MultiProgress,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let total: u64 = written.iter().map(|ledger| ledger.entries).sum();
    let bar = bars.add(ProgressBar::new(total));
    bar.set_prefix("回执 receipts");
    let began = clock.now();
    loop {
        let mut answered = 0;
        for ledger in written {
            let member = federation.member(&ledger.platform)?;
            answered += answered_at(member).await?;
        }
        bar.set_position(answered.min(total));
        if answered >= total {
            bar.finish_and_clear();
            let millis = clock.now().micros_since(began) / 1000;
            say(&format!(
                "全部条目已有回执，收尾 {millis} 毫秒 · all answered, {millis} ms after the last write"
            ));
            return Ok(());
        }
        if clock.now().micros_since(began) > i64::try_from(CATCH_UP.as_micros())? {
            bail!("only {answered} of {total} entries are answered after {CATCH_UP:?}");
        }
        clock::pause(LOOK).await;
    }
}

async fn answered_at(member: &Member) -> anyhow::Result<u64> {
    let store = node_store(member).await?;
    let mut answered = 0;
    for row in store.journal_list().await?.iter().filter(|row| row.home) {
        answered += store.receipt_counts(row.number).await?.1;
    }
    store.database().close().await;
    Ok(answered)
}

async fn node_store(member: &Member) -> anyhow::Result<Store> {
    let database = Database::open_read_only(&member.folder.join("data/node.sqlite")).await?;
    Ok(database.of(&member.platform))
}

/// Prints the table; answers whether everything agrees.
pub(super) async fn print(
    federation: &Federation,
    written: &[Ledger],
    answered: &Answered,
) -> anyhow::Result<bool> {
    let path = federation.setup.folder.join("data/hub.sqlite");
    let hub = Database::open_read_only(&path).await?;
    let mut keys: BTreeMap<PlatformId, VerifyingKey> = BTreeMap::new();
    keys.insert(federation.setup.hub.clone(), federation.setup.hub_key()?);
    keys.extend(platform_list(&hub).await?.into_iter().map(|row| (row.platform, row.key)));
    let mut rows = Vec::new();
    for ledger in written {
        let member = federation.member(&ledger.platform)?;
        rows.push(member_row(member, ledger, &hub, &keys).await?);
    }
    rows.push(guest_row(federation, answered, &hub, &keys).await?);
    hub.close().await;
    table(&rows);
    for ledger in written.iter().filter(|ledger| ledger.while_cut > 0) {
        let Ledger { platform, while_cut, .. } = ledger;
        say(&format!(
            "{platform}：断线期间照常写入 {while_cut} 条，恢复后补齐 · wrote {while_cut} entries while its line was cut, and caught up"
        ));
    }
    let named = quarantined_by_name(answered);
    let agreed = rows.iter().all(|row| row.roots.is_ok() && row.lag == 0) && named;
    say(if agreed {
        "一致：各平台本地根 = 市级根，由两端存储的字节重算 · AGREED: every root at home = root at the hub, recomputed from the bytes"
    } else {
        "不一致 · DIFFERENCES FOUND"
    });
    Ok(agreed)
}

/// Every faulty record was quarantined (or is pending) by the rule that it broke.
fn quarantined_by_name(answered: &Answered) -> bool {
    say("\n外来厂商的问题记录 · the foreign vendor's faulty records:");
    for exception in &answered.exceptions {
        for reason in &exception.reasons {
            let standing = exception.standing;
            say(&format!(
                "  #{} {} {} · {} [{}] {} · {}",
                exception.sequence,
                exception.dataset,
                exception.record,
                standing.zh(),
                format!("{} {}", reason.field, reason.rule).trim_start(),
                reason.zh,
                reason.en
            ));
        }
    }
    let rules: Vec<_> = answered
        .exceptions
        .iter()
        .filter_map(|one| one.reasons.first().map(|reason| reason.rule.as_str()))
        .collect();
    rules == answered.expected
}

async fn member_row(
    member: &Member,
    ledger: &Ledger,
    hub: &Database,
    keys: &BTreeMap<PlatformId, VerifyingKey>,
) -> anyhow::Result<Row> {
    let home = node_store(member).await?;
    let copy = hub.of(&member.platform);
    let at_home = verify(&home, keys).await?;
    let at_hub = verify(&copy, keys).await?;
    let roots = compare(&at_home, &at_hub).and_then(|root| {
        let own = own(&at_home, &member.platform).map_or(0, |report| report.entries);
        let same = own == ledger.entries;
        same.then_some(root).ok_or(format!("{} acknowledged, {own} stored", ledger.entries))
    });
    let mut row = counted(&member.title, &copy, &member.platform, &at_home, roots).await?;
    row.wire = Some(member.line.carried());
    let sizes = home.journal_list().await?;
    let own = sizes.iter().find(|row| row.home).ok_or_else(|| anyhow!("no journal at home"))?;
    let (counts, answered) = home.receipt_counts(own.number).await?;
    row.lag = own.head.size.saturating_sub(answered);
    if counts != row.counts && row.roots.is_ok() {
        row.roots =
            Err(format!("receipts differ: {counts:?} at home, {:?} at the hub", row.counts));
    }
    home.database().close().await;
    Ok(row)
}

async fn guest_row(
    federation: &Federation,
    answered: &Answered,
    hub: &Database,
    keys: &BTreeMap<PlatformId, VerifyingKey>,
) -> anyhow::Result<Row> {
    let guest = federation.foreign();
    let copy = hub.of(&guest.platform);
    let at_hub = verify(&copy, keys).await?;
    let roots = match own(&at_hub, &guest.platform) {
        Some(JournalReport { difference: Some(difference), .. }) => Err(difference.to_string()),
        Some(report) if report.root == answered.root => Ok(report.root.to_string()),
        Some(report) => Err(format!("{} at home, {} at the hub", answered.root, report.root)),
        None => Err("the hub has no journal of it".to_owned()),
    };
    let mut row = counted(&guest.title, &copy, &guest.platform, &at_hub, roots).await?;
    row.receipts = answered.receipts;
    row.lag = answered.entries.saturating_sub(row.counts.total());
    Ok(row)
}

fn own<'a>(reports: &'a [JournalReport], platform: &PlatformId) -> Option<&'a JournalReport> {
    reports.iter().find(|report| report.journal.author == *platform)
}

/// Every journal that both stores hold has the same root in both, computed from the bytes.
fn compare(home: &[JournalReport], hub: &[JournalReport]) -> Result<String, String> {
    let mut root = String::new();
    for report in home {
        let other = hub.iter().find(|other| other.journal == report.journal);
        let other = other.ok_or_else(|| format!("{} is not at the hub", report.journal))?;
        for (side, one) in [("home", report), ("hub", other)] {
            if let Some(difference) = &one.difference {
                return Err(format!("{side}: {difference}"));
            }
        }
        let sealed = |one: &JournalReport| Sealed { size: one.entries, root: one.root };
        byte_exact(&sealed(report), &sealed(other))
            .map_err(|broken| format!("{}: {broken}", report.journal))?;
        if report.home {
            root = report.root.to_string();
        }
    }
    Ok(root)
}

async fn counted(
    title: &str,
    copy: &Store,
    platform: &PlatformId,
    reports: &[JournalReport],
    roots: Result<String, String>,
) -> anyhow::Result<Row> {
    let journals = copy.journal_list().await?;
    let held = journals
        .iter()
        .find(|row| row.head.journal.author == *platform)
        .ok_or_else(|| anyhow!("{platform}: the hub holds no journal"))?;
    let (counts, _) = copy.receipt_counts(held.number).await?;
    let mut rules = BTreeMap::new();
    let mut after = None;
    loop {
        let page = copy.exception_list(held.number, after, READ).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.sequence);
        for exception in page.iter().filter(|one| one.standing == Standing::Quarantined) {
            let rule = exception.reasons.first().map_or("?", |reason| reason.rule.as_str());
            *rules.entry(rule.to_owned()).or_insert(0) += 1;
        }
    }
    let receipts = own(reports, platform).map_or(0, |report| report.receipts);
    Ok(Row {
        title: title.to_owned(),
        entries: held.head.size,
        wire: None,
        counts,
        rules,
        receipts,
        lag: 0,
        roots,
    })
}

fn table(rows: &[Row]) {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("平台 PLATFORM", left),
        ("条目 ENTRIES", right),
        ("线上字节/条 WIRE B/ENTRY", right),
        ("已接受 ACCEPTED", right),
        ("已隔离 QUARANTINED", right),
        ("待判 PENDING", right),
        ("回执 RECEIPTS", right),
        ("滞后 LAG", right),
        ("本地根 = 市级根 ROOT", left),
    ]);
    for row in rows {
        let wire = match (row.wire, row.entries) {
            (Some(bytes), entries @ 1..) => grouped(bytes / entries),
            _ => "–".to_owned(),
        };
        let root = match &row.roots {
            Ok(root) => format!("= {}…", root.get(..16).unwrap_or(root)),
            Err(_) => "≠".to_owned(),
        };
        table.row([
            row.title.clone(),
            grouped(row.entries),
            wire,
            grouped(row.counts.accepted),
            grouped(row.counts.quarantined),
            grouped(row.counts.pending),
            grouped(row.receipts),
            grouped(row.lag),
            root,
        ]);
    }
    say(&format!("\n{}", table.render()));
    for row in rows {
        if let Err(problem) = &row.roots {
            say(&format!("≠ {}: {problem}", row.title));
        }
        if !row.rules.is_empty() {
            let rules: Vec<_> =
                row.rules.iter().map(|(rule, count)| format!("{rule} × {count}")).collect();
            say(&format!("隔离规则 · quarantined by rule, {}: {}", row.title, rules.join(", ")));
        }
    }
}

/// Says how to look around in a federation that stays up.
pub(super) fn stay(federation: &Federation) {
    let hub = federation.setup.folder.join("hub.toml");
    say("\n联邦继续运行，Ctrl-C 停止并清理 · the federation stays up; Ctrl-C stops and removes it");
    say("可另开终端查看 · look around from another terminal:");
    let program = std::env::current_exe()
        .map_or_else(|_| "sanheyi-hub".to_owned(), |path| path.display().to_string());
    say(&format!("  {program} status --config {}", hub.display()));
    for member in federation.members() {
        let config = member.folder.join("node.toml");
        say(&format!("  {program} node status --config {}", config.display()));
    }
}
