//! Custody at the gate (保管权): what is known of it, and what follows of an offer or an answer. The
//! decision is one transaction in the rows of both platforms: the named work across shards of
//! rules 18 and 21.

use std::collections::BTreeMap;
use std::sync::Arc;

use sanheyi_exchange_spec::custody::{
    Asked as Questions, Custody, Offer, OfferFact, OfferName, OfferState, Outcome, Ruling,
};
use sanheyi_exchange_spec::gate::{Facts, Head, Key, Needs, Standing, Wait};
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_node::branch::custody::{hear, judged};
use sanheyi_node::store::{
    CustodyRow, IndexRow, JournalNumber, OfferRow, Place, Store, StoreError, Tx,
};

use super::super::Shared;
use super::known::{Asked, Cursors, Memory, is_judged};
use crate::store::{CUSTODY, Errand, errand_put, platform_lock, waiting_wake};

/// Hand-overs that are followed to find who has a record now: more is a circle.
const HOPS: usize = 64;

/// What entries are held against: what is known of others, the rules, and of custody.
pub(super) async fn facts(
    shared: &Shared,
    store: &Store,
    cursors: &Cursors,
    asked: &Asked,
    memory: &Memory,
    rules: &Arc<Rulebook>,
) -> Result<Facts, StoreError> {
    let facts = asked.answer(store, &shared.parts.hub, cursors, memory).await?;
    let mut facts = facts.with_rules(Arc::clone(rules));
    know(shared, store, cursors, &asked.needs, &mut facts).await?;
    Ok(facts)
}

/// Finds what entries ask about custody, and adds it to the facts.
async fn know(
    shared: &Shared,
    store: &Store,
    cursors: &Cursors,
    needs: &Needs,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    facts.custody.know_author(store.platform(), shared.parts.clock.now());
    let Questions { everywhere, records, offers, platforms } = &needs.custody;
    let referred = needs.records.iter().filter(|_| *everywhere);
    let mut by_dataset: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for key in records.iter().chain(referred) {
        by_dataset.entry(key.dataset).or_default().push(&key.record);
    }
    for (dataset, mut wanted) in by_dataset {
        wanted.sort_unstable();
        wanted.dedup();
        for row in store.custody_among(&CUSTODY, dataset, &wanted).await? {
            let key = Key { dataset, record: row.record };
            let custody = present(store, &key, row.custody).await?;
            head(store, cursors, &key, &custody, facts).await?;
            facts.custody.know_record(&key, custody);
        }
    }
    for name in offers {
        if let Some(fact) = offer(store, cursors, name).await? {
            facts.custody.know_offer(name, fact);
        }
    }
    if !platforms.is_empty() {
        let known = shared.registry.platforms();
        platforms.iter().filter(|one| known.contains(one)).for_each(|one| {
            facts.custody.know_platform(one);
        });
    }
    Ok(())
}

/// Whoever took a record over may have handed it on: the one who has it now is named.
async fn present(store: &Store, key: &Key, mut custody: Custody) -> Result<Custody, StoreError> {
    for _ in 0..HOPS {
        let Some(other) = custody.other.as_ref().filter(|_| !custody.ours) else { break };
        let there = store.database().of(other);
        match there.custody_get(&CUSTODY, key.dataset, &key.record).await? {
            Some(next) if !next.ours && next.epoch > custody.epoch => custody.other = next.other,
            _ => break,
        }
    }
    Ok(custody)
}

/// What was taken over is there, and accepted, before this platform has revised it.
async fn head(
    store: &Store,
    cursors: &Cursors,
    key: &Key,
    custody: &Custody,
    facts: &mut Facts,
) -> Result<(), StoreError> {
    let Some((base, _)) = custody.base.filter(|_| custody.ours) else { return Ok(()) };
    let own = store.record_head(key.dataset, &key.record).await?;
    let own = own.filter(|own| own.revision > base && is_judged(&own.place, cursors));
    let head = match own {
        Some(own) => {
            let standing = super::known::standing(store, &own.place).await?;
            Head { revision: own.revision, standing }
        }
        None => Head { revision: base, standing: Standing::Accepted },
    };
    facts.know_record(key, Some(head));
    Ok(())
}

async fn offer(
    store: &Store,
    cursors: &Cursors,
    name: &OfferName,
) -> Result<Option<OfferFact>, StoreError> {
    let from = name.offerer.as_ref().unwrap_or(store.platform());
    let there = store.database().of(from);
    let Some(row) = there.offer_get(&CUSTODY, from, &name.no, name.revision).await? else {
        return if from == store.platform() {
            pending(store, cursors, name).await
        } else {
            Ok(None)
        };
    };
    let state = match row.outcome {
        Some(Outcome::Decided(decision)) => OfferState::Decided(decision),
        Some(Outcome::Offered) => OfferState::Open,
        None => OfferState::Pending,
    };
    let OfferRow { from, offer, epoch, .. } = row;
    let name_taken = offer.to == *store.platform() && has_own(store, &offer).await?;
    Ok(Some(OfferFact { from, offer, epoch, state, name_taken }))
}

/// Whether the platform has a record of its own by the name of what it is offered. One that it once
/// had and handed on may come back.
async fn has_own(store: &Store, offer: &Offer) -> Result<bool, StoreError> {
    let (dataset, record) = (offer.dataset.as_str(), offer.record.as_str());
    if store.custody_get(&CUSTODY, dataset, record).await?.is_some() {
        return Ok(false);
    }
    let first = store.record_places(&[IndexRow::asked(dataset, record, 1)]).await?;
    Ok(first.into_iter().flatten().next().is_some())
}

/// An own offer that waits for what it freezes to be judged.
async fn pending(
    store: &Store,
    cursors: &Cursors,
    name: &OfferName,
) -> Result<Option<OfferFact>, StoreError> {
    let asked = [IndexRow::asked(sanheyi_exchange_spec::custody::OFFER, &name.no, name.revision)];
    let place = store.record_places(&asked).await?.into_iter().flatten().next();
    let Some(place) = place.filter(|place| is_judged(place, cursors)) else { return Ok(None) };
    if super::known::standing(store, &place).await? != Standing::Pending {
        return Ok(None);
    }
    let entry = store.entry_get(place.journal, place.sequence).await?;
    let offer = entry.and_then(|entry| Offer::read(&entry.body?));
    let Some(offer) = offer else { return Ok(None) };
    let held = store.custody_get(&CUSTODY, offer.dataset.as_str(), offer.record.as_str()).await?;
    let epoch = held.unwrap_or_default().epoch + 1;
    let (from, state) = (store.platform().clone(), OfferState::Pending);
    Ok(Some(OfferFact { from, offer, epoch, state, name_taken: false }))
}

/// Entries that were refused because another platform has the record are shown to that one.
pub(super) fn shown(journal: JournalNumber, told: &[Exception], facts: &Facts) -> Vec<Errand> {
    let lost = told.iter().filter(|one| one.reasons.iter().any(|why| why.rule == "custody.lost"));
    lost.filter_map(|one| {
        let reader = facts.custody.record(&one.dataset, &one.record)?.other.clone()?;
        Some(Errand { journal, sequence: one.sequence, reader })
    })
    .collect()
}

/// A decision on its way into the rows of both platforms.
pub(super) struct HandOver {
    ruling: Ruling,
    from: Store,
    to: Store,
    /// Whether they are at home here: what their letters say is written down for them.
    hosted: (bool, bool),
    /// What the one to which it is offered shall see.
    errands: Vec<Errand>,
}

impl HandOver {
    /// What follows of an entry that stands at this place of its author's journal, if anything.
    pub(super) async fn of(
        shared: &Shared,
        author: &Store,
        ruling: Option<Ruling>,
        (journal, sequence): (JournalNumber, u64),
    ) -> Result<Option<Self>, StoreError> {
        let Some(ruling) = ruling else { return Ok(None) };
        let from = shared.store(&ruling.from);
        let to = shared.store(&ruling.offer.to);
        let hosted = (shared.is_hosted(&from).await?, shared.is_hosted(&to).await?);
        let mut errands = Vec::new();
        if ruling.outcome == Outcome::Offered {
            let Offer { dataset, record, revision, .. } = &ruling.offer;
            let asked = [IndexRow::asked(dataset.as_str(), record.as_str(), *revision)];
            let frozen = author.record_places(&asked).await?.into_iter().flatten();
            let frozen = frozen.map(|Place { journal, sequence, .. }| (journal, sequence));
            let reader = to.platform();
            errands.extend(frozen.chain([(journal, sequence)]).map(|(journal, sequence)| Errand {
                journal,
                sequence,
                reader: reader.clone(),
            }));
        }
        Ok(Some(Self { ruling, from, to, hosted, errands }))
    }

    /// What happened.
    pub(super) fn ruling(&self) -> &Ruling {
        &self.ruling
    }

    /// The other platform, beside the one whose journal is judged.
    pub(super) fn other(&self, own: &Store) -> &Store {
        if self.from.platform() == own.platform() { &self.to } else { &self.from }
    }

    /// Whether the other platform is told.
    pub(super) fn is_told(&self) -> bool {
        self.ruling.shown
    }

    /// Takes the rows of both platforms, in the order of their ids: two that decide at once meet on
    /// the first. Afterwards the transaction is about `own` again.
    pub(super) async fn lock(&self, tx: &mut Tx, own: &Store) -> Result<(), StoreError> {
        let mut both = [&self.from, &self.to];
        both.sort_by_key(|store| store.platform());
        for store in both {
            tx.turn_to(store).await?;
            platform_lock(tx, store).await?;
        }
        tx.turn_to(own).await
    }

    /// Writes what follows, in the rows of both. Afterwards the transaction is about `own` again.
    pub(super) async fn write(&self, tx: &mut Tx, own: &Store) -> Result<(), StoreError> {
        let Self { ruling, from, to, hosted, errands } = self;
        let Offer { dataset, record, .. } = &ruling.offer;
        let row = |custody| {
            let (dataset, record) = (dataset.to_string(), record.to_string());
            CustodyRow { dataset, record, custody }
        };
        tx.turn_to(from).await?;
        let before = tx.custody_get(from, &CUSTODY, dataset.as_str(), record.as_str()).await?;
        let settled = ruling.settle(before.unwrap_or_default());
        match ruling.outcome {
            Outcome::Decided(decision) if ruling.shown => {
                tx.offer_decide(from, &CUSTODY, &self.row(), decision, ruling.at);
            }
            _ => tx.offer_new(from, &CUSTODY, &self.row()),
        }
        if let Some(custody) = settled.from {
            tx.custody_put(from, &CUSTODY, &row(custody));
        }
        waiting_wake(tx, from, &bytes(&settled.wakes_from));
        errand_put(tx, from, errands);
        if hosted.0 {
            hear(tx, from, &ruling.notice()).await?;
        }
        tx.turn_to(to).await?;
        if let Some(custody) = settled.to {
            tx.custody_put(to, &CUSTODY, &row(custody));
        }
        waiting_wake(tx, to, &bytes(&settled.wakes_to));
        if hosted.1 && ruling.shown {
            hear(tx, to, &ruling.notice()).await?;
        }
        tx.turn_to(own).await
    }

    fn row(&self) -> OfferRow {
        let Ruling { from, no, revision, offer, epoch, outcome, at, .. } = &self.ruling;
        OfferRow {
            from: from.clone(),
            no: no.clone(),
            revision: *revision,
            offer: offer.clone(),
            epoch: *epoch,
            outcome: Some(*outcome),
            answered: 0,
            at: *at,
        }
    }
}

fn bytes(waits: &[Wait]) -> Vec<Vec<u8>> {
    waits.iter().map(Wait::to_bytes).collect()
}

/// What a tenant's branch does on its receipts: an offer that was quarantined freezes nothing.
pub(super) async fn heard_at_home(
    tx: &mut Tx,
    store: &Store,
    told: impl Iterator<Item = &Exception>,
) -> Result<(), StoreError> {
    for verdict in told {
        judged(tx, store, verdict).await?;
    }
    Ok(())
}

/// What entries wait for, of custody, has not come, as this transaction sees it; else somebody has
/// raced.
pub(super) async fn still_open<'a>(
    tx: &mut Tx,
    store: &Store,
    waits: impl Iterator<Item = &'a Wait>,
) -> Result<(), StoreError> {
    for wait in waits {
        let come = match wait {
            Wait::Custody { dataset, record, epoch } => {
                let row = tx.custody_get(store, &CUSTODY, dataset, record).await?;
                row.is_some_and(|row| row.epoch >= *epoch)
            }
            Wait::Decision { offer, revision } => {
                let row = tx.offer_get(store, &CUSTODY, store.platform(), offer, *revision).await?;
                is_decided(row.as_ref())
            }
            _ => false,
        };
        if come {
            return Err(StoreError::Raced("waiting"));
        }
    }
    Ok(())
}

/// Whether what is waited for, of custody, has come.
pub(super) async fn has_come(store: &Store, wait: Option<&Wait>) -> Result<bool, StoreError> {
    Ok(match wait {
        Some(Wait::Custody { dataset, record, epoch }) => {
            let row = store.custody_get(&CUSTODY, dataset, record).await?;
            row.is_some_and(|row| row.epoch >= *epoch)
        }
        Some(Wait::Decision { offer, revision }) => {
            let row = store.offer_get(&CUSTODY, store.platform(), offer, *revision).await?;
            is_decided(row.as_ref())
        }
        _ => false,
    })
}

fn is_decided(row: Option<&OfferRow>) -> bool {
    row.is_some_and(|row| matches!(row.outcome, Some(Outcome::Decided(_))))
}
