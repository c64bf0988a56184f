//! The ground that a promise is tried on: an empty store in one of the two databases; and a few
//! rows to put into it.

use std::path::Path;

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::ids::{EpochId, Generation, JournalId};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_hub::store::STEPS;
use sanheyi_node::branch::Sealed;
use sanheyi_node::store::{
    Address, Database, IndexRow, JournalNumber, JournalRow, Place, Store, StoreError,
};
use sanheyi_tests::fixtures::sealed;
use sanheyi_tests::postgres::{PgDatabase, shared};
use sanheyi_tests::world::id;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// A journal that goes up.
pub(crate) const UP: &str = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";
/// Another one.
pub(crate) const OTHER: &str = "jintan>changzhou/urgent/000102030405060708090a0b0c0d0e0f";

/// An empty store, and whatever keeps it alive.
pub(crate) enum Ground {
    File(TempDir),
    Server(PgDatabase),
}

impl Ground {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    pub(crate) fn server() -> Self {
        Self::Server(shared().database())
    }

    pub(crate) fn address(&self) -> Address {
        match self {
            Self::File(folder) => folder.path().join("store.sqlite").into(),
            Self::Server(database) => at(&database.url()),
        }
    }

    /// Opens the store as a hub does, with its own tables.
    pub(crate) async fn open(&self) -> Database {
        Database::open(self.address(), STEPS).await.unwrap()
    }

    /// The rows of `jintan`, in a store that is opened for it.
    pub(crate) async fn jintan(&self) -> Store {
        self.open().await.of(&id("jintan"))
    }

    /// Changes what is stored, past all doors and policies; answers how many rows.
    pub(crate) async fn tamper(&self, statement: &'static str) -> u64 {
        match self {
            Self::File(folder) => {
                let path = folder.path().join("store.sqlite");
                let mut file = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
                sqlx::query(statement).execute(&mut file).await.unwrap().rows_affected()
            }
            Self::Server(database) => {
                let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
                sqlx::query(statement).execute(&mut admin).await.unwrap().rows_affected()
            }
        }
    }
}

/// The address that stands in a configuration.
pub(crate) fn at(url: &str) -> Address {
    Address::parse(url, Path::new("/")).unwrap()
}

pub(crate) fn position(number: u8) -> Position {
    Position { generation: Generation::new([number; 16]), epoch: EpochId::new([number + 1; 16]) }
}

/// The head of a journal of which nothing is stored yet.
pub(crate) fn empty(journal: &str) -> Head {
    Head {
        journal: journal.parse::<JournalId>().unwrap(),
        size: 0,
        root: Suite::Intl.empty_root(),
        position: position(1),
        opened: 0,
        stopped: false,
    }
}

/// Opens a journal, in a transaction of its own.
pub(crate) async fn open_journal(store: &Store, journal: &str) -> JournalRow {
    let mut tx = store.begin("journal_open").await.unwrap();
    let row = tx.journal_open(store, &empty(journal), true, 1).await.unwrap();
    tx.commit().await.unwrap();
    row
}

/// An entry about one revision of a record.
pub(crate) fn entry(record: &str, revision: u64) -> Sealed {
    sealed(record, revision, b"a body")
}

/// The index row of one revision of a record, which stands at `sequence` of journal 1.
pub(crate) fn row(record: &str, revision: u64, sequence: u64) -> IndexRow {
    let entry = entry(record, revision);
    let journal = JournalNumber::from_column(1);
    let place = Place { journal, sequence, standing: None, digest: entry.digest };
    IndexRow::new(&HeaderView::parse(&entry.header).unwrap(), &place)
}

/// Whether somebody else was first.
#[track_caller]
pub(crate) fn raced<T>(outcome: Result<T, StoreError>, over: &str) {
    match outcome {
        Err(StoreError::Raced(what)) => assert_eq!(what, over),
        Err(other) => panic!("a race over {over} was due: {other}"),
        Ok(_) => panic!("a race over {over} was due"),
    }
}
