//! The application as a whole, without a hub: it takes records all the same.

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use sanheyi_proto::exchange::v1 as wire;

use super::*;
use crate::config::EXAMPLE;
use crate::gateway::client::IntakeClient;
use crate::process::clock::SystemClock;
use crate::process::entropy::SeededEntropy;
use crate::process::secret::{write_secret, write_seed};
use crate::tests::{DATASET, MORNING, body, record};

/// A folder with everything that the example configuration names.
fn node_folder() -> (tempfile::TempDir, NodeConfig) {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let uri = |text: &str| SanType::URI(Ia5String::try_from(text.to_owned()).unwrap());

    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::default();
    own.subject_alt_names = vec![uri("spiffe://changzhou/platform/jintan")];
    let own_pem = own.signed_by(&key, &Issuer::new(ca, &ca_key)).unwrap().pem();

    std::fs::write(at("ca.pem"), ca_pem).unwrap();
    std::fs::write(at("node.pem"), own_pem).unwrap();
    write_secret(&at("node.key"), key.serialize_pem().as_bytes()).unwrap();
    write_seed(&at("signing.key"), &[7; 32]).unwrap();
    // Port 9 is refused at once on a machine without a discard service.
    let text = EXAMPLE.replace("127.0.0.1:7443", "127.0.0.1:9");
    let config = NodeConfig::parse(&at("node.toml"), &text).unwrap();
    (dir, config)
}

async fn build(config: &NodeConfig) -> Result<NodeApp, BuildError> {
    NodeApp::build(config.clone(), Arc::new(SystemClock), Arc::new(SeededEntropy::new(1))).await
}

fn draft() -> wire::Draft {
    wire::Draft {
        dataset: DATASET.to_owned(),
        record: record("A"),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: body("A"),
        ..wire::Draft::default()
    }
}

#[tokio::test]
async fn a_node_without_a_hub_takes_records_and_stops_when_asked() {
    let (_dir, config) = node_folder();
    let app = build(&config).await.unwrap();
    let (socket, branch) = (app.socket().to_owned(), app.branch().clone());
    let second = build(&config).await;
    assert!(
        matches!(second, Err(BuildError::Folder(FolderError::InUse { .. }))),
        "one data folder has one node"
    );

    let shutdown = Shutdown::new();
    let running = tokio::spawn(app.run(shutdown.clone()));
    let client = IntakeClient::connect(&socket).await.unwrap();
    let answer = client.submit(vec![draft()]).await.unwrap();
    assert_eq!(answer.appended[0].sequence, 0);
    shutdown.soft();
    // Somebody still holds a handle of the branch: the writer stops all the same.
    running.await.unwrap().unwrap();
    drop(branch);
    assert!(!socket.exists());

    let again = build(&config).await.unwrap();
    assert_eq!(again.store().record_list(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_certificate_of_another_platform_is_refused_with_the_key_that_is_wrong() {
    let (_dir, mut config) = node_folder();
    config.platform = "liyang".parse().unwrap();
    let Err(refused) = build(&config).await else { panic!("built") };
    let said = refused.to_string();
    assert!(said.contains("platform") && said.contains("jintan"), "{said}");
    assert!(!config.data.exists(), "nothing is made before the configuration is good");
}

#[tokio::test]
async fn pages_are_served_while_the_node_runs_and_ask_who_comes() {
    let (_dir, mut config) = node_folder();
    config.pages.listen = Some("127.0.0.1:0".parse().unwrap());
    config.health.listen = None;
    let app = build(&config).await.unwrap();
    let address = app.pages().unwrap();
    let written = std::fs::read_to_string(config.data.join("pages")).unwrap();
    assert_eq!(written.trim(), address.to_string());
    let shutdown = Shutdown::new();
    let running = tokio::spawn(app.run(shutdown.clone()));
    let mut line = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = b"GET /records HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut line, request).await.unwrap();
    let mut answer = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut line, &mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains("location: /sign-in?next=%2Frecords"), "{answer}");
    shutdown.soft();
    running.await.unwrap().unwrap();
}
