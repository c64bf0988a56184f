//! A case that one district hands over to another (移交保管权): offered, accepted, gone on with by the
//! one that took it over. Who handed it over is refused at its own branch.

use anyhow::Context as _;
use jiff::ToSpan as _;
use sanheyi_exchange_spec::custody::Custody;
use sanheyi_node::store::{HOLDINGS, Register, Store};
use serde_json::Value;

use super::command::until;
use super::records::{CASE, case, revised};
use super::stage::{Head, Stage};
use super::told::Told;
use crate::demo::year::Written;
use crate::store::CUSTODY;

/// Who hands it over.
const FROM: &str = "jintan";
/// Who takes it over.
const TO: &str = "wujin";
/// Where the first one's cases are numbered.
const REGION: &str = "0482";
/// Serial of the case.
const SERIAL: u64 = 902;
/// Number of the offer.
const NO: &str = "YJ-2010-0001";
/// The rule by which it is refused who has it no longer.
const LOST: &str = "custody.lost";

/// Plays it.
pub(super) async fn play(stage: &Stage<'_>) -> anyhow::Result<Told> {
    let mut told = Told::new("办件移交", "a case handed over");
    let case = case(REGION, SERIAL);
    let head = stage.submit(FROM, &case, Default::default()).await?;
    hand_over(stage, &case.record).await?;

    let next = revised(&case, "由武进区续办");
    let taken = stage.submit(TO, &next, head.clone()).await?;
    let standing = stage.accepted(TO, &next, &mut told).await?;
    let epoch = agreed(stage, &case.record, &mut told).await?;
    told.say(format!(
        "{CASE} {}，第 {epoch} 期 epoch：\n  {} 提议 offered → {} 接收 accepted\n  接收方写第 {} 版，{} · revision {}, by who took it over, is {}",
        case.record,
        stage.member(FROM)?.title,
        stage.member(TO)?.title,
        taken.0,
        standing.zh(),
        taken.0,
        standing.en(),
    ));
    refused(stage, &revised(&case, "金坛市再改"), head, &mut told).await?;
    Ok(told)
}

/// Offered by a command, accepted by a command.
async fn hand_over(stage: &Stage<'_>, record: &str) -> anyhow::Result<()> {
    let expires = jiff::Timestamp::from_microsecond(stage.clock.now().as_micros())?;
    let expires = expires.checked_add((30 * 24).hours())?.to_string();
    let offer = ["custody", "offer", NO, CASE, record, "--to", TO, "--expires", &expires];
    let why = ["--reason", "当事人住所地在武进", "--operator", "王建国"];
    stage.node_writes(FROM, &[&offer[..], &why].concat()).await?;
    until("the offer", async || {
        let said = stage.node_says(TO, &["custody", "list"]).await?;
        let offers = said["offers"].as_array().into_iter().flatten();
        let mut offers = offers.filter(|one| one["no"] == NO && one["outcome"] == "offered");
        Ok(offers.next().map(|_: &Value| ()))
    })
    .await?;
    let accept = ["custody", "accept", NO, "--from", FROM, "--operator", "李明"];
    stage.node_writes(TO, &accept).await?;
    until("the hand-over", async || {
        let gone = at(stage.node(FROM)?, &HOLDINGS, record).await?;
        let come = at(stage.node(TO)?, &HOLDINGS, record).await?;
        let done = gone.is_some_and(|one| !one.ours) && come.is_some_and(|one| one.ours);
        Ok(done.then_some(()))
    })
    .await
}

async fn at(store: &Store, register: &Register, record: &str) -> anyhow::Result<Option<Custody>> {
    Ok(store.custody_get(register, CASE, record).await?)
}

/// The custody epoch, if both branches and the gate say the same of who has it.
async fn agreed(stage: &Stage<'_>, record: &str, told: &mut Told) -> anyhow::Result<u64> {
    let mut epochs = Vec::new();
    for platform in [FROM, TO] {
        let here = at(stage.node(platform)?, &HOLDINGS, record).await?;
        let there = at(&stage.at_hub(platform)?, &CUSTODY, record).await?;
        told.check(here == there, format!("{platform}: {here:?} here, {there:?} at the gate"));
        epochs.push(here.map(|one| one.epoch));
    }
    told.check(epochs.iter().all(|one| *one == Some(1)), format!("epochs {epochs:?}"));
    epochs.into_iter().flatten().next().context("who has it")
}

/// Who has it no longer writes on.
async fn refused(
    stage: &Stage<'_>,
    one: &Written,
    head: Head,
    told: &mut Told,
) -> anyhow::Result<()> {
    let answer = stage.try_submit(FROM, one, head).await?;
    let reasons = answer.refused.iter().flat_map(|refused| &refused.reasons);
    let reasons: Vec<_> = reasons.collect();
    let rules: Vec<_> = reasons.iter().map(|one| one.rule.as_str()).collect();
    told.check(rules == [LOST] && answer.appended.is_empty(), format!("refused by {rules:?}"));
    for reason in reasons {
        told.say(format!(
            "{} 再写即被本级拒收 refused at its branch:\n      [{}] {}\n      {}",
            stage.member(FROM)?.title,
            reason.rule,
            reason.zh,
            reason.en
        ));
    }
    Ok(())
}
