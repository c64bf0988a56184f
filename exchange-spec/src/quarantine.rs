//! The quarantine (隔离区): how what the gate quarantined is being handled, by one function of what
//! is known of the entry, and sums that must come out even.
//!
//! Nobody overrules the gate. An entry leaves the quarantine because its author wrote what was
//! wrong anew, or because the gate judged it again by what is in force now and found nothing.

use std::ops::AddAssign;

use crate::entry::Operation;

/// How a quarantined entry is being handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handling {
    /// 待处理: nobody has done anything about it.
    Open,
    /// 已退回: its author was asked for a correction.
    Returned,
    /// 已更正: a later revision of its record was accepted, or a later verdict accepted it.
    Corrected,
    /// 已撤回: a later revision that was accepted withdraws its record.
    Withdrawn,
}

/// What is known of an entry that was quarantined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// A later verdict accepted it.
    pub released: bool,
    /// What the last accepted revision of its record behind it does, if there is one.
    pub later: Option<Operation>,
    /// Its author was asked for a correction.
    pub returned: bool,
}

/// How many entries are handled how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Open.
    pub open: u64,
    /// Returned.
    pub returned: u64,
    /// Corrected.
    pub corrected: u64,
    /// Withdrawn.
    pub withdrawn: u64,
}

/// How an entry is being handled. What was settled stays settled, whatever was asked before.
pub const fn handling(known: &Known) -> Handling {
    match (known.later, known.released, known.returned) {
        (Some(Operation::Withdraw), _, _) => Handling::Withdrawn,
        (Some(Operation::Put), _, _) | (None, true, _) => Handling::Corrected,
        (None, false, true) => Handling::Returned,
        (None, false, false) => Handling::Open,
    }
}

// === impl Handling ===

impl Handling {
    /// All, in the order in which they are shown.
    pub const ALL: [Handling; 4] =
        [Handling::Open, Handling::Returned, Handling::Corrected, Handling::Withdrawn];

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Handling::Open => "待处理",
            Handling::Returned => "已退回",
            Handling::Corrected => "已更正",
            Handling::Withdrawn => "已撤回",
        }
    }

    /// The word in English.
    pub const fn en(self) -> &'static str {
        match self {
            Handling::Open => "open",
            Handling::Returned => "returned",
            Handling::Corrected => "corrected",
            Handling::Withdrawn => "withdrawn",
        }
    }

    /// Reads the English word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.en() == text)
    }

    /// Whether there is nothing left to do about it.
    pub const fn is_settled(self) -> bool {
        matches!(self, Handling::Corrected | Handling::Withdrawn)
    }
}

// === impl Tally ===

impl Tally {
    /// Counts one entry.
    pub fn count(&mut self, handling: Handling) {
        match handling {
            Handling::Open => self.open += 1,
            Handling::Returned => self.returned += 1,
            Handling::Corrected => self.corrected += 1,
            Handling::Withdrawn => self.withdrawn += 1,
        }
    }

    /// How many are handled in that way.
    pub const fn of(&self, handling: Handling) -> u64 {
        match handling {
            Handling::Open => self.open,
            Handling::Returned => self.returned,
            Handling::Corrected => self.corrected,
            Handling::Withdrawn => self.withdrawn,
        }
    }

    /// All of them together.
    pub const fn total(&self) -> u64 {
        self.open
            .saturating_add(self.returned)
            .saturating_add(self.corrected)
            .saturating_add(self.withdrawn)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.open += other.open;
        self.returned += other.returned;
        self.corrected += other.corrected;
        self.withdrawn += other.withdrawn;
    }
}

#[cfg(test)]
mod tests;
