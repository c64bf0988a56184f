//! What a hub's journal brings its branch (来件): letters that the branch acts on as they arrive, and
//! records that others wrote, which are indexed under their authors. All of it in the transaction
//! that admits the copy.

use bytes::Bytes;
use sanheyi_exchange_spec::custody::{self, Notice};
use sanheyi_exchange_spec::gate::EXCHANGE_FAMILY;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::later::{self, LaterVerdict};
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::returning::{self, Return};
use sanheyi_exchange_spec::segment::Opened;

use super::copy::{Copies, CopyError};
use super::custody::{hear, judged};
use crate::store::{IncomingRow, JournalNumber, Place, Tx};

/// What a tail of a hub's journal brings.
#[derive(Default)]
pub(super) struct Brought {
    letters: Vec<Letter>,
    incoming: Vec<IncomingRow>,
}

/// What a mailbox tells its branch.
enum Letter {
    Receipt(Receipt),
    Later(LaterVerdict),
    Custody(Notice),
    Return(Return),
}

/// Takes letters and records out of a tail that begins at `first` of the copy `number`.
pub(super) fn brought(
    author: &PlatformId,
    number: JournalNumber,
    first: u64,
    segments: &[(Bytes, Opened)],
) -> Result<Brought, CopyError> {
    let mut brought = Brought::default();
    let entries = segments.iter().flat_map(|(_, opened)| opened.iter());
    for (sequence, entry) in (first..).zip(entries) {
        match (entry.header.dataset, entry.body) {
            (receipt::DATASET, Some((_, body))) => {
                brought.letters.push(Letter::Receipt(Receipt::decode(body)?));
            }
            (later::DATASET, Some((_, body))) => {
                brought.letters.push(Letter::Later(LaterVerdict::decode(body)?));
            }
            (custody::DATASET, Some((_, body))) => {
                let notice = Notice::decode(body);
                let notice = notice.map_err(|error| CopyError::Receipt(error.to_string()))?;
                brought.letters.push(Letter::Custody(notice));
            }
            (returning::DATASET, Some((_, body))) => {
                let letter = Return::decode(body);
                let letter = letter.map_err(|error| CopyError::Receipt(error.to_string()))?;
                brought.letters.push(Letter::Return(letter));
            }
            // Letters of other kinds are carried intact until this reader knows them.
            (letter, _) if letter.starts_with(EXCHANGE_FAMILY) && is_letter(letter) => {}
            _ => {
                let place =
                    Place { journal: number, sequence, standing: None, digest: entry.digest };
                brought.incoming.push(IncomingRow::new(author, &entry.header, place));
            }
        }
    }
    Ok(brought)
}

/// Whether entries of that dataset are letters of the exchange and no records of the standard.
fn is_letter(dataset: &str) -> bool {
    sanheyi_proto::dataset(dataset).is_none()
}

impl Copies {
    /// Holds what was brought against what is here, before anything is written.
    pub(super) async fn check_brought(&self, brought: &Brought) -> Result<(), CopyError> {
        for letter in &brought.letters {
            if let Letter::Receipt(receipt) = letter {
                self.check(receipt).await?;
            }
        }
        Ok(())
    }

    /// Acts on what was brought, in the transaction that admits it.
    pub(super) async fn take_in(
        &mut self,
        tx: &mut Tx,
        brought: &Brought,
    ) -> Result<(), CopyError> {
        let store = self.store.clone();
        for letter in &brought.letters {
            match letter {
                Letter::Receipt(receipt) => {
                    if let Some(number) = self.number(&receipt.journal).await? {
                        tx.receipt_put(&store, number, receipt);
                    }
                    for verdict in &receipt.exceptions {
                        judged(tx, &store, verdict).await?;
                    }
                }
                Letter::Later(later) => {
                    if let Some(number) = self.number(&later.journal).await? {
                        tx.later_put(&store, number, later).await?;
                    }
                    for change in &later.changes {
                        judged(tx, &store, &change.verdict).await?;
                    }
                }
                Letter::Custody(notice) => hear(tx, &store, notice).await?,
                Letter::Return(letter) => {
                    if let Some(number) = self.number(&letter.journal).await? {
                        tx.returned_put(&store, number, letter);
                    }
                }
            }
        }
        tx.incoming_add(&store, &brought.incoming);
        Ok(())
    }
}
