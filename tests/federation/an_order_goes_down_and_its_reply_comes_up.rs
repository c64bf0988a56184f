//! An order of supervision (督办) goes down, its reply and its result come up. Who issued it and who
//! answers it see the same of it, all its life, but for whether it has been delivered.

use sanheyi_exchange_spec::calendar::midnight;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, told};
use serde_json::{Value, json};

use crate::commands::{hub, node, try_hub, try_node};

const FIRST: &str = "JS040000JC2026000001";
/// Issued Wednesday 1 July 2026: the reply is due on the 8th, the end on the 29th.
const ISSUED: &str = "2026-07-01T09:00:00+08:00";
const HOUR: i64 = 3_600_000_000;

/// What issues an order to a platform, but for its number.
fn issue(to: &str) -> Vec<&str> {
    let told = "order issue --supervisor JS040000JC --organisation JS048100JT --by 何静 \
                --opinion 请查明超期原因，五个工作日内回复。 --at";
    told.split_whitespace().chain([ISSUED, "--to", to]).collect()
}

fn at(day: &str, hour: i64) -> Timestamp {
    midnight(day.parse().unwrap()).plus_micros(hour * HOUR)
}

/// One order as each side shows it.
async fn both(world: &World, jintan: &NodeMachine, as_of: &str) -> (Value, Value) {
    let show = ["order", "show", FIRST, "--as-of", as_of];
    (hub(world, &show).await, node(jintan, &show).await)
}

/// Both sides show the same, and of it state and terms.
async fn stands(world: &World, jintan: &NodeMachine, as_of: &str) -> [String; 3] {
    let (above, below) = both(world, jintan, as_of).await;
    assert_eq!(above, below);
    [&above["state"], &above["reply"]["timing"], &above["closing"]["timing"]]
        .map(|word| word.as_str().unwrap().to_owned())
}

async fn listed(world: &World, jintan: &NodeMachine, more: &[&str]) -> Vec<String> {
    let list = [&["order", "list"], more].concat();
    let (above, below) = (hub(world, &list).await, node(jintan, &list).await);
    assert_eq!(above, below);
    let orders = above["orders"].as_array().unwrap().iter();
    orders.map(|one| one["no"].as_str().unwrap().to_owned()).collect()
}

/// Until the reply is due, and behind that.
async fn while_nobody_replies(world: &World, jintan: &NodeMachine) {
    let words = ["delivered", "running", "running"];
    assert_eq!(stands(world, jintan, "2026-07-08T23:59:59.999999+08:00").await, words);
    let words = ["delivered", "overdue", "running"];
    assert_eq!(stands(world, jintan, "2026-07-09T00:00:00+08:00").await, words);
    let overdue = async |as_of| listed(world, jintan, &["--overdue", "--as-of", as_of]).await;
    assert_eq!(overdue("2026-07-08T23:00:00+08:00").await, [""; 0]);
    assert_eq!(overdue("2026-07-09T00:00:00+08:00").await, [FIRST]);
}

/// Replies on the last day.
async fn replied(world: &World, jintan: &NodeMachine) {
    world.clock.set(at("2026-07-08", 17));
    let reply = ["order", "reply", FIRST, "--content", "系统停电两天，办件已于今日办结。"];
    let by = ["--by", "王建国", "--objective-cause", "--at", "2026-07-08T17:00:00+08:00"];
    let handed = node(jintan, &[&reply[..], &by].concat()).await;
    assert_eq!(handed["record"], json!(format!("{FIRST}-0001")));
    told(world, jintan).await;
    let late = "2026-07-30T00:00:00+08:00";
    assert_eq!(stands(world, jintan, late).await, ["replied", "met", "overdue"]);
    let (above, _) = both(world, jintan, late).await;
    assert_eq!(above["replies"][0]["standing"], json!("accepted"));
    assert_eq!(above["replies"][0]["objective_cause"], json!(true));
}

/// Replies once more, and ends it on the last day; then corrects that.
async fn closed(world: &World, jintan: &NodeMachine) {
    world.clock.set(at("2026-07-29", 23));
    let again = ["order", "reply", FIRST, "--content", "补充说明", "--by", "王建国"];
    let again = [&again[..], &["--at", "2026-07-29T22:00:00+08:00"]].concat();
    assert_eq!(node(jintan, &again).await["record"], json!(format!("{FIRST}-0002")));
    let end = ["order", "result", FIRST, "--result", "情况属实，整改到位。", "--by", "何静"];
    let end = [&end[..], &["--at", "2026-07-29T23:00:00+08:00"]].concat();
    assert_eq!(node(jintan, &end).await["revision"], json!(1));
    told(world, jintan).await;
    let words = ["closed", "met", "met"];
    assert_eq!(stands(world, jintan, "2026-12-01T00:00:00+08:00").await, words);
    assert_eq!(listed(world, jintan, &["--open"]).await, [""; 0]);
    assert_eq!(node(jintan, &end).await["revision"], json!(2), "said again, it is corrected");
    told(world, jintan).await;
}

#[tokio::test]
async fn both_sides_show_the_same_of_it_all_its_life() {
    let mut world = World::new(520, &["jintan"]).await;
    let mut jintan = world.node("jintan").await;
    let issued = hub(&world, &issue("jintan")).await;
    assert_eq!((&issued["no"], &issued["revision"]), (&json!(FIRST), &json!(1)));

    // Nobody has taken it yet.
    let shown = hub(&world, &["order", "show", FIRST, "--as-of", ISSUED]).await;
    assert_eq!((&shown["state"], &shown["delivered"]), (&json!("issued"), &json!(false)));
    assert_eq!(node(&jintan, &["order", "list"]).await["orders"], json!([]));

    jintan.dial_on().await;
    let show = ["order", "show", FIRST];
    until("the hub knows that it is delivered", async || {
        hub(&world, &show).await["delivered"] == json!(true)
    })
    .await;
    while_nobody_replies(&world, &jintan).await;
    replied(&world, &jintan).await;
    closed(&world, &jintan).await;
    jintan.hang_up().await;
    assert_converged(&world, &jintan).await;
}

#[tokio::test]
async fn a_number_is_given_once_and_an_unknown_one_is_named_with_its_neighbours() {
    let mut world = World::new(521, &["jintan", "wujin"]).await;
    let mut jintan = world.node("jintan").await;
    assert_eq!(hub(&world, &issue("jintan")).await["no"], json!(FIRST));
    assert_eq!(hub(&world, &issue("wujin")).await["no"], json!("JS040000JC2026000002"));
    let again = [issue("jintan"), vec!["--no", FIRST]].concat();
    let refused = try_hub(&world, &again).await.unwrap_err();
    assert!(refused.contains("--revise"), "{refused}");
    let revised = [again, vec!["--revise", "--reply-within", "3"]].concat();
    assert_eq!(hub(&world, &revised).await["revision"], json!(2));

    // Nothing is written where nothing is to be.
    let dry = [issue("jintan"), vec!["--dry-run"]].concat();
    let foreseen = hub(&world, &dry).await;
    assert_eq!(
        (&foreseen["no"], &foreseen["revision"]),
        (&json!("JS040000JC2026000003"), &Value::Null)
    );
    assert_eq!(hub(&world, &dry).await["no"], foreseen["no"]);
    let nobody = try_hub(&world, &issue("liyang")).await.unwrap_err();
    assert!(nobody.contains("liyang"), "{nobody}");

    jintan.dial_on().await;
    until("the node has it", async || {
        node(&jintan, &["order", "list"]).await["orders"].as_array().unwrap().len() == 1
    })
    .await;
    let shown = node(&jintan, &["order", "show", FIRST]).await;
    assert_eq!(shown["reply"]["due"], json!("2026-07-06T23:59:59.999999+08:00"), "{shown}");
    let wrong = "JS040000JC2026000007";
    let answers: [&[&str]; 2] = [
        &["order", "reply", wrong, "--content", "已办结", "--by", "王建国"],
        &["order", "result", wrong, "--result", "已办结", "--by", "王建国"],
    ];
    for answer in answers {
        let refused = try_node(&jintan, answer).await.unwrap_err();
        assert!(refused.contains("order.unknown") && refused.contains(FIRST), "{refused}");
    }
    let refused = try_hub(&world, &["order", "show", wrong]).await.unwrap_err();
    assert!(refused.contains("order.unknown") && refused.contains(FIRST), "{refused}");
}

#[tokio::test]
async fn a_tenant_has_it_at_once_and_answers_through_its_intake() {
    let mut world = World::new(522, &[]).await;
    let tianning = world.tenant("tianning").await;
    hub(&world, &issue("tianning")).await;
    let show = ["order", "show", FIRST, "--as-of", ISSUED];
    assert_eq!(hub(&world, &show).await["state"], json!("delivered"));
    world.clock.set(at("2026-07-02", 9));
    let reply = [
        "tenant",
        "order",
        "reply",
        "tianning",
        FIRST,
        "--content",
        "已办结",
        "--by",
        "王建国",
        "--at",
        "2026-07-02T09:00:00+08:00",
    ];
    hub(&world, &reply).await;
    let store = world.hub.store(&tianning.platform);
    until("the reply is answered", async || sanheyi_tests::world::settled(&store).await).await;
    let above = hub(&world, &show).await;
    let below =
        hub(&world, &["tenant", "order", "show", "tianning", FIRST, "--as-of", ISSUED]).await;
    assert_eq!(above, below);
    assert_eq!((&above["state"], &above["reply"]["timing"]), (&json!("replied"), &json!("met")));
}
