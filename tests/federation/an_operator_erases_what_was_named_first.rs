//! `erase` names what would go, who was shown it and what stays, and touches nothing; with `--yes`
//! the bodies are gone at home, at the hub and at whoever was shown them. A tenant's go the same
//! way.

use prost::Message as _;
use sanheyi_node::store::{Erased, ForeignKey, Store};
use sanheyi_proto::standard::v1::{Case, PolicyScope};
use sanheyi_tests::fixtures::{CASE, POWER, case, case_no, draft, new_case, new_item};
use sanheyi_tests::joint::{joint_no, may_see, new_joint, next};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, assert_tenant_sound, id, told};
use serde_json::json;

use crate::commands::{hub, node, try_hub, try_node};

const WHY: [&str; 6] =
    ["--reason", "保存期限届满", "--basis", "档案保管期限表第三条", "--by", "数据管理科"];

fn words<'a>(of: &[&'a str], record: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let named = ["--dataset", CASE, "--record", record];
    [of, &named, &WHY, more].concat()
}

/// Of each revision of the first case, whether its body is there.
async fn bodies(store: &Store) -> Vec<bool> {
    let mut there = Vec::new();
    for found in store.record_revisions(CASE, &case_no(1), 9).await.unwrap() {
        let entry = store.entry_get(found.place.journal, found.place.sequence).await.unwrap();
        there.push(entry.unwrap().body.is_some());
    }
    there
}

#[tokio::test]
async fn it_is_shown_first_and_erased_when_it_is_confirmed() {
    let mut world = World::on(Ground::Sqlite, 640, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let policy = may_see("wujin", "wujin", "case.*", "jintan", PolicyScope::Addressed);
    world.hub.exchange().dispatch(vec![policy]).await.unwrap();
    jintan.dial_on().await;
    wujin.dial_on().await;
    let first = jintan.submit(vec![new_item(POWER), new_case(1)]).await;
    jintan.submit(vec![new_joint(1, "wujin")]).await;
    let again = Case { r#abstract: "更正".into(), ..case(1) }.encode_to_vec();
    jintan.submit(vec![next(&draft(CASE, &case_no(1), again), &first[1])]).await;
    let key = |revision| {
        let (dataset, record) = (CASE.to_owned(), case_no(1));
        ForeignKey { author: id("jintan"), dataset, record, revision }
    };
    until("both revisions are shown", async || {
        wujin.store().enclosure_get(&key(2)).await.unwrap().is_some()
    })
    .await;

    let record = case_no(1);
    let erase = |more: &[&'static str]| words(&["erase"], &record, more);
    let plan = node(&jintan, &erase(&["--all"])).await;
    let request =
        json!({"platform": "wujin", "why": "joint", "by": joint_no(1), "permitted": true});
    assert_eq!(plan["shown_to"], json!([request]));
    assert_eq!(
        (plan["done"].clone(), plan["revisions"][1]["chosen"].clone()),
        (json!(false), json!(true))
    );
    assert_eq!(bodies(jintan.store()).await, [true, true], "it only says so");

    let unknown = try_node(&jintan, &words(&["erase"], "JS048200SC9999999999", &["--all"])).await;
    assert!(unknown.clone().is_err_and(|said| said.contains("没有")), "{unknown:?}");
    let absent = try_node(&jintan, &erase(&["--revision", "3"])).await;
    assert!(absent.clone().is_err_and(|said| said.contains("第 2 版")), "{absent:?}");
    let silent = erase(&["--all"]).into_iter().map(|word| if word == WHY[1] { " " } else { word });
    let silent = try_node(&jintan, &silent.collect::<Vec<_>>()).await;
    assert!(silent.clone().is_err_and(|said| said.contains("reason")), "{silent:?}");

    let one = node(&jintan, &erase(&["--revision", "1", "--yes"])).await;
    assert_eq!(
        (one["done"].clone(), one["revisions"][0]["state"].clone()),
        (json!(true), json!("erased"))
    );
    assert_eq!(bodies(jintan.store()).await, [false, true]);
    let twice = try_node(&jintan, &erase(&["--revision", "1", "--yes"])).await;
    assert!(twice.clone().is_err_and(|said| said.contains("已删除")), "{twice:?}");
    let rest = node(&jintan, &erase(&["--all", "--yes"])).await;
    assert_eq!(rest["revisions"][0]["erasure"], json!(null), "not a second time");
    assert!(rest["revisions"][1]["erasure"].is_number(), "{rest}");

    until("they are erased at Wujin", async || {
        let row = wujin.store().enclosure_get(&key(2)).await.unwrap();
        row.is_some_and(|row| row.erased == Erased::Proved)
    })
    .await;
    told(&world, &jintan).await;
    assert_eq!(bodies(&world.hub.store(&id("jintan"))).await, [false, false]);
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_tenants_bodies_are_erased_at_the_hub() {
    let mut world = World::on(Ground::Sqlite, 641, &[]).await;
    let wujin = world.tenant("wujin").await;
    wujin.submit(vec![new_item(POWER), new_case(1)]).await;
    let record = case_no(1);
    let of = ["tenant", "erase", "wujin"];
    let plan = hub(&world, &words(&of, &record, &["--all"])).await;
    assert_eq!((plan["done"].clone(), plan["shown_to"].clone()), (json!(false), json!([])));
    let store = world.hub.store(&id("wujin"));
    assert_eq!(bodies(&store).await, [true]);
    let done = hub(&world, &words(&of, &record, &["--all", "--yes"])).await;
    assert_eq!(done["done"], json!(true));
    assert_eq!(bodies(&store).await, [false]);
    let nobody = try_hub(&world, &words(&["tenant", "erase", "liyang"], &record, &["--all"])).await;
    assert!(nobody.is_err_and(|said| said.contains("liyang")));
    assert_tenant_sound(&world, &wujin).await;
}
