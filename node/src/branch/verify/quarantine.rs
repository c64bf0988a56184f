//! Holding the rows of the quarantine against the bytes of the mailboxes: what was released and
//! what was returned is what letters say, and nothing more.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::returning::Return;
use sanheyi_exchange_spec::time::Timestamp;

use super::{Fault, differs};
use crate::store::{JournalNumber, Store};

/// Rows read at a time.
const READ: u64 = 500;

/// What letters say of quarantined entries.
#[derive(Default)]
pub(super) struct Quarantine {
    /// Accepted by a later verdict.
    released: BTreeSet<(JournalId, u64)>,
    /// When a correction was asked for last.
    returned: BTreeMap<(JournalId, u64), Timestamp>,
}

impl Quarantine {
    /// A later verdict accepts an entry that was quarantined.
    pub(super) fn released(&mut self, key: (JournalId, u64)) {
        self.released.insert(key);
    }

    /// A letter asks for corrections.
    pub(super) fn returned(&mut self, letter: &Return) {
        let named = letter.entries.iter().map(|one| one.sequence);
        self.returned.extend(named.map(|at| ((letter.journal.clone(), at), letter.asked)));
    }

    /// The rows of a journal are those of which letters were read.
    pub(super) async fn close(
        &self,
        store: &Store,
        journal: &JournalId,
        number: JournalNumber,
    ) -> Result<(), Fault> {
        let (returned, released) = store.quarantine_rows(number).await?;
        let of = |at: u64| (journal.clone(), at);
        let told = self.released.range(of(0)..=of(u64::MAX)).count() as u64;
        if told != released {
            let problem = format!("{released} rows, {told} of them in the mailbox");
            return Err(differs("released", "sequence", released, problem).into());
        }
        let told: Vec<_> = self.returned.range(of(0)..=of(u64::MAX)).collect();
        if told.len() as u64 != returned {
            let problem = format!("{returned} rows, {} of them in the mailbox", told.len());
            return Err(differs("returned", "sequence", returned, problem).into());
        }
        for some in told.chunks(usize::try_from(READ).unwrap_or(usize::MAX)) {
            let sequences: Vec<_> = some.iter().map(|((_, at), _)| *at).collect();
            let rows = store.returned_among(number, &sequences).await?;
            let said = some.iter().map(|((_, at), asked)| (*at, **asked));
            let differing =
                |((at, asked), row): &((u64, Timestamp), Option<_>)| *row != Some((*at, *asked));
            let rows = rows.iter().map(|row| Some((row.sequence, row.asked)));
            let pairs = said.zip(rows.chain(std::iter::repeat(None)));
            if let Some(((at, _), _)) = pairs.into_iter().find(differing) {
                let problem = "the mailbox asks for no such correction";
                return Err(differs("returned", "asked", at, problem).into());
            }
        }
        let mut after = None;
        loop {
            let page = store.released_list(number, after, READ).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.before.sequence);
            let unsaid = page.iter().find(|row| !self.released.contains(&of(row.before.sequence)));
            if let Some(row) = unsaid {
                let problem = "no letter of the mailbox accepts it";
                return Err(differs("released", "detail", row.before.sequence, problem).into());
            }
        }
    }
}
