//! Records of the hub and of the platform itself, each by its latest revision that counts.

use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;

use super::super::records::NOWHERE;
use super::{Ground, Reached};
use crate::store::{FoundRecord, IncomingRow, Place, StoreError};

/// Rows of an index read at a time.
const READ: u64 = 500;
/// Revisions of a record that are looked through: an order is corrected once or twice.
const REVISIONS: u64 = 256;
/// Records of a kind that a listing looks through; a district gets some hundred a year.
const RECORDS: usize = 20_000;

/// Whose records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Those of the hub and the platform's own.
    #[default]
    Everybodys,
    /// Those of the hub.
    Hubs,
}

/// A record, as its latest revision says it.
#[derive(Clone, Debug)]
pub struct Found<M> {
    /// Who wrote it.
    pub author: PlatformId,
    /// Its id.
    pub record: String,
    /// Its latest revision.
    pub revision: u64,
    /// Where that stands.
    pub place: Place,
    /// What the hub's gate said of it; nothing while it has said nothing.
    pub standing: Option<Standing>,
    /// Whether the platform that it is for has it.
    pub delivered: bool,
    /// Whether it was withdrawn; the body is then what it said before.
    pub withdrawn: bool,
    /// What it says.
    pub body: M,
}

/// A revision of a record, by whichever index.
struct Revision {
    number: u64,
    place: Place,
    standing: Option<Standing>,
}

/// Revisions of one record.
struct Group {
    author: PlatformId,
    record: String,
    own: bool,
    revisions: Vec<Revision>,
}

// === impl Ground ===

impl Ground {
    /// The records of a dataset whose ids begin with `prefix`, ascending by id. A revision that was
    /// quarantined says nothing.
    ///
    /// # Errors
    /// Of the store.
    pub async fn all<M: Message + Default>(
        &self,
        dataset: &str,
        prefix: &str,
        whose: Whose,
    ) -> Result<Vec<Found<M>>, StoreError> {
        let mut groups = self.incoming(dataset, prefix).await?;
        if whose == Whose::Everybodys {
            groups.extend(self.own(dataset, prefix).await?);
        }
        groups.sort_by(|one, other| one.record.cmp(&other.record));
        let mut all = Vec::with_capacity(groups.len());
        for group in groups {
            all.extend(self.read(group).await?);
        }
        Ok(all)
    }

    /// One record of a dataset: the hub's, else the platform's own.
    ///
    /// # Errors
    /// Of the store.
    pub async fn one<M: Message + Default>(
        &self,
        dataset: &str,
        record: &str,
    ) -> Result<Option<Found<M>>, StoreError> {
        let rows = self.store.incoming_revisions(&self.hub, dataset, record, REVISIONS).await?;
        let mut revisions: Vec<_> = rows.iter().map(Revision::of_incoming).collect();
        let own = revisions.is_empty();
        let author = if own { self.store.platform().clone() } else { self.hub.clone() };
        if own {
            let history = self.store.record_history(dataset, record, REVISIONS).await?;
            revisions = history
                .iter()
                .map(|view| Revision {
                    number: view.found.revision,
                    place: view.found.place,
                    standing: view.standing,
                })
                .collect();
        }
        if revisions.is_empty() {
            return Ok(None);
        }
        self.read(Group { author, record: record.to_owned(), own, revisions }).await
    }

    /// The next serial number of the platform's own records `{no}-{serial}`. Those that were
    /// quarantined have theirs, too.
    ///
    /// # Errors
    /// Of the store.
    pub async fn next_serial(&self, dataset: &str, no: &str) -> Result<u32, StoreError> {
        let prefix = format!("{no}-");
        let groups = self.own(dataset, &prefix).await?;
        let serial = |group: &Group| group.record.strip_prefix(&prefix)?.parse::<u32>().ok();
        Ok(groups.iter().filter_map(serial).max().unwrap_or(0).saturating_add(1))
    }

    async fn incoming(&self, dataset: &str, prefix: &str) -> Result<Vec<Group>, StoreError> {
        let mut groups: Vec<Group> = Vec::new();
        let mut after = IncomingRow {
            author: self.hub.clone(),
            dataset: dataset.to_owned(),
            record: prefix.to_owned(),
            revision: 0,
            place: NOWHERE,
        };
        while groups.len() < RECORDS {
            let page = self.store.incoming_of(&self.hub, dataset, Some(&after), READ).await?;
            let Some(last) = page.last() else { break };
            after = last.clone();
            let wanted = page.iter().take_while(|row| row.record.starts_with(prefix));
            for row in wanted.clone() {
                let of = (&row.author, row.record.as_str(), false);
                push(&mut groups, of, Revision::of_incoming(row));
            }
            if wanted.count() < page.len() {
                break;
            }
        }
        Ok(groups)
    }

    async fn own(&self, dataset: &str, prefix: &str) -> Result<Vec<Group>, StoreError> {
        let mut groups: Vec<Group> = Vec::new();
        let (dataset, record) = (dataset.to_owned(), prefix.to_owned());
        let mut after = FoundRecord { dataset, record, revision: 0, place: NOWHERE };
        let dataset = after.dataset.clone();
        while groups.len() < RECORDS {
            let page = self.store.record_list(Some(&after), READ).await?;
            let Some(last) = page.last() else { break };
            after = last.found.clone();
            let wanted = page.iter().take_while(|view| {
                view.found.dataset == dataset && view.found.record.starts_with(prefix)
            });
            for view in wanted.clone() {
                let FoundRecord { record, revision, place, .. } = &view.found;
                let of = (self.store.platform(), record.as_str(), true);
                let (number, standing) = (*revision, view.standing);
                push(&mut groups, of, Revision { number, place: *place, standing });
            }
            if wanted.count() < page.len() {
                break;
            }
        }
        Ok(groups)
    }

    /// What a record says by its latest revision that counts.
    async fn read<M: Message + Default>(
        &self,
        group: Group,
    ) -> Result<Option<Found<M>>, StoreError> {
        let Group { author, record, own, revisions } = group;
        let counts = |one: &&Revision| one.standing != Some(Standing::Quarantined);
        let mut withdrawn = false;
        let Some(head) = revisions.iter().rev().find(counts) else { return Ok(None) };
        for one in revisions.iter().rev().filter(counts) {
            let Place { journal, sequence, .. } = one.place;
            let Some(entry) = self.store.entry_get(journal, sequence).await? else { continue };
            withdrawn |= entry.header.operation == Operation::Withdraw;
            let Some(body) = entry.body.filter(|_| entry.header.operation == Operation::Put) else {
                continue;
            };
            let body = M::decode(body)
                .map_err(|error| StoreError::contradiction("segment", "bytes", &record, error))?;
            let delivered = own || self.has(&head.place);
            let Revision { number: revision, place, standing } = *head;
            return Ok(Some(Found {
                author,
                record,
                revision,
                place,
                standing,
                delivered,
                withdrawn,
                body,
            }));
        }
        Ok(None)
    }

    /// Whether the platform has what stands there.
    fn has(&self, place: &Place) -> bool {
        match &self.reached {
            Reached::Here => true,
            Reached::Sizes(sizes) => {
                sizes.get(&place.journal).is_some_and(|size| place.sequence < *size)
            }
        }
    }
}

fn push(groups: &mut Vec<Group>, of: (&PlatformId, &str, bool), revision: Revision) {
    let (author, record, own) = of;
    match groups.last_mut() {
        Some(group) if group.record == record => group.revisions.push(revision),
        _ => {
            let (author, record) = (author.clone(), record.to_owned());
            groups.push(Group { author, record, own, revisions: vec![revision] });
        }
    }
}

// === impl Revision ===

impl Revision {
    fn of_incoming(row: &IncomingRow) -> Self {
        Self { number: row.revision, place: row.place, standing: row.place.standing }
    }
}
