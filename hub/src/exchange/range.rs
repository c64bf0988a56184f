//! Judging a range of a journal: pure but for the question which revisions are taken.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::gate::{Standing, Verdict, judge, revision_taken};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::segment::{EntryView, Opened};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{IndexRow, JournalNumber, Place, Store, StoreError};
use sanheyi_proto::Violations;

/// An opened segment and where it begins.
pub(super) struct Part {
    pub(super) first: u64,
    pub(super) opened: Opened,
    pub(super) stored: Timestamp,
    /// Root of the journal after it, where it is known.
    pub(super) root: Option<Digest>,
}

/// Sequence numbers whose record and revision another entry has taken.
pub(super) type Taken = BTreeSet<u64>;

/// A judged range.
pub(super) struct Range {
    pub(super) past: u64,
    pub(super) index: Vec<IndexRow>,
    pub(super) exceptions: Vec<Exception>,
    pub(super) received: Timestamp,
}

/// Sequence numbers from one to before another.
pub(super) type Span = std::ops::Range<u64>;

/// Judges the entries that are due until a receipt is full.
pub(super) fn judge_range(
    journal: JournalNumber,
    lane: Lane,
    due: &Span,
    parts: &[Part],
    taken: &Taken,
) -> Range {
    let from = due.start;
    let mut range = Range {
        past: from,
        index: Vec::new(),
        exceptions: Vec::new(),
        received: Timestamp::default(),
    };
    let mut scratch = Violations::default();
    for (sequence, entry, stored) in entries(parts, from) {
        let full = range.exceptions.len() >= limits::RECEIPT_EXCEPTIONS
            || sequence - from >= limits::RECEIPT_ENTRIES
            || sequence >= due.end;
        if full {
            break;
        }
        let collides = taken.contains(&sequence);
        let verdict = if collides {
            Verdict::quarantined(vec![revision_taken(&entry.header)])
        } else {
            judge(&entry.header, entry.body.map(|(_, body)| body), lane, &mut scratch)
        };
        if !collides {
            let standing = Some(verdict.standing);
            let place = Place { journal, sequence, standing, digest: entry.digest };
            range.index.push(IndexRow::new(&entry.header, &place));
        }
        if verdict.standing != Standing::Accepted {
            range.exceptions.push(exception(sequence, &entry, verdict));
        }
        range.past = sequence + 1;
        range.received = stored;
    }
    range
}

/// Which of these entries claim a revision that another entry has: one of an earlier range, or an
/// earlier one of this.
pub(super) async fn taken(
    store: &Store,
    journal: JournalNumber,
    parts: &[Part],
) -> Result<Taken, StoreError> {
    let mut found = Taken::new();
    let mut rows = Vec::new();
    let mut sequences = Vec::new();
    let mut first_of = BTreeMap::new();
    for (sequence, entry, _) in entries(parts, 0) {
        let header = &entry.header;
        let key = (header.dataset, header.record, header.revision);
        if *first_of.entry(key).or_insert(sequence) != sequence {
            found.insert(sequence);
        }
        let place = Place { journal, sequence, standing: None, digest: entry.digest };
        rows.push(IndexRow::new(header, &place));
        sequences.push(sequence);
    }
    let places = store.record_places(&rows).await?;
    found.extend(sequences.into_iter().zip(places).filter_map(|(at, place)| place.map(|_| at)));
    Ok(found)
}

fn entries(parts: &[Part], from: u64) -> impl Iterator<Item = (u64, EntryView<'_>, Timestamp)> {
    parts
        .iter()
        .flat_map(|part| {
            (part.first..).zip(part.opened.iter()).map(|(at, entry)| (at, entry, part.stored))
        })
        .skip_while(move |(sequence, ..)| *sequence < from)
}

fn exception(sequence: u64, entry: &EntryView<'_>, verdict: Verdict) -> Exception {
    Exception {
        sequence,
        standing: verdict.standing,
        dataset: entry.header.dataset.to_owned(),
        record: entry.header.record.to_owned(),
        revision: entry.header.revision,
        reasons: verdict.reasons,
    }
}
