//! What a branch is handed: drafts, checked at the edge before anything is decided.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::error::{Code, IdError};
use sanheyi_exchange_spec::gate::{Findings, Reason, check_body};
use sanheyi_exchange_spec::ids::{DatasetName, Lane, PlatformId, RecordId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::{Author, STANDARD, Violations, dataset};
use thiserror::Error;

use super::decide::{RecordKey, RecordState};
use super::journal::{Sealed, seal};
use super::writer::Branch;
use crate::store::StoreError;
use crate::upkeep::room::{NoRoom, Room};

/// A new state of a record, as its author hands it in.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Dataset.
    pub dataset: DatasetName,
    /// Record.
    pub record: RecordId,
    /// Put or withdraw.
    pub operation: Operation,
    /// When it happened.
    pub occurred: Timestamp,
    /// The payload.
    pub body: Bytes,
    /// The head that the decision read; `None` = the record must be new.
    pub follows: Option<(u64, Digest)>,
    /// Other records that the decision read.
    pub reads: Vec<wire::Read>,
}

/// Where an entry was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its sequence number; for display only, it may move when a history is adopted.
    pub sequence: u64,
    /// Its revision.
    pub revision: u64,
    /// Its digest.
    pub digest: Digest,
}

/// A draft that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Position in the submission, from 0.
    pub index: usize,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why a submission was not appended. Nothing of it was.
#[derive(Debug, Error)]
pub enum SubmitError {
    /// Some drafts break a rule, or what they expected no longer stands.
    #[error("{} drafts are refused", .0.len())]
    Refused(Vec<Refused>),
    /// More drafts than [`limits::SUBMIT_DRAFTS`].
    #[error("一次最多提交 {max} 条，实为 {0} 条 · {0} drafts, at most {max}", max = limits::SUBMIT_DRAFTS)]
    TooMany(usize),
    /// This machine is held: another one goes on under its identity.
    #[error("本机已被扣留（{code}），不再写入：{} · this machine is held ({code}) and appends nothing: {}", .0.remedy_zh(), .0.remedy_en(), code = .0)]
    Held(Code),
    /// More than this platform may submit: its turn would come so much later, and longer than
    /// [`super::QUOTA_WAIT`] nobody waits for it.
    #[error(
        "超过本平台每秒可提交的条数，请在 {seconds} 秒后重试 · over this platform's quota of records a second: hand it in again in {seconds} s",
        seconds = .0.as_secs().max(1)
    )]
    OverQuota(Duration),
    /// The disk has too little left to take anything new.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer has stopped.
    #[error("节点正在停止 · the node is stopping")]
    Stopped,
}

/// Who hands in, by which rules, and when.
struct Submitter<'a> {
    platform: &'a PlatformId,
    rules: &'a Rulebook,
    now: Timestamp,
}

impl Branch {
    /// The disk by which it refuses what is new. Said once; later words change nothing.
    pub fn set_room(&self, room: Arc<Room>) {
        let _ = self.room.set(room);
    }

    /// That disk, if there is one.
    pub fn room(&self) -> Option<Arc<Room>> {
        self.room.get().cloned()
    }

    /// Whether there is room for anything new. Without a disk to go by there is.
    ///
    /// # Errors
    /// If there is none.
    pub fn has_room(&self) -> Result<(), NoRoom> {
        self.room.get().map_or(Ok(()), |room| room.check())
    }

    /// Refuses what would be quarantined anyway: a branch never knowingly appends an invalid entry
    /// (rule 8). [`Branch::submit`] does it for all that it is handed.
    ///
    /// A branch that does not find itself in the directory yet, because it was never online or has
    /// not had all of the broadcast, refuses nothing for want of a policy: it works alone (rule 5),
    /// and the gate decides.
    ///
    /// # Errors
    /// [`SubmitError::Refused`] with every draft that breaks a rule.
    pub fn check(&self, drafts: &[Draft]) -> Result<(), SubmitError> {
        let rules = self.rulebook();
        let by = Submitter { platform: self.platform(), rules: &rules, now: self.clock.now() };
        let mut violations = Violations::default();
        let mut refused = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            let reasons = reasons_against(draft, &by, &mut violations);
            if !reasons.is_empty() {
                refused.push(Refused { index, reasons });
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(SubmitError::Refused(refused)) }
    }
}

fn reasons_against(draft: &Draft, by: &Submitter<'_>, violations: &mut Violations) -> Vec<Reason> {
    let Some(known) = dataset(draft.dataset.as_str()) else {
        return vec![Reason::new(
            "",
            "dataset.unknown",
            format!("本平台所用标准没有数据集 {}", draft.dataset),
            format!("dataset {} is not in the standard that this platform writes", draft.dataset),
        )];
    };
    if draft.body.len() > limits::DRAFT_BYTES || draft.reads.len() > limits::READS {
        return vec![Reason::new(
            "",
            "bounds",
            format!("正文最多 {} 字节，所读记录最多 {} 条", limits::DRAFT_BYTES, limits::READS),
            format!("a body has at most {} bytes, {} reads", limits::DRAFT_BYTES, limits::READS),
        )];
    }
    if by.rules.platform(by.platform).is_some()
        && let Some(reason) = by.rules.refuses_to_send(by.platform, draft.dataset.as_str(), by.now)
    {
        return vec![reason];
    }
    if draft.operation == Operation::Withdraw {
        return Vec::new();
    }
    if known.author == Author::Hub {
        return vec![Reason::new(
            "",
            "dataset.author",
            format!("“{}”只由市级平台发布", known.title_zh),
            format!("{} is written by the hub alone", known.title_en),
        )];
    }
    let mut findings = Findings::default();
    check_body(known, draft.record.as_str(), &draft.body, violations, &mut findings);
    if violations.is_empty() {
        let times = (draft.occurred, by.now);
        by.rules.codes_in_force(known, times, &draft.body, &mut findings);
    }
    // A warning comes back with the receipt, and refuses nothing.
    if findings.has_error() { findings.into_reasons() } else { Vec::new() }
}

pub(super) fn key(draft: &Draft) -> RecordKey {
    (draft.dataset.clone(), draft.record.clone())
}

/// The record that a decision read; the reason if there can be none of that name.
pub(super) fn read_key(read: &wire::Read) -> Result<RecordKey, Reason> {
    let named = read.dataset.parse().and_then(|dataset| Ok((dataset, read.record.parse()?)));
    named.map_err(|error: IdError| {
        let wire::Read { dataset, record, .. } = read;
        let zh = format!("所读记录 {dataset} {record} 的名称不合规");
        Reason::new("reads", "form.id", zh, format!("{dataset} {record} names no record: {error}"))
    })
}

pub(super) fn state_of(read: &wire::Read) -> RecordState {
    let digest = Digest::from_slice(&read.digest).ok()?;
    (read.revision > 0).then_some((read.revision, digest))
}

pub(super) fn lane_of(draft: &Draft) -> Lane {
    dataset(draft.dataset.as_str()).map_or(Lane::Normal, |known| known.lane.into())
}

/// The entry of a draft, written in the custody epoch that the platform holds.
pub(super) fn seal_draft(draft: &Draft, salt: &[u8], now: Timestamp, epoch: u64) -> Sealed {
    let mut bytes = [0; limits::SALT_BYTES];
    bytes.copy_from_slice(salt);
    let header = Header {
        dataset: draft.dataset.clone(),
        record: draft.record.clone(),
        revision: draft.follows.map_or(1, |(revision, _)| revision + 1),
        follows: draft.follows.map(|(_, digest)| digest),
        custody_epoch: epoch,
        operation: draft.operation,
        standard: STANDARD,
        occurred: draft.occurred,
        recorded: now,
        body_digest: Digest::new([0; 32]),
    };
    seal(header, Salt(bytes), draft.body.clone())
}
