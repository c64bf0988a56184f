//! Which files are named by entries, and what became of each: `due_*`.

use sanheyi_exchange_spec::attachment::{Attachment, attachments_of};
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sea_query::{CaseStatement, Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::super::column::{Columns, signed};
use super::super::engine::Row;
use super::super::error::StoreError;
use super::super::{Store, Tx, total};
use super::{file, in_file};

/// Which way a file travels, between the platform of the rows and its hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Up: an entry of the platform itself names it.
    Up,
    /// Down: an entry that the platform was given names it.
    Down,
}

/// What became of a file that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueState {
    /// It is not here, or not whole.
    Absent,
    /// It is here. Of one that goes up, the hub has not said yet that it has it.
    Here,
    /// The hub has it.
    Passed,
    /// The hub does not take it; why, stands beside.
    Refused,
}

/// A file that an entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRow {
    /// Which way it travels.
    pub way: Way,
    /// Which file, as the entry says.
    pub file: Attachment,
    /// The platform in whose rows the hub has it.
    pub holder: PlatformId,
    /// Dataset of the entry that named it last.
    pub dataset: String,
    /// Its record.
    pub record: String,
    /// Its revision.
    pub revision: u64,
    /// What became of it.
    pub state: DueState,
    /// Why it was refused; else empty.
    pub why: String,
}

/// How many files of a way are in a state, and their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueTotal {
    /// The way.
    pub way: Way,
    /// The state.
    pub state: DueState,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A file and the entry that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The file.
    pub file: Attachment,
    /// Dataset of the entry.
    pub dataset: String,
    /// Its record.
    pub record: String,
    /// Its revision.
    pub revision: u64,
}

const COLUMNS: [&str; 9] =
    ["way", "digest", "bytes", "media_type", "holder", "dataset", "record", "revision", "state"];

// === impl Way, DueState ===

impl Way {
    pub(super) const fn number(self) -> i64 {
        match self {
            Way::Up => 0,
            Way::Down => 1,
        }
    }

    fn read(number: i64) -> Option<Self> {
        [Way::Up, Way::Down].into_iter().find(|way| way.number() == number)
    }
}

impl DueState {
    /// All of them.
    pub const ALL: [Self; 4] =
        [DueState::Absent, DueState::Here, DueState::Passed, DueState::Refused];

    /// Its name in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            DueState::Absent => "absent",
            DueState::Here => "here",
            DueState::Passed => "passed",
            DueState::Refused => "refused",
        }
    }

    pub(super) const fn number(self) -> i64 {
        match self {
            DueState::Absent => 0,
            DueState::Here => 1,
            DueState::Passed => 2,
            DueState::Refused => 3,
        }
    }

    fn read(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

fn way_of(row: &Columns<'_>) -> Result<Way, StoreError> {
    row.parsed("way", Way::read(row.integer("way")?).ok_or("names no way"))
}

fn state_of(row: &Columns<'_>) -> Result<DueState, StoreError> {
    row.parsed("state", DueState::read(row.integer("state")?).ok_or("names no state"))
}

fn read(row: &Row) -> Result<DueRow, StoreError> {
    let row = Columns::new("attachment_due", row);
    Ok(DueRow {
        way: way_of(&row)?,
        file: file(&row)?,
        holder: row.parsed("holder", row.text("holder")?.parse())?,
        dataset: row.text("dataset")?.to_owned(),
        record: row.text("record")?.to_owned(),
        revision: row.number("revision")?,
        state: state_of(&row)?,
        why: row.text("why")?.to_owned(),
    })
}

// === impl Named ===

impl Named {
    /// The files that an entry names.
    pub fn by(header: &HeaderView<'_>, body: &[u8]) -> Vec<Self> {
        Self::of(header.dataset, header.record, header.revision, body)
    }

    /// The files that the body of a record's revision names.
    pub fn of(dataset: &str, record: &str, revision: u64, body: &[u8]) -> Vec<Self> {
        let named =
            |file| Self { file, dataset: dataset.to_owned(), record: record.to_owned(), revision };
        attachments_of(dataset, body).into_iter().map(named).collect()
    }
}

// === impl Store ===

impl Store {
    fn dues(&self) -> SelectStatement {
        Query::select()
            .columns(COLUMNS)
            .column("why")
            .from("attachment_due")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .to_owned()
    }

    /// What is known of a named file, either way.
    ///
    /// # Errors
    /// Of the database.
    pub async fn due_get(&self, digest: &Digest) -> Result<Vec<DueRow>, StoreError> {
        let both = [Way::Up, Way::Down].map(Way::number);
        let select = self
            .dues()
            .and_where(Expr::col("way").is_in(both))
            .and_where(Expr::col("digest").eq(digest.as_bytes().to_vec()))
            .to_owned();
        self.rows("due_get", &select).await?.iter().map(read).collect()
    }

    /// Up to `limit` named files of a way and a state behind `after`, by their digests.
    ///
    /// # Errors
    /// Of the database.
    pub async fn due_list(
        &self,
        way: Way,
        state: DueState,
        after: Option<&Digest>,
        limit: u64,
    ) -> Result<Vec<DueRow>, StoreError> {
        let mut select = self.dues();
        select
            .and_where(Expr::col("way").eq(way.number()))
            .and_where(Expr::col("state").eq(state.number()));
        if let Some(after) = after {
            select.and_where(Expr::col("digest").gt(after.as_bytes().to_vec()));
        }
        select.order_by("digest", Order::Asc).limit(limit);
        self.rows("due_list", &select).await?.iter().map(read).collect()
    }

    /// How many files are named, by way and state.
    ///
    /// # Errors
    /// Of the database.
    pub async fn due_totals(&self) -> Result<Vec<DueTotal>, StoreError> {
        let select = Query::select()
            .columns(["way", "state"])
            .expr_as(Expr::col("digest").count(), "files")
            .expr_as(total("bytes"), "bytes")
            .from("attachment_due")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .group_by_columns(["way", "state"])
            .order_by("way", Order::Asc)
            .order_by("state", Order::Asc)
            .to_owned();
        let rows = self.rows("due_totals", &select).await?;
        rows.iter()
            .map(|row| {
                let row = Columns::new("attachment_due", row);
                let (way, state) = (way_of(&row)?, state_of(&row)?);
                Ok(DueTotal {
                    way,
                    state,
                    files: row.number("files")?,
                    bytes: row.number("bytes")?,
                })
            })
            .collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Notes that an entry names a file. What is known of it stays: the hub has it, or it is here.
    /// One that was refused may go again, since somebody has written anew.
    ///
    /// # Errors
    /// Of the database.
    pub async fn due_put(
        &mut self,
        store: &Store,
        way: Way,
        holder: &PlatformId,
        named: &Named,
    ) -> Result<(), StoreError> {
        let Named { file, dataset, record, revision } = named;
        let whole = Query::select()
            .column("whole")
            .from("attachment")
            .cond_where(in_file(store, &file.digest))
            .and_where(Expr::col("whole").eq(1))
            .to_owned();
        let here = !self.rows(&whole).await?.is_empty();
        let state = if here { DueState::Here } else { DueState::Absent };
        let passed = Expr::col(("attachment_due", "state")).eq(DueState::Passed.number());
        let kept =
            CaseStatement::new().case(passed, DueState::Passed.number()).finally(state.number());
        let insert = Query::insert()
            .into_table("attachment_due")
            .columns(["platform"].into_iter().chain(COLUMNS).chain(["why"]))
            .values_panic([
                store.platform().as_str().into(),
                way.number().into(),
                file.digest.as_bytes().to_vec().into(),
                signed(file.bytes).into(),
                file.media_type.as_str().into(),
                holder.as_str().into(),
                dataset.as_str().into(),
                record.as_str().into(),
                signed(*revision).into(),
                state.number().into(),
                "".into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "way", "digest"])
                    .update_columns([
                        "bytes",
                        "media_type",
                        "holder",
                        "dataset",
                        "record",
                        "revision",
                        "why",
                    ])
                    .value("state", kept)
                    .to_owned(),
            )
            .to_owned();
        self.later(&insert, None);
        Ok(())
    }

    /// A named file of a way has come to another state.
    pub fn due_state(
        &mut self,
        store: &Store,
        way: Way,
        digest: &Digest,
        state: DueState,
        why: &str,
    ) {
        let update = Query::update()
            .table("attachment_due")
            .value("state", state.number())
            .value("why", why)
            .cond_where(in_file(store, digest))
            .and_where(Expr::col("way").eq(way.number()))
            .to_owned();
        self.later(&update, None);
    }

    /// The hub may have lost what it had: what went up goes again, as far as it lacks it.
    pub fn due_again(&mut self, store: &Store) {
        let update = Query::update()
            .table("attachment_due")
            .value("state", DueState::Here.number())
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("way").eq(Way::Up.number()))
            .and_where(Expr::col("state").eq(DueState::Passed.number()))
            .to_owned();
        self.later(&update, None);
    }

    /// A file is here whole: whatever names it and waited for it has it.
    pub(super) fn due_come(&mut self, store: &Store, digest: &Digest) {
        let both = [Way::Up, Way::Down].map(Way::number);
        let waited = [DueState::Absent, DueState::Refused].map(DueState::number);
        let update = Query::update()
            .table("attachment_due")
            .value("state", DueState::Here.number())
            .value("why", "")
            .cond_where(in_file(store, digest))
            .and_where(Expr::col("way").is_in(both))
            .and_where(Expr::col("state").is_in(waited))
            .to_owned();
        self.later(&update, None);
    }
}
