//! Nothing stalls silently: each fault raises its own alert and no other, on the side that can see
//! it, and the alert ends with the fault.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::{
    ALERTS, Heartbeat, LinkState, OFFLINE_AFTER, STUCK_AFTER, Severity,
};
use sanheyi_exchange_spec::limits::CLOCK_SKEW_MICROS;
use sanheyi_node::health::noted::noted;
use sanheyi_node::health::{BranchWatch, Pace, Standing, Watchdog};
use sanheyi_node::process::clock::{Clock as _, ManualClock};
use sanheyi_node::process::disk::ManualDisk;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_tests::faults::Proxy;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaint, new_complaints};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, copy_folder, id, settled};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

/// A watchdog that looks all the time and waits for nobody long.
const QUICK: Pace = Pace { every: Duration::from_millis(10), within: Duration::from_millis(400) };
/// A little more than what makes a standstill.
const LATER: Duration = Duration::from_micros(STUCK_AFTER as u64 + 1_000_000);

/// A world whose hub has a quick watchdog.
async fn watched(ground: Ground, seed: u64, names: &[&str]) -> World {
    let mut world = World::on(ground, seed, names).await;
    world.hub.stop().await;
    world.hub.pace = Some(QUICK);
    // The machine's own disk may be as full as it likes.
    world.hub.disk = Arc::new(ManualDisk::new(1 << 40, 1 << 39));
    world.hub.start().await;
    until("the watchdog has looked", async || world.hub.standing().ready).await;
    world
}

/// The alerts of a standing beside those of platforms that have never been there.
fn names(standing: &Standing) -> Vec<&'static str> {
    standing.names().into_iter().filter(|name| *name != "link.never").collect()
}

async fn look(dog: &mut Watchdog<BranchWatch>) -> Vec<&'static str> {
    names(&*dog.look().await)
}

/// Waits until the hub has exactly these alerts.
async fn hub_has(world: &World, expected: &[&str]) {
    until(&format!("the hub has {expected:?}"), async || names(&world.hub.standing()) == expected)
        .await;
}

async fn hub_state(world: &World, platform: &str, state: LinkState) {
    until(&format!("{platform} is {state} at the hub"), async || {
        world.hub.standing().link(platform).is_some_and(|link| link.state == state)
    })
    .await;
}

/// A node that keeps its line, live and settled, with some entries.
async fn living(world: &mut World, name: &str) -> NodeMachine {
    let mut node = world.node(name).await;
    node.submit(new_complaints(1..11)).await;
    node.dial_on().await;
    until("all is answered", async || settled(node.store()).await).await;
    until("the link is live", async || node.link_row().await.phase == "live").await;
    node
}

#[tokio::test]
async fn a_line_that_is_cut_is_offline_on_both_sides_and_only_after_its_time() {
    let mut world = watched(Ground::Sqlite, 400, &["jintan", "wujin"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.dial_on().await;
    until("the link is live", async || node.link_row().await.phase == "live").await;
    hub_state(&world, "jintan", LinkState::Live).await;
    let mut dog = node.watchdog();
    assert_eq!(look(&mut dog).await, [""; 0]);

    proxy.refuse(true);
    proxy.cut();
    until("the line is down", async || node.link_row().await.phase == "down").await;
    hub_state(&world, "jintan", LinkState::Offline).await;
    assert_eq!(look(&mut dog).await, [""; 0], "it was just there");
    let away = Duration::from_micros(u64::try_from(OFFLINE_AFTER).unwrap());
    world.clock.advance(away + Duration::from_secs(1));
    let seen = dog.look().await;
    assert_eq!(names(&seen), ["link.offline"]);
    assert_eq!(seen.links[0].state, LinkState::Offline);
    hub_has(&world, &["link.offline"]).await;
    assert_eq!(world.hub.standing().findings[0].subject, "jintan", "and not wujin");

    proxy.refuse(false);
    until("the link is live", async || node.link_row().await.phase == "live").await;
    assert_eq!(look(&mut dog).await, [""; 0]);
    hub_has(&world, &[]).await;
}

#[tokio::test]
async fn a_port_that_is_blocked_without_a_word_is_offline_and_not_stuck() {
    let mut world = watched(Ground::Sqlite, 401, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.pings = Some(Duration::from_millis(300));
    node.dial_on().await;
    until("the link is live", async || node.link_row().await.phase == "live").await;
    let mut dog = node.watchdog();
    assert_eq!(look(&mut dog).await, [""; 0]);
    proxy.swallow(true);
    node.submit(new_complaints(1..3)).await;
    until("the line is down", async || node.link_row().await.phase == "down").await;
    assert_eq!(look(&mut dog).await, [""; 0]);
    world.clock.advance(LATER);
    assert_eq!(look(&mut dog).await, ["link.offline"]);
    proxy.swallow(false);
    until("all is answered", async || settled(node.store()).await).await;
    assert_eq!(look(&mut dog).await, [""; 0]);
}

/// Holds rows of the hub's store, as a long transaction of somebody else does.
async fn hold_rows(world: &World, sql: &'static str) -> PgConnection {
    let admin = world.database().expect("a server").admin_url();
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    sqlx::query("BEGIN").execute(&mut connection).await.unwrap();
    sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    connection
}

async fn release(mut connection: PgConnection) {
    sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_frozen_gate_is_told_once() {
    let mut world = watched(Ground::Postgres, 402, &["jintan", "wujin"]).await;
    let node = living(&mut world, "jintan").await;
    let other = living(&mut world, "wujin").await;
    let mut dog = node.watchdog();
    hub_has(&world, &[]).await;

    let frozen = "SELECT * FROM gate WHERE platform = 'jintan' FOR UPDATE";
    let rows = hold_rows(&world, frozen).await;
    node.submit(new_complaints(11..21)).await;
    until("they wait for a verdict", async || {
        world.hub.standing().link("jintan").is_some_and(|link| link.unjudged == 10)
    })
    .await;
    assert_eq!(names(&world.hub.standing()), [""; 0]);
    world.clock.advance(LATER);
    hub_has(&world, &["gate.stuck"]).await;
    let standing = world.hub.standing();
    assert_eq!(standing.findings.iter().filter(|one| one.name == "gate.stuck").count(), 1);
    assert_eq!(standing.findings[0].subject, "jintan");
    assert_eq!(standing.link("jintan").unwrap().state, LinkState::Live);
    // What the hub has stored is acknowledged, with no receipt: at the node nothing is behind.
    until("it is written down", async || dog.look().await.links[0].state == LinkState::Live).await;
    assert_eq!(look(&mut dog).await, [""; 0]);
    // Whoever stands beside the process reads the same.
    let store = world.hub.store(&id("changzhou"));
    until("it is noted", async || {
        let noted = noted(&store, world.clock.now()).await.unwrap();
        noted.findings.iter().any(|one| one.name == "gate.stuck")
    })
    .await;

    release(rows).await;
    until("all is answered", async || settled(node.store()).await).await;
    hub_has(&world, &[]).await;
    drop(other);
}

#[tokio::test]
async fn a_hub_that_stores_nothing_is_stuck_at_the_node_and_admission_is_told_at_the_hub() {
    let mut world = watched(Ground::Postgres, 403, &["jintan"]).await;
    let node = living(&mut world, "jintan").await;
    let mut dog = node.watchdog();
    assert_eq!(look(&mut dog).await, [""; 0]);
    let frozen = "SELECT * FROM journal WHERE platform = 'jintan' FOR UPDATE";
    let rows = hold_rows(&world, frozen).await;
    let works = world.hub.exchange().works();
    node.submit(new_complaints(11..21)).await;
    until("admission is at it", async || {
        works.admissions.iter().any(|beat| beat.busy_since().is_some())
    })
    .await;
    assert_eq!(look(&mut dog).await, [""; 0]);
    world.clock.advance(LATER);
    let seen = dog.look().await;
    assert_eq!(names(&seen), ["link.stuck"]);
    assert_eq!(seen.links[0].state, LinkState::Stuck);
    hub_has(&world, &["admission.stuck"]).await;
    release(rows).await;
    until("all is answered", async || settled(node.store()).await).await;
    assert_eq!(look(&mut dog).await, [""; 0]);
    hub_has(&world, &[]).await;
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told_and_holds_the_watchdog_up_for_no_longer() {
    let mut world = watched(Ground::Sqlite, 404, &["jintan"]).await;
    let file = world.hub.folder().join("data/hub.sqlite");
    let options = SqliteConnectOptions::new().filename(file);
    let mut writer = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    hub_has(&world, &["store.stuck"]).await;
    assert!(!world.hub.standing().ready, "it takes no work");
    sqlx::query("ROLLBACK").execute(&mut writer).await.unwrap();
    hub_has(&world, &[]).await;
    until("it is ready again", async || world.hub.standing().ready).await;
    world.hub.stop().await;
}

#[tokio::test]
async fn a_full_disk_is_told_at_the_hub_and_as_a_state_of_its_own_at_the_node() {
    let mut world = watched(Ground::Sqlite, 405, &["jintan"]).await;
    world.hub.stop().await;
    let disk = Arc::new(ManualDisk::new(1 << 40, 1 << 39));
    world.hub.disk = Arc::clone(&disk) as _;
    world.hub.start().await;
    let node = living(&mut world, "jintan").await;
    let mut dog = node.watchdog();
    hub_has(&world, &[]).await;
    disk.set_free(1);
    hub_has(&world, &["disk.full"]).await;
    hub_state(&world, "jintan", LinkState::Full).await;
    node.submit(vec![new_complaint(11)]).await;
    until("the node is told", async || node.link_row().await.detail.contains("store_full")).await;
    until("the node says so", async || {
        let seen = dog.look().await;
        names(&seen) == ["disk.full"] && seen.links[0].state == LinkState::Full
    })
    .await;
    disk.set_free(1 << 39);
    until("all is answered", async || settled(node.store()).await).await;
    until("the node has nothing to say", async || look(&mut dog).await.is_empty()).await;
    hub_has(&world, &[]).await;
    hub_state(&world, "jintan", LinkState::Live).await;
}

#[tokio::test]
async fn a_held_identity_is_told_on_both_sides_until_the_operator_has_decided() {
    let mut world = watched(Ground::Sqlite, 406, &["jintan"]).await;
    let mut original = world.node("jintan").await;
    original.submit(new_complaints(1..3)).await;
    drop(original.settle().await);
    original.close().await;
    let folder = world.folder("clone");
    copy_folder(original.folder(), &folder);
    original.open().await;
    drop(original.settle().await);

    let mut clone = world.node_at(&folder).await;
    clone.dial_on().await;
    let mut dog = clone.watchdog();
    until("the clone is held", async || clone.link_row().await.phase == "held:identity_held").await;
    let seen = dog.look().await;
    assert_eq!(names(&seen), ["link.held"]);
    assert_eq!(seen.links[0].state, LinkState::Held(Code::IdentityHeld));
    assert_eq!(seen.findings[0].remedy_zh, Code::IdentityHeld.remedy_zh());
    hub_state(&world, "jintan", LinkState::Held(Code::IdentityHeld)).await;
    hub_has(&world, &["link.held"]).await;

    clone.close().await;
    clone.open().await;
    world.readmit(&clone).await;
    clone.dial_on().await;
    until("the clone is live", async || clone.link_row().await.phase == "live").await;
    let mut dog = clone.watchdog();
    assert_eq!(look(&mut dog).await, [""; 0]);
    hub_has(&world, &[]).await;
}

#[tokio::test]
async fn a_stopped_journal_is_told_by_its_line_until_it_greets_anew() {
    let mut world = watched(Ground::Sqlite, 407, &["jintan"]).await;
    let mut jintan = world.foreign("jintan").await;
    jintan.greet().await.unwrap();
    let one = [jintan.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    let other = [jintan.entry(COMPLAINT, &complaint_no(2), None, vec![])];
    let mut call = jintan.push_call(&one);
    call.segments = vec![jintan.segment(&other)];
    jintan.port.push(call).await.unwrap_err();
    hub_has(&world, &["journal.stopped"]).await;
    let found = world.hub.standing().findings[0].clone();
    assert_eq!(found.subject, "jintan>changzhou/normal");
    assert_eq!(found.severity, Severity::Critical);
    jintan.greet().await.unwrap();
    hub_has(&world, &[]).await;
}

#[tokio::test]
async fn a_skewed_clock_is_told_until_it_is_set() {
    let mut world = World::on(Ground::Sqlite, 408, &["jintan"]).await;
    world.clock.advance(Duration::from_secs(2 * 86_400));
    let mut node = world.node("jintan").await;
    node.close().await;
    let off = world.clock.now().plus_micros(-CLOCK_SKEW_MICROS - 1);
    node.set_clock(Arc::new(ManualClock::new(off)));
    node.open().await;
    node.dial_on().await;
    until("the link is live", async || node.link_row().await.phase == "live").await;
    let mut dog = node.watchdog();
    assert_eq!(look(&mut dog).await, ["clock.skew"]);
    node.close().await;
    node.set_clock(Arc::clone(&world.clock));
    node.open().await;
    node.dial_on().await;
    until("the clocks agree", async || node.link_row().await.skew == 0).await;
    until("it has ended", async || look(&mut node.watchdog()).await.is_empty()).await;
}

#[tokio::test]
async fn a_certificate_that_ends_is_told_ahead_and_no_more_once_it_is_renewed() {
    let mut world = World::on(Ground::Sqlite, 409, &["jintan"]).await;
    let node = world.node("jintan").await;
    let ends = node.config().identity().load().unwrap().subject.not_after;
    let mut dog = node.watchdog();
    assert_eq!(look(&mut dog).await, [""; 0]);
    world.clock.set(ends.plus_micros(-3_600_000_000));
    let seen = dog.look().await;
    assert_eq!(names(&seen), ["certificate.expires"]);
    assert_eq!(seen.findings[0].severity, Severity::Critical);
    node.keep_identity().await.unwrap();
    assert_eq!(look(&mut dog).await, [""; 0]);
    let ends = node.config().identity().load().unwrap().subject.not_after;
    world.clock.set(ends.plus_micros(1));
    assert_eq!(look(&mut dog).await, ["certificate.expired"]);
}

#[tokio::test]
async fn a_peer_that_beat_and_is_silent_is_told_until_it_beats_again() {
    let mut world = watched(Ground::Sqlite, 410, &["jintan"]).await;
    // It reads what it is sent; heartbeats of its own it has none.
    let node = living(&mut world, "jintan").await;
    let line = node.line().await.unwrap();
    let port = GrpcPort::new(&line);
    let beat = || Heartbeat {
        at: world.clock.now(),
        every_seconds: 300,
        free_percent: Some(40),
        version: "sanheyi/test".to_owned(),
        ..Heartbeat::default()
    };
    let answer = port.beat(beat()).await.unwrap().expect("the hub's heartbeat");
    assert!(answer.version.starts_with("sanheyi-hub/"), "{}", answer.version);
    until("the hub shows it", async || {
        let standing = world.hub.standing();
        let link = standing.link("jintan").and_then(|link| link.beat.clone());
        link.is_some_and(|(beat, _)| beat.free_percent == Some(40))
    })
    .await;
    assert_eq!(names(&world.hub.standing()), [""; 0]);
    world.clock.advance(Duration::from_secs(3 * 300 + 1));
    hub_has(&world, &["link.silent"]).await;
    port.beat(beat()).await.unwrap();
    hub_has(&world, &[]).await;
    // It outlives the process that heard it.
    world.hub.stop().await;
    world.hub.start().await;
    until("it is read out of the store", async || {
        let standing = world.hub.standing();
        standing.link("jintan").is_some_and(|link| link.beat.is_some())
    })
    .await;
}

#[tokio::test]
async fn since_when_something_is_wrong_outlives_a_restart() {
    let mut world = World::on(Ground::Sqlite, 411, &["jintan"]).await;
    let node = world.node("jintan").await;
    let ends = node.config().identity().load().unwrap().subject.not_after;
    world.clock.set(ends.plus_micros(-3_600_000_000));
    let since = node.watchdog().look().await.findings[0].since;
    assert_eq!(since, Some(world.clock.now()));
    world.clock.advance(Duration::from_secs(60));
    let again = node.watchdog().look().await;
    assert_eq!(again.findings.iter().map(|one| one.since).next(), Some(since));
    assert!(ALERTS.iter().any(|alert| alert.name == again.findings[0].name));
}
