//! `verify`: the store held against its own bytes.

use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::keyring::Keyring;
use serde::Serialize;

use super::files::VerifiedFiles;
use super::progress::Progress;
use super::table::{Align, Table, grouped};
use super::{Answer, DIFFERENT, Listing, closed};
use crate::branch::attachment::{FilesReport, verify_files};
use crate::branch::{self, Difference, JournalReport, ShownReport, stored_rules, verify_shown};
use crate::store::{Store, StoreError};

/// What `verify --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node verify
  sanheyi-node verify --json | jq '.journals[] | select(.difference)'

逐条重算摘要、树与根，核对每个检查点的签名、每条索引与回执；可在节点运行时执行。
Every digest, tree and root is computed again; every checkpoint's signature, every index row and
receipt is held against the entries. It may run beside the node.
JSON: platform, clean
  journals  [journal, home, entries, root, checkpoints, receipts,
            keeper (null, or who holds the key instead of the author), difference (null, or table, column, place, problem)]
  attachments  whole, bytes, begun, differences
  shown     proved, erased, difference: entries of other platforms, by their authors' checkpoints
退出码 · Exit codes: 0 一致 · all agree; 2 有差异 · a difference; 1 无法核验 · not verified.";

/// The report; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    /// The platform.
    pub platform: String,
    /// Whether no journal has a difference.
    pub clean: bool,
    /// The journals, in the order in which they were made.
    pub journals: Vec<VerifiedJournal>,
    /// The files that entries name.
    pub attachments: VerifiedFiles,
    /// Entries of other platforms that this one was shown.
    pub shown: VerifiedShown,
}

/// Entries of other platforms.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VerifiedShown {
    /// How many their authors' checkpoints prove.
    pub proved: u64,
    /// How many of them have lost their bodies.
    pub erased: u64,
    /// The first difference, or null.
    pub difference: Option<FoundDifference>,
}

/// One journal.
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedJournal {
    /// Its id.
    pub journal: String,
    /// Whether it is appended here; else it is a copy.
    pub home: bool,
    /// Entries checked.
    pub entries: u64,
    /// Root over them, computed from the bytes.
    pub root: String,
    /// Checkpoints whose signatures and roots were checked.
    pub checkpoints: u64,
    /// Receipts that were held against the entries.
    pub receipts: u64,
    /// Who holds the author's key, where its checkpoints say that it is not the author; or null.
    pub keeper: Option<String>,
    /// The first difference, or null.
    pub difference: Option<FoundDifference>,
}

/// Where stored rows and stored bytes differ first.
#[derive(Clone, Debug, Serialize)]
pub struct FoundDifference {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Sequence number or size.
    pub place: u64,
    /// What is different.
    pub problem: String,
}

/// Verifies the store of a node.
///
/// # Errors
/// If the store or the signing key cannot be read.
pub async fn verify(args: &Listing) -> anyhow::Result<Answer> {
    let (config, store) = args.at.open().await?;
    let own = config.read_signing_key()?.verifying();
    let keys =
        Keyring::from([(config.platform.clone(), own), (config.hub.clone(), config.keys.hub_key)]);
    let mut progress = Progress::new();
    let mut told = |journal: &JournalId, done, of| {
        progress.tell(&format!("核验 verify {journal}"), done, of);
    };
    let found = branch::verify_told(&store, &keys, &mut told).await;
    progress.tell("核验转来的条目 verify what was shown", 0, 0);
    let shown = shown(&store, &config.hub).await;
    progress.tell("核验附件 verify attachments", 0, 0);
    let files = closed(&store, verify_files(&store).await).await?;
    drop(progress);
    let report = VerifyReport::new(config.platform.as_str(), found?, files).beside(shown?);
    let answer = Answer::report(&report, args.json, text)?;
    Ok(if report.clean { answer } else { Answer { code: DIFFERENT, ..answer } })
}

async fn shown(store: &Store, hub: &PlatformId) -> Result<ShownReport, StoreError> {
    let rules = stored_rules(store, hub).await?;
    verify_shown(store, &rules, hub).await
}

impl VerifyReport {
    /// What was found in a platform's store.
    pub fn new(platform: &str, found: Vec<JournalReport>, files: FilesReport) -> Self {
        let journals: Vec<_> = found.into_iter().map(verified).collect();
        let attachments = VerifiedFiles::new(files);
        let clean = journals.iter().all(|journal| journal.difference.is_none())
            && attachments.differences.is_empty();
        let shown = VerifiedShown::default();
        Self { platform: platform.to_owned(), clean, journals, attachments, shown }
    }

    /// With what was found of the entries of other platforms.
    #[must_use]
    pub fn beside(mut self, found: ShownReport) -> Self {
        let ShownReport { proved, erased, difference } = found;
        self.clean &= difference.is_none();
        self.shown = VerifiedShown { proved, erased, difference: difference.map(differs) };
        self
    }
}

fn verified(report: JournalReport) -> VerifiedJournal {
    VerifiedJournal {
        journal: report.journal.to_string(),
        home: report.home,
        entries: report.entries,
        root: report.root.to_string(),
        checkpoints: report.checkpoints,
        receipts: report.receipts,
        keeper: report.keeper.as_ref().map(ToString::to_string),
        difference: report.difference.map(differs),
    }
}

fn differs(found: Difference) -> FoundDifference {
    let Difference { table, column, place, problem } = found;
    FoundDifference { table, column, place, problem }
}

/// The report for a person.
pub fn text(report: &VerifyReport) -> String {
    let mut table = Table::new(&[
        ("日志 JOURNAL", Align::Left),
        ("条目 ENTRIES", Align::Right),
        ("检查点 CHECKPOINTS", Align::Right),
        ("回执 RECEIPTS", Align::Right),
        ("根 ROOT", Align::Left),
    ]);
    for journal in &report.journals {
        table.row([
            journal.journal.clone(),
            grouped(journal.entries),
            grouped(journal.checkpoints),
            grouped(journal.receipts),
            journal.root.clone(),
        ]);
    }
    let mut text = table.render();
    for VerifiedJournal { journal, keeper, .. } in &report.journals {
        let kept = keeper.as_deref().map(|keeper| {
            format!("{journal}：市级平台 {keeper} 代管密钥 · key held by the hub {keeper}\n")
        });
        text.extend(kept);
    }
    for journal in &report.journals {
        if let Some(found) = &journal.difference {
            let FoundDifference { table, column, place, problem } = found;
            text.push_str(&format!(
                "差异 · difference: {}\n  {table}.{column} @{place}: {problem}\n",
                journal.journal
            ));
        }
    }
    text.push_str(&report.attachments.text());
    let VerifiedShown { proved, erased, difference } = &report.shown;
    if *proved > 0 {
        text.push_str(&format!(
            "他平台转来 {proved} 条，均由作者检查点证实，其中 {erased} 条正文已删除 · \
             {proved} entries of other platforms, {erased} of them without bodies\n"
        ));
    }
    if let Some(FoundDifference { table, column, place, problem }) = difference {
        text.push_str(&format!("差异 · difference: {table}.{column} @{place}: {problem}\n"));
    }
    text.push_str(match report.clean {
        true => "全部一致 · all agree\n",
        false => {
            "存储与其字节不符，请从市级副本恢复前先保全现场 · \
                  the store differs from its bytes: keep it as it is before anything is restored\n"
        }
    });
    text
}
