//! W6: thousands of links to one hub, all of them idle at first, then a tenth of them at work: what
//! they cost the hub's memory, and how long a record takes from the push until its receipt is read.
//! Beside it the same connections to tonic alone, with a call under way on each ([`super::idle`]).
//!
//! The links are light ([`sanheyi_tests::crowd`]), but real at the hub: each a TCP connection of
//! its own with mutual TLS 1.3 and HTTP/2, greeted, with its pulls waiting. All of them are held by
//! this process.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use sanheyi_hub::config::DESK;
use sanheyi_hub::setup::Setup;
use sanheyi_node::process::clock;
use sanheyi_node::store::Database;
use sanheyi_tests::crowd::{Commons, Link, Member, Pulls, Weight, enrol, handles};
use sanheyi_tests::fixtures::new_complaint;
use tokio::task::JoinSet;

use super::federation::{connect, listening, new_hub};
use super::idle::Idle;
use super::load::{bulletin, submit};
use super::machine::{Party, cpu, seconds};
use super::noisy::percentile;
use super::place::Place;
use super::plan::Plan;
use super::table::{Table, say};

/// Of so many links one is at work.
const SHARE: usize = 10;
/// Seconds between two records of one that is at work.
const EVERY: f64 = 1.0;
/// What the hub may weigh at most, with everything: 1 GB.
const BOUND: u64 = 1_000_000_000;
/// How long it is left alone before it is weighed, idle: longer than handshakes leave work behind,
/// and its CPU is counted meanwhile.
pub(crate) const REST: Duration = Duration::from_secs(10);
/// Files that a process has open besides its links.
const HANDLES: u64 = 200;

/// What was weighed of a process.
struct Weighed {
    /// Bytes for each link, over what it weighed without any.
    each: f64,
    /// Of a core.
    cpu: f64,
}

/// Measures one run.
///
/// # Errors
/// If a link does not stand, a record has no receipt, or the system allows too few files.
pub(crate) async fn run(plan: &Plan, place: &Place, table: &mut Table) -> anyhow::Result<()> {
    let needed = plan.links as u64 + HANDLES;
    let allowed = handles()?;
    ensure!(
        allowed >= needed,
        "{} links need {needed} open files in this process and in the hub's, {allowed} are \
         allowed: say `ulimit -n {needed}` first",
        plan.links
    );
    let name = place.name("W6");
    let folder = tempfile::tempdir()?;
    let store = place.store();
    let (setup, config) = new_hub(&folder.path().join("hub"), &store)?;
    let began = seconds();
    let members = enrol(&setup, plan.links).await?;
    say(&format!("  {} platforms registered in {:.1} s", plan.links, seconds() - began))?;
    let hub = Party::start(&store.arguments(), &config, folder.path().join("hub.log"))?;
    let address = listening(&setup.data.join("address")).await?;
    let commons = Commons::new(&setup, address.to_string())?;
    let mut pulls = Pulls::default();

    let alone = Weight::of(hub.id())?;
    let began = seconds();
    let links = commons.connect(&members, &mut pulls).await?;
    let took = seconds() - began;
    let idle = rest(&hub, alone, links.len()).await?;
    pulls.hold()?;
    say(&format!("  {} greeted in {took:.1} s, {} pulls wait", links.len(), pulls.len()))?;
    let count = links.len() as f64;
    table.add(format!("{name}: connected and greeted"), "links/s", count / took);
    table.add(format!("{name}: hub without links"), "MB", megabytes(alone.now));
    idle.add(table, &format!("{name}: hub, idle"));

    let took = said_to_all(&setup, &links).await?;
    table.add(format!("{name}: said to all, until the last link has it"), "ms", took * 1e3);

    let (links, active) = at_work(plan, &name, links, &hub, table).await?;
    pulls.hold()?;
    let weight = Weight::of(hub.id())?;
    table.add(format!("{name}: hub, a tenth at work"), "MB", megabytes(weight.now));
    table.add(format!("{name}: hub, at most"), "MB", megabytes(weight.most));
    let passed = if weight.most < BOUND { "PASS" } else { "FAIL" };
    say(&format!(
        "  {passed}: {:.0} MB resident at most with {} links, wanted under {:.0} MB",
        megabytes(weight.most),
        plan.links,
        megabytes(BOUND)
    ))?;
    agree(&setup, &links, active).await?;
    drop((links, pulls));
    hub.stop()?;
    store.remove();
    tonic_alone(&setup, &members, folder.path(), table).await
}

/// Leaves a process alone and weighs it.
async fn rest(party: &Party, alone: Weight, links: usize) -> anyhow::Result<Weighed> {
    // What the handshakes have left to do is done first.
    clock::pause(REST).await;
    let (began, spent) = (seconds(), party.cpu()?);
    clock::pause(REST).await;
    let cpu = (party.cpu()? - spent) / (seconds() - began);
    let bytes = Weight::of(party.id())?.now.saturating_sub(alone.now);
    Ok(Weighed { each: bytes as f64 / links as f64, cpu })
}

/// Seconds from when the hub's operator says something to all until every link has it.
async fn said_to_all(setup: &Setup, links: &[Link]) -> anyhow::Result<f64> {
    let desk = connect(&setup.data.join(DESK), 1).await?;
    let desk = desk.first().context("the desk takes drafts")?;
    let began = seconds();
    let size = submit(desk, vec![bulletin()]).await?;
    for link in links {
        link.has_heard(size).await?;
    }
    Ok(seconds() - began)
}

/// Lets one link of ten hand in a record a second, each at its own moment of the second. Answers
/// all the links, and how many of them, the first ones, were at work.
async fn at_work(
    plan: &Plan,
    name: &str,
    mut links: Vec<Link>,
    hub: &Party,
    table: &mut Table,
) -> anyhow::Result<(Vec<Link>, usize)> {
    let active = links.len().div_ceil(SHARE);
    let idle = links.split_off(active);
    let before = (seconds(), hub.cpu()?, cpu("self")?);
    let mut working = JoinSet::new();
    for (place, link) in links.into_iter().enumerate() {
        let first = before.0 + EVERY * (1.0 + place as f64 / active as f64);
        working.spawn(hand_in(link, place as u64, first, plan.seconds));
    }
    let (mut links, mut millis, mut late) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(ended) = working.join_next().await {
        let (link, lags) = ended??;
        links.push(link);
        millis.extend(lags.iter().map(|(_, lag)| lag * 1e3));
        late.extend(lags.iter().map(|(late, _)| late * 1e3));
    }
    let took = seconds() - before.0 - EVERY;
    let (hub, load) = (hub.cpu()? - before.1, cpu("self")? - before.2);
    table.add(format!("{name}: handed in by a tenth"), "records/s", millis.len() as f64 / took);
    for (word, thousandth) in [("p50", 500), ("p99", 990)] {
        let lag = percentile(millis.clone(), thousandth);
        table.add(format!("{name}: push to receipt read, {word}"), "ms", lag);
    }
    table.add(format!("{name}: handed in late, p99"), "ms", percentile(late, 990));
    table.add(format!("{name}: CPU of hub, a tenth at work"), "of a core", hub / took);
    table.add(format!("{name}: CPU of load, a tenth at work"), "of a core", load / took);
    links.extend(idle);
    Ok((links, active))
}

/// Hands one record in each second from `first` on. Answers by how many seconds each was late, and
/// how long each took from when it was due until its receipt was read.
async fn hand_in(
    mut link: Link,
    place: u64,
    first: f64,
    records: u64,
) -> anyhow::Result<(Link, Vec<(f64, f64)>)> {
    let mut lags = Vec::new();
    for number in 0..records {
        let due = first + number as f64 * EVERY;
        clock::pause(Duration::from_secs_f64((due - seconds()).max(0.0))).await;
        let late = seconds() - due;
        let draft = new_complaint(1 + place * records + number);
        link.hand_in(draft).await.with_context(|| link.journal.to_string())?;
        lags.push((late, seconds() - due));
    }
    Ok((link, lags))
}

/// The hub has of every link what the link has pushed, and has judged it.
async fn agree(setup: &Setup, links: &[Link], active: usize) -> anyhow::Result<()> {
    let database = Database::open_read_only(&setup.store).await?;
    let mut at_work = 0;
    for link in links {
        let row = database.of(&link.member.platform).journal_get(&link.journal).await?;
        let head = row.with_context(|| format!("{} is not at the hub", link.journal))?.head;
        if (head.size, head.root) != (link.tree.size(), link.tree.root()) {
            bail!("{}: sizes or roots differ", link.journal);
        }
        at_work += usize::from(head.size > 0);
    }
    database.close().await;
    ensure!(at_work == active, "{at_work} of {active} links were at work");
    Ok(())
}

/// The same connections to a process that is tonic and TLS and nothing else.
async fn tonic_alone(
    setup: &Setup,
    members: &[Member],
    folder: &std::path::Path,
    table: &mut Table,
) -> anyhow::Result<()> {
    let idle = Idle::start(setup, folder).await?;
    let alone = Weight::of(idle.party.id())?;
    let began = seconds();
    let mut waiting = idle.connect(members).await?;
    let took = seconds() - began;
    let weighed = rest(&idle.party, alone, members.len()).await?;
    ensure!(waiting.all_wait(), "an idle call has ended");
    table.add("W6: tonic alone, connected", "links/s", members.len() as f64 / took);
    table.add("W6: tonic alone, without links", "MB", megabytes(alone.now));
    weighed.add(table, "W6: tonic alone, idle");
    drop(waiting);
    idle.party.stop().map(drop)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

// === impl Weighed ===

impl Weighed {
    fn add(&self, table: &mut Table, name: &str) {
        table.add(format!("{name}: memory over that"), "KB/link", self.each / 1e3);
        table.add(format!("{name}: CPU"), "of a core", self.cpu);
    }
}
