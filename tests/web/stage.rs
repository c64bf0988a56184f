//! A federation for people to look at: a hub that runs with its pages, and nodes that send to it.

use prost::Message as _;
use sanheyi_node::branch::Draft;
use sanheyi_node::process::clock::{Clock as _, ManualClock, SystemClock};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::Store;
use sanheyi_node::web::operator::{Acts, add};
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::{Browser, Tab};
use sanheyi_tests::fixtures::{HANDLING, draft, handling, handling_no, new_complaints};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::world::{NodeMachine, World};

use crate::axe;
use crate::look::{self, SIZES};

/// The password of everybody on the stage.
pub(crate) const WORD: &str = "correct horse battery";

/// Who looks: the operator of each role.
pub(crate) fn name(role: Role) -> String {
    format!("the-{}", role.as_str())
}

/// A hub with pages, and a browser before it.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) browser: Browser,
    axe: String,
}

/// The handling of a complaint that has not come: the gate lets it wait.
pub(crate) fn early(serial: u64) -> Draft {
    draft(HANDLING, &handling_no(serial, 1), handling(serial, 1).encode_to_vec())
}

/// Makes an operator of each role, each with the password [`WORD`].
pub(crate) async fn operators(store: &Store, clock: &ManualClock) {
    for role in Role::ALL {
        operator(store, clock, &name(role), role, false).await;
    }
}

/// Makes one operator.
pub(crate) async fn operator(
    store: &Store,
    clock: &ManualClock,
    name: &str,
    role: Role,
    renew: bool,
) {
    // Rows of the audit have random ids: no two operators draw the same.
    let entropy =
        SeededEntropy::new(name.bytes().fold(77, |seed, byte| (seed << 3) ^ u64::from(byte)));
    let acts = Acts { store, clock, entropy: &entropy, who: "cli:1000", role: "" };
    add(&acts, name, role, WORD.to_owned().into(), renew).await.unwrap();
}

// === impl Stage ===

impl Stage {
    /// A hub with platforms of these names, an operator of each role, and nothing in it.
    pub(crate) async fn new(seed: u64, names: &[&str]) -> Self {
        let world = World::begun(Ground::Sqlite, SystemClock.now(), seed, names).await;
        let own = world.hub.store(&world.setup().hub);
        operators(&own, &world.clock).await;
        Self { world, browser: Browser::start().await, axe: axe::text() }
    }

    /// Where the hub's pages are, without a slash at the end.
    pub(crate) fn hub(&self) -> String {
        format!("http://{}", self.world.hub.pages())
    }

    /// A node of the platform with `good` complaints, then `waiting` handlings of others; all of
    /// them judged.
    pub(crate) async fn fed(&mut self, name: &str, good: u64, waiting: u64) -> NodeMachine {
        let node = self.world.node(name).await;
        node.submit(new_complaints(1..good + 1)).await;
        node.submit((good + 1..=good + waiting).map(early).collect()).await;
        drop(node.settle().await);
        node
    }

    /// A tab at a site, in which nobody has signed in.
    pub(crate) async fn stranger(&self, url: &str) -> Tab {
        let tab = self.browser.tab().await;
        tab.size(SIZES[0].0, SIZES[0].1).await;
        tab.open(url).await;
        tab
    }

    /// A tab in which the operator of a role has signed in at a site.
    pub(crate) async fn sign_in(&self, url: &str, role: Role) -> Tab {
        let tab = self.stranger(&format!("{url}/sign-in?lang=zh")).await;
        enter(&tab, &name(role), WORD).await;
        assert_eq!(tab.place().await, "/");
        tab
    }

    /// Holds what is open against the rules, at both widths.
    pub(crate) async fn hold(&self, tab: &Tab) {
        assert_eq!(self.faults(tab).await, [""; 0]);
    }

    /// What is wrong with what is open, at both widths.
    pub(crate) async fn faults(&self, tab: &Tab) -> Vec<String> {
        look::faults(tab, &self.axe, "hub").await
    }

    /// The same for those who prefer the dark.
    pub(crate) async fn faults_in_the_dark(&self, tab: &Tab) -> Vec<String> {
        look::faults_in_the_dark(tab, &self.axe, "hub").await
    }

    /// Nothing was asked for elsewhere, and the browser complained of nothing.
    pub(crate) fn quiet(&self, tab: &Tab, url: &str) {
        // The browser's own icon in a field for dates is a `data:` address.
        let near =
            |asked: &str| ["data:", "about:blank", url].iter().any(|one| asked.starts_with(one));
        let away = |asked: &String| !near(asked);
        let away: Vec<_> = tab.requests().into_iter().filter(away).collect();
        assert_eq!(away, [""; 0], "nothing comes from elsewhere");
        assert_eq!(tab.complaints(), [""; 0], "the browser complains of nothing");
    }
}

/// With which status the page that is open was answered.
pub(crate) async fn status(tab: &Tab) -> u64 {
    let status = "performance.getEntriesByType('navigation')[0].responseStatus";
    tab.eval(status).await.as_u64().unwrap()
}

/// An expression: what the figure of that name on top of a page says; `'—'` if there is none.
pub(crate) fn figure(name: &str) -> String {
    format!(
        "([...document.querySelectorAll('dl.figures > div')].find(one => \
         one.querySelector('dt').innerText.trim() === '{name}')?.querySelector('dd').innerText \
         ?? '—').trim()"
    )
}

/// Chooses what a list offers.
pub(crate) async fn choose(tab: &Tab, selector: &str, value: &str) {
    tab.eval(&format!("document.querySelector('{selector}').value = '{value}'")).await;
    let chosen = tab.eval(&format!("document.querySelector('{selector}').value")).await;
    assert_eq!(chosen, value, "it is offered");
}

/// Signs in on the page that is open.
pub(crate) async fn enter(tab: &Tab, name: &str, password: &str) {
    tab.fill("#name", name).await;
    tab.fill("#password", password).await;
    tab.follow("main form button").await;
}
