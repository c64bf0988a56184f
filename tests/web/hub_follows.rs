//! An operator follows one record through a hub: from the search to its proof; and sees of a
//! platform by how much it is behind, since when, why, and what to do.

use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::health::OFFLINE_AFTER;
use sanheyi_exchange_spec::merkle::tlog_proof::TlogProof;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::Draft;
use sanheyi_node::web::viewer::Role;
use sanheyi_proto::standard::v1::{Policy, PolicyAction, PolicyEffect};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, draft, new_complaints, next_complaint};
use sanheyi_tests::world::told;

use crate::stage::{Stage, choose, figure};

const TITLE: &str = "反映客车拒载一事的更正";
const PURPOSE: &str = "信访件 2026-118 核查";

/// A policy about somebody else: it goes to everybody.
fn policy(serial: u32) -> Draft {
    let id = format!("wujin-{serial}");
    let body = Policy {
        id: id.clone(),
        title: "报送".into(),
        effect: PolicyEffect::Permit.into(),
        action: PolicyAction::Send.into(),
        platform: "wujin".into(),
        dataset: "*".into(),
        reason: "试点".into(),
        decided_by: "市数据局".into(),
        ..Policy::default()
    };
    draft("exchange.policy", &id, body.encode_to_vec())
}

#[tokio::test]
async fn from_the_search_over_its_revisions_to_its_proof() {
    let mut stage = Stage::new(730, &["jintan", "wujin"]).await;
    let mut node = stage.world.node("jintan").await;
    let heads = node.submit(new_complaints(1..6)).await;
    node.submit(vec![next_complaint(1, &heads[0], TITLE)]).await;
    node.dial_on().await;
    told(&stage.world, &node).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Operator).await;
    tab.open(&format!("{url}/search?lang=zh")).await;
    choose(&tab, "#dataset", COMPLAINT).await;
    tab.fill("#record", &complaint_no(1)).await;
    tab.fill("#purpose", PURPOSE).await;
    tab.follow("main form.stack button").await;
    assert_eq!(tab.count("main tbody tr").await, 2, "both revisions");
    assert!(!tab.place().await.contains("118"), "the purpose is in no address");
    stage.hold(&tab).await;

    tab.follow("main tbody a[href*='/records/']").await;
    assert_eq!(tab.count("section[aria-labelledby=revisions-title] tbody tr").await, 2);
    let body = tab.text("section[aria-labelledby=body-title]").await;
    for word in ["投诉标题", TITLE, "投诉方式"] {
        assert!(body.contains(word), "{word}: {body}");
    }
    assert!(!body.contains("王小明"), "nobody is shown by name");
    stage.hold(&tab).await;

    tab.follow("section[aria-labelledby=body-title] p a").await;
    let receipt = tab.text("section[aria-labelledby=receipt-title]").await;
    assert!(receipt.contains("已接受") && receipt.contains("市级收到"), "{receipt}");
    assert!(tab.text("#verdict").await.contains("已核验"));
    assert!(tab.count("section[aria-labelledby=proof-title] ol.steps > li").await >= 5);
    stage.hold(&tab).await;
    let file = "fetch(document.querySelector('a[download]').href).then(file => file.text())";
    let proof: TlogProof = tab.eval(file).await.as_str().unwrap().parse().unwrap();
    let leaf = Suite::Intl.leaf(proof.extra.as_ref().unwrap());
    let key = node.parts().key.verifying();
    assert!(proof.verify(Suite::Intl, &leaf, &key).unwrap().size >= 6, "and by anybody else");

    tab.open(&format!("{url}/platforms/jintan/journals")).await;
    stage.hold(&tab).await;
    tab.follow("main tbody a[href*='/journals/']").await;
    let signed = tab.text("section[aria-labelledby=checkpoints-title]").await;
    assert!(signed.contains("jintan"), "{signed}");
    stage.hold(&tab).await;
    tab.open(&format!("{url}/looks")).await;
    let looks = tab.text("main table").await;
    assert!(looks.contains(PURPOSE) && looks.contains("web:the-operator"), "{looks}");
    stage.hold(&tab).await;
    stage.quiet(&tab, &url);
    node.hang_up().await;
}

#[tokio::test]
async fn a_platform_says_how_far_it_is_behind_since_when_why_and_what_to_do() {
    let mut stage = Stage::new(731, &["jintan", "wujin"]).await;
    let mut node = stage.fed("jintan", 3, 0).await;
    node.dial_on().await;
    told(&stage.world, &node).await;
    let url = stage.hub();
    let tab = stage.sign_in(&url, Role::Viewer).await;
    tab.open(&format!("{url}/platforms/jintan?lang=zh")).await;
    let behind = figure("相差");
    tab.until(&format!("{behind} === '0' && {}.includes('正常')", figure("状态"))).await;
    assert!(tab.text("#findings").await.contains("一切正常"));
    tab.eval("window.kept = true").await;

    node.hang_up().await;
    stage.world.hub.exchange().dispatch((1..=3).map(policy).collect()).await.unwrap();
    tab.until(&format!("{behind} === '3'")).await;
    let away = Duration::from_micros(OFFLINE_AFTER.unsigned_abs()) + Duration::from_secs(1);
    stage.world.clock.advance(away);
    tab.until("document.querySelector('#findings code')?.innerText === 'link.offline'").await;
    assert_eq!(tab.eval("window.kept").await, true, "nobody has loaded the page again");
    let told = tab.text("#findings").await;
    for word in ["没有连接", "处理：", "自 "] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let state = tab.eval(&figure("状态")).await;
    let state = state.as_str().unwrap();
    assert!(state.contains("离线") && state.contains('自'), "{state}");
    tab.open(&format!("{url}/platforms/jintan")).await;
    let lanes = tab.text("#behind table").await;
    assert!(lanes.contains("积压") && lanes.contains('3'), "which line it is: {lanes}");
    assert_eq!(tab.count("main form, main a[href*=revoke]").await, 0, "for whoever may only look");
    stage.hold(&tab).await;

    node.dial_on().await;
    tab.until(&format!("{behind} === '0'")).await;
    tab.until("document.querySelector('#findings').innerText.includes('一切正常')").await;
    stage.quiet(&tab, &url);
    node.hang_up().await;
}
