//! Reading the quarantine: pages by cursor, and counts that must come out even.

use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{JudgedJournal, QuarantineCounts, Quarantined};
use sanheyi_node::store::{ReceiptRow, ReturnedRow, Store, StoreError};

use super::{Cursor, Desk, EntryName, Filter};
use crate::store::platform_list;

/// Entries looked at together.
const READ: u64 = 500;
/// Most entries of one page.
pub const PAGE: usize = 10_000;

/// An entry of the quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its place; the page behind it begins after this.
    pub cursor: Cursor,
    /// Id of its journal.
    pub journal: String,
    /// Whose, and of which record.
    pub name: EntryName,
    /// How it stands now: a released one is accepted.
    pub standing: Standing,
    /// How it is being handled; nothing while it is pending.
    pub handling: Option<Handling>,
    /// Why it is there; of a released one, why it was.
    pub reasons: Vec<Reason>,
    /// When the hub received it.
    pub received: Option<Timestamp>,
    /// The correction that was asked for.
    pub returned: Option<ReturnedRow>,
    /// The later revision by which it is settled.
    pub settled_by: Option<u64>,
    /// When a later verdict accepted it.
    pub released: Option<Timestamp>,
}

/// A page of the quarantine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// By platform, journal and sequence number, ascending.
    pub items: Vec<Item>,
    /// Where the next page goes on; nothing at the end.
    pub next: Option<Cursor>,
}

/// How the quarantine of a platform stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whose.
    pub platform: PlatformId,
    /// All its journals together.
    pub counts: QuarantineCounts,
    /// What waits for something else and is not in the quarantine.
    pub pending: u64,
}

/// Remembers the receipt of the entry before: neighbours mostly have the same.
#[derive(Default)]
struct Received(Option<ReceiptRow>);

// === impl Desk ===

impl Desk {
    /// Up to `limit` entries that a filter lets pass, after `after`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn list(
        &self,
        filter: &Filter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, PAGE);
        let mut page = Page::default();
        for platform in self.platforms(filter).await? {
            if after.is_some_and(|after| platform < after.platform) {
                continue;
            }
            let store = self.database.of(&platform);
            let after = after.filter(|after| after.platform == platform);
            for journal in store.judged_journals().await? {
                if after.is_some_and(|after| journal.number < after.journal) {
                    continue;
                }
                let after = after.filter(|after| after.journal == journal.number);
                let mut after = after.map(|after| after.sequence);
                self.of_journal(&store, &journal, filter, &mut after, limit, &mut page).await?;
                if page.items.len() > limit {
                    page.items.truncate(limit);
                    page.next = page.items.last().map(|one| one.cursor.clone());
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }

    /// Adds entries of one journal, one more than `limit` at most.
    async fn of_journal(
        &self,
        store: &Store,
        journal: &JudgedJournal,
        filter: &Filter,
        after: &mut Option<u64>,
        limit: usize,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let mut received = Received::default();
        let pending = filter.state.has_pending();
        loop {
            let found = store.quarantine_page(journal.number, *after, READ, pending).await?;
            let Some(last) = found.last() else { return Ok(()) };
            *after = Some(last.verdict.sequence);
            for one in found.into_iter().filter(|one| filter.passes(one)) {
                let at = received.of(store, &one).await?;
                if filter.since.is_some_and(|since| at.is_none_or(|at| at < since)) {
                    continue;
                }
                page.items.push(item(store.platform(), journal, one, at));
                if page.items.len() > limit {
                    return Ok(());
                }
            }
        }
    }

    /// The entry at a place, if it is in the quarantine or pending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn at(&self, place: &Cursor) -> Result<Option<Item>, StoreError> {
        let store = self.database.of(&place.platform);
        let journals = store.judged_journals().await?;
        let Some(journal) = journals.iter().find(|one| one.number == place.journal) else {
            return Ok(None);
        };
        let Some(one) = store.quarantine_get(place.journal, place.sequence).await? else {
            return Ok(None);
        };
        let at = Received::default().of(&store, &one).await?;
        Ok(Some(item(&place.platform, journal, one, at)))
    }

    /// How the quarantine of each platform stands, or of one.
    ///
    /// # Errors
    /// Of the database.
    pub async fn counts(&self, platform: Option<&PlatformId>) -> Result<Vec<Counted>, StoreError> {
        let filter = Filter { platform: platform.cloned(), ..Filter::default() };
        let mut counted = Vec::new();
        for platform in self.platforms(&filter).await? {
            let store = self.database.of(&platform);
            let (mut counts, mut pending) = (QuarantineCounts::default(), 0);
            for journal in store.judged_journals().await? {
                counts.add(&store.quarantine_count(journal.number).await?);
                pending += store.receipt_counts(journal.number).await?.0.pending;
            }
            counted.push(Counted { platform, counts, pending });
        }
        Ok(counted)
    }

    /// The platforms that a filter lets pass, ascending.
    pub(super) async fn platforms(&self, filter: &Filter) -> Result<Vec<PlatformId>, StoreError> {
        let rows = platform_list(&self.database).await?;
        let mut found: Vec<_> =
            rows.into_iter().map(|row| row.platform).filter(|one| filter.is_of(one)).collect();
        found.sort_unstable();
        Ok(found)
    }
}

// === impl Received ===

impl Received {
    async fn of(
        &mut self,
        store: &Store,
        one: &Quarantined,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sequence = one.verdict.sequence;
        if !self.0.as_ref().is_some_and(|row| (row.first..row.past).contains(&sequence)) {
            self.0 = store.receipt_over(one.journal, sequence).await?;
        }
        Ok(self.0.as_ref().map(|row| row.received))
    }
}

fn item(
    platform: &PlatformId,
    journal: &JudgedJournal,
    one: Quarantined,
    received: Option<Timestamp>,
) -> Item {
    let Quarantined { journal: number, verdict, handling, returned, later, released } = one;
    let platform = platform.clone();
    let standing = if released.is_some() { Standing::Accepted } else { verdict.standing };
    Item {
        cursor: Cursor { platform: platform.clone(), journal: number, sequence: verdict.sequence },
        journal: journal.journal.to_string(),
        name: EntryName {
            platform,
            dataset: verdict.dataset,
            record: verdict.record,
            revision: verdict.revision,
        },
        standing,
        handling,
        reasons: verdict.reasons,
        received,
        returned,
        settled_by: later.map(|(revision, _)| revision),
        released,
    }
}
