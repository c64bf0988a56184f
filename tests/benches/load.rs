//! The load: steps of cases with a long note, about 600 bytes each, the same in every run.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use prost::Message as _;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_tests::fixtures::{MORNING, STEP, case_no, step};
use tokio::sync::mpsc;

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

/// Batches that are ready before they are asked for, where they are made on the way.
const AHEAD: usize = 32;
/// Half of the bits of a number that holds every serial number of ten digits.
const HALF: u32 = 17;
/// Serial numbers of the standard have ten digits.
const SERIALS: u64 = 10_000_000_000;
/// Rounds of the permutation.
const ROUNDS: [u64; 4] =
    [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93];

/// Drafts that are handed in together.
pub(crate) type Batch = Vec<wire::Draft>;

/// In which order the ids of records come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Each behind all before it, as serial numbers are given.
    Ascending,
    /// Anywhere among those before it; the same in every run.
    Random,
}

impl Ids {
    /// Its word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Ids::Ascending => "ascending",
            Ids::Random => "random",
        }
    }

    /// The case of the `number`th record, and which step of it the record is.
    fn place(self, number: u64) -> (u64, u32) {
        let ordinal = u32::try_from(number % STEPS).unwrap_or(0) + 1;
        match self {
            Ids::Ascending => (number / STEPS, ordinal),
            Ids::Random => (shuffled(number), ordinal),
        }
    }
}

/// A permutation of all serial numbers of ten digits: a Feistel network over 34 bits, walked on
/// until it is among them again. So no two records have one id.
fn shuffled(number: u64) -> u64 {
    let mask = (1 << HALF) - 1;
    let mut mixed = number % SERIALS;
    loop {
        let (mut left, mut right) = (mixed >> HALF, mixed & mask);
        for round in ROUNDS {
            let turned = (right ^ round).wrapping_mul(round) >> (64 - HALF);
            (left, right) = (right, left ^ turned);
        }
        mixed = left << HALF | right;
        if mixed < SERIALS {
            return mixed;
        }
    }
}

/// The body of the `number`th record.
pub(crate) fn body(number: u64) -> Vec<u8> {
    body_of(Ids::Ascending, number)
}

fn body_of(ids: Ids, number: u64) -> Vec<u8> {
    let (serial, ordinal) = ids.place(number);
    let mut step = step(serial, ordinal);
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
    record_of(Ids::Ascending, number)
}

fn record_of(ids: Ids, number: u64) -> String {
    let (serial, ordinal) = ids.place(number);
    format!("{}-{ordinal:04}", case_no(serial))
}

/// The `number`th draft.
pub(crate) fn draft(ids: Ids, number: u64) -> wire::Draft {
    wire::Draft {
        dataset: STEP.to_owned(),
        record: record_of(ids, number),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: body_of(ids, number).into(),
        follows_revision: 0,
        follows_digest: bytes::Bytes::new(),
        reads: Vec::new(),
    }
}

/// Drafts in batches, made before the clock starts.
pub(crate) fn batches(ids: Ids, numbers: Range<u64>, size: u64) -> Vec<Batch> {
    cut(ids, numbers, size).collect()
}

/// Drafts in batches, made while others are handed in: memory stays flat, however many.
pub(crate) fn feed(ids: Ids, numbers: Range<u64>, size: u64) -> mpsc::Receiver<Batch> {
    let (feed, fed) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        for batch in cut(ids, numbers, size) {
            if feed.blocking_send(batch).is_err() {
                return;
            }
        }
    });
    fed
}

fn cut(ids: Ids, numbers: Range<u64>, size: u64) -> impl Iterator<Item = Batch> {
    let end = numbers.end;
    let firsts = numbers.step_by(usize::try_from(size).unwrap_or(1));
    firsts.map(move |first| (first..end.min(first + size)).map(|one| draft(ids, one)).collect())
}

/// Hands batches in over several connections at once, each waiting for its answer before it hands
/// in the next. Returns when all are durable.
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
                submit(&client, batch).await?;
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

/// As [`hand_in`], for batches that are made on the way.
///
/// # Errors
/// As [`hand_in`].
pub(crate) async fn hand_on(
    clients: Vec<IntakeClient>,
    fed: mpsc::Receiver<Batch>,
) -> anyhow::Result<()> {
    let queue = Arc::new(tokio::sync::Mutex::new(fed));
    let mut writers = tokio::task::JoinSet::new();
    for client in clients {
        let queue = Arc::clone(&queue);
        writers.spawn(async move {
            loop {
                let next = queue.lock().await.recv().await;
                let Some(batch) = next else { return anyhow::Ok(()) };
                submit(&client, batch).await?;
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn submit(client: &IntakeClient, batch: Batch) -> anyhow::Result<()> {
    let records = batch.len();
    let answer = client.submit(batch).await.context("a batch was not taken")?;
    if answer.appended.len() != records {
        bail!("{} of {records} records were appended", answer.appended.len());
    }
    Ok(())
}
