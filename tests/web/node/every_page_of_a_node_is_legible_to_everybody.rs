//! Every route of a node that shows something: at the width of a desk and of a phone, in both
//! languages and in the dark, held against axe. A route that is new and not among the addresses
//! fails this.

use std::collections::BTreeSet;

use sanheyi_node::web::guard::Does;
use sanheyi_node::web::site::routes;
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::Browser;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::until;

use super::Stage;
use crate::axe;
use crate::look::{faults, faults_in_the_dark};
use crate::material::ask;

/// Routes that show a page, each with an address of it.
fn addresses(journal: i64) -> Vec<(&'static str, String)> {
    vec![
        ("/", "/".into()),
        ("/records", "/records".into()),
        ("/records/{dataset}/{record}", format!("/records/{COMPLAINT}/{}", complaint_no(2))),
        ("/journals", "/journals".into()),
        ("/journals/{journal}", format!("/journals/{journal}")),
        ("/entries/{journal}/{sequence}", format!("/entries/{journal}/1")),
        ("/entries/{journal}/{sequence}", format!("/entries/{journal}/2")),
        ("/entries/{journal}/{sequence}", format!("/entries/{journal}/4")),
        ("/quarantine", "/quarantine".into()),
        ("/incoming", "/incoming".into()),
        ("/incoming", "/incoming?kind=complaints&all=1".into()),
        ("/incoming", "/incoming?kind=forwards".into()),
        ("/attachments", "/attachments?way=up&state=passed".into()),
        ("/changes", "/changes".into()),
        ("/operators", "/operators".into()),
        ("/settings", "/settings".into()),
        ("/password", "/password".into()),
        ("/nowhere", "/nowhere".into()),
    ]
}

/// What shows no page: files, and signing in, where nobody is who has signed in.
const NONE: [&str; 3] = ["/assets/{file}", "/sign-in", "/entries/{journal}/{sequence}/proof"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_two_widths_in_two_languages_and_in_the_dark() {
    let (stage, browser) = (Box::pin(Stage::new(9303)).await, Browser::start().await);
    let (tab, axe) = (browser.tab().await, axe::text());
    let records = stage.store.record_list(None, 1).await.unwrap();
    let all = addresses(records[0].found.place.journal.to_column());
    let known: BTreeSet<_> = all.iter().map(|(route, _)| *route).chain(NONE).collect();
    for route in routes().iter().filter(|route| route.does == Does::Shows) {
        assert!(known.contains(&*route.path), "{}: give this story an address", route.path);
    }
    stage.open(&tab, "/sign-in").await;
    let mut wrong = faults(&tab, &axe, "node").await;
    stage.sign_in(&tab, Role::Admin).await;
    ask(&stage.world, ["jintan", "jintan"]).await;
    until("what was asked is shown", async || {
        stage.open(&tab, "/incoming?kind=complaints").await;
        tab.count("main tbody tr").await == 1
    })
    .await;
    for (_, path) in &all {
        for lang in ["en", "zh"] {
            let and = if path.contains('?') { '&' } else { '?' };
            stage.open(&tab, &format!("{path}{and}lang={lang}")).await;
            wrong.extend(faults(&tab, &axe, "node").await);
        }
        wrong.extend(faults_in_the_dark(&tab, &axe, "node").await);
    }
    assert_eq!(wrong, [""; 0]);
    let own = |address: &String| address.starts_with(&stage.url) || address.starts_with("data:");
    let asked: Vec<_> = tab.requests().into_iter().filter(|one| !own(one)).collect();
    assert!(asked.is_empty(), "asked elsewhere: {asked:?}");
    let mut said = tab.complaints();
    said.retain(|one| !one.contains("/nowhere"));
    assert!(said.is_empty(), "{said:?}");
    drop(browser);
    stage.end().await;
}
