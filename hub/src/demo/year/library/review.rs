//! Words of the legal office on items (审核意见), and their publication (公布).

use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{
    CatalogueChange, Publication, PublicationAct, PublicationForm, Review, ReviewResult,
    ReviewStage,
};

use crate::demo::items::{self, Item};
use crate::demo::year::calendar::YEAR_BEGINS;
use crate::demo::year::{District, Written};

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;

/// What the legal office is asked.
pub(super) struct Word {
    pub(super) version: u32,
    pub(super) stage: ReviewStage,
    pub(super) change: CatalogueChange,
    /// When it was asked.
    pub(super) asked: Option<i64>,
}

/// An act of publication.
pub(super) struct Act {
    pub(super) version: u32,
    pub(super) serial: u32,
    pub(super) act: PublicationAct,
    pub(super) reason: &'static str,
}

/// What was said and done of an item before the year began.
pub(super) fn standing(district: &District, item: &Item) -> Vec<Written> {
    let word = |stage, days| {
        let asked = Some(YEAR_BEGINS - 60 * DAY);
        let word = Word { version: 1, stage, change: CatalogueChange::Added, asked };
        let mut written = record(district, item, &word, YEAR_BEGINS - days * DAY);
        written.occurred = Timestamp::from_micros(YEAR_BEGINS);
        written
    };
    let act = Act { version: 1, serial: 1, act: PublicationAct::Published, reason: "" };
    vec![
        word(ReviewStage::Review, 45),
        word(ReviewStage::Confirmation, 30),
        publication(district, item, &act, YEAR_BEGINS),
    ]
}

/// A review; its serial number is its stage.
pub(super) fn record(district: &District, item: &Item, word: &Word, at: i64) -> Written {
    let serial = if word.stage == ReviewStage::Review { 1 } else { 2 };
    let legal = district.organisation(items::LEGAL);
    let body = Review {
        power_code: item.code(district.region),
        power_version: word.version,
        serial,
        stage: word.stage.into(),
        change: word.change.into(),
        batch: match word.asked {
            Some(asked) if asked >= YEAR_BEGINS => "2010-02".into(),
            _ => "2010-01".into(),
        },
        requested_by: items::in_charge(&item.organisation(district.region)).name,
        requested_at: word.asked,
        request: format!("“{}”列入目录，依据：{}。", item.name, item.law()),
        reviewer: items::in_charge(&legal).name,
        reviewer_organisation: legal,
        opinion: "依据充分，主体适格，期限合法，同意。".into(),
        result: ReviewResult::Agreed.into(),
        reviewed_at: at,
        ..Review::default()
    };
    let record = format!("{}-{}-{serial:03}", body.power_code, body.power_version);
    Written::first("catalogue.review", record, at, &body)
}

/// An act of publication.
pub(super) fn publication(district: &District, item: &Item, act: &Act, at: i64) -> Written {
    let body = Publication {
        power_code: item.code(district.region),
        power_version: act.version,
        serial: act.serial,
        act: act.act.into(),
        forms: vec![PublicationForm::Website.into(), PublicationForm::ServiceHall.into()],
        places: vec![format!("{}政务服务大厅公示栏", district.title_zh)],
        at,
        document: format!("权力目录公告〔2010〕{}号", act.serial),
        reason: act.reason.into(),
        publisher: items::in_charge(&item.organisation(district.region)).name,
    };
    let record = format!("{}-{}-{:03}", body.power_code, body.power_version, body.serial);
    Written::first("catalogue.publication", record, at, &body)
}
