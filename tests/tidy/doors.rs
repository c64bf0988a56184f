//! A door for every outside power: each has its places, and the rest of the code never sees it.

use crate::mask::has_word;
use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

/// One power and the places that may touch it.
struct Door {
    /// The words by which code reaches the power.
    words: &'static [&'static str],
    /// Where the rule holds: path prefixes.
    within: &'static [&'static str],
    /// Places inside `within` that may use the words. `a/b.rs` is that file; `a/b` is the module:
    /// `a/b.rs` and everything in `a/b/`.
    at: &'static [&'static str],
    /// Whether the rule binds test code, too.
    tests: bool,
    why: &'static str,
}

const EVERYWHERE: &[&str] = &["proto/", "exchange-spec/", "node/", "hub/", "tests/"];

const DOORS: &[Door] = &[
    Door {
        words: &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"],
        within: EVERYWHERE,
        at: &["node/src/process/clock.rs"],
        tests: true,
        why: "time is given, never fetched: take `now`, or the clock given at construction",
    },
    Door {
        words: &["getrandom", "OsRng", "thread_rng"],
        within: EVERYWHERE,
        at: &["node/src/process/entropy.rs"],
        tests: true,
        why: "chance is given, never fetched: take the entropy given at construction",
    },
    Door {
        words: &["sqlx", "sea_query", "sea_query_sqlx"],
        within: EVERYWHERE,
        at: &["node/src/store", "hub/src/store"],
        tests: false,
        why: "SQL lives in the store: add a function there, noun first",
    },
    Door {
        words: &["rustls", "tokio_rustls", "x509_parser", "rcgen"],
        within: EVERYWHERE,
        at: &[
            "node/src/process/tls",
            "node/src/process/meter.rs",
            "node/src/uplink/transport.rs",
            "hub/src/rpc/listener.rs",
            "hub/src/authority",
        ],
        tests: false,
        why: "TLS and certificates: take the identity or the connector that node::process::tls makes",
    },
    Door {
        words: &["maud", "axum"],
        within: EVERYWHERE,
        at: &["node/src/web", "node/src/health/http.rs", "hub/src/web"],
        tests: false,
        why: "pages are made in one room, out of its parts",
    },
    Door {
        words: &["tonic", "hyper_util", "tower"],
        within: EVERYWHERE,
        at: &[
            "node/src/uplink",
            "node/src/gateway",
            "node/src/web/serve.rs",
            "hub/src/rpc",
            "hub/src/demo/foreign.rs",
        ],
        tests: false,
        why: "the wire has thin skins: speak of calls in domain terms and convert at the edge",
    },
    Door {
        words: &["rustix"],
        within: EVERYWHERE,
        at: &["node/src/process"],
        tests: true,
        why: "the file system and the account are asked in node::process alone: take a `Disk`",
    },
    Door {
        words: &["age::secrecy", "age::stream", "Encryptor", "Decryptor"],
        within: EVERYWHERE,
        at: &["node/src/backup/seal.rs", "node/src/backup/archive.rs"],
        tests: false,
        why: "backups are encrypted in one place, and there is no way to write one that is not",
    },
    Door {
        words: &["backoff"],
        within: EVERYWHERE,
        at: &["node/src/uplink/retry.rs"],
        tests: true,
        why: "the crate is unmaintained and stays in one file: use node::uplink::retry",
    },
    Door {
        words: &["std::env", "env::var", "env::args"],
        within: EVERYWHERE,
        at: &[
            "proto/build",
            "node/src/main.rs",
            "node/src/bin/",
            "node/src/cli",
            "node/src/process/telemetry.rs",
            "hub/src/main.rs",
            "hub/src/bin/",
            "hub/src/cli",
            "hub/src/demo",
            "tests/src/knobs.rs",
        ],
        tests: true,
        why: "settings are configuration; a test's knobs (seeds, counts) are read in tests/src/knobs.rs",
    },
    Door {
        words: &["tokio::spawn", "task::spawn", "spawn_blocking", "JoinSet", "thread::spawn"],
        within: EVERYWHERE,
        at: &["node/src/process/lifecycle.rs"],
        tests: false,
        why: "tasks have names and an owner: spawn through node::process::lifecycle",
    },
    Door {
        words: &["Command::new", "tokio::process"],
        within: EVERYWHERE,
        at: &["node/src/process/lifecycle.rs", "hub/src/demo"],
        tests: false,
        why: "child processes are started by the demo and by tests only",
    },
    Door {
        words: &["time::sleep", "thread::sleep", "sleep_until", "time::interval"],
        within: EVERYWHERE,
        at: &["node/src/process/clock.rs", "node/src/process/lifecycle.rs", "node/src/uplink"],
        tests: true,
        why: "periodic work is a tick() called by a loop; a test waits for what happens, never for time",
    },
    Door {
        words: &["tokio", "tonic", "sqlx", "futures_util", "std::fs", "std::net", "std::env"],
        within: &["exchange-spec/"],
        at: &[],
        tests: false,
        why: "exchange-spec is pure: no disk, socket or async; return an action and let the node act",
    },
    Door {
        words: &["SystemTime", "Instant", "HashMap", "HashSet", "std::thread", "getrandom"],
        within: &["exchange-spec/"],
        at: &[],
        tests: true,
        why: "exchange-spec gives everybody the same answer: no clock, chance or unordered collection",
    },
];

fn is_place(place: &str, path: &str) -> bool {
    let module = place.trim_end_matches('/');
    path == place || path == format!("{module}.rs") || path.starts_with(&format!("{module}/"))
}

fn findings(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        let bound: Vec<&Door> = DOORS
            .iter()
            .filter(|door| door.within.iter().any(|folder| source.path.starts_with(folder)))
            .filter(|door| !door.at.iter().any(|place| is_place(place, source.path)))
            .collect();
        for line in source.lines() {
            for door in bound.iter().filter(|door| door.tests || !line.test) {
                for word in door.words.iter().filter(|word| has_word(line.code, word)) {
                    let (path, at, why) = (source.path, line.number, door.why);
                    let places = door.at.join(", ");
                    findings.push(format!("{path}:{at}: `{word}`: {why} (allowed: [{places}])"));
                }
            }
        }
    }
    findings
}

#[test]
fn outside_powers_come_through_their_doors() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn a_clock_read_outside_its_door_is_found() {
    let read = "fn f() { let t = SystemTime::now(); }\n";
    let elsewhere = Tree::of(&[("node/src/process/clock.rs", read), ("hub/src/a.rs", read)]);
    assert_trips(&findings(&elsewhere), "hub/src/a.rs:1: `SystemTime::now`");
}

#[test]
fn a_module_is_a_place_with_its_folder() {
    let query = "use sqlx::Row;\n";
    let tree = Tree::of(&[
        ("node/src/store.rs", query),
        ("node/src/store/case.rs", query),
        ("node/src/storehouse.rs", query),
    ]);
    assert_trips(&findings(&tree), "node/src/storehouse.rs:1");
}

#[test]
fn tests_may_speak_sql_but_not_sleep() {
    let text = "use sqlx::Row;\nfn f() { tokio::time::sleep(t) }\n";
    assert_trips(&findings(&Tree::of(&[("tests/src/world.rs", text)])), "world.rs:2");
}

#[test]
fn every_door_trips_where_it_holds() {
    for door in DOORS {
        for word in door.words {
            let path = format!("{}src/elsewhere.rs", door.within[0]);
            let tree = Tree::of(&[(&path, &format!("use {word};\n"))]);
            assert!(findings(&tree).iter().any(|f| f.contains(door.why)), "{word} was not found");
        }
    }
}
