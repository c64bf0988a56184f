//! Every certificate that the hub's authorities have issued: `certificate_*`. A row stays; a
//! certificate that no longer counts is revoked.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Database, Row, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

/// How a certificate came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The hub's own, made with its authority.
    Init,
    /// Made at the hub with a platform's key, and carried to its node by hand.
    Add,
    /// For a key that a node made, by a token.
    Enrol,
    /// For the next key of a node, or of the hub, in good time.
    Renew,
    /// Before this table was kept: written down when it first came with a connection.
    Adopt,
}

/// A certificate as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// The platform that it names.
    pub platform: PlatformId,
    /// Its serial number, in lower-case hex.
    pub serial: String,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends by itself.
    pub not_after: Timestamp,
    /// SHA-256 of the public key that signed it (`Authority::key_digest`).
    pub authority: [u8; 32],
    /// How it came to be.
    pub origin: Origin,
    /// Since when it no longer counts.
    pub revoked: Option<Timestamp>,
    /// Why not; empty while it counts.
    pub reason: String,
}

const COLUMNS: [&str; 8] =
    ["platform", "serial", "issued", "not_after", "authority", "origin", "revoked", "reason"];

// === impl Origin ===

impl Origin {
    /// All of them.
    pub const ALL: [Origin; 5] =
        [Origin::Init, Origin::Add, Origin::Enrol, Origin::Renew, Origin::Adopt];

    /// Its name in the table and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Origin::Init => "init",
            Origin::Add => "add",
            Origin::Enrol => "enrol",
            Origin::Renew => "renew",
            Origin::Adopt => "adopt",
        }
    }
}

// === impl CertificateRow ===

impl CertificateRow {
    /// Whether it counts at `now`: not revoked, not ended.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.not_after
    }
}

fn certificates() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from("certificate")
        .order_by("platform", Order::Asc)
        .order_by("issued", Order::Asc)
        .order_by("serial", Order::Asc)
        .to_owned()
}

fn read(row: &Row) -> Result<CertificateRow, StoreError> {
    let row = Columns::new("certificate", row);
    let origin = row.text("origin")?;
    let known = Origin::ALL.into_iter().find(|one| one.as_str() == origin);
    let revoked = row.integer("revoked")?;
    Ok(CertificateRow {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        serial: row.text("serial")?.to_owned(),
        issued: Timestamp::from_micros(row.integer("issued")?),
        not_after: Timestamp::from_micros(row.integer("not_after")?),
        authority: row.parsed("authority", row.blob("authority")?.try_into())?,
        origin: row.parsed("origin", known.ok_or("is not known"))?,
        revoked: (revoked != 0).then(|| Timestamp::from_micros(revoked)),
        reason: row.text("reason")?.to_owned(),
    })
}

/// Writes a certificate down; one that is there stays as it is. Answers whether it is new.
///
/// # Errors
/// Of the database.
pub async fn certificate_put(tx: &mut Tx, row: &CertificateRow) -> Result<bool, StoreError> {
    let insert = Query::insert()
        .into_table("certificate")
        .columns(COLUMNS)
        .values_panic([
            row.platform.as_str().into(),
            row.serial.as_str().into(),
            row.issued.as_micros().into(),
            row.not_after.as_micros().into(),
            row.authority.to_vec().into(),
            row.origin.as_str().into(),
            row.revoked.map_or(0, Timestamp::as_micros).into(),
            row.reason.as_str().into(),
        ])
        .on_conflict(OnConflict::columns(["platform", "serial"]).do_nothing().to_owned())
        .to_owned();
    Ok(tx.run(&insert).await? == 1)
}

/// A certificate of the store's platform by its serial number.
///
/// # Errors
/// Of the database.
pub async fn certificate_get(
    store: &Store,
    serial: &str,
) -> Result<Option<CertificateRow>, StoreError> {
    let mut select = certificates();
    select
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("serial").eq(serial));
    store.rows("certificate_get", &select).await?.first().map(read).transpose()
}

/// All certificates of the store's platform, the oldest first.
///
/// # Errors
/// Of the database.
pub async fn certificate_list(store: &Store) -> Result<Vec<CertificateRow>, StoreError> {
    let mut select = certificates();
    select.and_where(Expr::col("platform").eq(store.platform().as_str()));
    store.rows("certificate_list", &select).await?.iter().map(read).collect()
}

/// Certificates of all platforms that have not ended at `now`, revoked ones with them: two or three
/// for each platform.
///
/// # Errors
/// Of the database.
pub async fn certificate_living(
    database: &Database,
    now: Timestamp,
) -> Result<Vec<CertificateRow>, StoreError> {
    let mut select = certificates();
    select.and_where(Expr::col("not_after").gt(now.as_micros()));
    database.city_rows("certificate_living", &select).await?.iter().map(read).collect()
}

/// Revokes a certificate of the store's platform; answers whether it counted until now.
///
/// # Errors
/// Of the database.
pub async fn certificate_revoke(
    tx: &mut Tx,
    store: &Store,
    serial: &str,
    now: Timestamp,
    reason: &str,
) -> Result<bool, StoreError> {
    let update = Query::update()
        .table("certificate")
        .value("revoked", now.as_micros())
        .value("reason", reason)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("serial").eq(serial))
        .and_where(Expr::col("revoked").eq(0i64))
        .to_owned();
    Ok(tx.run(&update).await? == 1)
}

/// Revokes all certificates of the store's platform but `spared`; answers how many counted.
///
/// # Errors
/// Of the database.
pub async fn certificate_revoke_others(
    tx: &mut Tx,
    store: &Store,
    spared: &str,
    now: Timestamp,
    reason: &str,
) -> Result<u64, StoreError> {
    let update = Query::update()
        .table("certificate")
        .value("revoked", now.as_micros())
        .value("reason", reason)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("serial").ne(spared))
        .and_where(Expr::col("revoked").eq(0i64))
        .to_owned();
    tx.run(&update).await
}
