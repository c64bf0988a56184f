//! `[health]`, which a node and a hub have alike: where probes and metrics are asked for, and how
//! often heartbeats go.

use std::net::SocketAddr;

use sanheyi_exchange_spec::health::heartbeat::{LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS};
use serde::Deserialize;

use crate::process::config::Problems;
use crate::process::said::Said;

/// Where a node is asked for its health unless told otherwise.
pub const NODE_LISTEN: &str = "127.0.0.1:7480";
/// Where a hub is asked for its health unless told otherwise.
pub const HUB_LISTEN: &str = "127.0.0.1:7481";

/// Probes, metrics and heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthRules {
    /// `listen`: where `/healthz`, `/readyz` and `/metrics` are answered, in plain HTTP; none where
    /// it is empty. Default 127.0.0.1:7480, at a hub 127.0.0.1:7481.
    pub listen: Option<SocketAddr>,
    /// Whether that was written down: then a port that is taken is a fault, else a warning.
    pub chosen: bool,
    /// `heartbeat_seconds`: how often a heartbeat goes, 10 to 3600. Default 300.
    pub heartbeat_seconds: u32,
}

/// `[health]` as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthFile {
    listen: Option<String>,
    heartbeat_seconds: Option<u32>,
}

impl HealthFile {
    /// Gives the values their meaning; `usual` is where it is listened unless told otherwise.
    pub fn check(&self, usual: &str, problems: &mut Problems) -> HealthRules {
        let chosen = self.listen.is_some();
        let text = self.listen.as_deref().unwrap_or(usual);
        let listen = text.parse::<SocketAddr>().ok();
        if listen.is_none() && !text.is_empty() {
            problems.add(
                "health.listen",
                Said::new(
                    format!("“{text}”不是 IP地址:端口"),
                    format!("`{text}` is no address:port"),
                ),
                Said::new(
                    format!("例如 \"{usual}\"；写成 \"\" 则不监听"),
                    format!("for example \"{usual}\"; \"\" listens nowhere"),
                ),
            );
        }
        let seconds = self.heartbeat_seconds.unwrap_or(USUAL_SECONDS);
        if !(SHORTEST_SECONDS..=LONGEST_SECONDS).contains(&seconds) {
            problems.add(
                "health.heartbeat_seconds",
                Said::new(
                    format!("应为 {SHORTEST_SECONDS} 至 {LONGEST_SECONDS} 秒，实为 {seconds}"),
                    format!(
                        "must be {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds, not {seconds}"
                    ),
                ),
                Said::new(
                    format!("一般用 {USUAL_SECONDS}，也可删去此项"),
                    format!("usually {USUAL_SECONDS}; it may be left out"),
                ),
            );
        }
        HealthRules { listen, chosen, heartbeat_seconds: seconds }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Result<HealthRules, String> {
        let file: HealthFile = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut problems = Problems::new(Path::new("node.toml"));
        let rules = file.check(NODE_LISTEN, &mut problems);
        problems.finish().map(|()| rules).map_err(|error| error.to_string())
    }

    #[test]
    fn probes_listen_on_this_machine_unless_told_otherwise_and_nowhere_if_told_so() {
        let usual = read("").unwrap();
        assert_eq!(usual.listen.unwrap().to_string(), NODE_LISTEN);
        assert_eq!((usual.chosen, usual.heartbeat_seconds), (false, USUAL_SECONDS));
        assert_eq!(read("listen = \"\"").unwrap().listen, None);
        assert!(read("listen = \"[::1]:80\"").unwrap().chosen);
        let said = read("listen = \"here\"\nheartbeat_seconds = 9").unwrap_err();
        assert!(said.contains("health.listen") && said.contains("heartbeat_seconds"), "{said}");
    }

    #[test]
    fn heartbeats_keep_their_bounds() {
        for (seconds, good) in [(9, false), (10, true), (3600, true), (3601, false)] {
            let read = read(&format!("heartbeat_seconds = {seconds}"));
            assert_eq!(read.is_ok(), good, "{seconds}");
        }
    }
}
