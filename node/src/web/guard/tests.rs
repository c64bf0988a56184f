//! Who may ask for what, at every edge.

use std::time::Duration;

use super::*;
use crate::web::session::{IDLE, LONGEST, SEEN_EVERY};
use crate::web::site::routes;
use crate::web::tests::{Planted, name};

const SECOND: Duration = Duration::from_secs(1);

/// A path that a route of the site has, with its parameters filled in.
fn filled(path: &str) -> String {
    let known = [
        ("{file}", "none"),
        ("{name}", "nobody"),
        ("{journal}", "1"),
        ("{sequence}", "0"),
        ("{dataset}", "supervision.complaint"),
        ("{record}", "JS048100JT0100000000"),
    ];
    let path = known.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{path}: say what its parameters are");
    path
}

#[tokio::test]
async fn every_route_is_for_those_of_its_role_and_for_nobody_else() {
    let planted = Planted::new().await;
    let all = routes();
    assert!(all.len() > 20);
    for route in &all {
        let path = filled(&route.path);
        for who in [None].into_iter().chain(Role::ALL.map(Some)) {
            let browser = match who {
                None => planted.stranger(),
                Some(role) => planted.browser(role).await,
            };
            let came = match route.does {
                Does::Changes => browser.post(&path, &[]).await,
                Does::Shows | Does::Refreshes => browser.get(&path).await,
            };
            let (status, about) = (came.status, format!("{:?} {path} by {who:?}", route.does));
            match (route.role, who) {
                (None, _) => assert_ne!(status, StatusCode::FORBIDDEN, "{about}"),
                (Some(_), None) => {
                    assert_eq!(status, StatusCode::SEE_OTHER, "{about}");
                    assert!(came.to().starts_with(SIGN_IN), "{about}: {}", came.to());
                }
                (Some(needed), Some(role)) if role < needed => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{about}");
                }
                (Some(_), Some(_)) => {
                    assert!(!came.to().starts_with("/sign-in?"), "{about}");
                    assert_ne!(status, StatusCode::FORBIDDEN, "{about}: {}", came.text);
                    assert!(status.as_u16() < 500, "{about}: {status}");
                }
            }
        }
    }
    planted.home.close().await;
}

#[tokio::test]
async fn a_form_counts_only_with_the_token_of_its_own_session() {
    let planted = Planted::new().await;
    let (admin, other) =
        (planted.browser(Role::Admin).await, planted.browser(Role::Operator).await);
    let add = [("name", "newcomer"), ("role", "viewer"), ("password", "")];
    let own = [("sec-fetch-site", "same-origin")];
    let none = admin.send("/operators", &own, &add).await;
    assert_eq!(none.status, StatusCode::FORBIDDEN);
    for token in ["", "x", &other.token, &admin.token[1..], &admin.token.to_uppercase()] {
        let with = [("form_token", token)];
        let came = admin.send("/operators", &own, add.iter().chain(&with)).await;
        assert_eq!(came.status, StatusCode::FORBIDDEN, "{token}");
        assert!(came.text.contains("表单已过期"), "{}", came.text);
    }
    let store = planted.home.store();
    assert!(store.operator_get("newcomer").await.unwrap().is_none(), "nothing was changed");
    assert_eq!(admin.post("/operators", &add).await.status, StatusCode::OK);
    assert!(store.operator_get("newcomer").await.unwrap().is_some());
    planted.home.close().await;
}

#[tokio::test]
async fn a_change_is_asked_for_by_a_page_of_this_site_and_by_no_other() {
    let planted = Planted::new().await;
    let admin = planted.browser(Role::Admin).await;
    let fields = [("act", "unlock"), ("form_token", admin.token.as_str())];
    let path = format!("/operators/{}", name(Role::Viewer));
    let from = |name: &'static str, value: &'static str| (name, value);
    for (headers, own) in [
        (vec![from("sec-fetch-site", "same-origin")], true),
        (vec![from("sec-fetch-site", "cross-site")], false),
        (vec![from("sec-fetch-site", "same-site")], false),
        (vec![from("sec-fetch-site", "none")], false),
        (vec![from("origin", "http://node.example.cn")], true),
        (vec![from("origin", "http://evil.example.com")], false),
        (vec![from("origin", "http://node.example.cn.evil.com")], false),
        (vec![from("origin", "null")], false),
        (
            vec![from("sec-fetch-site", "cross-site"), from("origin", "http://node.example.cn")],
            false,
        ),
        (vec![], true),
    ] {
        let came = admin.send(&path, &headers, &fields).await;
        let expected = if own { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
        assert_eq!(came.status, expected, "{headers:?}");
    }
    // Who signs in has no token yet; another site may not sign them in either.
    let stranger = planted.stranger();
    let came = stranger.send(SIGN_IN, &[("sec-fetch-site", "cross-site")], &fields).await;
    assert_eq!(came.status, StatusCode::FORBIDDEN);
    planted.home.close().await;
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_working_day() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    let lives = async || browser.get("/settings").await.status == StatusCode::OK;
    planted.clock.advance(IDLE - SECOND);
    assert!(lives().await);
    planted.clock.advance(IDLE - SECOND);
    assert!(lives().await, "it was used meanwhile");
    planted.clock.advance(IDLE);
    assert!(!lives().await);

    let browser = planted.browser(Role::Viewer).await;
    let lives = async || browser.get("/settings").await.status == StatusCode::OK;
    let steps = 2 * LONGEST.as_secs() / IDLE.as_secs();
    for _ in 1..steps {
        planted.clock.advance(IDLE / 2);
        assert!(lives().await);
    }
    planted.clock.advance(IDLE / 2 - SECOND);
    assert!(lives().await);
    planted.clock.advance(SECOND);
    assert!(!lives().await, "however much it is used");
    planted.home.close().await;
}

#[tokio::test]
async fn a_page_that_keeps_itself_fresh_keeps_no_session_alive() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    planted.clock.advance(SEEN_EVERY);
    assert_eq!(browser.get("/live").await.status, StatusCode::OK);
    planted.clock.advance(IDLE - SEEN_EVERY);
    assert_eq!(browser.get("/live").await.status, StatusCode::SEE_OTHER);
    planted.home.close().await;
}

#[tokio::test]
async fn who_is_disabled_or_given_another_role_notices_at_once() {
    let planted = Planted::new().await;
    let (admin, victim) =
        (planted.browser(Role::Admin).await, planted.browser(Role::Operator).await);
    let path = format!("/operators/{}", name(Role::Operator));
    assert_eq!(victim.get("/changes").await.status, StatusCode::OK);
    admin.post(&path, &[("act", "role"), ("role", "viewer")]).await;
    assert_eq!(victim.get("/changes").await.status, StatusCode::FORBIDDEN);
    admin.post(&path, &[("act", "disable")]).await;
    assert_eq!(victim.get("/").await.status, StatusCode::SEE_OTHER);
    admin.post(&path, &[("act", "enable")]).await;
    assert_eq!(victim.get("/").await.status, StatusCode::SEE_OTHER, "its session is gone");
    planted.home.close().await;
}

#[tokio::test]
async fn a_password_that_somebody_else_has_set_is_changed_first() {
    let planted = Planted::new().await;
    let store = planted.home.store();
    let mut tx = store.begin("planted").await.unwrap();
    let mut row = tx.operator_get(store, &name(Role::Viewer)).await.unwrap().unwrap();
    row.renew = true;
    tx.operator_put(store, &row).await.unwrap();
    tx.commit().await.unwrap();
    let browser = planted.browser(Role::Viewer).await;
    assert_eq!(browser.get("/").await.to(), PASSWORD);
    assert_eq!(browser.get(PASSWORD).await.status, StatusCode::OK);
    assert_eq!(browser.post(SIGN_OUT, &[]).await.to(), SIGN_IN);
    planted.home.close().await;
}

#[tokio::test]
async fn every_answer_forbids_what_pages_do_not_need() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    for came in
        [browser.get("/").await, browser.get("/nowhere").await, planted.stranger().get("/").await]
    {
        let policy = came.headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(came.headers.get("cache-control").unwrap(), "no-store");
        assert_eq!(came.headers.get("x-frame-options").unwrap(), "DENY");
    }
    planted.home.close().await;
}

#[tokio::test]
async fn the_language_is_chinese_unless_asked_otherwise_and_then_remembered() {
    let planted = Planted::new().await;
    let mut browser = planted.browser(Role::Viewer).await;
    assert!(browser.get("/").await.text.contains("<html lang=\"zh-CN\">"));
    let came = browser.get("/?lang=en").await;
    assert!(came.text.contains("<html lang=\"en\">"));
    assert!(came.cookies().iter().any(|line| line.starts_with("lang=en; Path=/; SameSite=Lax")));
    browser.cookie.push_str("; lang=en");
    assert!(browser.get("/").await.text.contains("<html lang=\"en\">"));
    assert!(browser.get("/?lang=zh").await.text.contains("<html lang=\"zh-CN\">"));
    assert!(browser.get("/?lang=xx").await.cookies().is_empty());
    planted.home.close().await;
}

#[test]
fn one_is_sent_back_to_paths_of_this_site_only() {
    for own in
        ["/", "/records?dataset=case.case&after=a%2Fb", &format!("/{}", "a".repeat(NEXT - 1))]
    {
        assert_eq!(own_path(own), Some(own));
    }
    let long = format!("/{}", "a".repeat(NEXT));
    for foreign in [
        "",
        "records",
        "//evil.example.com",
        "/\\evil.example.com",
        "https://x",
        "/a\nb",
        "/a b",
        &long,
    ] {
        assert_eq!(own_path(foreign), None, "{foreign}");
    }
}
