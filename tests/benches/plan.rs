//! What is to be measured.

use anyhow::{Context as _, bail};

/// What a run measures.
pub(crate) struct Plan {
    /// Runs of each workload.
    pub(crate) runs: usize,
    /// Records of a bulk workload.
    pub(crate) records: u64,
    /// Connections that hand in at once in W1, besides a run with one.
    pub(crate) writers: usize,
    wanted: Vec<Workload>,
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
}

impl Workload {
    /// All of them, in the order in which they run.
    pub(crate) const ALL: [Workload; 6] = [
        Workload::Gate,
        Workload::Floor,
        Workload::Sustained,
        Workload::Single,
        Workload::Latency,
        Workload::CatchUp,
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
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Workload::Sustained | Workload::Single => "w1",
            Workload::Latency => "w2",
            Workload::CatchUp => "w3",
            Workload::Gate => "w5",
            Workload::Floor => "floor",
        }
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
        let mut plan = Self { runs: 5, records: 200_000, writers: 4, wanted: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut number = || -> anyhow::Result<u64> {
                let text = rest.next().with_context(|| format!("{argument} needs a number"))?;
                text.parse().with_context(|| format!("{argument} {text}"))
            };
            match argument.as_str() {
                "--bench" => {}
                "--runs" => plan.runs = usize::try_from(number()?.max(1))?,
                "--records" => plan.records = number()?.max(1000),
                "--writers" => plan.writers = usize::try_from(number()?.max(1))?,
                "all" => plan.wanted.extend(Workload::ALL),
                word => {
                    let named = Workload::ALL.into_iter().filter(|one| one.word() == word);
                    let before = plan.wanted.len();
                    plan.wanted.extend(named);
                    if plan.wanted.len() == before {
                        bail!("`{word}` is not known: w1, w2, w3, w5, floor, all");
                    }
                }
            }
        }
        if plan.wanted.is_empty() {
            plan.wanted.extend(Workload::ALL);
        }
        Ok(Some(plan))
    }

    /// Whether a workload is to be run.
    pub(crate) fn wants(&self, workload: Workload) -> bool {
        self.wanted.contains(&workload)
    }
}
