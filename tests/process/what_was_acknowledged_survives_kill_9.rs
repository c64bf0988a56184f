//! A writer keeps writing; the node, the hub, or both are killed; in the end both stores verify
//! from their bytes, agree, and hold every acknowledged write exactly once.

use sanheyi_tests::knobs::kills;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::settled;
use tokio::sync::watch;

use crate::federation::{Federation, succeed};
use crate::ledger::{Writer, assert_once};

/// Acknowledged writes between two kills.
const BETWEEN: usize = 500;

#[tokio::test]
async fn exactly_once_in_the_hubs_journal() {
    let mut federation = Federation::new().await;
    federation.hub.start();
    federation.node.start();
    let (ledger, mut written) = watch::channel(Vec::new());
    let (stop, stopped) = watch::channel(false);
    let socket = federation.node_config().socket();
    let writer = tokio::spawn(Writer::new(vec![socket], ledger, stopped).run());

    for kill in 0..kills() {
        let enough = written.borrow_and_update().len() + BETWEEN;
        let more = written.wait_for(|ledger| ledger.len() >= enough);
        within("the writer writes", more).await.expect("the writer lives");
        match kill % 3 {
            0 => {
                federation.node.kill().await;
                federation.node.start();
            }
            1 => {
                federation.hub.kill().await;
                federation.hub.start();
            }
            _ => {
                federation.hub.kill().await;
                federation.node.kill().await;
                federation.node.start();
                federation.hub.start();
            }
        }
    }
    stop.send_replace(true);
    within("the writer ends", writer).await.expect("nothing was refused");

    let store = federation.node_store().await;
    until("everything is answered", async || settled(&store).await).await;
    federation.node.stop().await;
    federation.hub.stop().await;
    succeed(&["node", "verify", "--config", federation.node_toml().to_str().unwrap()]).await;
    succeed(&["verify", "--config", federation.hub_toml().to_str().unwrap()]).await;
    let ledger = written.borrow().clone();
    let (home, copy) = (federation.node_store().await, federation.hub_store().await);
    assert_once(&home, &copy, &ledger, &federation.said()).await;
}
