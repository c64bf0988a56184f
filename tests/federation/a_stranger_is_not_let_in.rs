//! Who calls is read from the certificate, and what may be called follows from who calls. A node
//! that is not let in says so and waits for a person; it does not knock for ever.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sanheyi_exchange_spec::error::Code;
use sanheyi_hub::authority::Authority;
use sanheyi_hub::authority::request::request;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::secret::write_secret;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{CallError, HubPort as _, PullCall};
use sanheyi_node::uplink::transport::{LineConfig, connect};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, copy_folder, hub_rows, id};

use crate::refused;

/// Dials until the node is held, and gives what it says.
async fn held(node: &mut NodeMachine) -> String {
    node.dial_on().await;
    until("the node is held", async || node.link_row().await.phase.starts_with("held:")).await;
    let row = node.link_row().await;
    assert_eq!(row.phase, "held:unauthorised", "{}", row.detail);
    assert!(row.detail.contains('→'), "it says what to do: {}", row.detail);
    row.detail
}

#[tokio::test]
async fn with_no_certificate() {
    let mut world = World::new(210, &["jintan"]).await;
    let foreign = world.foreign("jintan").await;
    let ca = fs::read(world.folder("jintan").join("ca.pem")).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let time: Arc<dyn rustls::time_provider::TimeProvider> =
        Arc::new(At(world.clock.now().as_micros().unsigned_abs()));
    let mut tls = rustls::ClientConfig::builder_with_details(provider, time)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let config = LineConfig::new(world.hub.address().to_string(), "127.0.0.1", Arc::new(tls));
    // With TLS 1.3 the refusal may come with the connection or with the first call on it.
    if let Ok(line) = connect(&config).await {
        let answer = GrpcPort::new(&line).greet(foreign.greet_call()).await;
        assert!(matches!(answer, Err(CallError::Identity(_))), "{answer:?}");
    }
    assert!(hub_rows(&world, &id("jintan")).await.is_empty());
}

#[derive(Debug)]
struct At(u64);

impl rustls::time_provider::TimeProvider for At {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        Some(rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_micros(self.0)))
    }
}

#[tokio::test]
async fn with_a_certificate_of_a_foreign_authority() {
    let mut world = World::new(211, &["jintan"]).await;
    let elsewhere = World::new(212, &["jintan"]).await;
    let folder = world.folder("jintan");
    for file in ["node.pem", "node.key"] {
        fs::copy(elsewhere.folder("jintan").join(file), folder.join(file)).unwrap();
    }
    let mut node = world.node("jintan").await;
    held(&mut node).await;

    // And the other way round: it does not trust the hub that answers.
    let mut stranger = elsewhere;
    let mut node = stranger.node("jintan").await;
    node.dial = world.hub.address();
    held(&mut node).await;
}

/// Another certificate for a platform's node, from the hub's own authority.
fn issue(world: &World, name: &str, days: u32) {
    let authority = Authority::open(&world.hub.folder()).unwrap();
    let made = request(&id(name)).unwrap();
    let (now, chance) = (world.clock.now(), SeededEntropy::new(5));
    let chain = authority.issue(&id(name), &made.csr_pem, &[], now, days, &chance).unwrap();
    let folder = world.folder(name);
    fs::write(folder.join("node.pem"), chain).unwrap();
    fs::remove_file(folder.join("node.key")).unwrap();
    write_secret(&folder.join("node.key"), made.key_pem.as_bytes()).unwrap();
}

#[tokio::test]
async fn with_a_certificate_that_has_expired() {
    let mut world = World::new(213, &["jintan"]).await;
    issue(&world, "jintan", 1);
    let mut node = world.node("jintan").await;
    drop(node.settle().await);
    world.clock.advance(Duration::from_secs(2 * 86_400));
    held(&mut node).await;

    // A person acts: another certificate, and the node started again.
    node.close().await;
    issue(&world, "jintan", 30);
    node.open().await;
    drop(node.settle().await);
}

#[tokio::test]
async fn not_registered() {
    let mut world = World::new(214, &["jintan"]).await;
    // Its certificate is good; the hub has not heard of it.
    copy_folder(&world.folder("jintan"), &world.folder("wujin"));
    issue(&world, "wujin", 30);
    let file = world.folder("wujin").join("node.toml");
    let config = fs::read_to_string(&file).unwrap().replace("\"jintan\"", "\"wujin\"");
    fs::write(&file, config).unwrap();
    let mut node = world.node("wujin").await;
    let detail = held(&mut node).await;
    assert!(detail.contains("wujin"), "{detail}");

    // An operator registers it, and the node is started again; the hub runs on.
    let key = node.parts().key.verifying();
    world.setup().register(&world.new_platform("wujin"), key).await.unwrap();
    node.close().await;
    node.open().await;
    drop(node.settle().await);
}

#[tokio::test]
async fn to_another_platforms_journal() {
    let mut world = World::new(215, &["jintan", "wujin"]).await;
    let mut jintan = world.foreign("jintan").await;
    let mut wujin = world.foreign("wujin").await;
    let theirs = jintan.greet().await.unwrap();
    wujin.greet().await.unwrap();

    let entry = [jintan.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    let call = jintan.push_call(&entry);
    refused(wujin.port.push(call.clone()).await, Code::Unauthorised);
    refused(wujin.port.greet(jintan.greet_call()).await, Code::Unauthorised);
    for journal in [jintan.journal.clone(), theirs.mailboxes[0].0.clone()] {
        let pull = PullCall {
            epochs: Vec::new(),
            generation: theirs.generation,
            cursors: vec![(journal, 0)],
            wait: Duration::ZERO,
            max_bytes: 1024,
        };
        refused(wujin.port.pull(pull).await, Code::Unauthorised);
    }
    // With the right author and another's key: the certificate is not enough.
    let own = [wujin.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    let key = std::mem::replace(&mut wujin.key, jintan.key.clone());
    let call = wujin.push_call(&own);
    refused(wujin.port.push(call).await, Code::SignatureInvalid);
    wujin.key = key;
    wujin.push(&own).await.unwrap();
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 0);
    jintan.push(&entry).await.unwrap();
}
