//! A node's site planted for tests: a branch with records in every standing, operators of every
//! role, and a browser that keeps its cookie.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use prost::Message as _;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::gate::{Reason, Standing as Stands};
use sanheyi_exchange_spec::health::{Finding, LaneFacts, LinkFacts, LinkState, alerts};
use sanheyi_exchange_spec::receipt::{Exception, Receipt};
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_proto::standard::v1::{Complainant, Complaint};
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::form::query;
use super::live::Streams;
use super::session::{self, Touch, cookie_name};
use super::shell::{Shell, ShellParts};
use super::site::{MENU, Site, SiteParts};
use super::viewer::Role;
use crate::branch::Draft;
use crate::config::{EXAMPLE, NodeConfig};
use crate::health::{LinkStanding, Standing};
use crate::process::clock::{Clock, ManualClock};
use crate::process::entropy::SeededEntropy;
use crate::process::lifecycle::Shutdown;
use crate::store::{CheckpointRow, OperatorRow, Store};
use crate::tests::{DATASET, Home, MORNING, database_of, draft, record};

/// What nobody may see who has not said what for.
pub(crate) const PERSONAL: [&str; 4] =
    ["王建国", "13961480217", "延陵西路 87 号 402 室", "赵不该露面"];

/// A site whose node does not run.
pub(crate) struct Planted {
    pub(crate) home: Home,
    pub(crate) shell: Shell,
    pub(crate) router: Router,
    pub(crate) clock: Arc<ManualClock>,
    _standing: watch::Sender<Arc<Standing>>,
    folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Somebody who looks.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    planted: &'a Planted,
    pub(crate) cookie: String,
    pub(crate) token: String,
}

/// The name of the operator of a role.
pub(crate) fn name(role: Role) -> String {
    format!("the-{}", role.as_str())
}

impl Planted {
    pub(crate) async fn new() -> Self {
        Self::over(false).await
    }

    /// One that is served over TLS, or not.
    pub(crate) async fn over(secure: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path(), 61).await;
        let own = records(&home).await;
        operators(home.store()).await;
        let config = configured(folder.path());
        let clock = Arc::clone(&home.clock);
        let shell = Shell::new(ShellParts {
            title_zh: "金坛分节点".into(),
            title_en: "Node jintan".into(),
            menu: MENU,
            store: home.store().clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            entropy: Arc::new(SeededEntropy::new(62)),
            secure,
        });
        let (told, standing) = watch::channel(Arc::new(stands()));
        let parts = SiteParts {
            shell: shell.clone(),
            store: home.store().clone(),
            config,
            own_key: own.verifying(),
            standing,
            streams: Streams::new(Shutdown::new()),
        };
        let router = Site::new(parts).router();
        Self { home, shell, router, clock, _standing: told, folder }
    }

    /// The file of its database.
    pub(crate) fn database(&self) -> PathBuf {
        database_of(self.folder.path())
    }

    /// Whoever comes.
    pub(crate) fn stranger(&self) -> Browser<'_> {
        Browser { planted: self, cookie: String::new(), token: String::new() }
    }

    /// Somebody who has signed in.
    pub(crate) async fn browser(&self, role: Role) -> Browser<'_> {
        let store = self.home.store();
        let mut tx = store.begin("session_open").await.unwrap();
        let from = ("192.0.2.7".to_owned(), "a browser".to_owned());
        let token = session::open(&mut tx, &self.shell, &name(role), from).await.unwrap();
        tx.commit().await.unwrap();
        let mut browser = self.stranger();
        browser.cookie = format!("{}={token}", cookie_name(&self.shell));
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, browser.cookie.parse().unwrap());
        let found = session::find(&self.shell, &headers, Touch::Person).await.unwrap();
        browser.token = found.unwrap().form_token;
        browser
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Came {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        // A stream never ends.
        let stream =
            headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = match stream {
            true => Default::default(),
            false => to_bytes(answer.into_body(), usize::MAX).await.unwrap(),
        };
        Came { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

impl Came {
    pub(crate) fn to(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap())
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        let all = self.headers.get_all(header::SET_COOKIE);
        all.iter().map(|one| one.to_str().unwrap()).collect()
    }
}

impl Browser<'_> {
    pub(crate) async fn get(&self, path: &str) -> Came {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        self.planted.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form of this session.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Came {
        let token = [("form_token", self.token.as_str())];
        self.send(path, &[("sec-fetch-site", "same-origin")], fields.iter().chain(&token)).await
    }

    pub(crate) async fn send<'a>(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: impl IntoIterator<Item = &'a (&'a str, &'a str)>,
    ) -> Came {
        let mut request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::HOST, "node.example.cn")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = query(fields.into_iter().copied());
        self.planted.ask(request.body(Body::from(body)).unwrap()).await
    }
}

fn configured(dir: &Path) -> NodeConfig {
    NodeConfig::parse(&dir.join("node.toml"), EXAMPLE).unwrap()
}

/// Four records: accepted, quarantined, pending, and one that nobody has judged; of the first a
/// later revision, too. All but the last are in a checkpoint. The key that signed it.
async fn records(home: &Home) -> SigningKey {
    home.submit(["a", "b", "c"].map(personal).into()).await;
    let key = SigningKey::from_seed(&[7; 32]);
    let row = home.journal().await;
    let head = row.head;
    let checkpoint = Checkpoint {
        journal: head.journal.clone(),
        size: head.size,
        root: head.root,
        epoch: head.position.epoch,
        opened: head.opened,
        time: MORNING,
        keeper: None,
    };
    let reason = |zh: &str, en: &str| Reason::new("content", "string.min_len", zh, en);
    let exception = |sequence: u64, name: &str, standing| Exception {
        sequence,
        standing,
        dataset: DATASET.to_owned(),
        record: record(name),
        revision: 1,
        reasons: vec![reason("正文过短 <b>", "the content is too short <b>")],
    };
    let receipt = Receipt {
        journal: head.journal.clone(),
        from: 0,
        to: 3,
        root: head.root,
        standard: 1,
        received: MORNING,
        exceptions: vec![
            exception(1, "b", Stands::Quarantined),
            exception(2, "c", Stands::Pending),
        ],
        broadcast: 0,
    };
    let store = home.store();
    let mut tx = store.begin("planted").await.unwrap();
    let note = checkpoint.sign(&key);
    tx.checkpoint_put(store, row.number, &CheckpointRow { size: head.size, note });
    tx.receipt_put(store, row.number, &receipt);
    tx.commit().await.unwrap();
    home.submit(vec![personal("d")]).await;
    key
}

/// A record with somebody in it.
fn personal(name: &str) -> Draft {
    let plain = draft(name);
    let mut complaint = Complaint::decode(plain.body.clone()).unwrap();
    let [who, phone, address, accused] = PERSONAL.map(str::to_owned);
    complaint.complainant =
        Some(Complainant { name: who, phone, address, ..Complainant::default() });
    complaint.accused_person = accused;
    Draft { body: complaint.encode_to_vec().into(), ..plain }
}

async fn operators(store: &Store) {
    let mut tx = store.begin("planted").await.unwrap();
    for role in Role::ALL {
        let row = OperatorRow {
            name: name(role),
            role: role.as_str().to_owned(),
            password: String::new(),
            failures: 0,
            locked: Default::default(),
            created: MORNING,
            disabled: Default::default(),
            renew: false,
            last: Default::default(),
        };
        assert!(tx.operator_add(store, &row).await.unwrap());
    }
    tx.commit().await.unwrap();
}

/// A line that is behind.
pub(crate) fn stands() -> Standing {
    let lane = LaneFacts {
        line: "jintan>changzhou/normal".into(),
        backlog: 1204,
        eldest: Some(MORNING.plus_micros(-7_200_000_000)),
        ..LaneFacts::default()
    };
    let facts = LinkFacts {
        platform: "changzhou".into(),
        greeted: true,
        connected: true,
        since: Some(MORNING.plus_micros(-86_400_000_000)),
        heard: Some(MORNING.plus_micros(-3_000_000)),
        held: None,
        full: false,
        rewound: false,
        by_files: false,
        lanes: vec![lane],
        skew: 0,
        heartbeat: None,
        heartbeat_every: 0,
    };
    let link = LinkStanding {
        facts,
        state: LinkState::Behind,
        sent: 0,
        received: 0,
        unjudged: 2,
        beat: None,
    };
    let behind = Finding::new(
        &alerts::LINK_BEHIND,
        "jintan>changzhou/normal",
        "积压 1204 条",
        "1204 entries behind",
    );
    Standing {
        at: MORNING,
        started: MORNING.plus_micros(-90_000_000_000),
        ready: true,
        links: vec![link],
        findings: vec![behind.since(MORNING.plus_micros(-7_200_000_000))],
    }
}
