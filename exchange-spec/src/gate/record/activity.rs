//! Activity (运行情况): figures that cannot contradict each other.

use std::collections::BTreeSet;

use sanheyi_proto::standard::v1::{CatalogueProgress, DailyActivity, UnitActivity};

use crate::reason::Findings;

/// A part and the whole that it cannot exceed: field, both titles, figure.
type Figure = (&'static str, &'static str, &'static str, u32);

/// Rules of the figures of a day.
pub(super) fn daily(daily: &DailyActivity, out: &mut Findings) {
    day(&daily.day, out);
    let d = daily;
    let pairs: [(Figure, Figure); 4] = [
        (("users", "登录人数", "users", d.users), ("logins", "登录次数", "logins", d.logins)),
        (
            ("finished_online", "网上办结数", "finished online", d.finished_online),
            ("finished", "办结数", "finished", d.finished),
        ),
        (
            ("finished_late", "超期办结数", "finished late", d.finished_late),
            ("finished", "办结数", "finished", d.finished),
        ),
        (
            ("overdue", "超期未办结数", "overdue", d.overdue),
            ("open", "在办数", "open at the end of the day", d.open),
        ),
    ];
    for (part, whole) in pairs {
        at_most(part, whole, out);
    }
    units(daily, out);
}

fn at_most(part: Figure, whole: Figure, out: &mut Findings) {
    let ((field, part_zh, part_en, part), (_, whole_zh, whole_en, whole)) = (part, whole);
    if part > whole {
        out.error(
            field,
            "record.activity_figures",
            format!("“{part_zh}”（{part}）不得大于“{whole_zh}”（{whole}），请核对两项数字"),
            format!("“{part_en}” ({part}) is more than “{whole_en}” ({whole}): count both again"),
        );
    }
}

/// Units are parts of the organisation: together they have no more than it has.
fn units(daily: &DailyActivity, out: &mut Findings) {
    let sum = |figure: fn(&UnitActivity) -> u32| -> u64 {
        daily.units.iter().map(|unit| u64::from(figure(unit))).sum()
    };
    for (field, zh, en, units, whole) in [
        ("logins", "登录次数", "logins", sum(|unit| unit.logins), daily.logins),
        ("opened", "收件数", "opened", sum(|unit| unit.opened), daily.opened),
        ("finished", "办结数", "finished", sum(|unit| unit.finished), daily.finished),
        ("overdue", "超期未办结数", "overdue", sum(|unit| unit.overdue), daily.overdue),
    ] {
        if units > u64::from(whole) {
            out.error(
                field,
                "record.activity_units",
                format!("各处室“{zh}”之和（{units}）大于机构总数（{whole}），请核对"),
                format!("“{en}” of the units adds up to {units}, more than the {whole} of the organisation: count again"),
            );
        }
    }
}

/// Rules of the progress of the catalogue.
pub(super) fn catalogue_progress(progress: &CatalogueProgress, out: &mut Findings) {
    day(&progress.day, out);
    let mut stages = BTreeSet::new();
    for (at, stage) in progress.stages.iter().enumerate() {
        if !stages.insert(stage.stage) {
            out.error(
                format!("stages[{at}].stage"),
                "record.progress_stage",
                format!("第 {} 项的阶段重复，请合并或改正", at + 1),
                format!("the stage of item {} stands twice: join them, or correct it", at + 1),
            );
        }
        if stage.done > stage.planned {
            out.warning(
                format!("stages[{at}].done"),
                "record.progress_done",
                format!(
                    "第 {} 项的完成数（{}）大于计划数（{}），请核对",
                    at + 1,
                    stage.done,
                    stage.planned
                ),
                format!(
                    "item {} has more done ({}) than planned ({}): count again",
                    at + 1,
                    stage.done,
                    stage.planned
                ),
            );
        }
    }
}

/// Eight digits are a day that exists.
fn day(digits: &str, out: &mut Findings) {
    let parts = (digits.get(..4), digits.get(4..6), digits.get(6..));
    let (Some(year), Some(month), Some(day)) = parts else { return };
    if !sanheyi_proto::forms::date(&format!("{year}-{month}-{day}")) {
        out.error(
            "day",
            "record.activity_day",
            format!("{digits} 不是存在的日期，请改正"),
            format!("{digits} is no day that exists: correct it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::{CatalogueStage, StageProgress};

    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];

    fn figures() -> DailyActivity {
        let unit =
            UnitActivity { logins: 5, opened: 5, finished: 5, overdue: 5, ..Default::default() };
        DailyActivity {
            day: "20101123".into(),
            logins: 10,
            users: 10,
            opened: 10,
            finished: 10,
            finished_online: 10,
            finished_late: 10,
            open: 10,
            overdue: 10,
            units: vec![unit.clone(), unit],
            ..DailyActivity::default()
        }
    }

    fn of(change: impl FnOnce(&mut DailyActivity)) -> Vec<String> {
        let mut figures = figures();
        change(&mut figures);
        rules(|out| daily(&figures, out))
    }

    #[test]
    fn days_of_activity_exist() {
        for day in ["20101123", "20080229", "20001231"] {
            assert_eq!(of(|daily| daily.day = day.into()), NONE, "{day}");
        }
        let wrong = ["error day record.activity_day"];
        for day in ["20101131", "20100229", "20101300", "00000000", "21990101"] {
            assert_eq!(of(|daily| daily.day = day.into()), wrong, "{day}");
            let day = day.to_owned();
            let progress = CatalogueProgress { day, ..CatalogueProgress::default() };
            assert_eq!(rules(|out| catalogue_progress(&progress, out)), wrong);
        }
    }

    #[test]
    fn a_part_is_no_more_than_the_whole() {
        assert_eq!(of(|_| ()), NONE, "as much as the whole");
        let fired = |field: &str| [format!("error {field} record.activity_figures")];
        assert_eq!(of(|daily| daily.users = 11), fired("users"));
        assert_eq!(of(|daily| daily.finished_online = 11), fired("finished_online"));
        assert_eq!(of(|daily| daily.finished_late = 11), fired("finished_late"));
        assert_eq!(of(|daily| daily.overdue = 11), fired("overdue"));
        assert_eq!(of(|daily| daily.open = 9), fired("overdue"));
        assert_eq!(of(|daily| daily.users = 0), NONE);
    }

    #[test]
    fn units_add_up_to_no_more_than_the_organisation() {
        assert_eq!(of(|daily| daily.units.clear()), NONE);
        assert_eq!(of(|daily| daily.opened = 10), NONE);
        let fired = |field: &str| [format!("error {field} record.activity_units")];
        assert_eq!(of(|daily| daily.opened = 9), fired("opened"));
        let of_unit = |change: fn(&mut UnitActivity)| {
            of(|daily| daily.units.iter_mut().take(1).for_each(change))
        };
        assert_eq!(of_unit(|unit| unit.logins += 1), fired("logins"));
        assert_eq!(of_unit(|unit| unit.opened += 1), fired("opened"));
        assert_eq!(of_unit(|unit| unit.finished += 1), fired("finished"));
        assert_eq!(of_unit(|unit| unit.overdue += 1), fired("overdue"));
        assert_eq!(of_unit(|unit| unit.overdue -= 1), NONE);
    }

    fn progress(stages: &[(CatalogueStage, u32, u32)]) -> Vec<String> {
        let stage = |&(stage, planned, done): &(CatalogueStage, u32, u32)| StageProgress {
            stage: stage.into(),
            planned,
            done,
        };
        let (day, stages) = ("20101123".into(), stages.iter().map(stage).collect());
        let progress = CatalogueProgress { day, stages, ..CatalogueProgress::default() };
        rules(|out| catalogue_progress(&progress, out))
    }

    #[test]
    fn stages_stand_once() {
        let (clearing, review) = (CatalogueStage::Clearing, CatalogueStage::Review);
        assert_eq!(progress(&[(clearing, 1, 1), (review, 1, 1)]), NONE);
        let twice = progress(&[(clearing, 1, 1), (review, 1, 1), (clearing, 1, 1)]);
        assert_eq!(twice, ["error stages[2].stage record.progress_stage"]);
    }

    #[test]
    fn more_done_than_planned_is_a_warning() {
        let clearing = CatalogueStage::Clearing;
        assert_eq!(progress(&[(clearing, 7, 6)]), NONE);
        assert_eq!(progress(&[(clearing, 7, 7)]), NONE);
        let more = ["warning stages[0].done record.progress_done"];
        assert_eq!(progress(&[(clearing, 7, 8)]), more);
    }
}
