//! `restore`: a hub out of a backup, into an empty folder and, if told so, an empty database.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use sanheyi_node::backup::{Expected, Grounds, Identities};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::backup::Bar;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::restore::{RestoreArgs as Common, account};
use sanheyi_node::cli::table::grouped;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use serde::Serialize;

use crate::backup::{HubGrounds, HubRestored, restore as settle};

/// What `restore --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub restore --from changzhou-20261123T183000Z.sanheyi-backup \\
      --identity /media/key/backup.identity --folder /var/lib/sanheyi-hub
  sanheyi-hub restore --from FILE --identity KEY --folder NEW \\
      --store 'postgres://sanheyi@db.example.cn/hub?sslmode=verify-full&…'   恢复到空的数据库 · into an empty database

只恢复到空目录（及空数据库）；签名、摘要和每个日志的根逐一核验，有一处不符就什么也不留下。原市级平台仍在运行时拒绝。
Only into an empty folder (and database). Signature, digests and every journal's root are checked; where one does not
hold, nothing remains. It is refused while the hub that was backed up is seen to run.

存储世代不变：备份之后又与区县往来过的，其问候会被拒绝（hub_rewound），本级不覆盖任何内容；备份之后没有往来的，照常继续。
The generation stays: of a branch that knows more than this backup the Greet is refused (hub_rewound) and nothing is
written on top; one that does not goes on.
JSON: config, platform, backup, generation, store, journals, entries
退出码 · Exit codes: 0 已恢复 · restored; 1 未恢复 · not restored, nothing remains.";

/// What `restore` is told.
#[derive(Clone, Debug, Args)]
// The node's arguments have a group of the same name.
#[group(skip)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    common: Common,
    /// 恢复到此数据库（须为空），代替数据目录中的文件 · Into this empty database, instead of a file in the data folder
    #[arg(long, value_name = "ADDRESS")]
    store: Option<String>,
    /// 该数据库的口令文件 · File with the password of that database
    #[arg(long, value_name = "FILE", requires = "store")]
    password_file: Option<PathBuf>,
}

/// What was restored; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
struct RestoreReport {
    /// Its configuration.
    config: PathBuf,
    /// The hub.
    platform: String,
    /// When the backup was made.
    backup: Option<String>,
    /// The generation of the store.
    generation: Option<String>,
    /// Where the store lies, if on a server.
    store: Option<String>,
    /// Journals in it.
    journals: u64,
    /// Entries in them.
    entries: u64,
    #[serde(skip)]
    made: String,
}

pub(crate) async fn restore(args: &RestoreArgs) -> anyhow::Result<Answer> {
    let Common { from, identity, folder, platform, key, json } = &args.common;
    let grounds = Grounds {
        file: from.clone(),
        identities: Identities::read(identity)?,
        expected: Expected { platform: platform.clone(), key: *key },
        folder: folder.clone(),
        by: account(folder)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let hub = HubGrounds {
        grounds,
        store: args.store.clone(),
        password_file: args.password_file.clone(),
    };
    let mut bar = Bar::new();
    let restored = Box::pin(settle(&hub, &mut |stage, done, of| bar.tell(stage, done, of))).await;
    bar.end();
    let HubRestored { config, manifest, moved } = restored?;
    let report = RestoreReport {
        config,
        platform: manifest.platform.to_string(),
        backup: rfc3339(manifest.time),
        generation: manifest.generation.map(|generation| generation.to_string()),
        store: moved.map(|moved| moved.to),
        journals: manifest.journals,
        entries: manifest.entries,
        made: shown(manifest.time),
    };
    Answer::report(&report, *json, text)
}

fn text(report: &RestoreReport) -> String {
    let RestoreReport { config, platform, made, journals, entries, .. } = report;
    let mut text = format!(
        "已恢复 {platform}（{made} 的备份）· restored {platform}, as it was at {made}\n  {}\n  {} 个日志 journals · {} 条 entries，各根已重算一致 · every root recomputed\n",
        config.display(),
        grouped(*journals),
        grouped(*entries),
    );
    if let Some(store) = &report.store {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  存储 · store: {store}");
    }
    text.push_str(
        "\n已保证 · Guaranteed:\n\
         - 备份中的每一条都在，逐字节不变 · every entry of the backup is here, byte for byte\n\
         - 区县自己的条目不会丢：都在区县自己的存储中 · no district loses an entry of its own: all of them are in its own store\n\
         未保证 · NOT guaranteed:\n\
         - 备份之后市级写出的（签发、回执、转送、移交裁定）不在其中 · what the hub wrote after the backup (dispatches, receipts, forwards, rulings on custody) is not here\n\
         - 备份之后托管平台写入的条目，别处没有 · entries that tenants wrote after the backup exist nowhere else\n",
    );
    text.push_str(
        "世代未变 · The generation is the same:\n\
         - 备份之后没有往来的区县照常继续；有往来的，其问候被拒绝（hub_rewound），本级不覆盖任何内容，其条目留在区县\n\
         \x20 districts that exchanged nothing since go on; of the others the Greet is refused (hub_rewound), nothing is written on top of what they know, and their entries stay with them\n",
    );
    let _ = write!(
        text,
        "\n接着 · Next:\n\
         1 确认原市级平台已停止，且不会再启动 · make sure that the old hub is stopped and stays so\n\
         2 sanheyi-hub verify --config {0}\n\
         3 sanheyi-hub run --config {0}\n",
        config.display()
    );
    text
}
