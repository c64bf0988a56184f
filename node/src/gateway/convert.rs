//! Between the wire's drafts and the branch's. A draft that is not well formed becomes a refusal
//! with its reasons, never a failed call: whoever handed in a thousand learns of all that are
//! wrong.

use bytes::Bytes;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::error::IdError;
use sanheyi_exchange_spec::gate::Reason;
use sanheyi_exchange_spec::ids::{DatasetName, RecordId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;

use crate::branch::{Appended, Draft, Refused};

/// Drafts that are well formed, each with its position, and refusals of the others.
pub fn drafts(messages: Vec<wire::Draft>) -> (Vec<(usize, Draft)>, Vec<Refused>) {
    let (mut formed, mut refused) = (Vec::with_capacity(messages.len()), Vec::new());
    for (index, message) in messages.into_iter().enumerate() {
        match draft(message) {
            Ok(draft) => formed.push((index, draft)),
            Err(reasons) => refused.push(Refused { index, reasons }),
        }
    }
    (formed, refused)
}

/// Everything that is wrong with the form of one draft, at once.
fn draft(message: wire::Draft) -> Result<Draft, Vec<Reason>> {
    let mut reasons = Vec::new();
    let dataset = named::<DatasetName>(
        "dataset",
        &message.dataset,
        "数据集名称应为“类别.名称”，由小写字母、数字和下划线组成，3 至 48 个字符",
        &mut reasons,
    );
    let record = named::<RecordId>(
        "record",
        &message.record,
        "记录编号应为 1 至 64 个可见 ASCII 字符，不含空格",
        &mut reasons,
    );
    let operation = operation(message.operation, &mut reasons);
    let follows =
        state("follows_digest", message.follows_revision, &message.follows_digest, &mut reasons);
    // More of them are refused by the branch, by number; they need not be looked at one by one.
    for (index, read) in message.reads.iter().take(limits::READS).enumerate() {
        check_read(index, read, &mut reasons);
    }
    match (dataset, record, operation) {
        (Some(dataset), Some(record), Some(operation)) if reasons.is_empty() => Ok(Draft {
            dataset,
            record,
            operation,
            occurred: Timestamp::from_micros(message.occurred),
            body: message.body,
            follows,
            reads: message.reads,
        }),
        _ => {
            reasons.truncate(limits::REASONS);
            Err(reasons)
        }
    }
}

fn named<T: std::str::FromStr<Err = IdError>>(
    field: &str,
    text: &str,
    zh: &str,
    reasons: &mut Vec<Reason>,
) -> Option<T> {
    let parsed: Result<T, IdError> = text.parse();
    if let Err(error) = &parsed {
        reasons.push(Reason::new(field, "form.id", zh, error.to_string()));
    }
    parsed.ok()
}

fn operation(number: i32, reasons: &mut Vec<Reason>) -> Option<Operation> {
    match wire::Operation::try_from(number) {
        Ok(wire::Operation::Put) => Some(Operation::Put),
        Ok(wire::Operation::Withdraw) => Some(Operation::Withdraw),
        Ok(wire::Operation::Unspecified) | Err(_) => {
            reasons.push(Reason::new(
                "operation",
                "form.operation",
                format!("操作应为 1（写入）或 2（撤回），实为 {number}"),
                format!("the operation must be 1 (put) or 2 (withdraw) and is {number}"),
            ));
            None
        }
    }
}

/// Revision and digest of a record that was read; both absent = the record was absent.
fn state(
    field: &str,
    revision: u64,
    digest: &[u8],
    reasons: &mut Vec<Reason>,
) -> Option<(u64, Digest)> {
    match (revision, Digest::from_slice(digest)) {
        (0, _) if digest.is_empty() => None,
        (1.., Ok(digest)) => Some((revision, digest)),
        (0, _) => {
            reasons.push(Reason::new(
                field,
                "form.digest",
                "版本号为 0 表示记录尚不存在，摘要应为空",
                "revision 0 says that the record is absent: its digest must be empty",
            ));
            None
        }
        (1.., Err(_)) => {
            let length = digest.len();
            reasons.push(Reason::new(
                field,
                "form.digest",
                format!("第 {revision} 版的摘要应为 32 字节，实为 {length} 字节"),
                format!("the digest of revision {revision} must have 32 bytes and has {length}"),
            ));
            None
        }
    }
}

fn check_read(index: usize, read: &wire::Read, reasons: &mut Vec<Reason>) {
    let place = |name: &str| format!("reads[{index}].{name}");
    named::<DatasetName>(&place("dataset"), &read.dataset, "所读记录的数据集名称有误", reasons);
    named::<RecordId>(&place("record"), &read.record, "所读记录的编号有误", reasons);
    state(&place("digest"), read.revision, &read.digest, reasons);
}

/// The answer to a batch that was appended.
pub(super) fn appended(list: Vec<Appended>) -> wire::SubmitResponse {
    // All digests in one piece of memory, each answer a slice of it.
    let digests: Vec<u8> = list.iter().flat_map(|one| *one.digest.as_bytes()).collect();
    let mut digests = Bytes::from(digests);
    let one = |one: Appended| wire::Appended {
        sequence: one.sequence,
        revision: one.revision,
        digest: digests.split_to(one.digest.as_bytes().len()),
    };
    wire::SubmitResponse { appended: list.into_iter().map(one).collect(), refused: Vec::new() }
}

/// The answer to a batch of which some drafts are refused, and so all of it.
pub(super) fn refused(mut list: Vec<Refused>) -> wire::SubmitResponse {
    list.sort_by_key(|one| one.index);
    let one = |one: Refused| wire::Refused {
        index: u32::try_from(one.index).unwrap_or(u32::MAX),
        reasons: one.reasons.iter().take(limits::REASONS).map(Reason::to_wire).collect(),
    };
    wire::SubmitResponse { appended: Vec::new(), refused: list.into_iter().map(one).collect() }
}
