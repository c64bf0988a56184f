//! Taking in what the hub answered: grants made durable, histories compared, letters taken out.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use sanheyi_exchange_spec::carry::{CarryError, Kind, Manifest, Reader};
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{Audience, EpochId, JournalId, Lane};
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_proto::exchange::v1::CarryItem;
use sanheyi_proto::exchange::v1::carry_item::Item;

use super::{Carrier, CarryFault};
use crate::branch::{Adoption, Arrived, Branch, Copies, Window, stored_rules};
use crate::store::{GreetingRow, JournalNumber, JournalRow, SegmentRow, Staged, StoreError};
use crate::uplink::convert::refusal_from_wire;
use crate::uplink::fetch::rows_of;
use crate::uplink::port::{GreetAnswer, JournalGrant, PullAnswer, Tail};

/// Refusals that are told of one file.
const REFUSALS: usize = 16;

/// What was taken in.
#[derive(Debug)]
pub struct Imported {
    /// What the file says of itself.
    pub manifest: Manifest,
    /// The hub's clock less ours when it answered: the journey is in it.
    pub skew: i64,
    /// The own journals.
    pub journals: Vec<ImportedJournal>,
    /// Copies of the hub's journals, with their sizes now.
    pub copies: Vec<(JournalId, u64)>,
    /// Pushes that the hub refused; the next export says them again. At most 16 are told.
    pub refused: Vec<Refusal>,
}

/// What became of an own journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedJournal {
    /// The journal.
    pub journal: JournalId,
    /// Size of the hub's copy.
    pub durable: u64,
    /// Whether it is a prefix of ours; if not, nothing is pushed before the next answer.
    pub agrees: bool,
    /// Size of the journal after the hub's copy became its prefix.
    pub adopted: Option<u64>,
}

/// An own journal while a file is taken in.
struct Plan {
    row: JournalRow,
    before: GreetingRow,
    grant: Grant,
    given: JournalGrant,
    agrees: bool,
    /// Entries of the hub's copy that are staged.
    staged: Option<(u64, u64)>,
    adopted: Option<u64>,
}

/// What follows the answer to the Greet.
struct Following {
    plans: Vec<Plan>,
    copies: Copies,
    /// What the broadcast says, once it was asked.
    rules: Option<Arc<Rulebook>>,
    skew: i64,
}

// === impl Carrier ===

impl Carrier {
    /// Takes in a file of `length` bytes. The whole of it is verified before anything is written;
    /// then the same again changes nothing. `branch` is the branch at its home, if no node runs
    /// beside: an adoption needs it.
    ///
    /// # Errors
    /// See [`CarryFault`].
    pub async fn import<R: Read + Seek>(
        &self,
        mut source: R,
        length: u64,
        branch: Option<&Branch>,
    ) -> Result<Imported, CarryFault> {
        let claimed = Reader::open(&mut source, length)?.finish()?;
        let manifest = claimed.verify(self.store.platform(), Kind::Down, &self.hub_key)?;
        if manifest.from != self.hub {
            return Err(CarryError::Writer(manifest.from.clone()).into());
        }
        source.seek(SeekFrom::Start(0)).map_err(CarryError::from)?;
        let mut reader = Reader::open(&mut source, length)?;
        let mut refused = Vec::new();
        let mut following = None;
        let mut place = 0;
        while let Some(CarryItem { item }) = reader.next_item()? {
            place += 1;
            match (item, &mut following) {
                (Some(Item::Refusal(message)), None) => {
                    if refused.len() < REFUSALS {
                        refused.push(refusal_from_wire(message));
                    }
                }
                (Some(Item::Greeted(message)), None) => {
                    let answer = GreetAnswer::try_from(message)?;
                    following = Some(self.greeted(&answer, branch).await?);
                }
                (Some(Item::Tails(message)), Some(following)) => {
                    let answer = PullAnswer::try_from(message)?;
                    for tail in &answer.tails {
                        self.tail(following, tail, branch).await?;
                    }
                }
                _ => return Err(CarryFault::Misplaced(place)),
            }
        }
        let Some(Following { plans, copies, skew, .. }) = following else {
            return Err(CarryFault::Misplaced(place));
        };
        // What was read the second time is what was verified the first time.
        if reader.finish()? != claimed {
            return Err(CarryError::Changed.into());
        }
        let journals = plans.into_iter().map(Plan::outcome).collect();
        let copies = [Lane::Urgent, Lane::Normal].map(|lane| copies.cursors(lane)).concat();
        Ok(Imported { manifest: manifest.clone(), skew, journals, copies, refused })
    }

    /// Takes the answer to the Greet. Nothing is written unless all of it holds.
    async fn greeted(
        &self,
        answer: &GreetAnswer,
        branch: Option<&Branch>,
    ) -> Result<Following, CarryFault> {
        let greeter = self.greeter();
        let mut plans = Vec::new();
        for row in greeter.own_journals().await? {
            // A journal that was opened after the export has no answer yet.
            let found = answer.grants.iter().find(|one| one.journal == row.head.journal);
            let Some(given) = found.cloned() else { continue };
            let before = self.store.greeting_get(row.number).await?;
            if !before.holds.contains(&given.epoch) {
                return Err(CarryFault::Older(row.head.journal));
            }
            let grant = greeter.grant(&row, answer, &given, given.epoch)?;
            let agrees = greeter.agrees(&row, &given).await?;
            if !agrees && given.extends_claim && branch.is_none() {
                return Err(CarryFault::NodeRuns(row.head.journal));
            }
            plans.push(Plan { row, before, grant, given, agrees, staged: None, adopted: None });
        }
        if let (true, Some(one)) = (plans.is_empty(), answer.grants.first()) {
            return Err(CarryFault::Older(one.journal.clone()));
        }
        for plan in &plans {
            self.keep(plan).await?;
        }
        let mut copies = Copies::new(self.store.clone(), self.hub_key, answer.generation)
            .map_err(CarryError::from)?;
        copies.take_up(&answer.mailboxes).await?;
        Ok(Following {
            plans,
            copies,
            rules: None,
            skew: answer.now.micros_since(self.clock.now()),
        })
    }

    /// Makes a grant durable, with how far the hub has acknowledged. Where the histories differ no
    /// epoch is in force to push under: first the hub's copy is adopted and greeted for.
    async fn keep(&self, plan: &Plan) -> Result<(), StoreError> {
        let Plan { row, before, grant, given, agrees, .. } = plan;
        let store = &self.store;
        // The same answer again finds what was decided the first time.
        let again = before.holds == [given.epoch];
        let stands = *agrees && (!again || row.head.position.epoch == given.epoch);
        let epoch = if stands { given.epoch } else { EpochId::ZERO };
        let mut tx = store.begin("epoch_granted").await?;
        let greeting = GreetingRow {
            holds: vec![given.epoch],
            grant: given.grant.clone(),
            acknowledged: before.acknowledged,
        };
        tx.greeting_put(store, row.number, &greeting).await?;
        let position = Position { generation: grant.generation, epoch };
        tx.journal_grant(store, row.number, grant.serial, position, grant.opened).await?;
        let differed = row.head.position.epoch.is_zero() && !before.grant.is_empty();
        if *agrees {
            tx.greeting_acknowledge(store, row.number, given.size);
        } else if !again && differed && !given.extends_claim {
            // Not even what the hub once acknowledged is shared: all of it is asked for.
            tx.greeting_acknowledge(store, row.number, 0);
        }
        tx.commit().await
    }

    async fn tail(
        &self,
        following: &mut Following,
        tail: &Tail,
        branch: Option<&Branch>,
    ) -> Result<(), CarryFault> {
        if self.is_own(&tail.journal) {
            let plan = following.plans.iter_mut().find(|p| p.given.journal == tail.journal);
            let Some(plan) = plan.filter(|plan| !plan.agrees) else { return Ok(()) };
            return self.stage(plan, tail, branch).await;
        }
        // Letters are about a history that is not ours yet: the next answer brings them again.
        if following.plans.iter().any(|plan| !plan.agrees && plan.adopted.is_none()) {
            return Ok(());
        }
        let segment = |error| CarryFault::Segment(tail.journal.clone(), error);
        let rows = rows_of(tail, tail.first).map_err(segment)?;
        let past = rows.last().map_or(tail.first, SegmentRow::past);
        let entries = Window { first: tail.first, past, segments: tail.segments.clone() };
        let (noted, now) = (std::collections::BTreeMap::new(), self.clock.now());
        // Whose keys verify what is forwarded, the broadcast says, which came before.
        let rules = match (&following.rules, tail.enclosures.is_empty()) {
            (Some(rules), _) => Arc::clone(rules),
            (None, true) => Rulebook::builtin_shared(),
            (None, false) => {
                let read = Arc::new(stored_rules(&self.store, &self.hub).await?);
                following.rules = Some(Arc::clone(&read));
                read
            }
        };
        if tail.journal.audience == Audience::All {
            following.rules = None;
        }
        let arrived = Arrived {
            journal: &tail.journal,
            entries: &entries,
            checkpoint: &tail.checkpoint,
            enclosures: &tail.enclosures,
            rules: &rules,
        };
        Ok(following.copies.admit(&arrived, &noted, now).await?)
    }

    /// Stages a window of the hub's copy; when all of it is there, it becomes the prefix.
    async fn stage(
        &self,
        plan: &mut Plan,
        tail: &Tail,
        branch: Option<&Branch>,
    ) -> Result<(), CarryFault> {
        let journal = &plan.given.journal;
        let Some(branch) = branch else { return Err(CarryFault::NodeRuns(journal.clone())) };
        let (store, number) = (&self.store, plan.row.number);
        let (shared, next) = match plan.staged {
            Some(staged) => staged,
            None => {
                self.clear(number).await?;
                (tail.first, tail.first)
            }
        };
        let gap = || StoreError::contradiction("staged", "first", tail.first, "is not due");
        if tail.first != next || shared > plan.row.head.size {
            return Err(gap().into());
        }
        let segment = |error| CarryFault::Segment(journal.clone(), error);
        let rows = rows_of(tail, next).map_err(segment)?;
        let past = rows.last().map_or(next, SegmentRow::past);
        let mut tx = store.begin("staged_put").await?;
        tx.staged_put(store, number, Staged::Hub, &rows).await?;
        tx.commit().await?;
        plan.staged = Some((shared, past));
        if past >= plan.given.size {
            let (size, root) = (plan.given.size, plan.given.root);
            let adoption = Adoption { journal: journal.clone(), shared, size, root };
            plan.adopted = Some(self.adopt(branch, number, adoption).await?);
        }
        Ok(())
    }

    async fn adopt(
        &self,
        branch: &Branch,
        number: JournalNumber,
        adoption: Adoption,
    ) -> Result<u64, StoreError> {
        let adopted = branch.adopt(adoption).await;
        if let Err(StoreError::Contradiction { .. }) = &adopted {
            // What was taken for shared is not: the next export asks for all of it.
            let mut tx = self.store.begin("greeting_acknowledge").await?;
            tx.greeting_acknowledge(&self.store, number, 0);
            tx.commit().await?;
        }
        adopted
    }

    async fn clear(&self, number: JournalNumber) -> Result<(), StoreError> {
        let mut tx = self.store.begin("staged_clear").await?;
        tx.staged_clear(&self.store, number).await?;
        tx.commit().await
    }
}

// === impl Plan ===

impl Plan {
    fn outcome(self) -> ImportedJournal {
        let Plan { given, agrees, adopted, .. } = self;
        ImportedJournal { journal: given.journal, durable: given.size, agrees, adopted }
    }
}
