//! Judging a range of a journal: pure but for the question which revisions are taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sanheyi_exchange_spec::custody::{self, Ruling};
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::gate::{
    Candidate, Edition, Facts, Standing, Verdict, Wait, judge, revision_taken,
};
use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::segment::{EntryView, Opened};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{IndexRow, JournalNumber, Place, Store, StoreError};
use sanheyi_proto::Violations;

use super::permits::Permits;

use super::errand::matters;

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
    /// What its pending entries wait for.
    pub(super) waits: Vec<(u64, Wait)>,
    /// What follows of the offer or the answer that is its last entry.
    pub(super) ruling: Option<Ruling>,
    pub(super) received: Timestamp,
    /// Whether there is an entry that others may have to be told of whatever the policies say.
    pub(super) matters: bool,
}

/// Sequence numbers from one to before another.
pub(super) type Span = std::ops::Range<u64>;

/// What is judged, and by what.
pub(super) struct Hearing<'a> {
    pub(super) author: &'a PlatformId,
    pub(super) journal: JournalNumber,
    pub(super) lane: Lane,
    pub(super) due: &'a Span,
    pub(super) parts: &'a [Part],
    pub(super) taken: &'a Taken,
    pub(super) edition: &'a Edition,
}

/// Judges the entries that are due until a receipt is full. What it judges it learns, for those
/// behind.
pub(super) fn judge_range(hearing: &Hearing<'_>, facts: &mut Facts) -> Range {
    let Hearing { author, journal, lane, due, parts, taken, edition } = *hearing;
    let rules = Arc::clone(facts.rules());
    let mut permits = Permits::new(&rules, author);
    let from = due.start;
    let mut range = Range {
        past: from,
        index: Vec::new(),
        exceptions: Vec::new(),
        waits: Vec::new(),
        ruling: None,
        received: Timestamp::default(),
        matters: false,
    };
    let mut scratch = Violations::default();
    for (sequence, entry, stored) in entries(parts, from) {
        let full = range.exceptions.len() >= limits::RECEIPT_EXCEPTIONS
            || sequence - from >= limits::RECEIPT_ENTRIES
            || sequence >= due.end;
        if full {
            break;
        }
        let body = entry.body.map(|(_, body)| body);
        let collides = taken.contains(&sequence);
        let mut verdict = if collides {
            Verdict::quarantined(vec![revision_taken(&entry.header)])
        } else {
            let candidate = Candidate { header: &entry.header, body, lane };
            let refused = permits.refuse(entry.header.dataset, stored);
            refused.unwrap_or_else(|| judge(&candidate, edition, facts, &mut scratch))
        };
        if !collides {
            let standing = Some(verdict.standing);
            let place = Place { journal, sequence, standing, digest: entry.digest };
            range.index.push(IndexRow::new(&entry.header, &place));
            facts.learn(&entry.header, body, entry.digest, verdict.standing);
        }
        range.waits.extend(verdict.waits.take().map(|wait| (sequence, wait)));
        let decides = entry.header.dataset.starts_with(custody::FAMILY);
        if decides && verdict.standing == Standing::Accepted {
            range.ruling = custody::ruling(&entry.header, body, &facts.custody);
        }
        if !verdict.reasons.is_empty() {
            range.exceptions.push(exception(sequence, &entry.header, verdict));
        }
        range.matters |= matters(&entry.header);
        range.past = sequence + 1;
        range.received = stored;
        if decides {
            // What follows of it is written down before anything else is judged.
            break;
        }
    }
    range
}

/// What has come with these entries up to `past`: others may wait for it.
pub(super) fn come(parts: &[Part], from: u64, past: u64) -> Vec<Vec<u8>> {
    let mut come = Vec::new();
    for (_, entry, _) in entries(parts, from).take_while(|(sequence, ..)| *sequence < past) {
        let header = &entry.header;
        let (dataset, record) = (header.dataset.to_owned(), header.record.to_owned());
        let revision = header.revision;
        come.push(Wait::Record { dataset: dataset.clone(), record: record.clone() }.to_bytes());
        come.push(Wait::Revision { dataset, record, revision }.to_bytes());
    }
    come
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

pub(super) fn entries(
    parts: &[Part],
    from: u64,
) -> impl Iterator<Item = (u64, EntryView<'_>, Timestamp)> {
    parts
        .iter()
        .flat_map(|part| {
            (part.first..).zip(part.opened.iter()).map(|(at, entry)| (at, entry, part.stored))
        })
        .skip_while(move |(sequence, ..)| *sequence < from)
}

/// What a receipt says of an entry that was not simply accepted.
pub(super) fn exception(sequence: u64, header: &HeaderView<'_>, verdict: Verdict) -> Exception {
    Exception {
        sequence,
        standing: verdict.standing,
        dataset: header.dataset.to_owned(),
        record: header.record.to_owned(),
        revision: header.revision,
        reasons: verdict.reasons,
    }
}
