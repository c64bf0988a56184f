//! On a line of 2 Mbit/s, with a million entries waiting in each direction, an urgent entry is
//! through within three seconds, up and down, again and again.

use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_node::branch::{LiveJournal, seal};
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::store::{Database, JournalRow, Store};
use sanheyi_proto::STANDARD;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::standard::v1::{
    CaseFamily, Complaint, ComplaintState, ComplaintWay, SuperviseType, SupervisionOrder,
};
use sanheyi_tests::fixtures::{COMPLAINT, MORNING, complaint_no};
use sanheyi_tests::patience::{look_again, until, within};

use crate::federation::Federation;
use crate::line::Line;

/// Entries that wait in each direction.
const WAITING: u64 = 1_000_000;
/// How long an urgent entry may take.
const BOUND: Duration = Duration::from_secs(3);
/// Urgent entries in each direction.
const TIMES: u64 = 5;
/// Entries of a segment, and segments of a transaction, while the backlog is piled up.
const SEGMENT: u64 = 1024;
const SEGMENTS: u64 = 64;
const ORDER: &str = "supervision.order";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_order_passes_a_million_waiting_entries_both_ways() {
    let began = SystemClock.now();
    let (line, mut federation) = Line::between().await;
    println!("the line: {}, {} kbit/s each way", line.name(), crate::line::KILOBITS);
    // Once, so that hub and node have met and their journals are there.
    federation.hub.start();
    federation.node.start();
    let (node, hub) = (federation.node_store().await, federation.hub_store().await);
    until("the line stands", async || is_live(&node).await).await;
    federation.node.stop().await;
    federation.hub.stop().await;
    pile_up(&federation).await;
    println!("piled up after {} ms", SystemClock.now().micros_since(began) / 1000);

    federation.hub.start();
    federation.node.start();
    let before = flown(&node, &hub).await;
    until("bulk flows both ways", async || {
        let now = flown(&node, &hub).await;
        now.0 > before.0 && now.1 > before.1
    })
    .await;
    let mut took = [Vec::new(), Vec::new()];
    for serial in 1..=TIMES {
        took[0].push(down(&federation, &node, serial).await);
        took[1].push(up(&federation, &hub, serial).await);
    }
    let (sent, received) = flown(&node, &hub).await;
    for (way, took) in ["down", "up"].into_iter().zip(&mut took) {
        took.sort_unstable();
        let (median, most) = (took[took.len() / 2], took[took.len() - 1]);
        println!("{way}: median {median:?}, most {most:?} of {TIMES}");
        assert!(most <= BOUND, "{way}: {took:?}\n{}", federation.said());
    }
    let (up, down) = (WAITING - sent, WAITING.saturating_sub(received));
    println!("still waiting: {up} up, {down} down");
    assert!(up > WAITING / 2 && down > WAITING / 2, "the backlog was there all the time");
    println!("all of it: {} ms", SystemClock.now().micros_since(began) / 1000);
    federation.node.kill().await;
    federation.hub.kill().await;
}

async fn is_live(node: &Store) -> bool {
    let link = node.link_get().await.ok().flatten();
    link.is_some_and(|link| link.phase == "live")
}

/// A journal of the shard by author and lane.
async fn journal(store: &Store, author: &str, lane: Lane) -> Option<JournalRow> {
    let rows = store.journal_list().await.ok()?;
    rows.into_iter().find(|row| {
        let id = &row.head.journal;
        id.author.as_str() == author && id.lane == lane && id.audience.to_string() != "*"
    })
}

async fn size(store: &Store, author: &str, lane: Lane) -> u64 {
    journal(store, author, lane).await.map_or(0, |row| row.head.size)
}

/// How much of either backlog is on the other side: up, down.
async fn flown(node: &Store, hub: &Store) -> (u64, u64) {
    (size(hub, "jintan", Lane::Normal).await, size(node, "changzhou", Lane::Normal).await)
}

/// Waits until a journal has grown; answers how long that took.
async fn arrived(what: &str, store: &Store, author: &str, from: u64, began: i64) -> Duration {
    let grown = async {
        while size(store, author, Lane::Urgent).await <= from {
            look_again().await;
        }
    };
    within(what, grown).await;
    let took = SystemClock.now().as_micros() - began;
    Duration::from_micros(took.unsigned_abs())
}

/// The hub's operators hand in an order; it is durable at the node.
async fn down(federation: &Federation, node: &Store, serial: u64) -> Duration {
    let desk = federation.folder.path().join("hub/data/desk.sock");
    let desk = IntakeClient::connect(&desk).await.unwrap();
    let from = size(node, "changzhou", Lane::Urgent).await;
    let began = SystemClock.now().as_micros();
    let answer = desk.submit(vec![order("changzhou", "jintan", serial)]).await.unwrap();
    assert_eq!(answer.refused, []);
    arrived("the order is at the node", node, "changzhou", from, began).await
}

/// A department of the district hands in an order; it is durable at the hub.
async fn up(federation: &Federation, hub: &Store, serial: u64) -> Duration {
    let intake = IntakeClient::connect(&federation.node_config().socket()).await.unwrap();
    let from = size(hub, "jintan", Lane::Urgent).await;
    let began = SystemClock.now().as_micros();
    let answer = intake.submit(vec![order("jintan", "", 100 + serial)]).await.unwrap();
    assert_eq!(answer.refused, []);
    arrived("the order is at the hub", hub, "jintan", from, began).await
}

fn order(issuer: &str, addressee: &str, serial: u64) -> wire::Draft {
    let no = complaint_no(serial);
    let body = SupervisionOrder {
        no: no.clone(),
        issuer: issuer.into(),
        r#type: SuperviseType::CaseAlarm.into(),
        finding_no: complaint_no(1),
        family: CaseFamily::Permit.into(),
        case_no: "JS048100JT0000000217".into(),
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        supervisor: "JS040000JC".into(),
        operator_name: "何静".into(),
        opinion: "请查明超期原因，五个工作日内回复。".into(),
        issued_at: MORNING.as_micros(),
        reply_due_at: MORNING.as_micros() + 1,
        addressee: addressee.into(),
        ..SupervisionOrder::default()
    };
    wire::Draft {
        dataset: ORDER.into(),
        record: no,
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: body.encode_to_vec().into(),
        ..wire::Draft::default()
    }
}

// === the backlog ===

/// A million complaints wait in the node's own journal, and a million in its mailbox at the hub.
/// They are appended as the branch and the hub append; the index of records, which no line needs,
/// is left out.
async fn pile_up(federation: &Federation) {
    let config = federation.node_config();
    let hub = sanheyi_hub::config::CheckedConfig::load(&federation.hub_toml()).unwrap();
    let home = Database::open(config.database(), &[]).await.unwrap();
    let hubs = sanheyi_hub::store::open(&hub.database(), &hub.hub).await.unwrap();
    let platform = config.platform;
    let up = tokio::spawn(append(home, platform.clone(), "jintan", 1));
    let down = tokio::spawn(append(hubs, platform, "changzhou", 2));
    up.await.unwrap();
    down.await.unwrap();
}

async fn append(database: Database, platform: PlatformId, author: &'static str, seed: u64) {
    let store = database.of(&platform);
    let row = journal(&store, author, Lane::Normal).await.unwrap();
    assert!(row.home);
    let mut live = LiveJournal::open(&store, row).await.unwrap();
    let (mut packer, chance) = (SegmentWriter::new().unwrap(), SeededEntropy::new(seed));
    let mut serial = 1;
    while serial <= WAITING {
        let past = (serial + SEGMENT * SEGMENTS).min(WAITING + 1);
        let entries: Vec<_> = (serial..past).map(|n| complaint(n, &chance)).collect();
        let advance = live.append(&mut packer, &entries, MORNING).unwrap();
        let mut tx = store.begin("pile_up").await.unwrap();
        tx.journal_write(&store, &advance);
        tx.commit().await.unwrap();
        live.settle(advance);
        serial = past;
    }
    database.close().await;
}

/// The smallest complaint that keeps every rule.
fn complaint(serial: u64, chance: &SeededEntropy) -> sanheyi_node::branch::Sealed {
    let no = complaint_no(serial);
    let body = Complaint {
        no: no.clone(),
        organisation: "JS048100JT".into(),
        title: "拒载".into(),
        content: "请核实处理并答复。".into(),
        way: ComplaintWay::Hotline.into(),
        received_at: MORNING.as_micros(),
        updated_at: MORNING.as_micros() + 1,
        state: ComplaintState::Registered.into(),
        ..Complaint::default()
    };
    let header = Header {
        dataset: COMPLAINT.parse().unwrap(),
        record: no.parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: STANDARD,
        occurred: MORNING,
        recorded: MORNING,
        body_digest: Digest::new([0; 32]),
    };
    let mut salt = [0; 16];
    chance.fill(&mut salt);
    seal(header, Salt(salt), body.encode_to_vec().into())
}
