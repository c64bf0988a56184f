//! Something to look at: a federation in which all kinds of things have happened.

use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::calendar::Calendar;
use sanheyi_exchange_spec::health::{BEHIND_AFTER, OFFLINE_AFTER};
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_hub::cli::answer;
use sanheyi_hub::exchange::EVERYTHING;
use sanheyi_hub::setup::{NewPlatform, NewTenant};
use sanheyi_hub::store::{EnrolmentState, enrolment_list};
use sanheyi_node::branch::{Draft, QuarantineCounts};
use sanheyi_node::enrol::enrol;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_proto::standard::v1::{Policy, PolicyAction, PolicyEffect, WorkingCalendar};
use sanheyi_tests::browser::Tab;
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{ITEM, draft, new_complaints, new_item};
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{NodeMachine, World, id, told};

use crate::node::Machine;
use crate::stage::{Stage, early};

/// Platforms with a line of their own that lie on the map, with their names.
const NAMES: [(&str, &str, &str); 7] = [
    ("jiangsu", "江苏省", "Jiangsu"),
    ("xinbei", "新北区", "Xinbei"),
    ("zhonglou", "钟楼区", "Zhonglou"),
    ("qishuyan", "戚墅堰区", "Qishuyan"),
    ("wujin", "武进区", "Wujin"),
    ("jintan", "金坛市", "Jintan"),
    ("liyang", "溧阳市", "Liyang"),
];
/// The one that the hub hosts.
const TENANT: (&str, &str, &str) = ("tianning", "天宁区", "Tianning");

/// What the stage needs to stay as it is.
pub(crate) struct Material {
    jintan: NodeMachine,
    _xinbei: NodeMachine,
    liyang: Machine,
}

/// A policy on one dataset of jintan.
pub(crate) fn on(dataset: &str, effect: PolicyEffect) -> Draft {
    let id = format!("jintan-{}", dataset.replace(['.', '_'], "-"));
    let body = Policy {
        id: id.clone(),
        title: "报送".into(),
        effect: effect.into(),
        action: PolicyAction::Send.into(),
        platform: "jintan".into(),
        dataset: dataset.into(),
        reason: "试点".into(),
        decided_by: "市数据局".into(),
        ..Policy::default()
    };
    draft("exchange.policy", &id, body.encode_to_vec())
}

/// Calendars of all years to come: the story plays today, whenever that is.
pub(crate) async fn publish_years(world: &World) {
    let year = |year: i16| {
        let (year, basis) = (u32::try_from(year).unwrap(), "按星期".to_owned());
        let body = WorkingCalendar { year, version: 1, basis, ..WorkingCalendar::default() };
        draft("codes.working_calendar", &format!("{year}-1"), body.encode_to_vec())
    };
    let years = (Calendar::builtin().last_year() + 1..=2099).map(year).collect();
    world.hub.exchange().dispatch(years).await.unwrap();
}

/// How what was quarantined of a platform is being handled.
pub(crate) async fn tally(stage: &Stage, node: &NodeMachine) -> Tally {
    let store = stage.world.hub.store(&node.platform());
    let mut sums = QuarantineCounts::default();
    for journal in store.judged_journals().await.unwrap() {
        sums.add(&store.quarantine_count(journal.number).await.unwrap());
    }
    assert_eq!(sums.difference(), 0, "{sums:?}");
    sums.tally
}

/// Has the hub ask whoever approves, from its next start on.
pub(crate) fn approve_by_hand(world: &World) {
    let file = world.hub.folder().join("hub.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}\n[enrolment]\napproval = \"manual\"\n")).unwrap();
}

/// A command of the hub.
async fn command(world: &World, words: &str) {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let words = words.split_whitespace().map(str::to_owned);
    let words = ["sanheyi-hub".to_owned()].into_iter().chain(words);
    let words = words.chain(["--config".to_owned(), config]);
    within("the hub's command", Box::pin(answer(words))).await.unwrap();
}

/// An order to one platform and a complaint to another, issued when worlds begin.
pub(crate) async fn ask(world: &World, [order, complaint]: [&str; 2]) {
    let at = "--at 2026-07-01T09:00:00+08:00";
    let order = format!(
        "order issue --to {order} --supervisor JS040000JC --organisation JS048100JT --by 何静 \
         --opinion 请查明超期原因，五个工作日内回复。 {at}"
    );
    command(world, &order).await;
    let complaint = format!(
        "complaint send --to {complaint} --organisation JS040000XF --title 反映班车拒载 --content \
         持票上车被拒，请求核实。 --way hotline --accused JS048100JT --due 5 {at}"
    );
    command(world, &complaint).await;
}

/// A machine that has asked to be let in, and waits.
async fn knock(world: &mut World) {
    let token = world.token("jingkai", false).await;
    let parts = world.machine("jingkai", &token);
    let database = world.hub.database();
    let waits = until("it waits", async || {
        let rows = enrolment_list(&database, None, 9).await.unwrap();
        rows.iter().any(|row| row.state == EnrolmentState::Waiting)
    });
    tokio::select! {
        done = enrol(&parts, |_| {}) => panic!("nobody approved it: {done:?}"),
        () = waits => {}
    }
}

/// Jintan: most is accepted, some waits for what has not come, some is quarantined; a file.
async fn jintan(world: &mut World) -> NodeMachine {
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..41)).await;
    node.submit((41..44).map(early).collect()).await;
    let file = TestFile::pdf(701, 90_000);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(50)]).await;
    node.submit((1..=6).map(new_item).collect()).await;
    node.dial_on().await;
    told(world, &node).await;
    node
}

/// Liyang may send at other hours than now: it is connected, and what it has written waits.
async fn liyang(world: &mut World) -> Machine {
    let file = world.folder("liyang").join("node.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let hour = (world.clock.now().as_micros() / 3_600_000_000 + 8).rem_euclid(24);
    let hours = format!("{:02}:00-{:02}:00", (hour + 12) % 24, (hour + 13) % 24);
    std::fs::write(&file, format!("{text}\n[lanes.normal]\nhours = ['{hours}']\n")).unwrap();
    let mut node = world.node("liyang").await;
    node.submit(new_complaints(1..1235)).await;
    node.close().await;
    Machine::run(world, "liyang", 702).await
}

/// Registers the platforms, each by its name.
async fn register(world: &World) {
    for (name, zh, en) in NAMES {
        let (title_zh, title_en) = (zh.to_owned(), en.to_owned());
        let new = NewPlatform { title_zh, title_en, ..world.new_platform(name) };
        world.setup().platform_add(&new).await.unwrap();
    }
    let (name, zh, en) = TENANT;
    let new = NewTenant {
        platform: id(name),
        title_zh: zh.to_owned(),
        title_en: en.to_owned(),
        quota: 0,
        may_send: vec![EVERYTHING.to_owned()],
    };
    world.setup().tenant_add(&new).await.unwrap();
}

/// All of it, in a federation that is empty.
pub(crate) async fn lively(stage: &mut Stage) -> Material {
    let world = &mut stage.world;
    approve_by_hand(world);
    world.hub.stop().await;
    register(world).await;
    world.hub.start().await;
    publish_years(world).await;
    let denied = vec![on(ITEM, PolicyEffect::Deny)];
    world.hub.exchange().dispatch(denied).await.unwrap();
    world.tenant(TENANT.0).await.submit(new_complaints(1..8)).await;
    let xinbei = stage.fed("xinbei", 5, 0).await;
    let world = &mut stage.world;
    let jintan = jintan(world).await;
    let liyang = Box::pin(liyang(world)).await;
    ask(world, ["jintan", "xinbei"]).await;
    knock(world).await;
    told(world, &jintan).await;
    until("the hub has heard of what waits in Liyang", async || {
        let heard = world.hub.store(&world.setup().hub).heard_list().await.unwrap();
        heard.iter().any(|row| {
            row.peer.as_str() == "liyang"
                && row.beat.as_ref().is_some_and(|(beat, _)| beat.size > 0)
        })
    })
    .await;
    let long = BEHIND_AFTER.max(OFFLINE_AFTER).unsigned_abs();
    world.clock.advance(Duration::from_micros(long) + Duration::from_secs(5));
    Material { jintan, _xinbei: xinbei, liyang }
}

/// Works off a part of the quarantine by the pages; gives the addresses of what came of it.
pub(crate) async fn review(stage: &Stage, tab: &Tab) -> String {
    tab.open(&format!("{}/quarantine?state=open&lang=zh", stage.hub())).await;
    tab.click("#desk tbody tr:nth-child(1) input[name=entry]").await;
    tab.click("#desk tbody tr:nth-child(2) input[name=entry]").await;
    tab.fill("#note", "请按现行目录更正后重报").await;
    tab.follow("#desk button[value=return]").await;
    tab.follow("main section form button").await;
    let place = tab.place().await;
    until("the page says that it is done", async || {
        tab.open(&format!("{}{place}", stage.hub())).await;
        tab.count("#progress.good").await == 1
    })
    .await;
    place
}

// === impl Material ===

impl Material {
    /// Ends what runs.
    pub(crate) async fn end(mut self) {
        self.jintan.hang_up().await;
        self.liyang.end().await;
    }
}
