//! From a figure to a record, its revisions, what it says, what the hub says of it, and the proof;
//! and what to do about what was quarantined.

use sanheyi_node::web::viewer::Role;
use sanheyi_tests::browser::Browser;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};

use super::{REVISIONS, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_what_it_says_its_receipt_and_its_place_in_the_journal() {
    let (stage, browser) = (Box::pin(Stage::new(9305)).await, Browser::start().await);
    let tab = browser.tab().await;
    tab.size(1280, 900).await;
    stage.sign_in(&tab, Role::Operator).await;

    // Every figure opens what it counts.
    tab.follow("#figures a[href='/records']").await;
    assert_eq!(tab.count("tbody tr").await, REVISIONS as u64);
    let record = format!("/records/{COMPLAINT}/{}", complaint_no(1));
    tab.follow(&format!("tbody a[href='{record}']")).await;
    assert_eq!(tab.text("h1").await, complaint_no(1));
    assert_eq!(tab.count("tbody tr").await, 2, "both revisions");
    tab.follow("tbody tr:nth-child(2) a").await;
    let said = tab.text("main").await;
    for title in ["投诉标题", "更正：金坛客运站班车拒载", "投诉人姓名或名称", "政务热线", "已接受"]
    {
        assert!(said.contains(title), "{title}: {said}");
    }
    assert!(!said.contains("王小明") && said.contains("王**"), "nobody is named: {said}");
    assert!(tab.text("#verdict").await.contains("已核验"));
    tab.click("ol.steps summary").await;
    tab.until("document.querySelector('ol.path li').innerText.includes('→')").await;

    // Who says what for sees the names, and that is written down.
    tab.click("details.unmask summary").await;
    tab.fill("#purpose", "核对投诉人").await;
    tab.follow("details.unmask button").await;
    assert!(tab.text("main").await.contains("王小明"));
    stage.open(&tab, "/changes").await;
    assert!(tab.text("tbody").await.contains("核对投诉人"));

    // What the hub has written is held against what it has signed.
    stage.open(&tab, "/journals").await;
    tab.follow("section[aria-labelledby=copies-title] tbody a").await;
    assert!(tab.text("section[aria-labelledby=checkpoints-title]").await.contains("签名有效"));
    tab.follow("section[aria-labelledby=entries-title] tbody a").await;
    assert!(tab.text("#verdict").await.contains("已核验"));
    assert!(tab.text("ol.steps").await.contains("检查点由下列公钥签名"));
    drop(browser);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_who_is_quarantined_is_told_why_and_what_to_do() {
    let (stage, browser) = (Box::pin(Stage::new(9306)).await, Browser::start().await);
    let tab = browser.tab().await;
    tab.size(390, 844).await;
    stage.sign_in(&tab, Role::Viewer).await;
    tab.follow("#figures a[href='/quarantine']").await;
    assert_eq!(tab.count("tbody tr").await, 1);
    let said = tab.text("main").await;
    for told in ["投诉方式", "电子邮件", "code.not_in_force", "请在原系统更正后重新交来", "待处理"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    tab.follow("a[hreflang=en]").await;
    let said = tab.text("tbody").await;
    assert!(said.contains("by e-mail") && !said.contains("电子邮件"), "whole in English: {said}");
    tab.follow("tbody td:nth-child(3) a").await;
    let said = tab.text("section[aria-labelledby=receipt-title]").await;
    for told in ["quarantined", "by e-mail", "Correct it where it comes from"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    drop(browser);
    stage.end().await;
}
