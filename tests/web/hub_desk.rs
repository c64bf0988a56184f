//! An operator works off the quarantine by the pages of a hub: what would happen is seen before it
//! happens, and in the end nothing is open.

use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_node::branch::{Appended, Draft};
use sanheyi_node::store::ChangeFilter;
use sanheyi_node::web::viewer::Role;
use sanheyi_proto::standard::v1::PolicyEffect;
use sanheyi_tests::browser::Tab;
use sanheyi_tests::fixtures::{COMPLAINT, ITEM, new_complaints, new_item};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, told};

use crate::material::{on, publish_years, tally};
use crate::stage::{Stage, choose, figure};

/// How many complaints and how many items wait on the desk.
const COMPLAINTS: u64 = 30;
const ITEMS: u64 = 12;
/// How many of the items are ticked one by one.
const TICKED: usize = 5;
/// What is told to the author.
const NOTE: &str = "请按现行目录更正后重报";

/// A node whose entries policies keep out: all of them come into the quarantine. With its line,
/// and with the policies.
async fn kept_out(stage: &mut Stage) -> (NodeMachine, Vec<Appended>) {
    let world = &mut stage.world;
    let mut node = world.node("jintan").await;
    publish_years(world).await;
    let policies = [COMPLAINT, ITEM].map(|dataset| on(dataset, PolicyEffect::Deny));
    let policies = world.hub.exchange().dispatch(policies.into()).await.unwrap();
    node.submit(new_complaints(1..COMPLAINTS + 1)).await;
    node.submit((1..=ITEMS).map(new_item).collect()).await;
    node.dial_on().await;
    told(world, &node).await;
    (node, policies)
}

/// How many entries are open, as the desk's account says.
async fn open(tab: &Tab) -> String {
    tab.text("p.sum a[href*='state=open'] b").await
}

/// Carries out the dry run that is open, and stays until all of it is done.
async fn carry_out(stage: &Stage, tab: &Tab) {
    tab.follow("main section form button").await;
    let place = tab.place().await;
    assert!(place.starts_with("/quarantine/reviews/"), "{place}");
    stage.hold(tab).await;
    until("the page says that it is done", async || {
        tab.open(&format!("{}{place}", stage.hub())).await;
        tab.count("#progress.good").await == 1
    })
    .await;
    assert!(tab.text("#progress").await.contains("已完成"));
    stage.hold(tab).await;
}

/// The operator releases what is let in now: the filter is in the address, the dry run says what
/// would be and changes nothing.
async fn release(stage: &Stage, tab: &Tab, node: &NodeMachine) {
    let all = Tally { open: COMPLAINTS + ITEMS, ..Tally::default() };
    tab.open(&format!("{}/quarantine?lang=zh", stage.hub())).await;
    assert_eq!(open(tab).await, all.open.to_string());
    stage.hold(tab).await;
    choose(tab, "#dataset", COMPLAINT).await;
    tab.follow("form.filter button").await;
    assert!(tab.place().await.contains(&format!("dataset={COMPLAINT}")), "it can be sent on");
    assert!(tab.text("#entries-title").await.contains(&format!("共 {COMPLAINTS} 条")));
    assert_eq!(tab.count("#desk input[name=entry]").await, COMPLAINTS);
    tab.click("#desk input[value=all]").await;
    tab.follow("#desk button[value=release]").await;
    assert_eq!(tab.eval(&figure("合计")).await, COMPLAINTS.to_string());
    assert!(tab.text("p.lead").await.contains("尚未作任何改动"));
    stage.hold(tab).await;
    assert_eq!(tally(stage, node).await, all, "nothing was changed");
    carry_out(stage, tab).await;
    let due = Tally { open: ITEMS, corrected: COMPLAINTS, ..Tally::default() };
    assert_eq!(tally(stage, node).await, due, "those alone that the filter let pass");
}

/// Some are ticked and returned, then all that are left.
async fn give_back(stage: &Stage, tab: &Tab) {
    for (ticked, count) in [(true, TICKED as u64), (false, ITEMS - TICKED as u64)] {
        tab.open(&format!("{}/quarantine?state=open", stage.hub())).await;
        for row in 1..=TICKED {
            if ticked {
                tab.click(&format!("#desk tbody tr:nth-child({row}) input[name=entry]")).await;
            }
        }
        if !ticked {
            tab.click("#desk input[value=all]").await;
        }
        tab.fill("#note", NOTE).await;
        tab.follow("#desk button[value=return]").await;
        assert_eq!(tab.eval(&figure("合计")).await, count.to_string());
        assert!(tab.text("main").await.contains(NOTE));
        stage.hold(tab).await;
        carry_out(stage, tab).await;
    }
}

#[tokio::test]
async fn releases_and_returns_many_and_nothing_is_left_open() {
    let mut stage = Stage::new(720, &["jintan"]).await;
    let (mut node, policies) = kept_out(&mut stage).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Operator).await;
    let permit = Draft {
        follows: Some((policies[0].revision, policies[0].digest)),
        operation: Operation::Put,
        ..on(COMPLAINT, PolicyEffect::Permit)
    };
    stage.world.hub.exchange().dispatch(vec![permit]).await.unwrap();
    release(&stage, &tab, &node).await;
    give_back(&stage, &tab).await;

    let settled = Tally { returned: ITEMS, corrected: COMPLAINTS, ..Tally::default() };
    assert_eq!(tally(&stage, &node).await, settled);
    tab.open(&format!("{url}/quarantine")).await;
    assert_eq!(open(&tab).await, "0");
    assert!(tab.text("p.sum").await.contains("相符"));
    tab.open(&format!("{url}/")).await;
    tab.until(&format!("{} === '0'", figure("隔离"))).await;
    stage.hold(&tab).await;
    tab.follow("dl.figures a[href='/quarantine']").await;
    assert_eq!(open(&tab).await, "0", "the overview leads to the same desk");
    tab.open(&format!("{url}/quarantine?state=returned")).await;
    assert!(tab.text("#entries-title").await.contains(&format!("共 {ITEMS} 条")));

    tab.open(&format!("{url}/changes?what=quarantine")).await;
    let rows = tab.text("main table").await;
    for word in ["隔离区放行", "隔离区退回", "web:the-operator", "已开始", "已完成"]
    {
        assert!(rows.contains(word), "{word}: {rows}");
    }
    stage.hold(&tab).await;
    let own = stage.world.hub.store(&stage.world.setup().hub);
    let about = ChangeFilter { what: "quarantine".into(), ..ChangeFilter::default() };
    let rows = own.change_list(&about, None, 99).await.unwrap();
    let of = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
    assert_eq!((of("begun"), of("done")), (3, 3), "{rows:?}");
    stage.quiet(&tab, &url);
    told(&stage.world, &node).await;
    node.hang_up().await;
}

#[tokio::test]
async fn whoever_may_only_look_sees_the_desk_and_nothing_to_press() {
    let mut stage = Stage::new(721, &["jintan"]).await;
    let (mut node, _) = kept_out(&mut stage).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Viewer).await;
    tab.open(&format!("{url}/quarantine")).await;
    assert_eq!(open(&tab).await, (COMPLAINTS + ITEMS).to_string());
    assert_eq!(tab.count("main form[method=post], main input[type=checkbox]").await, 0);
    stage.hold(&tab).await;
    tab.follow("main tbody a[href*='/quarantine/entry/']").await;
    assert!(tab.text("ul.findings").await.contains("规则"), "every reason is told");
    assert_eq!(tab.count("main form[method=post]").await, 0);
    stage.hold(&tab).await;
    stage.quiet(&tab, &url);
    node.hang_up().await;
}
