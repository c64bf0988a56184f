//! A district's own pages: the real node beside a real hub, and somebody who signs in.

mod a_record_is_followed_to_its_proof;
mod every_page_of_a_node_is_legible_to_everybody;
mod somebody_signs_in_and_out_of_a_node;

use std::sync::Arc;

use prost::Message as _;
use sanheyi_exchange_spec::rulebook::builtin_entries;
use sanheyi_node::app::NodeApp;
use sanheyi_node::branch::Draft;
use sanheyi_node::config::NodeConfig;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::lifecycle::{Shutdown, TaskError};
use sanheyi_node::store::Store;
use sanheyi_node::web::viewer::Role;
use sanheyi_proto::standard::v1::{CodeList, Complaint, ComplaintWay};
use sanheyi_tests::browser::Tab;
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{
    COMPLAINT, complaint, complaint_no, draft, new_complaints, next_complaint,
};
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::World;
use tokio::task::JoinHandle;

use crate::stage::{WORD, early, operator};

/// The password that everybody chooses who has signed in for the first time.
pub(crate) const OWN: &str = "another long sentence";
/// Revisions on the stage: two of the first complaint, one each of two others, of which one names a
/// file, and of a handling.
pub(crate) const REVISIONS: usize = 5;

/// The code list that comes late, and from when on it is in force: before anything on the stage.
const LIST: &str = "codes.code_list";
const FROM: &str = "2026-06-01";

/// A node with its pages, and the hub that it exchanges with.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) store: Store,
    /// `http://127.0.0.1:port`.
    pub(crate) url: String,
    machine: Machine,
}

/// A node as its program runs it, with its pages.
pub(crate) struct Machine {
    store: Store,
    url: String,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), TaskError>>,
}

/// A complaint that came by e-mail.
fn by_mail(serial: u64) -> Draft {
    let body = Complaint { way: ComplaintWay::Email.into(), ..complaint(serial) };
    draft(COMPLAINT, &complaint_no(serial), body.encode_to_vec())
}

/// The list of ways to complain, on which e-mail is no more.
fn without_mail() -> Draft {
    let lists = builtin_entries().into_iter().filter(|entry| entry.dataset == LIST);
    let lists = lists.filter_map(|entry| CodeList::decode(entry.body.as_slice()).ok());
    let mut list = lists.into_iter().find(|list| list.id == "complaint_way").unwrap();
    (list.version, list.valid_from) = (2, FROM.to_owned());
    list.entries.retain(|entry| entry.title_en != "by e-mail");
    draft(LIST, "complaint_way-2", list.encode_to_vec())
}

impl Stage {
    /// Jintan, which has written before it heard of the list: of its complaints one is
    /// quarantined, a handling waits for its complaint, all else is accepted. An operator of each
    /// role must still choose a password.
    pub(crate) async fn new(seed: u64) -> Self {
        let mut world = Box::pin(World::new(seed, &["jintan"])).await;
        let mut node = world.node("jintan").await;
        let first = node.submit(new_complaints(1..2)).await;
        node.submit(vec![next_complaint(1, &first[0], "更正：金坛客运站班车拒载")]).await;
        node.submit(vec![by_mail(2)]).await;
        let file = TestFile::pdf(seed, 90_000);
        file.shelve(node.store()).await;
        node.submit(vec![file.named_by(3)]).await;
        node.submit(vec![early(9)]).await;
        node.close().await;
        world.hub.exchange().dispatch(vec![without_mail()]).await.unwrap();
        let stage = Box::pin(Self::run(world, seed)).await;
        until("the gate has judged them", async || stage.judged().await).await;
        for role in Role::ALL {
            operator(&stage.store, &stage.world.clock, role.as_str(), role, true).await;
        }
        stage
    }

    async fn run(world: World, seed: u64) -> Self {
        let machine = Box::pin(Machine::run(&world, "jintan", seed)).await;
        Self { world, store: machine.store.clone(), url: machine.url.clone(), machine }
    }

    async fn judged(&self) -> bool {
        let records = self.store.record_list(None, 10).await.unwrap();
        records.len() == REVISIONS && records.iter().all(|record| record.standing.is_some())
    }

    /// Opens a page of the site.
    pub(crate) async fn open(&self, tab: &Tab, path: &str) {
        tab.open(&format!("{}{path}", self.url)).await;
    }

    /// Fills in the form for signing in and sends it.
    pub(crate) async fn try_in(&self, tab: &Tab, name: &str, word: &str) {
        self.open(tab, "/sign-in").await;
        tab.fill("#name", name).await;
        tab.fill("#password", word).await;
        tab.follow("form.stack button").await;
    }

    /// Signs in for the first time, as `role`, and chooses a password.
    pub(crate) async fn sign_in(&self, tab: &Tab, role: Role) {
        self.try_in(tab, role.as_str(), WORD).await;
        assert_eq!(tab.place().await, "/password", "a password of somebody else is changed first");
        tab.fill("#present", WORD).await;
        tab.fill("#new", OWN).await;
        tab.fill("#again", OWN).await;
        tab.follow("form.stack button").await;
        assert_eq!(tab.place().await, "/");
    }

    /// Stops the node and starts it again: its pages are at another address then.
    pub(crate) async fn again(self, seed: u64) -> Self {
        let Self { world, store, machine, .. } = self;
        drop(store);
        machine.end().await;
        Box::pin(Self::run(world, seed)).await
    }

    /// Ends the node as an operator does.
    pub(crate) async fn end(self) {
        self.machine.end().await;
    }
}

// === impl Machine ===

impl Machine {
    /// The program of a platform of the world.
    pub(crate) async fn run(world: &World, name: &str, seed: u64) -> Self {
        let mut config = NodeConfig::load(&world.folder(name).join("node.toml")).unwrap();
        config.uplink.address = world.hub.address().to_string();
        config.pages.listen = Some("127.0.0.1:0".parse().unwrap());
        config.health.listen = None;
        let (clock, entropy) = (Arc::clone(&world.clock) as _, Arc::new(SeededEntropy::new(seed)));
        let app = Box::pin(NodeApp::build(config, clock, entropy)).await.unwrap();
        let url = format!("http://{}", app.pages().unwrap());
        let store = app.store().clone();
        let shutdown = Shutdown::new();
        let running = tokio::spawn(Box::pin(app.run(shutdown.clone())));
        Self { store, url, shutdown, running }
    }

    /// Ends it as an operator does.
    pub(crate) async fn end(self) {
        drop(self.store);
        self.shutdown.soft();
        within("the node ends", self.running).await.unwrap().unwrap();
    }
}
