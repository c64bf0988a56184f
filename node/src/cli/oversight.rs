//! What orders and complaints have in common: where their records stand in the rows of a platform,
//! how terms are shown, and how an answer is handed in. A hub reads a platform's rows by the same
//! functions, so both sides say the same.

mod found;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp as Instant;
use prost::Message;
use sanheyi_exchange_spec::gate::Reason;
use sanheyi_exchange_spec::ids::{Audience, PlatformId};
use sanheyi_exchange_spec::oversight::{Term, Timing};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;
use serde::Serialize;

pub use self::found::{Found, Whose};
use super::local::{rfc3339, shown};
use super::{Answer, At};
use crate::branch::read_rules;
use crate::config::NodeConfig;
use crate::gateway::client::IntakeClient;
use crate::process::clock::{Clock as _, SystemClock};
use crate::store::{Database, JournalNumber, Place, Store, StoreError};

/// Numbers named to whoever mistyped one.
const NEAREST: usize = 3;

/// How far what was written to a platform has got.
#[derive(Clone, Debug)]
pub enum Reached {
    /// These rows are where it goes: what is in them has arrived.
    Here,
    /// Of each journal the platform has so many entries.
    Sizes(BTreeMap<JournalNumber, u64>),
}

/// The rows of a platform, and what is needed to say how things stand in them.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The rows.
    pub store: Store,
    /// Who writes to the platform.
    pub hub: PlatformId,
    /// How far that has got.
    pub reached: Reached,
    /// Calendars and all else that the hub's broadcast says, as far as it is here.
    pub rules: Rulebook,
    /// The instant that is asked about.
    pub now: Timestamp,
    /// Where answers are handed in.
    pub socket: PathBuf,
}

/// The instant that is asked about.
#[derive(Clone, Debug, Default, Args)]
pub struct AsOf {
    /// 期限状况截至的时刻，默认现在 · How terms stand at this instant, else now: 2010-03-11T00:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<Instant>,
}

/// When something happened.
#[derive(Clone, Debug, Default, Args)]
pub struct When {
    /// 发生时间，默认现在 · When it happened, else now: 2010-02-12T17:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<Instant>,
}

/// Something that is due; these are its keys in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownTerm {
    /// The last instant in time; null where the calendar does not say.
    pub due: Option<String>,
    /// When it was done.
    pub done: Option<String>,
    /// `running`, `met`, `late`, `overdue`, `waived` or `unknown`.
    pub timing: &'static str,
    /// Why it is not known when it is due.
    pub unknown: Option<String>,
    #[serde(skip)]
    text: String,
}

/// What was handed in; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct HandedIn {
    /// Its dataset.
    pub dataset: String,
    /// Its record.
    pub record: String,
    /// The revision.
    pub revision: u64,
    /// Where it stands in the journal.
    pub sequence: u64,
}

// === impl Ground ===

impl Ground {
    /// A node's own rows, beside the node that may be running.
    ///
    /// # Errors
    /// If configuration or store cannot be read.
    pub async fn open(at: &At, now: Timestamp) -> anyhow::Result<Ground> {
        let config = NodeConfig::load(&at.config)?;
        let database = Database::open_read_only(config.database()).await?;
        let store = database.of(&config.platform);
        let rules = rules_of(&store, &config.hub).await?;
        let (hub, socket) = (config.hub.clone(), config.socket());
        Ok(Ground { store, hub, reached: Reached::Here, rules, now, socket })
    }

    /// Closes what [`Ground::open`] opened.
    ///
    /// # Errors
    /// Passes on the outcome's.
    pub async fn closed<T, E>(self, outcome: Result<T, E>) -> Result<T, E> {
        self.store.database().close().await;
        outcome
    }

    /// Hands an answer in where the platform's records are handed in.
    ///
    /// # Errors
    /// If nobody listens there, or if it is refused: with every reason.
    pub async fn hand_in(&self, draft: wire::Draft) -> anyhow::Result<HandedIn> {
        let (dataset, record) = (draft.dataset.clone(), draft.record.clone());
        let answer = IntakeClient::connect(&self.socket).await?.submit(vec![draft]).await?;
        let reasons = answer.refused.iter().flat_map(|refused| &refused.reasons);
        let said: Vec<_> =
            reasons.map(|reason| Reason::from_wire(reason.clone()).to_string()).collect();
        match answer.appended.first() {
            Some(one) => {
                Ok(HandedIn { dataset, record, revision: one.revision, sequence: one.sequence })
            }
            None => bail!("未写入 {record} · {record} was refused:\n  {}", said.join("\n  ")),
        }
    }
}

/// What the hub's broadcast says, as far as these rows have it.
///
/// # Errors
/// Of the store.
pub async fn rules_of(store: &Store, hub: &PlatformId) -> Result<Rulebook, StoreError> {
    let rows = store.journal_list().await?;
    let mut rules = Rulebook::builtin();
    // A restored hub opens a new one: the last is in force.
    let broadcast = rows
        .into_iter()
        .rfind(|row| row.head.journal.author == *hub && row.head.journal.audience == Audience::All);
    if let Some(row) = broadcast {
        read_rules(store, row.number, &mut rules).await?;
    }
    Ok(rules)
}

/// Refuses a number that is not known, and names those that are like it.
///
/// # Errors
/// Always.
pub fn unknown<T>(rule: &str, no: &str, known: impl Iterator<Item = String>) -> anyhow::Result<T> {
    let alike = |one: &str| one.bytes().zip(no.bytes()).filter(|(one, other)| one == other).count();
    let mut known: Vec<String> = known.collect();
    known.sort_by_key(|one| std::cmp::Reverse(alike(one)));
    known.truncate(NEAREST);
    match known.is_empty() {
        true => bail!(
            "没有编号为 {no} 的记录，也没有其他记录 · there is no {no}, and no other [{rule}]"
        ),
        false => bail!(
            "没有编号为 {no} 的记录，相近的有 {0} · there is no {no}; near it are {0} [{rule}]",
            known.join(" ")
        ),
    }
}

/// The draft of a record that a platform answers with.
pub fn draft<M: Message>(
    dataset: &str,
    record: String,
    body: &M,
    follows: Option<(u64, &Place)>,
    now: Timestamp,
) -> wire::Draft {
    wire::Draft {
        dataset: dataset.to_owned(),
        record,
        operation: wire::Operation::Put.into(),
        occurred: now.as_micros(),
        body: body.encode_to_vec().into(),
        follows_revision: follows.map_or(0, |(revision, _)| revision),
        follows_digest: follows
            .map(|(_, place)| place.digest.as_bytes().to_vec().into())
            .unwrap_or_default(),
        reads: Vec::new(),
    }
}

/// What was handed in, as it is shown.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn handed_in(handed: &HandedIn, json: bool) -> anyhow::Result<Answer> {
    Answer::report(handed, json, |HandedIn { dataset, record, revision, sequence }| {
        format!(
            "已写入 {dataset} {record} 第 {revision} 版，序号 {sequence} · {record} is revision {revision} at {sequence}\n"
        )
    })
}

/// An instant of the standard for JSON; null where there is none.
pub fn instant(micros: i64) -> Option<String> {
    rfc3339(Timestamp::from_micros(micros))
}

/// The name of a code for readers; empty where there is none.
pub fn code_zh(list: &str, number: i32) -> &'static str {
    let list = sanheyi_proto::code_list(list, 1);
    let entry = list.and_then(|list| list.entries.iter().find(|entry| entry.number == number));
    entry.map_or("", |entry| entry.title_zh)
}

// === impl AsOf ===

impl AsOf {
    /// The instant that is asked about.
    pub fn instant(&self) -> Timestamp {
        told_or_now(self.as_of)
    }
}

// === impl When ===

impl When {
    /// When it happened.
    pub fn instant(&self) -> Timestamp {
        told_or_now(self.at)
    }
}

fn told_or_now(told: Option<Instant>) -> Timestamp {
    match told {
        Some(told) => Timestamp::from_micros(told.as_microsecond()),
        None => SystemClock.now(),
    }
}

// === impl ShownTerm ===

impl ShownTerm {
    /// A term as it is shown.
    pub fn of(term: &Term) -> Self {
        let due = term.due.as_ref().ok().copied();
        let said = due.map_or_else(|| "—".to_owned(), shown);
        Self {
            due: due.and_then(rfc3339),
            done: term.done.and_then(rfc3339),
            timing: term.timing.en(),
            unknown: term.due.as_ref().err().map(|out| format!("{} · {out}", out.zh())),
            text: format!("{said} {}", term.timing.zh()),
        }
    }

    /// For a terminal: until when, and whether that is kept.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is not done, and too late.
    pub fn is_overdue(&self) -> bool {
        self.timing == Timing::Overdue.en()
    }
}
