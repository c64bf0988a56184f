//! What each lane may take of the line, and which of them waits for its hours. It is read from the
//! configuration: the running node keeps the one that it was started with.

use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;

use super::super::local;
use super::spaced;
use crate::uplink::lanes::LaneRules;

/// A lane of the line.
#[derive(Clone, Debug, Serialize)]
pub struct LaneStatus {
    /// `urgent` or `normal`.
    pub lane: &'static str,
    /// Its cap in each direction; 0 = none.
    pub kilobits_per_second: u32,
    /// Its hours, Beijing time; empty = always.
    pub hours: String,
    /// When it may be used again, if it waits for its hours.
    pub waits_until: Option<String>,
}

pub(super) fn lanes(rules: &LaneRules, now: Timestamp) -> Vec<LaneStatus> {
    let of = |lane: Lane| {
        let rule = rules.of(lane);
        LaneStatus {
            lane: lane.as_str(),
            kilobits_per_second: rule.kilobits_per_second,
            hours: rule.hours.to_string(),
            waits_until: rule.waits_until(now).and_then(local::rfc3339),
        }
    };
    vec![of(Lane::Urgent), of(Lane::Normal)]
}

/// A line of text for each lane that waits.
pub(super) fn text(lanes: &[LaneStatus]) -> String {
    let waiting = lanes.iter().filter_map(|one| {
        let until = spaced(one.waits_until.as_deref()?);
        Some(format!("通道 {} 等待可用时段 waits for its hours: {until}\n", one.lane))
    });
    waiting.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::MORNING;
    use crate::uplink::lanes::{Hours, LaneRule};

    #[test]
    fn a_lane_that_waits_for_its_hours_is_told_with_the_time_and_the_other_is_not() {
        let hours = Hours::read(&["18:00-08:00"]).unwrap();
        let normal = LaneRule { kilobits_per_second: 512, hours };
        let rules = LaneRules { normal, ..LaneRules::default() };
        // 08:00 in Beijing.
        let told = lanes(&rules, MORNING);
        assert_eq!(told[0].waits_until, None);
        assert!(told[1].waits_until.as_deref().unwrap().ends_with("T18:00:00.000000+08:00"));
        let text = text(&told);
        assert!(text.starts_with("通道 normal 等待可用时段"), "{text}");
        assert!(text.lines().count() == 1 && text.trim_end().ends_with("18:00:00"), "{text}");
        let night = MORNING.plus_micros(-1);
        assert!(super::text(&lanes(&rules, night)).is_empty());
    }
}
