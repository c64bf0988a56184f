//! Why offers, answers and revisions are refused, in words; the same rules as the gate's. And what
//! a branch does by itself: it withdraws what has expired.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::custody::{ANSWER, Answer, Custody, Decision, OFFER, OfferName};
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::Reason;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision};

use super::super::decide::RecordKey;
use super::super::submit::{Draft, SubmitError};
use super::super::writer::Branch;
use super::release;
use crate::store::{HOLDINGS, IndexRow, OfferRow, Store, StoreError};

/// Open offers looked through at a time.
const OPEN: u64 = 1000;

pub(super) fn operation() -> Reason {
    Reason::new(
        "",
        "custody.operation",
        "移交提议以答复“撤回”收回，移交答复不得收回",
        "an offer is taken back by the answer that withdraws it, and an answer not at all",
    )
}

pub(super) fn lost(key: &RecordKey, held: &Custody) -> Reason {
    let (record, other) = (&key.1, held.other.as_ref().map_or("?", PlatformId::as_str));
    Reason::new(
        "",
        "custody.lost",
        format!("记录 {record} 已移交，现由 {other} 保管，请由其办理"),
        format!("record {record} was handed over: {other} has it now, and alone revises it"),
    )
}

pub(super) fn frozen(key: &RecordKey, offer: &OfferName) -> Reason {
    let (record, no) = (&key.1, &offer.no);
    Reason::new(
        "",
        "custody.frozen",
        format!(
            "记录 {record} 已提议移交（{no}），在答复之前不得修订；如须修订，请先撤回：sanheyi-node custody withdraw {no}"
        ),
        format!(
            "record {record} is offered ({no}) and not revised before the answer; to revise it, withdraw the offer: sanheyi-node custody withdraw {no}"
        ),
    )
}

pub(super) fn offered(key: &RecordKey, open: &OfferName) -> Reason {
    let (record, no) = (&key.1, &open.no);
    Reason::new(
        "record",
        "custody.offered",
        format!("记录 {record} 已在移交提议 {no} 中，须先撤回或等候答复"),
        format!("record {record} is offered already ({no}): withdraw that one first"),
    )
}

pub(super) fn to(to: &PlatformId) -> Reason {
    Reason::new(
        "to",
        "custody.to",
        format!("{to} 不是可接收的其他平台"),
        format!("{to} is no other platform that takes part"),
    )
}

pub(super) fn dataset(dataset: &str) -> Reason {
    Reason::new(
        "dataset",
        "custody.dataset",
        format!("数据集 {dataset} 的记录不能移交"),
        format!("records of dataset {dataset} are not handed over"),
    )
}

pub(super) fn expired() -> Reason {
    Reason::new(
        "expires_at",
        "custody.expired",
        "答复期限已过，请另定期限",
        "the offer would expire before it is made: give it a later end",
    )
}

pub(super) fn not_accepted(revision: u64) -> Reason {
    Reason::new(
        "revision",
        "custody.not_accepted",
        format!("第 {revision} 版已隔离，更正后方可移交"),
        format!("revision {revision} is quarantined: correct it first"),
    )
}

pub(super) fn no_offer(answer: &Answer) -> Reason {
    let Answer { offerer, no, revision, .. } = answer;
    Reason::new(
        "offer_no",
        "custody.no_offer",
        format!("{offerer} 没有编号为 {no} 的第 {revision} 版移交提议"),
        format!("{offerer} has made no offer {no} in revision {revision} that is known here"),
    )
}

pub(super) fn not_party() -> Reason {
    Reason::new(
        "decision",
        "custody.not_party",
        "移交由提议方撤回，由接收方接收或拒绝",
        "who offered withdraws; to whom it is offered accepts or refuses; nobody else",
    )
}

pub(super) fn decided(no: &str, decision: Decision) -> Reason {
    Reason::new(
        "",
        "custody.decided",
        format!("移交提议 {no} {}，先裁决者为准", decision.zh()),
        format!("offer {no} is {decision} already: what was judged first counts"),
    )
}

pub(super) fn name_taken(record: &str) -> Reason {
    Reason::new(
        "offer_no",
        "custody.name_taken",
        format!("本平台已有编号为 {record} 的记录，不能接收同编号的记录"),
        format!("this platform has a record {record} of its own, and takes no other"),
    )
}

/// An answer to an offer, as a draft that follows this platform's last answer to one of that
/// number.
///
/// # Errors
/// Of the database, or of a name that does not fit.
pub async fn answer_draft(
    store: &Store,
    offer: &OfferRow,
    decision: CustodyDecision,
    reason: &str,
    operator: &str,
    now: Timestamp,
) -> Result<Draft, StoreError> {
    let body = CustodyAnswer {
        offer_no: offer.no.clone(),
        offer_revision: u32::try_from(offer.revision).unwrap_or(u32::MAX),
        offerer: offer.from.to_string(),
        decision: decision.into(),
        reason: reason.to_owned(),
        operator: operator.to_owned(),
        answered_at: now.as_micros(),
    };
    draft(store, ANSWER, &format!("{}-{}", offer.from, offer.no), body.encode_to_vec(), now).await
}

/// A draft of the next revision of an own record.
///
/// # Errors
/// Of the database, or of a name that does not fit.
pub async fn draft(
    store: &Store,
    dataset: &str,
    record: &str,
    body: Vec<u8>,
    occurred: Timestamp,
) -> Result<Draft, StoreError> {
    let wrong = |error| StoreError::contradiction("record", "key", record, error);
    let head = store.record_head(dataset, record).await?;
    Ok(Draft {
        dataset: dataset.parse().map_err(wrong)?,
        record: record.parse().map_err(wrong)?,
        operation: Operation::Put,
        occurred,
        body: Bytes::from(body),
        follows: head.map(|head| (head.revision, head.place.digest)),
        reads: Vec::new(),
    })
}

impl Branch {
    /// There may be own offers that are open.
    pub fn expect_offers(&self) {
        self.offers.store(true, Ordering::Release);
    }

    /// Withdraws own offers that have expired without an answer: expiry makes no decision by
    /// itself. Answers how many.
    ///
    /// # Errors
    /// Of the database, or if the branch stops. That somebody else was faster is no error.
    pub async fn withdraw_expired(&self, now: Timestamp) -> Result<usize, SubmitError> {
        if !self.offers.swap(false, Ordering::AcqRel) {
            return Ok(0);
        }
        let open = self.store().offer_open(&HOLDINGS, Some(self.platform()), OPEN).await;
        // Until there is none this is asked again.
        let some = open.as_ref().map_or(true, |open| !open.is_empty());
        self.offers.fetch_or(some, Ordering::AcqRel);
        let judged = |offer: &OfferRow| offer.outcome.is_some() && offer.answered == 0;
        let mut withdrawn = 0;
        for offer in open?.into_iter().filter(judged) {
            if offer.offer.expires > now {
                continue;
            }
            let (reason, operator) = ("答复期限已过 · it has expired", "自动 · automatic");
            let how = CustodyDecision::Withdraw;
            let draft = answer_draft(self.store(), &offer, how, reason, operator, now).await?;
            match self.submit(vec![draft]).await {
                Ok(_) => withdrawn += 1,
                Err(SubmitError::Refused(_)) => {
                    tracing::debug!(offer = offer.no, "decided before it was withdrawn");
                }
                Err(other) => return Err(other),
            }
        }
        Ok(withdrawn)
    }
}

/// After an adoption: offers that are no longer in the journal freeze nothing.
pub(in crate::branch) async fn release_gone(store: &Store) -> Result<(), StoreError> {
    let open = store.offer_open(&HOLDINGS, Some(store.platform()), OPEN).await?;
    for row in open.iter().filter(|row| row.outcome.is_none()) {
        let asked = [IndexRow::asked(OFFER, &row.no, row.revision)];
        if store.record_places(&asked).await?.into_iter().flatten().next().is_none() {
            let mut tx = store.begin("offer_release").await?;
            release(&mut tx, store, &row.no, row.revision).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}
