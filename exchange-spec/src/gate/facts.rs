//! What the gate must know of other entries: [`Needs`] are the questions of a batch, [`Facts`] the
//! answers, always of one platform. Who has a store answers them; the verdicts follow from both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sanheyi_proto::Dataset;

use super::content::{Content, Version, bears_content};
use super::{EXCHANGE_FAMILY, Edition, Standing, erasing};
use crate::custody;
use crate::entry::HeaderView;
use crate::rulebook::Rulebook;
use crate::suite::Digest;

/// A record of one platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its dataset.
    pub dataset: &'static str,
    /// Its id.
    pub record: String,
}

/// What a batch of entries has to be held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Records that they refer to: is there one, and how does its head stand?
    pub records: BTreeSet<Key>,
    /// Revisions that they follow: what is the digest?
    pub revisions: BTreeSet<(Key, u64)>,
    /// Records whose content decides: what do their accepted revisions say?
    pub contents: BTreeSet<Key>,
    /// Who has a record, and what is offered.
    pub custody: custody::Asked,
    /// What was asked about last in each dataset: neighbours mostly ask the same.
    recent: BTreeMap<&'static str, String>,
}

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its revision: the highest that was judged, however it stands.
    pub revision: u64,
    /// How it stands.
    pub standing: Standing,
}

type ByRecord<T> = BTreeMap<&'static str, BTreeMap<String, T>>;

/// What is known of other entries, and the rulebook that entries are held against.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    rules: Arc<Rulebook>,
    records: ByRecord<Option<Head>>,
    revisions: ByRecord<BTreeMap<u64, Option<Digest>>>,
    contents: ByRecord<Content>,
    /// Who has which record, and what is offered.
    pub custody: custody::Known,
}

/// Adds what an entry has to be held against.
pub fn needs(header: &HeaderView<'_>, body: Option<&[u8]>, edition: &Edition, needs: &mut Needs) {
    if erasing::is_erasure(header) {
        return erasing::asks(body, edition, needs);
    }
    let Some(dataset) = known(header, edition) else { return };
    if let Some(before) = header.revision.checked_sub(1).filter(|before| *before > 0) {
        let key = Key { dataset: dataset.name, record: header.record.to_owned() };
        needs.revisions.insert((key, before));
    }
    custody_needs(header, dataset, body, needs);
    let Some(body) = body else { return };
    let mut target = String::new();
    for reference in dataset.references {
        if !reference.target(body, &mut target) {
            continue;
        }
        let recent = needs.recent.entry(reference.dataset).or_default();
        if *recent == target {
            continue;
        }
        recent.clone_from(&target);
        let key = Key { dataset: reference.dataset, record: target.clone() };
        if bears_content(reference.dataset) {
            needs.contents.insert(key.clone());
        }
        needs.records.insert(key);
    }
}

/// What offers and answers ask, and whoever writes in a later custody epoch.
fn custody_needs(
    header: &HeaderView<'_>,
    dataset: &Dataset,
    body: Option<&[u8]>,
    needs: &mut Needs,
) {
    match (dataset.name, body) {
        (custody::OFFER, Some(body)) => {
            let Some(offer) = custody::Offer::read(body) else { return };
            let (no, revision) = (header.record.to_owned(), header.revision);
            needs.custody.offers.insert(custody::OfferName { offerer: None, no, revision });
            if let Some(key) = offer.key() {
                needs.revisions.insert((key.clone(), offer.revision));
                needs.records.insert(key.clone());
                needs.custody.records.insert(key);
            }
            needs.custody.platforms.insert(offer.to);
        }
        (custody::ANSWER, Some(body)) => {
            needs.custody.offers.extend(custody::Answer::read(body).map(|one| one.offer()));
        }
        _ if needs.custody.everywhere || header.custody_epoch > custody::FIRST => {
            let record = header.record.to_owned();
            needs.custody.records.insert(Key { dataset: dataset.name, record });
        }
        _ => {}
    }
}

/// The dataset of an entry that can be judged by this edition.
pub(super) fn known(header: &HeaderView<'_>, edition: &Edition) -> Option<&'static Dataset> {
    let readable =
        header.standard <= edition.version() && !header.dataset.starts_with(EXCHANGE_FAMILY);
    if readable { edition.dataset(header.dataset) } else { None }
}

// === impl Needs ===

impl Needs {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.revisions.is_empty()
            && self.custody.records.is_empty()
            && self.custody.offers.is_empty()
    }
}

// === impl Facts ===

impl Facts {
    /// The same, judged by a rulebook; without one by what is built in.
    #[must_use]
    pub fn with_rules(mut self, rules: Arc<Rulebook>) -> Self {
        self.rules = rules;
        self
    }

    /// What is judged by.
    pub fn rules(&self) -> &Arc<Rulebook> {
        &self.rules
    }

    /// What is known of a record: its head, or that there is none.
    pub fn know_record(&mut self, key: &Key, head: Option<Head>) {
        self.records.entry(key.dataset).or_default().insert(key.record.clone(), head);
    }

    /// What is known of one revision: its digest, or that there is none.
    pub fn know_revision(&mut self, key: &Key, revision: u64, digest: Option<Digest>) {
        let records = self.revisions.entry(key.dataset).or_default();
        records.entry(key.record.clone()).or_default().insert(revision, digest);
    }

    /// What the accepted revisions of a record say.
    pub fn know_content(&mut self, key: &Key, content: Content) {
        self.contents.entry(key.dataset).or_default().insert(key.record.clone(), content);
    }

    /// The head of a record, or nothing if there is none.
    pub fn record(&self, dataset: &str, record: &str) -> Option<Head> {
        self.records.get(dataset)?.get(record).copied().flatten()
    }

    /// The digest of a revision, or nothing if there is none.
    pub fn revision(&self, dataset: &str, record: &str, revision: u64) -> Option<Digest> {
        self.revisions.get(dataset)?.get(record)?.get(&revision).copied().flatten()
    }

    /// What the accepted revisions of a record say.
    pub fn content(&self, dataset: &str, record: &str) -> Option<&Content> {
        self.contents.get(dataset)?.get(record)
    }

    /// Takes the content of a record out: whoever remembers it from batch to batch.
    pub fn take_content(&mut self, key: &Key) -> Option<Content> {
        self.contents.get_mut(key.dataset)?.remove(&key.record)
    }

    /// Takes in an entry that has just been judged, so that those behind it are held against it.
    /// What nobody asked about is passed over.
    pub fn learn(
        &mut self,
        header: &HeaderView<'_>,
        body: Option<&[u8]>,
        digest: Digest,
        standing: Standing,
    ) {
        let asked = self.revisions.get_mut(header.dataset);
        if let Some(revisions) = asked.and_then(|records| records.get_mut(header.record))
            && let Some(slot) = revisions.get_mut(&header.revision)
        {
            *slot = Some(digest);
        }
        let asked = self.records.get_mut(header.dataset);
        let Some(head) = asked.and_then(|records| records.get_mut(header.record)) else { return };
        if head.is_none_or(|head| head.revision <= header.revision) {
            *head = Some(Head { revision: header.revision, standing });
        }
        let asked = self.contents.get_mut(header.dataset);
        if let Some(content) = asked.and_then(|records| records.get_mut(header.record))
            && standing == Standing::Accepted
        {
            content.add(&Version::of(header, body));
        }
    }
}
