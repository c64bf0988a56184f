//! What a store says of itself, for a support bundle: sizes, states and numbers.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use serde::Serialize;

use super::{Bundle, BundleError, parts};
use crate::cli::local::rfc3339;
use crate::health::report::FindingReport;
use crate::store::{ChangeFilter, JournalNumber, STEPS, Step, Store, StoreError};

/// Changes that are in a bundle at most.
pub const CHANGES: u64 = 200;
/// Backups that are in a bundle at most: those of a month, thrice a day.
const BACKUPS: u64 = 100;
/// Verdicts read together.
const PAGE: u64 = 500;
/// Verdicts of one journal that are counted by rule: more make no difference to whoever reads it.
const COUNTED: u64 = 100_000;

#[derive(Serialize)]
struct Health {
    pulses: Vec<Pulse>,
    alerts: Vec<Alert>,
    heard: Vec<Heard>,
}

#[derive(Serialize)]
struct Pulse {
    instance: String,
    started: Option<String>,
    at: Option<String>,
    version: String,
    ready: bool,
}

#[derive(Serialize)]
struct Alert {
    instance: String,
    #[serde(flatten)]
    finding: FindingReport,
}

#[derive(Serialize)]
struct Heard {
    peer: String,
    instance: String,
    connected: bool,
    since: Option<String>,
    heard: Option<String>,
    beat: Option<Beat>,
}

#[derive(Serialize)]
struct Beat {
    at: Option<String>,
    came: Option<String>,
    every_seconds: u32,
    size: u64,
    acknowledged: u64,
    free_percent: Option<u8>,
    findings: u32,
    version: String,
}

#[derive(Serialize)]
struct Journal {
    platform: String,
    journal: String,
    home: bool,
    size: u64,
    root: String,
    epochs: u64,
    accepted: u64,
    warned: u64,
    quarantined: u64,
    pending: u64,
    judged: u64,
    /// Why it is stopped, or null.
    stopped: Option<String>,
}

#[derive(Serialize)]
struct Quarantine {
    platform: String,
    /// Whether every verdict was counted.
    whole: bool,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    standing: &'static str,
    dataset: String,
    rule: String,
    entries: u64,
}

#[derive(Serialize)]
struct Migrations {
    applied: Vec<Applied>,
    absent: Vec<i64>,
}

#[derive(Serialize)]
struct Applied {
    version: i64,
    /// What it adds; null of a step that this program does not know.
    title: Option<&'static str>,
}

#[derive(Serialize)]
struct Change {
    at: Option<String>,
    /// `web` or `cli`, and a number for each operator; empty: the process by itself.
    who: String,
    role: String,
    what: String,
    /// A platform, or null.
    platform: Option<String>,
    outcome: String,
}

#[derive(Serialize)]
struct Backup {
    at: Option<String>,
    bytes: u64,
    entries: u64,
    seconds: u64,
    /// Empty where it is good; else why it failed.
    outcome: String,
    verified: Option<String>,
}

/// Puts in what the store says: of the process by the rows of `own`, of journals by those of
/// `all`. `further`: steps of the schema beside a branch's; `known`: platforms that may be named.
///
/// # Errors
/// If it cannot be written as JSON; what cannot be read is noted as missing.
pub async fn put(
    bundle: &mut Bundle,
    own: &Store,
    all: &[Store],
    further: &[Step],
    known: &[PlatformId],
) -> Result<(), BundleError> {
    bundle.take(&parts::HEALTH, health(own).await)?;
    bundle.take(&parts::JOURNALS, journals(all).await)?;
    bundle.take(&parts::QUARANTINE, quarantines(all).await)?;
    bundle.take(&parts::MIGRATIONS, migrations(own, further).await)?;
    bundle.take(&parts::CHANGES, changes(own, known).await)?;
    bundle.take(&parts::BACKUPS, backups(own).await)
}

async fn health(store: &Store) -> Result<Health, StoreError> {
    let pulses = store.pulse_list().await?.into_iter().map(|row| Pulse {
        instance: row.instance,
        started: rfc3339(row.started),
        at: rfc3339(row.at),
        version: row.version,
        ready: row.ready,
    });
    let alerts = store.alert_list().await?.into_iter();
    let alerts = alerts.map(|row| Alert { instance: row.instance, finding: (&row.finding).into() });
    let heard = store.heard_list().await?.into_iter().map(|row| Heard {
        peer: row.peer.to_string(),
        instance: row.instance,
        connected: row.connected,
        since: rfc3339(row.since),
        heard: rfc3339(row.heard),
        beat: row.beat.map(|(beat, came)| Beat {
            at: rfc3339(beat.at),
            came: rfc3339(came),
            every_seconds: beat.every_seconds,
            size: beat.size,
            acknowledged: beat.acknowledged,
            free_percent: beat.free_percent,
            findings: beat.findings,
            version: beat.version,
        }),
    });
    Ok(Health { pulses: pulses.collect(), alerts: alerts.collect(), heard: heard.collect() })
}

async fn journals(stores: &[Store]) -> Result<Vec<Journal>, StoreError> {
    let mut found = Vec::new();
    for store in stores {
        for row in store.journal_list().await? {
            let (counts, judged) = store.receipt_counts(row.number).await?;
            // The rest is the note by which it can be proved.
            let first = |why: String| why.lines().next().unwrap_or_default().to_owned();
            found.push(Journal {
                platform: store.platform().to_string(),
                journal: row.head.journal.to_string(),
                home: row.home,
                size: row.head.size,
                root: row.head.root.to_string(),
                epochs: row.serial,
                accepted: counts.accepted,
                warned: counts.warned,
                quarantined: counts.quarantined,
                pending: counts.pending,
                judged,
                stopped: row.stopped.map(first),
            });
        }
    }
    Ok(found)
}

async fn quarantines(stores: &[Store]) -> Result<Vec<Quarantine>, StoreError> {
    let mut found = Vec::new();
    for store in stores {
        let (mut rules, mut whole) = (BTreeMap::new(), true);
        for journal in store.judged_journals().await? {
            for standing in [Standing::Quarantined, Standing::Pending] {
                whole &= count(store, journal.number, standing, &mut rules).await?;
            }
        }
        let rules = rules.into_iter().map(|((standing, dataset, rule), entries)| Rule {
            standing,
            dataset,
            rule,
            entries,
        });
        let platform = store.platform().to_string();
        found.push(Quarantine { platform, whole, rules: rules.collect() });
    }
    Ok(found)
}

/// Counts the verdicts of a journal, each once by every rule that it names; answers whether it
/// came to the end.
async fn count(
    store: &Store,
    journal: JournalNumber,
    standing: Standing,
    rules: &mut BTreeMap<(&'static str, String, String), u64>,
) -> Result<bool, StoreError> {
    let word = if standing == Standing::Pending { "pending" } else { "quarantined" };
    let (mut after, mut counted) = (None, 0);
    loop {
        let page = store.exception_standing(journal, standing, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(true) };
        after = Some(last.sequence);
        counted += page.len() as u64;
        for one in page {
            let names: BTreeSet<_> = one.reasons.into_iter().map(|why| why.rule).collect();
            for rule in names {
                *rules.entry((word, one.dataset.clone(), rule)).or_default() += 1;
            }
        }
        if counted >= COUNTED {
            return Ok(false);
        }
    }
}

async fn migrations(store: &Store, further: &[Step]) -> Result<Migrations, StoreError> {
    let stand = store.database().applied().await?;
    let known: BTreeMap<_, _> =
        STEPS.iter().chain(further).map(|step| (step.version, step.title)).collect();
    let absent = known.keys().filter(|version| !stand.contains(version)).copied().collect();
    let applied = stand.into_iter();
    let applied =
        applied.map(|version| Applied { version, title: known.get(&version).copied() }).collect();
    Ok(Migrations { applied, absent })
}

async fn changes(own: &Store, known: &[PlatformId]) -> Result<Vec<Change>, StoreError> {
    let platforms: BTreeSet<&str> = known.iter().map(PlatformId::as_str).collect();
    let mut people = BTreeMap::new();
    let rows = own.change_list(&ChangeFilter::default(), None, CHANGES).await?;
    let changes = rows.into_iter().map(|row| Change {
        at: rfc3339(row.at),
        who: numbered(&mut people, row.who),
        role: row.role,
        what: row.what,
        platform: platforms.contains(row.subject.as_str()).then_some(row.subject),
        outcome: row.outcome,
    });
    Ok(changes.collect())
}

/// The same number for the same operator, within one bundle.
fn numbered(people: &mut BTreeMap<String, usize>, who: String) -> String {
    if who.is_empty() {
        return who;
    }
    let way = match who.split(':').next() {
        Some(way @ ("web" | "cli")) => way.to_owned(),
        _ => "other".to_owned(),
    };
    let next = people.len() + 1;
    let number = people.entry(who).or_insert(next);
    format!("{way}:#{number}")
}

async fn backups(store: &Store) -> Result<Vec<Backup>, StoreError> {
    let rows = store.backup_list(BACKUPS).await?.into_iter();
    let backups = rows.map(|row| Backup {
        at: rfc3339(row.at),
        bytes: row.bytes,
        entries: row.entries,
        seconds: row.seconds,
        outcome: row.outcome,
        verified: rfc3339(row.verified),
    });
    Ok(backups.collect())
}
