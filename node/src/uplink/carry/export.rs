//! Writing what a connection would say: pushes under the epoch in force, then the Greet that moves
//! it.

use sanheyi_exchange_spec::carry::{CarryError, Ending, Kind, Manifest, Writer};
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::CarryId;
use sanheyi_exchange_spec::limits;
use sanheyi_proto::exchange::v1::CarryItem;
use sanheyi_proto::exchange::v1::carry_item::Item;

use super::{Carrier, CarryFault, Medium};
use crate::branch::window;
use crate::store::{GreetingRow, JournalRow, StoreError};
use crate::uplink::port::{GreetCall, PushCall};

/// What is to be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// A file is closed before an item that would make it larger, in bytes; one item goes into
    /// every file, however large.
    pub bytes: u64,
    /// Whether entries go along. Without them only the Greet does: what a machine sends first that
    /// was restored from a backup, because it cannot know what it has signed.
    pub entries: bool,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The manifests of the files, in their order.
    pub files: Vec<Manifest>,
    /// How many entries they carry.
    pub entries: u64,
}

/// The files of one export.
struct Files<'a, M: Medium> {
    carrier: &'a Carrier,
    medium: &'a mut M,
    bytes: u64,
    writer: Option<Writer<M::File>>,
    done: Vec<Manifest>,
}

// === impl Carrier ===

impl Carrier {
    /// Exports what the hub has not acknowledged, and the Greet that asks for an answer.
    ///
    /// The next epoch is stored before it is written. A file that gets lost costs nothing: the next
    /// export says the same again, and more.
    ///
    /// # Errors
    /// Of store and medium, if the node was never started, or if too many Greets in a row were
    /// never answered.
    pub async fn export<M: Medium>(
        &self,
        wish: Wish,
        medium: &mut M,
    ) -> Result<Exported, CarryFault> {
        let greeter = self.greeter();
        let mut rows = greeter.own_journals().await?;
        if rows.is_empty() {
            return Err(CarryFault::NoJournal);
        }
        rows.sort_by_key(|row| row.head.journal.lane);
        let Wish { bytes, entries } = wish;
        let mut files = Files { carrier: self, medium, bytes, writer: None, done: Vec::new() };
        let mut carried = 0;
        for row in rows.iter().filter(|_| entries) {
            carried += self.pushes(row, &mut files).await?;
        }
        let next = self.entropy.epoch();
        greeter.store_next(next).await?;
        let mut call = greeter.call(next).await?;
        self.claim_what_is_shared(&mut call).await?;
        files.put(&CarryItem { item: Some(Item::Greet(call.into())) })?;
        Ok(Exported { files: files.end()?, entries: carried })
    }

    /// Writes what the hub has not acknowledged of a journal, if there is an epoch to push under.
    async fn pushes<M: Medium>(
        &self,
        row: &JournalRow,
        files: &mut Files<'_, M>,
    ) -> Result<u64, CarryFault> {
        let greeting = self.store.greeting_get(row.number).await?;
        // Without a grant, or when the last one showed another history than ours, the Greet goes
        // first.
        if row.head.position.epoch.is_zero() || !greeting.holds.contains(&row.head.position.epoch) {
            return Ok(0);
        }
        let mut next = greeting.acknowledged;
        while next < row.head.size {
            let (call, past) = self.push(row, next).await?;
            next = past;
            files.put(&CarryItem { item: Some(Item::Push(call.into())) })?;
        }
        Ok(row.head.size.saturating_sub(greeting.acknowledged))
    }

    /// The next window of a journal, and the checkpoint at its end.
    async fn push(&self, row: &JournalRow, first: u64) -> Result<(PushCall, u64), StoreError> {
        let head = &row.head;
        let entries =
            window(&self.store, row.number, first, head.size, limits::WINDOW_BYTES).await?;
        if entries.past <= first {
            return Err(StoreError::contradiction("segment", "first", first, "is missing"));
        }
        let checkpoint = Checkpoint {
            journal: head.journal.clone(),
            size: entries.past,
            root: self.store.root_at(row.number, entries.past).await?,
            epoch: head.position.epoch,
            opened: head.opened,
            time: self.clock.now(),
            keeper: None,
        };
        let call = PushCall {
            journal: head.journal.clone(),
            position: head.position,
            first,
            segments: entries.segments,
            checkpoint: checkpoint.sign(&self.key),
        };
        Ok((call, entries.past))
    }

    /// Where the hub's copy was found to differ, only what both share is claimed: so the answer
    /// carries the copy from there on, to be adopted.
    async fn claim_what_is_shared(&self, call: &mut GreetCall) -> Result<(), StoreError> {
        for claim in &mut call.journals {
            let Some(row) = self.store.journal_get(&claim.journal).await? else { continue };
            let greeting = self.store.greeting_get(row.number).await?;
            if self.begins_with_granted(&row, &greeting).await? {
                continue;
            }
            claim.size = greeting.acknowledged.min(row.head.size);
            claim.root = self.store.root_at(row.number, claim.size).await?;
        }
        Ok(())
    }

    /// Whether our journal begins with the hub's copy of the last grant, as far as there is one.
    async fn begins_with_granted(
        &self,
        row: &JournalRow,
        greeting: &GreetingRow,
    ) -> Result<bool, StoreError> {
        let Ok(grant) = Grant::open(&greeting.grant, &self.hub, &self.hub_key) else {
            return Ok(true);
        };
        let within = grant.opened <= row.head.size;
        Ok(within && self.store.root_at(row.number, grant.opened).await? == grant.root)
    }

    pub(super) fn number(&self) -> CarryId {
        CarryId::new(self.entropy.bytes16())
    }
}

// === impl Files ===

impl<M: Medium> Files<'_, M> {
    fn put(&mut self, item: &CarryItem) -> Result<(), CarryFault> {
        let length = prost::Message::encoded_len(item) as u64;
        let full =
            |writer: &Writer<M::File>| writer.items() > 0 && writer.bytes() + length > self.bytes;
        if self.writer.as_ref().is_some_and(full) {
            self.close()?;
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let part = self.done.len() as u64 + 1;
                let file = self.medium.begin(part).map_err(CarryError::from)?;
                self.writer.insert(Writer::new(file)?)
            }
        };
        Ok(writer.push(item)?)
    }

    fn close(&mut self) -> Result<(), CarryFault> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let Carrier { store, hub, key, clock, .. } = self.carrier;
        let ending = Ending {
            from: store.platform().clone(),
            to: hub.clone(),
            kind: Kind::Up,
            number: self.carrier.number(),
            part: self.done.len() as u64 + 1,
            answers: None,
            time: clock.now(),
        };
        let (manifest, file) = writer.finish(ending, key)?;
        self.medium.end(file).map_err(CarryError::from)?;
        self.done.push(manifest);
        Ok(())
    }

    fn end(mut self) -> Result<Vec<Manifest>, CarryFault> {
        self.close()?;
        Ok(self.done)
    }
}
