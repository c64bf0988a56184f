//! How custody is shown: keys of JSON, and tables.

use sanheyi_exchange_spec::custody::{Decision, Outcome};
use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;

use super::super::Answer;
use super::super::local::{rfc3339, shown};
use super::super::table::{Align, Table};
use crate::store::{CustodyRow, OfferRow};

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustodyReport {
    /// Records to which something has happened, ascending.
    pub records: Vec<ShownCustody>,
    /// Offers that are not decided, the platform's own among them.
    pub offers: Vec<ShownOffer>,
}

/// Who has a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownCustody {
    /// Its dataset.
    pub dataset: String,
    /// The record.
    pub record: String,
    /// `offered`, `lost`, `held` or `own`.
    pub state: &'static str,
    /// How often its custodian has changed.
    pub epoch: u64,
    /// From whom it came, or who has it now.
    pub other: Option<String>,
    /// The revision that was taken over.
    pub base: Option<u64>,
    /// The open offer.
    pub offer: Option<String>,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownOffer {
    /// Its number.
    pub no: String,
    /// Its revision.
    pub revision: u64,
    /// Who offers.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Dataset of the record.
    pub dataset: String,
    /// The record.
    pub record: String,
    /// The revision that it freezes.
    pub frozen: u64,
    /// The digest of that revision.
    pub digest: String,
    /// The custody epoch that it would open.
    pub epoch: u64,
    /// When it ends without an answer.
    pub expires: Option<String>,
    /// Why.
    pub reason: String,
    /// `unjudged` or `offered`.
    pub outcome: &'static str,
    /// Whether this platform has answered it.
    pub answered: bool,
    #[serde(skip)]
    until: String,
}

/// Shows a listing.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn shown_as(report: &CustodyReport, json: bool) -> anyhow::Result<Answer> {
    Answer::report(report, json, text)
}

fn text(report: &CustodyReport) -> String {
    if report.records.is_empty() && report.offers.is_empty() {
        return "没有移交 · nothing is offered, and nothing was handed over\n".to_owned();
    }
    let mut records = Table::new(&[
        ("数据集 · dataset", Align::Left),
        ("记录 · record", Align::Left),
        ("保管 · state", Align::Left),
        ("期 · epoch", Align::Right),
        ("对方 · other", Align::Left),
        ("提议 · offer", Align::Left),
    ]);
    for one in &report.records {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "—".to_owned());
        records.row([
            one.dataset.clone(),
            one.record.clone(),
            one.state.to_owned(),
            one.epoch.to_string(),
            or(&one.other),
            or(&one.offer),
        ]);
    }
    let mut offers = Table::new(&[
        ("提议 · offer", Align::Left),
        ("自 · from", Align::Left),
        ("至 · to", Align::Left),
        ("记录 · record", Align::Left),
        ("版 · revision", Align::Right),
        ("期限 · expires", Align::Left),
        ("结果 · outcome", Align::Left),
    ]);
    for one in &report.offers {
        offers.row([
            one.no.clone(),
            one.from.clone(),
            one.to.clone(),
            format!("{} {}", one.dataset, one.record),
            one.frozen.to_string(),
            one.until.clone(),
            one.outcome.to_owned(),
        ]);
    }
    format!("{}\n{}", records.render(), offers.render())
}

// === impl ShownCustody ===

impl ShownCustody {
    pub(super) fn of(row: CustodyRow) -> Self {
        let CustodyRow { dataset, record, custody } = row;
        let state = match (&custody.frozen, custody.ours, &custody.base) {
            (Some(_), ..) => "offered",
            (None, false, _) => "lost",
            (None, true, Some(_)) => "held",
            (None, true, None) => "own",
        };
        Self {
            dataset,
            record,
            state,
            epoch: custody.epoch,
            other: custody.other.map(|other| other.to_string()),
            base: custody.base.map(|(base, _)| base),
            offer: custody.frozen.map(|offer| offer.no),
        }
    }
}

// === impl ShownOffer ===

impl ShownOffer {
    pub(super) fn of(row: OfferRow) -> Self {
        let expires: Timestamp = row.offer.expires;
        Self {
            no: row.no,
            revision: row.revision,
            from: row.from.to_string(),
            to: row.offer.to.to_string(),
            dataset: row.offer.dataset.to_string(),
            record: row.offer.record.to_string(),
            frozen: row.offer.revision,
            digest: row.offer.digest.to_string(),
            epoch: row.epoch,
            expires: rfc3339(expires),
            reason: row.offer.reason,
            outcome: match row.outcome {
                None => "unjudged",
                Some(Outcome::Offered) => "offered",
                Some(Outcome::Decided(Decision::Accept)) => "accepted",
                Some(Outcome::Decided(Decision::Refuse)) => "refused",
                Some(Outcome::Decided(Decision::Withdraw)) => "withdrawn",
            },
            answered: row.answered > 0,
            until: shown(expires),
        }
    }
}
