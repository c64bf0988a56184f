//! What is quarantined is seen by whoever has to do with it: the operator finds, filters and reads
//! it, and asks its author for a correction; the author sees why, until when and what to do; and
//! the correction settles it by itself.

use sanheyi_exchange_spec::calendar::midnight;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_hub::quarantine::{Act, Filter, Who, WorkingDesk};
use sanheyi_node::branch::{Appended, Draft, Sealed, seal};
use sanheyi_node::store::{ChangeFilter, Counts};
use sanheyi_proto::standard::v1::ComplaintWay;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{
    World, assert_converged, assert_tenant_sound, counts, judged, settled, told,
};
use serde_json::{Value, json};

use crate::commands::{hub, node, try_hub};
use crate::home::Home;
use crate::late_list::{
    RULE, assert_even, behind, by, counted, first_day, publish, publish_years, quarantined, sums,
};

#[tokio::test]
async fn a_return_reaches_its_author_and_a_correction_settles_it() {
    let mut world = World::new(561, &["wujin"]).await;
    let (wujin, appended) = quarantined(&mut world, 0, 70).await;
    publish_years(&world).await;
    let note = "请按新代码表填写投诉方式";
    let act = ["quarantine", "return", "--platform", "wujin", "--note", note, "--days", "3"];
    let dry = hub(&world, &[&act[..], &["--dry-run"]].concat()).await;
    assert_eq!(counted(&dry), [0, 0, 0, 70, 0, 70]);
    assert_even(&world, &wujin, Tally { open: 70, ..Tally::default() }).await;
    let real = hub(&world, &[&act[..], &["--yes"]].concat()).await;
    assert_eq!(counted(&real), counted(&dry));
    told(&world, &wujin).await;
    assert_even(&world, &wujin, Tally { returned: 70, ..Tally::default() }).await;
    assert_converged(&world, &wujin).await;

    let listed =
        node(&wujin, &["quarantine", "list", "--state", "returned", "--limit", "60"]).await;
    let one = &listed["entries"][0];
    assert_eq!(listed["entries"].as_array().unwrap().len(), 60);
    assert_eq!((&one["returned"]["note"], &one["returned"]["days"]), (&json!(note), &json!(3)));
    assert!(one["returned"]["due"].as_str() > one["returned"]["asked"].as_str(), "{one}");
    assert_eq!(
        (&one["reasons"][0]["field"], &one["reasons"][0]["rule"]),
        (&json!("way"), &json!(RULE))
    );
    assert_eq!(one["next_revision"], 2);
    let next = listed["next"].as_str().unwrap();
    let rest = node(&wujin, &["quarantine", "list", "--after", next]).await;
    assert_eq!(rest["entries"].as_array().unwrap().len(), 10);

    // Asked again: nothing is left to ask for.
    let again = hub(&world, &[&act[..], &["--yes"]].concat()).await;
    assert_eq!(counted(&again), [0; 6]);
    wujin.submit(vec![behind(&appended[0], by(ComplaintWay::Hotline, 1))]).await;
    told(&world, &wujin).await;
    let due = Tally { returned: 69, corrected: 1, ..Tally::default() };
    assert_even(&world, &wujin, due).await;
    let name = format!("{COMPLAINT}/{}/1", complaint_no(1));
    let shown = hub(&world, &["quarantine", "show", "wujin", &name]).await;
    assert_eq!((&shown["state"], &shown["settled_by"]), (&json!("corrected"), &json!(2)));
    let own = node(&wujin, &["quarantine", "show", &name]).await;
    assert_eq!((&own["state"], &own["next_revision"]), (&json!("corrected"), &Value::Null));
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_listing_is_paged_and_filtered() {
    let mut world = World::new(567, &["wujin"]).await;
    let (_wujin, _) = quarantined(&mut world, 130, 0).await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let mut list = vec!["quarantine", "list", "--limit", "50", "--field", "way"];
        if !after.is_empty() {
            list.extend(["--after", &after]);
        }
        let page = hub(&world, &list).await;
        let page = page.as_array().unwrap();
        let Some(last) = page.last() else { break };
        seen.extend(page.iter().map(|one| one["sequence"].as_u64().unwrap()));
        after = last["cursor"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, (0..130).collect::<Vec<_>>());
    for (filter, found) in [
        (["--rule", RULE], 100),
        (["--rule", "string.max_len"], 0),
        (["--field", "title"], 0),
        (["--since", "2026-08-01"], 100),
        (["--since", "2026-08-02"], 0),
        (["--state", "returned"], 0),
        (["--record", &complaint_no(7)], 1),
    ] {
        let listed = hub(&world, &[&["quarantine", "list"][..], &filter].concat()).await;
        assert_eq!(listed.as_array().unwrap().len(), found, "{filter:?}");
    }
}

#[tokio::test]
async fn what_is_personal_is_masked_and_a_look_at_it_is_written_down() {
    let mut world = World::new(566, &["wujin"]).await;
    let (_wujin, _) = quarantined(&mut world, 1, 0).await;
    let name = format!("{COMPLAINT}/{}/1", complaint_no(1));
    let show = ["quarantine", "show", "wujin", &name];
    let line = |shown: &Value, path: &str| {
        let lines = shown["body"].as_array().unwrap();
        lines.iter().find(|line| line["path"] == path).unwrap().clone()
    };
    let shown = hub(&world, &show).await;
    let masked = line(&shown, "complainant.name");
    assert_eq!((&masked["zh"], &masked["masked"]), (&json!("王**"), &json!(true)));
    assert_eq!(line(&shown, "way")["masked"], false);
    assert_eq!((&shown["standing"], &shown["state"]), (&json!("quarantined"), &json!("open")));
    assert!(!shown["reasons"][0]["en"].as_str().unwrap().is_empty());
    let store = world.hub.store(&world.setup().hub);
    let looks = ChangeFilter { what: "quarantine.personal".into(), ..ChangeFilter::default() };
    assert_eq!(store.change_list(&looks, None, 9).await.unwrap(), []);
    let personal = [&show[..], &["--personal", "--purpose", "核对投诉人"]].concat();
    let shown = hub(&world, &personal).await;
    assert_eq!(line(&shown, "complainant.name")["zh"], "王小明");
    let found = store.change_list(&looks, None, 9).await.unwrap();
    let [one] = &found[..] else { panic!("one look was due: {found:?}") };
    assert_eq!(
        (one.subject.as_str(), one.detail.as_str()),
        (&*format!("wujin {name}"), "核对投诉人")
    );
    assert!(try_hub(&world, &["quarantine", "show", "wujin", "a/b/1"]).await.is_err());
}

/// What the branch of a tenant would refuse, as one of yesterday has written it.
fn written(way: ComplaintWay, serial: u64) -> Sealed {
    let Draft { dataset, record, occurred, body, .. } = by(way, serial);
    let header = Header {
        dataset,
        record,
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: sanheyi_proto::STANDARD,
        occurred,
        recorded: occurred,
        body_digest: Digest::new([0; 32]),
    };
    seal(header, Salt([u8::try_from(serial).unwrap(); 16]), body)
}

#[tokio::test]
async fn a_tenants_quarantine_is_worked_off_in_the_same_way() {
    let mut world = World::new(568, &["wujin"]).await;
    let tianning = world.tenant("tianning").await;
    tianning.submit(vec![by(ComplaintWay::Hotline, 31)]).await;
    judged(&world, &tianning.platform).await;
    publish(&world, &["through the media", "by e-mail"]).await;
    world.clock.set(first_day().plus_micros(1));
    world.hub.stop().await;
    let mut home = Home::open(&world, "tianning").await;
    let way = |serial| if serial <= 20 { ComplaintWay::Media } else { ComplaintWay::Email };
    let late: Vec<_> = (1..=30).map(|serial| written(way(serial), serial)).collect();
    home.append(&late).await;
    home.close().await;
    world.hub.start().await;
    tianning.up().await;
    let store = world.hub.store(&tianning.platform);
    until("the tenant's entries are answered", async || settled(&store).await).await;
    assert_eq!(sums(&store).await.tally, Tally { open: 30, ..Tally::default() });

    publish(&world, &["by e-mail"]).await;
    let desk = WorkingDesk::new(&world.hub.exchange());
    let one = Filter { record: Some(complaint_no(30)), ..Filter::default() };
    let act = Act::Return { note: "请更正".into(), days: 3 };
    let plan = desk.plan(&act, &one).await.unwrap();
    let review = desk.begin(&plan, &Who::default()).await.unwrap();
    assert_eq!(desk.wait(&review, &mut |_| {}).await.unwrap().done.returned, 1);
    let item = &desk.desk().list(&one, None, 9).await.unwrap().items[0];
    // 2026-08-01 is a Saturday: Monday is the first of three.
    let due = midnight("2026-08-06".parse().unwrap()).plus_micros(-1);
    assert_eq!(item.returned.as_ref().map(|row| row.due), Some(due));
    let real = hub(&world, &["quarantine", "release", "--rule", RULE, "--yes"]).await;
    assert_eq!(counted(&real), [20, 10, 0, 0, 0, 30]);
    until("the tenant's entries are answered", async || settled(&store).await).await;
    let due = Tally { open: 9, returned: 1, corrected: 20, ..Tally::default() };
    assert_eq!(sums(&store).await.tally, due);
    assert_eq!(counts(&store).await, Counts { accepted: 21, quarantined: 10, ..Counts::default() });
    let head = Appended { sequence: 30, revision: 1, digest: late[29].digest };
    tianning.submit(vec![behind(&head, by(ComplaintWay::Hotline, 30))]).await;
    until("the tenant's entries are answered", async || settled(&store).await).await;
    let due = Tally { open: 9, corrected: 21, ..Tally::default() };
    assert_eq!(sums(&store).await.tally, due);
    assert_tenant_sound(&world, &tianning).await;
}
