//! Both ends of the line, over real sockets: who gets in, who is told why not, and what is counted.

use std::convert::Infallible;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock::{Clock, ManualClock};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::tls::handshake::{connect as tls_connect, identity_fault, server_name};
use sanheyi_node::process::tls::{Identity, Trust, client_config, server_config};
use sanheyi_node::uplink::transport::{IdentityFault, Line, LineConfig, LineError, connect};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use super::*;
use crate::authority::request::request;
use crate::authority::{Authority, KEY_FILE};

/// 2026-07-01.
const NOW: Timestamp = Timestamp::from_micros(1_782_864_000_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

/// An authority in a folder that lasts as long as the test.
struct Ca(Authority, tempfile::TempDir);

impl Ca {
    fn new(hub: &str, seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let entropy = SeededEntropy::new(seed);
        Self(Authority::create(dir.path(), &id(hub), NOW, &entropy).unwrap(), dir)
    }

    fn identity(&self, platform: &str, days: u32) -> Identity {
        let names =
            if *self.0.hub() == id(platform) { vec!["127.0.0.1".to_owned()] } else { vec![] };
        let made = request(&id(platform)).unwrap();
        let entropy = SeededEntropy::new(9);
        let chain =
            self.0.issue(&id(platform), &made.csr_pem, &names, NOW, days, &entropy).unwrap();
        Identity::from_pem(&chain, &made.key_pem).unwrap()
    }

    fn trust(&self) -> Trust {
        Trust::from_pem(self.0.certificate_pem()).unwrap()
    }
}

/// A hub's door with a clock of its own.
struct Hub {
    ca: Ca,
    clock: Arc<ManualClock>,
    tls: Arc<ServerConfig>,
}

impl Hub {
    fn new() -> Self {
        let ca = Ca::new("changzhou", 1);
        let clock = Arc::new(ManualClock::new(NOW));
        let time: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let tls = server_config(&ca.identity("changzhou", 365), &ca.trust(), time).unwrap();
        Self { ca, clock, tls }
    }

    async fn acceptor(&self, meter: &Arc<Meter>) -> (Acceptor, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Acceptor::new(listener, Arc::clone(&self.tls), Arc::clone(meter)), address)
    }

    /// A tonic server that answers every call with the caller's name in a header.
    async fn serve(&self) -> (SocketAddr, JoinHandle<()>) {
        let (acceptor, address) = self.acceptor(&Meter::new()).await;
        let served = tokio::spawn(async move {
            let server = tonic::transport::Server::builder().add_service(Naming);
            server.serve_with_incoming(acceptor.incoming()).await.unwrap();
        });
        (address, served)
    }

    fn line(&self, address: SocketAddr, identity: &Identity, trust: &Trust) -> LineConfig {
        let time: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let tls = client_config(identity, trust, time).unwrap();
        LineConfig::new(address.to_string(), "127.0.0.1", tls)
    }
}

/// The smallest gRPC service: it has a name, and says who called.
#[derive(Clone)]
struct Naming;

impl tonic::server::NamedService for Naming {
    const NAME: &'static str = "test.Naming";
}

type HttpRequest = tonic::codegen::http::Request<tonic::body::Body>;
type HttpResponse = tonic::codegen::http::Response<tonic::body::Body>;

impl tonic::codegen::Service<HttpRequest> for Naming {
    type Response = HttpResponse;
    type Error = Infallible;
    type Future = std::future::Ready<Result<HttpResponse, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let peer = request.extensions().get::<Peer>().unwrap();
        let response = tonic::codegen::http::Response::builder()
            .header("who", peer.platform.as_str())
            .header("serial", peer.serial.as_str())
            .body(tonic::body::Body::empty());
        std::future::ready(Ok(response.unwrap()))
    }
}

/// Calls [`Naming`] and answers what it says.
async fn ask(line: &Line) -> Result<String, tonic::transport::Error> {
    use tonic::codegen::Service as _;
    let mut channel = line.channel.clone();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
    let request = tonic::codegen::http::Request::post("/test.Naming/Who");
    let response = channel.call(request.body(tonic::body::Body::empty()).unwrap()).await?;
    Ok(response.headers()["who"].to_str().unwrap().to_owned())
}

async fn refusal(hub: &Hub, identity: &Identity) -> IdentityFault {
    let (address, _served) = hub.serve().await;
    let line = connect(&hub.line(address, identity, &hub.ca.trust())).await.unwrap();
    ask(&line).await.unwrap_err();
    line.fault().expect("the refusal was heard")
}

fn alert(fault: &IdentityFault) -> &str {
    match fault {
        IdentityFault::ClientRefused { alert, .. } => alert,
        IdentityFault::ServerUntrusted { .. } => panic!("{fault}"),
    }
}

#[tokio::test]
async fn a_platform_is_let_in_and_its_handler_knows_its_name() {
    let hub = Hub::new();
    let (address, _served) = hub.serve().await;
    let identity = hub.ca.identity("jintan", 30);
    let line = connect(&hub.line(address, &identity, &hub.ca.trust())).await.unwrap();
    assert_eq!(ask(&line).await.unwrap(), "jintan");
    assert_eq!(line.fault(), None);
    assert!(line.meter.sent() > 500 && line.meter.received() > 500);
}

#[tokio::test]
async fn bytes_go_through_and_both_meters_agree() {
    let hub = Hub::new();
    let meter = Meter::new();
    let (acceptor, address) = hub.acceptor(&meter).await;
    let identity = hub.ca.identity("jintan", 30);
    let config = hub.line(address, &identity, &hub.ca.trust());
    let near_meter = Meter::new();
    let client = async {
        let tcp = TcpStream::connect(address).await.unwrap();
        let counted = Counted::new(tcp, Arc::clone(&near_meter));
        let name = server_name("127.0.0.1").unwrap();
        let mut tls = tls_connect(config.tls.get(), name, counted).await.unwrap();
        tls.write_all(&[7; 10_000]).await.unwrap();
        tls.flush().await.unwrap();
        let mut echo = vec![0; 10_000];
        tls.read_exact(&mut echo).await.unwrap();
        assert!(echo.iter().all(|byte| *byte == 7));
    };
    let server = async {
        let mut incoming = Box::pin(acceptor.incoming());
        let mut stream = incoming.next().await.unwrap().unwrap();
        let mut heard = vec![0; 10_000];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
        stream.flush().await.unwrap();
        (stream.peer().clone(), stream)
    };
    let ((), (peer, _stream)) = tokio::join!(client, server);
    let subject = identity.subject().unwrap();
    assert_eq!(
        (peer.platform, peer.hub, peer.serial),
        (id("jintan"), id("changzhou"), subject.serial)
    );
    assert_eq!((near_meter.sent(), near_meter.received()), (meter.received(), meter.sent()));
    assert!(meter.received() > 10_000 && meter.sent() > 10_000);
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_and_says_so() {
    let hub = Hub::new();
    let fault = refusal(&hub, &Ca::new("changzhou", 2).identity("jintan", 30)).await;
    // webpki finds an authority of the same name whose signature is not this one.
    assert!(["UnknownCA", "DecryptError"].contains(&alert(&fault)), "{fault}");
    let fault = refusal(&hub, &Ca::new("suzhou", 2).identity("jintan", 30)).await;
    assert_eq!(alert(&fault), "UnknownCA");
    assert!(!fault.remedy().zh.is_empty() && !fault.remedy().en.is_empty());
}

#[tokio::test]
async fn a_refused_client_that_has_already_sent_much_still_hears_the_alert() {
    let hub = Hub::new();
    let (acceptor, address) = hub.acceptor(&Meter::new()).await;
    let config = hub.line(address, &strange(&hub.ca, &[]), &hub.ca.trust());
    let name = server_name("127.0.0.1").unwrap();
    let client = async {
        let tcp = TcpStream::connect(address).await.unwrap();
        let mut tls = tls_connect(config.tls.get(), name, tcp).await.unwrap();
        // All of it is in the socket before the hub looks at the certificate.
        tls.write_all(&[7; 48 * 1024]).await.unwrap();
        tls.flush().await.unwrap();
        tls.read(&mut [0; 1]).await.unwrap_err()
    };
    let mut incoming = Box::pin(acceptor.incoming());
    let error = tokio::select! {
        error = client => error,
        stream = incoming.next() => panic!("{stream:?}"),
    };
    assert!(identity_fault(&error).is_some(), "{error}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_by_the_hubs_clock() {
    let hub = Hub::new();
    let identity = hub.ca.identity("jintan", 30);
    hub.clock.advance(29 * DAY);
    let (address, _served) = hub.serve().await;
    let line = connect(&hub.line(address, &identity, &hub.ca.trust())).await.unwrap();
    assert_eq!(ask(&line).await.unwrap(), "jintan");
    hub.clock.advance(2 * DAY);
    assert_eq!(alert(&refusal(&hub, &identity).await), "CertificateExpired");
}

/// A certificate that the hub's own authority has signed, but that this system would not issue.
fn strange(ca: &Ca, uris: &[&str]) -> Identity {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.subject_alt_names =
        uris.iter().map(|uri| rcgen::SanType::URI((*uri).try_into().unwrap())).collect();
    params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ClientAuth);
    let signer = std::fs::read_to_string(ca.1.path().join(KEY_FILE)).unwrap();
    let signer = rcgen::KeyPair::from_pem(&signer).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_pem(ca.0.certificate_pem(), signer).unwrap();
    let own = params.signed_by(&key, &issuer).unwrap().pem();
    Identity::from_pem(&own, &key.serialize_pem()).unwrap()
}

#[tokio::test]
async fn a_certificate_that_names_no_platform_of_this_hub_is_refused() {
    let hub = Hub::new();
    for uris in [
        &[][..],
        &["spiffe://changzhou"][..],
        &["spiffe://suzhou/platform/jintan"][..],
        &["spiffe://changzhou/platform/jintan", "spiffe://changzhou/platform/wujin"][..],
    ] {
        let fault = refusal(&hub, &strange(&hub.ca, uris)).await;
        assert_eq!(alert(&fault), "CertificateUnknown", "{uris:?}");
    }
}

/// A client that has no certificate to show, which [`client_config`] cannot make.
fn nameless(ca: &Ca) -> Arc<rustls::ClientConfig> {
    #[derive(Debug)]
    struct AtNow;
    impl rustls::time_provider::TimeProvider for AtNow {
        fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
            let now = u64::try_from(NOW.as_micros()).unwrap();
            Some(rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_micros(now)))
        }
    }
    let root = CertificateDer::from_pem_slice(ca.0.certificate_pem().as_bytes()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_details(ring, Arc::new(AtNow))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

#[tokio::test]
async fn a_client_without_certificate_is_refused() {
    let hub = Hub::new();
    let (address, _served) = hub.serve().await;
    let config = nameless(&hub.ca);
    let line = connect(&LineConfig::new(address.to_string(), "127.0.0.1", config)).await.unwrap();
    ask(&line).await.unwrap_err();
    assert_eq!(alert(&line.fault().unwrap()), "CertificateRequired");
}

#[tokio::test]
async fn a_platform_does_not_trust_a_hub_of_another_authority_or_name() {
    let hub = Hub::new();
    let (address, _served) = hub.serve().await;
    let other = Ca::new("suzhou", 2);
    let foreign = hub.line(address, &other.identity("jintan", 30), &other.trust());
    let mut misnamed = hub.line(address, &hub.ca.identity("jintan", 30), &hub.ca.trust());
    misnamed.server_name = "hub.example".to_owned();
    for config in [foreign, misnamed] {
        let error = connect(&config).await.unwrap_err();
        assert!(matches!(error, LineError::ServerUntrusted { .. }), "{error}");
        assert!(error.fault().is_some() && error.remedy().zh.contains("核对"));
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_a_stranger_is_not_a_hub() {
    let hub = Hub::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = hub.line(address, &hub.ca.identity("jintan", 30), &hub.ca.trust());
    let stranger = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = tcp.read_to_end(&mut rest).await;
    };
    let (error, ()) = tokio::join!(connect(&config), stranger);
    let error = error.unwrap_err();
    assert!(matches!(error, LineError::NotAHub { .. }), "{error}");
    drop(listener);
    let error = connect(&config).await.unwrap_err();
    assert!(matches!(error, LineError::Unreachable { .. }), "{error}");
    assert!(error.fault().is_none());
}

#[tokio::test]
async fn a_lost_line_stays_lost_and_the_hub_lets_the_next_one_in() {
    let hub = Hub::new();
    let (acceptor, address) = hub.acceptor(&Meter::new()).await;
    let config = hub.line(address, &hub.ca.identity("jintan", 30), &hub.ca.trust());
    let mut incoming = Box::pin(acceptor.incoming());
    let (line, first) = tokio::join!(connect(&config), incoming.next());
    drop(first);
    let line = line.unwrap();
    ask(&line).await.unwrap_err();
    ask(&line).await.unwrap_err();
    assert_eq!(line.fault(), None, "losing a line is nobody's fault");
    let (again, second) = tokio::join!(connect(&config), incoming.next());
    assert!(again.is_ok() && second.unwrap().is_ok());
}

#[tokio::test]
async fn a_silent_stranger_does_not_hold_up_the_others() {
    let hub = Hub::new();
    let (acceptor, address) = hub.acceptor(&Meter::new()).await;
    let mut incoming = Box::pin(acceptor.incoming());
    let mut silent = TcpStream::connect(address).await.unwrap();
    let config = hub.line(address, &hub.ca.identity("jintan", 30), &hub.ca.trust());
    let (line, stream) = tokio::join!(connect(&config), incoming.next());
    assert!(line.is_ok());
    assert_eq!(stream.unwrap().unwrap().peer().platform, id("jintan"));
    silent.write_all(b"x").await.unwrap();
}

#[tokio::test]
async fn a_silent_stranger_is_dropped_after_the_time_limit_and_makes_room() {
    let hub = Hub::new();
    let (acceptor, address) = hub.acceptor(&Meter::new()).await;
    let acceptor = acceptor.with_bounds(1, Duration::from_millis(1));
    let room = Arc::clone(&acceptor.connections);
    let mut incoming = Box::pin(acceptor.incoming());
    for _ in 0..2 {
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut byte = [0];
        tokio::select! {
            stream = incoming.next() => panic!("{stream:?}"),
            heard = silent.read(&mut byte) => assert_eq!(heard.unwrap(), 0),
        }
    }
    drop(incoming);
    assert_eq!(room.available_permits(), 1);
}

#[tokio::test]
async fn a_connection_that_does_not_end_after_its_age_is_cut_off() {
    let hub = Hub::new();
    let (acceptor, address) = hub.acceptor(&Meter::new()).await;
    let acceptor = acceptor.with_age(Duration::from_millis(1), Duration::from_millis(1));
    assert_eq!(acceptor.max_age(), Duration::from_millis(1));
    let config = hub.line(address, &hub.ca.identity("jintan", 30), &hub.ca.trust());
    let mut incoming = Box::pin(acceptor.incoming());
    let (line, stream) = tokio::join!(connect(&config), incoming.next());
    let (_line, mut stream) = (line.unwrap(), stream.unwrap().unwrap());
    // The branch has sent its first frames and keeps its end open.
    let mut heard = Vec::new();
    let error = stream.read_to_end(&mut heard).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(stream.peer().ends.left(), Duration::ZERO);
}
