//! What `status` and `verify` say of files that entries name.

use serde::Serialize;

use super::table::grouped;
use crate::branch::attachment::FilesReport;
use crate::store::{DueState, DueTotal, Store, StoreError, Way};

/// Files of one way and state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilesStatus {
    /// `up` or `down`.
    pub way: &'static str,
    /// `absent`, `here`, `passed` or `refused`.
    pub state: &'static str,
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The files of a store, verified; these are keys of `verify --json`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VerifiedFiles {
    /// Files that are whole: the digest of each was computed again.
    pub whole: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files of which some pieces are here.
    pub begun: u64,
    /// What is wrong with others, in words.
    pub differences: Vec<String>,
}

/// How many files are named, by way and state.
///
/// # Errors
/// If the store cannot be read.
pub async fn totals(store: &Store) -> Result<Vec<FilesStatus>, StoreError> {
    let shown = |one: DueTotal| FilesStatus {
        way: match one.way {
            Way::Up => "up",
            Way::Down => "down",
        },
        state: one.state.as_str(),
        files: one.files,
        bytes: one.bytes,
    };
    Ok(store.due_totals().await?.into_iter().map(shown).collect())
}

/// One line for each way that has files.
pub fn text(totals: &[FilesStatus]) -> String {
    let mut text = String::new();
    for (way, title) in [("up", "附件上行 attachments up"), ("down", "附件下行 attachments down")]
    {
        let of_way: Vec<_> = totals.iter().filter(|one| one.way == way).collect();
        if of_way.is_empty() {
            continue;
        }
        let each = DueState::ALL.iter().filter_map(|state| {
            let one = of_way.iter().find(|one| one.state == state.as_str())?;
            let (word, files, bytes) = (word(*state), grouped(one.files), grouped(one.bytes));
            Some(format!("{word} {files}（{bytes} 字节 bytes）"))
        });
        text.push_str(&format!("{title}: {}\n", each.collect::<Vec<_>>().join("，")));
    }
    text
}

fn word(state: DueState) -> &'static str {
    match state {
        DueState::Absent => "未到 absent",
        DueState::Here => "在库 here",
        DueState::Passed => "市级已存 at the hub",
        DueState::Refused => "被拒 refused",
    }
}

// === impl VerifiedFiles ===

impl VerifiedFiles {
    /// What verifying found.
    pub fn new(report: FilesReport) -> Self {
        let FilesReport { whole, bytes, begun, differences } = report;
        let differences = differences.iter().map(|(_, one)| one.to_string()).collect();
        Self { whole, bytes, begun, differences }
    }

    /// For a person: nothing where there are none.
    pub fn text(&self) -> String {
        let Self { whole, bytes, begun, differences } = self;
        if *whole + *begun == 0 {
            return String::new();
        }
        let (whole, bytes) = (grouped(*whole), grouped(*bytes));
        let begun = match begun {
            0 => String::new(),
            begun => format!("，未齐 begun {}", grouped(*begun)),
        };
        let mut text = format!("附件 attachments: {whole}（{bytes} 字节 bytes）{begun}\n");
        for difference in differences {
            text.push_str(&format!("差异 · difference: {difference}\n"));
        }
        text
    }
}
