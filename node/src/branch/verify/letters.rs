//! Holding receipt and exception rows against the bytes of the mailboxes that they were read from:
//! as the receipts have them, and later verdicts changed them.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::later::{self, LaterVerdict};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::receipt::{self, Exception, Receipt};
use sanheyi_exchange_spec::returning::{self, Return};
use sanheyi_exchange_spec::segment::Opened;

use super::quarantine::Quarantine;
use super::{Difference, Fault, differs};
use crate::store::{Counts, ReceiptRow, Store};

/// Receipts found in mailboxes: how many for each journal, and how far they go; and the entries
/// that were pending by their receipt, or quarantined and judged again, each as later verdicts
/// leave it.
#[derive(Default)]
pub(super) struct Letters {
    found: BTreeMap<JournalId, Found>,
    moved: BTreeMap<(JournalId, u64), Moved>,
    quarantine: Quarantine,
}

/// An entry that was not accepted, and may have been judged again.
struct Moved {
    /// As the mailbox has it, as far as it was read.
    told: Exception,
    /// As the table has it; nothing for an entry that is simply accepted.
    row: Option<Exception>,
}

#[derive(Clone, Copy, Default)]
struct Found {
    receipts: u64,
    past: u64,
}

impl Letters {
    /// Every receipt in an opened segment of a mailbox stands in the tables as the bytes have it.
    pub(super) async fn read(
        &mut self,
        store: &Store,
        first: u64,
        opened: &Opened,
    ) -> Result<(), Fault> {
        for (sequence, entry) in (first..).zip(opened.iter()) {
            let wrong =
                |error: &dyn ToString| differs("segment", "bytes", sequence, error.to_string());
            match (entry.header.dataset, entry.body) {
                (receipt::DATASET, Some((_, body))) => {
                    let receipt = Receipt::decode(body).map_err(|error| wrong(&error))?;
                    self.hold(store, &receipt).await?;
                    let found = self.found.entry(receipt.journal).or_default();
                    found.receipts += 1;
                    found.past = found.past.max(receipt.to);
                }
                (later::DATASET, Some((_, body))) => {
                    let later = LaterVerdict::decode(body).map_err(|error| wrong(&error))?;
                    self.change(store, &later).await?;
                }
                (returning::DATASET, Some((_, body))) => {
                    let letter = Return::decode(body).map_err(|error| wrong(&error))?;
                    self.quarantine.returned(&letter);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What a later verdict says is what has become of the entry so far.
    async fn change(&mut self, store: &Store, later: &LaterVerdict) -> Result<(), Fault> {
        self.recall(store, later).await?;
        for change in &later.changes {
            let key = (later.journal.clone(), change.verdict.sequence);
            if let Some(moved) = self.moved.get_mut(&key)
                && moved.told.standing == change.replaced
            {
                moved.told = change.verdict.clone();
                if (change.replaced, moved.told.standing)
                    == (Standing::Quarantined, Standing::Accepted)
                {
                    self.quarantine.released(key);
                }
            }
        }
        Ok(())
    }

    /// Quarantined entries that a later verdict names for the first time, and that stand as their
    /// receipt says: held against it already.
    async fn recall(&mut self, store: &Store, later: &LaterVerdict) -> Result<(), Fault> {
        let key = |sequence: u64| (later.journal.clone(), sequence);
        let new: Vec<_> = later
            .changes
            .iter()
            .filter(|change| change.replaced == Standing::Quarantined)
            .map(|change| change.verdict.sequence)
            .filter(|sequence| !self.moved.contains_key(&key(*sequence)))
            .collect();
        let journal = store.journal_get(&later.journal).await?;
        let Some(journal) = journal.filter(|_| !new.is_empty()) else { return Ok(()) };
        for told in store.exception_among(journal.number, &new).await? {
            let (key, row) = (key(told.sequence), Some(told.clone()));
            self.moved.insert(key, Moved { told, row });
        }
        Ok(())
    }

    /// No receipt row stands for itself: there are as many as the mailboxes have, as far as they
    /// go. `whole`: the mailboxes were read to their ends, so that nothing may lie beyond.
    pub(super) async fn close(
        &self,
        store: &Store,
        journal: &JournalId,
        whole: bool,
    ) -> Result<(), Fault> {
        let Some(row) = store.journal_get(journal).await? else { return Ok(()) };
        if whole {
            self.close_moved(journal)?;
            self.quarantine.close(store, journal, row.number).await?;
        }
        let found = self.found.get(journal).copied().unwrap_or_default();
        let rows = store.receipt_count(row.number, found.past).await?;
        if rows != found.receipts {
            let problem = format!("{rows} rows, {} in the mailbox", found.receipts);
            return Err(differs("receipt", "first", found.past, problem).into());
        }
        let beyond = store.receipt_list(row.number, found.past, 1).await?;
        match beyond.first().filter(|_| whole) {
            Some(row) => {
                let problem = "the mailbox has no such receipt";
                Err(differs("receipt", "first", row.first, problem).into())
            }
            None => Ok(()),
        }
    }
}

impl Letters {
    /// Every entry that stands otherwise than its receipt says was told so later.
    fn close_moved(&self, journal: &JournalId) -> Result<(), Fault> {
        for ((_, sequence), moved) in self.moved.iter().filter(|((of, _), _)| of == journal) {
            let told = Some(&moved.told).filter(|one| !is_plain(one));
            if told != moved.row.as_ref() {
                let problem = "it stands otherwise than the mailbox says";
                return Err(differs("exception", "standing", *sequence, problem).into());
            }
        }
        Ok(())
    }

    async fn hold(&mut self, store: &Store, receipt: &Receipt) -> Result<(), Fault> {
        let missing =
            |problem: &str| -> Difference { differs("receipt", "first", receipt.from, problem) };
        let Some(judged) = store.journal_get(&receipt.journal).await? else {
            return Err(missing("the mailbox answers for a journal that is not here").into());
        };
        let rows = store.receipt_list(judged.number, receipt.from, 1).await?;
        let Some(row) = rows.into_iter().find(|row| row.first == receipt.from) else {
            return Err(missing("the mailbox has a receipt that is not in the table").into());
        };
        let limit = limits::RECEIPT_EXCEPTIONS as u64 + 1;
        let listed =
            store.exception_list(judged.number, receipt.from.checked_sub(1), limit).await?;
        let mut rows_of: BTreeMap<_, _> = listed
            .into_iter()
            .filter(|one| one.sequence < receipt.to)
            .map(|one| (one.sequence, one))
            .collect();
        let mut counts = expected(receipt).counts;
        for told in &receipt.exceptions {
            let row = rows_of.remove(&told.sequence);
            // What was not accepted may be judged again; what became of it is told further on.
            let moved = told.standing == Standing::Quarantined && row.as_ref() != Some(told);
            if moved || told.standing == Standing::Pending {
                recount(&mut counts, told.standing, row.as_ref());
                let key = (receipt.journal.clone(), told.sequence);
                self.moved.insert(key, Moved { told: told.clone(), row });
            } else if row.as_ref() != Some(told) {
                rows_of.insert(told.sequence, told.clone());
                break;
            }
        }
        // Counts as they were told, and yet an exception is not: nobody was judged again.
        let untouched = counts != expected(receipt).counts && row == expected(receipt);
        if !rows_of.is_empty() || untouched {
            let problem = "the exceptions are not those of the receipt in the mailbox";
            return Err(differs("exception", "detail", receipt.from, problem).into());
        }
        if row == (ReceiptRow { counts, ..expected(receipt) }) {
            return Ok(());
        }
        Err(differs("receipt", "past", receipt.from, "is not what the mailbox has").into())
    }
}

/// Whether an entry is accepted, with nothing to say about it.
fn is_plain(exception: &Exception) -> bool {
    exception.standing == Standing::Accepted && exception.reasons.is_empty()
}

/// Moves an entry from where its receipt has it to where its row says that it stands now.
fn recount(counts: &mut Counts, from: Standing, row: Option<&Exception>) {
    let before = match from {
        Standing::Accepted => &mut counts.accepted,
        Standing::Quarantined => &mut counts.quarantined,
        Standing::Pending => &mut counts.pending,
    };
    *before = before.saturating_sub(1);
    match row.map(|row| row.standing) {
        None => counts.accepted += 1,
        Some(Standing::Accepted) => {
            counts.accepted += 1;
            counts.warned += 1;
        }
        Some(Standing::Quarantined) => counts.quarantined += 1,
        Some(Standing::Pending) => counts.pending += 1,
    }
}

fn expected(receipt: &Receipt) -> ReceiptRow {
    let (accepted, quarantined, pending) = receipt.counts();
    ReceiptRow {
        first: receipt.from,
        past: receipt.to,
        root: receipt.root,
        standard: receipt.standard,
        received: receipt.received,
        counts: Counts { accepted, quarantined, pending, warned: receipt.warned() },
    }
}
