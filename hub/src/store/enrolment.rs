//! Enrolments (入网): tokens and what machines brought with them: `enrolment_*`. Of a token's secret
//! only its digest is here.

use sanheyi_exchange_spec::enrolment::TokenId;
use sanheyi_exchange_spec::ids::{EpochId, Lane, PlatformId};
use sanheyi_exchange_spec::suite::{Digest, VerifyingKey};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Database, Row, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};

/// How an enrolment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentState {
    /// Nobody has come with the token yet.
    Open,
    /// A machine came; a person has to approve it.
    Waiting,
    /// The machine has its certificate.
    Granted,
    /// A person said no.
    Rejected,
    /// A later token took its place before anybody came with it.
    Withdrawn,
}

/// What a machine brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When it first came.
    pub at: Timestamp,
    /// Its certificate request, PEM.
    pub csr: String,
    /// The request's fingerprint.
    pub request: Digest,
    /// Verifies what it will sign.
    pub verifying: VerifyingKey,
    /// The epoch ids that it drew.
    pub epochs: Vec<(Lane, EpochId)>,
    /// Its software, as it says.
    pub software: String,
    /// From where it came.
    pub address: String,
}

/// A token, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentRow {
    /// The platform that it is for.
    pub platform: PlatformId,
    /// The token's id.
    pub token: TokenId,
    /// SHA-256 of its secret.
    pub secret: Digest,
    /// When it was made.
    pub created: Timestamp,
    /// Until when a machine may come with it.
    pub expires: Timestamp,
    /// The platform's name in Chinese.
    pub title_zh: String,
    /// The platform's name in English.
    pub title_en: String,
    /// Datasets that the platform may send: `*`, `family.*` or names.
    pub may_send: Vec<String>,
    /// Whether earlier certificates of the platform are revoked when this one is granted.
    pub replaces: bool,
    /// How it stands.
    pub state: EnrolmentState,
    /// What a machine brought.
    pub asked: Option<Asked>,
    /// When it was granted or rejected.
    pub decided: Option<Timestamp>,
    /// What it was given, PEM; empty if it was not.
    pub chain: String,
}

const COLUMNS: [&str; 19] = [
    "platform",
    "token",
    "secret",
    "created",
    "expires",
    "title_zh",
    "title_en",
    "may_send",
    "replaces",
    "state",
    "used",
    "csr",
    "request",
    "verifying",
    "epochs",
    "software",
    "address",
    "decided",
    "chain",
];
/// Between patterns of datasets.
const BETWEEN: char = ' ';

// === impl EnrolmentState ===

impl EnrolmentState {
    /// All of them.
    pub const ALL: [EnrolmentState; 5] = [
        EnrolmentState::Open,
        EnrolmentState::Waiting,
        EnrolmentState::Granted,
        EnrolmentState::Rejected,
        EnrolmentState::Withdrawn,
    ];

    /// Its name in the table and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            EnrolmentState::Open => "open",
            EnrolmentState::Waiting => "waiting",
            EnrolmentState::Granted => "granted",
            EnrolmentState::Rejected => "rejected",
            EnrolmentState::Withdrawn => "withdrawn",
        }
    }
}

fn enrolments() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from("enrolment")
        .order_by("created", Order::Desc)
        .order_by("platform", Order::Asc)
        .order_by("token", Order::Asc)
        .to_owned()
}

fn read(row: &Row) -> Result<EnrolmentRow, StoreError> {
    let row = Columns::new("enrolment", row);
    let time = |column| row.integer(column).map(Timestamp::from_micros);
    let state = row.text("state")?;
    let known = EnrolmentState::ALL.into_iter().find(|one| one.as_str() == state);
    let decided = time("decided")?;
    Ok(EnrolmentRow {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        token: TokenId(row.parsed("token", row.blob("token")?.try_into())?),
        secret: row.parsed("secret", Digest::from_slice(row.blob("secret")?))?,
        created: time("created")?,
        expires: time("expires")?,
        title_zh: row.text("title_zh")?.to_owned(),
        title_en: row.text("title_en")?.to_owned(),
        may_send: row.text("may_send")?.split(BETWEEN).map(str::to_owned).collect(),
        replaces: row.integer("replaces")? != 0,
        state: row.parsed("state", known.ok_or("is not known"))?,
        asked: asked(&row)?,
        decided: (decided.as_micros() != 0).then_some(decided),
        chain: row.text("chain")?.to_owned(),
    })
}

fn asked(row: &Columns<'_>) -> Result<Option<Asked>, StoreError> {
    let at = row.integer("used")?;
    if at == 0 {
        return Ok(None);
    }
    Ok(Some(Asked {
        at: Timestamp::from_micros(at),
        csr: row.text("csr")?.to_owned(),
        request: row.parsed("request", Digest::from_slice(row.blob("request")?))?,
        verifying: row.parsed("verifying", VerifyingKey::from_slice(row.blob("verifying")?))?,
        epochs: epochs(row)?,
        software: row.text("software")?.to_owned(),
        address: row.text("address")?.to_owned(),
    }))
}

/// 17 bytes for each: the lane as in its order, and the id.
fn epochs(row: &Columns<'_>) -> Result<Vec<(Lane, EpochId)>, StoreError> {
    let lane = |tag: u8| match tag {
        0 => Some(Lane::Urgent),
        1 => Some(Lane::Normal),
        _ => None,
    };
    let one = |bytes: &[u8]| {
        let (tag, id) = bytes.split_first()?;
        Some((lane(*tag)?, EpochId::from_slice(id).ok()?))
    };
    let all: Option<_> = row.blob("epochs")?.chunks(17).map(one).collect();
    row.parsed("epochs", all.ok_or("is no list of epochs"))
}

fn epochs_bytes(epochs: &[(Lane, EpochId)]) -> Vec<u8> {
    let one = |(lane, id): &(Lane, EpochId)| {
        let tag = match lane {
            Lane::Urgent => 0,
            Lane::Normal => 1,
        };
        std::iter::once(tag).chain(*id.as_bytes()).collect::<Vec<u8>>()
    };
    epochs.iter().flat_map(one).collect()
}

/// The enrolment of a token: whose it is, only the row says.
///
/// # Errors
/// Of the database.
pub async fn enrolment_find(
    database: &Database,
    token: TokenId,
) -> Result<Option<EnrolmentRow>, StoreError> {
    let mut select = enrolments();
    select.and_where(Expr::col("token").eq(token.0.to_vec()));
    database.city_rows("enrolment_find", &select).await?.first().map(read).transpose()
}

/// Enrolments of all platforms, or of one, the latest first; at most `limit`.
///
/// # Errors
/// Of the database.
pub async fn enrolment_list(
    database: &Database,
    platform: Option<&PlatformId>,
    limit: u64,
) -> Result<Vec<EnrolmentRow>, StoreError> {
    let mut select = enrolments();
    select.limit(limit);
    if let Some(platform) = platform {
        select.and_where(Expr::col("platform").eq(platform.as_str()));
    }
    database.city_rows("enrolment_list", &select).await?.iter().map(read).collect()
}

/// Writes a new token down.
///
/// # Errors
/// Of the database.
pub async fn enrolment_put(tx: &mut Tx, row: &EnrolmentRow) -> Result<(), StoreError> {
    let EnrolmentRow { platform, token, secret, created, expires, .. } = row;
    let empty = Vec::<u8>::new;
    let insert = Query::insert()
        .into_table("enrolment")
        .columns(COLUMNS)
        .values_panic([
            platform.as_str().into(),
            token.0.to_vec().into(),
            secret.as_bytes().to_vec().into(),
            created.as_micros().into(),
            expires.as_micros().into(),
            row.title_zh.as_str().into(),
            row.title_en.as_str().into(),
            row.may_send.join(&BETWEEN.to_string()).into(),
            i64::from(row.replaces).into(),
            row.state.as_str().into(),
            0i64.into(),
            "".into(),
            empty().into(),
            empty().into(),
            empty().into(),
            "".into(),
            "".into(),
            0i64.into(),
            "".into(),
        ])
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// Withdraws tokens of the store's platform that nobody has come with; answers how many.
///
/// # Errors
/// Of the database.
pub async fn enrolment_withdraw(tx: &mut Tx, store: &Store) -> Result<u64, StoreError> {
    let update = Query::update()
        .table("enrolment")
        .value("state", EnrolmentState::Withdrawn.as_str())
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("state").eq(EnrolmentState::Open.as_str()))
        .to_owned();
    tx.run(&update).await
}

/// Keeps what a machine brought with an open token, which is used from then on; answers whether it
/// was open.
///
/// # Errors
/// Of the database.
pub async fn enrolment_ask(
    tx: &mut Tx,
    store: &Store,
    token: TokenId,
    asked: &Asked,
) -> Result<bool, StoreError> {
    let update = Query::update()
        .table("enrolment")
        .value("state", EnrolmentState::Waiting.as_str())
        .value("used", asked.at.as_micros())
        .value("csr", asked.csr.as_str())
        .value("request", asked.request.as_bytes().to_vec())
        .value("verifying", asked.verifying.as_bytes().to_vec())
        .value("epochs", epochs_bytes(&asked.epochs))
        .value("software", asked.software.as_str())
        .value("address", asked.address.as_str())
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("token").eq(token.0.to_vec()))
        .and_where(Expr::col("state").eq(EnrolmentState::Open.as_str()))
        .to_owned();
    Ok(tx.run(&update).await? == 1)
}

/// Decides an enrolment that waits: granted with its chain, or rejected; answers whether it still
/// waited.
///
/// # Errors
/// Of the database.
pub async fn enrolment_decide(
    tx: &mut Tx,
    store: &Store,
    token: TokenId,
    state: EnrolmentState,
    now: Timestamp,
    chain: &str,
) -> Result<bool, StoreError> {
    let update = Query::update()
        .table("enrolment")
        .value("state", state.as_str())
        .value("decided", now.as_micros())
        .value("chain", chain)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("token").eq(token.0.to_vec()))
        .and_where(Expr::col("state").eq(EnrolmentState::Waiting.as_str()))
        .to_owned();
    Ok(tx.run(&update).await? == 1)
}
