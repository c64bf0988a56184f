//! What all other stories lean on: were it blind, they would all pass.

use sanheyi_tests::browser::Browser;

use crate::axe;

/// A page with one fault: a field without a name.
const FAULTY: &str = "data:text/html;charset=utf-8,<html lang=en><title>T</title><main><h1>Heading</h1>\
                      <input id=field><button id=b onclick=\"this.textContent=field.value\">Go</button></main>";

#[tokio::test]
async fn it_writes_clicks_reads_and_finds_what_is_not_accessible() {
    let browser = Browser::start().await;
    let tab = browser.tab().await;
    tab.size(390, 800).await;
    tab.open(FAULTY).await;
    assert_eq!(tab.text("h1").await, "Heading");

    tab.fill("#field", "written").await;
    tab.click("#b").await;
    tab.until("b.textContent === 'written'").await;
    tab.press("Tab").await;
    assert!(!tab.is_too_wide().await);

    let found = tab.violations(&axe::text()).await;
    let rules: Vec<_> = found.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(rules, ["label"], "{found:?}");
    assert_eq!(found[0].places, ["#field"]);

    tab.open("data:text/html,<script>throw new Error('planted')</script>").await;
    assert!(tab.complaints().iter().any(|said| said.contains("planted")));
}
