//! The gate (闸口): judges each admitted entry against the standard. It never blocks the stream and
//! never drops.

use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::{STANDARD, Violations, dataset};

use crate::conflict::{self, Conflict};
use crate::entry::{HeaderView, Operation};
use crate::ids::Lane;
use crate::limits;
pub use crate::reason::Reason;

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
    /// Why, unless accepted; at most [`limits::REASONS`].
    pub reasons: Vec<Reason>,
}

/// Family of the datasets that the exchange itself writes.
pub const EXCHANGE_FAMILY: &str = "exchange.";

/// Judges one entry of a journal on lane `lane`: the field level of checking (standard, decision
/// 6).
///
/// `scratch` is used again from entry to entry; nothing is allocated for an entry that is accepted.
pub fn judge(
    header: &HeaderView<'_>,
    body: Option<&[u8]>,
    lane: Lane,
    scratch: &mut Violations,
) -> Verdict {
    if header.dataset.starts_with(EXCHANGE_FAMILY) {
        return judge_exchange(header, body);
    }
    if header.standard > STANDARD {
        return Verdict::pending(Reason::new(
            "",
            "standard.unknown",
            format!(
                "按标准第 {} 版书写，本级目前只认识第 {STANDARD} 版，升级后再判",
                header.standard
            ),
            format!(
                "written by version {} of the standard; this reader knows version {STANDARD} and judges after an upgrade",
                header.standard
            ),
        ));
    }
    let Some(known) = dataset(header.dataset) else {
        return Verdict::pending(Reason::new(
            "",
            "dataset.unknown",
            format!("本级尚不认识数据集 {}，升级后再判", header.dataset),
            format!(
                "dataset {} is not known here yet and is judged after an upgrade",
                header.dataset
            ),
        ));
    };
    if Lane::from(known.lane) != lane {
        return Verdict::quarantined(vec![Reason::new(
            "",
            "dataset.lane",
            format!("“{}”应走 {} 通道", known.title_zh, Lane::from(known.lane)),
            format!("{} belongs on the {} lane", known.title_en, Lane::from(known.lane)),
        )]);
    }
    match (header.operation, body) {
        // A withdrawal says no more about the record; its reason is free.
        (Operation::Withdraw, _) => Verdict::accepted(),
        (Operation::Put, None) => Verdict::quarantined(vec![Reason::new(
            "",
            "body.erased",
            "正文已被删除，无法判定",
            "the body has been erased and cannot be judged",
        )]),
        (Operation::Put, Some(body)) => {
            scratch.clear();
            (known.check)(body, scratch);
            if scratch.is_empty() { Verdict::accepted() } else { Verdict::violating(scratch) }
        }
    }
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
        Self { standing: Standing::Accepted, reasons: Vec::new() }
    }

    /// Quarantined, with reasons.
    pub const fn quarantined(reasons: Vec<Reason>) -> Self {
        Self { standing: Standing::Quarantined, reasons }
    }

    fn pending(reason: Reason) -> Self {
        Self { standing: Standing::Pending, reasons: vec![reason] }
    }

    fn violating(violations: &Violations) -> Self {
        Self::quarantined(
            violations
                .iter()
                .take(limits::REASONS)
                .map(|v| Reason::new(v.field.clone(), v.rule, v.zh.clone(), v.en.clone()))
                .collect(),
        )
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
