//! `[disk]` and `[retention]`, which a node and a hub have alike: when a disk is low, and what may
//! go when. Journals and checkpoints never go.

use std::ops::RangeInclusive;

use serde::Deserialize;

use crate::process::config::Problems;
use crate::process::said::Said;

/// Free share below which a disk is noticed, unless told otherwise: weeks ahead at usual growth.
pub const NOTICE_FREE_PERCENT: u64 = 20;
/// Free share below which somebody has to act, unless told otherwise.
pub const WARN_FREE_PERCENT: u64 = 10;
/// Highest share that may be configured: above it every disk would be low.
pub const FREE_PERCENT: u64 = 90;
/// Free bytes below which nothing new is taken, unless told otherwise: what merging, the
/// write-ahead log, the temporary part of a backup and a clean stop still need.
pub const REFUSE_FREE_BYTES: u64 = 512 * 1024 * 1024;
/// Least that may be configured: one transaction of a bulk load, its log and a clean stop.
pub const LEAST_REFUSE_FREE_BYTES: u64 = 16 * 1024 * 1024;
/// Most that may be configured: beyond 1 TiB it is a slip of the pen.
pub const MOST_REFUSE_FREE_BYTES: u64 = 1024 * 1024 * 1024 * 1024;
/// Days after which an upload that was begun and not finished is forgotten, unless told otherwise.
pub const UNFINISHED_DAYS: u64 = 30;
/// Days after which a file on the shelf that no record names is removed, unless told otherwise.
pub const UNNAMED_DAYS: u64 = 90;
/// Days after which the audit of changes goes into the archive, unless told otherwise: ten years.
pub const AUDIT_DAYS: u64 = 3650;
/// Least days that an audit stays in the store: half a year, as network logs have to be kept.
pub const LEAST_AUDIT_DAYS: u64 = 183;
/// Most days of any schedule: a hundred years, beyond which times overflow nothing but sense.
pub const MOST_DAYS: u64 = 36_500;

/// When a disk is low, short, full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskRules {
    /// `notice_free_percent`: below this share it is noticed. Default 20.
    pub notice_free_percent: u64,
    /// `warn_free_percent`: below this share somebody has to act. Default 10.
    pub warn_free_percent: u64,
    /// `refuse_free_bytes`: below this nothing new is taken. Default 512 MiB.
    pub refuse_free_bytes: u64,
}

/// What may go, and when. 0 = never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionRules {
    /// `unfinished_days`: uploads that were begun and not finished. Default 30.
    pub unfinished_days: u64,
    /// `unnamed_days`: files on the shelf that no record names. Default 90.
    pub unnamed_days: u64,
    /// `audit_days`: rows of the audit, which go into the archive first. Default 3650.
    pub audit_days: u64,
}

/// `[disk]` as it is written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiskFile {
    notice_free_percent: Option<u64>,
    warn_free_percent: Option<u64>,
    refuse_free_bytes: Option<u64>,
}

/// `[retention]` as it is written.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionFile {
    unfinished_days: Option<u64>,
    unnamed_days: Option<u64>,
    audit_days: Option<u64>,
}

impl Default for DiskRules {
    fn default() -> Self {
        Self {
            notice_free_percent: NOTICE_FREE_PERCENT,
            warn_free_percent: WARN_FREE_PERCENT,
            refuse_free_bytes: REFUSE_FREE_BYTES,
        }
    }
}

impl Default for RetentionRules {
    fn default() -> Self {
        Self {
            unfinished_days: UNFINISHED_DAYS,
            unnamed_days: UNNAMED_DAYS,
            audit_days: AUDIT_DAYS,
        }
    }
}

/// A value, held against its bounds.
fn within(
    place: &str,
    given: Option<u64>,
    usual: u64,
    bounds: RangeInclusive<u64>,
    problems: &mut Problems,
) -> u64 {
    let value = given.unwrap_or(usual);
    if !bounds.contains(&value) {
        let (least, most) = bounds.into_inner();
        problems.add(
            place,
            Said::new(
                format!("应为 {least} 至 {most}，实为 {value}"),
                format!("must be {least} to {most}, not {value}"),
            ),
            Said::new(
                format!("一般用 {usual}，也可删去此项"),
                format!("usually {usual}; it may be left out"),
            ),
        );
    }
    value
}

/// Days of a schedule: 0 or at least `least`.
fn days(place: &str, given: Option<u64>, usual: u64, least: u64, problems: &mut Problems) -> u64 {
    match given {
        Some(0) => 0,
        _ => within(place, given, usual, least..=MOST_DAYS, problems),
    }
}

// === impl DiskFile, RetentionFile ===

impl DiskFile {
    /// Gives the values their meaning; what is wrong with them is added to `problems`.
    pub fn check(self, problems: &mut Problems) -> DiskRules {
        let percent = 0..=FREE_PERCENT;
        let rules = DiskRules {
            notice_free_percent: within(
                "disk.notice_free_percent",
                self.notice_free_percent,
                NOTICE_FREE_PERCENT,
                percent.clone(),
                problems,
            ),
            warn_free_percent: within(
                "disk.warn_free_percent",
                self.warn_free_percent,
                WARN_FREE_PERCENT,
                percent,
                problems,
            ),
            refuse_free_bytes: within(
                "disk.refuse_free_bytes",
                self.refuse_free_bytes,
                REFUSE_FREE_BYTES,
                LEAST_REFUSE_FREE_BYTES..=MOST_REFUSE_FREE_BYTES,
                problems,
            ),
        };
        if rules.notice_free_percent < rules.warn_free_percent {
            problems.add(
                "disk.notice_free_percent",
                Said::new(
                    "不得小于 warn_free_percent：先提示，后告警",
                    "must not be below warn_free_percent: first a notice, then a warning",
                ),
                Said::new("例如 20 与 10", "for example 20 and 10"),
            );
        }
        rules
    }
}

impl RetentionFile {
    /// Gives the values their meaning; what is wrong with them is added to `problems`.
    pub fn check(self, problems: &mut Problems) -> RetentionRules {
        let Self { unfinished_days, unnamed_days, audit_days } = self;
        let unfinished = ("retention.unfinished_days", unfinished_days, UNFINISHED_DAYS);
        let unnamed = ("retention.unnamed_days", unnamed_days, UNNAMED_DAYS);
        let audit = ("retention.audit_days", audit_days, AUDIT_DAYS);
        RetentionRules {
            unfinished_days: days(unfinished.0, unfinished.1, unfinished.2, 1, problems),
            unnamed_days: days(unnamed.0, unnamed.1, unnamed.2, 1, problems),
            audit_days: days(audit.0, audit.1, audit.2, LEAST_AUDIT_DAYS, problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::process::config::parse;

    fn disk(text: &str) -> (DiskRules, Vec<String>) {
        let mut problems = Problems::new(Path::new("node.toml"));
        let file: DiskFile = parse(Path::new("node.toml"), text).unwrap();
        let rules = file.check(&mut problems);
        (rules, problems.list().iter().map(|one| one.place.clone()).collect())
    }

    fn retention(text: &str) -> (RetentionRules, Vec<String>) {
        let mut problems = Problems::new(Path::new("node.toml"));
        let file: RetentionFile = parse(Path::new("node.toml"), text).unwrap();
        let rules = file.check(&mut problems);
        (rules, problems.list().iter().map(|one| one.place.clone()).collect())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(disk(""), (DiskRules::default(), vec![]));
        assert_eq!(retention(""), (RetentionRules::default(), vec![]));
    }

    #[test]
    fn thresholds_are_held_against_their_bounds_all_at_once() {
        for (bytes, good) in [
            (LEAST_REFUSE_FREE_BYTES - 1, false),
            (LEAST_REFUSE_FREE_BYTES, true),
            (MOST_REFUSE_FREE_BYTES, true),
            (MOST_REFUSE_FREE_BYTES + 1, false),
        ] {
            let (_, wrong) = disk(&format!("refuse_free_bytes = {bytes}"));
            assert_eq!(wrong.is_empty(), good, "{bytes}");
        }
        assert_eq!(disk(&format!("notice_free_percent = {FREE_PERCENT}")).1.len(), 0);
        let all = "notice_free_percent = 91\nwarn_free_percent = 92\nrefuse_free_bytes = 1";
        let places = disk(all).1;
        let notice = "disk.notice_free_percent";
        let each = [notice, "disk.warn_free_percent", "disk.refuse_free_bytes", notice];
        assert_eq!(places, each);
    }

    #[test]
    fn a_notice_comes_before_a_warning() {
        assert_eq!(disk("notice_free_percent = 10\nwarn_free_percent = 10").1.len(), 0);
        let later = disk("notice_free_percent = 9\nwarn_free_percent = 10").1;
        assert_eq!(later, ["disk.notice_free_percent"]);
    }

    #[test]
    fn a_schedule_is_off_or_within_its_bounds() {
        for (days, good) in [
            (0, true),
            (1, false),
            (LEAST_AUDIT_DAYS - 1, false),
            (LEAST_AUDIT_DAYS, true),
            (MOST_DAYS, true),
            (MOST_DAYS + 1, false),
        ] {
            let (rules, wrong) = retention(&format!("audit_days = {days}"));
            assert_eq!((rules.audit_days, wrong.is_empty()), (days, good));
        }
        assert_eq!(retention("unfinished_days = 1\nunnamed_days = 0").1.len(), 0);
    }
}
