use sanheyi_exchange_spec::health::alerts::{DISK_LOW, LINK_STUCK};

use super::*;
use crate::tests::{Home, MORNING};

fn heard(peer: &str, instance: &str) -> HeardRow {
    HeardRow {
        peer: peer.parse().unwrap(),
        instance: instance.to_owned(),
        connected: true,
        since: MORNING,
        heard: MORNING,
        address: "192.0.2.7:4000".to_owned(),
        serial: "0a".to_owned(),
        beat: None,
    }
}

#[tokio::test]
async fn what_a_process_finds_is_replaced_whole_and_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let store = home.store();
    let stuck = Finding::new(&LINK_STUCK, "jintan", "停", "stuck").since(MORNING);
    let low = Finding::new(&DISK_LOW, "data", "少", "low").since(MORNING);
    let mut tx = store.begin("alert_replace").await.unwrap();
    tx.alert_replace(store, "one", &[stuck.clone(), low.clone()]);
    tx.alert_replace(store, "two", std::slice::from_ref(&low));
    tx.commit().await.unwrap();
    let mut tx = store.begin("alert_replace").await.unwrap();
    tx.alert_replace(store, "one", std::slice::from_ref(&stuck));
    tx.commit().await.unwrap();
    let list: Vec<_> = store.alert_list().await.unwrap();
    let noted = |instance: &str, finding: &Finding| AlertRow {
        instance: instance.to_owned(),
        finding: finding.clone(),
    };
    assert_eq!(list, [noted("one", &stuck), noted("two", &low)]);
}

#[tokio::test]
async fn the_last_heartbeat_of_a_peer_is_kept_and_a_peer_without_one_has_none() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let store = home.store();
    let mut rows = vec![heard("jintan", "one"), heard("wujin", "one")];
    let mut tx = store.begin("heard_put").await.unwrap();
    tx.heard_put(store, &rows);
    tx.commit().await.unwrap();
    let beat = Heartbeat {
        at: MORNING,
        every_seconds: 300,
        size: 9,
        acknowledged: 7,
        free_percent: Some(40),
        findings: 1,
        version: "sanheyi-node/0.1.0".to_owned(),
        has_hours: true,
    };
    rows[0].beat = Some((beat, MORNING.plus_micros(5)));
    rows[0].connected = false;
    let mut tx = store.begin("heard_put").await.unwrap();
    tx.heard_put(store, &rows[..1]);
    tx.commit().await.unwrap();
    assert_eq!(store.heard_list().await.unwrap(), rows);
}

#[tokio::test]
async fn a_process_that_never_came_again_is_forgotten_with_all_it_noted() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let store = home.store();
    let pulse = |instance: &str, at| PulseRow {
        instance: instance.to_owned(),
        started: MORNING,
        at,
        version: "sanheyi-hub/0.1.0".to_owned(),
        ready: true,
    };
    let later = MORNING.plus_micros(1);
    let low = Finding::new(&DISK_LOW, "data", "少", "low").since(MORNING);
    let mut tx = store.begin("pulse_put").await.unwrap();
    for (instance, at) in [("gone", MORNING), ("here", later), ("self", MORNING)] {
        tx.pulse_put(store, &pulse(instance, at));
        tx.alert_replace(store, instance, std::slice::from_ref(&low));
        tx.heard_put(store, &[heard("jintan", instance)]);
    }
    tx.pulse_forget(store, "self", later);
    tx.commit().await.unwrap();
    let left = ["here", "self"];
    let pulses = store.pulse_list().await.unwrap();
    assert_eq!(pulses, [pulse("here", later), pulse("self", MORNING)]);
    let alerts = store.alert_list().await.unwrap();
    assert_eq!(alerts.iter().map(|row| row.instance.as_str()).collect::<Vec<_>>(), left);
    let heard = store.heard_list().await.unwrap();
    assert_eq!(heard.iter().map(|row| row.instance.as_str()).collect::<Vec<_>>(), left);
}
