//! The pages of a node as they are shown.

use axum::http::StatusCode;
use sanheyi_exchange_spec::merkle::tlog_proof::TlogProof;
use sanheyi_exchange_spec::suite::{SigningKey, Suite};

use super::*;
use crate::store::ChangeFilter;
use crate::tests::{DATASET, record};
use crate::web::tests::{PERSONAL, Planted};

/// Every page that shows something, by the route that it is one of.
fn pages() -> Vec<String> {
    let first = record("a");
    vec![
        "/".into(),
        "/records".into(),
        "/records?standing=quarantined".into(),
        "/records?q=no-such-record".into(),
        format!("/records/{DATASET}/{first}"),
        "/journals".into(),
        "/journals/1".into(),
        "/journals/2".into(),
        "/entries/1/0".into(),
        "/entries/1/1".into(),
        "/entries/1/3".into(),
        "/quarantine".into(),
        "/quarantine?handling=all".into(),
        "/incoming".into(),
        "/incoming?kind=complaints&all=1".into(),
        "/incoming?kind=forwards".into(),
        "/attachments".into(),
        "/attachments?way=up&state=absent".into(),
        "/changes".into(),
        "/operators".into(),
        "/settings".into(),
        "/password".into(),
    ]
}

/// The number of the journal of records, as pages name it.
async fn number(planted: &Planted) -> i64 {
    planted.home.journal().await.number.to_column()
}

async fn at(planted: &Planted, path: &str) -> String {
    let number = number(planted).await;
    path.replace("/entries/1/", &format!("/entries/{number}/"))
}

#[tokio::test]
async fn every_page_is_whole_in_both_languages_and_asks_nobody_else_for_anything() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Admin).await;
    for page in pages() {
        let page = at(&planted, &page).await;
        for (lang, tag) in [("zh", "zh-CN"), ("en", "en")] {
            let and = if page.contains('?') { '&' } else { '?' };
            let came = browser.get(&format!("{page}{and}lang={lang}")).await;
            // The name of a language of drawings is no address.
            let text = came.text.replace("http://www.w3.org/2000/svg", "");
            assert_eq!(came.status, StatusCode::OK, "{page}: {text}");
            assert!(text.contains(&format!("<html lang=\"{tag}\">")), "{page}");
            assert_eq!(text.matches("<h1>").count(), 1, "{page}");
            for outside in ["http://", "https://", "src=\"//", "style=\"", "onclick", "<script>"] {
                assert!(!text.contains(outside), "{page}: {outside}");
            }
            assert!(!text.contains(" <b>"), "{page}: what the gate says is escaped");
        }
    }
    planted.home.close().await;
}

#[tokio::test]
async fn every_field_of_a_form_has_a_name_and_headings_go_down_in_order() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Admin).await;
    for page in pages() {
        let text = browser.get(&at(&planted, &page).await).await.text;
        let levels = text
            .match_indices("<h")
            .filter_map(|(at, _)| text[at + 2..].chars().next()?.to_digit(10));
        let mut before = 0;
        for level in levels {
            assert!(level <= before + 1, "{page}: h{level} after h{before}");
            before = level;
        }
        for (at, _) in text.match_indices("<input") {
            let tag = &text[at..at + text[at..].find('>').unwrap()];
            let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let labelled = id.is_some_and(|id| text.contains(&format!("for=\"{id}\"")));
            let within = text[..at].ends_with("<label class=\"inline\">");
            let hidden = tag.contains("type=\"hidden\"") || tag.contains(" hidden ");
            assert!(hidden || labelled || within || tag.contains("aria-label"), "{page}: {tag}");
        }
        let mut ids: Vec<_> =
            text.split(" id=\"").skip(1).map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{page}: an id stands twice");
    }
    planted.home.close().await;
}

#[tokio::test]
async fn nobody_is_shown_who_is_personal() {
    let planted = Planted::new().await;
    for role in Role::ALL {
        let browser = planted.browser(role).await;
        for page in pages() {
            let text = browser.get(&at(&planted, &page).await).await.text;
            for person in PERSONAL {
                assert!(!text.contains(person), "{page} shows {person} to {role:?}");
            }
        }
    }
    planted.home.close().await;
}

#[tokio::test]
async fn personal_data_is_shown_for_a_purpose_that_is_written_down() {
    let planted = Planted::new().await;
    let path = at(&planted, "/entries/1/0").await;
    let viewer = planted.browser(Role::Viewer).await;
    let purpose = [("purpose", "核实投诉人身份")];
    assert!(!viewer.get(&path).await.text.contains("name=\"purpose\""));
    assert_eq!(viewer.post(&path, &purpose).await.status, StatusCode::FORBIDDEN);
    let operator = planted.browser(Role::Operator).await;
    assert!(operator.get(&path).await.text.contains("name=\"purpose\""));
    let short = operator.post(&path, &[("purpose", " 看看 ")]).await;
    assert!(!short.text.contains(PERSONAL[0]) && short.text.contains("请写明事由"));
    let filter = ChangeFilter { what: "body.unmask".into(), ..ChangeFilter::default() };
    let store = planted.home.store();
    assert!(store.change_list(&filter, None, 9).await.unwrap().is_empty());
    let shown = operator.post(&path, &purpose).await;
    for person in PERSONAL {
        assert!(shown.text.contains(person), "{person}");
    }
    let [row] = &store.change_list(&filter, None, 9).await.unwrap()[..] else { panic!() };
    assert_eq!((row.who.as_str(), row.role.as_str()), ("web:the-operator", "operator"));
    assert_eq!(row.subject, format!("{DATASET}/{}#1", record("a")));
    assert!(row.detail.contains("核实投诉人身份"));
    assert!(!operator.get(&path).await.text.contains(PERSONAL[0]), "the next look is masked");
    planted.home.close().await;
}

#[tokio::test]
async fn an_entry_is_proved_on_its_page_and_the_proof_goes_along() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    for sequence in 0..3 {
        let path = at(&planted, &format!("/entries/1/{sequence}")).await;
        let text = browser.get(&format!("{path}?lang=en")).await.text;
        assert!(text.contains("id=\"verdict\"") && text.contains("proved"), "{text}");
        let file = browser.get(&format!("{path}/proof")).await;
        let kept = file.headers.get("content-disposition").unwrap().to_str().unwrap();
        assert!(kept.starts_with("attachment;"), "{kept}");
        let proof: TlogProof = file.text.parse().unwrap();
        let leaf = Suite::Intl.leaf(proof.extra.as_ref().unwrap());
        let key = SigningKey::from_seed(&[7; 32]).verifying();
        assert_eq!(proof.verify(Suite::Intl, &leaf, &key).unwrap().size, 3);
    }
    let later = at(&planted, "/entries/1/3").await;
    let text = browser.get(&format!("{later}?lang=en")).await.text;
    assert!(text.contains("no checkpoint yet") && !text.contains("id=\"verdict\""));
    assert_eq!(browser.get(&format!("{later}/proof")).await.status, StatusCode::NOT_FOUND);
    planted.home.close().await;
}

#[tokio::test]
async fn a_tile_that_was_changed_is_found_on_the_page() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    let path = at(&planted, "/entries/1/0").await;
    let change = "UPDATE tile SET hashes = zeroblob(length(hashes))";
    assert!(crate::tests::tamper(&planted.database(), change).await > 0);
    let text = browser.get(&format!("{path}?lang=en")).await.text;
    assert!(text.contains("not proved") && !text.contains("id=\"verdict\""), "{text}");
    planted.home.close().await;
}

#[tokio::test]
async fn each_standing_is_found_by_its_filter_with_its_reasons() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    let all = ["a", "b", "c", "d"].map(record);
    for (standing, only) in [("accepted", 0), ("quarantined", 1), ("pending", 2), ("unanswered", 3)]
    {
        let text = browser.get(&format!("/records?standing={standing}")).await.text;
        for (at, record) in all.iter().enumerate() {
            assert_eq!(text.contains(record), at == only, "{standing}: {record}");
        }
        let reasoned = text.contains("正文过短 &lt;b&gt;");
        assert_eq!(reasoned, matches!(only, 1 | 2), "{standing}");
    }
    let found = browser.get(&format!("/records?q={}", &all[1][..12])).await.text;
    assert!(found.contains(&all[1]) && !found.contains(&all[0]));
    let desk = browser.get("/quarantine").await.text;
    assert!(desk.contains(&all[1]) && !desk.contains(&all[2]), "pending is no quarantine");
    planted.home.close().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_with_a_way_back() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    let number = number(&planted).await;
    for gone in [
        "/nowhere".to_owned(),
        "/journals/99".into(),
        "/journals/x".into(),
        format!("/entries/{number}/4"),
        format!("/entries/{number}/18446744073709551615"),
        "/records/case.case/none".into(),
    ] {
        let came = browser.get(&gone).await;
        assert_eq!(came.status, StatusCode::NOT_FOUND, "{gone}");
        assert!(came.text.contains("没有找到") && came.text.contains("href=\"/\""), "{gone}");
    }
    planted.home.close().await;
}
