//! The hub's authorities and what is known of who trusts them: `authority_*`, `trusted_*`,
//! `certificate_use_*`.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Database, Must, Row, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};

/// What an authority is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthorityState {
    /// Trusted, and does not sign yet.
    Next,
    /// Signs what is issued.
    Signing,
    /// Signs no more; what it has signed still counts.
    Former,
    /// Trusted no more.
    Ended,
}

/// An authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityRow {
    /// SHA-256 of its public key.
    pub key: [u8; 32],
    /// Its certificate, in PEM.
    pub certificate: String,
    /// What it is good for.
    pub state: AuthorityState,
    /// When this store first knew of it.
    pub made: Timestamp,
    /// Since when it is in its state.
    pub since: Timestamp,
}

/// A certificate that came with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseRow {
    /// The platform.
    pub platform: PlatformId,
    /// Serial number of the certificate, in lower-case hex.
    pub serial: String,
    /// SHA-256 of its public key.
    pub key: [u8; 32],
    /// When it was last seen, to some minutes.
    pub seen: Timestamp,
}

/// Which authorities a platform has said that it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedRow {
    /// The platform.
    pub platform: PlatformId,
    /// SHA-256 of its file of authorities.
    pub digest: [u8; 32],
    /// When it said so.
    pub at: Timestamp,
}

// === impl AuthorityState ===

impl AuthorityState {
    /// All of them.
    pub const ALL: [AuthorityState; 4] = [
        AuthorityState::Next,
        AuthorityState::Signing,
        AuthorityState::Former,
        AuthorityState::Ended,
    ];

    /// Its name in the table and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthorityState::Next => "next",
            AuthorityState::Signing => "signing",
            AuthorityState::Former => "former",
            AuthorityState::Ended => "ended",
        }
    }

    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            AuthorityState::Next => "待启用",
            AuthorityState::Signing => "签发中",
            AuthorityState::Former => "已停签，仍信任",
            AuthorityState::Ended => "已停用",
        }
    }
}

/// Writes an authority down; one that is there stays as it is.
///
/// # Errors
/// Of the database.
pub async fn authority_put(
    tx: &mut Tx,
    store: &Store,
    row: &AuthorityRow,
) -> Result<bool, StoreError> {
    let insert = Query::insert()
        .into_table("authority")
        .columns(["platform", "key", "certificate", "state", "made", "since"])
        .values_panic([
            store.platform().as_str().into(),
            row.key.to_vec().into(),
            row.certificate.as_str().into(),
            row.state.as_str().into(),
            row.made.as_micros().into(),
            row.since.as_micros().into(),
        ])
        .on_conflict(OnConflict::columns(["platform", "key"]).do_nothing().to_owned())
        .to_owned();
    Ok(tx.run(&insert).await? == 1)
}

/// Takes an authority from one state to the next: [`StoreError::Raced`] with what is run next, if
/// it is not in the first.
pub fn authority_turn(
    tx: &mut Tx,
    store: &Store,
    key: &[u8; 32],
    from: AuthorityState,
    to: AuthorityState,
    now: Timestamp,
) {
    let update = Query::update()
        .table("authority")
        .value("state", to.as_str())
        .value("since", now.as_micros())
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("key").eq(key.to_vec()))
        .and_where(Expr::col("state").eq(from.as_str()))
        .to_owned();
    tx.later(&update, Must::change(1, "authority"));
}

/// All authorities, the oldest first: a rotation in ten years makes few. `store` is the hub's own.
///
/// # Errors
/// Of the database.
pub async fn authority_list(store: &Store) -> Result<Vec<AuthorityRow>, StoreError> {
    let select = Query::select()
        .columns(["key", "certificate", "state", "made", "since"])
        .from("authority")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("made", Order::Asc)
        .order_by("key", Order::Asc)
        .to_owned();
    store.rows("authority_list", &select).await?.iter().map(read_authority).collect()
}

fn read_authority(row: &Row) -> Result<AuthorityRow, StoreError> {
    let row = Columns::new("authority", row);
    let state = row.text("state")?;
    let known = AuthorityState::ALL.into_iter().find(|one| one.as_str() == state);
    Ok(AuthorityRow {
        key: row.parsed("key", row.blob("key")?.try_into())?,
        certificate: row.text("certificate")?.to_owned(),
        state: row.parsed("state", known.ok_or("is not known"))?,
        made: Timestamp::from_micros(row.integer("made")?),
        since: Timestamp::from_micros(row.integer("since")?),
    })
}

/// Notes that a certificate of the store's platform came with a connection.
///
/// # Errors
/// Of the database.
pub async fn certificate_use_put(
    tx: &mut Tx,
    serial: &str,
    store: &Store,
    key: &[u8; 32],
    seen: Timestamp,
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("certificate_use")
        .columns(["platform", "serial", "key", "seen"])
        .values_panic([
            store.platform().as_str().into(),
            serial.into(),
            key.to_vec().into(),
            seen.as_micros().into(),
        ])
        .on_conflict(OnConflict::columns(["platform", "serial"]).update_column("seen").to_owned())
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// All certificates that came with connections, of all platforms: a few for each.
///
/// # Errors
/// Of the database.
pub async fn certificate_use_list(database: &Database) -> Result<Vec<UseRow>, StoreError> {
    let select = Query::select()
        .columns(["platform", "serial", "key", "seen"])
        .from("certificate_use")
        .order_by("platform", Order::Asc)
        .order_by("seen", Order::Asc)
        .order_by("serial", Order::Asc)
        .to_owned();
    let rows = database.city_rows("certificate_use_list", &select).await?;
    rows.iter().map(read_use).collect()
}

/// The same of the store's platform alone.
///
/// # Errors
/// Of the database.
pub async fn certificate_use_of(store: &Store) -> Result<Vec<UseRow>, StoreError> {
    let select = Query::select()
        .columns(["platform", "serial", "key", "seen"])
        .from("certificate_use")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("seen", Order::Asc)
        .order_by("serial", Order::Asc)
        .to_owned();
    store.rows("certificate_use_of", &select).await?.iter().map(read_use).collect()
}

fn read_use(row: &Row) -> Result<UseRow, StoreError> {
    let row = Columns::new("certificate_use", row);
    Ok(UseRow {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        serial: row.text("serial")?.to_owned(),
        key: row.parsed("key", row.blob("key")?.try_into())?,
        seen: Timestamp::from_micros(row.integer("seen")?),
    })
}

/// Notes which authorities the store's platform trusts.
///
/// # Errors
/// Of the database.
pub async fn trusted_put(
    tx: &mut Tx,
    store: &Store,
    digest: &[u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("trusted")
        .columns(["platform", "digest", "at"])
        .values_panic([
            store.platform().as_str().into(),
            digest.to_vec().into(),
            at.as_micros().into(),
        ])
        .on_conflict(OnConflict::column("platform").update_columns(["digest", "at"]).to_owned())
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// Which authorities the platforms trust: one row for each that has said so.
///
/// # Errors
/// Of the database.
pub async fn trusted_list(database: &Database) -> Result<Vec<TrustedRow>, StoreError> {
    let select = Query::select()
        .columns(["platform", "digest", "at"])
        .from("trusted")
        .order_by("platform", Order::Asc)
        .to_owned();
    let rows = database.city_rows("trusted_list", &select).await?;
    rows.iter()
        .map(|row| {
            let row = Columns::new("trusted", row);
            Ok(TrustedRow {
                platform: row.parsed("platform", row.text("platform")?.parse())?,
                digest: row.parsed("digest", row.blob("digest")?.try_into())?,
                at: Timestamp::from_micros(row.integer("at")?),
            })
        })
        .collect()
}
