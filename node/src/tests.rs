//! What the tests of several rooms share: a branch in a folder of its own, drafts that keep all
//! rules, and a hand that changes what is stored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{CaseStep, Limit, LimitUnit, StepStatus};
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

    /// The journal of steps.
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

/// The body of a step that keeps all rules.
pub(crate) fn step() -> Bytes {
    let step = CaseStep {
        case_no: "JS048100JT0000000217".into(),
        ordinal: 2,
        tache_id: "SC".into(),
        tache_name: "审查".into(),
        office: "运输管理处".into(),
        staff_code: "JT0031".into(),
        staff_name: "李明".into(),
        status: StepStatus::Passed.into(),
        promise: Some(Limit { amount: 3, unit: LimitUnit::WorkingDay.into() }),
        clock_runs: true,
        note: "材料齐全，符合法定条件，同意。".into(),
        began_at: MORNING.as_micros(),
        processed_at: Some(MORNING.as_micros() + 1),
    };
    step.encode_to_vec().into()
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
pub(crate) fn draft(record: &str) -> Draft {
    Draft {
        dataset: "case.step".parse().unwrap(),
        record: record.parse().unwrap(),
        operation: Operation::Put,
        occurred: MORNING,
        body: step(),
        follows: None,
        reads: Vec::new(),
    }
}

/// The next revision of a record.
pub(crate) fn next(record: &str, head: Appended) -> Draft {
    Draft { follows: Some((head.revision, head.digest)), ..draft(record) }
}

/// A draft that breaks a rule of the standard.
pub(crate) fn wrong(record: &str) -> Draft {
    Draft { body: Bytes::new(), ..draft(record) }
}

/// Changes what is stored, past all doors; answers how many rows.
pub(crate) async fn tamper(database: &Path, sql: &'static str) -> u64 {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    done.rows_affected()
}
