//! The reports of the days are what happened on them.

use std::collections::BTreeMap;

use sanheyi_proto::standard::v1::{
    CatalogueProgress, ComplaintHandling, DailyActivity, Decision, HandlingAction, StageProgress,
};

use super::*;

fn read<M: Message + Default>(written: &Written) -> M {
    M::decode(written.body.clone()).unwrap()
}

/// Figures of an organisation on a day: opened, finished, penalties opened and finished,
/// complaints answered.
type Figures = [u32; 5];

#[test]
fn the_figures_of_a_day_are_what_was_written_on_it() {
    let [_, _, wujin] = districts();
    let (mut reported, mut open) = (0, 0_i64);
    for day in year(&wujin, &SMALL) {
        let mut really: BTreeMap<String, Figures> = BTreeMap::new();
        let mut said: BTreeMap<String, Figures> = BTreeMap::new();
        for one in day.batches.iter().flatten() {
            let mut add = |place: usize| {
                really.entry(one.record[..10].to_owned()).or_default()[place] += 1;
            };
            match one.dataset {
                "case.case" if one.revision == 1 => add(0),
                "case.result" => add(1),
                "case.penalty" if one.revision == 1 => add(2),
                "case.decision" if read::<Decision>(one).finished_at.is_some() => add(3),
                "supervision.complaint_handling"
                    if read::<ComplaintHandling>(one).action() == HandlingAction::Answer =>
                {
                    add(4);
                }
                "activity.daily" => {
                    let one: DailyActivity = read(one);
                    assert!(one.users <= one.logins && one.logins <= 2 * one.users);
                    assert!(one.finished_late <= one.finished && one.overdue <= one.open);
                    assert_eq!(one.day, day.date.strftime("%Y%m%d").to_string());
                    let figures = [
                        one.opened,
                        one.finished,
                        one.penalties_opened,
                        one.penalties_finished,
                        one.complaints_answered,
                    ];
                    said.insert(one.organisation, figures);
                    reported += 1;
                }
                _ => {}
            }
        }
        said.retain(|_, figures| *figures != Figures::default());
        open += really.values().map(|one| i64::from(one[0]) - i64::from(one[1])).sum::<i64>();
        assert_eq!(really, said, "{}", day.date);
    }
    assert!(reported > 1000 && open > 0, "{reported} reports");
}

#[test]
fn the_catalogue_is_reported_until_it_is_complete() {
    let [jintan, _, _] = districts();
    let mut months: BTreeMap<i8, usize> = BTreeMap::new();
    let mut last: BTreeMap<String, CatalogueProgress> = BTreeMap::new();
    for day in year(&jintan, &SMALL) {
        for one in day.batches.iter().flatten() {
            if one.dataset == "activity.catalogue_progress" {
                *months.entry(day.date.month()).or_default() += 1;
                let one: CatalogueProgress = read(one);
                let done: Vec<u32> = one.stages.iter().map(|stage| stage.done).collect();
                assert!(done.is_sorted_by(|one, next| one >= next), "{done:?}");
                last.insert(format!("{}-{}", one.organisation, one.kind), one);
            }
        }
    }
    assert!(months[&1] > 50 && months[&2] == 3 && !months.contains_key(&12), "{months:?}");
    let through = |stage: &StageProgress| stage.planned == stage.done;
    assert!(last.values().flat_map(|one| &one.stages).all(through), "all is published at the end");
}
