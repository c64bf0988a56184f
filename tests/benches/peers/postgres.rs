//! PostgreSQL's own logical replication between two clusters: W1 to W4 with the same records as
//! plain rows. Durable at both ends; no journal, tree, gate, signature or TLS.
//!
//! As at a node, a writer waits for its own end and not for the other; the clock stops when the
//! last row can be read at the other end, and both ends must then hold the same rows.

mod pair;

use std::time::Duration;

use anyhow::Context as _;
use sanheyi_node::process::clock;
use sqlx::postgres::PgConnection;

use crate::load::record;
use crate::machine::seconds;
use crate::plan::Plan;
use crate::sustained::{LOOK, SINGLE_SHARE, SINGLES};
use crate::table::{Table, say};

use pair::Pair;

/// Rows of a COPY.
const BATCH: usize = 500;
/// Records of W2, handed in one every hundredth of a second.
const LATENCIES: u64 = 1000;
const EVERY: f64 = 0.010;
/// Between two looks of W2, as for ours.
const LATENCY_LOOK: Duration = Duration::from_millis(1);
/// How the figures are named.
const NAME: &str = "PostgreSQL logical replication";

/// One of the two replicated tables.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// Rows for some writers at one end, and what tells that all of them have come.
struct Rows {
    writers: Vec<Vec<Vec<u8>>>,
    last: Vec<String>,
}

type Row = (String, Vec<u8>);

/// Measures one run of each workload.
///
/// # Errors
/// If a row is lost, or a server does not start.
pub(crate) async fn run(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let pair = Pair::start()?;
    say(&pair.said)?;
    pair.end()?;
    for writers in [1, plan.writers] {
        bulk(plan, writers, table).await?;
    }
    singles(plan, table).await?;
    latency(table).await?;
    catch_up(plan, table).await?;
    both(plan, table).await
}

async fn bulk(plan: &Plan, writers: usize, table: &mut Table) -> anyhow::Result<()> {
    let rows = Rows::copies(0..plan.records, BATCH, writers);
    let pair = Pair::start()?;
    let mut connections = pair.connections(Way::Up.from(), writers).await?;
    let mut look = pair.connect(Way::Up.to()).await?;
    let (spent, wire) = (pair.spent(&mut look).await?, pair.sent(Way::Up)?);
    let began = seconds();
    copy_all(&mut connections, Way::Up, rows.writers).await?;
    let durable = seconds();
    arrived(&mut look, Way::Up, &rows.last).await?;
    let (here, spent_then) = (seconds(), pair.spent(&mut look).await?);
    let (sent, count) = (pair.sent(Way::Up)?, plan.records as f64);
    let name = format!("W1 {NAME}, 500 a batch, {writers} writer(s)");
    table.add(format!("{name}: durable at the first end"), "records/s", count / (durable - began));
    table.add(format!("{name}: readable at the other"), "records/s", count / (here - began));
    table.add(
        format!("{name}: CPU of both servers"),
        "s/100,000",
        (spent_then - spent) / count * 1e5,
    );
    table.add(format!("{name}: on the wire"), "B/record", (sent - wire) / count);
    table.add(format!("{name}: on the other's disk"), "B/record", disk(&mut look).await? / count);
    pair.agree(Way::Up, plan.records).await?;
    pair.end()
}

async fn singles(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let records = plan.records / SINGLE_SHARE;
    let shares: Vec<Vec<Row>> = deal((0..records).map(record), SINGLES);
    let last: Vec<_> = shares.iter().filter_map(|share| Some(share.last()?.0.clone())).collect();
    let pair = Pair::start()?;
    let connections = pair.connections(Way::Up.from(), SINGLES).await?;
    let mut look = pair.connect(Way::Up.to()).await?;
    let spent = pair.spent(&mut look).await?;
    let began = seconds();
    let mut writing = tokio::task::JoinSet::new();
    for (mut connection, share) in connections.into_iter().zip(shares) {
        writing.spawn(async move {
            for row in share {
                insert(&mut connection, row).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    arrived(&mut look, Way::Up, &last).await?;
    let (here, spent_then) = (seconds(), pair.spent(&mut look).await?);
    let (name, count) = (format!("W1 {NAME}, one by one, {SINGLES} writers"), records as f64);
    table.add(format!("{name}: readable at the other"), "records/s", count / (here - began));
    table.add(
        format!("{name}: CPU of both servers"),
        "s/100,000",
        (spent_then - spent) / count * 1e5,
    );
    pair.agree(Way::Up, records).await?;
    pair.end()
}

async fn latency(table: &mut Table) -> anyhow::Result<()> {
    let pair = Pair::start()?;
    let mut writer = pair.connect(Way::Up.from()).await?;
    let mut look = pair.connect(Way::Up.to()).await?;
    let mut rows: Vec<Row> = (0..LATENCIES).map(record).collect();
    rows.sort_unstable();
    let ids: Vec<String> = rows.iter().map(|(id, _)| id.clone()).collect();
    let writing = tokio::spawn(async move {
        let (mut called, began) = (Vec::new(), seconds());
        for (number, row) in rows.into_iter().enumerate() {
            let due = began + number as f64 * EVERY;
            clock::pause(Duration::from_secs_f64((due - seconds()).max(0.0))).await;
            called.push(seconds());
            insert(&mut writer, row).await?;
        }
        anyhow::Ok(called)
    });
    let mut seen = Vec::new();
    while seen.len() < ids.len() {
        let newest: Option<String> =
            sqlx::query_scalar("SELECT max(id) FROM up").fetch_one(&mut look).await?;
        let (now, there) = (seconds(), ids.partition_point(|id| Some(id) <= newest.as_ref()));
        seen.resize(there.max(seen.len()), now);
        clock::pause(LATENCY_LOOK).await;
    }
    let called = writing.await??;
    let mut millis: Vec<_> = called.iter().zip(&seen).map(|(at, seen)| (seen - at) * 1e3).collect();
    millis.sort_by(f64::total_cmp);
    for (word, percent) in [("p50", 50), ("p99", 99)] {
        if let Some(at) = millis.get(millis.len() * percent / 100) {
            table.add(format!("W2 {NAME}: readable at the other, {word}"), "ms", *at);
        }
    }
    pair.agree(Way::Up, LATENCIES).await?;
    pair.end()
}

async fn catch_up(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let rows = Rows::copies(0..plan.records, BATCH, 2);
    let pair = Pair::start()?;
    let mut connections = pair.connections(Way::Up.from(), 2).await?;
    let mut look = pair.connect(Way::Up.to()).await?;
    sqlx::query("ALTER SUBSCRIPTION up DISABLE").execute(&mut look).await?;
    until_active(&mut connections, false).await?;
    copy_all(&mut connections, Way::Up, rows.writers).await?;
    sqlx::query("ALTER SUBSCRIPTION up ENABLE").execute(&mut look).await?;
    until_active(&mut connections, true).await?;
    let began = seconds();
    arrived(&mut look, Way::Up, &rows.last).await?;
    let rate = plan.records as f64 / (seconds() - began);
    table.add(format!("W3 {NAME}: caught up"), "records/s", rate);
    pair.agree(Way::Up, plan.records).await?;
    pair.end()
}

async fn both(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let pair = Pair::start()?;
    let mut ways = Vec::new();
    for way in [Way::Up, Way::Down] {
        let rows = Rows::copies(0..plan.records, BATCH, plan.writers);
        let connections = pair.connections(way.from(), plan.writers).await?;
        ways.push((way, rows, connections, pair.connect(way.to()).await?));
    }
    let began = seconds();
    let mut writing = tokio::task::JoinSet::new();
    for (way, rows, mut connections, mut look) in ways {
        writing.spawn(async move {
            copy_all(&mut connections, way, rows.writers).await?;
            arrived(&mut look, way, &rows.last).await
        });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let rate = 2.0 * plan.records as f64 / (seconds() - began);
    table.add(format!("W4 {NAME}: both ways together"), "records/s", rate);
    pair.agree(Way::Up, plan.records).await?;
    pair.agree(Way::Down, plan.records).await?;
    pair.end()
}

/// Each writer commits its batches one after the other.
async fn copy_all(
    connections: &mut Vec<PgConnection>,
    way: Way,
    writers: Vec<Vec<Vec<u8>>>,
) -> anyhow::Result<()> {
    let mut writing = tokio::task::JoinSet::new();
    for (mut connection, batches) in connections.drain(..).zip(writers) {
        let copy = format!("COPY {} FROM STDIN (FORMAT binary)", way.table());
        writing.spawn(async move {
            for batch in batches {
                let mut sink = connection.copy_in_raw(&copy).await?;
                sink.send(batch).await?;
                sink.finish().await?;
            }
            anyhow::Ok(connection)
        });
    }
    while let Some(written) = writing.join_next().await {
        connections.push(written??);
    }
    Ok(())
}

async fn insert(connection: &mut PgConnection, (id, body): Row) -> anyhow::Result<()> {
    let insert = sqlx::query("INSERT INTO up (id, body) VALUES ($1, $2)");
    insert.bind(id).bind(body).execute(connection).await?;
    Ok(())
}

/// Waits until the last row of every writer can be read: commits are applied in their order.
async fn arrived(look: &mut PgConnection, way: Way, last: &[String]) -> anyhow::Result<()> {
    let select = match way {
        Way::Up => "SELECT count(*) FROM up WHERE id = ANY($1)",
        Way::Down => "SELECT count(*) FROM down WHERE id = ANY($1)",
    };
    loop {
        let found: i64 = sqlx::query_scalar(select).bind(last).fetch_one(&mut *look).await?;
        if usize::try_from(found)? == last.len() {
            return Ok(());
        }
        clock::pause(LOOK).await;
    }
}

/// Waits until the subscriber of `up` is connected, or is not any more.
async fn until_active(connections: &mut [PgConnection], wanted: bool) -> anyhow::Result<()> {
    let connection = connections.first_mut().context("a connection")?;
    let select = "SELECT active FROM pg_replication_slots WHERE slot_name = 'up'";
    loop {
        let active: bool = sqlx::query_scalar(select).fetch_one(&mut *connection).await?;
        if active == wanted {
            return Ok(());
        }
        clock::pause(LATENCY_LOOK).await;
    }
}

/// Bytes of the table `up` with its index, as they are on the disk.
async fn disk(look: &mut PgConnection) -> anyhow::Result<f64> {
    sqlx::query("CHECKPOINT").execute(&mut *look).await?;
    let asked = sqlx::query_scalar("SELECT pg_total_relation_size('up')");
    let bytes: i64 = asked.fetch_one(look).await?;
    Ok(bytes as f64)
}

/// Deals items out to so many, in turn.
fn deal<T>(items: impl Iterator<Item = T>, hands: usize) -> Vec<Vec<T>> {
    let mut dealt: Vec<Vec<T>> = (0..hands).map(|_| Vec::new()).collect();
    for (number, item) in items.enumerate() {
        dealt[number % hands].push(item);
    }
    dealt
}

// === impl Way ===

impl Way {
    const fn table(self) -> &'static str {
        match self {
            Way::Up => "up",
            Way::Down => "down",
        }
    }

    const fn from(self) -> usize {
        match self {
            Way::Up => 0,
            Way::Down => 1,
        }
    }

    const fn to(self) -> usize {
        1 - self.from()
    }
}

// === impl Rows ===

impl Rows {
    /// Messages of COPY in its binary form, made before the clock starts.
    fn copies(numbers: std::ops::Range<u64>, batch: usize, writers: usize) -> Self {
        let rows: Vec<Row> = numbers.map(record).collect();
        let shares = deal(rows.chunks(batch), writers);
        let last = shares.iter().filter_map(|share| Some(share.last()?.last()?.0.clone()));
        let last = last.collect();
        let copies = |share: Vec<&[Row]>| share.into_iter().map(message).collect();
        Self { writers: shares.into_iter().map(copies).collect(), last }
    }
}

/// `PostgreSQL 15, COPY, Binary Format`: a head, tuples of two fields, an end.
fn message(rows: &[Row]) -> Vec<u8> {
    let mut bytes = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
    for (id, body) in rows {
        bytes.extend_from_slice(&2_u16.to_be_bytes());
        for field in [id.as_bytes(), body.as_slice()] {
            let length = u32::try_from(field.len()).expect("a record is smaller than 4 GiB");
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(field);
        }
    }
    bytes.extend_from_slice(&[0xff, 0xff]);
    bytes
}
