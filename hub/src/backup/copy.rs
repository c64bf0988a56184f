//! All rows of a store on a server, as they are at one moment, into a file of SQLite.
//!
//! One transaction reads everything, so what is copied is one state, whatever is written meanwhile.
//! Row-level security shows a transaction the rows of one platform, or, to read only, those of all:
//! this one sees all, and asks for them platform by platform, by their keys.

use std::path::Path;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::backup::{BackupError, Stage, Teller};
use sanheyi_node::store::{Database, StoreError};

use crate::store::{STEPS, is_mark, snapshot_count, snapshot_platforms, tables};

pub(super) async fn rows(
    from: &Database,
    hub: &PlatformId,
    to: &Path,
    told: Teller<'_>,
) -> Result<(), BackupError> {
    let target = Database::open(to, STEPS).await?;
    let copied = between(from, &target, hub, told).await;
    target.close().await;
    Ok(copied?)
}

async fn between(
    from: &Database,
    target: &Database,
    hub: &PlatformId,
    told: Teller<'_>,
) -> Result<(), StoreError> {
    let mut snapshot = from.snapshot().await?;
    let mut platforms = snapshot_platforms(&mut snapshot).await?;
    platforms.insert(hub.clone());
    let mut total = 0;
    for table in tables() {
        total += snapshot_count(&mut snapshot, table).await?;
    }
    let mut done = 0;
    for platform in &platforms {
        let there = target.of(platform);
        for table in tables() {
            let mut after = None;
            loop {
                let mut page = snapshot.table_page(platform, table, after.as_deref()).await?;
                let Some(last) = page.last() else { break };
                after = Some(table.key_of(last));
                page.retain(|row| !is_mark(table, row));
                done += page.len() as u64;
                let mut tx = there.begin("table_put").await?;
                tx.table_put(table, page).await?;
                tx.commit().await?;
                told(Stage::Copy, done, total);
            }
        }
    }
    if done == total {
        return Ok(());
    }
    // Rows of a platform that stands in no table that says who there is.
    let problem = format!("{done} of {total} rows were copied");
    Err(StoreError::contradiction("backup", "rows", "all platforms", problem))
}
