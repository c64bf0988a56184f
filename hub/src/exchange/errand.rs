//! Who is to be shown what (转送): by the policies, by whom an entry names, and by what its author
//! asks another platform to help with. Decided by the gate in the transaction of the verdict,
//! purely but for what stands in the store; carried out by the [`courier`](super::courier).

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use sanheyi_exchange_spec::entry::{HeaderView, Operation};
use sanheyi_exchange_spec::erasure::{self, Erasure};
use sanheyi_exchange_spec::gate::{EXCHANGE_FAMILY, Standing};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::receipt::{Exception, Receipt};
use sanheyi_exchange_spec::rulebook::{Action, Effect, Rule, Rulebook, Scope};
use sanheyi_exchange_spec::segment::EntryView;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::erase_body;
use sanheyi_node::store::{IndexRow, JournalNumber, Store, StoreError, Tx};
use sanheyi_proto::standard::v1::Joint;

use super::range::{Part, entries};
use crate::store::{Errand, Sight, errand_put, errand_readers, sight_end, sight_of, sight_put};

/// The dataset by which a platform asks another one to help with records of its own.
const JOINT: &str = "case.joint";
/// Revisions looked through for the last one that was accepted.
const REVISIONS: u64 = 1000;

/// A record: dataset and id.
type Record = (String, String);

/// An entry that the gate accepts.
#[derive(Clone, Copy)]
pub(super) struct Accepted<'a> {
    pub(super) sequence: u64,
    pub(super) header: HeaderView<'a>,
    pub(super) body: Option<&'a [u8]>,
}

/// What becomes of accepted entries beyond their verdict.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Errands {
    /// Entries to be shown.
    due: Vec<Errand>,
    /// Requests that end, with all that they showed.
    ended: BTreeSet<String>,
    /// What is seen from now on.
    seen: Vec<Sight>,
    /// Records whose last accepted revision of before is to be shown, and to whom.
    heads: BTreeSet<(Record, PlatformId)>,
    /// Bodies that their author has erased, and where it says so.
    erased: Vec<(u64, Erasure)>,
}

/// Who may see the datasets of one author, asked once for each dataset.
struct Readers<'a> {
    rules: &'a Rulebook,
    author: &'a PlatformId,
    at: Timestamp,
    /// Those whom any policy names for this author.
    candidates: BTreeSet<PlatformId>,
    known: BTreeMap<String, BTreeMap<PlatformId, Scope>>,
}

// === impl Readers ===

impl<'a> Readers<'a> {
    fn new(rules: &'a Rulebook, author: &'a PlatformId, at: Timestamp) -> Self {
        let mut candidates = BTreeSet::new();
        let about = |rule: &&Rule| is_about(rule, author);
        for rule in rules.policies().rules().map(AsRef::as_ref).filter(about) {
            match rule.platform.parse() {
                Ok(one) => {
                    candidates.insert(one);
                }
                // Everybody.
                Err(_) => candidates.extend(rules.platforms().map(|one| one.platform.clone())),
            }
        }
        // Whoever is not listed has no mailbox, and nobody is forwarded what it wrote itself.
        candidates.retain(|one| one != author && rules.platform(one).is_some());
        Self { rules, author, at, candidates, known: BTreeMap::new() }
    }

    /// Who may see a dataset, and how much of it. What the exchange writes itself no policy shows.
    fn of(&mut self, dataset: &str) -> BTreeMap<PlatformId, Scope> {
        if self.candidates.is_empty() || dataset.starts_with(EXCHANGE_FAMILY) {
            return BTreeMap::new();
        }
        if let Some(known) = self.known.get(dataset) {
            return known.clone();
        }
        let policies = self.rules.policies();
        let sees = |one: &PlatformId| {
            let decision = policies.may_see(one, dataset, self.author, self.at);
            decision.permitted.map(|scope| (one.clone(), scope))
        };
        let found: BTreeMap<_, _> = self.candidates.iter().filter_map(sees).collect();
        self.known.insert(dataset.to_owned(), found.clone());
        found
    }
}

fn is_about(rule: &Rule, author: &PlatformId) -> bool {
    let theirs = &*rule.author == "*" || *rule.author == *author.as_str();
    rule.action == Action::See && rule.effect == Effect::Permit && theirs
}

/// Whether any policy shows anything of an author to anybody.
pub(super) fn may_see_any(rules: &Rulebook, author: &PlatformId) -> bool {
    rules.policies().rules().any(|rule| is_about(rule, author))
}

/// The entries of a range that are accepted: those that no exception of their receipt says
/// otherwise of.
fn accepted<'a>(
    entries: impl Iterator<Item = (u64, EntryView<'a>)>,
    exceptions: &[Exception],
) -> Vec<Accepted<'a>> {
    let mut said = exceptions.iter().peekable();
    let mut accepted = Vec::new();
    for (sequence, entry) in entries {
        while said.next_if(|one| one.sequence < sequence).is_some() {}
        let other = said.peek().filter(|one| one.sequence == sequence);
        if other.is_none_or(|one| one.standing == Standing::Accepted) {
            let body = entry.body.map(|(_, body)| body);
            accepted.push(Accepted { sequence, header: entry.header, body });
        }
    }
    accepted
}

// === deciding ===

/// Whether an entry has to be looked at although no policy shows its author's entries: it erases,
/// or it may end what was shown before.
pub(super) fn matters(header: &HeaderView<'_>) -> bool {
    (header.revision > 1 && is_addressed(header.dataset)) || header.dataset == erasure::DATASET
}

fn is_addressed(dataset: &str) -> bool {
    sanheyi_proto::dataset(dataset).is_some_and(|known| known.addressee.is_some())
}

/// The records whose sights have to be known to decide.
fn asked(entries: &[Accepted<'_>]) -> BTreeSet<Record> {
    entries.iter().map(|one| record(&one.header)).collect()
}

fn record(header: &HeaderView<'_>) -> Record {
    (header.dataset.to_owned(), header.record.to_owned())
}

/// What a request is called in the rows that follow from it.
fn request(header: &HeaderView<'_>) -> String {
    format!("{} {}", header.dataset, header.record)
}

/// Decides what becomes of accepted entries of `author`, in the order of its journal. `sights` are
/// those of the entries' records.
pub(super) fn errands_of(
    author: &PlatformId,
    journal: JournalNumber,
    entries: &[Accepted<'_>],
    rules: &Rulebook,
    sights: Vec<Sight>,
    at: Timestamp,
) -> Errands {
    let readers = Readers::new(rules, author, at);
    let mut deciding = Deciding { journal, readers, known: sights, out: Errands::default() };
    for (place, one) in entries.iter().enumerate() {
        if one.header.dataset == erasure::DATASET {
            let erasure = one.body.and_then(|body| Erasure::decode(body).ok());
            deciding.out.erased.extend(erasure.map(|erasure| (one.sequence, erasure)));
            continue;
        }
        let named = addressee(one).filter(|named| named != author);
        deciding.show(one, named.as_ref());
        if is_addressed(one.header.dataset) {
            let before = entries.get(..place).unwrap_or_default();
            deciding.open(one, named, before);
        }
    }
    deciding.out
}

/// Errands as they are decided, entry by entry.
struct Deciding<'a> {
    journal: JournalNumber,
    readers: Readers<'a>,
    known: Vec<Sight>,
    out: Errands,
}

impl Deciding<'_> {
    fn due(&mut self, sequence: u64, reader: PlatformId) {
        self.out.due.push(Errand { journal: self.journal, sequence, reader });
    }

    /// Shows an entry to whoever may see all of its dataset, to whom it names, and to those who
    /// have its record in sight.
    fn show(&mut self, one: &Accepted<'_>, named: Option<&PlatformId>) {
        let header = &one.header;
        let allowed = self.readers.of(header.dataset);
        let shown: BTreeSet<_> = self
            .known
            .iter()
            .filter(|sight| sight.dataset == header.dataset && sight.record == header.record)
            .map(|sight| &sight.reader)
            .chain(named)
            .filter(|reader| allowed.contains_key(*reader))
            .chain(allowed.iter().filter(|(_, scope)| **scope == Scope::All).map(|(one, _)| one))
            .cloned()
            .collect();
        for reader in shown {
            self.due(one.sequence, reader);
        }
    }

    /// A request says anew who sees what: what it said before ends.
    fn open(&mut self, one: &Accepted<'_>, named: Option<PlatformId>, before: &[Accepted<'_>]) {
        let header = &one.header;
        let request = request(header);
        if header.revision > 1 {
            self.known.retain(|sight| sight.request != request);
            self.out.seen.retain(|sight| sight.request != request);
            self.out.ended.insert(request.clone());
        }
        let allowed = self.readers.of(header.dataset);
        let Some(reader) = named.filter(|reader| allowed.contains_key(reader)) else { return };
        for (dataset, record) in opened(one) {
            let is_of = |sight: &Sight| sight.dataset == dataset && sight.record == record;
            let is_new = !self.known.iter().any(|sight| is_of(sight) && sight.reader == reader);
            let own = dataset == header.dataset && record == header.record;
            if !own && is_new && self.readers.of(&dataset).contains_key(&reader) {
                self.head(&dataset, &record, &reader, before);
            }
            let request = request.clone();
            let sight = Sight { dataset, record, reader: reader.clone(), request };
            self.known.push(sight.clone());
            self.out.seen.push(sight);
        }
    }

    /// Shows a record as it is now: as it was accepted last in this range, or before it.
    fn head(&mut self, dataset: &str, record: &str, reader: &PlatformId, before: &[Accepted<'_>]) {
        let is_of =
            |one: &&Accepted<'_>| one.header.dataset == dataset && one.header.record == record;
        match before.iter().rev().find(is_of) {
            Some(last) => self.due(last.sequence, reader.clone()),
            None => {
                let record = (dataset.to_owned(), record.to_owned());
                self.out.heads.insert((record, reader.clone()));
            }
        }
    }
}

/// Whom an entry names.
fn addressee(one: &Accepted<'_>) -> Option<PlatformId> {
    if one.header.operation == Operation::Withdraw {
        return None;
    }
    let field = sanheyi_proto::dataset(one.header.dataset)?.addressee?;
    let mut named = String::new();
    field.name(one.body?, &mut named).then(|| named.parse().ok()).flatten()
}

/// What an entry that names a reader lets it see: itself in later revisions, and its parts.
fn opened(one: &Accepted<'_>) -> Vec<Record> {
    let mut opened = vec![record(&one.header)];
    if let (JOINT, Some(body)) = (one.header.dataset, one.body) {
        let joint = Joint::decode(body).unwrap_or_default();
        opened.extend(joint.parts.into_iter().map(|part| (part.dataset, part.record)));
    }
    opened
}

// === writing ===

/// Decides on a judged range. Costs nothing where no policy shows anything of the author and
/// nothing in the range `matters`.
pub(super) async fn of_range(
    store: &Store,
    journal: JournalNumber,
    parts: &[Part],
    receipt: &Receipt,
    matters: bool,
    rules: &Rulebook,
    at: Timestamp,
) -> Result<Errands, StoreError> {
    if !matters && !may_see_any(rules, store.platform()) {
        return Ok(Errands::default());
    }
    let judged = entries(parts, receipt.from).take_while(|(sequence, ..)| *sequence < receipt.to);
    let judged = judged.map(|(sequence, entry, _)| (sequence, entry));
    let accepted = accepted(judged, &receipt.exceptions);
    decide(store, journal, &accepted, rules, at).await
}

/// Decides on what was accepted, and finds what of it stands in the store. Who asks has seen that
/// there is something to decide: [`may_see_any`], or an entry that [`matters`].
pub(super) async fn decide(
    store: &Store,
    journal: JournalNumber,
    entries: &[Accepted<'_>],
    rules: &Rulebook,
    at: Timestamp,
) -> Result<Errands, StoreError> {
    let author = store.platform();
    let sights = match may_see_any(rules, author) {
        true => sight_of(store, &asked(entries)).await?,
        false => Vec::new(),
    };
    let mut errands = errands_of(author, journal, entries, rules, sights, at);
    for ((dataset, record), reader) in std::mem::take(&mut errands.heads) {
        let found = accepted_head(store, &dataset, &record).await?;
        errands.due.extend(found.map(|(journal, sequence)| Errand { journal, sequence, reader }));
    }
    Ok(errands)
}

/// Where the last accepted revision of a record stands.
async fn accepted_head(
    store: &Store,
    dataset: &str,
    record: &str,
) -> Result<Option<(JournalNumber, u64)>, StoreError> {
    let views = store.record_history(dataset, record, REVISIONS).await?;
    let accepted = views.into_iter().rfind(|view| view.standing == Some(Standing::Accepted));
    Ok(accepted.map(|view| (view.found.place.journal, view.found.place.sequence)))
}

impl Errands {
    /// With more that is to be shown.
    pub(super) fn with(mut self, more: Vec<Errand>) -> Self {
        self.due.extend(more);
        self
    }

    /// Whether there is nothing to carry and nothing to erase.
    pub(super) fn is_empty(&self) -> bool {
        self.due.is_empty() && self.erased.is_empty()
    }

    /// Writes them down, and erases what its author has erased, in the transaction of the verdict.
    pub(super) async fn write(
        &self,
        tx: &mut Tx,
        store: &Store,
        journal: JournalNumber,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            sight_end(tx, store, &self.ended);
        }
        sight_put(tx, store, &self.seen, at);
        errand_put(tx, store, &self.due);
        for (sequence, erasure) in &self.erased {
            let (dataset, record) = (erasure.dataset.as_str(), erasure.record.as_str());
            let asked = IndexRow::asked(dataset, record, erasure.revision);
            let place = tx.record_places(store, &[asked]).await?.into_iter().flatten().next();
            let Some(place) = place.filter(|place| place.digest == erasure.digest) else {
                continue;
            };
            erase_body(tx, store, &place).await?;
            // Whoever was shown the entry is shown that it is erased.
            let readers = errand_readers(tx, store, place.journal, place.sequence).await?;
            let due = |reader| Errand { journal, sequence: *sequence, reader };
            errand_put(tx, store, &readers.into_iter().map(due).collect::<Vec<_>>());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
