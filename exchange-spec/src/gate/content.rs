//! What the accepted revisions of a record say, as far as other records are judged by it. It is a
//! function of the journal: whoever judges reads the revisions and makes it anew.

use std::collections::BTreeMap;

use prost::Message as _;
use sanheyi_proto::standard::v1::{Benchmark, Limit, PowerItem, PowerState};

use crate::entry::{HeaderView, Operation};
use crate::time::Timestamp;

/// Dataset of a power item.
pub(super) const ITEM: &str = "catalogue.power_item";
/// Dataset of a discretion benchmark.
pub(super) const BENCHMARK: &str = "catalogue.benchmark";

/// Whether the content of such records decides how others are judged.
pub fn bears_content(dataset: &str) -> bool {
    matches!(dataset, ITEM | BENCHMARK)
}

/// One accepted revision of a record.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// Its revision.
    pub revision: u64,
    /// When it happened.
    pub occurred: Timestamp,
    /// Put or withdraw.
    pub operation: Operation,
    /// Its body, if it has not been erased.
    pub body: Option<&'a [u8]>,
}

/// What the accepted revisions of a record say.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// 权力事项: since when it has been in which state.
    Item(Item),
    /// 裁量基准: since when which grades have been in force.
    Benchmark(Grades),
}

/// Revisions of a benchmark that are kept: it changes with the law, once in some years.
const REVISIONS: usize = 32;

/// The history of a benchmark: by revision, since when it has been what; nothing once it is
/// withdrawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grades(BTreeMap<u64, (Timestamp, Option<Benchmark>)>);

/// The history of a power item in one version.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item(BTreeMap<u64, Stretch>);

/// What one revision says of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    since: Timestamp,
    published: bool,
    valid_from: Timestamp,
    valid_until: Option<Timestamp>,
    promise: Option<Limit>,
}

// === impl Version ===

impl<'a> Version<'a> {
    /// The revision that an entry writes.
    pub fn of(header: &HeaderView<'_>, body: Option<&'a [u8]>) -> Self {
        let HeaderView { revision, occurred, operation, .. } = *header;
        Self { revision, occurred, operation, body }
    }
}

// === impl Content ===

impl Content {
    /// Of a record without accepted revisions; nothing for datasets that bear none.
    pub fn empty(dataset: &str) -> Option<Self> {
        match dataset {
            ITEM => Some(Content::Item(Item::default())),
            BENCHMARK => Some(Content::Benchmark(Grades::default())),
            _ => None,
        }
    }

    /// Adds an accepted revision, in whatever order they come.
    pub fn add(&mut self, version: &Version<'_>) {
        let put = version.body.filter(|_| version.operation == Operation::Put);
        match self {
            Content::Item(item) => item.add(version, put),
            Content::Benchmark(grades) => grades.add(version, put),
        }
    }

    /// The item, if it is one.
    pub fn item(&self) -> Option<&Item> {
        match self {
            Content::Item(item) => Some(item),
            Content::Benchmark(_) => None,
        }
    }

    /// The history of the benchmark, if it is one.
    pub fn grades(&self) -> Option<&Grades> {
        match self {
            Content::Benchmark(grades) => Some(grades),
            Content::Item(_) => None,
        }
    }

    /// Bytes of memory, about: whoever remembers contents bounds them by it.
    pub fn memory(&self) -> usize {
        let read = |one: &Option<Benchmark>| {
            one.as_ref().map_or(0, |read| READ_TIMES * read.encoded_len())
        };
        let revisions = match self {
            Content::Item(item) => item.0.len() * STRETCH_BYTES,
            Content::Benchmark(grades) => {
                grades.0.values().map(|(_, one)| STRETCH_BYTES + read(one)).sum()
            }
        };
        // One without revisions takes its place in a map as well.
        STRETCH_BYTES + revisions
    }
}

/// Bytes of a revision's entry in a map, about.
const STRETCH_BYTES: usize = 128;
/// How much more a message takes than its bytes: texts and lists have heads of their own.
const READ_TIMES: usize = 3;

// === impl Grades ===

impl Grades {
    fn add(&mut self, version: &Version<'_>, put: Option<&[u8]>) {
        let read = put.and_then(|body| Benchmark::decode(body).ok());
        self.0.insert(version.revision, (version.occurred, read));
        while self.0.len() > REVISIONS {
            self.0.pop_first();
        }
    }

    /// The benchmark as it stood at `at`: the last revision that had happened, or the first, for a
    /// benchmark is older than its first report.
    pub fn at(&self, at: Timestamp) -> Option<&Benchmark> {
        let happened = self.0.values().rev().find(|(since, _)| *since <= at);
        happened.or_else(|| self.0.values().next())?.1.as_ref()
    }
}

// === impl Item ===

impl Item {
    fn add(&mut self, version: &Version<'_>, put: Option<&[u8]>) {
        let read = put.and_then(|body| PowerItem::decode(body).ok());
        let stretch = read.map_or(
            // Withdrawn, or erased: it can be exercised no more.
            Stretch {
                since: version.occurred,
                published: false,
                valid_from: version.occurred,
                valid_until: None,
                promise: None,
            },
            |item| Stretch {
                since: version.occurred,
                published: item.state() == PowerState::Published,
                valid_from: Timestamp::from_micros(item.valid_from),
                valid_until: item.valid_until.map(Timestamp::from_micros),
                promise: item.promised_limit,
            },
        );
        self.0.insert(version.revision, stretch);
    }

    /// Whether no revision of it was accepted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a case could be opened on it at `at`: it was published, and within its validity. The
    /// day on which it came into force counts as a whole.
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.stretch(at).is_some_and(|stretch| {
            let begun = at.beijing_day() >= stretch.valid_from.beijing_day();
            stretch.published && begun && stretch.valid_until.is_none_or(|until| at < until)
        })
    }

    /// The limit that it promised at `at`.
    pub fn promise(&self, at: Timestamp) -> Option<Limit> {
        self.stretch(at)?.promise
    }

    /// The limit that its last revision promises.
    pub fn latest_promise(&self) -> Option<Limit> {
        self.0.values().next_back()?.promise
    }

    /// The revision that counted at `at`: the last that had happened. The first counts from the
    /// day on which it says it is valid: an item is older than its first report.
    fn stretch(&self, at: Timestamp) -> Option<&Stretch> {
        let happened = self.0.values().rev().find(|stretch| stretch.since <= at);
        happened.or_else(|| {
            let first = self.0.values().next()?;
            (at.beijing_day() >= first.valid_from.beijing_day()).then_some(first)
        })
    }
}
