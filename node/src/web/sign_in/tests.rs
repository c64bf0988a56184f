//! Signing in: what counts, what locks, what is told.

use super::*;
use crate::process::clock::Clock as _;
use crate::process::entropy::SeededEntropy;
use crate::store::{ChangeFilter, DONE, REFUSED};
use crate::web::operator::{Acts, add};
use crate::web::tests::{Browser, Came, Planted};
use crate::web::viewer::Role;

const GOOD: &str = "correct horse battery";
const SECOND: Duration = Duration::from_secs(1);

async fn planted() -> Planted {
    with_zhang(Planted::new().await).await
}

async fn with_zhang(planted: Planted) -> Planted {
    let entropy = SeededEntropy::new(3);
    let acts = Acts {
        store: planted.home.store(),
        clock: planted.clock.as_ref(),
        entropy: &entropy,
        who: "cli:0",
        role: "",
    };
    let word = Zeroizing::new(GOOD.to_owned());
    add(&acts, "zhang", Role::Viewer, word, false).await.unwrap();
    planted
}

async fn try_in(browser: &Browser<'_>, name: &str, word: &str) -> Came {
    let fields = [("name", name), ("password", word), ("next", "/records?q=1")];
    browser.send(SIGN_IN, &[("sec-fetch-site", "same-origin")], &fields).await
}

fn is_in(came: &Came) -> bool {
    came.status == StatusCode::SEE_OTHER && came.to() == "/records?q=1"
}

#[tokio::test]
async fn who_signs_in_has_a_cookie_that_scripts_and_other_sites_do_not_see() {
    let planted = planted().await;
    let came = try_in(&planted.stranger(), "zhang", GOOD).await;
    assert!(is_in(&came), "{came:?}");
    let [cookie] = came.cookies()[..] else { panic!("{came:?}") };
    let (value, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
    let token = value.strip_prefix("sanheyi-jintan=").unwrap();
    assert_eq!(token.len(), 64);
    let rows = planted.home.store().session_list().await.unwrap();
    assert!(
        rows.iter().all(|row| row.token != token.as_bytes()[..32]),
        "only its digest is stored"
    );
    let mut browser = planted.stranger();
    browser.cookie = value.to_owned();
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let again = try_in(&planted.stranger(), "zhang", GOOD).await;
    assert_ne!(again.cookies(), came.cookies(), "every time a new one");
    browser.token = rows[0].form.clone();
    let out = browser.post("/sign-out", &[]).await;
    assert!(out.cookies()[0].contains("Max-Age=0"));
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    planted.home.close().await;
}

#[tokio::test]
async fn over_tls_the_cookie_is_of_this_host_and_never_goes_in_the_clear() {
    let planted = with_zhang(Planted::over(true).await).await;
    let came = try_in(&planted.stranger(), "zhang", GOOD).await;
    let [cookie] = came.cookies()[..] else { panic!("{came:?}") };
    let (value, attributes) = cookie.split_once("; ").unwrap();
    assert!(value.starts_with("__Host-sanheyi-jintan="), "{value}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax; Secure");
    let mut browser = planted.stranger();
    browser.cookie = value.to_owned();
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    browser.cookie = value.replace("__Host-", "");
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER, "no other name counts");
    planted.home.close().await;
}

#[tokio::test]
async fn five_wrong_passwords_lock_a_name_for_a_quarter_of_an_hour() {
    let planted = planted().await;
    let browser = planted.stranger();
    for _ in 1..FAILURES {
        assert!(!is_in(&try_in(&browser, "zhang", "wrong horse battery").await));
    }
    assert!(is_in(&try_in(&browser, "zhang", GOOD).await), "four are forgiven");
    for _ in 0..FAILURES {
        assert!(!is_in(&try_in(&browser, "zhang", "wrong horse battery").await));
    }
    let locked = try_in(&browser, "zhang", GOOD).await;
    assert!(!is_in(&locked), "five are not");
    planted.clock.advance(LOCKED - SECOND);
    assert!(!is_in(&try_in(&browser, "zhang", GOOD).await));
    planted.clock.advance(SECOND);
    assert!(is_in(&try_in(&browser, "zhang", GOOD).await));
    let rows = planted.home.store().change_list(&ChangeFilter::default(), None, 99).await.unwrap();
    let count = |what: &str, outcome: &str| {
        rows.iter().filter(|row| row.what == what && row.outcome == outcome).count()
    };
    assert_eq!(count("operator.lock", DONE), 1);
    assert_eq!(count("session.open", DONE), 2);
    assert_eq!(count("session.refused", REFUSED), 4 + 5 + 2);
    planted.home.close().await;
}

#[tokio::test]
async fn an_unknown_name_a_wrong_password_and_a_locked_name_are_answered_alike() {
    let planted = planted().await;
    let browser = planted.stranger();
    let wrong = try_in(&browser, "zhang", "wrong horse battery").await;
    let unknown = try_in(&browser, "lihua", "wrong horse battery").await;
    for _ in 1..FAILURES {
        try_in(&browser, "zhang", "wrong horse battery").await;
    }
    let locked = try_in(&browser, "zhang", GOOD).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    for came in [&unknown, &locked] {
        assert_eq!(came.status, wrong.status);
        assert_eq!(came.text.replace("lihua", "zhang"), wrong.text);
        assert!(came.cookies().is_empty());
    }
    // What was typed as a name may be a password: it stands nowhere.
    let rows = planted.home.store().change_list(&ChangeFilter::default(), None, 99).await.unwrap();
    assert!(rows.iter().all(|row| row.subject != "lihua" && !row.detail.contains("lihua")));
    planted.home.close().await;
}

#[tokio::test]
async fn an_address_is_let_in_so_often_and_no_more() {
    let planted = planted().await;
    let store = planted.home.store();
    let browser = planted.stranger();
    let mut tx = store.begin("planted").await.unwrap();
    for _ in 1..ADDRESS_TRIES {
        tx.attempt_count(store, "", Default::default(), planted.clock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let last = try_in(&browser, "lihua", "wrong horse battery").await;
    assert!(last.text.contains("用户名或口令不对"), "{}", last.text);
    let beyond = try_in(&browser, "zhang", GOOD).await;
    assert!(!is_in(&beyond) && beyond.text.contains("此地址登录过于频繁"), "{}", beyond.text);
    planted.clock.advance(LOCKED);
    assert!(is_in(&try_in(&browser, "zhang", GOOD).await));
    planted.home.close().await;
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let planted = planted().await;
    let first = try_in(&planted.stranger(), "zhang", GOOD).await;
    let second = try_in(&planted.stranger(), "zhang", GOOD).await;
    let browser_of = |came: &Came| {
        let mut browser = planted.stranger();
        browser.cookie = came.cookies()[0].split(';').next().unwrap().to_owned();
        browser
    };
    let (mut here, elsewhere) = (browser_of(&first), browser_of(&second));
    let page = here.get("/password").await.text;
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap();
    here.token = token.split('"').next().unwrap().to_owned();
    let change = async |present: &str, new: &str, again: &str| {
        let fields = [("present", present), ("new", new), ("again", again)];
        here.post("/password", &fields).await
    };
    let other = "another long sentence";
    assert_eq!(change("wrong", other, other).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(GOOD, other, GOOD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(GOOD, "short", "short").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let changed = change(GOOD, other, other).await;
    assert_eq!((changed.status, changed.to()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(elsewhere.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("/").await.status, StatusCode::SEE_OTHER, "the old token is no longer one");
    assert_eq!(browser_of(&changed).get("/").await.status, StatusCode::OK);
    assert!(!is_in(&try_in(&planted.stranger(), "zhang", GOOD).await));
    assert!(is_in(&try_in(&planted.stranger(), "zhang", other).await));
    planted.home.close().await;
}
