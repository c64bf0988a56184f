//! Offers of custody, and what is answered to them.

use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision, CustodyOffer};

use super::{MORNING, Sample, sample};

fn offer() -> CustodyOffer {
    CustodyOffer {
        no: "YJ-2010-0001".into(),
        dataset: "case.case".into(),
        record: "JS048100JT0000000217".into(),
        revision: 1,
        digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        to: "wujin".into(),
        expires_at: MORNING + 5 * 24 * 3_600_000_000,
        reason: "当事人住所地在武进，移送有管辖权的机关".into(),
        operator: "王建国".into(),
    }
}

fn answer() -> CustodyAnswer {
    CustodyAnswer {
        offer_no: "YJ-2010-0001".into(),
        offer_revision: 1,
        offerer: "jintan".into(),
        decision: CustodyDecision::Refuse.into(),
        reason: "不属于本机关管辖".into(),
        operator: "李明".into(),
        answered_at: MORNING,
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let accepted = CustodyAnswer {
        decision: CustodyDecision::Accept.into(),
        reason: String::new(),
        ..answer()
    };
    vec![
        sample("custody.offer", &offer()),
        sample("custody.answer", &answer()),
        sample("custody.answer", &accepted),
    ]
}
