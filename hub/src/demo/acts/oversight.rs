//! Orders (督办) and complaints (投诉): down from the city, answered from below, and the same on both
//! sides all the way.

use anyhow::{Context as _, bail};
use sanheyi_exchange_spec::ids::Lane;
use serde_json::Value;

use super::command::until;
use super::stage::Stage;
use super::told::Told;

/// The instant by which terms are asked about.
const AS_OF: &str = "2010-12-31T23:00:00+08:00";

/// What goes down, to whom, and what is asked about it.
struct Kind {
    command: &'static str,
    dataset: &'static str,
    zh: &'static str,
    /// The district that has to answer.
    platform: &'static str,
    lane: Lane,
    /// Its two terms: key, and what they are called.
    terms: [(&'static str, &'static str); 2],
    /// Where its answers are shown.
    answers: &'static str,
}

const ORDER: Kind = Kind {
    command: "order",
    dataset: "supervision.order",
    zh: "督办",
    platform: "liyang",
    lane: Lane::Urgent,
    terms: [("reply", "回复"), ("closing", "办结")],
    answers: "replies",
};
const COMPLAINT: Kind = Kind {
    command: "complaint",
    dataset: "supervision.complaint",
    zh: "投诉",
    platform: "wujin",
    lane: Lane::Normal,
    terms: [("acceptance", "受理"), ("answer", "答复")],
    answers: "handlings",
};

/// An order to one district, a complaint to another.
pub(super) async fn play(stage: &Stage<'_>) -> anyhow::Result<Told> {
    let mut told = Told::new("督办与投诉", "orders and complaints");
    order(stage, &mut told).await?;
    complaint(stage, &mut told).await?;
    Ok(told)
}

/// Issued in November, replied to and closed in time.
async fn order(stage: &Stage<'_>, told: &mut Told) -> anyhow::Result<()> {
    let issue = "order issue --to liyang --supervisor JS040000JC --organisation JS048100JT --by 何静 \
                 --opinion 请查明超期原因，五个工作日内回复。 --at 2010-11-24T09:00:00+08:00";
    let no = sent(stage, issue).await?;
    let mut states = vec![delivered(stage, &ORDER, &no, told).await?];
    let reply = ["order", "reply", &no, "--by", "王建国", "--content", "办件已于今日办结。"];
    let reply = [&reply[..], &["--at", "2010-11-30T16:00:00+08:00"]].concat();
    states.push(answered(stage, &ORDER, &no, (1, &reply), told).await?);
    let result = ["order", "result", &no, "--by", "何静", "--result", "情况属实，整改到位。"];
    let result = [&result[..], &["--at", "2010-12-03T10:00:00+08:00"]].concat();
    states.push(answered(stage, &ORDER, &no, (2, &result), told).await?);
    told.check(states == ["delivered", "replied", "closed"], format!("order {no}: {states:?}"));
    row(stage, &ORDER, &no, &states, told).await
}

/// Taken up, answered, closed in time.
async fn complaint(stage: &Stage<'_>, told: &mut Told) -> anyhow::Result<()> {
    let send = "complaint send --to wujin --organisation JS040000XF --title 反映班车拒载 \
                --content 持票上车被拒，请求核实。 --way hotline --accused JS041200JT --due 15 \
                --at 2010-12-01T09:00:00+08:00";
    let no = sent(stage, send).await?;
    let mut states = vec![delivered(stage, &COMPLAINT, &no, told).await?];
    let who = ["--department", "办公室", "--staff-code", "JT-003", "--staff-name", "何静"];
    for (nth, (action, at, more)) in (1..).zip([
        ("accept", "2010-12-02T09:00:00+08:00", [].as_slice()),
        ("answer", "2010-12-10T09:00:00+08:00", &["--opinion", "已核实，向投诉人致歉。"]),
        ("close", "2010-12-10T10:00:00+08:00", &["--outcome", "true"]),
    ]) {
        let handle = ["complaint", "handle", &no, "--action", action, "--at", at];
        let handle = [&handle[..], &who, more].concat();
        states.push(answered(stage, &COMPLAINT, &no, (nth, &handle), told).await?);
    }
    let due = ["delivered", "accepted", "answered", "closed"];
    told.check(states == due, format!("complaint {no}: {states:?}"));
    row(stage, &COMPLAINT, &no, &states, told).await
}

/// Gives a command at the hub; answers the number of what it sent.
async fn sent(stage: &Stage<'_>, command: &str) -> anyhow::Result<String> {
    let words: Vec<_> = command.split_whitespace().collect();
    let said = stage.hub_says(&words).await?;
    Ok(said["no"].as_str().context("the number")?.to_owned())
}

/// One as both sides show it, once they show the same and `wanted` of it.
async fn both(
    stage: &Stage<'_>,
    kind: &Kind,
    no: &str,
    wanted: impl Fn(&Value) -> bool,
) -> anyhow::Result<Value> {
    let show = [kind.command, "show", no, "--as-of", AS_OF];
    until("both sides show the same", async || {
        let (above, below) = tokio::try_join!(stage.hub_says(&show), async {
            // Until it has come down there is none of that number.
            Ok(stage.node_says(kind.platform, &show).await.unwrap_or_default())
        })?;
        Ok((above == below && wanted(&above)).then_some(above))
    })
    .await
}

/// Waits until it is there, by the lane that it should come by; answers its state.
async fn delivered(
    stage: &Stage<'_>,
    kind: &Kind,
    no: &str,
    told: &mut Told,
) -> anyhow::Result<String> {
    let shown = both(stage, kind, no, |shown| shown["delivered"] == true).await?;
    let lane = came_by(stage, kind, no).await?;
    told.check(lane == kind.lane, format!("{no} came by {lane}"));
    state(&shown)
}

/// The lane of the journal in which it stands below.
async fn came_by(stage: &Stage<'_>, kind: &Kind, no: &str) -> anyhow::Result<Lane> {
    let (store, hub) = (stage.node(kind.platform)?, &stage.federation.setup.hub);
    let head = store.incoming_head(hub, kind.dataset, no).await?.context("it has come down")?;
    let journals = store.journal_list().await?;
    let brought = journals.into_iter().find(|row| row.number == head.place.journal);
    Ok(brought.context("its journal")?.head.journal.lane)
}

/// Writes an answer below; once the gate has taken it, both sides say how it stands.
async fn answered(
    stage: &Stage<'_>,
    kind: &Kind,
    no: &str,
    (answers, answer): (usize, &[&str]),
    told: &mut Told,
) -> anyhow::Result<String> {
    stage.node_writes(kind.platform, answer).await?;
    let standings = |shown: &Value| -> Vec<String> {
        let answers = shown[kind.answers].as_array().into_iter().flatten();
        let result = Some(&shown["result"]).filter(|one| one.is_object());
        let standings = answers.chain(result).map(|one| one["standing"].as_str());
        standings.map(|one| one.unwrap_or("?").to_owned()).collect()
    };
    let shown = both(stage, kind, no, |shown| {
        let standings = standings(shown);
        standings.len() == answers && standings.iter().all(|one| one != "unanswered")
    });
    let shown = shown.await?;
    let all = standings(&shown);
    told.check(all.iter().all(|one| one == "accepted"), format!("answers to {no}: {all:?}"));
    state(&shown)
}

fn state(shown: &Value) -> anyhow::Result<String> {
    Ok(shown["state"].as_str().context("its state")?.to_owned())
}

/// How it ended, as both sides show it.
async fn row(
    stage: &Stage<'_>,
    kind: &Kind,
    no: &str,
    states: &[String],
    told: &mut Told,
) -> anyhow::Result<()> {
    let shown = both(stage, kind, no, |_| true).await?;
    let mut terms = Vec::new();
    for (key, zh) in kind.terms {
        let (due, timing) = (&shown[key]["due"], &shown[key]["timing"]);
        let (Some(due), Some(timing)) = (due.as_str(), timing.as_str()) else {
            bail!("{no} has no term {key}: {shown}");
        };
        let day = due.split('T').next().unwrap_or(due);
        told.check(timing == "met", format!("{no}: {key} due {due} is {timing}"));
        terms.push(format!("{zh} {key} {day} {timing}"));
    }
    told.say(format!(
        "{} {} {no} → {}，信道 lane {}\n  两侧所示相同 same on both sides: {}\n  期限 due: {}",
        kind.zh,
        kind.command,
        stage.member(kind.platform)?.title,
        came_by(stage, kind, no).await?,
        states.join(" → "),
        terms.join("；")
    ));
    Ok(())
}
