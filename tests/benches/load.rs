//! The load: cases with their steps, about 600 bytes each, the same in every run. All cases run on
//! one power item, which is there before the clock starts.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use prost::Message as _;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::standard::v1::Bulletin;
use sanheyi_tests::fixtures::{
    self, CASE, COMPLAINT, MORNING, POWER, STEP, case, case_no, complaint, complaint_no, new_item,
    step, step_no,
};
use sanheyi_tests::world::wire_draft;
use tokio::sync::mpsc;

/// A case and its steps. Batches of so many, or of a multiple, never part a case from its steps:
/// handed in side by side they may overtake each other, and a step before its case is pending.
pub(crate) const FAMILY: u64 = 5;
/// A note is long enough for a step of about 600 bytes.
const NOTE_BYTES: usize = 440;
/// And a summary for such a case: up to 200 characters.
const SUMMARY_BYTES: usize = 300;
/// And what a complaint says, beside the names and numbers that it has: about 600 bytes, too.
const COMPLAINT_BYTES: usize = 200;
/// Records that are there before the clock starts: the power item.
pub(crate) const SET_UP: u64 = 1;
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

/// Which records come, and in which order their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// A case, then its steps; each behind all before it, as serial numbers are given.
    Ascending,
    /// Cases, anywhere among those before them; the same in every run.
    Random,
    /// Cases, ascending: for what is handed in one by one.
    Single,
}

/// A record of the load.
#[derive(Clone, Copy)]
enum Place {
    /// The case of this serial number.
    Case(u64),
    /// A step of it.
    Step(u64, u32),
}

impl Ids {
    /// Its word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Ids::Ascending => "ascending",
            Ids::Random => "random",
            Ids::Single => "single",
        }
    }

    /// What the `number`th record is.
    fn place(self, number: u64) -> Place {
        match (self, number % FAMILY) {
            (Ids::Ascending, 0) => Place::Case(number / FAMILY),
            (Ids::Ascending, ordinal) => {
                Place::Step(number / FAMILY, u32::try_from(ordinal).unwrap_or(1))
            }
            (Ids::Random, _) => Place::Case(shuffled(number)),
            (Ids::Single, _) => Place::Case(number),
        }
    }
}

impl Place {
    const fn dataset(self) -> &'static str {
        match self {
            Place::Case(_) => CASE,
            Place::Step(..) => STEP,
        }
    }

    fn record(self) -> String {
        match self {
            Place::Case(serial) => case_no(serial),
            Place::Step(serial, ordinal) => step_no(serial, ordinal),
        }
    }

    fn body(self, number: u64) -> Vec<u8> {
        match self {
            Place::Case(serial) => {
                let mut case = case(serial);
                case.r#abstract = sentences(number, SUMMARY_BYTES);
                case.encode_to_vec()
            }
            Place::Step(serial, ordinal) => {
                let mut step = step(serial, ordinal);
                step.note = sentences(number, NOTE_BYTES);
                step.encode_to_vec()
            }
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

/// The id and the body of the `number`th record, ascending.
pub(crate) fn record(number: u64) -> (String, Vec<u8>) {
    let place = Ids::Ascending.place(number);
    (place.record(), place.body(number))
}

/// Sentences in a deterministic mix, each with a number of its own, as officials write them.
fn sentences(number: u64, bytes: usize) -> String {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = String::with_capacity(bytes + 64);
    while text.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let place = usize::try_from(state % PHRASES.len() as u64).unwrap_or(0);
        text.push_str(PHRASES[place]);
        text.push_str(&format!("文号{:05}；", (state >> 20) % 100_000));
    }
    text
}

/// The `number`th draft.
pub(crate) fn draft(ids: Ids, number: u64) -> wire::Draft {
    let place = ids.place(number);
    wire::Draft {
        dataset: place.dataset().to_owned(),
        record: place.record(),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: place.body(number).into(),
        follows_revision: 0,
        follows_digest: bytes::Bytes::new(),
        reads: Vec::new(),
    }
}

/// Hands in what every load refers to, first of all.
///
/// # Errors
/// If it is refused.
pub(crate) async fn set_up(client: &IntakeClient) -> anyhow::Result<()> {
    submit(client, vec![wire_draft(new_item(POWER))]).await.map(drop)
}

/// Drafts in batches, made before the clock starts.
pub(crate) fn batches(ids: Ids, numbers: Range<u64>, size: u64) -> Vec<Batch> {
    cut(ids, numbers, size).collect()
}

/// Complaints that the hub addresses to `platform`, in batches, made before the clock starts.
pub(crate) fn downward(platform: &PlatformId, numbers: Range<u64>, size: u64) -> Vec<Batch> {
    let drafts = |first: u64, end: u64| (first..end).map(|one| complaint_to(platform, one));
    let firsts = numbers.clone().step_by(usize::try_from(size).unwrap_or(1));
    firsts.map(|first| drafts(first, numbers.end.min(first + size)).collect()).collect()
}

fn complaint_to(platform: &PlatformId, number: u64) -> wire::Draft {
    let mut complaint = complaint(number);
    complaint.content = sentences(number, COMPLAINT_BYTES);
    complaint.addressee = platform.to_string();
    wire_draft(fixtures::draft(COMPLAINT, &complaint_no(number), complaint.encode_to_vec()))
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
/// in the next. Returns when all are durable: with the size of the journal that holds the last.
///
/// # Errors
/// If a batch is refused or an answer is lost.
pub(crate) async fn hand_in(
    clients: Vec<IntakeClient>,
    batches: Vec<Batch>,
) -> anyhow::Result<u64> {
    let queue = Arc::new(Mutex::new(batches.into_iter()));
    let mut writers = tokio::task::JoinSet::new();
    for client in clients {
        let queue = Arc::clone(&queue);
        writers.spawn(async move {
            let mut size = 0;
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(batch) = next else { return anyhow::Ok(size) };
                size = size.max(submit(&client, batch).await?);
            }
        });
    }
    let mut size = 0;
    while let Some(ended) = writers.join_next().await {
        size = size.max(ended??);
    }
    Ok(size)
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

/// What the hub says to all.
pub(crate) fn bulletin() -> wire::Draft {
    let body = Bulletin {
        no: "TB-2026-01".to_owned(),
        title: "2026 年第一季度权力运行情况通报".to_owned(),
        period_from: "2026-01-01".to_owned(),
        period_until: "2026-03-31".to_owned(),
        text: sentences(1, NOTE_BYTES),
        signed_by: "王建国".to_owned(),
        signed_at: MORNING.as_micros(),
        ..Bulletin::default()
    };
    wire_draft(fixtures::draft("exchange.bulletin", &body.no, body.encode_to_vec()))
}

/// Hands a batch in; answers the size of the journal behind it.
///
/// # Errors
/// If not all of it is taken.
pub(crate) async fn submit(client: &IntakeClient, batch: Batch) -> anyhow::Result<u64> {
    let records = batch.len();
    let answer = client.submit(batch).await.context("a batch was not taken")?;
    if answer.appended.len() != records {
        let why = answer.refused.iter().flat_map(|one| &one.reasons).next();
        let why = why.map_or("", |reason| reason.en.as_str());
        bail!("{} of {records} records were appended: {why}", answer.appended.len());
    }
    Ok(answer.appended.iter().map(|one| one.sequence + 1).max().unwrap_or(0))
}
