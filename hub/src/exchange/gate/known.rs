//! What the gate finds out of other entries: facts for a batch, out of the index and the journals
//! themselves, never out of a projection.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::gate::{
    Content, Edition, Facts, Head, Key, Needs, Standing, bears_content, needs,
};
use sanheyi_node::store::{IndexRow, JournalNumber, Place, Store, StoreError};

use super::super::range::{Part, Taken, entries};

/// Records whose content is remembered of a platform: a district has 2,000 to 4,000 power items.
const CONTENTS: usize = 8192;

/// How far each journal of a platform was judged.
pub(super) type Cursors = BTreeMap<JournalNumber, u64>;

/// What is remembered of a platform from range to range. It is right as long as nobody else judges
/// the platform's entries.
#[derive(Default)]
pub(super) struct Memory {
    contents: BTreeMap<Key, Content>,
    /// Where the platform's cursors were left.
    cursors: Cursors,
}

/// What a range asks, and which records begin in it, so that nobody else has them.
pub(super) struct Asked {
    needs: Needs,
    new: BTreeSet<Key>,
    /// Records of the range itself whose content decides, whether it asks about them or not.
    written: BTreeSet<Key>,
}

// === impl Memory ===

impl Memory {
    /// Forgets everything if somebody else has moved a cursor since.
    pub(super) fn check(&mut self, cursors: &Cursors) {
        let moved = |(number, at): (&JournalNumber, &u64)| {
            cursors.get(number).is_some_and(|cursor| cursor != at)
        };
        if self.cursors.iter().any(moved) {
            *self = Self::default();
        }
    }

    /// A range was judged and is durable.
    pub(super) fn settle(&mut self, number: JournalNumber, past: u64, asked: &Asked, facts: Facts) {
        self.cursors.insert(number, past);
        if self.contents.len() > CONTENTS {
            self.contents.clear();
        }
        for key in &asked.written {
            self.contents.remove(key);
        }
        let mut facts = facts;
        for key in &asked.needs.contents {
            if let Some(content) = facts.take_content(key) {
                self.contents.insert(key.clone(), content);
            }
        }
    }

    /// What a record says may have changed.
    pub(super) fn forget(&mut self, dataset: &str, record: &str) {
        self.contents.retain(|key, _| key.dataset != dataset || key.record != record);
    }
}

// === impl Asked ===

impl Asked {
    /// What the entries of these parts from `from` on ask.
    pub(super) fn of(parts: &[Part], from: u64, taken: &Taken, edition: &Edition) -> Self {
        let mut asked = Self::only(Needs::default());
        for (sequence, entry, _) in entries(parts, from) {
            let body = entry.body.map(|(_, body)| body);
            needs(&entry.header, body, edition, &mut asked.needs);
            let known = edition.dataset(entry.header.dataset).filter(|one| one.referable);
            let Some(dataset) = known else { continue };
            let key = || Key { dataset: dataset.name, record: entry.header.record.to_owned() };
            if bears_content(dataset.name) {
                asked.written.insert(key());
            }
            if entry.header.revision == 1 && !taken.contains(&sequence) {
                asked.new.insert(key());
            }
        }
        asked
    }

    /// What some entries ask.
    pub(super) fn only(needs: Needs) -> Self {
        Self { needs, new: BTreeSet::new(), written: BTreeSet::new() }
    }

    /// The answers of the store, as far as its journals were judged.
    pub(super) async fn answer(
        &self,
        store: &Store,
        cursors: &Cursors,
        memory: &Memory,
    ) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        self.revisions(store, cursors, &mut facts).await?;
        self.records(store, cursors, &mut facts).await?;
        for key in &self.needs.contents {
            let content = match memory.contents.get(key) {
                Some(content) => Some(content.clone()),
                None if self.new.contains(key) => Content::empty(key.dataset),
                None => store.content_get(key).await?,
            };
            if let Some(content) = content {
                facts.know_content(key, content);
            }
        }
        Ok(facts)
    }

    async fn revisions(
        &self,
        store: &Store,
        cursors: &Cursors,
        facts: &mut Facts,
    ) -> Result<(), StoreError> {
        let asked = &self.needs.revisions;
        let rows: Vec<_> = asked
            .iter()
            .map(|(key, revision)| IndexRow::asked(key.dataset, &key.record, *revision))
            .collect();
        for ((key, revision), place) in asked.iter().zip(store.record_places(&rows).await?) {
            let place = place.filter(|place| is_judged(place, cursors));
            facts.know_revision(key, *revision, place.map(|place| place.digest));
        }
        Ok(())
    }

    async fn records(
        &self,
        store: &Store,
        cursors: &Cursors,
        facts: &mut Facts,
    ) -> Result<(), StoreError> {
        let (new, old): (Vec<&Key>, Vec<&Key>) =
            self.needs.records.iter().partition(|key| self.new.contains(*key));
        for key in new {
            facts.know_record(key, None);
        }
        // Most records have one revision: whether there is a second is asked together with the
        // first.
        let pair = |key: &&Key| [1, 2].map(|at| IndexRow::asked(key.dataset, &key.record, at));
        let rows: Vec<_> = old.iter().flat_map(pair).collect();
        let places = store.record_places(&rows).await?;
        for (key, pair) in old.into_iter().zip(places.chunks(2)) {
            let judged = |place: &Option<Place>| place.filter(|place| is_judged(place, cursors));
            let head = match (pair.first().and_then(judged), pair.get(1).and_then(judged)) {
                (None, None) => None,
                (Some(first), None) => Some((1, first)),
                (_, Some(second)) => {
                    let head = store.record_head(key.dataset, &key.record).await?;
                    let head = head.filter(|head| is_judged(&head.place, cursors));
                    Some(head.map_or((2, second), |head| (head.revision, head.place)))
                }
            };
            let head = match head {
                None => None,
                Some((revision, place)) => {
                    Some(Head { revision, standing: standing(store, &place).await? })
                }
            };
            facts.know_record(key, head);
        }
        Ok(())
    }
}

/// Whether an entry has a verdict: at a tenant's home the index is ahead of the gate.
fn is_judged(place: &Place, cursors: &Cursors) -> bool {
    place.standing.is_some() || cursors.get(&place.journal).is_some_and(|at| place.sequence < *at)
}

async fn standing(store: &Store, place: &Place) -> Result<Standing, StoreError> {
    match place.standing {
        Some(standing) => Ok(standing),
        None => store.standing_of(place.journal, place.sequence).await,
    }
}
