//! A lane that may be used at night only waits for the night; meanwhile the urgent one goes on, and
//! a connection that ends is not kept waiting by what has not begun.

use std::fs;
use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_node::branch::Draft;
use sanheyi_node::store::Store;
use sanheyi_node::uplink::retry::RetryConfig;
use sanheyi_proto::standard::v1::{CaseFamily, SuperviseType, SupervisionOrder};
use sanheyi_tests::balancer::Balancer;
use sanheyi_tests::fixtures::{MORNING, complaint_no, draft, new_complaints};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, settled};

/// Age of a connection: a test sees several ends.
const AGE: Duration = Duration::from_secs(1);
/// Far beyond any test's patience: whoever pauses once is found out.
const NEVER: RetryConfig = RetryConfig {
    first: Duration::from_secs(1 << 40),
    factor: 2,
    max: Duration::from_secs(1 << 40),
};

fn order(serial: u64) -> Draft {
    let no = complaint_no(serial);
    let body = SupervisionOrder {
        no: no.clone(),
        issuer: "jintan".into(),
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
        ..SupervisionOrder::default()
    };
    draft("supervision.order", &no, body.encode_to_vec())
}

/// Size of the platform's journal of a lane in a store.
async fn size(store: &Store, lane: Lane) -> u64 {
    let rows = store.journal_list().await.unwrap();
    let own = |id: &sanheyi_exchange_spec::ids::JournalId| {
        id.author == *store.platform() && id.lane == lane
    };
    rows.iter().find(|row| own(&row.head.journal)).map_or(0, |row| row.head.size)
}

/// How many entries of a lane the hub has answered.
async fn answered(node: &NodeMachine, lane: Lane) -> u64 {
    let rows = node.store().journal_list().await.unwrap();
    let own = rows.iter().find(|row| row.home && row.head.journal.lane == lane).unwrap();
    node.store().receipt_counts(own.number).await.unwrap().1
}

#[tokio::test]
async fn until_the_evening() {
    let mut world = World::new(160, &["jintan"]).await;
    world.hub.stop().await;
    world.hub.max_age = Some(AGE);
    world.hub.start().await;
    let file = world.folder("jintan").join("node.toml");
    let text = fs::read_to_string(&file).unwrap();
    // The world begins at 08:00, the first moment at which the lane is closed.
    fs::write(&file, format!("{text}\n[lanes.normal]\nhours = ['18:00-08:00']\n")).unwrap();
    let balancer = Balancer::start().await;
    balancer.set(0, Some(world.hub.address()));
    let mut node = world.node("jintan").await;
    node.dial = balancer.address();
    node.dial_on_with(NEVER).await;

    node.submit(new_complaints(1..4)).await;
    let hub = world.hub.store(&node.platform());
    for serial in 1..4 {
        node.submit(vec![order(serial)]).await;
        until("an urgent entry is answered", async || {
            answered(&node, Lane::Urgent).await == serial
        })
        .await;
        let before = balancer.served(0);
        until("a connection has ended", async || balancer.served(0) > before).await;
    }
    assert_eq!((size(&hub, Lane::Urgent).await, size(&hub, Lane::Normal).await), (3, 0));
    assert_eq!(node.link_row().await.detail, "");

    world.clock.set(MORNING.plus_micros(10 * 3_600_000_000));
    until("everything is answered", async || settled(node.store()).await).await;
    assert_eq!(size(&hub, Lane::Normal).await, 3);
    node.hang_up().await;
    assert_converged(&world, &node).await;
}
