//! Holding receipt and exception rows against the bytes of the mailboxes that they were read from.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::segment::Opened;

use super::{Difference, Fault, differs};
use crate::store::{Counts, ReceiptRow, Store};

/// Receipts found in mailboxes: how many for each journal, and how far they go.
#[derive(Default)]
pub(super) struct Letters(BTreeMap<JournalId, Found>);

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
            let (receipt::DATASET, Some((_, body))) = (entry.header.dataset, entry.body) else {
                continue;
            };
            let receipt = Receipt::decode(body)
                .map_err(|error| differs("segment", "bytes", sequence, error))?;
            hold(store, &receipt).await?;
            let found = self.0.entry(receipt.journal).or_default();
            found.receipts += 1;
            found.past = found.past.max(receipt.to);
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
        let found = self.0.get(journal).copied().unwrap_or_default();
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

async fn hold(store: &Store, receipt: &Receipt) -> Result<(), Fault> {
    let missing =
        |problem: &str| -> Difference { differs("receipt", "first", receipt.from, problem) };
    let Some(judged) = store.journal_get(&receipt.journal).await? else {
        return Err(missing("the mailbox answers for a journal that is not here").into());
    };
    let rows = store.receipt_list(judged.number, receipt.from, 1).await?;
    let Some(row) = rows.into_iter().find(|row| row.first == receipt.from) else {
        return Err(missing("the mailbox has a receipt that is not in the table").into());
    };
    if row != expected(receipt) {
        return Err(differs("receipt", "past", receipt.from, "is not what the mailbox has").into());
    }
    let limit = limits::RECEIPT_EXCEPTIONS as u64 + 1;
    let listed = store.exception_list(judged.number, receipt.from.checked_sub(1), limit).await?;
    let inside = listed.into_iter().filter(|one| one.sequence < receipt.to);
    if inside.eq(receipt.exceptions.iter().cloned()) {
        return Ok(());
    }
    let problem = "the exceptions are not those of the receipt in the mailbox";
    Err(differs("exception", "detail", receipt.from, problem).into())
}

fn expected(receipt: &Receipt) -> ReceiptRow {
    let (accepted, quarantined, pending) = receipt.counts();
    ReceiptRow {
        first: receipt.from,
        past: receipt.to,
        root: receipt.root,
        standard: receipt.standard,
        received: receipt.received,
        counts: Counts { accepted, quarantined, pending },
    }
}
