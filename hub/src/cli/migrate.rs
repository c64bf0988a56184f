//! `migrate`: the schema of the hub's store, step by step.

use sanheyi_node::cli::Answer;
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::process::folder;
use sanheyi_node::store::Database;
use serde::Serialize;

use super::Listing;
use crate::store::STEPS;

/// What `migrate --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub migrate --config hub.toml
  sanheyi-hub migrate --config hub.toml --store 'postgres://owner@db.example.cn/hub?sslmode=verify-full'

`run` 启动时自行更新结构；若其数据库角色无权建表，请先以有权的角色执行本命令。
`run` brings the schema up to date by itself; where its role may not create tables, run this before it as
a role that may.
JSON: store, steps [version, title, applied (true = just now, false = was there)]";

/// The report; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct MigrateReport {
    store: String,
    steps: Vec<StepReport>,
}

/// One step.
#[derive(Debug, Serialize)]
struct StepReport {
    version: i64,
    title: &'static str,
    applied: bool,
}

pub(crate) async fn migrate(listing: &Listing) -> anyhow::Result<Answer> {
    let config = listing.at.load()?;
    let address = config.database();
    if address.file().is_some() {
        folder::private(&config.data)?;
    }
    let (database, steps) = Database::migrate(&address, STEPS).await?;
    database.close().await;
    let steps = steps
        .into_iter()
        .map(|step| StepReport { version: step.version, title: step.title, applied: step.fresh })
        .collect();
    let report = MigrateReport { store: address.to_string(), steps };
    Answer::report(&report, listing.json, text)
}

fn text(report: &MigrateReport) -> String {
    let mut table =
        Table::new(&[("步骤 STEP", Align::Right), ("名称 NAME", Align::Left), ("", Align::Left)]);
    for step in &report.steps {
        let state = if step.applied { "已更新 applied" } else { "已在 was there" };
        table.row([step.version.to_string(), step.title.to_owned(), state.to_owned()]);
    }
    format!("存储 · store {}\n{}", report.store, table.render())
}
