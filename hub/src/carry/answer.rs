//! Writing the answer to a file: what was refused, the grants, and what the branch pulls.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use sanheyi_exchange_spec::carry::{Ending, Kind, Manifest, Writer};
use sanheyi_exchange_spec::ids::{CarryId, JournalId, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::segment::peek_entries;
use sanheyi_node::uplink::convert::refusal_to_wire;
use sanheyi_node::uplink::port::{GreetAnswer, GreetCall, PullAnswer, PullCall, Tail};
use sanheyi_proto::exchange::v1::CarryItem;
use sanheyi_proto::exchange::v1::carry_item::Item;

use super::{CarryFault, Ferry, Taken};

impl Ferry {
    /// Answers a file whose Greet was accepted; gives back the sink, for whoever makes it durable.
    /// `refused` are the pushes of all files of the export that an operator must look into. Tails
    /// end where the answer has `bytes`; the next one goes on from there.
    ///
    /// # Errors
    /// Of store and sink.
    pub async fn answer<W: Write>(
        &self,
        taken: &Taken,
        refused: &[Refusal],
        bytes: u64,
        sink: W,
    ) -> Result<(Manifest, W), CarryFault> {
        let mut writer = Writer::new(sink)?;
        for refusal in refused {
            writer.push(&item(Item::Refusal(refusal_to_wire(refusal))))?;
        }
        let platform = &taken.manifest.from;
        if let Some((call, answer)) = &taken.greeted {
            writer.push(&item(Item::Greeted(answer.clone().into())))?;
            for cursors in cursors(call, answer) {
                self.tails(platform, answer, cursors, bytes, &mut writer).await?;
            }
        }
        let ending = Ending {
            from: self.parts.hub.clone(),
            to: platform.clone(),
            kind: Kind::Down,
            number: CarryId::new(self.parts.entropy.bytes16()),
            part: 1,
            answers: Some(taken.manifest.number),
            time: self.parts.clock.now(),
        };
        Ok(writer.finish(ending, &self.parts.key)?)
    }

    /// Writes what stands behind the cursors, window by window.
    async fn tails<W: Write>(
        &self,
        platform: &PlatformId,
        answer: &GreetAnswer,
        mut cursors: BTreeMap<JournalId, u64>,
        bytes: u64,
        writer: &mut Writer<W>,
    ) -> Result<(), CarryFault> {
        let mut claimed = true;
        while !cursors.is_empty() && writer.bytes() < bytes {
            let call = PullCall {
                generation: answer.generation,
                cursors: cursors.iter().map(|(id, size)| (id.clone(), *size)).collect(),
                epochs: Vec::new(),
                wait: Duration::ZERO,
                max_bytes: limits::WINDOW_BYTES,
            };
            let pulled: PullAnswer = self.exchange.pull(platform, call.bounded()?).await?;
            if std::mem::take(&mut claimed) {
                // What the branch claimed it has; the cursors after that are only ours.
                self.readers.write().await;
            }
            let mut moved = false;
            for tail in &pulled.tails {
                let past = past(tail)?;
                moved |= cursors.insert(tail.journal.clone(), past).is_none_or(|was| was < past);
            }
            if !moved {
                return Ok(());
            }
            writer.push(&item(Item::Tails(pulled.into())))?;
        }
        Ok(())
    }
}

fn item(item: Item) -> CarryItem {
    CarryItem { item: Some(item) }
}

/// Where the tails begin: first those of the branch's own journals that the hub has beyond what the
/// branch has, then those that the answer names, from where the branch's copies end.
fn cursors(call: &GreetCall, answer: &GreetAnswer) -> [BTreeMap<JournalId, u64>; 2] {
    let claim = |journal: &JournalId| call.journals.iter().find(|one| one.journal == *journal);
    let ahead = answer.grants.iter().filter(|grant| grant.extends_claim);
    let own = ahead.filter_map(|grant| {
        let claim = claim(&grant.journal).filter(|claim| claim.size < grant.size)?;
        Some((grant.journal.clone(), claim.size))
    });
    let held = |journal: &JournalId| {
        let copy = call.copies.iter().find(|copy| copy.journal == *journal);
        copy.map_or(0, |copy| copy.size)
    };
    let named = answer.mailboxes.iter().map(|(journal, _)| (journal.clone(), held(journal)));
    [own.collect(), named.collect()]
}

/// One past the last entry of a tail.
fn past(tail: &Tail) -> Result<u64, CarryFault> {
    tail.segments.iter().try_fold(tail.first, |past, bytes| {
        let entries = peek_entries(bytes).map_err(|error| {
            sanheyi_node::store::StoreError::contradiction("segment", "bytes", past, error)
        })?;
        Ok(past + u64::from(entries))
    })
}
