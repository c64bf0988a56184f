//! `[lanes.urgent]` and `[lanes.normal]`: what each lane may take of the line, and in which hours.

use serde::Deserialize;

use crate::process::config::Problems;
use crate::process::said::Said;
use crate::uplink::lanes::{Hours, HoursError, LaneRule, LaneRules, SPANS};

/// Largest cap of a lane, in kilobits a second: a mistyped one, not a line, is beyond it.
const KILOBITS: u32 = 10_000_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LanesFile {
    urgent: LaneFile,
    normal: LaneFile,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LaneFile {
    kilobits_per_second: u32,
    hours: Vec<String>,
}

/// Gives every value its meaning; what is wrong goes to the problems.
pub(super) fn lanes(file: &LanesFile, problems: &mut Problems) -> LaneRules {
    LaneRules {
        urgent: lane("lanes.urgent", &file.urgent, problems),
        normal: lane("lanes.normal", &file.normal, problems),
    }
}

fn lane(place: &str, file: &LaneFile, problems: &mut Problems) -> LaneRule {
    let kilobits_per_second = file.kilobits_per_second;
    if kilobits_per_second > KILOBITS {
        problems.add(
            format!("{place}.kilobits_per_second"),
            Said::new(
                format!("{kilobits_per_second} 大于 {KILOBITS}"),
                format!("{kilobits_per_second} is more than {KILOBITS}"),
            ),
            Said::new("单位为千比特每秒，0 表示不限", "it is in kbit/s; 0 means no cap"),
        );
    }
    let hours = Hours::read(&file.hours).unwrap_or_else(|wrong| {
        for error in wrong {
            problems.add(format!("{place}.hours"), problem(&error), hours_remedy());
        }
        Hours::default()
    });
    LaneRule { kilobits_per_second, hours }
}

fn problem(error: &HoursError) -> Said {
    let zh = match error {
        HoursError::Span(text) => format!("“{text}”不是一天中的时段"),
        HoursError::Empty(text) => format!("时段“{text}”的起止时间相同"),
        HoursError::Many(count) => format!("{count} 个时段，最多 {SPANS} 个"),
    };
    Said::new(zh, error.to_string())
}

fn hours_remedy() -> Said {
    Said::new(
        "例如 [\"18:00-08:00\"]（北京时间，可跨零点）；全天可用时写 []",
        "for example [\"18:00-08:00\"], Beijing time, also over midnight; [] for the whole day",
    )
}
