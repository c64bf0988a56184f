//! Two hundred platforms hold a link each to one hub: what a link costs the hub's memory is
//! bounded, and each that says something hears of it.

use std::sync::Arc;

use sanheyi_hub::setup::Setup;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::process::tls::install_provider;
use sanheyi_tests::crowd::{Commons, Pulls, Weight, enrol};
use sanheyi_tests::fixtures::new_complaint;
use sanheyi_tests::patience::{until, within};

use crate::federation::Process;

const LINKS: usize = 200;
/// One of so many says something.
const ACTIVE: usize = 10;
/// What a link may cost the hub, in bytes: twice what it does cost without optimisation. 3,000 at
/// this price would be 500 MB.
const EACH: u64 = 160 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_heard() {
    install_provider();
    let folder = tempfile::tempdir().unwrap();
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let hub = "changzhou".parse().unwrap();
    let setup = Setup::new(folder.path().join("hub"), hub, clock, entropy);
    let config = setup.init(&["localhost".to_owned()], "127.0.0.1:0").unwrap();
    let members = enrol(&setup, LINKS).await.unwrap();
    let run = ["run", "--config", config.to_str().unwrap()];
    let mut hub = Process::new("hub", folder.path(), &run);
    hub.start();
    let mut address = String::new();
    until("the hub listens", async || {
        address = std::fs::read_to_string(setup.data.join("address")).unwrap_or_default();
        address.ends_with('\n')
    })
    .await;
    let alone = Weight::of(hub.id()).unwrap();
    let commons = Commons::new(&setup, address.trim().to_owned()).unwrap();
    let mut pulls = Pulls::default();
    let connected = within("all are greeted", commons.connect(&members, &mut pulls)).await;
    let mut links = connected.unwrap();
    for (serial, link) in (1..).zip(links.iter_mut().step_by(ACTIVE)) {
        within("it is accepted", link.hand_in(new_complaint(serial))).await.unwrap();
    }
    pulls.hold().unwrap();
    let together = Weight::of(hub.id()).unwrap();
    let each = together.most.saturating_sub(alone.now) / LINKS as u64;
    assert!(each <= EACH, "{each} bytes a link: {alone:?}, {together:?}");
    drop((links, pulls));
    hub.stop().await;
}
