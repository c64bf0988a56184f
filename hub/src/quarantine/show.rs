//! One entry of the quarantine, whole: what the gate said, what its header says, and its body by
//! the titles of the dictionary.

use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::lines::{Line, lines};
use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::store::StoreError;

use super::{Desk, Filter, Item};
use crate::quarantine::{Cursor, EntryName};

/// One entry, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// As the listing has it.
    pub item: Item,
    /// Its header.
    pub header: Header,
    /// Its digest.
    pub digest: Digest,
    /// What its body says.
    pub body: BodyShown,
}

/// A body, or why there is none to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyShown {
    /// By titles.
    Lines(Vec<Line>),
    /// 已删除: it was erased, or the entry is a withdrawal without one.
    Gone,
    /// The dictionary of this build does not know the dataset, or the bytes are no body of it.
    Unreadable,
}

impl Desk {
    /// The entry of that name; where several claim it, the one that stands first. Nothing if none
    /// is in the quarantine or pending. `personal`: personal fields are not masked; who asks for
    /// that has written it down ([`super::WorkingDesk::audit_look`]).
    ///
    /// # Errors
    /// Of the database, or if a segment does not open.
    pub async fn show(
        &self,
        name: &EntryName,
        personal: bool,
    ) -> Result<Option<Detail>, StoreError> {
        let page = self.list(&Filter::one(name), None, 1).await?;
        match page.items.into_iter().next() {
            Some(item) => self.detail(item, personal).await,
            None => Ok(None),
        }
    }

    /// The entry at a place.
    ///
    /// # Errors
    /// As [`Desk::show`].
    pub async fn show_at(
        &self,
        place: &Cursor,
        personal: bool,
    ) -> Result<Option<Detail>, StoreError> {
        match self.at(place).await? {
            Some(item) => self.detail(item, personal).await,
            None => Ok(None),
        }
    }

    async fn detail(&self, item: Item, personal: bool) -> Result<Option<Detail>, StoreError> {
        let Cursor { platform, journal, sequence } = &item.cursor;
        let store = self.database.of(platform);
        let Some(entry) = store.entry_get(*journal, *sequence).await? else { return Ok(None) };
        let body = match &entry.body {
            Some(body) => by_titles(&item.name.dataset, body, personal),
            None => BodyShown::Gone,
        };
        Ok(Some(Detail { item, header: entry.header, digest: entry.digest, body }))
    }
}

fn by_titles(dataset: &str, body: &[u8], personal: bool) -> BodyShown {
    let read = Dictionary::new().and_then(|dictionary| {
        let dataset = dictionary.dataset(dataset)?;
        lines(dataset, body, personal)
    });
    read.map_or(BodyShown::Unreadable, BodyShown::Lines)
}
