//! A first operator of a hub: signs in, sees how the federation stands and what comes in.

use sanheyi_node::web::viewer::Role;
use sanheyi_tests::fixtures::new_complaints;

use crate::stage::{Stage, WORD, enter, operator};

/// Another password, chosen by whoever signs in first.
const OWN: &str = "a quiet morning in town";

#[tokio::test]
async fn signs_in_first_with_a_password_of_their_own_and_is_locked_out_after_five_wrong_ones() {
    let stage = Stage::new(710, &[]).await;
    let (url, own) = (stage.hub(), stage.world.hub.store(&stage.world.setup().hub));
    operator(&own, &stage.world.clock, "li.na", Role::Admin, true).await;
    let tab = stage.stranger(&format!("{url}/platforms?lang=zh")).await;
    assert!(tab.place().await.starts_with("/sign-in"), "nobody sees anything before");
    stage.hold(&tab).await;
    enter(&tab, "li.na", "wrong wrong wrong").await;
    assert!(tab.text("main").await.contains("用户名或口令不对"));
    stage.hold(&tab).await;
    enter(&tab, "li.na", WORD).await;
    assert_eq!(tab.place().await, "/password", "somebody else knows that password");
    tab.open(&format!("{url}/platforms")).await;
    assert_eq!(tab.place().await, "/password", "and nothing is shown before it is changed");
    stage.hold(&tab).await;
    let fields = "[...document.querySelectorAll('main input[type=password]')].map(one => one.id)";
    let fields = tab.eval(fields).await;
    for (field, word) in fields.as_array().unwrap().iter().zip([WORD, OWN, OWN]) {
        tab.fill(&format!("#{}", field.as_str().unwrap()), word).await;
    }
    tab.follow("main form.stack button").await;
    tab.open(&format!("{url}/platforms")).await;
    assert_eq!(tab.place().await, "/platforms");

    let other = stage.stranger(&format!("{url}/sign-in?lang=zh")).await;
    for _ in 0..5 {
        enter(&other, "li.na", "wrong wrong wrong").await;
    }
    enter(&other, "li.na", OWN).await;
    assert!(other.text("main").await.contains("用户名或口令不对"), "the name is locked");
}

#[tokio::test]
async fn sees_a_line_end_and_entries_come_on_the_page_that_is_open() {
    let mut stage = Stage::new(711, &["jintan", "wujin"]).await;
    let mut node = stage.fed("jintan", 3, 0).await;
    node.dial_on().await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Viewer).await;
    tab.eval("window.kept = true").await;
    tab.until("document.querySelector('#map a[href$=jintan]').dataset.state === 'live'").await;
    node.submit(new_complaints(4..10)).await;
    let row = "[...document.querySelectorAll('#platforms tr')].some(row => \
               row.innerText.includes('jintan') && /\\b9\\b/.test(row.innerText))";
    tab.until(row).await;
    node.hang_up().await;
    tab.until("document.querySelector('#map a[href$=jintan]').dataset.state === 'offline'").await;
    let name = tab.eval("document.querySelector('#map a[href$=jintan]').ariaLabel").await;
    assert!(name.as_str().unwrap().contains("离线"), "in words, too: {name}");
    assert_eq!(tab.eval("window.kept").await, true, "nobody has loaded the page again");
    stage.hold(&tab).await;
}

#[tokio::test]
async fn goes_by_keyboard_alone_changes_the_language_and_stays_on_the_page() {
    let stage = Stage::new(712, &["jintan"]).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Viewer).await;
    tab.open(&format!("{url}/platforms?state=never&lang=zh")).await;
    tab.press("Tab").await;
    assert_eq!(tab.eval("document.activeElement.className").await, "skip");
    tab.press("Enter").await;
    tab.until("document.activeElement.matches('main')").await;
    let chinese = tab.text("h1").await;
    tab.follow("a[hreflang=en], .corner a[lang=en]").await;
    let english = tab.text("h1").await;
    assert_ne!(chinese, english);
    assert!(tab.place().await.starts_with("/platforms?"), "the same page");
    assert!(tab.place().await.contains("state=never"), "with the same filter");
    tab.follow("a[hreflang^=zh], .corner a[lang^=zh]").await;
    assert_eq!(tab.text("h1").await, chinese);
    tab.prefers("dark").await;
    stage.hold(&tab).await;
    let dark = tab.eval("getComputedStyle(document.body).backgroundColor").await;
    assert_eq!(dark, "rgb(20, 24, 27)");
    stage.quiet(&tab, &url);
}
