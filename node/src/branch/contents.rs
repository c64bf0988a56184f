//! What the accepted revisions of a record say, read out of the journal: the truth, however far a
//! projection may be behind.

use sanheyi_exchange_spec::gate::{Content, Key, Standing, Version};

use crate::store::{Store, StoreError};

/// Revisions of a record that are read for its content: a power item changes some times a year.
const REVISIONS: u64 = 256;

impl Store {
    /// What the accepted revisions of a record say; nothing for a dataset that bears no content. A
    /// revision without a verdict counts as accepted: at its author's home it was checked before it
    /// was appended.
    ///
    /// # Errors
    /// Of the database, or if a segment does not open.
    pub async fn content_get(&self, key: &Key) -> Result<Option<Content>, StoreError> {
        let Some(mut content) = Content::empty(key.dataset) else { return Ok(None) };
        for found in self.record_revisions(key.dataset, &key.record, REVISIONS).await? {
            let place = found.place;
            let standing = match place.standing {
                Some(standing) => standing,
                None => self.standing_of(place.journal, place.sequence).await?,
            };
            if standing != Standing::Accepted {
                continue;
            }
            if let Some(entry) = self.entry_get(place.journal, place.sequence).await? {
                content.add(&Version {
                    revision: found.revision,
                    occurred: entry.header.occurred,
                    operation: entry.header.operation,
                    body: entry.body.as_deref(),
                });
            }
        }
        Ok(Some(content))
    }
}
