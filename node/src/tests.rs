//! What the tests of several rooms share: a branch in a folder of its own, drafts that keep all
//! rules, and a hand that changes what is stored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{Complaint, ComplaintState, ComplaintWay};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::task::JoinHandle;

use crate::branch::{Appended, Branch, BranchConfig, Draft};
use crate::process::clock::{Clock, ManualClock};
use crate::process::entropy::{Entropy, SeededEntropy};
use crate::store::{Database, JournalRow, Store, StoreError};

/// 2010-11-23, 08:00 in Beijing.
pub(crate) const MORNING: Timestamp = Timestamp::from_micros(1_290_470_400_000_000);

pub(crate) fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

/// The database of a node whose folder is `dir`.
pub(crate) fn database_of(dir: &Path) -> PathBuf {
    dir.join("data/node.sqlite")
}

/// A branch whose writer runs.
pub(crate) struct Home {
    pub(crate) branch: Branch,
    pub(crate) clock: Arc<ManualClock>,
    writer: JoinHandle<Result<(), StoreError>>,
}

/// The store of a node in which nothing is yet.
pub(crate) async fn house(dir: &Path) -> Store {
    std::fs::create_dir_all(dir.join("data")).unwrap();
    Database::open(database_of(dir), &[]).await.unwrap().of(&id("jintan"))
}

/// A branch, and its writer that does not run yet.
pub(crate) async fn idle(
    dir: &Path,
    seed: u64,
) -> (Branch, Arc<ManualClock>, impl Future<Output = Result<(), StoreError>> + Send + use<>) {
    std::fs::create_dir_all(dir.join("data")).unwrap();
    let database = Database::open(database_of(dir), &[]).await.unwrap();
    let clock = Arc::new(ManualClock::new(MORNING));
    let time: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let chance: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    let config = BranchConfig { platform: id("jintan"), hub: id("changzhou") };
    let store = database.of(&config.platform);
    let (branch, writer) = Branch::open(config, store, time, chance).await.unwrap();
    (branch, clock, writer)
}

impl Home {
    pub(crate) async fn open(dir: &Path, seed: u64) -> Self {
        let (branch, clock, writer) = idle(dir, seed).await;
        Self { branch, clock, writer: tokio::spawn(writer) }
    }

    pub(crate) async fn submit(&self, drafts: Vec<Draft>) -> Vec<Appended> {
        self.branch.submit(drafts).await.unwrap()
    }

    pub(crate) fn store(&self) -> &Store {
        self.branch.store()
    }

    /// The journal of its records.
    pub(crate) async fn journal(&self) -> JournalRow {
        normal(self.store()).await
    }

    /// Lets the writer finish, and closes the database.
    pub(crate) async fn close(self) {
        let database = self.store().database().clone();
        drop(self.branch);
        self.writer.await.unwrap().unwrap();
        database.close().await;
    }
}

/// The journal of the normal lane.
pub(crate) async fn normal(store: &Store) -> JournalRow {
    let rows = store.journal_list().await.unwrap();
    rows.into_iter().find(|row| row.home && row.head.journal.lane == Lane::Normal).unwrap()
}

/// Dataset of all records here: complaints, which refer to nothing.
pub(crate) const DATASET: &str = "supervision.complaint";

/// The id of a record that a test calls by a letter, or by a letter and a number; in their order.
pub(crate) fn record(name: &str) -> String {
    let (letter, number) = name.split_at(1);
    let letter = letter.bytes().next().unwrap() - b'@';
    let number = if number.is_empty() { 0 } else { number.parse::<u32>().unwrap() + 1 };
    format!("JS048100JT{letter:02}{number:08}")
}

/// The body of a record that keeps all rules.
pub(crate) fn body(name: &str) -> Bytes {
    let complaint = Complaint {
        no: record(name),
        organisation: "JS048100JT".into(),
        title: "反映金坛至常州班车拒载".into(),
        content: "持票上车，驾驶员以满员为由拒载，请求核实处理并答复。".into(),
        way: ComplaintWay::Hotline.into(),
        received_at: MORNING.as_micros(),
        updated_at: MORNING.as_micros() + 1,
        state: ComplaintState::Registered.into(),
        ..Complaint::default()
    };
    complaint.encode_to_vec().into()
}

/// `body`, with a field that no reader knows, so that it has `length` bytes.
pub(crate) fn padded(body: &[u8], length: usize) -> Bytes {
    let mut long = body.to_vec();
    // Field 1000, of a length that takes three bytes to write.
    prost::encoding::encode_key(1000, prost::encoding::WireType::LengthDelimited, &mut long);
    let rest = length - long.len() - 3;
    prost::encoding::encode_varint(rest as u64, &mut long);
    long.resize(length, 0);
    long.into()
}

/// A new record.
pub(crate) fn draft(name: &str) -> Draft {
    Draft {
        dataset: DATASET.parse().unwrap(),
        record: record(name).parse().unwrap(),
        operation: Operation::Put,
        occurred: MORNING,
        body: body(name),
        follows: None,
        reads: Vec::new(),
    }
}

/// The next revision of a record.
pub(crate) fn next(name: &str, head: Appended) -> Draft {
    Draft { follows: Some((head.revision, head.digest)), ..draft(name) }
}

/// A draft that breaks a rule of the standard.
pub(crate) fn wrong(name: &str) -> Draft {
    Draft { body: Bytes::new(), ..draft(name) }
}

/// Spoils the first page of a table, as a bad disk does.
pub(crate) async fn spoil(database: &Path, table: &str) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let select = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = $1";
    let root = sqlx::query_scalar::<_, i64>(select).bind(table);
    let root = root.fetch_one(&mut connection).await.unwrap();
    let size = sqlx::query_scalar::<_, i64>("PRAGMA page_size");
    let size = size.fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let mut bytes = std::fs::read(database).unwrap();
    let at = usize::try_from((root - 1) * size).unwrap();
    bytes[at..][..usize::try_from(size).unwrap()].fill(0xff);
    std::fs::write(database, bytes).unwrap();
}

/// Changes what is stored, past all doors; answers how many rows.
pub(crate) async fn tamper(database: &Path, sql: &'static str) -> u64 {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    done.rows_affected()
}
