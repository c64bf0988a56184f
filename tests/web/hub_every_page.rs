//! Every page of a hub, taken from its routes, so that a new one cannot be forgotten: at both
//! widths, in both languages, with nothing from elsewhere and no complaint of the browser.

use sanheyi_hub::web::routes;
use sanheyi_node::web::guard::Does;
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::Tab;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};

use crate::stage::{Stage, status};

/// What is no page, files that pages are made of and a file to take away; and the progress of a
/// review, of which there is none here: the story of the desk comes by it.
const FILES: [&str; 3] = ["/assets/", "/proof", "/quarantine/reviews/"];

/// The platforms that lie on the map.
const NAMES: [&str; 8] =
    ["jiangsu", "xinbei", "tianning", "zhonglou", "qishuyan", "wujin", "jintan", "liyang"];

#[tokio::test]
async fn is_fit_for_everybody_at_both_widths_and_in_both_languages() {
    let mut stage = Stage::new(700, &NAMES).await;
    let mut node = stage.fed("jintan", 40, 3).await;
    node.dial_on().await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Admin).await;
    let journal = journal(&tab, &url).await;
    let paths = routes().into_iter().filter(|route| route.does == Does::Shows).map(|route| {
        let path = route.path.replace("{platform}", "jintan").replace("{journal}", &journal);
        let path = path.replace("{sequence}", "41");
        path.replace("{dataset}", COMPLAINT).replace("{record}", &complaint_no(1))
    });
    let pages: Vec<_> = paths.filter(|path| !FILES.iter().any(|one| path.contains(one))).collect();
    assert!(pages.len() > 20, "{pages:?}");
    let mut faults = Vec::new();
    for page in pages {
        assert!(!page.contains('{'), "{page}: say here what stands for it");
        for lang in ["zh", "en"] {
            tab.open(&format!("{url}{page}?lang={lang}")).await;
            let language = tab.eval("document.documentElement.lang").await;
            assert!(language.as_str().unwrap().starts_with(lang), "{page}: {language}");
            assert_eq!(tab.count("h1").await, 1, "{page} has a heading");
            assert_eq!(status(&tab).await, 200, "{page} is an error");
            faults.extend(stage.faults(&tab).await);
        }
    }
    assert_eq!(faults, [""; 0]);
    stage.quiet(&tab, &url);
    node.hang_up().await;
}

/// The number of the first journal of a platform, as its page has it.
async fn journal(tab: &Tab, url: &str) -> String {
    tab.open(&format!("{url}/platforms/jintan/journals")).await;
    let all = "[...document.querySelectorAll('main a')].map(a => a.pathname).find(p => \
               /journals\\/-?\\d+$/.test(p)).split('/').pop()";
    tab.eval(all).await.as_str().unwrap().to_owned()
}
