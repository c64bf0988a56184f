//! `custody`: what was offered and handed over (保管权), and the platform's own offers and answers.

mod shown;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::Timestamp as Instant;
use prost::Message;
use sanheyi_exchange_spec::custody::{ANSWER, OFFER};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision, CustodyOffer};

pub use self::shown::{CustodyReport, ShownCustody, ShownOffer, shown_as};
use super::oversight::{Ground, HandedIn, draft, handed_in};
use super::{Answer, Listing};
use crate::store::{HOLDINGS, RecordHead, StoreError};

/// What `custody --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … custody list
  … custody offer YJ-2026-0001 case.case JS048100JT0000000217 --to wujin --expires 2026-08-01T00:00:00+08:00 \\
      --reason 当事人住所地在武进 --operator 王建国
  … custody accept YJ-2026-0001 --from jintan --operator 李明
  … custody refuse YJ-2026-0001 --from jintan --reason 不属本机关管辖 --operator 李明
  … custody withdraw YJ-2026-0001 --reason 改由本局办理 --operator 王建国

保管 · State: offered 已提议移交（冻结），lost 已移交他平台，held 由他平台移交而来，own 本平台所有
结果 · Outcome: unjudged 未裁决，offered 待答复，accepted 已接收，refused 已拒绝，withdrawn 已撤回
先裁决的答复为准 · The first answer that the hub judges counts
JSON: records [dataset, record, state, epoch, other, base, offer]
      offers  [no, revision, from, to, dataset, record, frozen, digest, epoch, expires, reason, outcome, answered]";

/// Records and offers that one listing shows.
const SHOWN: u64 = 10_000;

/// Commands about custody.
#[derive(Clone, Debug, Subcommand)]
pub enum CustodyCommand {
    /// 列出移交与提议 · List what was handed over, and offers that are open
    List(Listing),
    /// 提议移交一条记录 · Offer a record to another platform
    Offer(Told<OfferTold>),
    /// 接收 · Accept what is offered
    Accept(Told<AnswerTold>),
    /// 拒绝 · Refuse what is offered
    Refuse(Told<AnswerTold>),
    /// 撤回本平台的提议 · Withdraw an offer of one's own
    Withdraw(Told<WithdrawTold>),
}

/// A command, and how to show what became of it.
#[derive(Clone, Debug, Args)]
pub struct Told<T: Args> {
    /// Whose records.
    #[command(flatten)]
    pub listing: Listing,
    /// What is said.
    #[command(flatten)]
    pub told: T,
}

/// An offer.
#[derive(Clone, Debug, Args)]
pub struct OfferTold {
    /// 移交编号 · Number of the offer
    pub no: String,
    /// 数据集 · Dataset of the record
    pub dataset: String,
    /// 记录编号 · The record
    pub record: String,
    /// 接收平台 · To which platform
    #[arg(long, value_name = "PLATFORM")]
    pub to: PlatformId,
    /// 答复期限 · When it ends without an answer
    #[arg(long, value_name = "TIME")]
    pub expires: Instant,
    /// 移交理由 · Why
    #[arg(long)]
    pub reason: String,
    /// 经办人 · Who decided
    #[arg(long)]
    pub operator: String,
}

/// An answer to another platform's offer.
#[derive(Clone, Debug, Args)]
pub struct AnswerTold {
    /// 移交编号 · Number of the offer
    pub no: String,
    /// 提议平台 · The platform that offers
    #[arg(long, value_name = "PLATFORM")]
    pub from: PlatformId,
    /// 答复理由 · Why
    #[arg(long, default_value = "")]
    pub reason: String,
    /// 经办人 · Who decided
    #[arg(long)]
    pub operator: String,
}

/// A withdrawal of an own offer.
#[derive(Clone, Debug, Args)]
pub struct WithdrawTold {
    /// 移交编号 · Number of the offer
    pub no: String,
    /// 撤回理由 · Why
    #[arg(long, default_value = "")]
    pub reason: String,
    /// 经办人 · Who decided
    #[arg(long)]
    pub operator: String,
}

/// Carries out a command about a node's custody.
///
/// # Errors
/// If the store cannot be read, or the record or offer is not known, or it is refused.
pub async fn custody(command: &CustodyCommand) -> anyhow::Result<Answer> {
    let now = super::oversight::When::default().instant();
    let (listing, done) = match command {
        CustodyCommand::List(listing) => {
            let ground = Ground::open(&listing.at, now).await?;
            let found = list(&ground).await;
            return shown_as(&ground.closed(found).await?, listing.json);
        }
        CustodyCommand::Offer(Told { listing, told }) => {
            let ground = Ground::open(&listing.at, now).await?;
            let done = offer(&ground, told).await;
            (listing, ground.closed(done).await?)
        }
        CustodyCommand::Accept(Told { listing, told }) => {
            let ground = Ground::open(&listing.at, now).await?;
            let done = answer(&ground, told, CustodyDecision::Accept).await;
            (listing, ground.closed(done).await?)
        }
        CustodyCommand::Refuse(Told { listing, told }) => {
            let ground = Ground::open(&listing.at, now).await?;
            let done = answer(&ground, told, CustodyDecision::Refuse).await;
            (listing, ground.closed(done).await?)
        }
        CustodyCommand::Withdraw(Told { listing, told }) => {
            let ground = Ground::open(&listing.at, now).await?;
            let done = withdraw(&ground, told).await;
            (listing, ground.closed(done).await?)
        }
    };
    handed_in(&done, listing.json)
}

/// What was handed over, and what is offered.
///
/// # Errors
/// Of the store.
pub async fn list(ground: &Ground) -> Result<CustodyReport, StoreError> {
    let rows = ground.store.custody_list(&HOLDINGS, None, SHOWN).await?;
    let offers = ground.store.offer_open(&HOLDINGS, None, SHOWN).await?;
    let records = rows.into_iter().map(ShownCustody::of).collect();
    Ok(CustodyReport { records, offers: offers.into_iter().map(ShownOffer::of).collect() })
}

/// Offers the head of a record.
///
/// # Errors
/// If there is no such record, or the offer is refused.
pub async fn offer(ground: &Ground, told: &OfferTold) -> anyhow::Result<HandedIn> {
    let OfferTold { no, dataset, record, to, expires, reason, operator } = told;
    let own = ground.store.record_head(dataset, record).await?;
    let held = ground.store.custody_get(&HOLDINGS, dataset, record).await?;
    let base = held.filter(|held| held.ours).and_then(|held| held.base);
    let own = own.map(|own| (own.revision, own.place.digest));
    // What was taken over is the head until it is revised here.
    let taken = base.filter(|(base, _)| own.is_none_or(|(own, _)| own <= *base));
    let Some((revision, digest)) = taken.or(own) else {
        bail!("没有记录 {dataset} {record} · there is no record {dataset} {record}");
    };
    let body = CustodyOffer {
        no: no.clone(),
        dataset: dataset.clone(),
        record: record.clone(),
        revision: u32::try_from(revision)?,
        digest: digest.to_string(),
        to: to.to_string(),
        expires_at: expires.as_microsecond(),
        reason: reason.clone(),
        operator: operator.clone(),
    };
    hand_in(ground, OFFER, no, &body).await
}

/// Answers another platform's last offer of that number.
///
/// # Errors
/// If there is none, or the answer is refused.
pub async fn answer(
    ground: &Ground,
    told: &AnswerTold,
    decision: CustodyDecision,
) -> anyhow::Result<HandedIn> {
    let AnswerTold { no, from, reason, operator } = told;
    reply(ground, from, no, decision, (reason, operator)).await
}

/// Withdraws an own offer.
///
/// # Errors
/// If there is none, or it is decided.
pub async fn withdraw(ground: &Ground, told: &WithdrawTold) -> anyhow::Result<HandedIn> {
    let WithdrawTold { no, reason, operator } = told;
    let from = ground.store.platform().clone();
    reply(ground, &from, no, CustodyDecision::Withdraw, (reason, operator)).await
}

async fn reply(
    ground: &Ground,
    from: &PlatformId,
    no: &str,
    decision: CustodyDecision,
    (reason, operator): (&str, &str),
) -> anyhow::Result<HandedIn> {
    let open = ground.store.offer_open(&HOLDINGS, Some(from), SHOWN).await?;
    let Some(offer) = open.iter().rfind(|offer| offer.no == no) else {
        bail!(
            "{from} 没有未答复的移交提议 {no} · {from} has no open offer {no} that is known here"
        );
    };
    let body = CustodyAnswer {
        offer_no: no.to_owned(),
        offer_revision: u32::try_from(offer.revision)?,
        offerer: from.to_string(),
        decision: decision.into(),
        reason: reason.to_owned(),
        operator: operator.to_owned(),
        answered_at: ground.now.as_micros(),
    };
    hand_in(ground, ANSWER, &format!("{from}-{no}"), &body).await
}

async fn hand_in<M: Message>(
    ground: &Ground,
    dataset: &str,
    record: &str,
    body: &M,
) -> anyhow::Result<HandedIn> {
    let head = ground.store.record_head(dataset, record).await?;
    let follows = head.as_ref().map(|RecordHead { revision, place }| (*revision, place));
    ground.hand_in(draft(dataset, record.to_owned(), body, follows, ground.now)).await
}
