//! What other platforms showed, verified again: every proof by its author's checkpoint, every body
//! by its digest, every row of the index by what it names.

use sanheyi_exchange_spec::erasure::{self, Erasure};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::rulebook::Rulebook;

use super::{Difference, differs};
use crate::store::{EnclosureRow, Erased, ForeignKey, IncomingRow, Store, StoreError};

/// Rows read at a time.
const READ: u64 = 64;

/// What verifying the entries of others found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownReport {
    /// Entries that their authors' checkpoints prove.
    pub proved: u64,
    /// Those of them whose bodies their authors have erased.
    pub erased: u64,
    /// The first difference, if any.
    pub difference: Option<Difference>,
}

/// Verifies every entry of other platforms that was shown to this one. `rules` has the keys of
/// their authors, `hub` writes in its own journals.
///
/// # Errors
/// If the store cannot be read.
pub async fn verify_shown(
    store: &Store,
    rules: &Rulebook,
    hub: &PlatformId,
) -> Result<ShownReport, StoreError> {
    let mut report = ShownReport::default();
    let mut after: Option<ForeignKey> = None;
    loop {
        let rows = store.enclosure_list(None, after.as_ref(), READ).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.key()?);
        for row in &rows {
            report.proved += 1;
            report.erased += u64::from(row.erased != Erased::No);
            if let Some(difference) = difference(store, rules, row).await? {
                report.difference = Some(difference);
                return Ok(report);
            }
        }
    }
    report.difference = bare(store, hub).await?;
    Ok(report)
}

async fn difference(
    store: &Store,
    rules: &Rulebook,
    row: &EnclosureRow,
) -> Result<Option<Difference>, StoreError> {
    let EnclosureRow { forward, enclosure, erased } = row;
    let place = forward.sequence;
    let key_of = |author: &PlatformId, lane, at| rules.key_of(author, lane, at);
    if let Err(error) = forward.verify(enclosure, key_of) {
        let problem = format!("{}: {error}", forward.journal);
        return Ok(Some(differs("enclosure", "inclusion", place, problem)));
    }
    let key = row.key()?;
    if store.enclosure_get(&key).await?.as_ref() != Some(row) {
        let problem = "it does not stand under the name that its header gives it";
        return Ok(Some(differs("enclosure", "key", place, problem)));
    }
    let ForeignKey { author, dataset, record, revision } = &key;
    let indexed = store.incoming_get(author, dataset, record, *revision).await?;
    if indexed.is_none_or(|one| one.place.digest != forward.digest()) {
        let problem = format!("{dataset} {record} of {author} is not in the index");
        return Ok(Some(differs("incoming", "key", place, problem)));
    }
    if *erased == Erased::Proved && !is_erased(store, row, &key).await? {
        let problem = format!("{author} has not said that {dataset} {record} is erased");
        return Ok(Some(differs("enclosure", "erased", place, problem)));
    }
    Ok(None)
}

/// Whether the author's word on an erasure is here.
async fn is_erased(
    store: &Store,
    row: &EnclosureRow,
    key: &ForeignKey,
) -> Result<bool, StoreError> {
    let digest = row.forward.digest();
    let said = ForeignKey {
        author: key.author.clone(),
        dataset: erasure::DATASET.to_owned(),
        record: digest.to_string(),
        revision: 1,
    };
    let said = store.enclosure_get(&said).await?;
    let body = said.and_then(|said| said.enclosure.body);
    let erasure = body.and_then(|body| Erasure::decode(&body.bytes).ok());
    Ok(erasure.is_some_and(|erasure| erasure.digest == digest))
}

/// A row of the index that names an entry of somebody else of which nothing is here.
async fn bare(store: &Store, hub: &PlatformId) -> Result<Option<Difference>, StoreError> {
    let mut after: Option<IncomingRow> = None;
    loop {
        let rows = store.incoming_after(after.as_ref(), READ).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        after = Some(last.clone());
        for IncomingRow { author, dataset, record, revision, place } in
            rows.into_iter().filter(|row| row.author != *hub)
        {
            let sequence = place.sequence;
            let key = ForeignKey { author, dataset, record, revision };
            if store.enclosure_get(&key).await?.is_none() {
                let ForeignKey { author, dataset, record, .. } = key;
                let problem = format!("{dataset} {record} of {author} is named, and not here");
                return Ok(Some(differs("incoming", "place", sequence, problem)));
            }
        }
    }
}
