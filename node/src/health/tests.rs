//! The watchdog by itself, and what is asked from outside.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::health::alerts::{DISK_LOW, GATE_STUCK};
use sanheyi_exchange_spec::health::{Finding, OFFLINE_AFTER, STUCK_AFTER, Severity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::http::{Probes, answer, listen};
use super::metrics::{Metrics, StandingMetrics};
use super::watch::{ANSWER_WITHIN, Gathered, LOOK_EVERY, NOTE_LOOKS, Pace, Watchdog, Watched};
use super::*;
use crate::config::health::HealthRules;
use crate::process::clock::ManualClock;
use crate::process::lifecycle::Shutdown;
use crate::store::{Store, StoreError};
use crate::tests::{Home, MORNING};
use crate::uplink::transport::{PING_EVERY, PING_TIMEOUT};

/// Finds what it is told, or never answers.
struct Told {
    store: Store,
    found: Vec<Finding>,
    answers: bool,
}

impl Watched for Told {
    fn store(&self) -> &Store {
        &self.store
    }

    fn instance(&self) -> &str {
        "one"
    }

    fn version(&self) -> &'static str {
        VERSION
    }

    async fn gather(&mut self, _now: Timestamp) -> Result<Gathered, StoreError> {
        if !self.answers {
            std::future::pending::<()>().await;
        }
        Ok(Gathered { links: Vec::new(), findings: self.found.clone() })
    }
}

const PACE: Pace = Pace { every: Duration::from_millis(5), within: Duration::from_millis(50) };

fn low() -> Finding {
    Finding::new(&DISK_LOW, "data", "少", "low")
}

#[tokio::test]
async fn a_watchdog_whose_store_hangs_says_so_and_keeps_what_it_knew() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let told = Told { store: home.store().clone(), found: vec![low()], answers: true };
    let clock = Arc::new(ManualClock::new(MORNING));
    let mut dog = Watchdog::new(told, Arc::clone(&clock) as _, PACE);
    let seen = dog.look().await;
    assert!(seen.ready);
    assert_eq!(seen.names(), ["disk.low"]);
    dog.watched_mut().answers = false;
    clock.advance(Duration::from_secs(5));
    let seen = dog.look().await;
    assert!(!seen.ready);
    assert_eq!(seen.names(), ["disk.low", "store.stuck"]);
    assert_eq!(seen.findings[0].name, "store.stuck", "the gravest first");
    assert_eq!(seen.findings[1].since, Some(MORNING));
    dog.watched_mut().answers = true;
    dog.watched_mut().found.clear();
    assert_eq!(dog.look().await.names(), [""; 0]);
    let noted = home.store().alert_list().await.unwrap();
    assert_eq!(noted, [], "what has ended is noted no more");
}

/// Asks for a path and gives the first line of the answer, and its body.
async fn ask(at: std::net::SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(at).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[tokio::test]
async fn probes_answer_what_the_watchdog_sees_and_name_no_subject() {
    let clock = Arc::new(ManualClock::new(MORNING));
    let (told, standing) = tokio::sync::watch::channel(Arc::new(Standing::default()));
    let own = StandingMetrics::new(standing.clone(), Arc::clone(&clock) as _);
    let probes =
        Probes { standing, metrics: Metrics::default().with(own), clock: Arc::clone(&clock) as _ };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let running = tokio::spawn(answer(Some(listener), probes, shutdown.clone()));

    assert!(ask(at, "/healthz").await.0.contains(" 200 "));
    assert!(ask(at, "/readyz").await.0.contains(" 503 "), "nobody has looked yet");
    let stuck = Finding::new(&GATE_STUCK, "jintan", "停", "stuck").as_grave_as(Severity::Notice);
    let standing =
        Standing { at: MORNING, ready: true, findings: vec![stuck], ..Standing::default() };
    told.send_replace(Arc::new(standing));
    let (head, body) = ask(at, "/readyz").await;
    assert!(head.contains(" 200 "), "{head}");
    assert_eq!(body.trim(), r#"{"ready":true,"findings":["gate.stuck"]}"#);
    let (head, body) = ask(at, "/metrics").await;
    assert!(head.contains(" 200 ") && body.contains("sanheyi_ready 1.0"), "{body}");
    clock.advance(Duration::from_secs(61));
    assert!(ask(at, "/healthz").await.0.contains(" 503 "), "the watchdog does not look");
    shutdown.soft();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_fault_only_where_it_was_chosen() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen_at = Some(taken.local_addr().unwrap());
    let rules = |chosen| HealthRules { listen: listen_at, chosen, heartbeat_seconds: 300 };
    assert!(listen(&rules(false)).await.unwrap().is_none());
    let said = listen(&rules(true)).await.unwrap_err().to_string();
    assert!(said.contains("health.listen"), "{said}");
    let nowhere = HealthRules { listen: None, chosen: true, heartbeat_seconds: 300 };
    assert!(listen(&nowhere).await.unwrap().is_none());
}

#[test]
fn whatever_stalls_is_told_within_the_minute() {
    let minute = Duration::from_secs(60);
    let notes = LOOK_EVERY * u32::try_from(NOTE_LOOKS).unwrap();
    let standstill = Duration::from_micros(u64::try_from(STUCK_AFTER).unwrap());
    // The worst: it begins right after a look, and the store answers as late as it may.
    assert!(standstill + notes + 2 * ANSWER_WITHIN <= minute, "a gate, a worker");
    let away = Duration::from_micros(u64::try_from(OFFLINE_AFTER).unwrap());
    // A disk and a certificate take one look.
    let look = LOOK_EVERY + ANSWER_WITHIN;
    assert!(PING_EVERY + PING_TIMEOUT + away + look <= minute, "a blocked port");
}
