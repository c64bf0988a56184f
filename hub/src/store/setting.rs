//! What this store is: `setting_*`, its generation and its marks.

use sanheyi_exchange_spec::ids::{Generation, PlatformId};
use sanheyi_node::store::{Address, Columns, Database, Must, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, Query};

use super::STEPS;

const GENERATION: &str = "generation";
const RESTORED: &str = "restored";
/// Bytes of the id of a copy, with which each mark begins: the width of every drawn id.
const COPY_ID_BYTES: usize = 16;

/// What every running hub holds of its store together, and whoever moves it alone.
pub const PRESENT: &str = "hub";

/// What stands in a store while it is being moved to another database, and afterwards. A mark is
/// about one database and is never copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is being moved away; whoever writes it takes the mark away, and the copy counts no more.
    Moving,
    /// It was moved away and must not run again.
    Moved,
    /// It is the target of a copy that has not been checked yet.
    Copying,
}

impl Mark {
    /// All marks.
    pub const ALL: [Mark; 3] = [Mark::Moving, Mark::Moved, Mark::Copying];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Mark::Moving => "moving",
            Mark::Moved => "moved",
            Mark::Copying => "copying",
        }
    }
}

/// Opens a hub's store to write it. Every command that writes comes through here.
///
/// # Errors
/// [`StoreError::Moved`] if the hub lives elsewhere by now; [`StoreError::Unfinished`] if it is not
/// all here yet; else as [`Database::open`].
pub async fn open(address: &Address, hub: &PlatformId) -> Result<Database, StoreError> {
    let database = Database::open(address, STEPS).await?;
    match usable(&database.of(hub)).await {
        Ok(()) => Ok(database),
        Err(error) => {
            database.close().await;
            Err(error)
        }
    }
}

async fn usable(store: &Store) -> Result<(), StoreError> {
    if let Some(to) = mark_get(store, Mark::Moved).await? {
        return Err(StoreError::Moved(moved_to(&to)));
    }
    if mark_get(store, Mark::Copying).await?.is_some() {
        return Err(StoreError::Unfinished);
    }
    if mark_get(store, Mark::Moving).await?.is_some() {
        // A copy that runs holds it alone; one that was interrupted is not worth more than this.
        let share = store.database().share(PRESENT).await?.ok_or(StoreError::BeingCopied)?;
        share.release().await;
        let mut tx = store.begin("mark_remove").await?;
        mark_remove(&mut tx, store, Mark::Moving).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Where a mark says that a store was moved: behind the id of the copy.
pub(crate) fn moved_to(mark: &[u8]) -> String {
    String::from_utf8_lossy(mark.get(COPY_ID_BYTES..).unwrap_or_default()).into_owned()
}

async fn setting_get(store: &Store, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
    let select = Query::select()
        .column("value")
        .from("setting")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("name").eq(name))
        .to_owned();
    let rows = store.rows("setting_get", &select).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Columns::new("setting", row).blob("value").map(|value| Some(value.to_vec()))
}

async fn setting_put(
    tx: &mut Tx,
    store: &Store,
    name: &'static str,
    value: &[u8],
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("setting")
        .columns(["platform", "name", "value"])
        .values_panic([store.platform().as_str().into(), name.into(), value.to_vec().into()])
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// The generation of the store; `None` in a new one.
///
/// # Errors
/// Of the database.
pub async fn generation_get(store: &Store) -> Result<Option<Generation>, StoreError> {
    let Some(value) = setting_get(store, GENERATION).await? else { return Ok(None) };
    let wrong = |why| StoreError::contradiction("setting", "value", GENERATION, why);
    Generation::from_slice(&value).map(Some).map_err(wrong)
}

/// Gives a new store its generation.
///
/// # Errors
/// Of the database; also if it has one.
pub async fn generation_put(
    tx: &mut Tx,
    store: &Store,
    generation: Generation,
) -> Result<(), StoreError> {
    setting_put(tx, store, GENERATION, generation.as_bytes()).await
}

/// Notes that the store was restored from a backup, and where the hub lay that was backed up.
///
/// # Errors
/// Of the database.
pub async fn restored_put(tx: &mut Tx, store: &Store, from: &str) -> Result<(), StoreError> {
    tx.run(&removal_of(store, RESTORED)).await?;
    setting_put(tx, store, RESTORED, from.as_bytes()).await
}

/// What was noted when the store was restored; `None` of one that never was.
///
/// # Errors
/// Of the database.
pub async fn restored_get(store: &Store) -> Result<Option<String>, StoreError> {
    let value = setting_get(store, RESTORED).await?;
    Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
}

/// What a mark says, if it stands.
///
/// # Errors
/// Of the database.
pub async fn mark_get(store: &Store, mark: Mark) -> Result<Option<Vec<u8>>, StoreError> {
    setting_get(store, mark.name()).await
}

/// Sets a mark.
///
/// # Errors
/// Of the database; also if it stands.
pub async fn mark_put(
    tx: &mut Tx,
    store: &Store,
    mark: Mark,
    value: &[u8],
) -> Result<(), StoreError> {
    setting_put(tx, store, mark.name(), value).await
}

/// Takes a mark away, if it stands.
///
/// # Errors
/// Of the database.
pub async fn mark_remove(tx: &mut Tx, store: &Store, mark: Mark) -> Result<(), StoreError> {
    tx.run(&removal(store, mark)).await.map(drop)
}

/// Takes away a mark that still says `value`: [`StoreError::Raced`], with what is run next, if it
/// does not.
pub fn mark_settle(tx: &mut Tx, store: &Store, mark: Mark, value: &[u8]) {
    let mut delete = removal(store, mark);
    delete.and_where(Expr::col("value").eq(value.to_vec()));
    tx.later(&delete, Must::change(1, "setting"));
}

fn removal(store: &Store, mark: Mark) -> sea_query::DeleteStatement {
    removal_of(store, mark.name())
}

fn removal_of(store: &Store, name: &'static str) -> sea_query::DeleteStatement {
    Query::delete()
        .from_table("setting")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("name").eq(name))
        .to_owned()
}
