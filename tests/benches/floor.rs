//! The floor: the same records as plain rows in one SQLite store at each end, write-ahead log and
//! `synchronous = FULL`, over TCP on the loopback. Readable by key, acknowledged; no journal, tree,
//! gate, signature or TLS. What any design on this store pays at least.

use std::path::Path;

use anyhow::bail;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::load::record;
use super::machine::{cpu, seconds};
use super::plan::Plan;
use super::table::Table;

/// Rows of a transaction.
const BATCH: usize = 500;

type Row = (String, Vec<u8>);

/// Measures one run.
///
/// # Errors
/// If a row is lost.
pub(crate) async fn run(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let rows: Vec<Row> = (0..plan.records).map(record).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (from, to) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
    let (mut sender, mut receiver) = (open(&from).await?, open(&to).await?);

    let (began, spent) = (seconds(), cpu("self")?);
    let taking = tokio::spawn(async move {
        take(&mut receiver, far).await?;
        anyhow::Ok(receiver)
    });
    give(&mut sender, near, rows).await?;
    let mut receiver = taking.await??;
    let (took, spent) = (seconds() - began, cpu("self")? - spent);

    for store in [&mut sender, &mut receiver] {
        let found = sqlx::query("SELECT count(*) FROM record").fetch_one(store).await?;
        if u64::try_from(found.get::<i64, _>(0))? != plan.records {
            bail!("rows were lost");
        }
    }
    let count = plan.records as f64;
    table.add("floor: SQLite, TCP, SQLite, batches of 500", "records/s", count / took);
    table.add("floor: CPU of both ends and the load", "s/100,000", spent / count * 1e5);
    Ok(())
}

async fn open(path: &Path) -> anyhow::Result<SqliteConnection> {
    let mut store = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "8000")
        .pragma("cache_size", "-65536")
        .connect()
        .await?;
    sqlx::query("CREATE TABLE record (id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
        .execute(&mut store)
        .await?;
    Ok(store)
}

/// Inserts batches, sends each, and waits for its acknowledgement while the next is inserted.
async fn give(store: &mut SqliteConnection, line: TcpStream, rows: Vec<Row>) -> anyhow::Result<()> {
    let (acknowledged, mut line) = line.into_split();
    let batches = rows.len().div_ceil(BATCH);
    let answers = tokio::spawn(async move {
        let mut acknowledged = BufReader::new(acknowledged);
        for _ in 0..batches {
            acknowledged.read_u8().await?;
        }
        anyhow::Ok(())
    });
    let mut rows = rows.into_iter();
    for _ in 0..batches {
        let batch: Vec<Row> = rows.by_ref().take(BATCH).collect();
        let mut message = Vec::with_capacity(batch.len() * 700);
        message.extend_from_slice(&u32::try_from(batch.len())?.to_be_bytes());
        for (id, body) in &batch {
            message.extend_from_slice(&u32::try_from(id.len())?.to_be_bytes());
            message.extend_from_slice(&u32::try_from(body.len())?.to_be_bytes());
            message.extend_from_slice(id.as_bytes());
            message.extend_from_slice(body);
        }
        insert(store, batch).await?;
        line.write_all(&message).await?;
    }
    line.shutdown().await?;
    answers.await?
}

async fn take(store: &mut SqliteConnection, line: TcpStream) -> anyhow::Result<()> {
    let (from, mut answers) = line.into_split();
    let mut from = BufReader::with_capacity(1 << 20, from);
    while let Ok(count) = from.read_u32().await {
        let mut batch = Vec::new();
        for _ in 0..count {
            let (id, body) = (from.read_u32().await?, from.read_u32().await?);
            let (mut id, mut body) = (vec![0; id as usize], vec![0; body as usize]);
            from.read_exact(&mut id).await?;
            from.read_exact(&mut body).await?;
            batch.push((String::from_utf8(id)?, body));
        }
        insert(store, batch).await?;
        answers.write_u8(1).await?;
    }
    Ok(())
}

async fn insert(store: &mut SqliteConnection, batch: Vec<Row>) -> anyhow::Result<()> {
    let mut tx = store.begin().await?;
    let places = vec!["(?, ?)"; batch.len()].join(", ");
    let sql = format!("INSERT INTO record (id, body) VALUES {places}");
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for (id, body) in batch {
        query = query.bind(id).bind(body);
    }
    query.execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}
