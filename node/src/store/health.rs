//! How processes and lines stand, for whoever looks from outside the process: `pulse_*`, `alert_*`,
//! `heard_*`. A few rows a process, written every few seconds at most.

use sanheyi_exchange_spec::health::{Finding, Heartbeat, Severity, alert};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Cond, Expr, ExprTrait as _, OnConflict, Order, Query};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Store, Tx, in_journal};

/// Rows in one statement.
const CHUNK: usize = 256;

/// A process that runs on this store, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulseRow {
    /// Which: empty for a node, which is alone; an instance's name for a hub.
    pub instance: String,
    /// When it started.
    pub started: Timestamp,
    /// When it last noted its health.
    pub at: Timestamp,
    /// Name and version of its program.
    pub version: String,
    /// Whether it took work then.
    pub ready: bool,
}

/// A finding as a process has noted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// Which process.
    pub instance: String,
    /// What it found.
    pub finding: Finding,
}

/// The other end of a line, as a process knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardRow {
    /// The platform there.
    pub peer: PlatformId,
    /// Which process knows it.
    pub instance: String,
    /// Whether it is connected to that process.
    pub connected: bool,
    /// Since when it is, or is not.
    pub since: Timestamp,
    /// When it was last heard.
    pub heard: Timestamp,
    /// Where it connects from; empty where it does not.
    pub address: String,
    /// Serial number of its certificate, in lower-case hex.
    pub serial: String,
    /// Its last heartbeat, and when that came.
    pub beat: Option<(Heartbeat, Timestamp)>,
}

const PULSE: [&str; 5] = ["instance", "started", "at", "version", "ready"];
const ALERT: [&str; 9] = [
    "instance",
    "name",
    "subject",
    "severity",
    "since",
    "what_zh",
    "what_en",
    "remedy_zh",
    "remedy_en",
];
const HEARD: [&str; 16] = [
    "peer",
    "instance",
    "connected",
    "since",
    "heard",
    "address",
    "serial",
    "beat_at",
    "beat_came",
    "beat_every",
    "beat_size",
    "beat_acknowledged",
    "beat_free",
    "beat_findings",
    "beat_version",
    "beat_hours",
];
/// A disk that the peer does not tell.
const UNKNOWN: i64 = -1;

fn mine(store: &Store) -> sea_query::SimpleExpr {
    Expr::col("platform").eq(store.platform().as_str())
}

// === impl Store ===

impl Store {
    /// The processes that run on this store, or did within the last days, by instance.
    ///
    /// # Errors
    /// Of the database.
    pub async fn pulse_list(&self) -> Result<Vec<PulseRow>, StoreError> {
        let select = Query::select()
            .columns(PULSE)
            .from("pulse")
            .and_where(mine(self))
            .order_by("instance", Order::Asc)
            .to_owned();
        let rows = self.rows("pulse_list", &select).await?;
        rows.iter()
            .map(|row| {
                let row = Columns::new("pulse", row);
                Ok(PulseRow {
                    instance: row.text("instance")?.to_owned(),
                    started: Timestamp::from_micros(row.integer("started")?),
                    at: Timestamp::from_micros(row.integer("at")?),
                    version: row.text("version")?.to_owned(),
                    ready: row.integer("ready")? != 0,
                })
            })
            .collect()
    }

    /// What processes have noted as wrong, by instance. A name that this program does not know, of
    /// a newer one beside it, is left out.
    ///
    /// # Errors
    /// Of the database.
    pub async fn alert_list(&self) -> Result<Vec<AlertRow>, StoreError> {
        let select = Query::select()
            .columns(ALERT)
            .from("alert")
            .and_where(mine(self))
            .order_by("instance", Order::Asc)
            .order_by("name", Order::Asc)
            .order_by("subject", Order::Asc)
            .to_owned();
        let rows = self.rows("alert_list", &select).await?;
        rows.iter().filter_map(|row| read_alert(row).transpose()).collect()
    }

    /// The other ends of the lines, by peer and instance.
    ///
    /// # Errors
    /// Of the database.
    pub async fn heard_list(&self) -> Result<Vec<HeardRow>, StoreError> {
        let select = Query::select()
            .columns(HEARD)
            .from("heard")
            .and_where(mine(self))
            .order_by("peer", Order::Asc)
            .order_by("instance", Order::Asc)
            .to_owned();
        self.rows("heard_list", &select).await?.iter().map(read_heard).collect()
    }
}

impl Store {
    /// How far the receipts of a journal reach, without summing them up.
    ///
    /// # Errors
    /// Of the database.
    pub async fn receipt_reach(&self, journal: JournalNumber) -> Result<u64, StoreError> {
        let select = Query::select()
            .column("past")
            .from("receipt")
            .cond_where(in_journal(self, journal))
            .order_by("first", Order::Desc)
            .limit(1)
            .to_owned();
        let rows = self.rows("receipt_reach", &select).await?;
        rows.first().map_or(Ok(0), |row| Columns::new("receipt", row).number("past"))
    }

    /// When the segment with an entry was stored, without reading its bytes; nothing if there is no
    /// such entry.
    ///
    /// # Errors
    /// Of the database.
    pub async fn segment_stored(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<Option<Timestamp>, StoreError> {
        let select = Query::select()
            .columns(["first", "entries", "stored"])
            .from("segment")
            .cond_where(in_journal(self, journal))
            .and_where(Expr::col("first").lte(signed(sequence)))
            .order_by("first", Order::Desc)
            .limit(1)
            .to_owned();
        let rows = self.rows("segment_stored", &select).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let row = Columns::new("segment", row);
        let past = row.number("first")?.saturating_add(row.number("entries")?);
        let stored = Timestamp::from_micros(row.integer("stored")?);
        Ok((sequence < past).then_some(stored))
    }
}

fn read_alert(row: &Row) -> Result<Option<AlertRow>, StoreError> {
    let row = Columns::new("alert", row);
    let Some(known) = alert(row.text("name")?) else { return Ok(None) };
    let severity = Severity::parse(row.text("severity")?).unwrap_or(known.severity);
    let (zh, en) = (row.text("what_zh")?, row.text("what_en")?);
    let finding = Finding::new(known, row.text("subject")?, zh, en)
        .as_grave_as(severity)
        .remedied(row.text("remedy_zh")?, row.text("remedy_en")?)
        .since(Timestamp::from_micros(row.integer("since")?));
    Ok(Some(AlertRow { instance: row.text("instance")?.to_owned(), finding }))
}

fn read_heard(row: &Row) -> Result<HeardRow, StoreError> {
    let row = Columns::new("heard", row);
    let at = row.integer("beat_at")?;
    let beat = match at {
        0 => None,
        at => {
            let small = |column| row.parsed(column, u32::try_from(row.integer(column)?));
            let beat = Heartbeat {
                at: Timestamp::from_micros(at),
                every_seconds: small("beat_every")?,
                size: row.number("beat_size")?,
                acknowledged: row.number("beat_acknowledged")?,
                free_percent: u8::try_from(row.integer("beat_free")?).ok(),
                findings: small("beat_findings")?,
                version: row.text("beat_version")?.to_owned(),
                has_hours: row.integer("beat_hours")? != 0,
            };
            Some((beat, Timestamp::from_micros(row.integer("beat_came")?)))
        }
    };
    Ok(HeardRow {
        peer: row.parsed("peer", row.text("peer")?.parse())?,
        instance: row.text("instance")?.to_owned(),
        connected: row.integer("connected")? != 0,
        since: Timestamp::from_micros(row.integer("since")?),
        heard: Timestamp::from_micros(row.integer("heard")?),
        address: row.text("address")?.to_owned(),
        serial: row.text("serial")?.to_owned(),
        beat,
    })
}

// === impl Tx ===

impl Tx {
    /// Notes that a process lives, and how, with what is run next.
    pub fn pulse_put(&mut self, store: &Store, row: &PulseRow) {
        let insert = Query::insert()
            .into_table("pulse")
            .columns(["platform"].into_iter().chain(PULSE))
            .values_panic([
                store.platform().as_str().into(),
                row.instance.as_str().into(),
                row.started.as_micros().into(),
                row.at.as_micros().into(),
                row.version.as_str().into(),
                i64::from(row.ready).into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "instance"])
                    .update_columns(["started", "at", "version", "ready"])
                    .to_owned(),
            )
            .to_owned();
        self.later(&insert, None);
    }

    /// Forgets processes other than `instance` that were last heard before `before`, and what they
    /// noted, with what is run next.
    pub fn pulse_forget(&mut self, store: &Store, instance: &str, before: Timestamp) {
        let old = Query::select()
            .column("instance")
            .from("pulse")
            .and_where(mine(store))
            .and_where(Expr::col("at").lt(before.as_micros()))
            .and_where(Expr::col("instance").ne(instance))
            .to_owned();
        for table in ["alert", "heard", "pulse"] {
            let delete = Query::delete()
                .from_table(table)
                .and_where(mine(store))
                .and_where(Expr::col("instance").in_subquery(old.clone()))
                .to_owned();
            self.later(&delete, None);
        }
    }

    /// Makes `findings` all that the process `instance` finds wrong, with what is run next.
    pub fn alert_replace(&mut self, store: &Store, instance: &str, findings: &[Finding]) {
        let delete = Query::delete()
            .from_table("alert")
            .cond_where(Cond::all().add(mine(store)).add(Expr::col("instance").eq(instance)))
            .to_owned();
        self.later(&delete, None);
        for some in findings.chunks(CHUNK) {
            let mut insert = Query::insert()
                .into_table("alert")
                .columns(["platform"].into_iter().chain(ALERT))
                .to_owned();
            for one in some {
                insert.values_panic([
                    store.platform().as_str().into(),
                    instance.into(),
                    one.name.into(),
                    one.subject.as_str().into(),
                    one.severity.as_str().into(),
                    one.since.unwrap_or_default().as_micros().into(),
                    one.what_zh.as_str().into(),
                    one.what_en.as_str().into(),
                    one.remedy_zh.as_str().into(),
                    one.remedy_en.as_str().into(),
                ]);
            }
            self.later(&insert, None);
        }
    }

    /// Notes how the other ends of lines stand, with what is run next.
    pub fn heard_put(&mut self, store: &Store, rows: &[HeardRow]) {
        for some in rows.chunks(CHUNK) {
            let mut insert = Query::insert()
                .into_table("heard")
                .columns(["platform"].into_iter().chain(HEARD))
                .on_conflict(
                    OnConflict::columns(["platform", "peer", "instance"])
                        .update_columns(HEARD.into_iter().skip(2))
                        .to_owned(),
                )
                .to_owned();
            for row in some {
                let (beat, came) = row.beat.clone().unwrap_or_default();
                insert.values_panic([
                    store.platform().as_str().into(),
                    row.peer.as_str().into(),
                    row.instance.as_str().into(),
                    i64::from(row.connected).into(),
                    row.since.as_micros().into(),
                    row.heard.as_micros().into(),
                    row.address.as_str().into(),
                    row.serial.as_str().into(),
                    beat.at.as_micros().into(),
                    came.as_micros().into(),
                    i64::from(beat.every_seconds).into(),
                    signed(beat.size).into(),
                    signed(beat.acknowledged).into(),
                    beat.free_percent.map_or(UNKNOWN, i64::from).into(),
                    i64::from(beat.findings).into(),
                    beat.version.as_str().into(),
                    i64::from(beat.has_hours).into(),
                ]);
            }
            self.later(&insert, None);
        }
    }
}

#[cfg(test)]
mod tests;
