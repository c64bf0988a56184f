//! What is to be measured.

use std::str::FromStr;

use anyhow::{Context as _, bail};

use super::load::{FAMILY, Ids};

/// What a run measures.
pub(crate) struct Plan {
    /// Runs of each workload.
    pub(crate) runs: usize,
    /// Records of a bulk workload.
    pub(crate) records: u64,
    /// Connections that hand in at once in W1, besides a run with one.
    pub(crate) writers: usize,
    /// Where the hub's store lies: in SQLite, in PostgreSQL, or in each in turn.
    pub(crate) stores: Vec<StoreKind>,
    /// Records that are stored in W7 before more are handed in, ascending.
    pub(crate) sizes: Vec<u64>,
    /// Records that are handed in on top of them.
    pub(crate) further: u64,
    /// In which orders record ids come in W7.
    pub(crate) ids: Vec<Ids>,
    /// Records a second that a tenant may submit.
    pub(crate) quota: u64,
    /// Seconds of a segment in which tenants are watched, and in which links are at work.
    pub(crate) seconds: u64,
    /// Links to one hub in W6.
    pub(crate) links: usize,
    wanted: Vec<Workload>,
}

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// W1: batches of 500.
    Sustained,
    /// W1: one by one from eight writers.
    Single,
    /// W2.
    Latency,
    /// W3.
    CatchUp,
    /// W5.
    Gate,
    /// The floor: plain rows in SQLite at both ends.
    Floor,
    /// W4.
    Both,
    /// W6.
    Links,
    /// W7.
    Growth,
    /// Tenants, one of which is noisy.
    Noisy,
    /// PostgreSQL's own logical replication: W1 to W4.
    Postgres,
}

impl Workload {
    /// All of them, in the order in which they run.
    pub(crate) const ALL: [Workload; 11] = [
        Workload::Gate,
        Workload::Floor,
        Workload::Postgres,
        Workload::Sustained,
        Workload::Single,
        Workload::Latency,
        Workload::CatchUp,
        Workload::Both,
        Workload::Links,
        Workload::Growth,
        Workload::Noisy,
    ];

    /// Its title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Workload::Sustained => "W1 sustained, batches of 500",
            Workload::Single => "W1 sustained, batches of 1",
            Workload::Latency => "W2 latency",
            Workload::CatchUp => "W3 catch-up",
            Workload::Gate => "W5 gate",
            Workload::Floor => "floor",
            Workload::Both => "W4 both ways",
            Workload::Links => "W6 many links",
            Workload::Growth => "W7 growth",
            Workload::Noisy => "noisy tenant",
            Workload::Postgres => "PostgreSQL logical replication",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Workload::Sustained | Workload::Single => "w1",
            Workload::Latency => "w2",
            Workload::CatchUp => "w3",
            Workload::Gate => "w5",
            Workload::Floor => "floor",
            Workload::Both => "w4",
            Workload::Links => "w6",
            Workload::Growth => "w7",
            Workload::Noisy => "noisy",
            Workload::Postgres => "postgres",
        }
    }

    /// Whether it takes so long that it runs only where it is named.
    const fn takes_long(self) -> bool {
        matches!(self, Workload::Links | Workload::Growth | Workload::Noisy)
    }

    /// Whether its runs follow each other on one hub, so that it is called once.
    pub(crate) const fn repeats_itself(self) -> bool {
        matches!(self, Workload::Growth | Workload::Noisy)
    }

    /// Whether it has a hub, and so a place for the hub's store.
    pub(crate) const fn has_hub(self) -> bool {
        !matches!(self, Workload::Gate | Workload::Floor | Workload::Postgres)
    }
}

impl Plan {
    /// Reads the arguments; `None` where a test run merely looks whether the benches start.
    ///
    /// # Errors
    /// If an argument is not known.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> anyhow::Result<Option<Self>> {
        let arguments: Vec<String> = arguments.collect();
        let asked = |flag: &str| arguments.iter().any(|one| one == flag);
        if !asked("--bench") || asked("--test") {
            return Ok(None);
        }
        let mut plan = Self {
            runs: 5,
            records: 200_000,
            writers: 4,
            stores: vec![StoreKind::Sqlite],
            sizes: vec![100_000, 1_000_000, 10_000_000],
            further: 100_000,
            ids: vec![Ids::Ascending],
            quota: 200,
            seconds: 20,
            links: 3000,
            wanted: Vec::new(),
        };
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            if argument == "--bench" {
                continue;
            }
            if let Some(option) = argument.strip_prefix("--") {
                let value = rest.next().with_context(|| format!("--{option} needs a value"))?;
                plan.set(option, &value).with_context(|| format!("--{option} {value}"))?;
            } else {
                plan.want(&argument)?;
            }
        }
        if plan.wanted.is_empty() {
            plan.want("all")?;
        }
        Ok(Some(plan))
    }

    fn set(&mut self, option: &str, value: &str) -> anyhow::Result<()> {
        match option {
            "runs" => self.runs = number(value)?,
            "records" => self.records = families(value)?.max(1000),
            "writers" => self.writers = number(value)?,
            "further" => self.further = families(value)?,
            "quota" => self.quota = number(value)?,
            "seconds" => self.seconds = number(value)?,
            "links" => self.links = usize::from(number::<u16>(value)?),
            "sizes" => {
                self.sizes = value.split(',').map(families).collect::<anyhow::Result<_>>()?;
                self.sizes.sort_unstable();
            }
            "store" => {
                self.stores = match value {
                    "sqlite" => vec![StoreKind::Sqlite],
                    "postgres" => vec![StoreKind::Postgres],
                    "both" => vec![StoreKind::Sqlite, StoreKind::Postgres],
                    _ => bail!("sqlite, postgres or both"),
                }
            }
            "ids" => {
                self.ids = match value {
                    "ascending" => vec![Ids::Ascending],
                    "random" => vec![Ids::Random],
                    "both" => vec![Ids::Ascending, Ids::Random],
                    _ => bail!("ascending, random or both"),
                }
            }
            _ => bail!("not known: see the head of tests/benches/main.rs"),
        }
        Ok(())
    }

    fn want(&mut self, word: &str) -> anyhow::Result<()> {
        let named = Workload::ALL.into_iter().filter(|one| match word {
            "all" => !one.takes_long(),
            "singles" => one == &Workload::Single,
            word => one.word() == word,
        });
        let before = self.wanted.len();
        self.wanted.extend(named);
        if self.wanted.len() == before {
            bail!(
                "`{word}` is not known: w1 (of which singles), w2, w3, w4, w5, floor, postgres, all, \
                 w6, w7, noisy"
            );
        }
        Ok(())
    }

    /// Whether a workload is to be run.
    pub(crate) fn wants(&self, workload: Workload) -> bool {
        self.wanted.contains(&workload)
    }
}

/// A number of records: cases with all their steps.
fn families(text: &str) -> anyhow::Result<u64> {
    Ok(number::<u64>(text)?.next_multiple_of(FAMILY))
}

/// A number of one or more.
fn number<T: FromStr<Err: Into<anyhow::Error>> + Ord + From<u8>>(text: &str) -> anyhow::Result<T> {
    let number: T = text.replace('_', "").parse().map_err(Into::into)?;
    Ok(number.max(T::from(1)))
}
