//! Offers of custody and answers to them, as drafts.

use prost::Message as _;
use sanheyi_exchange_spec::custody::{ANSWER, OFFER};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Appended, Draft};
use sanheyi_node::store::{HOLDINGS, OfferRow, Store};
use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision, CustodyOffer};

use crate::fixtures::{MORNING, draft};
use crate::patience::until;

/// A day, in microseconds.
pub const DAY: i64 = 24 * 3_600_000_000;

/// When offers of this room end: five days after the morning.
pub fn expiry() -> Timestamp {
    Timestamp::from_micros(MORNING.as_micros() + 5 * DAY)
}

/// An offer of the head of a record.
pub fn offer(no: &str, dataset: &str, record: &str, head: &Appended, to: &str) -> Draft {
    let body = CustodyOffer {
        no: no.into(),
        dataset: dataset.into(),
        record: record.into(),
        revision: u32::try_from(head.revision).unwrap_or(u32::MAX),
        digest: head.digest.to_string(),
        to: to.into(),
        expires_at: expiry().as_micros(),
        reason: "当事人住所地在该区".into(),
        operator: "王建国".into(),
    };
    draft(OFFER, no, body.encode_to_vec())
}

/// The first answer to the first offer of that number.
pub fn answer(offerer: &str, no: &str, decision: CustodyDecision) -> Draft {
    let body = CustodyAnswer {
        offer_no: no.into(),
        offer_revision: 1,
        offerer: offerer.into(),
        decision: decision.into(),
        reason: "按管辖规定办理".into(),
        operator: "李明".into(),
        answered_at: MORNING.as_micros(),
    };
    draft(ANSWER, &format!("{offerer}-{no}"), body.encode_to_vec())
}

/// Waits until a branch has been told of an offer, and that its outcome is as wished.
///
/// # Panics
/// If the store fails.
pub async fn heard(
    store: &Store,
    from: &PlatformId,
    no: &str,
    wished: impl Fn(&OfferRow) -> bool,
) -> OfferRow {
    until("the branch has heard what became of an offer", async || {
        let row = store.offer_get(&HOLDINGS, from, no, 1).await.expect("the offer");
        row.as_ref().is_some_and(&wished)
    })
    .await;
    let row = store.offer_get(&HOLDINGS, from, no, 1).await.expect("the offer");
    row.expect("it was there just now")
}
