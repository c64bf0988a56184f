//! An administrator lets a machine in by the pages of a hub, and shuts it out again.

use std::sync::{Arc, Mutex};

use sanheyi_exchange_spec::enrolment::Token;
use sanheyi_node::enrol::{EnrolParts, Step, enrol};
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::Tab;
use sanheyi_tests::patience::{until, within};

use crate::material::approve_by_hand;
use crate::stage::{Stage, status};

const REASON: &str = "机器被盗";
/// What only an administrator is shown.
const PAGES: [&str; 5] =
    ["/enrolments", "/certificates", "/certificates/jintan/revoke", "/authority", "/settings"];

/// A hub at which a person approves whoever comes.
async fn by_hand(seed: u64, names: &[&str]) -> Stage {
    let mut stage = Stage::new(seed, names).await;
    approve_by_hand(&stage.world);
    stage.world.hub.stop().await;
    stage.world.hub.start().await;
    stage
}

/// Makes a token by the page.
async fn make(stage: &Stage, tab: &Tab) -> Token {
    let url = stage.hub();
    tab.open(&format!("{url}/enrolments?lang=zh")).await;
    stage.hold(tab).await;
    for (field, text) in [("platform", "jintan"), ("title_zh", "金坛市"), ("title_en", "Jintan")]
    {
        tab.fill(&format!("#{field}"), text).await;
    }
    tab.follow("form[action='/enrolments'] button").await;
    let token = tab.text("#made code.secret").await;
    let command = tab.text("#made pre").await;
    let hub = stage.world.hub.address();
    assert!(command.contains(&format!("--hub {hub} --token-file -")), "{command}");
    stage.hold(tab).await;
    tab.open(&format!("{url}/enrolments")).await;
    assert!(!tab.text("main").await.contains(&token), "it is shown once");
    token.parse().unwrap()
}

/// The machine comes and waits; it is compared, and approved by the page.
async fn admit(stage: &Stage, tab: &Tab, parts: &EnrolParts) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let said = Arc::clone(&steps);
    let comes = enrol(parts, move |step| said.lock().unwrap().push(step));
    let decided = async {
        until("the page shows who waits", async || {
            tab.open(&format!("{}/enrolments", stage.hub())).await;
            tab.count("form[action='/enrolments/jintan']").await == 1
        })
        .await;
        let shown = tab.text("div.request").await;
        let compared = steps.lock().unwrap().iter().any(|step| match step {
            Step::Asking { fingerprint } => shown.contains(&fingerprint.to_string()),
            _ => false,
        });
        assert!(compared, "{shown}");
        assert!(!parts.folder.join("node.pem").exists(), "it waits");
        stage.hold(tab).await;
        tab.follow("button[value=approve]").await;
    };
    let (done, ()) = within("the machine is let in", async { tokio::join!(comes, decided) }).await;
    assert!(!done.unwrap().already);
    tab.open(&format!("{}/enrolments", stage.hub())).await;
    assert!(tab.text("main table").await.contains("已入网"));
    assert_eq!(tab.count("div.request").await, 0);
    stage.hold(tab).await;
}

/// The certificate is revoked by the page, which names the line that will be cut.
async fn revoke(stage: &Stage, tab: &Tab, serial: &str) {
    let url = stage.hub();
    tab.open(&format!("{url}/certificates")).await;
    assert!(tab.text("main table").await.contains(serial));
    stage.hold(tab).await;
    tab.follow("a[href*='/certificates/jintan/revoke']").await;
    assert!(tab.place().await.ends_with(serial));
    until("the page names the line", async || {
        tab.open(&format!("{url}/certificates/jintan/revoke?serial={serial}")).await;
        tab.text("main table").await.contains("将断开")
    })
    .await;
    assert_eq!(tab.count("input[name=serial]:checked").await, 1);
    stage.hold(tab).await;
    tab.fill("#reason", REASON).await;
    tab.follow("button.danger").await;
    assert!(tab.text("div.said").await.contains(serial));
    stage.hold(tab).await;
    tab.open(&format!("{url}/certificates?state=all")).await;
    let row = tab.text("main table").await;
    assert!(row.contains(REASON) && row.contains("已吊销"), "{row}");
    stage.hold(tab).await;
}

#[tokio::test]
async fn a_machine_enrols_is_approved_and_is_revoked_by_the_pages() {
    let mut stage = by_hand(740, &[]).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Admin).await;
    let token = make(&stage, &tab).await;
    let parts = stage.world.machine("machine", &token);
    admit(&stage, &tab, &parts).await;
    let mut node = stage.world.node_at(&parts.folder).await;
    node.dial_on().await;
    until("the line stands", async || node.link_row().await.phase == "live").await;
    revoke(&stage, &tab, &node.serial()).await;
    until("the line is cut", async || node.link_row().await.phase != "live").await;
    tab.open(&format!("{url}/changes?what=enrolment")).await;
    let rows = tab.text("main table").await;
    for word in ["签发入网令牌", "申请入网", "批准入网", "web:the-admin"] {
        assert!(rows.contains(word), "{word}: {rows}");
    }
    stage.hold(&tab).await;
    tab.open(&format!("{url}/changes?what=certificate")).await;
    let rows = tab.text("main table").await;
    assert!(rows.contains("吊销证书") && rows.contains("web:the-admin"), "{rows}");
    stage.quiet(&tab, &url);
    node.close().await;
}

#[tokio::test]
async fn whoever_may_only_look_is_shown_no_button_and_refused() {
    let stage = by_hand(741, &["jintan"]).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Viewer).await;
    for page in ["/", "/platforms", "/platforms/jintan", "/quarantine", "/health"] {
        tab.open(&format!("{url}{page}")).await;
        for hidden in PAGES {
            assert_eq!(tab.count(&format!("a[href^='{hidden}']")).await, 0, "{page}: {hidden}");
        }
        assert_eq!(tab.count("main form[method=post]").await, 0, "{page}");
    }
    for page in PAGES {
        tab.open(&format!("{url}{page}")).await;
        assert_eq!(status(&tab).await, 403, "{page}");
        stage.hold(&tab).await;
    }
    // A page that refuses has no forms; their token is the same on all others.
    tab.open(&format!("{url}/")).await;
    let token = "document.querySelector('input[name=form_token]').value";
    for (path, act) in [
        ("/enrolments", "platform=wujin&hours=1"),
        ("/enrolments/jintan", "act=approve"),
        ("/certificates/jintan/revoke", "reason=x"),
    ] {
        let sent = format!(
            "fetch('{path}', {{method: 'POST', body: new URLSearchParams('{act}&form_token=' + \
             {token})}}).then(answer => answer.status)"
        );
        assert_eq!(tab.eval(&sent).await, 403, "{path}");
    }
}
