//! A code list comes late: a branch that has not heard of it writes what it may no longer, and so
//! fills the quarantine. What several sentences about it share.

use prost::Message as _;
use sanheyi_exchange_spec::calendar::{Calendar, midnight};
use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::json::{Unknown, to_json};
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_exchange_spec::rulebook::builtin_entries;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Appended, Draft, QuarantineCounts};
use sanheyi_node::store::{Counts, Store};
use sanheyi_proto::standard::v1::{CodeList, Complaint, ComplaintWay, WorkingCalendar};
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, draft};
use sanheyi_tests::world::{NodeMachine, World, counts, told};
use serde_json::{Value, json};

use crate::commands::{hub, node};

const LIST: &str = "codes.code_list";
const FIRST_DAY: &str = "2026-08-01";
/// The rule that they break.
pub(crate) const RULE: &str = "code.not_in_force";

pub(crate) fn first_day() -> Timestamp {
    midnight(FIRST_DAY.parse().unwrap())
}

/// The list of ways of complaining from the first day on, without these.
fn list_without(gone: &[&str]) -> String {
    let mut lists = builtin_entries().into_iter().filter(|entry| entry.dataset == LIST);
    let mut list = lists
        .find_map(|entry| {
            CodeList::decode(entry.body.as_slice()).ok().filter(|list| list.id == "complaint_way")
        })
        .unwrap();
    (list.version, list.valid_from) = (2, FIRST_DAY.to_owned());
    list.entries.retain(|entry| !gone.contains(&entry.title_en.as_str()));
    let dictionary = Dictionary::new().unwrap();
    to_json(dictionary.dataset(LIST).unwrap(), &list.encode_to_vec(), Unknown::Refuse).unwrap()
}

pub(crate) async fn publish(world: &World, gone: &[&str]) {
    let file = world.hub.folder().join("complaint_way.json");
    std::fs::write(&file, list_without(gone)).unwrap();
    let path = file.display().to_string();
    hub(world, &["publish", "code-list", &path]).await;
}

/// Calendars of all years to come: a command goes by the clock of the machine.
pub(crate) async fn publish_years(world: &World) {
    let year = |year: i16| {
        let year = u32::try_from(year).unwrap();
        let basis = "按星期".to_owned();
        let body = WorkingCalendar { year, version: 1, basis, ..WorkingCalendar::default() };
        draft("codes.working_calendar", &format!("{year}-1"), body.encode_to_vec())
    };
    let years = (Calendar::builtin().last_year() + 1..=2099).map(year).collect();
    world.hub.exchange().dispatch(years).await.unwrap();
}

pub(crate) fn by(way: ComplaintWay, serial: u64) -> Draft {
    let at = first_day();
    let body = Complaint {
        way: way.into(),
        received_at: at.as_micros(),
        updated_at: at.as_micros(),
        ..complaint(serial)
    };
    Draft { occurred: at, ..draft(COMPLAINT, &complaint_no(serial), body.encode_to_vec()) }
}

/// The same behind a revision that stands already.
pub(crate) fn behind(head: &Appended, draft: Draft) -> Draft {
    Draft { follows: Some((head.revision, head.digest)), ..draft }
}

/// A node that has not heard of the list, and a hub that has: so many complaints by the media, then
/// so many by e-mail, are quarantined.
pub(crate) async fn quarantined(
    world: &mut World,
    media: u64,
    email: u64,
) -> (NodeMachine, Vec<Appended>) {
    let mut wujin = world.node("wujin").await;
    publish(world, &["through the media", "by e-mail"]).await;
    world.clock.set(first_day().plus_micros(1));
    let ways = (1..=media + email).map(|serial| match serial <= media {
        true => by(ComplaintWay::Media, serial),
        false => by(ComplaintWay::Email, serial),
    });
    let appended = wujin.submit(ways.collect()).await;
    wujin.dial_on().await;
    told(world, &wujin).await;
    let all = Counts { quarantined: media + email, ..Counts::default() };
    assert_eq!(counts(wujin.store()).await, all);
    (wujin, appended)
}

/// The sums of one store, which must be even.
pub(crate) async fn sums(store: &Store) -> QuarantineCounts {
    let mut sums = QuarantineCounts::default();
    for journal in store.judged_journals().await.unwrap() {
        sums.add(&store.quarantine_count(journal.number).await.unwrap());
    }
    assert_eq!(sums.difference(), 0, "{sums:?}");
    sums.settle().unwrap();
    sums
}

/// Both sides have the same sums, by store and by command.
pub(crate) async fn assert_even(world: &World, machine: &NodeMachine, due: Tally) {
    let there = world.hub.store(&machine.platform());
    for store in [machine.store(), &there] {
        assert_eq!(sums(store).await.tally, due);
    }
    let told = hub(world, &["quarantine", "counts", "--platform", "wujin"]).await;
    assert_eq!((&told[0]["open"], &told[0]["difference"]), (&json!(due.open), &json!(0)));
    let told = node(machine, &["quarantine", "counts"]).await;
    assert_eq!((&told["corrected"], &told["difference"]), (&json!(due.corrected), &json!(0)));
}

pub(crate) fn counted(report: &Value) -> [u64; 6] {
    let outcome = &report["outcome"];
    ["accepted", "stays", "pending", "returned", "passed"]
        .map(|key| outcome[key].as_u64().unwrap())
        .iter()
        .copied()
        .chain([report["entries"].as_u64().unwrap()])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

/// How many letters the hub has written to the node.
pub(crate) async fn letters(world: &World, machine: &NodeMachine) -> u64 {
    let rows = world.hub.store(&machine.platform()).journal_list().await.unwrap();
    rows.iter().filter(|row| row.home).map(|row| row.head.size).sum()
}
