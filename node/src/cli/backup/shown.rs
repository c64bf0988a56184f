//! Backups for a person.

use std::fmt::Write as _;

use serde::Serialize;

use crate::backup::{Drilled, Made};
use crate::cli::table::{Align, Table, grouped};

/// A backup in the listing; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ListedBackup {
    /// The file.
    pub(super) file: String,
    /// When it was begun.
    pub(super) at: Option<String>,
    /// Its bytes.
    pub(super) bytes: u64,
    /// Entries in it; null where the store does not know of it.
    pub(super) entries: Option<u64>,
    /// Seconds that it took.
    pub(super) seconds: Option<u64>,
    /// Empty where it is good, else why it failed.
    pub(super) outcome: Option<String>,
    /// When it was opened and held last.
    pub(super) verified: Option<String>,
    /// Whether the file is there.
    pub(super) there: bool,
}

pub(super) fn made_text(made: &Made) -> String {
    let Made { file, bytes, entries, journals, seconds, recipients, pruned, .. } = made;
    let mut text = format!(
        "已备份 · backed up: {}\n  {} 字节 bytes · {} 个日志 journals · {} 条 entries · {seconds} 秒 s\n\
         每个日志的根已由备份的字节重算一致 · every journal's root was recomputed from the copied bytes\n\
         可由此打开 · opened by the private key of: {}\n",
        file.display(),
        grouped(*bytes),
        grouped(*journals),
        grouped(*entries),
        recipients.join(", "),
    );
    for path in pruned {
        // Writing to a string does not fail.
        let _ = writeln!(text, "已清理 · pruned: {}", path.display());
    }
    if made.identity_here {
        text.push_str(
            "【注意】备份私钥 backup.identity 仍在本机：请移到本机之外（两份），再从本机删除\n\
             NOTE: backup.identity still lies on this machine: move it elsewhere (two copies), then delete it here\n",
        );
    }
    text
}

pub(super) fn listed_text(listed: &[ListedBackup]) -> String {
    if listed.is_empty() {
        return "还没有备份 · there is no backup yet\n".to_owned();
    }
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("时间 AT", left),
        ("条目 ENTRIES", right),
        ("字节 BYTES", right),
        ("结果 OUTCOME", left),
        ("核验 VERIFIED", left),
        ("文件 FILE", left),
    ]);
    for one in listed {
        let outcome = match (one.outcome.as_deref(), one.there) {
            (Some(""), true) => "好 good".to_owned(),
            (Some(""), false) => "文件已不在 file gone".to_owned(),
            (Some(why), _) => format!("失败 failed: {why}"),
            (None, _) => "来历不明 not of this store".to_owned(),
        };
        let day = |time: &Option<String>| {
            let text = time.as_deref().unwrap_or("—").replace('T', " ");
            text.chars().take(19).collect::<String>()
        };
        table.row([
            day(&one.at),
            one.entries.map_or_else(|| "—".to_owned(), grouped),
            grouped(one.bytes),
            outcome,
            day(&one.verified),
            one.file.clone(),
        ]);
    }
    table.render()
}

pub(super) fn drilled_text(found: &Drilled) -> String {
    let [zh, en] = &found.words;
    let mut text = format!("{zh}\n{en}\n");
    if let Some(report) = &found.report {
        let _ = writeln!(text, "签名报告 · signed report: {}", report.display());
    }
    text
}
