//! A code list that the city publishes binds from its day on: at the commands of a branch that has
//! it, and at the gate. A branch that lags behind writes what it may no longer, and is told so.

use prost::Message as _;
use sanheyi_exchange_spec::calendar::midnight;
use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::json::{Unknown, to_json};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::rulebook::builtin_entries;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Draft, SubmitError};
use sanheyi_proto::standard::v1::{CodeList, Complaint, ComplaintWay};
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, draft};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, rules, told};
use serde_json::{Value, json};

use crate::commands::hub;

const LIST: &str = "codes.code_list";
const FIRST_DAY: &str = "2026-08-01";

/// The list of ways of complaining without the media, as JSON.
fn without_media() -> String {
    let mut lists = builtin_entries().into_iter().filter(|entry| entry.dataset == LIST);
    let mut list = lists
        .find_map(|entry| {
            CodeList::decode(entry.body.as_slice()).ok().filter(|list| list.id == "complaint_way")
        })
        .unwrap();
    (list.version, list.valid_from) = (2, FIRST_DAY.to_owned());
    list.entries.retain(|entry| entry.title_en != "through the media");
    let dictionary = Dictionary::new().unwrap();
    to_json(dictionary.dataset(LIST).unwrap(), &list.encode_to_vec(), Unknown::Refuse).unwrap()
}

/// A complaint through the media that came in so long after the first day began.
fn by_media(serial: u64, micros: i64) -> Draft {
    let at = first_day().plus_micros(micros);
    let body = Complaint {
        way: ComplaintWay::Media.into(),
        received_at: at.as_micros(),
        updated_at: at.as_micros(),
        ..complaint(serial)
    };
    Draft { occurred: at, ..draft(COMPLAINT, &complaint_no(serial), body.encode_to_vec()) }
}

fn first_day() -> Timestamp {
    midnight(FIRST_DAY.parse().unwrap())
}

/// Publishes the list, once for show.
async fn publish(world: &World) {
    let file = world.hub.folder().join("complaint_way.json");
    std::fs::write(&file, without_media()).unwrap();
    let path = file.display().to_string();
    let foreseen = hub(world, &["publish", "code-list", &path, "--dry-run"]).await;
    assert_eq!(
        [&foreseen["record"], &foreseen["revision"], &foreseen["from"], &foreseen["platforms"]],
        [&json!("complaint_way-2"), &Value::Null, &json!(FIRST_DAY), &json!(["jintan", "wujin"])]
    );
    let published = hub(world, &["publish", "code-list", &path]).await;
    assert_eq!((&published["after"], &published["revision"]), (&json!(0), &json!(1)));
    let again = hub(world, &["publish", "code-list", &path, "--dry-run"]).await;
    assert_eq!((&again["after"], &again["changes"]), (&json!(1), &json!([])));
}

#[tokio::test]
async fn at_a_branchs_command_and_at_the_gate() {
    let mut world = World::new(530, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    publish(&world).await;
    jintan.dial_on().await;
    until("the branch has the list", async || {
        jintan.branch().rulebook().code_list("complaint_way", 2).is_some()
    })
    .await;

    world.clock.set(first_day().plus_micros(1));
    jintan.submit(vec![by_media(1, -1)]).await;
    let Err(SubmitError::Refused(refused)) = jintan.try_submit(vec![by_media(2, 0)]).await else {
        panic!("the last instant before was the last")
    };
    let found: Vec<_> = refused[0].reasons.iter().map(|one| (&*one.field, &*one.rule)).collect();
    assert_eq!(found, [("way", "code.not_in_force")]);

    // Wujin has not heard of it. What it writes is kept, and told.
    wujin.submit(vec![by_media(1, -1), by_media(2, 0)]).await;
    wujin.dial_on().await;
    told(&world, &jintan).await;
    told(&world, &wujin).await;
    assert_eq!(rules(&world.hub.store(&jintan.platform())).await, []);
    let late = [(1, Standing::Quarantined, vec!["code.not_in_force".to_owned()])];
    assert_eq!(rules(&world.hub.store(&wujin.platform())).await, late);
    assert_eq!(rules(wujin.store()).await, late, "and its author knows");
}
