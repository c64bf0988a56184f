//! A complaint (投诉) that the city passes down is handled where it was sent: the handling leans on a
//! record that the hub wrote, and both sides see the same of it.

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, counts, rules, told};
use serde_json::{Value, json};

use crate::commands::{hub, node, try_node};

const NO: &str = "JS040000XF2026000001";

fn send(to: &str) -> Vec<&str> {
    let told = "complaint send --organisation JS040000XF --title 反映班车拒载 --content 持票上车被拒，请求核实。 \
                --way hotline --accused JS048100JT --due 5 --at 2026-07-01T09:00:00+08:00 --to";
    told.split_whitespace().chain([to]).collect()
}

fn handle<'a>(action: &'a str, at: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let told = ["complaint", "handle", NO, "--department", "办公室", "--staff-code", "JT0005"];
    let rest = ["--staff-name", "何静", "--action", action, "--at", at];
    [&told[..], &rest, more].concat()
}

async fn both(world: &World, jintan: &NodeMachine, as_of: &str) -> Value {
    let show = ["complaint", "show", NO, "--as-of", as_of];
    let (above, below) = (hub(world, &show).await, node(jintan, &show).await);
    assert_eq!(above, below);
    above
}

#[tokio::test]
async fn it_is_handled_where_it_was_sent() {
    let mut world = World::new(525, &["jintan"]).await;
    let mut jintan = world.node("jintan").await;
    assert_eq!(hub(&world, &send("jintan")).await["no"], json!(NO));
    let show = ["complaint", "show", NO];
    assert_eq!(hub(&world, &show).await["state"], json!("registered"));
    jintan.dial_on().await;
    until("it is delivered", async || hub(&world, &show).await["delivered"] == json!(true)).await;
    let shown = both(&world, &jintan, "2026-07-09T00:00:00+08:00").await;
    let terms = [&shown["acceptance"]["timing"], &shown["answer"]["timing"]];
    assert_eq!((&shown["state"], terms), (&json!("delivered"), [&json!("overdue"); 2]));

    let done = [
        handle("accept", "2026-07-02T09:00:00+08:00", &[]),
        handle(
            "extend",
            "2026-07-08T09:00:00+08:00",
            &["--opinion", "须向站场调取监控录像核实", "--extend-by", "2"],
        ),
        handle("answer", "2026-07-10T09:00:00+08:00", &["--opinion", "已核实，向投诉人致歉。"]),
        handle("close", "2026-07-10T10:00:00+08:00", &["--outcome", "true"]),
    ];
    for (command, state) in done.iter().zip(["accepted", "in_progress", "answered", "closed"]) {
        node(&jintan, command).await;
        told(&world, &jintan).await;
        let shown = both(&world, &jintan, "2026-07-10T12:00:00+08:00").await;
        assert_eq!(shown["state"], json!(state));
    }
    let shown = both(&world, &jintan, "2026-12-01T00:00:00+08:00").await;
    let terms = [&shown["acceptance"]["timing"], &shown["answer"]["timing"]];
    assert_eq!(terms, [&json!("met"); 2], "it was extended by two days");
    let handlings = shown["handlings"].as_array().unwrap();
    assert!(handlings.iter().all(|one| one["standing"] == Standing::Accepted.en()), "{shown}");

    let store = world.hub.store(&jintan.platform());
    assert_eq!(rules(&store).await, [], "what the hub wrote to the platform is there for the gate");
    assert_eq!(counts(&store).await.accepted, 4);
    jintan.hang_up().await;
    assert_converged(&world, &jintan).await;
}

#[tokio::test]
async fn one_that_is_not_there_is_not_handled() {
    let mut world = World::new(526, &["jintan"]).await;
    let jintan = world.node("jintan").await;
    let refused = try_node(&jintan, &handle("accept", "2026-07-02T09:00:00+08:00", &[])).await;
    assert!(refused.unwrap_err().contains("complaint.unknown"));
}
