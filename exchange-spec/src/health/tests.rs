use super::alerts::{LINK_BEHIND, LINK_OFFLINE};
use super::*;
use crate::error::Code;
use crate::limits::CLOCK_SKEW_MICROS;

const NOW: Timestamp = Timestamp::from_micros(1_290_470_400_000_000);

fn ago(micros: i64) -> Option<Timestamp> {
    Some(NOW.plus_micros(-micros))
}

fn lane() -> LaneFacts {
    LaneFacts { line: "jintan>changzhou/normal".to_owned(), ..LaneFacts::default() }
}

/// A link that is well.
fn well() -> LinkFacts {
    LinkFacts {
        platform: "jintan".to_owned(),
        greeted: true,
        connected: true,
        since: ago(3_600_000_000),
        heard: ago(1_000_000),
        held: None,
        full: false,
        rewound: false,
        by_files: false,
        lanes: vec![lane()],
        skew: 0,
        heartbeat: ago(300_000_000),
        heartbeat_every: 300_000_000,
    }
}

fn names(facts: &LinkFacts) -> Vec<&'static str> {
    link_findings(facts, NOW).iter().map(|one| one.name).collect()
}

#[test]
fn the_table_is_sorted_and_every_alert_explains_itself_in_both_languages() {
    assert!(ALERTS.is_sorted_by(|a, b| a.name < b.name));
    for one in ALERTS {
        assert_eq!(alert(one.name), Some(one));
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c));
        for zh in [one.zh, one.when_zh, one.remedy_zh] {
            assert!(chinese(zh), "{}: {zh}", one.name);
        }
        for en in [one.en, one.when_en, one.remedy_en] {
            assert!(!en.is_empty() && !chinese(en), "{}: {en}", one.name);
        }
        let ok = |c: char| c.is_ascii_lowercase() || c == '.' || c == '_';
        assert!(one.name.contains('.') && one.name.chars().all(ok), "{}", one.name);
    }
    assert_eq!(alert("no.such"), None);
}

#[test]
fn a_well_link_says_nothing() {
    assert_eq!(link_state(&well(), NOW), LinkState::Live);
    assert_eq!(link_findings(&well(), NOW), vec![]);
}

#[test]
fn whoever_has_just_come_is_about_to_greet() {
    let new = |micros| LinkFacts { greeted: false, connected: false, since: ago(micros), ..well() };
    assert_eq!(link_state(&new(1), NOW), LinkState::Never);
    assert_eq!(link_findings(&new(OFFLINE_AFTER - 1), NOW), vec![]);
    assert_eq!(link_findings(&new(OFFLINE_AFTER), NOW)[0].name, "link.never");
}

#[test]
fn each_state_is_told_by_its_own_evidence_and_raises_its_own_alert_only() {
    let backlog = |still, eldest| LaneFacts {
        backlog: 7,
        still_since: ago(still),
        eldest: ago(eldest),
        ..lane()
    };
    let with = |lane| LinkFacts { lanes: vec![lane], ..well() };
    let cases = [
        (LinkFacts { greeted: false, connected: false, ..well() }, LinkState::Never, "link.never"),
        (LinkFacts { connected: false, ..well() }, LinkState::Offline, "link.offline"),
        (
            LinkFacts { held: Some(Code::IdentityHeld), connected: false, ..well() },
            LinkState::Held(Code::IdentityHeld),
            "link.held",
        ),
        (LinkFacts { full: true, connected: false, ..well() }, LinkState::Full, "disk.full"),
        (with(backlog(STUCK_AFTER, STUCK_AFTER)), LinkState::Stuck, "link.stuck"),
        (with(backlog(STUCK_AFTER - 1, BEHIND_AFTER)), LinkState::Behind, "link.behind"),
    ];
    for (facts, state, name) in cases {
        assert_eq!(link_state(&facts, NOW), state);
        assert_eq!(names(&facts), [name], "{state}");
    }
    // A backlog that is young is no news.
    assert_eq!(names(&with(backlog(STUCK_AFTER - 1, BEHIND_AFTER - 1))), [""; 0]);
}

#[test]
fn a_connection_that_comes_again_at_once_was_not_offline() {
    let short = LinkFacts { connected: false, since: ago(OFFLINE_AFTER - 1), ..well() };
    assert_eq!(names(&short), [""; 0]);
    let long = LinkFacts { since: ago(OFFLINE_AFTER), ..short };
    assert_eq!(names(&long), ["link.offline"]);
    assert_eq!(link_findings(&long, NOW)[0].since, long.since);
}

#[test]
fn who_exchanges_by_files_is_not_offline() {
    let files = LinkFacts { connected: false, by_files: true, ..well() };
    assert_eq!(link_state(&files, NOW), LinkState::Live);
    assert_eq!(names(&files), [""; 0]);
}

#[test]
fn a_lane_that_waits_for_its_hours_or_is_stopped_is_not_stuck() {
    let old = LaneFacts { backlog: 1, still_since: ago(900_000_000), ..lane() };
    let waits = LaneFacts { waits_until: Some(NOW.plus_micros(1)), ..old.clone() };
    assert_eq!(names(&LinkFacts { lanes: vec![waits], ..well() }), ["link.behind"]);
    let over = LaneFacts { waits_until: Some(NOW), ..old.clone() };
    assert_eq!(names(&LinkFacts { lanes: vec![over], ..well() }), ["link.stuck"]);
    let stopped = LaneFacts { stopped: Some("根不同".to_owned()), ..old };
    let facts = LinkFacts { lanes: vec![stopped], ..well() };
    assert_eq!(names(&facts), ["journal.stopped"]);
    assert_eq!(link_state(&facts, NOW), LinkState::Live);
}

#[test]
fn a_skewed_clock_a_rewound_hub_and_a_silent_peer_are_said_beside_the_state() {
    assert_eq!(names(&LinkFacts { skew: CLOCK_SKEW_MICROS, ..well() }), [""; 0]);
    assert_eq!(names(&LinkFacts { skew: -CLOCK_SKEW_MICROS - 1, ..well() }), ["clock.skew"]);
    assert_eq!(names(&LinkFacts { rewound: true, ..well() }), ["hub.rewound"]);
    let silent = LinkFacts { heartbeat: ago(900_000_001), ..well() };
    assert_eq!(names(&silent), ["link.silent"]);
    assert_eq!(names(&LinkFacts { heartbeat: ago(900_000_000), ..well() }), [""; 0]);
    assert_eq!(names(&LinkFacts { connected: false, ..silent.clone() }), ["link.offline"]);
    assert_eq!(names(&LinkFacts { heartbeat_every: 0, ..silent }), [""; 0]);
}

#[test]
fn the_gravest_comes_first_and_one_name_and_subject_stays_once() {
    let behind = Finding::new(&LINK_BEHIND, "jintan", "慢", "slow");
    let offline = Finding::new(&LINK_OFFLINE, "wujin", "断", "down");
    let worse = behind.clone().as_grave_as(Severity::Critical);
    let list = in_order(vec![behind, offline.clone(), worse.clone()]);
    assert_eq!(list[0], worse);
    assert_eq!(list[1..], [offline]);
    let said = list[0].to_string();
    assert!(said.starts_with("[严重 critical] link.behind jintan：慢 · slow → "), "{said}");
}

#[test]
fn the_words_of_states_and_severities_are_read_back() {
    for severity in SEVERITIES {
        assert_eq!(Severity::parse(severity.as_str()), Some(severity));
    }
    let states = [
        LinkState::Never,
        LinkState::Live,
        LinkState::Behind,
        LinkState::Offline,
        LinkState::Stuck,
        LinkState::Held(Code::IdentityHeld),
        LinkState::Full,
    ];
    assert_eq!(states.map(LinkState::as_str), LinkState::WORDS);
}
