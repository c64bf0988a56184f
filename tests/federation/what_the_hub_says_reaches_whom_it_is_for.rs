//! What the hub says goes to the platform that it names, or to everybody, and to nobody else; what
//! names nobody is not said.

use prost::Message as _;
use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::json::{Unknown, to_json};
use sanheyi_exchange_spec::ids::{Audience, Lane, PlatformId};
use sanheyi_exchange_spec::rulebook::Mode;
use sanheyi_node::branch::{Draft, SubmitError};
use sanheyi_node::store::Store;
use sanheyi_proto::standard::v1::{
    Bulletin, CatalogueChange, Complaint, Review, ReviewResult, ReviewStage,
};
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, draft};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, assert_tenant_sound};
use serde_json::{Value, json};

use crate::commands;

const BULLETIN: &str = "exchange.bulletin";
const REVIEW: &str = "catalogue.review";

fn complaint_for(serial: u64, addressee: &str) -> Draft {
    let body = Complaint { addressee: addressee.to_owned(), ..complaint(serial) };
    draft(COMPLAINT, &complaint_no(serial), body.encode_to_vec())
}

fn bulletin(no: &str) -> Draft {
    let body = Bulletin {
        no: no.to_owned(),
        title: "一季度通报".to_owned(),
        period_from: "2026-01-01".to_owned(),
        period_until: "2026-03-31".to_owned(),
        text: "各平台运行正常。".to_owned(),
        signed_by: "王敏".to_owned(),
        signed_at: 1_775_000_000_000_000,
        ..Bulletin::default()
    };
    draft(BULLETIN, no, body.encode_to_vec())
}

async fn has(store: &Store, hub: &PlatformId, dataset: &str, record: &str) -> bool {
    store.incoming_head(hub, dataset, record).await.unwrap().is_some()
}

/// Sizes of the hub's own journals for an audience.
async fn sizes(store: &Store, hub: &PlatformId) -> Vec<(Audience, Lane, u64)> {
    let rows = store.journal_list().await.unwrap().into_iter();
    let said = rows.filter(|row| row.home && row.head.journal.author == *hub);
    said.map(|row| (row.head.journal.audience, row.head.journal.lane, row.head.size)).collect()
}

#[tokio::test]
async fn one_platform_or_all() {
    let mut world = World::new(700, &["jintan", "wujin"]).await;
    let tianning = world.tenant("tianning").await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    jintan.dial_on().await;
    wujin.dial_on().await;
    let hub = world.setup().hub.clone();
    let exchange = world.hub.exchange();
    let (first, second) = (complaint_no(1), complaint_no(2));
    let said = exchange.dispatch(vec![complaint_for(1, "jintan")]).await.unwrap();
    exchange.dispatch(vec![complaint_for(2, "tianning")]).await.unwrap();
    exchange.dispatch(vec![bulletin("TB-2026-01")]).await.unwrap();

    until("jintan has its complaint", async || has(jintan.store(), &hub, COMPLAINT, &first).await)
        .await;
    for store in [jintan.store(), wujin.store()] {
        until("all have the bulletin", async || has(store, &hub, BULLETIN, "TB-2026-01").await)
            .await;
    }
    assert!(has(&world.hub.store(&tianning.platform), &hub, COMPLAINT, &second).await);
    assert!(!has(wujin.store(), &hub, COMPLAINT, &first).await);
    assert!(!has(jintan.store(), &hub, COMPLAINT, &second).await);

    // The next state follows the one before.
    let follows = said.first().map(|one| (one.revision, one.digest));
    let next = Draft { follows, ..complaint_for(1, "jintan") };
    assert_eq!(exchange.dispatch(vec![next]).await.unwrap()[0].revision, 2);
    until("jintan has the next one, too", async || {
        let head = jintan.store().incoming_head(&hub, COMPLAINT, &first).await.unwrap();
        head.is_some_and(|head| head.revision == 2)
    })
    .await;
    let said = exchange.rulebook().size();
    drop(exchange);
    let verified = commands::hub(&world, &["verify"]).await;
    let own = &verified[0];
    assert_eq!((&own["platform"], &own["clean"]), (&json!(hub.as_str()), &json!(true)));
    assert_eq!(own["journals"][0]["entries"], json!(said), "the broadcast is verified, too");
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
    assert_tenant_sound(&world, &tianning).await;
}

#[tokio::test]
async fn an_opinion_goes_down_by_the_command() {
    let mut world = World::new(703, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let hub = world.setup().hub.clone();
    let review = Review {
        power_code: "JS048100JT-XK-1030".to_owned(),
        power_version: 1,
        serial: 1,
        stage: ReviewStage::Review.into(),
        change: CatalogueChange::Changed.into(),
        reviewer: "何静".to_owned(),
        opinion: "请写明依据条款".to_owned(),
        result: ReviewResult::Disagreed.into(),
        reviewed_at: 1_775_000_000_000_000,
        addressee: "jintan".to_owned(),
        ..Review::default()
    };
    let file = world.hub.folder().join("opinion.json");
    let dictionary = Dictionary::new().unwrap();
    let known = dictionary.dataset(REVIEW).unwrap();
    let text = to_json(known, &review.encode_to_vec(), Unknown::Refuse).unwrap();
    std::fs::write(&file, text).unwrap();
    let path = file.display().to_string();
    let command = ["dispatch", REVIEW, &path, "--dry-run"];
    let foreseen = commands::hub(&world, &command).await;
    assert_eq!([&foreseen["platform"], &foreseen["revision"]], [&json!("jintan"), &Value::Null]);
    let record = "JS048100JT-XK-1030-1-001";
    assert!(!has(&world.hub.store(&node.platform()), &hub, REVIEW, record).await);
    let said = commands::hub(&world, &command[..3]).await;
    assert_eq!([&said["record"], &said["revision"]], [&json!(record), &json!(1)]);
    until("the opinion has come", async || has(node.store(), &hub, REVIEW, record).await).await;
    let nobody = commands::try_hub(&world, &["dispatch", "case.case", &path, "--dry-run"]).await;
    assert!(nobody.is_err());
}

#[tokio::test]
async fn what_has_no_audience_is_refused_and_nothing_is_said() {
    let mut world = World::new(701, &["jintan", "wujin"]).await;
    let node = world.node("jintan").await;
    let _link = node.settle().await;
    let (hub, exchange) = (world.setup().hub.clone(), world.hub.exchange());
    let stores = [world.hub.store(&hub), world.hub.store(&node.platform())];
    let mut before = Vec::new();
    for store in &stores {
        before.push(sizes(store, &hub).await);
    }
    let taken = bulletin("TB-2026-02");
    let cases = [
        (vec![complaint_for(1, "")], (0, "dispatch.addressee")),
        (vec![complaint_for(1, "jintan"), complaint_for(2, "wujin")], (1, "dispatch.audience")),
        (vec![complaint_for(1, "suzhou")], (0, "dispatch.unknown")),
        (vec![complaint_for(1, hub.as_str())], (0, "dispatch.unknown")),
        (vec![draft("case.case", "JS048100JT0000000001", vec![])], (0, "dataset.author")),
        (vec![draft(BULLETIN, "TB", vec![0xff])], (0, "wire")),
        (vec![taken.clone(), taken], (1, "expect")),
    ];
    for (drafts, (index, rule)) in cases {
        let Err(SubmitError::Refused(refused)) = exchange.dispatch(drafts).await else {
            panic!("{rule}: it was said");
        };
        let found =
            refused.iter().flat_map(|one| one.reasons.iter().map(|why| (one.index, &*why.rule)));
        assert!(found.clone().any(|one| one == (index, rule)), "{rule}: {refused:?}");
    }
    for (store, before) in stores.iter().zip(before) {
        assert_eq!(sizes(store, &hub).await, before, "nothing was said");
    }
}

#[tokio::test]
async fn the_directory_and_the_rules_are_known_without_the_hub_too() {
    let mut world = World::new(702, &["jintan"]).await;
    let tianning = world.tenant("tianning").await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let said = world.hub.exchange().rulebook().size();
    until("the broadcast has come", async || node.branch().rulebook().size() == said).await;
    node.hang_up().await;
    let known = node.branch().rulebook();
    let (hub, platform) = (world.setup().hub.clone(), node.platform().clone());
    let mode = |platform: &PlatformId| known.platform(platform).map(|listed| listed.mode);
    assert_eq!(mode(&hub), Some(Mode::Hub));
    assert_eq!(mode(&platform), Some(Mode::Node));
    assert_eq!(mode(&tianning.platform), Some(Mode::Tenant));
    assert_eq!(known.key_of(&platform, Lane::Normal, 7), Some(node.parts().key.verifying()));
    assert_eq!(known.key_of(&hub, Lane::Urgent, 0), Some(world.hub.key().verifying()));
    assert!(known.calendar().first_year() <= 2010);

    world.hub.kill().await;
    node.close().await;
    node.open().await;
    assert_eq!(node.branch().rulebook().size(), known.size(), "it is read from the copy");
    assert!(node.branch().rulebook().platform(&platform).is_some());
}
