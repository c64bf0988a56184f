//! What the gate finds out of other entries: facts for a batch, out of the index and the journals
//! themselves, never out of a projection.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::custody::FAMILY;
use sanheyi_exchange_spec::gate::{
    Content, Edition, Facts, Head, Key, Needs, Standing, bears_content, needs,
};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::{IndexRow, JournalNumber, Place, Store, StoreError};
use sanheyi_proto::dataset;

use super::super::range::{Part, Span, Taken, entries};
use crate::store::{CUSTODY, GateRow};

/// Bytes of contents that are remembered of a platform: a district has 2,000 to 4,000 power items
/// of some hundred bytes each.
const REMEMBERED_BYTES: usize = 4 * 1024 * 1024;
/// Records whose content one range may ask for: a benchmark can be large, and a hostile author has
/// many. What asks for more is judged in the next range.
const RANGE_CONTENTS: usize = 256;

/// How far each journal of a platform was judged.
pub(super) type Cursors = BTreeMap<JournalNumber, u64>;

/// What is remembered of a platform from range to range. It is right as long as nobody else judges
/// the platform's entries.
#[derive(Default)]
pub(super) struct Memory {
    contents: BTreeMap<Key, Content>,
    /// Bytes of them.
    bytes: usize,
    /// Whether anything of it was ever offered or handed over.
    custody: Option<bool>,
    /// Where the platform's cursors were left.
    cursors: Cursors,
    /// How often entries of its journals were judged again; nothing before anything was remembered.
    again: Option<Cursors>,
}

/// What a range asks, and which records begin in it, so that nobody else has them.
pub(super) struct Asked {
    pub(super) needs: Needs,
    new: BTreeSet<Key>,
    /// Records of the range itself whose content decides, whether it asks about them or not.
    written: BTreeSet<Key>,
}

/// Forgets the platforms of which most is remembered until all of them have `bytes` at most: what
/// is asked for again is read again.
pub(super) fn remember_at_most(memories: &mut BTreeMap<PlatformId, Memory>, bytes: usize) {
    let mut held: usize = memories.values().map(|memory| memory.bytes).sum();
    while held > bytes {
        let largest = memories.iter().max_by_key(|(_, memory)| memory.bytes);
        let Some((platform, of_it)) = largest.map(|(id, memory)| (id.clone(), memory.bytes)) else {
            return;
        };
        held -= of_it;
        memories.remove(&platform);
    }
}

// === impl Memory ===

impl Memory {
    /// Forgets everything if somebody else has moved a cursor since; answers whether nobody has.
    pub(super) fn check(&mut self, rows: &[GateRow]) -> bool {
        let moved =
            |row: &GateRow| self.cursors.get(&row.journal).is_some_and(|at| *at != row.judged);
        let again: Cursors = rows.iter().map(|row| (row.journal, row.again)).collect();
        let judged_again = self.again.as_ref().is_some_and(|known| {
            again.iter().any(|(number, at)| known.get(number).copied().unwrap_or(0) != *at)
        });
        let alone = !judged_again && !rows.iter().any(moved);
        if !alone {
            *self = Self::default();
        }
        self.again = Some(again);
        alone
    }

    /// Entries of a journal were judged again here, and it is durable.
    pub(super) fn judged_again(&mut self, row: &GateRow) {
        if let Some(known) = &mut self.again {
            known.insert(row.journal, row.again + 1);
        }
    }

    /// A range was judged and is durable.
    pub(super) fn settle(&mut self, number: JournalNumber, past: u64, asked: &Asked, facts: Facts) {
        self.cursors.insert(number, past);
        for key in &asked.written {
            self.remove(key);
        }
        let mut facts = facts;
        for key in &asked.needs.contents {
            if let Some(content) = facts.take_content(key) {
                self.remove(key);
                if self.bytes > REMEMBERED_BYTES {
                    (self.contents, self.bytes) = (BTreeMap::new(), 0);
                }
                self.bytes += content.memory();
                self.contents.insert(key.clone(), content);
            }
        }
    }

    /// Whether anything of the platform was ever offered or handed over: else nobody asks.
    pub(super) async fn custody(&mut self, store: &Store) -> Result<bool, StoreError> {
        if let Some(known) = self.custody {
            return Ok(known);
        }
        Ok(*self.custody.insert(store.custody_any(&CUSTODY).await?))
    }

    /// Something of the platform was offered or handed over.
    pub(super) fn handed_over(&mut self) {
        self.custody = Some(true);
    }

    fn remove(&mut self, key: &Key) {
        if let Some(content) = self.contents.remove(key) {
            self.bytes = self.bytes.saturating_sub(content.memory());
        }
    }

    /// What a record says may have changed.
    pub(super) fn forget(&mut self, dataset: &str, record: &str) {
        let same = |key: &&Key| key.dataset == dataset && key.record == record;
        if let Some(key) = self.contents.keys().find(same).cloned() {
            self.remove(&key);
        }
    }
}

// === impl Asked ===

impl Asked {
    /// What the entries of these parts that are due ask, and how many of them were asked.
    /// `custody`: whether they ask who has their records.
    pub(super) fn of(
        parts: &[Part],
        due: &Span,
        taken: &Taken,
        edition: &Edition,
        custody: bool,
    ) -> (Self, Span) {
        let mut asked = Self::only(Needs::default());
        asked.needs.custody.everywhere = custody;
        let mut heard = due.start..due.start;
        for (sequence, entry, _) in entries(parts, due.start) {
            if sequence >= due.end || asked.needs.contents.len() >= RANGE_CONTENTS {
                break;
            }
            heard.end = sequence + 1;
            let body = entry.body.map(|(_, body)| body);
            needs(&entry.header, body, edition, &mut asked.needs);
            if entry.header.dataset.starts_with(FAMILY) {
                // The range ends with it.
                break;
            }
            let known = edition.dataset(entry.header.dataset).filter(|one| one.referable);
            let Some(known) = known else { continue };
            let key = || Key { dataset: known.name, record: entry.header.record.to_owned() };
            if bears_content(known.name) {
                asked.written.insert(key());
            }
            if entry.header.revision == 1 && !taken.contains(&sequence) {
                asked.new.insert(key());
            }
        }
        (asked, heard)
    }

    /// What some entries ask.
    pub(super) fn only(needs: Needs) -> Self {
        Self { needs, new: BTreeSet::new(), written: BTreeSet::new() }
    }

    /// The answers of the store, as far as its journals were judged.
    pub(super) async fn answer(
        &self,
        store: &Store,
        hub: &PlatformId,
        cursors: &Cursors,
        memory: &Memory,
    ) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        self.revisions(store, cursors, &mut facts).await?;
        self.records(store, hub, cursors, &mut facts).await?;
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
        hub: &PlatformId,
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
                None => given(store, hub, key).await?,
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
pub(super) fn is_judged(place: &Place, cursors: &Cursors) -> bool {
    place.standing.is_some() || cursors.get(&place.journal).is_some_and(|at| place.sequence < *at)
}

/// What the hub wrote to the platform is there, too: a complaint that it handles, say.
async fn given(store: &Store, hub: &PlatformId, key: &Key) -> Result<Option<Head>, StoreError> {
    if dataset(key.dataset).is_none_or(|known| known.addressee.is_none()) {
        return Ok(None);
    }
    let head = store.incoming_head(hub, key.dataset, &key.record).await?;
    Ok(head.map(|head| Head { revision: head.revision, standing: Standing::Accepted }))
}

pub(super) async fn standing(store: &Store, place: &Place) -> Result<Standing, StoreError> {
    match place.standing {
        Some(standing) => Ok(standing),
        None => store.standing_of(place.journal, place.sequence).await,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use sanheyi_exchange_spec::entry::{Header, Operation};
    use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
    use sanheyi_exchange_spec::suite::{Salt, Suite};
    use sanheyi_exchange_spec::time::Timestamp;
    use sanheyi_proto::standard::v1::Case;

    use super::*;

    /// A segment of cases, each on a version of its own of one item, from 1 on.
    fn cases(count: usize) -> Part {
        let mut writer = SegmentWriter::new().unwrap();
        for version in 1..=u32::try_from(count).unwrap() {
            let (power_code, power_version) = ("JS048100JT-XK-1030".to_owned(), version);
            let body = Case { power_code, power_version, ..Case::default() }.encode_to_vec();
            let header = Header {
                dataset: "case.case".parse().unwrap(),
                record: format!("JS048100JT{version:010}").parse().unwrap(),
                revision: 1,
                follows: None,
                custody_epoch: 0,
                operation: Operation::Put,
                standard: 1,
                occurred: Timestamp::default(),
                recorded: Timestamp::default(),
                body_digest: Suite::Intl.body(&Salt([1; 16]), &body),
            };
            writer.push(&header.encode(), &Salt([1; 16]), &body);
        }
        let segment = writer.finish().unwrap();
        let opened = SegmentReader::new(Suite::Intl).unwrap().open(&segment).unwrap();
        Part { first: 7, opened, stored: Timestamp::default(), root: None }
    }

    #[test]
    fn a_range_ends_where_it_would_ask_for_too_many_contents() {
        let heard = |count: usize, until: u64| {
            let due = 7..until;
            let none = Taken::default();
            let (asked, heard) = Asked::of(&[cases(count)], &due, &none, &Edition::CURRENT, false);
            assert_eq!(asked.needs.contents.len() as u64, heard.end - heard.start);
            (heard.start, heard.end)
        };
        let most = RANGE_CONTENTS as u64;
        assert_eq!(heard(RANGE_CONTENTS - 1, u64::MAX), (7, 6 + most));
        assert_eq!(heard(RANGE_CONTENTS, u64::MAX), (7, 7 + most));
        assert_eq!(heard(RANGE_CONTENTS + 1, u64::MAX), (7, 7 + most));
        assert_eq!(heard(RANGE_CONTENTS, 9), (7, 9), "and where the due end");
    }

    #[test]
    fn platforms_together_remember_no_more_than_they_may() {
        let sized = |bytes| Memory { bytes, ..Memory::default() };
        let of = |bytes: &[usize]| -> BTreeMap<PlatformId, Memory> {
            let named = bytes.iter().enumerate();
            named.map(|(at, one)| (format!("p{at}").parse().unwrap(), sized(*one))).collect()
        };
        for (given, most, left) in [
            (vec![10, 30, 20], 60, vec![10, 20, 30]),
            (vec![10, 30, 20], 59, vec![10, 20]),
            (vec![10, 30, 20], 10, vec![10]),
            (vec![10], 9, vec![]),
        ] {
            let mut memories = of(&given);
            remember_at_most(&mut memories, most);
            let mut kept: Vec<_> = memories.values().map(|memory| memory.bytes).collect();
            kept.sort_unstable();
            assert_eq!(kept, left, "{given:?} in {most}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_in_bytes() {
        remember(16);
    }

    #[test]
    fn what_says_nothing_takes_its_place_too() {
        remember(0);
    }

    /// Remembers items of so many revisions until all are forgotten.
    fn remember(revisions: u64) {
        let mut memory = Memory::default();
        let mut most = 0;
        for serial in 0..100_000_u64 {
            let key = Key { dataset: "catalogue.power_item", record: serial.to_string() };
            let mut content = Content::empty(key.dataset).unwrap();
            for revision in 1..=revisions {
                content.add(&sanheyi_exchange_spec::gate::Version {
                    revision,
                    occurred: Timestamp::default(),
                    operation: Operation::Withdraw,
                    body: None,
                });
            }
            let one = content.memory();
            let mut facts = Facts::default();
            facts.know_content(&key, content);
            let mut asked = Asked::only(Needs::default());
            asked.needs.contents.insert(key);
            memory.settle(JournalNumber::from_column(1), serial, &asked, facts);
            let held: usize = memory.contents.values().map(Content::memory).sum();
            assert_eq!(held, memory.bytes);
            assert!(held <= REMEMBERED_BYTES + one);
            most = most.max(held);
            if serial > 4096 && held < most {
                return;
            }
        }
        panic!("never forgotten: {most} bytes");
    }
}
