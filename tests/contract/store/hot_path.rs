//! What a hub and its tenants really send to their server while records travel: every statement
//! carries its platform, every transaction is about one, and what looks at all of them is named and
//! writes nothing. So rows can be distributed by platform, and no commit needs two shards. The
//! script that distributes them knows every table.

use std::collections::BTreeSet;
use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::limits::WINDOW_BYTES;
use sanheyi_hub::store::gate_behind;
use sanheyi_node::branch::Sealed;
use sanheyi_node::store::Store;
use sanheyi_node::uplink::port::{HubPort as _, PullCall};
use sanheyi_tests::fixtures::{
    COMPLAINT, HANDLING, complaint, complaint_no, handling, handling_no, new_complaints,
    next_complaint,
};
use sanheyi_tests::knobs;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::postgres::{PgDatabase, PgServer};
use sanheyi_tests::world::{Foreign, HUB, Tenant, World, id, judged};
use sea_query::{Asterisk, Query};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::catalogue::{of_new_server, of_server};
use super::ground::{Ground, open_journal};
use super::statements::{Said, Touched, Transaction, said, touched, transactions};

/// The directory of platforms: read whole, off the hot path.
const DIRECTORY: &str = "platform";
/// What looks at all platforms, by the tables that it reads: the sweep of the gate, keys that were
/// in force before, certificates that count, what waits for a review, who has a
/// quarantine, and how all links stand.
const ACROSS: &[&[&str]] = &[
    &["gate", "journal"],
    &["former_key"],
    &["certificate"],
    &["review_entry"],
    &["exception"],
    &["reader", "at"],
    &["hosted", "stopped"],
    &["journal", "stopped"],
];
/// The script that distributes the tables.
const SCRIPT: &str = include_str!("../../../deploy/citus.sql");

/// A database that says in its server's log what it is asked.
async fn talkative(database: &PgDatabase) {
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    let name = "SELECT current_database()::text";
    let name: String = sqlx::query_scalar(name).fetch_one(&mut admin).await.unwrap();
    for setting in ["log_statement = 'all'", "log_parameter_max_length = 64"] {
        let alter = format!("ALTER DATABASE {name} SET {setting}");
        admin.execute(AssertSqlSafe(alter)).await.unwrap();
    }
}

/// Greets, pushes, and pulls until the gate's letters are there.
async fn travel(mut foreign: Foreign) {
    let answer = foreign.greet().await.unwrap();
    let entry = |serial| foreign.entry(COMPLAINT, &complaint_no(serial), None, vec![]);
    let many: Vec<_> = (0..40).map(entry).collect();
    for some in many.chunks(10) {
        foreign.push(some).await.unwrap();
    }
    // A record that is there already: the gate must look which.
    let again = foreign.entry(COMPLAINT, &complaint_no(0), None, vec![]);
    foreign.push(&[again]).await.unwrap();
    foreign.push(&waiting(&foreign)).await.unwrap();
    let mut cursors = answer.mailboxes.clone();
    cursors.push((foreign.journal.clone(), 0));
    let pull = PullCall {
        epochs: Vec::new(),
        generation: answer.generation,
        cursors,
        wait: Duration::from_secs(20),
        max_bytes: WINDOW_BYTES,
    };
    within("its own entries", foreign.port.pull(pull.clone())).await.unwrap();
    let letters = PullCall { cursors: answer.mailboxes, ..pull };
    within("letters", foreign.port.pull(letters)).await.unwrap();
    foreign.greet().await.unwrap();
}

/// Handlings before their complaints, of which one is quarantined: they wait, and are judged again.
fn waiting(foreign: &Foreign) -> Vec<Sealed> {
    let handled = |serial| {
        let body = handling(serial, 1).encode_to_vec();
        foreign.entry(HANDLING, &handling_no(serial, 1), None, body)
    };
    vec![
        handled(98),
        handled(99),
        foreign.entry(COMPLAINT, &complaint_no(98), None, complaint(98).encode_to_vec()),
        foreign.entry(COMPLAINT, &complaint_no(99), None, vec![]),
    ]
}

/// A tenant, whose branch lives in the hub's own store.
async fn hosted(tenant: &Tenant, store: &Store) {
    let first = tenant.submit(new_complaints(0..100)).await;
    tenant.submit(vec![next_complaint(3, &first[3], "改")]).await;
    tenant.submit(new_complaints(100..103)).await;
    until("all of it is judged", async || {
        let homes = store.journal_list().await.unwrap().into_iter().filter(|row| row.home);
        let mut judged = 0;
        for home in homes {
            judged += store.receipt_counts(home.number).await.unwrap().1;
        }
        judged == 104
    })
    .await;
    store.record_list(None, 50).await.unwrap();
}

/// A hub's work, from its start to receipts; answers what the server was asked meanwhile. Other
/// databases of the same server say nothing in its log.
async fn work() -> Vec<Said> {
    let mut world = World::on(knobs::Ground::Postgres, 7, &["jintan", "wujin"]).await;
    world.hub.stop().await;
    talkative(world.database().unwrap()).await;
    world.hub.start().await;
    let (jintan, wujin) = (world.foreign("jintan").await, world.foreign("wujin").await);
    let tenant = world.tenant("tianning").await;
    let store = world.hub.store(&tenant.platform);
    tokio::join!(travel(jintan), travel(wujin), hosted(&tenant, &store));
    for platform in ["jintan", "wujin"] {
        judged(&world, &id(platform)).await;
    }
    gate_behind(&world.hub.database()).await.unwrap();
    drop(store);
    world.hub.stop().await;
    said(&world.database().unwrap().server().whole_log())
}

/// Whom a transaction is about, as it says at its beginning.
fn about(transaction: &Transaction) -> Option<&str> {
    let (_, rest) = transaction.begin.split_once("SET LOCAL sanheyi.platform = '")?;
    rest.split('\'').next()
}

/// What is wrong with a transaction.
fn wrong(transaction: &Transaction, tables: &BTreeSet<String>) -> Option<String> {
    let reads_only = transaction.begin.starts_with("BEGIN READ ONLY");
    let platform = about(transaction);
    let city = transaction.begin.contains("SET LOCAL sanheyi.view = 'city'");
    transaction.said.iter().find_map(|said| {
        let checked = match (platform, city) {
            (Some(platform), false) => carries(said, platform, tables),
            (None, true) if reads_only => across(said),
            (None, false) if reads_only => directory(said, tables),
            _ => Err(format!("{} is about nobody: {}", transaction.begin, said.text)),
        };
        checked.err()
    })
}

/// Whether a statement carries this platform, and no other.
fn carries(said: &Said, platform: &str, tables: &BTreeSet<String>) -> Result<(), String> {
    let Touched { tables, platform: places } = touched(&said.text, tables)?;
    let other =
        places.iter().find(|place| said.values.get(*place - 1).is_none_or(|one| one != platform));
    match other {
        Some(place) => Err(format!("{tables:?}: ${place} is not {platform}: {said:?}")),
        None => Ok(()),
    }
}

/// Whether a statement is one of the named ones that look at all platforms.
fn across(said: &Said) -> Result<(), String> {
    let named = ACROSS.iter().any(|tables| {
        let all = tables.iter().all(|table| said.text.contains(&format!("\"{table}\"")));
        all && said.text.starts_with("SELECT")
    });
    if named { Ok(()) } else { Err(format!("looks at all platforms: {}", said.text)) }
}

/// Whether a statement reads the directory, or nothing that is distributed.
fn directory(said: &Said, tables: &BTreeSet<String>) -> Result<(), String> {
    let mut others = tables.clone();
    others.remove(DIRECTORY);
    let touched = touched(&said.text, &others)?;
    if touched.tables.is_empty() { Ok(()) } else { Err(format!("is about nobody: {}", said.text)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_carries_its_platform_and_every_transaction_has_one() {
    let (tables, _) = of_new_server(&Ground::server()).await;
    let tables: BTreeSet<_> = tables.into_keys().collect();
    let (done, loose) = transactions(work().await);
    let found: BTreeSet<_> = done.iter().filter_map(|one| wrong(one, &tables)).collect();
    assert!(found.is_empty(), "of {} transactions: {found:#?}", done.len());
    for one in loose {
        let touched = touched(&one.text, &tables);
        assert!(touched.is_ok_and(|touched| touched.tables.is_empty()), "alone: {}", one.text);
    }

    // It was the hot path that was looked at, and the whole of it.
    let platforms: BTreeSet<_> = done.iter().filter_map(about).collect();
    assert_eq!(platforms, BTreeSet::from([HUB, "jintan", "tianning", "wujin"]));
    let texts: BTreeSet<_> =
        done.iter().flat_map(|one| &one.said).map(|one| one.text.as_str()).collect();
    for part in [
        "INSERT INTO \"segment\"",
        "INSERT INTO \"tile\"",
        "INSERT INTO record",
        "INSERT INTO \"receipt\"",
        "INSERT INTO \"exception\"",
        "INSERT INTO \"checkpoint\"",
        "INSERT INTO \"gate\"",
        "UPDATE \"gate\"",
        "INSERT INTO \"waiting\"",
        "UPDATE \"waiting\"",
        "DELETE FROM \"waiting\"",
        "UPDATE \"receipt\"",
        "UPDATE \"exception\"",
        "DELETE FROM \"exception\"",
        "UPDATE \"record\"",
        "INSERT INTO \"hosted\"",
        "UPDATE \"hosted\"",
        "INSERT INTO \"greeting\"",
        "INSERT INTO \"link\"",
        "UPDATE \"journal\" SET \"size\"",
        "UPDATE \"journal\" SET \"generation\"",
        "FOR UPDATE",
        "FROM \"segment\"",
        "FROM \"platform\"",
    ] {
        assert!(texts.iter().any(|text| text.contains(part)), "{part}: {texts:#?}");
    }
}

/// Citus hands the text of a whole message on to the workers: `BEGIN` must not be in it.
#[tokio::test]
async fn a_distributed_server_is_told_in_a_message_of_its_own_whose_rows_it_is() {
    // A log of its own: the other test reads the shared one.
    let ground = Ground::Server(PgServer::start().database());
    let (_, mut admin) = of_new_server(&ground).await;
    // By this table the engine knows it.
    admin.execute("CREATE TABLE pg_dist_partition ()").await.unwrap();
    let Ground::Server(place) = &ground else { panic!("a server was due") };
    talkative(place).await;
    let database = ground.open().await;
    let (ours, theirs) = (database.of(&id("tianning")), database.of(&id("zhonglou")));
    for store in [&ours, &theirs] {
        let journal = format!("{}>changzhou/normal/{}", store.platform(), "01".repeat(16));
        let row = open_journal(store, &journal).await;
        assert_eq!(store.journal_list().await.unwrap(), [row]);
    }
    let all = Query::select().column(Asterisk).from("journal").to_owned();
    assert_eq!(ours.rows("forgot", &all).await.unwrap().len(), 1);
    assert_eq!(database.city_rows("city", &all).await.unwrap().len(), 2);

    let said = said(&place.server().whole_log());
    let about = said.iter().filter(|one| one.text.contains("SET LOCAL sanheyi."));
    let texts: BTreeSet<_> = about.map(|one| one.text.as_str()).collect();
    assert_eq!(
        texts,
        BTreeSet::from([
            "SET LOCAL sanheyi.platform = 'tianning'",
            "SET LOCAL sanheyi.platform = 'zhonglou'",
            "SET LOCAL sanheyi.view = 'city'",
        ])
    );
}

#[test]
fn a_transaction_that_crosses_is_found() {
    let tables: BTreeSet<String> = ["journal", "gate", DIRECTORY].map(str::to_owned).into();
    let told = |begin: &str, text: &str, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let said = vec![Said { session: "1".into(), text: text.into(), values }];
        wrong(&Transaction { begin: begin.into(), said }, &tables)
    };
    let ours = "BEGIN; SET LOCAL sanheyi.platform = 'jintan'";
    let delete = "DELETE FROM \"gate\" WHERE \"platform\" = $1";
    let sweep = "SELECT * FROM \"gate\" INNER JOIN \"journal\" ON a = b";
    let city = "SET LOCAL sanheyi.view = 'city'";
    assert_eq!(told(ours, delete, &["jintan"]), None);
    assert_eq!(told(&format!("BEGIN READ ONLY; {city}"), sweep, &[]), None);
    assert_eq!(told("BEGIN READ ONLY", "SELECT * FROM \"platform\"", &[]), None);
    for (begin, text, values) in [
        (ours, delete, &["wujin"] as &[&str]),
        (ours, delete, &[]),
        (ours, sweep, &[]),
        ("BEGIN", delete, &["jintan"]),
        ("BEGIN READ ONLY", "SELECT * FROM \"gate\"", &[]),
        ("BEGIN", "SELECT * FROM \"platform\"", &[]),
        (&format!("BEGIN; {city}"), sweep, &[]),
        (&format!("BEGIN READ ONLY; {city}"), "SELECT * FROM \"gate\"", &[]),
    ] {
        assert!(told(begin, text, values).is_some(), "{begin} {text}");
    }
}

/// The tables that the script distributes, in its order.
fn distributed() -> Vec<&'static str> {
    let calls = SCRIPT.lines().filter(|line| !line.trim_start().starts_with("--"));
    let named = calls.filter_map(|line| line.split_once("create_distributed_table('"));
    named.map(|(_, rest)| rest.split('\'').next().unwrap_or_default()).collect()
}

#[tokio::test]
async fn the_script_distributes_every_table_by_its_platform_and_together() {
    let ground = Ground::server();
    let (tables, mut admin) = of_new_server(&ground).await;
    let listed = distributed();
    assert_eq!(listed.first(), Some(&"journal"), "the others lie beside it");
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, tables.keys().map(String::as_str).collect::<Vec<_>>());
    for table in &listed {
        let beside = if *table == "journal" { "none" } else { "journal" };
        let call = format!(
            "SELECT create_distributed_table('{table}', 'platform', colocate_with => '{beside}')\n\x20WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = \
             '{table}'::regclass);"
        );
        assert!(SCRIPT.contains(&call), "{table}: {call}");
    }
    admin.execute("CREATE TABLE forgotten (platform TEXT PRIMARY KEY)").await.unwrap();
    let now = of_server(&mut admin).await;
    assert!(now.keys().any(|table| !listed.contains(&table.as_str())), "it would be noticed");
}
