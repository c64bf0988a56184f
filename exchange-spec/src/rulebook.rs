//! The rulebook (规则集): what the hub's broadcast says, as one immutable value. Code lists,
//! calendars, region succession, the platform directory with its keys, policies, versions of the
//! standard: the gate judges by it, and so does every branch by the one that it has.
//!
//! What is built in stands until the broadcast says otherwise; what the broadcast withdraws falls
//! back to it. Policies and platforms are never built in. Whoever judges says by how many entries
//! of the broadcast: [`Rulebook::size`].
//!
//! ```
//! use sanheyi_exchange_spec::rulebook::Rulebook;
//! use sanheyi_exchange_spec::time::Timestamp;
//!
//! let rules = Rulebook::builtin();
//! let day = "2016-01-01".parse()?;
//! let kinds = rules.code_list_on("power_kind", day).ok_or("built in")?;
//! // 行政审批 ended in May 2015.
//! assert!(!kinds.entry("SP").is_some_and(|entry| entry.valid_on(day)));
//! assert_eq!(rules.successor("320482", day), Some("320413"));
//!
//! // Nobody has permitted anything yet.
//! let jintan = "jintan".parse()?;
//! let decision = rules.policies().may_send(&jintan, "case.case", Timestamp::from_micros(0));
//! assert!(!decision.is_permitted());
//! assert_eq!(decision.refusal().rule, "policy.send");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calendars;
mod codes;
mod entries;
mod platforms;
pub mod policies;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use prost::Message;
use sanheyi_proto::Dataset;
use sanheyi_proto::standard::v1 as standard;

use crate::calendar::{Calendar, Date, date_of};
use crate::codes::regions::{self, Succession};
use crate::entry::{HeaderView, Operation};
use crate::ids::{Lane, PlatformId};
use crate::reason::{Findings, Reason};
use crate::suite::VerifyingKey;
use crate::time::Timestamp;
use calendars::Calendars;
use codes::Codes;
use platforms::Platforms;

pub use codes::ListInForce;
pub use entries::{BuiltinEntry, builtin_entries};
pub use platforms::{KeyRange, Listed, Mode};
pub use policies::{Action, Decision, Effect, Policies, Rule, Scope};

/// Where a record of the broadcast stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its sequence number in the broadcast.
    pub sequence: u64,
    /// Its revision.
    pub revision: u64,
    /// When the hub recorded it.
    pub recorded: Timestamp,
}

/// What became of an entry of the broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The rulebook says what it says.
    Taken,
    /// It is of a dataset that no rule is made of.
    PassedOver,
    /// Its body is absent, or none of its dataset: the earlier revision stands.
    Unreadable,
    /// It contradicts what must not change: the earlier revision stands.
    Refused(Reason),
}

/// What the broadcast says (规则集). Clones share their parts; holders keep an [`Arc`] of it.
///
/// Memory is bounded by the records that the hub keeps in force: a later revision takes the place
/// of the earlier.
#[derive(Clone, Debug)]
pub struct Rulebook {
    size: u64,
    unreadable: u64,
    refused: u64,
    codes: Arc<Codes>,
    calendars: Arc<Calendars>,
    successions: Arc<BTreeMap<Box<str>, Succession>>,
    platforms: Arc<Platforms>,
    policies: Arc<Policies>,
    standards: Arc<BTreeMap<u32, Date>>,
}

/// The datasets that rules are made of.
pub const DATASETS: [&str; 6] = [
    "codes.code_list",
    "codes.region_succession",
    "codes.standard_version",
    "codes.working_calendar",
    "exchange.platform",
    "exchange.policy",
];

static BUILTIN: LazyLock<Arc<Rulebook>> = LazyLock::new(|| {
    Arc::new(Rulebook {
        size: 0,
        unreadable: 0,
        refused: 0,
        codes: Arc::new(Codes::builtin()),
        calendars: Arc::new(Calendars::builtin()),
        successions: Arc::new(
            regions::successions().iter().map(|one| (record_of(one), one.clone())).collect(),
        ),
        platforms: Arc::default(),
        policies: Arc::default(),
        standards: Arc::default(),
    })
});

fn record_of(one: &Succession) -> Box<str> {
    format!("{}-{}", one.former, one.serial).into()
}

// === impl Rulebook ===

impl Rulebook {
    /// What this build knows by itself: code lists, calendars, succession. No platform, no policy.
    pub fn builtin() -> Self {
        Self::clone(&BUILTIN)
    }

    /// The same, shared.
    pub fn builtin_shared() -> Arc<Self> {
        Arc::clone(&BUILTIN)
    }

    /// Takes in the next entry of the broadcast, in order.
    pub fn apply(
        &mut self,
        sequence: u64,
        header: &HeaderView<'_>,
        body: Option<&[u8]>,
    ) -> Applied {
        self.size = sequence.saturating_add(1);
        let applied = match header.operation {
            Operation::Withdraw => self.withdraw(header),
            Operation::Put => match body.filter(|body| names(header, body)) {
                Some(body) => self.put(sequence, header, body),
                None if DATASETS.contains(&header.dataset) => Applied::Unreadable,
                None => Applied::PassedOver,
            },
        };
        match applied {
            Applied::Unreadable => self.unreadable += 1,
            Applied::Refused(_) => self.refused += 1,
            Applied::Taken | Applied::PassedOver => {}
        }
        applied
    }

    fn put(&mut self, sequence: u64, header: &HeaderView<'_>, body: &[u8]) -> Applied {
        let place = Place { sequence, revision: header.revision, recorded: header.recorded };
        match header.dataset {
            "codes.code_list" => {
                taken(read(body).map(|list| Arc::make_mut(&mut self.codes).put(&list)))
            }
            "codes.region_succession" => {
                let one = read(body).and_then(|one| Succession::from_record(&one));
                taken(one.map(|one| self.succeed(header.record, Some(one))))
            }
            "codes.standard_version" => {
                taken(read(body).and_then(|version| self.version(&version)))
            }
            "codes.working_calendar" => {
                let calendars = Arc::make_mut(&mut self.calendars);
                taken(read(body).map(|year| calendars.put(header.record, year)))
            }
            "exchange.platform" => {
                let Some(one) = read(body).and_then(|one| Listed::read(&one, place)) else {
                    return Applied::Unreadable;
                };
                match Arc::make_mut(&mut self.platforms).put(one) {
                    Ok(()) => Applied::Taken,
                    Err(reason) => Applied::Refused(reason),
                }
            }
            "exchange.policy" => {
                let rule = read(body).and_then(|policy| Rule::read(&policy, place));
                taken(rule.map(|rule| {
                    Arc::make_mut(&mut self.policies).put(rule);
                    true
                }))
            }
            _ => Applied::PassedOver,
        }
    }

    fn withdraw(&mut self, header: &HeaderView<'_>) -> Applied {
        let record = header.record;
        let known = match header.dataset {
            "codes.code_list" => Arc::make_mut(&mut self.codes).withdraw(record),
            "codes.region_succession" => self.succeed(record, None),
            "codes.standard_version" => match record.parse() {
                Ok(version) => Arc::make_mut(&mut self.standards).remove::<u32>(&version).is_some(),
                Err(_) => false,
            },
            "codes.working_calendar" => Arc::make_mut(&mut self.calendars).withdraw(record),
            "exchange.platform" => Arc::make_mut(&mut self.platforms).withdraw(record),
            "exchange.policy" => Arc::make_mut(&mut self.policies).withdraw(record),
            _ => false,
        };
        if known { Applied::Taken } else { Applied::PassedOver }
    }

    fn succeed(&mut self, record: &str, one: Option<Succession>) -> bool {
        let built_in = || regions::successions().iter().find(|one| *record_of(one) == *record);
        let successions = Arc::make_mut(&mut self.successions);
        match one.or_else(|| built_in().cloned()) {
            Some(one) => {
                successions.insert(record.into(), one);
                true
            }
            None => successions.remove(record).is_some(),
        }
    }

    fn version(&mut self, version: &standard::StandardVersion) -> Option<bool> {
        let from = version.effective_on.parse().ok()?;
        Arc::make_mut(&mut self.standards).insert(version.version, from);
        Some(true)
    }

    /// How many entries of the broadcast it contains: the next one expected. 0: what is built in.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How many entries could not be read.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// How many entries contradicted what must not change.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Of a list, the highest version that is in force on a day.
    pub fn code_list_on(&self, id: &str, day: Date) -> Option<&ListInForce> {
        self.codes.on(id, day)
    }

    /// A list by id and version.
    pub fn code_list(&self, id: &str, version: u32) -> Option<&ListInForce> {
        self.codes.version(id, version)
    }

    /// All lists, ascending by id and version.
    pub fn code_lists(&self) -> impl Iterator<Item = &ListInForce> {
        self.codes.iter()
    }

    /// The working calendar: of each year what the broadcast says, else what is built in.
    pub fn calendar(&self) -> &Calendar {
        self.calendars.joined()
    }

    /// All successions of region codes, by former code and serial.
    pub fn successions(&self) -> impl Iterator<Item = &Succession> {
        self.successions.values()
    }

    /// The code that stands on a day for a former one; `None` while nothing has followed it.
    pub fn successor(&self, code: &str, day: Date) -> Option<&str> {
        regions::follow(|| self.successions(), code, day)
    }

    /// The name of a region that is in use on a day.
    pub fn region_name(&self, code: &str, day: Date) -> Option<&str> {
        let entry = self.code_list_on("region", day)?.entry(code)?;
        entry.valid_on(day).then_some(&*entry.title_zh)
    }

    /// The first days of the versions of the standard that were announced.
    pub fn standards(&self) -> &BTreeMap<u32, Date> {
        &self.standards
    }

    /// A platform as the directory lists it.
    pub fn platform(&self, platform: &PlatformId) -> Option<&Arc<Listed>> {
        self.platforms.get(platform)
    }

    /// All platforms of the directory, by id.
    pub fn platforms(&self) -> impl Iterator<Item = &Arc<Listed>> {
        self.platforms.iter()
    }

    /// The key that verifies what a platform signed of its journals of a lane: of the ranges that
    /// begin at or before `sequence` the last. Known also of platforms that have left.
    pub fn key_of(&self, platform: &PlatformId, lane: Lane, sequence: u64) -> Option<VerifyingKey> {
        self.range_of(platform, lane, sequence).map(|range| range.key)
    }

    /// The same with its keeper.
    pub fn range_of(&self, platform: &PlatformId, lane: Lane, sequence: u64) -> Option<&KeyRange> {
        self.platforms.range_of(platform, lane, sequence)
    }

    /// What may be sent and seen.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Why a platform may not send a dataset at an instant, rule `policy.send`; `None` where it
    /// may.
    pub fn refuses_to_send(
        &self,
        platform: &PlatformId,
        dataset: &str,
        at: Timestamp,
    ) -> Option<Reason> {
        let decision = self.policies.may_send(platform, dataset, at);
        (!decision.is_permitted()).then(|| decision.refusal())
    }

    /// Whether there is a code in the bodies of a dataset whose day matters.
    pub fn watches_codes_of(&self, dataset: &str) -> bool {
        self.codes.watch_of(dataset).is_some()
    }

    /// Adds what a body breaks by using codes on a day on which they are not in force: rule
    /// `code.not_in_force`. The day is that of `occurred` in Beijing, or of `recorded` where the
    /// entry does not say when it happened. It costs nothing where no day matters.
    pub fn codes_in_force(
        &self,
        dataset: &Dataset,
        (occurred, recorded): (Timestamp, Timestamp),
        body: &[u8],
        out: &mut Findings,
    ) {
        let Some(watch) = self.codes.watch_of(dataset.name) else { return };
        let happened = occurred != Timestamp::default();
        let day = date_of(if happened { occurred } else { recorded });
        watch.walk(body, &mut |code, found| self.codes.hold(code, found, day, out));
    }
}

impl Default for Rulebook {
    fn default() -> Self {
        Self::builtin()
    }
}

/// Whether a body is one of its record: withdrawn is what was put.
fn names(header: &HeaderView<'_>, body: &[u8]) -> bool {
    let mut name = String::new();
    let known = sanheyi_proto::dataset(header.dataset);
    known.is_some_and(|known| known.record.name(body, &mut name) && name == header.record)
}

fn read<M: Message + Default>(body: &[u8]) -> Option<M> {
    M::decode(body).ok()
}

fn taken(outcome: Option<bool>) -> Applied {
    if outcome == Some(true) { Applied::Taken } else { Applied::Unreadable }
}
