//! What must always hold (不变量), by name. A store that keeps these has lost nothing; one that
//! breaks one of them says which, and where.
//!
//! Each [`Invariant`] has an id that stays as it is for ever and a sentence in both languages.
//! Those that can be checked from a store alone have a predicate here; it takes facts that the
//! store reads out and answers with the first place that contradicts the sentence. The others are
//! shown by the state machines of [`crate::link`] and by tests that cut off power and connections.

use std::fmt;

use thiserror::Error;

use crate::quarantine::Tally;
use crate::suite::Digest;

/// Something that must always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// What is acknowledged survives the loss of power.
    DurableFirst,
    /// Every copy is a gap-free prefix of its home.
    Contiguous,
    /// The copy's root equals the home's at the same size.
    ByteExact,
    /// received = accepted + quarantined + pending.
    EveryEntryAnswered,
    /// First receipts tile the journal.
    ReceiptsTile,
    /// Every entry of a segment has its index row, and the other way round.
    IndexComplete,
    /// A signed checkpoint is true of the journal that it names.
    CheckpointBinds,
    /// A journal has one epoch in force, and grants ascend.
    OneEpoch,
    /// What a decision read still stood when the entry was appended.
    ExpectationsKept,
    /// An older reader carries on what it does not know.
    UnknownCarried,
    /// quarantined = open + returned + corrected + withdrawn.
    QuarantineSettles,
}

/// Every invariant, in the order of the promises.
pub const INVARIANTS: [Invariant; 11] = [
    Invariant::DurableFirst,
    Invariant::Contiguous,
    Invariant::ByteExact,
    Invariant::EveryEntryAnswered,
    Invariant::ReceiptsTile,
    Invariant::IndexComplete,
    Invariant::CheckpointBinds,
    Invariant::OneEpoch,
    Invariant::ExpectationsKept,
    Invariant::UnknownCarried,
    Invariant::QuarantineSettles,
];

/// An invariant that does not hold, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{zh} · {en} [{invariant} {place}]")]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// Sequence number, size or serial at which it breaks.
    pub place: u64,
    /// What is wrong, in Chinese.
    pub zh: String,
    /// What is wrong, in English.
    pub en: String,
}

/// How many entries of a journal stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Entries of the journal that the gate has passed.
    pub received: u64,
    /// Of these, accepted.
    pub accepted: u64,
    /// Of these, quarantined.
    pub quarantined: u64,
    /// Of these, pending.
    pub pending: u64,
}

/// A size and the root at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How many entries.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
}

// === predicates ===

/// [`Invariant::Contiguous`]: segments, ascending, as (first sequence number, entries), cover
/// `0..size` without gap or overlap.
///
/// # Errors
/// Where they do not.
pub fn contiguous(segments: impl IntoIterator<Item = (u64, u64)>, size: u64) -> Result<(), Broken> {
    let mut next = 0_u64;
    for (first, entries) in segments {
        if first != next || entries == 0 {
            return Err(broken(
                Invariant::Contiguous,
                next,
                format!("应从序号 {next} 接续，实为从 {first} 起的 {entries} 条"),
                format!("expected to go on at {next}, found {entries} entries from {first}"),
            ));
        }
        next = next.saturating_add(entries);
    }
    hold(next == size, || {
        broken(
            Invariant::Contiguous,
            next.min(size),
            format!("各段共 {next} 条，日志记为 {size} 条"),
            format!("segments hold {next} entries, the journal says {size}"),
        )
    })
}

/// [`Invariant::ByteExact`]: two stores have the same root at the same size.
///
/// # Errors
/// If they have not.
pub fn byte_exact(home: &Sealed, copy: &Sealed) -> Result<(), Broken> {
    hold(home == copy, || differing(Invariant::ByteExact, home, copy))
}

/// [`Invariant::EveryEntryAnswered`]: every entry received has exactly one standing.
///
/// # Errors
/// If the sum is not right.
pub fn every_entry_answered(answered: Answered) -> Result<(), Broken> {
    let Answered { received, accepted, quarantined, pending } = answered;
    let sum = u128::from(accepted) + u128::from(quarantined) + u128::from(pending);
    hold(sum == u128::from(received), || {
        broken(
            Invariant::EveryEntryAnswered,
            received,
            format!(
                "收到 {received} 条，已接受 {accepted}、已隔离 {quarantined}、待判 {pending}，合计不符"
            ),
            format!(
                "received {received}, but accepted {accepted}, quarantined {quarantined} and pending {pending} do not add up to it"
            ),
        )
    })
}

/// [`Invariant::ReceiptsTile`]: the ranges of first receipts, ascending, as (from, to), begin at 0
/// and leave neither gap nor overlap. Gives how far they reach.
///
/// # Errors
/// Where they do not.
pub fn receipts_tile(ranges: impl IntoIterator<Item = (u64, u64)>) -> Result<u64, Broken> {
    let mut next = 0;
    for (from, to) in ranges {
        if from != next || to <= from {
            return Err(broken(
                Invariant::ReceiptsTile,
                next,
                format!("回执应从序号 {next} 接续，实为 [{from}, {to})"),
                format!("receipts should go on at {next}, found [{from}, {to})"),
            ));
        }
        next = to;
    }
    Ok(next)
}

/// [`Invariant::IndexComplete`]: the index has exactly the entries `0..size`, given ascending.
///
/// # Errors
/// At the first sequence number that is missing, repeated or too much.
pub fn index_complete(indexed: impl IntoIterator<Item = u64>, size: u64) -> Result<(), Broken> {
    let mut next = 0_u64;
    for sequence in indexed {
        if sequence != next || sequence >= size {
            return Err(unindexed(next.min(sequence), size));
        }
        next += 1;
    }
    hold(next == size, || unindexed(next, size))
}

/// [`Invariant::CheckpointBinds`]: what a checkpoint signs is what the entries give at its size.
///
/// # Errors
/// If it is not.
pub fn checkpoint_binds(signed: &Sealed, recomputed: &Sealed) -> Result<(), Broken> {
    hold(signed == recomputed, || differing(Invariant::CheckpointBinds, signed, recomputed))
}

/// [`Invariant::OneEpoch`]: the serials of a line's grants, in the order in which they were given,
/// ascend strictly from 1 or more.
///
/// # Errors
/// At the first serial that does not.
pub fn grants_ascend(serials: impl IntoIterator<Item = u64>) -> Result<(), Broken> {
    let mut last = 0;
    for serial in serials {
        if serial <= last {
            return Err(broken(
                Invariant::OneEpoch,
                serial,
                format!("第 {last} 次授权之后不应再有第 {serial} 次"),
                format!("grant {serial} was given after grant {last}"),
            ));
        }
        last = serial;
    }
    Ok(())
}

/// [`Invariant::QuarantineSettles`]: what the receipts say is quarantined, and what later verdicts
/// have released, is what is found when every such entry is looked at.
///
/// # Errors
/// If the sum is not right.
pub fn quarantine_settles(quarantined: u64, released: u64, tally: &Tally) -> Result<(), Broken> {
    let total = u128::from(quarantined) + u128::from(released);
    let Tally { open, returned, corrected, withdrawn } = tally;
    hold(total == u128::from(tally.total()), || {
        broken(
            Invariant::QuarantineSettles,
            quarantined,
            format!(
                "回执记为隔离 {quarantined} 条、改判放行 {released} 条，逐条查得待处理 {open}、已退回 {returned}、已更正 {corrected}、已撤回 {withdrawn}，合计不符"
            ),
            format!(
                "receipts have {quarantined} quarantined, {released} were released later; one by one {open} are open, {returned} returned, {corrected} corrected, {withdrawn} withdrawn: that does not add up"
            ),
        )
    })
}

fn hold(holds: bool, otherwise: impl FnOnce() -> Broken) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn broken(invariant: Invariant, place: u64, zh: String, en: String) -> Broken {
    Broken { invariant, place, zh, en }
}

fn differing(invariant: Invariant, expected: &Sealed, found: &Sealed) -> Broken {
    let (size, root) = (expected.size, expected.root);
    broken(
        invariant,
        size.min(found.size),
        format!("应为 {size} 条、根 {root}，实为 {} 条、根 {}", found.size, found.root),
        format!(
            "expected size {size}, root {root}; found size {}, root {}",
            found.size, found.root
        ),
    )
}

fn unindexed(place: u64, size: u64) -> Broken {
    broken(
        Invariant::IndexComplete,
        place,
        format!("序号 {place} 的索引行缺失、重复或多余（日志共 {size} 条）"),
        format!("the index row of {place} is missing, repeated or too much (size {size})"),
    )
}

// === impl Invariant ===

impl Invariant {
    /// Its id, for ever.
    pub const fn as_str(self) -> &'static str {
        match self {
            Invariant::DurableFirst => "durable_first",
            Invariant::Contiguous => "contiguous",
            Invariant::ByteExact => "byte_exact",
            Invariant::EveryEntryAnswered => "every_entry_answered",
            Invariant::ReceiptsTile => "receipts_tile",
            Invariant::IndexComplete => "index_complete",
            Invariant::CheckpointBinds => "checkpoint_binds",
            Invariant::OneEpoch => "one_epoch",
            Invariant::ExpectationsKept => "expectations_kept",
            Invariant::UnknownCarried => "unknown_carried",
            Invariant::QuarantineSettles => "quarantine_settles",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Invariant::DurableFirst => "凡已确认的，断电后仍在",
            Invariant::Contiguous => "每份副本都是原日志无缺口的前缀，重复发送不改变任何内容",
            Invariant::ByteExact => "副本与原日志在同一大小上根哈希相同",
            Invariant::EveryEntryAnswered => "收到的条目 = 已接受 + 已隔离 + 待判",
            Invariant::ReceiptsTile => "首次回执首尾相接，覆盖日志，无缺无重",
            Invariant::IndexComplete => "每个条目恰有一行索引",
            Invariant::CheckpointBinds => "签名的检查点与其所述日志的内容相符",
            Invariant::OneEpoch => "每条日志只有一个当前纪元，授权序号递增",
            Invariant::ExpectationsKept => "写入时，决定所依据的内容仍是现行内容",
            Invariant::UnknownCarried => "不认识的数据集和字段原样传递",
            Invariant::QuarantineSettles => "隔离合计 = 待处理 + 已退回 + 已更正 + 已撤回",
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Invariant::DurableFirst => "what is acknowledged survives the loss of power",
            Invariant::Contiguous => {
                "every copy is a gap-free prefix of its home, and sending again changes nothing"
            }
            Invariant::ByteExact => "copy and home have the same root at the same size",
            Invariant::EveryEntryAnswered => "received = accepted + quarantined + pending",
            Invariant::ReceiptsTile => "first receipts cover the journal without gap or overlap",
            Invariant::IndexComplete => "every entry has exactly one index row",
            Invariant::CheckpointBinds => "a signed checkpoint is true of the journal it names",
            Invariant::OneEpoch => "a journal has one epoch in force, and grants ascend",
            Invariant::ExpectationsKept => "what a decision read still stood when it was appended",
            Invariant::UnknownCarried => "unknown datasets and fields are carried as they came",
            Invariant::QuarantineSettles => "quarantined = open + returned + corrected + withdrawn",
        }
    }

    /// Reads an id.
    pub fn parse(text: &str) -> Option<Invariant> {
        INVARIANTS.into_iter().find(|invariant| invariant.as_str() == text)
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
