//! What an erasure would take, who was shown it, and how that is said.

use std::collections::BTreeSet;

use bytes::Bytes;
use sanheyi_exchange_spec::custody::OFFER;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::rulebook::Scope;
use sanheyi_proto::standard::v1::{CustodyOffer, Joint};
use serde::Serialize;

use super::EraseTold;
use crate::cli::Answer;
use crate::cli::local::{rfc3339, shown};
use crate::cli::oversight::{Ground, Whose};
use crate::cli::table::{Align, Table, grouped};
use crate::store::StoreError;

/// State of a body that is gone.
pub(super) const ERASED: &str = "erased";
/// State of a body that is there.
const WHOLE: &str = "whole";
/// Dataset of a request that shows records to a partner.
const JOINT: &str = "case.joint";

/// What is, or would be, erased; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct EraseReport {
    /// Dataset of the record.
    pub dataset: String,
    /// The record.
    pub record: String,
    /// Its revisions in this platform's journal.
    pub revisions: Vec<ShownRevision>,
    /// Who was shown some of it, or may have been, as far as these rows know; the hub besides.
    pub shown_to: Vec<ShownTo>,
    /// SHA-256 of files that the bodies name; they stay.
    pub files: BTreeSet<String>,
    /// Whether it was erased.
    pub done: bool,
}

/// A revision.
#[derive(Clone, Debug, Serialize)]
pub struct ShownRevision {
    /// Its number.
    pub revision: u64,
    /// Where it stands in the journal.
    pub sequence: u64,
    /// Its digest.
    pub digest: String,
    /// When it happened.
    pub occurred: Option<String>,
    /// `put` or `withdraw`.
    pub operation: &'static str,
    /// Bytes of its body; 0 where that is gone.
    pub bytes: u64,
    /// `whole` or `erased`.
    pub state: &'static str,
    /// Whether it is one of those that were named.
    pub chosen: bool,
    /// Where the entry stands that says that the body is gone, if it was written now.
    pub erasure: Option<u64>,
    #[serde(skip)]
    happened: String,
}

/// Somebody who was shown it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ShownTo {
    /// The platform.
    pub platform: String,
    /// `policy`, `addressee`, `joint` or `custody`.
    pub why: &'static str,
    /// The policy, the request or the offer; of an addressee empty.
    pub by: String,
    /// Whether policies permit it now; an offer of custody needs none.
    pub permitted: bool,
}

// === impl EraseReport ===

impl EraseReport {
    /// Whether there is a revision of that number.
    pub fn has(&self, revision: u64) -> bool {
        self.revisions.iter().any(|one| one.revision == revision)
    }

    /// Revisions that are named and have a body.
    pub fn to_erase(&self) -> impl Iterator<Item = &ShownRevision> {
        self.revisions.iter().filter(|one| one.is_to_erase())
    }
}

// === impl ShownRevision ===

impl ShownRevision {
    /// Whether it is named and has a body.
    pub fn is_to_erase(&self) -> bool {
        self.chosen && self.state == WHOLE
    }
}

/// What is there of a record, and the bodies that would go.
pub(super) async fn planned(
    ground: &Ground,
    told: &EraseTold,
    limit: u64,
) -> Result<(EraseReport, Vec<Bytes>), StoreError> {
    let (dataset, record) = (told.dataset.as_str(), told.record.as_str());
    let (mut revisions, mut bodies) = (Vec::new(), Vec::new());
    for found in ground.store.record_revisions(dataset, record, limit).await? {
        let place = found.place;
        let Some(entry) = ground.store.entry_get(place.journal, place.sequence).await? else {
            continue;
        };
        let chosen = told.revision.is_none_or(|one| one == found.revision);
        revisions.push(ShownRevision {
            revision: found.revision,
            sequence: place.sequence,
            digest: place.digest.to_string(),
            occurred: rfc3339(entry.header.occurred),
            operation: match entry.header.operation {
                Operation::Put => "put",
                Operation::Withdraw => "withdraw",
            },
            bytes: entry.body.as_ref().map_or(0, |body| body.len() as u64),
            state: if entry.body.is_some() { WHOLE } else { ERASED },
            chosen,
            erasure: None,
            happened: shown(entry.header.occurred),
        });
        bodies.extend(entry.body.filter(|_| chosen));
    }
    let mut files = BTreeSet::new();
    if let Some(known) = sanheyi_proto::dataset(dataset) {
        for body in &bodies {
            known.attached(body, |file| {
                files.insert(file.sha256.to_owned());
            });
        }
    }
    let (dataset, record) = (dataset.to_owned(), record.to_owned());
    let (shown_to, done) = (Vec::new(), false);
    Ok((EraseReport { dataset, record, revisions, shown_to, files, done }, bodies))
}

/// Who was shown a record, or may have been: whoever policies show all of its dataset, whom a body
/// names, whom an own request asked for help with it, and to whom it was offered.
pub(super) async fn shown_to(
    ground: &Ground,
    told: &EraseTold,
    bodies: &[Bytes],
) -> Result<Vec<ShownTo>, StoreError> {
    let (dataset, record) = (told.dataset.as_str(), told.record.as_str());
    let own = ground.store.platform();
    let sees = |reader: &str| {
        let reader = reader.parse().ok()?;
        ground.rules.policies().may_see(&reader, dataset, own, ground.now).permitted
    };
    let mut shown = BTreeSet::new();
    for one in ground.rules.platforms().map(|one| &one.platform) {
        let policies = ground.rules.policies();
        let decision = policies.may_see(one, dataset, own, ground.now);
        if decision.permitted == Some(Scope::All) && one != own && *one != ground.hub {
            let by = decision.decided.map(|rule| rule.id.to_string()).unwrap_or_default();
            let (platform, why) = (one.to_string(), "policy");
            shown.insert(ShownTo { platform, why, by, permitted: true });
        }
    }
    let mut named = |platform: String, why, by: String| {
        let permitted = why == "custody" || sees(&platform).is_some();
        if platform != own.as_str() {
            shown.insert(ShownTo { platform, why, by, permitted });
        }
    };
    if let Some(field) = sanheyi_proto::dataset(dataset).and_then(|known| known.addressee) {
        let mut addressee = String::new();
        for body in bodies {
            if field.name(body, &mut addressee) {
                named(addressee.clone(), "addressee", String::new());
            }
        }
    }
    for request in ground.all::<Joint>(JOINT, "", Whose::Everybodys).await? {
        let mut parts = request.body.parts.iter();
        let is_part = parts.any(|part| part.dataset == dataset && part.record == record);
        if is_part && request.author == *own {
            named(request.body.partner, "joint", request.record);
        }
    }
    for offer in ground.all::<CustodyOffer>(OFFER, "", Whose::Everybodys).await? {
        let is_of = offer.body.dataset == dataset && offer.body.record == record;
        if offer.author == *own && is_of {
            named(offer.body.to, "custody", offer.record);
        }
    }
    Ok(shown.into_iter().collect())
}

/// Shows what is, or would be, erased.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn shown_as(report: &EraseReport, json: bool) -> anyhow::Result<Answer> {
    Answer::report(report, json, text)
}

fn text(report: &EraseReport) -> String {
    let EraseReport { dataset, record, .. } = report;
    let mut text = match report.done {
        true => format!("已删除正文 · erased: {dataset} {record}\n"),
        false => format!("将删除正文 · to be erased: {dataset} {record}\n"),
    };
    let mut table = Table::new(&[
        ("版 REV", Align::Right),
        ("序号 SEQ", Align::Right),
        ("发生 OCCURRED", Align::Left),
        ("正文字节 BYTES", Align::Right),
        ("状态 STATE", Align::Left),
    ]);
    for one in &report.revisions {
        let state = match (one.erasure, one.is_to_erase(), one.state == ERASED) {
            (Some(at), ..) => format!("已删除，记于序号 {at} · erased, said at {at}"),
            (None, true, _) => "将删除 · to be erased".to_owned(),
            (None, false, true) => "此前已删除 · erased before".to_owned(),
            (None, false, false) => "保留 · stays".to_owned(),
        };
        let (revision, sequence) = (one.revision.to_string(), one.sequence.to_string());
        table.row([revision, sequence, one.happened.clone(), grouped(one.bytes), state]);
    }
    text.push_str(&table.render());
    text.push_str("曾转送、可能转送至（本级所知） · shown, or perhaps shown, to (as far as it is known here):\n");
    text.push_str("  市级平台 · the hub\n");
    for one in &report.shown_to {
        text.push_str(&format!("  {}  {} {}", one.platform, why(one.why), one.by));
        if !one.permitted {
            text.push_str("（现行策略不允许） (policies do not permit it now)");
        }
        text.push('\n');
    }
    text.push_str("  以上各方收到删除条目后删除各自的正文 · each erases its own when it has the entry that says so\n");
    text.push_str("不删除 · stays: 首部、摘要、签名与一切证明 · header, digest, signatures and every proof; 备份与摆渡文件 · backups and carry files\n");
    for file in &report.files {
        text.push_str(&format!("  附件 · file {file}\n"));
    }
    if !report.done {
        text.push_str("以上仅为说明，未作删除；确认无误后加 --yes 执行，正文不可恢复 · nothing was erased: add --yes to do it; bodies do not come back\n");
    }
    text
}

fn why(why: &str) -> &'static str {
    match why {
        "addressee" => "收件平台 · addressee",
        "joint" => "协同办理 · joint",
        "custody" => "移交 · custody",
        _ => "策略 · policy",
    }
}
