//! The gate (闸口): judges each admitted entry against the standard. It never blocks the stream and
//! never drops.
//!
//! Three levels (standard, decision 6): *field*, generated from the annotations; *record*, what the
//! fields of one record say of each other ([`record`]); *across records*, what others say of it.
//! Whoever judges asks [`needs`] what a batch has to be held against, finds the [`Facts`], and
//! [`judge`]s. An error quarantines; a warning is delivered with the receipt, and the entry stays
//! accepted; what refers to something that is not there yet is pending and says what it waits for.

mod across;
mod content;
mod edition;
mod erasing;
mod facts;
pub mod record;
mod wait;

use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::{Author, Dataset, Violations};

use crate::conflict::{self, Conflict};
use crate::entry::{HeaderView, Operation};
use crate::ids::Lane;
pub use crate::reason::{Findings, Level, Reason};
pub use across::{foresee, is_foreseeable};
pub use content::{Content, Grades, Item, Version, bears_content};
pub use edition::Edition;
pub use facts::{Facts, Head, Key, Needs, needs};
pub use wait::Wait;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// 已接受: it meets the standard.
    Accepted,
    /// 已隔离: it breaks a rule; it is kept, and a corrected revision clears it.
    Quarantined,
    /// 待判: the reader does not know the dataset or the version of the standard yet.
    Pending,
}

/// The verdict on one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its standing.
    pub standing: Standing,
    /// Why; of an accepted entry warnings only. At most [`crate::limits::REASONS`].
    pub reasons: Vec<Reason>,
    /// What a pending entry waits for.
    pub waits: Option<Wait>,
}

/// Family of the datasets that the exchange itself writes.
pub const EXCHANGE_FAMILY: &str = "exchange.";

/// An entry that is judged.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its header.
    pub header: &'a HeaderView<'a>,
    /// Its body, if it has not been erased.
    pub body: Option<&'a [u8]>,
    /// The lane of its journal.
    pub lane: Lane,
}

/// Judges one entry of a branch's journal: field by field, within the record, and against what is
/// known of others (standard, decision 6). Pure: the same entry, edition and facts have the same
/// verdict everywhere.
///
/// `scratch` is used again from entry to entry.
pub fn judge(
    entry: &Candidate<'_>,
    edition: &Edition,
    facts: &Facts,
    scratch: &mut Violations,
) -> Verdict {
    let header = entry.header;
    if header.dataset.starts_with(EXCHANGE_FAMILY) {
        if erasing::is_erasure(header) {
            return erasing::judge(header, entry.body, edition, facts);
        }
        return judge_exchange(header, entry.body);
    }
    if header.standard > edition.version() {
        return unknown_standard(header, edition);
    }
    let Some(known) = edition.dataset(header.dataset) else { return unknown_dataset(header) };
    let mut findings = Findings::default();
    if Lane::from(known.lane_by(header.standard)) != entry.lane {
        misplaced(known, &mut findings);
    }
    if known.author == Author::Hub {
        not_the_authors(known, &mut findings);
    }
    match (header.operation, entry.body) {
        // A withdrawal says no more about the record; its reason is free.
        (Operation::Withdraw, _) => {}
        (Operation::Put, None) => {
            let (zh, en) =
                ("正文已被删除，无法判定", "the body has been erased and cannot be judged");
            findings.error("", "body.erased", zh, en);
        }
        (Operation::Put, Some(body)) => {
            check_body(known, header.record, body, scratch, &mut findings);
            // Fields that are wrong by themselves say no codes.
            if scratch.is_empty() {
                let times = (header.occurred, header.recorded);
                facts.rules().codes_in_force(known, times, body, &mut findings);
            }
        }
    }
    across::judge(entry, known, facts, findings)
}

/// What can be said of a body by itself: field by field and within the record. It is what a branch
/// refuses before it appends (rule 8).
pub fn check_body(
    dataset: &Dataset,
    name: &str,
    body: &[u8],
    scratch: &mut Violations,
    out: &mut Findings,
) {
    scratch.clear();
    (dataset.check)(body, scratch);
    for found in scratch.iter() {
        out.error(found.field.clone(), found.rule, found.zh.clone(), found.en.clone());
    }
    // What a record says as a whole means little while its fields are wrong.
    if scratch.is_empty() {
        record::named(dataset, name, body, out);
        record::check(dataset.name, body, out);
    }
}

fn unknown_standard(header: &HeaderView<'_>, edition: &Edition) -> Verdict {
    let (written, known) = (header.standard, edition.version());
    let reason = Reason::new(
        "",
        "standard.unknown",
        format!("按标准第 {written} 版书写，本级目前只认识第 {known} 版，升级后再判"),
        format!(
            "written by version {written} of the standard; this reader knows version {known} and judges after an upgrade"
        ),
    );
    Verdict::pending(vec![reason], Wait::Standard(written))
}

fn unknown_dataset(header: &HeaderView<'_>) -> Verdict {
    let name = header.dataset;
    let reason = Reason::new(
        "",
        "dataset.unknown",
        format!("本级尚不认识数据集 {name}，升级后再判"),
        format!("dataset {name} is not known here yet and is judged after an upgrade"),
    );
    Verdict::pending(vec![reason], Wait::Dataset(name.to_owned()))
}

fn misplaced(known: &Dataset, out: &mut Findings) {
    let lane = Lane::from(known.lane);
    out.error(
        "",
        "dataset.lane",
        format!("“{}”应走 {lane} 通道", known.title_zh),
        format!("{} belongs on the {lane} lane", known.title_en),
    );
}

fn not_the_authors(known: &Dataset, out: &mut Findings) {
    out.error(
        "",
        "dataset.author",
        format!("“{}”只由市级平台发布，区县平台不得写入", known.title_zh),
        format!("{} is written by the hub alone, not by a branch", known.title_en),
    );
}

/// The exchange's own entries are checked for form only. In an author's journal the one kind there
/// can be is a conflict.
fn judge_exchange(header: &HeaderView<'_>, body: Option<&[u8]>) -> Verdict {
    let conflict = (header.dataset == conflict::DATASET)
        .then(|| body.and_then(|body| Conflict::decode(body).ok()))
        .flatten()
        // In the reader's words: the author's are as long as the author likes.
        .and_then(|one| Conflict::new(one.header, one.body, one.found).ok());
    Verdict::quarantined(vec![match conflict {
        Some(conflict) => conflict.reason,
        None => Reason::new(
            "",
            "exchange.form",
            format!("数据集 {} 不能由本平台写入", header.dataset),
            format!("dataset {} is not this author's to write", header.dataset),
        ),
    }])
}

/// The reason for a second entry that claims a revision already taken.
pub fn revision_taken(header: &HeaderView<'_>) -> Reason {
    Reason::new(
        "",
        "revision.taken",
        format!("记录 {} 的第 {} 版已经存在，内容不同", header.record, header.revision),
        format!(
            "revision {} of record {} exists already with other content",
            header.revision, header.record
        ),
    )
}

// === impl Verdict ===

impl Verdict {
    /// Accepted.
    pub const fn accepted() -> Self {
        Self { standing: Standing::Accepted, reasons: Vec::new(), waits: None }
    }

    /// Quarantined, with reasons.
    pub const fn quarantined(reasons: Vec<Reason>) -> Self {
        Self { standing: Standing::Quarantined, reasons, waits: None }
    }

    /// Pending, with reasons and what it waits for.
    pub const fn pending(reasons: Vec<Reason>, waits: Wait) -> Self {
        Self { standing: Standing::Pending, reasons, waits: Some(waits) }
    }

    /// Quarantined if there is an error among the findings, else accepted.
    pub fn of(findings: Findings) -> Self {
        let quarantined = findings.has_error();
        let standing = if quarantined { Standing::Quarantined } else { Standing::Accepted };
        Self { standing, reasons: findings.into_reasons(), waits: None }
    }
}

// === impl Standing ===

impl Standing {
    /// Number in a column and on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Standing::Accepted => 1,
            Standing::Quarantined => 2,
            Standing::Pending => 3,
        }
    }

    /// Reads the number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Standing::Accepted),
            2 => Some(Standing::Quarantined),
            3 => Some(Standing::Pending),
            _ => None,
        }
    }

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Standing::Accepted => "已接受",
            Standing::Quarantined => "已隔离",
            Standing::Pending => "待判",
        }
    }

    /// The word in English.
    pub const fn en(self) -> &'static str {
        match self {
            Standing::Accepted => "accepted",
            Standing::Quarantined => "quarantined",
            Standing::Pending => "pending",
        }
    }

    pub(crate) fn to_wire(self) -> wire::Standing {
        match self {
            Standing::Accepted => wire::Standing::Accepted,
            Standing::Quarantined => wire::Standing::Quarantined,
            Standing::Pending => wire::Standing::Pending,
        }
    }

    pub(crate) fn from_wire(number: i32) -> Option<Self> {
        Self::from_number(i64::from(number))
    }
}

#[cfg(test)]
mod tests;
