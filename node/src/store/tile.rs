//! Tiles of the journals' trees: `tile_*`.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::merkle::TileId;
use sea_query::{Cond, Expr, ExprTrait as _, OnConflict, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Store, Tx, in_journal};

/// Tiles fetched for one pure computation.
pub type Tiles = BTreeMap<TileId, Vec<u8>>;

/// Most tiles asked for in one statement: each is two values of its condition.
const ASK: usize = 256;

// === impl Store ===

impl Store {
    /// Those of the wanted tiles that are stored.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tile_get(
        &self,
        journal: JournalNumber,
        wanted: &[TileId],
    ) -> Result<Tiles, StoreError> {
        let mut tiles = Tiles::new();
        for some in wanted.chunks(ASK) {
            let rows = self.rows("tile_get", &these(self, journal, some)).await?;
            collect(&mut tiles, &rows)?;
        }
        Ok(tiles)
    }
}

fn these(store: &Store, journal: JournalNumber, wanted: &[TileId]) -> SelectStatement {
    let any = wanted.iter().fold(Cond::any(), |any, id| {
        any.add(
            Expr::col("level")
                .eq(i64::from(id.level))
                .and(Expr::col("position").eq(signed(id.index))),
        )
    });
    Query::select()
        .columns(["level", "position", "hashes"])
        .from("tile")
        .cond_where(in_journal(store, journal))
        .cond_where(any)
        .to_owned()
}

fn collect(tiles: &mut Tiles, rows: &[Row]) -> Result<(), StoreError> {
    for row in rows {
        let row = Columns::new("tile", row);
        let level = row.parsed("level", u8::try_from(row.integer("level")?))?;
        let id = TileId { level, index: row.number("position")? };
        tiles.insert(id, row.blob("hashes")?.to_vec());
    }
    Ok(())
}

// === impl Tx ===

impl Tx {
    /// Those of the wanted tiles that are stored, as this transaction sees them.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tile_get(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        wanted: &[TileId],
    ) -> Result<Tiles, StoreError> {
        let mut tiles = Tiles::new();
        for some in wanted.chunks(ASK) {
            let rows = self.rows(&these(store, journal, some)).await?;
            collect(&mut tiles, &rows)?;
        }
        Ok(tiles)
    }

    /// Stores tiles, full ones and the right edge alike, with what is run next.
    pub fn tile_put(&mut self, store: &Store, journal: JournalNumber, tiles: &[(TileId, Vec<u8>)]) {
        if tiles.is_empty() {
            return;
        }
        let mut insert = Query::insert()
            .into_table("tile")
            .columns(["platform", "journal", "level", "position", "hashes"])
            .on_conflict(
                OnConflict::columns(["platform", "journal", "level", "position"])
                    .update_column("hashes")
                    .to_owned(),
            )
            .to_owned();
        for (id, hashes) in tiles {
            insert.values_panic([
                store.platform().as_str().into(),
                journal.0.into(),
                i64::from(id.level).into(),
                signed(id.index).into(),
                hashes.clone().into(),
            ]);
        }
        self.later(&insert, None);
    }
}
