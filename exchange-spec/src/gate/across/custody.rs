//! Custody (rule 18): the author writes in the epoch that it holds; an offer freezes what was
//! judged and accepted; of the answers the first that is judged counts.

use super::super::{Candidate, Facts, Findings, Reason, Standing, Wait};
use super::Absent;
use crate::custody::{
    ANSWER, Answer, Custody, Decision, FIRST, OFFER, Offer, OfferName, OfferState,
};
use crate::entry::{HeaderView, Operation};
use crate::ids::PlatformId;

/// The author writes in the custody epoch that it holds, and nothing while an offer is open.
pub(super) fn epoch(
    header: &HeaderView<'_>,
    facts: &Facts,
    findings: &mut Findings,
    absent: &mut Absent,
) {
    let HeaderView { dataset, record, custody_epoch: epoch, .. } = *header;
    if header.operation == Operation::Withdraw && (dataset == OFFER || dataset == ANSWER) {
        let (zh, en) = (
            "移交提议以答复“撤回”收回，移交答复不得收回",
            "an offer is taken back by the answer that withdraws it, and an answer not at all",
        );
        findings.error("", "custody.operation", zh, en);
    }
    let held = facts.custody.record(dataset, record);
    let holds = held.map_or(FIRST, |held| held.epoch);
    if epoch > holds {
        return absent.add(unknown(record, epoch), wait(dataset, record, epoch));
    }
    let Some(held) = held else { return };
    match &held.frozen {
        _ if !held.ours => lost(record, held, findings),
        _ if epoch < holds => findings.error(
            "",
            "custody.epoch",
            format!("记录 {record} 现为第 {holds} 个保管期，本条写于第 {epoch} 个，请重新读取后再写"),
            format!(
                "record {record} is in custody epoch {holds} and this is written in {epoch}: read it again and write again"
            ),
        ),
        Some(offer) => absent.add(
            Reason::new(
                "",
                "custody.frozen",
                format!("记录 {record} 已提议移交（{}），在答复或撤回之前不得修订；届时再判", offer.no),
                format!(
                    "record {record} is offered ({}): what is written before the answer is judged after it",
                    offer.no
                ),
            ),
            Wait::Decision { offer: offer.no.clone(), revision: offer.revision },
        ),
        None => after(header, held, findings),
    }
}

fn unknown(record: &str, epoch: u64) -> Reason {
    Reason::new(
        "",
        "custody.unknown",
        format!("记录 {record} 写于第 {epoch} 个保管期，本级尚未收到此次移交，收到后再判"),
        format!(
            "record {record} is written in custody epoch {epoch}, whose hand-over is not known here yet"
        ),
    )
}

fn wait(dataset: &str, record: &str, epoch: u64) -> Wait {
    Wait::Custody { dataset: dataset.to_owned(), record: record.to_owned(), epoch }
}

fn lost(record: &str, held: &Custody, findings: &mut Findings) {
    let other = held.other.as_ref().map_or("?", PlatformId::as_str);
    findings.error(
        "",
        "custody.lost",
        format!("记录 {record} 已移交，现由 {other} 保管，本平台不得修订"),
        format!("record {record} was handed over: {other} has it now, and alone revises it"),
    );
}

/// What was taken over is revised from there on.
fn after(header: &HeaderView<'_>, held: &Custody, findings: &mut Findings) {
    let HeaderView { record, revision, .. } = *header;
    let Some((base, _)) = held.base.filter(|(base, _)| revision <= *base) else { return };
    findings.error(
        "",
        "custody.revision",
        format!("记录 {record} 移交时已至第 {base} 版，应续写第 {} 版", base + 1),
        format!("record {record} was handed over in revision {base}: the next is {}", base + 1),
    );
}

/// Whether the record came from another platform.
pub(super) fn is_taken_over(header: &HeaderView<'_>, facts: &Facts) -> bool {
    let held = facts.custody.record(header.dataset, header.record);
    held.is_some_and(|held| held.ours && held.base.is_some())
}

/// The digest of what was taken over, where this is that revision.
pub(super) fn base(facts: &Facts, dataset: &str, record: &str, revision: u64) -> Option<Base> {
    let held = facts.custody.record(dataset, record).filter(|held| held.ours)?;
    held.base.filter(|(base, _)| *base == revision).map(|(_, digest)| digest)
}

type Base = crate::suite::Digest;

/// Judges offers and answers whose fields are good.
pub(super) fn judge(
    entry: &Candidate<'_>,
    facts: &Facts,
    findings: &mut Findings,
    absent: &mut Absent,
) {
    let Some(body) = entry.body else { return };
    match entry.header.dataset {
        OFFER => {
            if let Some(one) = Offer::read(body) {
                offer(&one, entry.header, facts, findings, absent);
            }
        }
        ANSWER => {
            if let Some(one) = Answer::read(body) {
                answer(&one, facts, findings);
            }
        }
        _ => {}
    }
}

fn offer(
    offer: &Offer,
    header: &HeaderView<'_>,
    facts: &Facts,
    findings: &mut Findings,
    absent: &mut Absent,
) {
    let Offer { dataset, record, to, .. } = offer;
    let (no, revision) = (header.record.to_owned(), header.revision);
    let own = facts.custody.offer(&OfferName { offerer: None, no, revision });
    if let Some(OfferState::Decided(decision)) = own.map(|own| own.state) {
        return decided(header.record, decision, findings);
    }
    if facts.custody.author() == Some(to) || !facts.custody.is_platform(to) {
        findings.error(
            "to",
            "custody.to",
            format!("{to} 不是可接收的其他平台"),
            format!("{to} is no other platform that takes part"),
        );
    }
    if offer.key().is_none() {
        return findings.error(
            "dataset",
            "custody.dataset",
            format!("数据集 {dataset} 的记录不能移交"),
            format!("records of dataset {dataset} are not handed over"),
        );
    }
    match facts.custody.record(dataset.as_str(), record.as_str()) {
        Some(held) if !held.ours => return lost(record.as_str(), held, findings),
        Some(Custody { frozen: Some(open), .. }) => findings.error(
            "record",
            "custody.offered",
            format!("记录 {record} 已在移交提议 {} 中，须先撤回或等候答复", open.no),
            format!("record {record} is offered already ({}): withdraw that one first", open.no),
        ),
        _ => {}
    }
    frozen(offer, facts, findings, absent);
    if offer.expires <= facts.custody.now() {
        findings.error(
            "expires_at",
            "custody.expired",
            "移交提议裁决时已过答复期限",
            "the offer had expired when it was judged",
        );
    }
}

/// What an offer freezes is the record's head, judged and accepted.
fn frozen(offer: &Offer, facts: &Facts, findings: &mut Findings, absent: &mut Absent) {
    let Offer { dataset, record, revision, digest, .. } = offer;
    let (dataset, record) = (dataset.as_str(), record.as_str());
    let own = facts.revision(dataset, record, *revision);
    let Some(found) = own.or_else(|| base(facts, dataset, record, *revision)) else {
        let reason = Reason::new(
            "revision",
            "custody.absent",
            format!("所移交的第 {revision} 版尚未裁决，裁决后再判"),
            format!("revision {revision}, which is offered, is not judged yet"),
        );
        let (dataset, record) = (dataset.to_owned(), record.to_owned());
        return absent.add(reason, Wait::Revision { dataset, record, revision: *revision });
    };
    if found != *digest {
        findings.error(
            "digest",
            "custody.digest",
            format!("第 {revision} 版的条目摘要不是所填的摘要"),
            format!("revision {revision} has another digest than the one that is offered"),
        );
    }
    // What was taken over was accepted, and is the head until this platform revises it.
    let Some(head) = facts.record(dataset, record) else { return };
    if head.revision > *revision {
        findings.error(
            "revision",
            "custody.superseded",
            format!("记录已有第 {} 版，请移交最新一版", head.revision),
            format!("there is a revision {} already: offer the last one", head.revision),
        );
    } else if head.standing != Standing::Accepted {
        findings.error(
            "revision",
            "custody.not_accepted",
            format!("第 {revision} 版{}，更正后方可移交", head.standing.zh()),
            format!("revision {revision} is {}: correct it first", head.standing.en()),
        );
    }
}

fn answer(answer: &Answer, facts: &Facts, findings: &mut Findings) {
    let author = facts.custody.author();
    let offerer = author == Some(&answer.offerer);
    let withdraws = answer.decision == Decision::Withdraw;
    // Of an offer that is pending nobody knows but who made it.
    let open = |state: OfferState| state != OfferState::Pending || (offerer && withdraws);
    let fact = facts.custody.offer(&answer.offer()).filter(|fact| open(fact.state));
    let Some(fact) = fact else {
        return findings.error(
            "offer_no",
            "custody.no_offer",
            format!("{} 没有编号为 {} 的移交提议", answer.offerer, answer.no),
            format!("{} has made no offer {} that stands", answer.offerer, answer.no),
        );
    };
    let party = if withdraws { offerer } else { !offerer && author == Some(&fact.offer.to) };
    if !party {
        return findings.error(
            "decision",
            "custody.not_party",
            "移交由提议方撤回，由接收方接收或拒绝",
            "who offered withdraws; to whom it is offered accepts or refuses; nobody else",
        );
    }
    if let OfferState::Decided(decision) = fact.state {
        return decided(&answer.no, decision, findings);
    }
    if answer.decision == Decision::Accept && fact.name_taken {
        let record = &fact.offer.record;
        findings.error(
            "offer_no",
            "custody.name_taken",
            format!("本平台已有编号为 {record} 的记录，不能接收同编号的记录"),
            format!("this platform has a record {record} of its own, and takes no other"),
        );
    }
}

fn decided(no: &str, decision: Decision, findings: &mut Findings) {
    findings.error(
        "",
        "custody.decided",
        format!("移交提议 {no} {}，先裁决者为准", decision.zh()),
        format!("offer {no} is {decision} already: what was judged first counts"),
    );
}
