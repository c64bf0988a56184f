//! Letters of the gate on their way: mailboxes that are held until what is appended to them is
//! durable. Where a decision goes to two platforms, both mailboxes are held, in the order of the
//! platforms' ids.

use sanheyi_exchange_spec::custody::Ruling;
use sanheyi_exchange_spec::ids::{Audience, Lane, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::Advance;
use sanheyi_node::store::{JournalNumber, Store, StoreError, Tx};

use super::super::mailbox::{self, Letter};
use super::super::outbox::Held;
use super::Gate;
use super::custody::HandOver;

/// What is appended to a mailbox.
struct Posted {
    store: Store,
    mailbox: Held,
    advance: Advance,
}

/// Letters that are to be made durable, and the decision that goes with them.
pub(super) struct Delivery {
    own: Posted,
    other: Option<Posted>,
    hand_over: Option<HandOver>,
}

// === impl Delivery ===

impl Delivery {
    /// Takes the rows of both platforms that a decision is about; behind the fence, before anything
    /// else.
    pub(super) async fn lock(&self, tx: &mut Tx) -> Result<(), StoreError> {
        match &self.hand_over {
            Some(hand_over) => hand_over.lock(tx, &self.own.store).await,
            None => Ok(()),
        }
    }

    /// Writes letters and decision.
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let Self { own, other, hand_over } = self;
        tx.journal_write(&own.store, &own.advance);
        let Some(hand_over) = hand_over else { return Ok(()) };
        if let Some(Posted { store, advance, .. }) = other {
            tx.turn_to(store).await?;
            tx.journal_write(store, advance);
            tx.turn_to(&own.store).await?;
        }
        hand_over.write(tx, &own.store).await
    }
}

impl Gate {
    /// Prepares a letter, and the notices of a decision to both platforms: `last` is where the last
    /// judged entry stands, and what follows of it.
    pub(super) async fn prepare(
        &mut self,
        store: &Store,
        lane: Lane,
        letter: &Letter<'_>,
        last: (JournalNumber, u64, Option<Ruling>),
        at: Timestamp,
    ) -> Result<Delivery, StoreError> {
        let (journal, sequence, ruling) = last;
        let place = (journal, sequence);
        let hand_over = HandOver::of(&self.shared, store, ruling, place).await?;
        let notice = hand_over.as_ref().map(|one| one.ruling().notice());
        let second = hand_over.as_ref().filter(|one| one.is_told()).map(|one| one.other(store));
        let second = second.cloned();
        let (own, other) = match &second {
            Some(second) if second.platform() < store.platform() => {
                let other = self.mailbox(second.platform(), lane).await?;
                (self.mailbox(store.platform(), lane).await?, Some(other))
            }
            Some(second) => {
                let own = self.mailbox(store.platform(), lane).await?;
                (own, Some(self.mailbox(second.platform(), lane).await?))
            }
            None => (self.mailbox(store.platform(), lane).await?, None),
        };
        let told = notice.as_ref().map(Letter::Custody);
        let advance = self.compose(&own, [Some(letter), told.as_ref()], at)?;
        let own = Posted { store: store.clone(), mailbox: own, advance };
        let other = match (second, other) {
            (Some(store), Some(mailbox)) => {
                let advance = self.compose(&mailbox, [told.as_ref(), None], at)?;
                Some(Posted { store, mailbox, advance })
            }
            _ => None,
        };
        Ok(Delivery { own, other, hand_over })
    }

    /// The letters are durable: whoever waits hears of it, and the other platform's gate looks
    /// whether somebody waited for the decision.
    pub(super) fn delivered(&mut self, author: &Store, delivery: Delivery) {
        let Delivery { own, other, hand_over } = delivery;
        for Posted { store, mut mailbox, advance } in [Some(own), other].into_iter().flatten() {
            self.shared.outbox.settle(&mut mailbox, advance);
            drop(mailbox);
            self.shared.news.tell(store.platform());
        }
        if let Some(hand_over) = hand_over {
            self.memories.entry(author.platform().clone()).or_default().handed_over();
            self.shared.due.tell(&hand_over.ruling().from);
            for platform in [&hand_over.ruling().from, &hand_over.ruling().offer.to] {
                self.shared.news.tell_gate(platform);
                self.shared.due.tell(platform);
            }
        }
    }

    /// The mailbox of a platform on the lane of what is judged, held until the letter is durable.
    async fn mailbox(&self, platform: &PlatformId, lane: Lane) -> Result<Held, StoreError> {
        self.shared.outbox.hold(&Audience::One(platform.clone()), lane).await
    }

    /// Letters as the next entries of a mailbox, to be made durable.
    fn compose(
        &mut self,
        mailbox: &Held,
        letters: [Option<&Letter<'_>>; 2],
        at: Timestamp,
    ) -> Result<Advance, StoreError> {
        let journal = mailbox.journal();
        // The author's clock never goes back within a journal, whatever the machine's does.
        let recorded = at.max(journal.recorded());
        let entries = letters
            .into_iter()
            .flatten()
            .map(|letter| mailbox::entry(&self.shared, journal.head(), letter, recorded))
            .collect::<Result<Vec<_>, _>>()?;
        journal
            .append(&mut self.packer, &entries, at)
            .map_err(|error| StoreError::contradiction("segment", "bytes", "packer", error))
    }
}
