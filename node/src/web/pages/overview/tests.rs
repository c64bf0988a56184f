//! What the overview says of a line that is behind.

use crate::web::tests::Planted;
use crate::web::viewer::Role;

#[tokio::test]
async fn what_is_behind_is_said_with_since_when_why_and_what_to_do() {
    let planted = Planted::new().await;
    let browser = planted.browser(Role::Viewer).await;
    let text = browser.get("/?lang=en").await.text;
    for said in ["1204 entries behind", "link.behind", "What to do: ", "2 hours ago", "behind"] {
        assert!(text.contains(said), "{said}");
    }
    for id in ["figures", "findings", "link", "machine", "lanes"] {
        assert!(text.contains(&format!("<div id=\"{id}\"")), "{id}");
    }
    // Every figure opens what it counts.
    let figures = text.split("class=\"figures\"").nth(1).unwrap().split("</dl>").next().unwrap();
    assert_eq!(figures.matches("<dd>").count(), figures.matches("<dd><a href=").count());
    planted.home.close().await;
}
