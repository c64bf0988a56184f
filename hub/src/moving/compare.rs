//! What was copied, held against its original: every row of every table, and every root computed
//! again from the bytes that arrived.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::branch::{JournalReport, verify};
use sanheyi_node::store::tables::Table;
use sanheyi_node::store::{JournalRow, StoreError};
use serde::Serialize;

use super::{Pair, Progress, Stage};
use crate::store::{author_keys, former_key_list, is_mark, platform_list, table_count, tables};
use crate::tenants;

/// What a move came to; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Moved {
    /// Where the store lay.
    pub from: String,
    /// Where it lies.
    pub to: String,
    /// Whether nothing differs. Else the source remains the store.
    pub clean: bool,
    /// Every journal of every platform.
    pub journals: Vec<JournalMoved>,
    /// Every table.
    pub tables: Vec<TableMoved>,
}

/// One journal.
#[derive(Clone, Debug, Serialize)]
pub struct JournalMoved {
    /// Among whose rows it stands.
    pub platform: String,
    /// Its id.
    pub journal: String,
    /// Its size in the source.
    pub size: u64,
    /// Its root in the source.
    pub root: String,
    /// Its root in the target, computed from the bytes.
    pub computed: String,
    /// What differs, or null.
    pub difference: Option<String>,
}

/// One table.
#[derive(Clone, Debug, Serialize)]
pub struct TableMoved {
    /// Its name.
    pub table: &'static str,
    /// Rows in the source.
    pub from: u64,
    /// Rows in the target.
    pub to: u64,
    /// Whether every row is the same.
    pub same: bool,
}

pub(super) async fn compare(
    pair: &Pair,
    platforms: &BTreeSet<PlatformId>,
    hub_key: VerifyingKey,
    told: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Moved, StoreError> {
    let mut found = Vec::new();
    for table in tables() {
        let from = table_count(&pair.from, table).await?;
        let to = table_count(&pair.to, table).await?;
        found.push(TableMoved { table: table.name, from, to, same: from == to });
    }
    let total = found.iter().map(|table| table.from).sum();
    let registry = platform_list(&pair.from).await?;
    let keys = author_keys(&registry, &former_key_list(&pair.from).await?, &pair.hub, hub_key);
    let (mut journals, mut done) = (Vec::new(), 0);
    for platform in platforms {
        for (table, moved) in tables().zip(&mut found) {
            let (rows, same) = same_rows(pair, platform, table).await?;
            done += rows;
            moved.same &= same;
            told(&Progress { platform: platform.clone(), stage: Stage::Compare, done, total });
        }
        let rows = pair.from.of(platform).journal_list().await?;
        let there = pair.to.of(platform);
        let computed = match registry.iter().find(|row| row.platform == *platform) {
            Some(row) => tenants::verify(&there, row, &pair.hub, &keys).await?,
            None => verify(&there, &keys).await?,
        };
        journals.extend(rows.iter().map(|row| held(platform, row, &computed)));
    }
    // A row of a platform that nobody has heard of was not copied.
    let clean = done == total
        && found.iter().all(|table| table.same)
        && journals.iter().all(|journal| journal.difference.is_none());
    let (from, to) = (pair.from.address().to_string(), pair.to.address().to_string());
    Ok(Moved { from, to, clean, journals, tables: found })
}

/// How many rows a platform has in the source, and whether the target has the same ones.
async fn same_rows(
    pair: &Pair,
    platform: &PlatformId,
    table: &Table,
) -> Result<(u64, bool), StoreError> {
    let (source, target) = (pair.from.of(platform), pair.to.of(platform));
    let (mut rows, mut same, mut after) = (0, true, None);
    loop {
        let mut here = source.table_page(table, after.as_deref()).await?;
        let mut there = target.table_page(table, after.as_deref()).await?;
        let last = here.last().map(|row| table.key_of(row));
        for page in [&mut here, &mut there] {
            // Marks are few and stand in the one page that a platform's settings fill.
            page.retain(|row| !is_mark(table, row));
        }
        same &= here == there;
        rows += here.len() as u64;
        let Some(last) = last else { return Ok((rows, same)) };
        after = Some(last);
    }
}

fn held(platform: &PlatformId, row: &JournalRow, computed: &[JournalReport]) -> JournalMoved {
    let (journal, size, root) = (&row.head.journal, row.head.size, &row.head.root);
    let there = computed.iter().find(|report| report.journal == *journal);
    let difference = match there {
        None => Some("没有到达 · did not arrive".to_owned()),
        Some(there) if there.entries != size || there.root != *root => {
            Some(format!("{} @{} ≠ {root} @{size}", there.root, there.entries))
        }
        Some(there) => there.difference.as_ref().map(ToString::to_string),
    };
    JournalMoved {
        platform: platform.to_string(),
        journal: journal.to_string(),
        size,
        root: root.to_string(),
        computed: there.map_or_else(String::new, |there| there.root.to_string()),
        difference,
    }
}
