//! What an operator writes, and what is said about it.

use super::*;

const HUB_KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#[test]
fn the_example_is_read_and_says_the_defaults() {
    let example = NodeConfig::parse(Path::new("/etc/sanheyi/node.toml"), EXAMPLE).unwrap();
    let least = format!(
        "platform = 'jintan'\nhub = 'changzhou'\n\
         [uplink]\naddress = '127.0.0.1:7443'\nserver_name = 'localhost'\n\
         [keys]\nhub_key = '{HUB_KEY}'\n"
    );
    let least = NodeConfig::parse(Path::new("/etc/sanheyi/node.toml"), &least).unwrap();
    assert_eq!(format!("{example:?}"), format!("{least:?}"), "the example shows the defaults");
    assert_eq!(example.database(), Path::new("/etc/sanheyi/data/node.sqlite"));
    assert_eq!(example.socket(), Path::new("/etc/sanheyi/data/intake.sock"));
    assert_eq!(example.tls.key, Path::new("/etc/sanheyi/node.key"));
}

#[test]
fn a_server_name_that_is_left_out_is_the_host() {
    for (address, host) in [("10.1.2.3:7443", "10.1.2.3"), ("[::1]:7443", "::1")] {
        let text =
            EXAMPLE.replace("server_name = \"localhost\"", "").replace("127.0.0.1:7443", address);
        let config = NodeConfig::parse(Path::new("node.toml"), &text).unwrap();
        assert_eq!(
            (config.uplink.address.as_str(), config.uplink.server_name.as_str()),
            (address, host)
        );
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = EXAMPLE
        .replace("platform = \"jintan\"", "platform = \"JINTAN\"")
        .replace("127.0.0.1:7443", "127.0.0.1")
        .replace(HUB_KEY, "d75a98")
        .replace("retry_max_ms = 60000", "retry_max_ms = 20")
        .replace("filter = \"info\"", "filter = \"sanheyi=loud\"");
    let wrong = NodeConfig::parse(Path::new("node.toml"), &text).unwrap_err();
    let ConfigError::Problems(problems) = &wrong else { panic!("{wrong}") };
    let places: Vec<_> = problems.list().iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(
        places,
        ["platform", "keys.hub_key", "uplink.address", "uplink.retry_first_ms", "log.filter"]
    );
}

#[test]
fn everything_that_is_wrong_with_the_lanes_is_said_at_once_too() {
    let lanes = |normal: &str, urgent: &str| {
        let least =
            EXAMPLE.replace("[lanes.normal]", "[lanes.normal]\n#").replace("hours = []", "");
        let text = least.replace("kilobits_per_second = 0", "");
        let text = text.replace("[lanes.normal]", &format!("[lanes.normal]\n{normal}"));
        let text = text.replace("[lanes.urgent]", &format!("[lanes.urgent]\n{urgent}"));
        NodeConfig::parse(Path::new("node.toml"), &text)
    };
    let night = "kilobits_per_second = 512\nhours = ['12:00-13:30', '18:00-08:00']";
    let good = lanes(night, "kilobits_per_second = 10_000_000").unwrap().lanes;
    assert_eq!(good.normal.kilobits_per_second, 512);
    assert_eq!(good.normal.hours.to_string(), "12:00-13:30 18:00-08:00");
    assert_eq!(good.urgent.hours, crate::uplink::lanes::Hours::default());
    let bad = "hours = ['18:00', '08:00-08:00']";
    let wrong = lanes(bad, "kilobits_per_second = 10_000_001").unwrap_err();
    let ConfigError::Problems(problems) = &wrong else { panic!("{wrong}") };
    let places: Vec<_> = problems.list().iter().map(|problem| problem.place.as_str()).collect();
    let hours = "lanes.normal.hours";
    assert_eq!(places, ["lanes.urgent.kilobits_per_second", hours, hours]);
}

#[test]
fn a_misspelt_key_is_an_error() {
    let text = EXAMPLE.replace("server_name", "servername");
    let wrong = NodeConfig::parse(Path::new("node.toml"), &text).unwrap_err().to_string();
    assert!(wrong.contains("servername") && wrong.contains("did you mean"), "{wrong}");
}

#[test]
fn files_that_are_missing_are_all_named() {
    let dir = tempfile::tempdir().unwrap();
    let config = NodeConfig::parse(&dir.path().join("node.toml"), EXAMPLE).unwrap();
    let clock = std::sync::Arc::new(crate::process::clock::SystemClock);
    let wrong = config.read_keys(clock).unwrap_err().to_string();
    for place in ["keys.signing", "tls.ca", "tls.certificate"] {
        assert!(wrong.contains(place), "{wrong}");
    }
}
