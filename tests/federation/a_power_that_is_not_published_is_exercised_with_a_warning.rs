//! Only what is published runs. A case on a power item that was not in force on its day has
//! happened all the same: it is accepted, and its author is warned.

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Appended, Draft};
use sanheyi_node::cli::answer;
use sanheyi_node::store::Counts;
use sanheyi_proto::standard::v1::{Case, Limit, LimitUnit, PowerItem, PowerState};
use sanheyi_tests::fixtures::{
    CASE, ITEM, MORNING, case, case_no, draft, item, new_item, new_step,
};
use sanheyi_tests::world::{NodeMachine, World, assert_converged, counts, rules, told};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = DAY / 24;

/// So long after the morning on which everything begins.
fn at(after: i64) -> Timestamp {
    Timestamp::from_micros(MORNING.as_micros() + after)
}

/// A case on the item of number `power`, opened so long after the morning.
fn opened(serial: u64, power: u64, after: i64) -> Draft {
    let (item, micros) = (item(power), at(after).as_micros());
    let case = Case {
        power_code: item.code,
        power_version: item.version,
        applied_at: micros,
        created_at: micros,
        updated_at: micros,
        ..case(serial)
    };
    Draft { occurred: at(after), ..draft(CASE, &case_no(serial), case.encode_to_vec()) }
}

fn warned(at: u64) -> (u64, Standing, Vec<String>) {
    (at, Standing::Accepted, vec!["power.not_in_force".to_owned()])
}

fn as_is(item: &PowerItem) -> Draft {
    let record = format!("{}-{}", item.code, item.version);
    draft(ITEM, &record, item.encode_to_vec())
}

/// Items that are not in force one hour after the morning, for one reason each.
fn not_in_force() -> Vec<PowerItem> {
    let state = |serial, state: PowerState| PowerItem { state: state.into(), ..item(serial) };
    let morning = MORNING.as_micros();
    vec![
        state(1, PowerState::Draft),
        state(2, PowerState::Suspended),
        state(3, PowerState::Abolished),
        // It has expired, and it has not begun.
        PowerItem { valid_from: morning - DAY, valid_until: Some(morning + HOUR), ..item(4) },
        PowerItem { valid_from: morning + DAY, ..item(5) },
    ]
}

/// The records of a node as its operator lists them.
async fn listed(node: &NodeMachine) -> Vec<serde_json::Value> {
    let config = node.folder().join("node.toml").display().to_string();
    let args = ["sanheyi-node", "records", "--json", "--config", &config];
    let answer = answer(args.map(str::to_owned)).await.unwrap();
    let report: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    report["records"].as_array().unwrap().clone()
}

#[tokio::test]
async fn whatever_keeps_it_from_being_in_force() {
    let mut world = World::new(430, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let items = not_in_force();
    let count = items.len() as u64;
    node.submit(items.iter().map(as_is).collect()).await;
    node.submit((1..=count).map(|serial| opened(serial, serial, HOUR)).collect()).await;
    // In force: published, on its first day before its hour, on its last before its end.
    let morning = MORNING.as_micros();
    let noon = PowerItem { valid_from: morning + 4 * HOUR, ..item(11) };
    let evening = PowerItem { valid_until: Some(morning + HOUR + 1), ..item(12) };
    node.submit(vec![new_item(10), as_is(&noon), as_is(&evening)]).await;
    node.submit((10..13).map(|serial| opened(serial, serial, HOUR)).collect()).await;
    // What stands on a case that is accepted with a warning stands by itself.
    node.submit(vec![new_step(1, 1)]).await;
    told(&world, &node).await;
    let due: Vec<_> = (count..2 * count).map(warned).collect();
    assert_eq!(rules(node.store()).await, due);
    let due = Counts { accepted: 2 * count + 7, warned: count, ..Counts::default() };
    for store in [node.store(), &world.hub.store(&node.platform())] {
        assert_eq!(counts(store).await, due);
    }
    assert_converged(&world, &node).await;

    let shown = listed(&node).await;
    let levels: Vec<_> = shown
        .iter()
        .flat_map(|one| one["reasons"].as_array().unwrap())
        .map(|one| (one["level"].as_str().unwrap(), one["rule"].as_str().unwrap()))
        .collect();
    assert_eq!(levels, vec![("warning", "power.not_in_force"); 5]);
    assert!(shown.iter().all(|one| one["standing"] == "accepted"), "{shown:?}");
    node.hang_up().await;
}

/// The next revision of an item, in a state since so long after the morning.
fn turned(power: u64, head: &Appended, state: PowerState, after: i64) -> Draft {
    let item = PowerItem { state: state.into(), ..item(power) };
    let follows = Some((head.revision, head.digest));
    Draft { follows, occurred: at(after), ..as_is(&item) }
}

#[tokio::test]
async fn what_counts_is_the_day_of_the_case_and_not_that_of_its_report() {
    let mut world = World::new(431, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    // Each is judged before the next comes.
    let published = node.submit(vec![new_item(1)]).await[0];
    told(&world, &node).await;
    node.submit(vec![opened(1, 1, 0)]).await;
    told(&world, &node).await;
    assert_eq!(rules(node.store()).await, []);
    let suspended = turned(1, &published, PowerState::Suspended, 5 * DAY);
    let suspended = node.submit(vec![suspended]).await[0];
    told(&world, &node).await;
    // Sequence 3 to 5: before it was suspended, on that instant, after it.
    node.submit(vec![opened(2, 1, 4 * DAY), opened(3, 1, 5 * DAY), opened(4, 1, 6 * DAY)]).await;
    told(&world, &node).await;
    assert_eq!(rules(node.store()).await, [warned(4), warned(5)]);

    let again = turned(1, &suspended, PowerState::Published, 10 * DAY);
    node.submit(vec![again, opened(5, 1, 9 * DAY), opened(6, 1, 11 * DAY)]).await;
    told(&world, &node).await;
    world.hub.stop().await;
    world.hub.start().await;
    // A hub that has forgotten what it had in mind says the same.
    node.submit(vec![opened(7, 1, DAY), opened(8, 1, 7 * DAY), opened(9, 1, 12 * DAY)]).await;
    told(&world, &node).await;
    let due = [4, 5, 7, 10].map(warned);
    assert_eq!(rules(node.store()).await, due);
    assert_converged(&world, &node).await;
    let due = Counts { accepted: 12, warned: 4, ..Counts::default() };
    assert_eq!(counts(node.store()).await, due);
    node.hang_up().await;
}

#[tokio::test]
async fn one_that_was_pending_is_warned_later() {
    let mut world = World::new(432, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    node.submit(vec![opened(1, 1, HOUR), opened(2, 2, HOUR)]).await;
    told(&world, &node).await;
    assert_eq!(counts(node.store()).await, Counts { pending: 2, ..Counts::default() });
    let suspended = PowerItem { state: PowerState::Suspended.into(), ..item(1) };
    node.submit(vec![as_is(&suspended), new_item(2)]).await;
    told(&world, &node).await;
    assert_eq!(rules(node.store()).await, [warned(0)]);
    let due = Counts { accepted: 4, warned: 1, ..Counts::default() };
    assert_eq!(counts(node.store()).await, due);
    assert_converged(&world, &node).await;
    node.hang_up().await;
}

#[tokio::test]
async fn a_promise_longer_than_the_items_is_a_warning_too() {
    let mut world = World::new(433, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let promised = |serial, amount, unit: LimitUnit| {
        let promise = Some(Limit { amount, unit: unit.into() });
        let item = item(1);
        let case = Case { power_code: item.code, promise, ..case(serial) };
        draft(CASE, &case_no(serial), case.encode_to_vec())
    };
    node.submit(vec![
        new_item(1),
        promised(1, 7, LimitUnit::WorkingDay),
        promised(2, 8, LimitUnit::WorkingDay),
        promised(3, 9, LimitUnit::CalendarDay),
    ])
    .await;
    told(&world, &node).await;
    let due = [(2, Standing::Accepted, vec!["power.promise".to_owned()])];
    assert_eq!(rules(node.store()).await, due);
    assert_converged(&world, &node).await;
    node.hang_up().await;
}
