//! How far the catalogue is (权力清理进度), by organisation and kind of power: all of it in January,
//! afterwards where something moved or is still on its way.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sanheyi_proto::standard::v1::{
    CatalogueProgress, CatalogueStage, PowerKind, PowerState, StageProgress,
};

use super::course::Course;
use crate::demo::items::Item;
use crate::demo::year::calendar::Calendar;
use crate::demo::year::{District, Written};

/// The stages, and the first state in which an item is through each.
const STAGES: [(CatalogueStage, PowerState); 5] = [
    (CatalogueStage::Clearing, PowerState::Submitted),
    (CatalogueStage::Review, PowerState::Confirmed),
    (CatalogueStage::Confirmation, PowerState::Confirmed),
    (CatalogueStage::Customisation, PowerState::Customised),
    (CatalogueStage::Publication, PowerState::Published),
];

/// The reports of a month, which ends with `day`.
pub(super) fn records(
    district: &District,
    (items, courses): (&[Item], &[Course]),
    calendar: &Calendar,
    day: Date,
    at: i64,
) -> Vec<Written> {
    let mut kinds: BTreeMap<(&str, PowerKind), Vec<Course>> = BTreeMap::new();
    for (item, course) in items.iter().zip(courses) {
        kinds.entry((item.letters, item.kind)).or_default().push(*course);
    }
    let told = kinds
        .into_iter()
        .filter(|(_, courses)| day.month() == 1 || courses.iter().any(|course| course.moves(day)));
    let report = |((letters, kind), courses): ((&str, PowerKind), Vec<Course>)| {
        let stage = |(stage, through): (CatalogueStage, PowerState)| {
            let done = |course: &&Course| course.station(day, calendar) >= through;
            StageProgress {
                stage: stage.into(),
                planned: count(courses.len()),
                done: count(courses.iter().filter(done).count()),
            }
        };
        let body = CatalogueProgress {
            organisation: district.organisation(letters),
            day: day.strftime("%Y%m%d").to_string(),
            kind: kind.into(),
            stages: STAGES.into_iter().map(stage).collect(),
            ..CatalogueProgress::default()
        };
        let record = format!("{}-{}-{}", body.organisation, body.day, body.kind);
        Written::first("activity.catalogue_progress", record, at, &body)
    };
    told.map(report).collect()
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
