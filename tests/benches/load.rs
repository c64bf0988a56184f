//! The load: steps of cases with a long note, about 600 bytes each, the same in every run.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use prost::Message as _;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_tests::fixtures::{MORNING, STEP, case_no, step};

/// Steps of one case.
const STEPS: u64 = 4;
/// A note is long enough for a body of about 600 bytes.
const NOTE_BYTES: usize = 440;
/// What notes are made of.
const PHRASES: [&str; 24] = [
    "材料齐全，",
    "符合法定条件，",
    "经现场勘验，",
    "申请人已补正，",
    "请于五日内缴费，",
    "依据第十二条，",
    "场地面积与图纸一致，",
    "消防通道畅通，",
    "车辆技术等级合格，",
    "从业人员持证上岗，",
    "同意受理，",
    "转下一环节办理，",
    "已征求公安部门意见，",
    "公示期内无异议，",
    "环评批复有效，",
    "承诺期限七个工作日，",
    "须补充法人身份证明，",
    "营业执照在有效期内，",
    "已电话告知申请人，",
    "窗口代为提交，",
    "复核无误，",
    "建议准予许可，",
    "领取方式为邮寄，",
    "存档备查。",
];

/// Drafts that are handed in together.
pub(crate) type Batch = Vec<wire::Draft>;

/// The body of the `number`th record.
pub(crate) fn body(number: u64) -> Vec<u8> {
    let ordinal = u32::try_from(number % STEPS).unwrap_or(0) + 1;
    let mut step = step(number / STEPS, ordinal);
    step.note = note(number);
    step.encode_to_vec()
}

/// Sentences in a deterministic mix, each with a number of its own, as officials write them.
fn note(number: u64) -> String {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut note = String::with_capacity(NOTE_BYTES + 64);
    while note.len() < NOTE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let place = usize::try_from(state % PHRASES.len() as u64).unwrap_or(0);
        note.push_str(PHRASES[place]);
        note.push_str(&format!("文号{:05}；", (state >> 20) % 100_000));
    }
    note
}

/// The `number`th record's id: ascending.
pub(crate) fn record(number: u64) -> String {
    format!("{}-{:04}", case_no(number / STEPS), number % STEPS + 1)
}

/// The `number`th draft.
pub(crate) fn draft(number: u64) -> wire::Draft {
    wire::Draft {
        dataset: STEP.to_owned(),
        record: record(number),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: body(number).into(),
        follows_revision: 0,
        follows_digest: bytes::Bytes::new(),
        reads: Vec::new(),
    }
}

/// All drafts in batches, made before the clock starts.
pub(crate) fn batches(records: u64, size: u64) -> Vec<Batch> {
    (0..records)
        .step_by(usize::try_from(size).unwrap_or(1))
        .map(|first| (first..records.min(first + size)).map(draft).collect())
        .collect()
}

/// Hands batches in over several connections at once, each waiting for its answer before it hands
/// in the next. Returns when all are durable at the node.
///
/// # Errors
/// If a batch is refused or an answer is lost.
pub(crate) async fn hand_in(clients: Vec<IntakeClient>, batches: Vec<Batch>) -> anyhow::Result<()> {
    let queue = Arc::new(Mutex::new(batches.into_iter()));
    let mut writers = tokio::task::JoinSet::new();
    for client in clients {
        let queue = Arc::clone(&queue);
        writers.spawn(async move {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(batch) = next else { return anyhow::Ok(()) };
                let records = batch.len();
                let answer = client.submit(batch).await.context("a batch was not taken")?;
                if answer.appended.len() != records {
                    bail!("{} of {records} records were appended", answer.appended.len());
                }
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}
