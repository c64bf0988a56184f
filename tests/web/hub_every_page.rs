//! Every page of a hub, taken from its routes, so that a new one cannot be forgotten: at both
//! widths, in both languages and in the dark, with nothing from elsewhere and no complaint of the
//! browser. Where a page shows something that may stand in several ways, more of it is looked at.

use sanheyi_hub::web::routes;
use sanheyi_node::web::guard::Does;
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::Tab;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};

use crate::material::{lively, review};
use crate::stage::{Stage, status};

/// What is no page: files that pages are made of, and a file to take away.
const FILES: [&str; 2] = ["/assets/", "/proof"];

/// More to look at than one address of each route.
const MORE: [&str; 8] = [
    "/platforms/xinbei",
    "/platforms/tianning",
    "/platforms/liyang",
    "/platforms/changzhou/journals",
    "/quarantine?state=pending",
    "/quarantine?record=nothing",
    "/certificates?state=all",
    "/changes?what=quarantine",
];

#[tokio::test]
async fn is_fit_for_everybody_at_both_widths_in_both_languages_and_in_the_dark() {
    let mut stage = Stage::new(700, &[]).await;
    let material = lively(&mut stage).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Admin).await;
    let reviewed = review(&stage, &tab).await;
    let id = reviewed.rsplit('/').next().unwrap();
    let of = |page: &str| format!("{url}{page}");
    let journal = first(&tab, &of("/platforms/jintan/journals"), "/journals/").await;
    let journal = journal.rsplit('/').next().unwrap();
    let kept_out = first(&tab, &of("/quarantine?state=open"), "/quarantine/entry/").await;
    let waits = first(&tab, &of("/quarantine?state=pending"), "/quarantine/entry/").await;
    let [place, sequence] = [1, 0].map(|back| kept_out.rsplit('/').nth(back).unwrap());
    let paths = routes().into_iter().filter(|route| route.does == Does::Shows).map(|route| {
        let path = route.path.replace("{platform}", "jintan").replace("{id}", id);
        let journal = if path.contains("/quarantine/") { place } else { journal };
        let number = if path.contains("/quarantine/") { sequence } else { "41" };
        let path = path.replace("{journal}", journal).replace("{sequence}", number);
        path.replace("{dataset}", COMPLAINT).replace("{record}", &complaint_no(1))
    });
    let of_it = kept_out.replace("/quarantine/entry/jintan/", "/platforms/jintan/entries/");
    let more = MORE.map(str::to_owned).into_iter().chain([of_it, waits]);
    let pages = paths.filter(|path| !FILES.iter().any(|one| path.contains(one))).chain(more);
    let pages: Vec<_> = pages.collect();
    assert!(pages.len() > 20 + MORE.len(), "{pages:?}");
    let mut faults = Vec::new();
    for page in pages {
        assert!(!page.contains('{'), "{page}: say here what stands for it");
        faults.extend(both(&stage, &tab, &page).await);
    }
    assert_eq!(faults, [""; 0]);
    stage.quiet(&tab, &url);
    material.end().await;
}

/// What is wrong with a page in either language, and in the dark.
async fn both(stage: &Stage, tab: &Tab, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let and = if page.contains('?') { '&' } else { '?' };
    for lang in ["en", "zh"] {
        tab.open(&format!("{}{page}{and}lang={lang}", stage.hub())).await;
        let language = tab.eval("document.documentElement.lang").await;
        assert!(language.as_str().unwrap().starts_with(lang), "{page}: {language}");
        assert_eq!(tab.count("h1").await, 1, "{page} has a heading");
        assert_eq!(status(tab).await, 200, "{page} is an error");
        faults.extend(stage.faults(tab).await);
    }
    faults.extend(stage.faults_in_the_dark(tab).await);
    faults
}

/// The first that a page leads to with `within` in its path.
async fn first(tab: &Tab, page: &str, within: &str) -> String {
    tab.open(page).await;
    let first = format!(
        "[...document.querySelectorAll('main a')].map(a => a.pathname).find(p => \
         p.includes('{within}') && /\\d$/.test(p))"
    );
    tab.eval(&first).await.as_str().unwrap().to_owned()
}
