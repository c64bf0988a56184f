//! A platform's keys are made on its machine. A token is good once, and for one machine; whoever is
//! not the hub that made it is not told it; who comes without a certificate reaches nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use sanheyi_exchange_spec::enrolment::{Token, digest};
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_hub::enrolment::EnrolmentError;
use sanheyi_hub::store::{
    EnrolmentState, Origin, certificate_list, enrolment_list, platform_get, platform_list,
};
use sanheyi_node::enrol::{Done, EnrolError, EnrolParts, Step, enrol};
use sanheyi_node::process::tls::enrol::pinned_config;
use sanheyi_node::store::ChangeFilter;
use sanheyi_node::uplink::enrol::AskError;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_node::uplink::transport::{LineConfig, LineError, connect};
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{World, assert_converged, hub_rows, id};

async fn enrolled(parts: &EnrolParts) -> Result<Done, EnrolError> {
    within("the machine is enrolled, or not", enrol(parts, |_| {})).await
}

/// What the hub says to a machine that it refuses.
async fn refused(parts: &EnrolParts) -> String {
    let error = enrolled(parts).await.unwrap_err();
    match &error {
        EnrolError::Ask { source: AskError::Refused(refusal), .. } => {
            assert_eq!(refusal.code, Code::EnrolmentRefused, "{refusal}");
        }
        other => panic!("{other}"),
    }
    assert!(!parts.folder.join("node.pem").exists(), "nothing half-written counts as enrolled");
    error.to_string()
}

/// What the hub has written down about tokens of a platform, the latest first.
async fn noted(world: &World) -> Vec<String> {
    let own = world.hub.store(&world.setup().hub);
    let filter = ChangeFilter { what: "enrolment".to_owned(), ..ChangeFilter::default() };
    let rows = own.change_list(&filter, None, 100).await.unwrap();
    rows.into_iter().map(|row| format!("{} {} {}", row.what, row.outcome, row.detail)).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn and_writes_with_keys_that_never_left_it() {
    let mut world = World::new(900, &[]).await;
    let token = world.token("jintan", false).await;
    assert!(platform_list(&world.hub.database()).await.unwrap().is_empty(), "not before it comes");
    let parts = world.machine("machine", &token);
    let done = enrolled(&parts).await.unwrap();
    assert_eq!((done.platform, done.takes_over, done.already), (id("jintan"), 0, false));
    for secret in ["signing.key", "node.key", "enrolment.json"] {
        assert_eq!(mode(&parts.folder.join(secret)), 0o600, "{secret}");
    }

    let mut node = world.node_at(&parts.folder).await;
    node.submit(new_complaints(1..21)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    let row = platform_get(&world.hub.database(), &id("jintan")).await.unwrap().unwrap();
    assert_eq!(row.key, node.parts().key.verifying());
    let certificates = certificate_list(&world.hub.store(&id("jintan"))).await.unwrap();
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0].origin, Origin::Enrol);
    assert_eq!(certificates[0].serial, node.serial());
    let key = fs::read_to_string(parts.folder.join("node.key")).unwrap();
    let line = key.lines().nth(1).unwrap();
    let hub = fs::read(world.hub.folder().join("data/hub.sqlite")).unwrap_or_default();
    assert!(!hub.windows(line.len()).any(|bytes| bytes == line.as_bytes()));
    node.close().await;

    // The same command again changes nothing.
    let again = enrolled(&parts).await.unwrap();
    assert!(again.already);
    node.open().await;
    drop(node.settle().await);
}

#[tokio::test]
async fn which_is_good_once_and_for_one_machine() {
    let mut world = World::new(901, &[]).await;
    let token = world.token("jintan", false).await;
    let first = world.machine("first", &token);
    enrolled(&first).await.unwrap();
    let second = world.machine("second", &token);
    let used = refused(&second).await;
    // One that was never made, and one with another secret: nobody learns which it is.
    let unknown = refused(&world.machine("third", &other_id(&token))).await;
    let wrong = refused(&world.machine("fourth", &other_secret(&token))).await;
    assert_eq!((&used, &used), (&unknown, &wrong));
    let noted = noted(&world).await;
    assert!(
        noted.iter().any(|line| line.contains("refused") && line.contains("used")),
        "{noted:?}"
    );
    assert!(noted.iter().any(|line| line.contains("another secret")), "{noted:?}");
    assert!(noted.iter().all(|line| !line.contains(&token.reveal())), "{noted:?}");
    let rows = platform_list(&world.hub.database()).await.unwrap();
    assert_eq!(rows.len(), 1, "it is bound to its platform");
}

fn other_id(token: &Token) -> Token {
    let mut other = token.clone();
    other.id.0[0] ^= 1;
    other
}

fn other_secret(token: &Token) -> Token {
    Token::new(token.id, [9; 16], token.pin)
}

#[tokio::test]
async fn which_ends_by_its_time_and_when_another_is_made() {
    let mut world = World::new(902, &[]).await;
    let token = world.token("jintan", false).await;
    world.clock.advance(Duration::from_secs(72 * 3600));
    let ended = refused(&world.machine("late", &token)).await;
    let (earlier, later) = (world.token("jintan", false).await, world.token("jintan", false).await);
    assert_eq!(refused(&world.machine("earlier", &earlier)).await, ended);
    world.clock.advance(Duration::from_secs(72 * 3600 - 1));
    enrolled(&world.machine("later", &later)).await.unwrap();
}

#[tokio::test]
async fn and_tells_it_to_nobody_but_the_hub_that_made_it() {
    let mut world = World::new(903, &[]).await;
    let other = World::new(904, &[]).await;
    let token = world.token("jintan", false).await;
    let mut parts = world.machine("machine", &token);
    parts.hub = other.hub.address().to_string();
    let error = enrolled(&parts).await.unwrap_err();
    let EnrolError::Ask { source: AskError::Line(line), .. } = &error else { panic!("{error}") };
    assert!(matches!(line, LineError::ServerUntrusted { .. }), "{line:?}");
    assert!(enrolment_list(&other.hub.database(), None, 9).await.unwrap().is_empty());
    assert!(noted(&other).await.is_empty());
    // The right pin under another name is not enough either.
    let mut parts = world.machine("misnamed", &token);
    parts.server_name = "hub.example.cn".to_owned();
    let error = enrolled(&parts).await.unwrap_err();
    assert!(matches!(error, EnrolError::Ask { source: AskError::Line(_), .. }), "{error}");
    // And the token is as good as before.
    enrolled(&world.machine("machine", &token)).await.unwrap();
}

#[tokio::test]
async fn and_who_has_none_reaches_nothing_else() {
    let mut world = World::new(905, &["jintan"]).await;
    let foreign = world.foreign("jintan").await;
    let token = world.token("wujin", false).await;
    let clock = std::sync::Arc::clone(&world.clock) as _;
    let tls = pinned_config(token.pin, clock).unwrap();
    let config = LineConfig::new(world.hub.address().to_string(), "127.0.0.1", tls);
    let line = connect(&config).await.unwrap();
    let answer = GrpcPort::new(&line).greet(foreign.greet_call()).await;
    assert!(answer.is_err(), "{answer:?}");
    assert!(hub_rows(&world, &id("jintan")).await.is_empty(), "nothing was opened");
}

/// Waits until a request of the platform waits for a person; its fingerprint.
async fn waits(world: &World, platform: &PlatformId) -> sanheyi_exchange_spec::suite::Digest {
    let database = world.hub.database();
    let mut found = None;
    until("a request waits", async || {
        let rows = enrolment_list(&database, Some(platform), 9).await.unwrap();
        let row = rows.into_iter().find(|row| row.state == EnrolmentState::Waiting);
        found = row.and_then(|row| row.asked).map(|asked| asked.request);
        found.is_some()
    })
    .await;
    found.unwrap()
}

#[tokio::test]
async fn and_waits_where_a_person_has_to_approve() {
    let mut world = World::new(906, &[]).await;
    world.hub.stop().await;
    let file = world.hub.folder().join("hub.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[enrolment]\napproval = \"manual\"\n")).unwrap();
    world.hub.start().await;
    let enrolments = world.enrolments();
    let jintan = id("jintan");
    assert!(matches!(
        enrolments.approve(&jintan, None, "").await,
        Err(EnrolmentError::NobodyWaits(_))
    ));

    let token = world.token("jintan", false).await;
    let parts = world.machine("machine", &token);
    // Stopped while it waits, and run again.
    let stopped = enrol(&parts, |_| {});
    tokio::select! {
        ended = stopped => panic!("{ended:?}"),
        _ = waits(&world, &jintan) => {}
    }
    let shown = std::sync::Mutex::new(Vec::new());
    let again = enrol(&parts, |step| shown.lock().unwrap().push(step));
    let decided = async {
        let fingerprint = waits(&world, &jintan).await;
        let other = Some(digest(b"another machine"));
        let refused = enrolments.approve(&jintan, other, "cli:1000").await;
        assert!(matches!(refused, Err(EnrolmentError::Fingerprint { .. })));
        until("the machine shows what to compare", async || {
            let shown = shown.lock().unwrap();
            let step = Step::Waiting { fingerprint: fingerprint.to_string() };
            shown.contains(&step) && shown.contains(&Step::Asking { fingerprint })
        })
        .await;
        enrolments.approve(&jintan, Some(fingerprint), "cli:1000").await.unwrap();
    };
    let (done, ()) = within("it is approved", async { tokio::join!(again, decided) }).await;
    assert!(!done.unwrap().already);
    drop(world.node_at(&parts.folder).await.settle().await);

    let token = world.token("wujin", false).await;
    let parts = world.machine("other", &token);
    let rejected = async {
        waits(&world, &id("wujin")).await;
        enrolments.reject(&id("wujin"), None, "cli:1000").await.unwrap();
    };
    let (said, ()) = tokio::join!(refused(&parts), rejected);
    assert!(said.contains("令牌"), "{said}");
    let noted = noted(&world).await;
    for what in ["enrolment.token", "enrolment.ask", "enrolment.grant", "enrolment.reject"] {
        assert!(noted.iter().any(|line| line.starts_with(&format!("{what} done"))), "{noted:?}");
    }
}

#[tokio::test]
async fn whatever_a_crash_has_left_of_the_command() {
    let mut world = World::new(907, &[]).await;
    // In the order in which they are written; a crash may come behind each.
    const WRITTEN: [&str; 7] =
        ["signing.key", "node.key", "enrolment.json", "data", "ca.pem", "node.toml", "node.pem"];
    for left in 0..=WRITTEN.len() {
        let name = format!("p{left}");
        let token = world.token(&name, false).await;
        let parts = world.machine(&name, &token);
        let whole = left > 2;
        if whole {
            enrolled(&parts).await.unwrap();
        } else {
            // The hub was not asked yet.
            let mut elsewhere = parts.clone();
            elsewhere.hub = "nowhere".to_owned();
            enrolled(&elsewhere).await.unwrap_err();
        }
        for gone in &WRITTEN[left..] {
            let path = parts.folder.join(gone);
            let _ = fs::remove_file(&path);
            let _ = fs::remove_dir_all(&path);
        }
        let before = fs::read(parts.folder.join("node.pem")).ok();
        let done = enrolled(&parts).await.unwrap();
        assert_eq!((done.platform, done.already), (id(&name), left == WRITTEN.len()), "{left}");
        assert!(
            before.is_none_or(|before| before == fs::read(parts.folder.join("node.pem")).unwrap())
        );
        let node = world.node_at(&parts.folder).await;
        node.submit(new_complaints(1..3)).await;
        let _link = node.settle().await;
        assert_converged(&world, &node).await;
        let certificates = certificate_list(&world.hub.store(&id(&name))).await.unwrap();
        assert_eq!(certificates.len(), 1, "one request, one certificate");
    }
    // A folder of something else is left alone.
    let token = world.token("jintan", false).await;
    let parts = world.machine("p7", &token);
    fs::remove_file(parts.folder.join("enrolment.json")).unwrap();
    let error = enrolled(&parts).await.unwrap_err();
    assert!(matches!(error, EnrolError::Occupied { .. }), "{error}");
}
