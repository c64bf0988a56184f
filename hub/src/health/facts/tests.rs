use sanheyi_exchange_spec::health::{LinkState, link_findings};
use sanheyi_exchange_spec::suite::SigningKey;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_290_470_400_000_000);

fn at(seconds: i64) -> Timestamp {
    NOW.plus_micros(seconds * 1_000_000)
}

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

fn platform(name: &str, hosted: bool) -> PlatformRow {
    PlatformRow {
        platform: id(name),
        title_zh: name.to_owned(),
        title_en: name.to_owned(),
        key: SigningKey::from_seed(&[7; 32]).verifying(),
        added: NOW,
        hosted,
        quota: 0,
    }
}

fn journal(platform: &str, journal: &str, size: u64, judged: Option<u64>) -> Reached {
    let journal = format!("{journal}/000102030405060708090a0b0c0d0e0f").parse().unwrap();
    Reached { platform: id(platform), journal, size, judged, stopped: None }
}

/// A city in which jintan is connected and well.
fn city() -> City {
    let beat = Heartbeat { at: NOW, every_seconds: 300, size: 9, ..Heartbeat::default() };
    let jintan =
        Known { lines: 1, since: NOW, heard: NOW, beat: Some((beat, NOW)), ..Known::default() };
    City {
        hub: id("changzhou"),
        platforms: vec![platform("jintan", false)],
        reached: vec![
            journal("jintan", "jintan>changzhou/normal", 9, Some(9)),
            journal("jintan", "changzhou>jintan/normal", 4, None),
        ],
        readers: vec![ReaderReached {
            platform: id("jintan"),
            journal: "changzhou>jintan/normal/000102030405060708090a0b0c0d0e0f".parse().unwrap(),
            size: 4,
            at: NOW,
        }],
        known: BTreeMap::from([(id("jintan"), jintan)]),
        elsewhere: Vec::new(),
        full: false,
    }
}

/// The state of jintan and the names of what is found, at both looks.
fn states(city: &City, seconds: i64) -> (LinkState, Vec<&'static str>) {
    let mut stills = Stills::default();
    for now in [NOW, at(seconds)] {
        let link = city.links(&mut stills, now).remove(0);
        let mut found = link_findings(&link.facts, now);
        found.extend(city.gate(&mut stills, now));
        found.extend(city.tenants(&mut stills, now));
        if now != NOW {
            return (link.state, found.iter().map(|one| one.name).collect());
        }
    }
    unreachable!("the second look answers")
}

#[test]
fn a_city_that_is_well_has_nothing_found() {
    assert_eq!(states(&city(), 60), (LinkState::Live, vec![]));
}

#[test]
fn offline_behind_stuck_and_a_frozen_gate_are_told_apart_from_the_hub() {
    let mut away = city();
    away.known.get_mut(&id("jintan")).unwrap().lines = 0;
    assert_eq!(states(&away, 20), (LinkState::Offline, vec!["link.offline"]));

    let mut unread = city();
    unread.readers[0].size = 1;
    assert_eq!(states(&unread, 29).0, LinkState::Live);
    assert_eq!(states(&unread, 30), (LinkState::Stuck, vec!["link.stuck"]));

    let mut unsent = city();
    unsent.known.get_mut(&id("jintan")).unwrap().beat.as_mut().unwrap().0.size = 12;
    assert_eq!(states(&unsent, 30), (LinkState::Stuck, vec!["link.stuck"]));

    let mut frozen = city();
    frozen.reached[0].judged = Some(3);
    assert_eq!(states(&frozen, 29), (LinkState::Live, vec![]));
    assert_eq!(states(&frozen, 30), (LinkState::Live, vec!["gate.stuck"]));
}

#[test]
fn a_line_with_hours_may_stand_still_and_one_that_tells_no_heartbeats_is_not_judged() {
    let mut hours = city();
    hours.readers[0].size = 1;
    hours.known.get_mut(&id("jintan")).unwrap().beat.as_mut().unwrap().0.has_hours = true;
    assert_eq!(states(&hours, 60), (LinkState::Live, vec![]));
    let mut mute = city();
    mute.readers[0].size = 1;
    mute.known.get_mut(&id("jintan")).unwrap().beat = None;
    assert_eq!(states(&mute, 60), (LinkState::Live, vec![]));
}

#[test]
fn a_held_machine_a_stopped_journal_and_a_silent_one_are_said() {
    let mut held = city();
    held.known.get_mut(&id("jintan")).unwrap().held = Some((NOW, [].into()));
    assert_eq!(states(&held, 1), (LinkState::Held(Code::IdentityHeld), vec!["link.held"]));
    let mut stopped = city();
    stopped.reached[0].stopped = Some("根不同\nnote".to_owned());
    assert_eq!(states(&stopped, 1), (LinkState::Live, vec!["journal.stopped"]));
    assert_eq!(states(&city(), 901), (LinkState::Live, vec!["link.silent"]));
}

#[test]
fn where_the_hub_has_no_room_a_line_that_stands_is_full_and_one_that_was_cut_is_not() {
    let mut full = City { full: true, ..city() };
    assert_eq!(states(&full, 60), (LinkState::Full, vec!["disk.full"]));
    full.known.get_mut(&id("jintan")).unwrap().lines = 0;
    assert_eq!(states(&full, 60).0, LinkState::Offline);
}

#[test]
fn who_is_connected_to_another_instance_is_not_offline() {
    let mut city = city();
    let known = city.known.remove(&id("jintan")).unwrap();
    city.elsewhere = vec![HeardRow {
        peer: id("jintan"),
        instance: "b".to_owned(),
        connected: true,
        since: NOW,
        heard: NOW,
        address: String::new(),
        serial: String::new(),
        beat: known.beat,
    }];
    assert_eq!(states(&city, 60).0, LinkState::Live);
    city.elsewhere[0].connected = false;
    assert_eq!(states(&city, 60), (LinkState::Offline, vec!["link.offline"]));
    city.elsewhere.clear();
    assert_eq!(states(&city, 60).0, LinkState::Live, "it exchanges by files");
    city.reached.clear();
    assert_eq!(states(&city, 60), (LinkState::Never, vec!["link.never"]));
}

#[test]
fn a_tenant_that_calls_in_no_instance_is_absent() {
    let mut city = city();
    city.platforms[0].hosted = true;
    assert_eq!(states(&city, 59), (LinkState::Live, vec![]));
    city.known.clear();
    assert!(states(&city, 30).1.contains(&"tenant.absent"));
}
