//! What a review would do, found out entry by entry and written nowhere: the dry run, which tells
//! the same as the real one because the same gate judges the same entries by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::calendar::{Limit, OutOfCalendar};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::oversight::last_instant;
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{JournalNumber, StoreError};
use thiserror::Error;

use super::{Cursor, Filter, Item, State, WorkingDesk};

/// Entries listed at a time.
const LISTED: usize = 1000;

/// Most entries of one review: what is more is taken by the next one with the same filter.
pub const ENTRIES: usize = 10_000;
/// Entries that a plan shows as examples.
pub const EXAMPLES: usize = 5;
/// Working days that an author is given, if nobody says otherwise.
pub const WORKING_DAYS: u32 = 5;
/// Most working days that an author may be given: half a year.
pub const WORKING_DAYS_MOST: u32 = 120;

/// What an operator does with quarantined entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// 放行复判: judged again by what is in force now.
    Release,
    /// 退回更正: the author is asked for a correction.
    Return {
        /// What the operator says about it; nothing personal.
        note: String,
        /// Working days that the author is given, from 1.
        days: u32,
    },
}

/// What would become of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reviewed {
    /// It passes now.
    Accepted,
    /// It stays, with the reasons that it has now.
    Stays,
    /// It waits for something else.
    Pending,
    /// Its author is asked for a correction.
    Returned,
    /// It is not a matter for this: settled meanwhile, or decided for good.
    Passed,
}

/// How many entries of a plan break a rule, and what would become of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// Entries that break it, as they stand now.
    pub entries: u64,
    /// What becomes of them.
    pub outcome: Outcome,
}

/// How many entries become what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Accepted.
    pub accepted: u64,
    /// Still quarantined.
    pub stays: u64,
    /// Pending.
    pub pending: u64,
    /// Returned.
    pub returned: u64,
    /// Passed over.
    pub passed: u64,
}

/// What a review would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is done.
    pub act: Act,
    /// To which entries.
    pub filter: Filter,
    /// They, by platform, journal and sequence number, ascending; with what would become of each.
    pub entries: Vec<(Cursor, Reviewed)>,
    /// Whether there are more, beyond [`ENTRIES`].
    pub more: bool,
    /// How many entries become what.
    pub outcome: Outcome,
    /// By rule.
    pub rules: BTreeMap<String, RuleCount>,
    /// The first few, with what would become of each.
    pub examples: Vec<(Item, Reviewed)>,
}

/// Why there is no plan, or why it is not carried out.
#[derive(Debug, Error)]
pub enum PlanError {
    /// Words or numbers beyond their bounds.
    #[error("{0} · {1}")]
    Unsaid(&'static str, &'static str),
    /// The calendar does not reach so far.
    #[error("工作日历不覆盖该期限，请先发布日历或缩短期限 · {0}")]
    Calendar(#[from] OutOfCalendar),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// === impl WorkingDesk ===

impl WorkingDesk {
    /// What an act on the entries of a filter would do: on those that are open, or returned where
    /// they are to be released. Nothing is written.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn plan(&self, act: &Act, filter: &Filter) -> Result<Plan, PlanError> {
        self.due(act, self.now())?;
        let (items, more) = self.meant(act, filter).await?;
        self.planned(act, filter, items, more).await
    }

    /// What an act on these entries would do, as far as they are a matter for it. At most
    /// [`ENTRIES`] are looked at.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn plan_of(&self, act: &Act, entries: &[Cursor]) -> Result<Plan, PlanError> {
        self.due(act, self.now())?;
        let chosen: BTreeSet<_> = entries.iter().take(ENTRIES).collect();
        let mut items = Vec::new();
        for place in chosen {
            let found = self.desk.at(place).await?;
            items.extend(found.filter(|one| act.is_about(one.handling)));
        }
        let filter = Filter { state: State::All, ..Filter::default() };
        self.planned(act, &filter, items, entries.len() > ENTRIES).await
    }

    async fn planned(
        &self,
        act: &Act,
        filter: &Filter,
        items: Vec<Item>,
        more: bool,
    ) -> Result<Plan, PlanError> {
        let reviewed = match act {
            Act::Release => self.tried(&items).await?,
            Act::Return { .. } => {
                items.iter().map(|one| (one.cursor.clone(), Reviewed::Returned)).collect()
            }
        };
        let mut plan = Plan {
            act: act.clone(),
            filter: filter.clone(),
            entries: Vec::with_capacity(items.len()),
            more,
            outcome: Outcome::default(),
            rules: BTreeMap::new(),
            examples: Vec::new(),
        };
        for item in items {
            let what = reviewed.get(&item.cursor).copied().unwrap_or(Reviewed::Passed);
            plan.outcome.count(what);
            let mut rules: Vec<&str> = item.reasons.iter().map(|why| why.rule.as_str()).collect();
            rules.sort_unstable();
            rules.dedup();
            for rule in rules {
                let count = plan.rules.entry(rule.to_owned()).or_default();
                count.entries += 1;
                count.outcome.count(what);
            }
            plan.entries.push((item.cursor.clone(), what));
            if plan.examples.len() < EXAMPLES {
                plan.examples.push((item, what));
            }
        }
        Ok(plan)
    }

    /// The entries that an act is about, and whether there are more.
    async fn meant(&self, act: &Act, filter: &Filter) -> Result<(Vec<Item>, bool), StoreError> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let page = self.desk.list(filter, after.as_ref(), LISTED).await?;
            items.extend(page.items.into_iter().filter(|one| act.is_about(one.handling)));
            if items.len() > ENTRIES {
                items.truncate(ENTRIES);
                return Ok((items, true));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok((items, false)),
            }
        }
    }

    /// What would become of entries if they were released.
    async fn tried(&self, items: &[Item]) -> Result<BTreeMap<Cursor, Reviewed>, StoreError> {
        let mut by_platform: BTreeMap<&PlatformId, Vec<(JournalNumber, Vec<u64>)>> =
            BTreeMap::new();
        for Item { cursor, .. } in items {
            let journals = by_platform.entry(&cursor.platform).or_default();
            match journals.last_mut().filter(|(number, _)| *number == cursor.journal) {
                Some((_, sequences)) => sequences.push(cursor.sequence),
                None => journals.push((cursor.journal, vec![cursor.sequence])),
            }
        }
        let mut found = BTreeMap::new();
        for (platform, journals) in by_platform {
            for (journal, sequence, what) in self.exchange.try_release(platform, &journals).await? {
                found.insert(Cursor { platform: platform.clone(), journal, sequence }, what);
            }
        }
        Ok(found)
    }

    /// The last instant that an author is given; of a release it means nothing.
    pub(super) fn due(&self, act: &Act, from: Timestamp) -> Result<Timestamp, PlanError> {
        let Act::Return { note, days } = act else { return Ok(from) };
        if note.trim().is_empty() || note.len() > limits::RETURN_NOTE_BYTES {
            return Err(PlanError::Unsaid(
                "须写明退回说明，最多 1024 字节，不得含个人信息",
                "say what is to be corrected, in 1024 bytes at most and with nothing personal",
            ));
        }
        if *days == 0 || *days > WORKING_DAYS_MOST {
            return Err(PlanError::Unsaid(
                "期限须为 1 至 120 个工作日",
                "the author is given 1 to 120 working days",
            ));
        }
        let rules = self.exchange.rulebook();
        Ok(last_instant(rules.calendar(), from, Limit::working_days(*days))?)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.exchange.parts().clock.now()
    }
}

// === impl Outcome ===

impl Outcome {
    /// Counts one entry.
    pub fn count(&mut self, what: Reviewed) {
        match what {
            Reviewed::Accepted => self.accepted += 1,
            Reviewed::Stays => self.stays += 1,
            Reviewed::Pending => self.pending += 1,
            Reviewed::Returned => self.returned += 1,
            Reviewed::Passed => self.passed += 1,
        }
    }

    /// All of them together.
    pub const fn total(&self) -> u64 {
        self.accepted + self.stays + self.pending + self.returned + self.passed
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.stays += other.stays;
        self.pending += other.pending;
        self.returned += other.returned;
        self.passed += other.passed;
    }
}

// === impl Reviewed ===

impl Reviewed {
    /// What a verdict means for an entry that was quarantined.
    pub const fn of(standing: Standing) -> Self {
        match standing {
            Standing::Accepted => Reviewed::Accepted,
            Standing::Quarantined => Reviewed::Stays,
            Standing::Pending => Reviewed::Pending,
        }
    }

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Reviewed::Accepted => "改判接受",
            Reviewed::Stays => "仍隔离",
            Reviewed::Pending => "待判",
            Reviewed::Returned => "退回更正",
            Reviewed::Passed => "不处理",
        }
    }

    /// The word in English.
    pub const fn en(self) -> &'static str {
        match self {
            Reviewed::Accepted => "accepted",
            Reviewed::Stays => "stays",
            Reviewed::Pending => "pending",
            Reviewed::Returned => "returned",
            Reviewed::Passed => "passed over",
        }
    }
}

// === impl Act ===

impl Act {
    /// Whether it is about entries that are handled so.
    fn is_about(&self, handling: Option<Handling>) -> bool {
        match self {
            Act::Release => matches!(handling, Some(Handling::Open | Handling::Returned)),
            Act::Return { .. } => handling == Some(Handling::Open),
        }
    }

    /// As the audit and the store name it.
    pub const fn name(&self) -> &'static str {
        match self {
            Act::Release => "release",
            Act::Return { .. } => "return",
        }
    }
}
