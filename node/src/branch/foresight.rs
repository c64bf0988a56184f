//! What a branch foresees (rule 8): it refuses what the gate would quarantine by the content of
//! records that the branch has itself. What only others know is for the gate to say.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sanheyi_exchange_spec::gate::{
    Content, Facts, Findings, Key, bears_content, foresee, is_foreseeable,
};
use sanheyi_proto::dataset;

use super::submit::{Draft, Refused, SubmitError};
use crate::store::{Store, StoreError};

/// Records whose content is remembered.
const CONTENTS: usize = 1024;

/// Contents of records, as far as they were asked for.
#[derive(Default)]
pub(super) struct Foresight(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    contents: BTreeMap<Key, Content>,
    /// Grows whenever something is forgotten: what was read before then is not kept.
    changes: u64,
}

impl Foresight {
    /// Refuses drafts whose content contradicts that of other records.
    ///
    /// # Errors
    /// [`SubmitError::Refused`] with every such draft, or of the database.
    pub(super) async fn check(&self, store: &Store, drafts: &[Draft]) -> Result<(), SubmitError> {
        let mut refused = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            if !is_foreseeable(draft.dataset.as_str()) {
                continue;
            }
            let facts = self.facts(store, draft).await?;
            let mut findings = Findings::default();
            foresee(draft.dataset.as_str(), &draft.body, &facts, &mut findings);
            if findings.has_error() {
                refused.push(Refused { index, reasons: findings.into_reasons() });
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(SubmitError::Refused(refused)) }
    }

    async fn facts(&self, store: &Store, draft: &Draft) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        let Some(known) = dataset(draft.dataset.as_str()) else { return Ok(facts) };
        let mut record = String::new();
        for reference in known.references.iter().filter(|one| bears_content(one.dataset)) {
            if reference.target(&draft.body, &mut record) {
                let key = Key { dataset: reference.dataset, record: record.clone() };
                if let Some(content) = self.content(store, &key).await? {
                    facts.know_content(&key, content);
                }
            }
        }
        Ok(facts)
    }

    async fn content(&self, store: &Store, key: &Key) -> Result<Option<Content>, StoreError> {
        let changes = {
            let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(content) = remembered.contents.get(key) {
                return Ok(Some(content.clone()));
            }
            remembered.changes
        };
        let content = store.content_get(key).await?;
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = content.as_ref().filter(|_| remembered.changes == changes) {
            if remembered.contents.len() >= CONTENTS {
                remembered.contents.clear();
            }
            remembered.contents.insert(key.clone(), content.clone());
        }
        Ok(content)
    }

    /// Forgets what these have changed, once they are appended.
    pub(super) fn appended(&self, drafts: &[Draft]) {
        let bearing = |draft: &&Draft| bears_content(draft.dataset.as_str());
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for draft in drafts.iter().filter(bearing) {
            let other = |key: &Key| {
                key.dataset != draft.dataset.as_str() || key.record != draft.record.as_str()
            };
            remembered.contents.retain(|key, _| other(key));
            remembered.changes += 1;
        }
    }

    /// Forgets everything: the journal was cut back.
    pub(super) fn clear(&self) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.contents.clear();
        remembered.changes += 1;
    }
}
