//! Every route of a node that shows something: at the width of a desk and of a phone, in both
//! languages, held against axe. A route that is new and not among the addresses fails this.

use std::collections::BTreeSet;

use sanheyi_node::web::guard::Does;
use sanheyi_node::web::site::routes;
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::{Browser, Tab};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};

use super::Stage;
use crate::axe;
use crate::stage::SIZES;

/// Routes that show a page, each with an address of it.
fn addresses(journal: i64) -> Vec<(&'static str, String)> {
    vec![
        ("/", "/".into()),
        ("/records", "/records".into()),
        ("/records/{dataset}/{record}", format!("/records/{COMPLAINT}/{}", complaint_no(2))),
        ("/journals", "/journals".into()),
        ("/journals/{journal}", format!("/journals/{journal}")),
        ("/entries/{journal}/{sequence}", format!("/entries/{journal}/0")),
        ("/quarantine", "/quarantine".into()),
        ("/incoming", "/incoming".into()),
        ("/attachments", "/attachments".into()),
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
async fn at_two_widths_and_in_two_languages() {
    let (stage, browser) = (Box::pin(Stage::new(9303)).await, Browser::start().await);
    let (tab, axe) = (browser.tab().await, axe::text());
    let records = stage.store.record_list(None, 1).await.unwrap();
    let all = addresses(records[0].found.place.journal.to_column());
    let known: BTreeSet<_> = all.iter().map(|(route, _)| *route).chain(NONE).collect();
    for route in routes().iter().filter(|route| route.does == Does::Shows) {
        assert!(known.contains(&*route.path), "{}: give this story an address", route.path);
    }
    stage.open(&tab, "/sign-in").await;
    look(&tab, &axe, "/sign-in").await;
    stage.sign_in(&tab, Role::Admin).await;
    for (_, path) in &all {
        for lang in ["zh", "en"] {
            stage.open(&tab, &format!("{path}?lang={lang}")).await;
            look(&tab, &axe, &format!("{path}?lang={lang}")).await;
        }
    }
    let own = |address: &String| address.starts_with(&stage.url) || address.starts_with("data:");
    let asked: Vec<_> = tab.requests().into_iter().filter(|one| !own(one)).collect();
    assert!(asked.is_empty(), "asked elsewhere: {asked:?}");
    let mut said = tab.complaints();
    said.retain(|one| !one.contains("/nowhere"));
    assert!(said.is_empty(), "{said:?}");
    drop(browser);
    stage.end().await;
}

async fn look(tab: &Tab, axe: &str, name: &str) {
    for (width, height) in SIZES {
        tab.size(width, height).await;
        let found = tab.violations(axe).await;
        assert!(found.is_empty(), "{name} at {width}: {found:?}");
        assert!(!tab.is_too_wide().await, "{name} is wider than {width}");
    }
}
