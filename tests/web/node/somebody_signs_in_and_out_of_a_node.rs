//! Signing in with all that may go wrong, and what is written down of it.

use sanheyi_node::web::sign_in::LOCKED;
use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::{Browser, Tab};

use super::{OWN, Stage};
use crate::stage::WORD;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_a_missing_token_and_a_last_administrator_are_refused() {
    let (stage, browser) = (Box::pin(Stage::new(9301)).await, Browser::start().await);
    let tab = browser.tab().await;

    // Who asks for a page is sent to sign in, and back to it.
    stage.open(&tab, "/settings").await;
    assert_eq!(tab.place().await, "/sign-in?next=%2Fsettings");
    stage.try_in(&tab, "admin", "wrong horse battery").await;
    assert!(tab.text(".said").await.contains("用户名或口令不对"));
    stage.sign_in(&tab, Role::Admin).await;

    // The language changes and the page stays.
    stage.open(&tab, "/records?standing=quarantined").await;
    assert_eq!(tab.count("tbody tr").await, 1, "one is quarantined");
    tab.follow("a[hreflang=en]").await;
    assert!(tab.place().await.starts_with("/records?standing=quarantined"));
    assert_eq!(tab.text("h1").await, "Records");

    // The last administrator stays.
    stage.open(&tab, "/operators").await;
    tab.follow("form[action='/operators/admin'] button[value=disable]").await;
    assert!(tab.text(".said").await.contains("the last administrator"));
    // An operator is added, and the password shown once.
    tab.fill("#name", "newcomer").await;
    tab.follow("form[action='/operators'] button").await;
    assert!(tab.text("#made").await.contains("newcomer"));
    stage.open(&tab, "/changes").await;
    assert!(tab.text("tbody").await.contains("newcomer"), "it is in the audit");

    // A form without its token changes nothing.
    stage.open(&tab, "/operators").await;
    tab.eval("document.querySelectorAll('[name=form_token]').forEach(one => one.remove())").await;
    tab.follow("form[action='/operators/viewer'] button[value=disable]").await;
    assert!(tab.text("main").await.contains("The form has expired"));

    // Out, and the page is no longer shown.
    stage.open(&tab, "/").await;
    tab.follow(".corner form button").await;
    assert_eq!(tab.place().await, "/sign-in");
    stage.open(&tab, "/records").await;
    assert!(tab.place().await.starts_with("/sign-in"));

    // Five wrong passwords lock the name: the right one no longer helps.
    for _ in 0..5 {
        stage.try_in(&tab, "admin", "wrong horse battery").await;
    }
    stage.try_in(&tab, "admin", OWN).await;
    assert_eq!(tab.count(".said.bad").await, 1);

    // Nor does it help to start the node again: only time does, or an administrator.
    let stage = Box::pin(stage.again(9311)).await;
    stage.try_in(&tab, "admin", OWN).await;
    assert_eq!(tab.count(".said.bad").await, 1, "the name is still locked");
    stage.world.clock.advance(LOCKED);
    stage.try_in(&tab, "admin", OWN).await;
    assert_eq!(tab.place().await, "/");
    drop(browser);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_open_page_says_by_itself_that_the_hub_is_gone() {
    let (mut stage, browser) = (Box::pin(Stage::new(9302)).await, Browser::start().await);
    let tab = browser.tab().await;
    stage.sign_in(&tab, Role::Viewer).await;
    tab.eval("window.kept = true").await;
    tab.until("document.querySelector('#link .state.good')").await;
    stage.world.hub.stop().await;
    tab.until("document.querySelector('#link .state.bad')").await;
    assert!(tab.eval("window.kept").await == true, "it was not loaded again");
    drop(browser);
    stage.end().await;
}

/// Presses the tabulator until what a selector finds has the focus.
async fn tab_to(tab: &Tab, selector: &str) {
    for _ in 0..40 {
        tab.press("Tab").await;
        if tab.eval(&format!("document.activeElement.matches({selector:?})")).await == true {
            return;
        }
    }
    panic!("the tabulator does not come to {selector}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyboard_is_enough() {
    let (stage, browser) = (Box::pin(Stage::new(9304)).await, Browser::start().await);
    let tab = browser.tab().await;
    stage.open(&tab, "/sign-in").await;
    for (field, text) in [("#name", "viewer"), ("#password", WORD)] {
        tab_to(&tab, field).await;
        tab.fill(":focus", text).await;
    }
    tab.press_on("Enter").await;
    assert_eq!(tab.place().await, "/password");
    for (field, text) in [("#present", WORD), ("#new", OWN), ("#again", OWN)] {
        tab_to(&tab, field).await;
        tab.fill(":focus", text).await;
    }
    tab.press_on("Enter").await;
    assert_eq!(tab.place().await, "/");

    // Who does not want to hear the menu on every page goes on behind it.
    tab.press("Tab").await;
    assert_eq!(tab.eval("document.activeElement.className").await, "skip");
    tab.press("Enter").await;
    tab.until("document.activeElement.matches('main')").await;
    tab.press("Tab").await;
    assert!(tab.eval("document.activeElement.closest('.figures') !== null").await == true);
    let shown = tab.eval("getComputedStyle(document.activeElement).outlineStyle").await;
    assert_eq!(shown, "solid", "where one is can be seen");
    tab.press_on("Enter").await;
    assert_eq!(tab.place().await, "/records");
    tab_to(&tab, "tbody a").await;
    tab.press_on("Enter").await;
    assert!(tab.place().await.starts_with("/records/"));
    drop(browser);
    stage.end().await;
}
