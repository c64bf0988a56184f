//! Daily figures and the progress of the catalogue.

use sanheyi_proto::standard::v1::{
    CatalogueProgress, CatalogueStage, DailyActivity, PowerKind, StageProgress, UnitActivity,
};

use super::{Sample, sample};

fn daily() -> DailyActivity {
    DailyActivity {
        organisation: "JS048100JT".into(),
        day: "20101123".into(),
        logins: 41,
        users: 12,
        opened: 30,
        accepted: 28,
        refused: 1,
        corrected: 3,
        finished: 25,
        finished_online: 20,
        finished_late: 1,
        open: 87,
        overdue: 2,
        penalties_opened: 4,
        penalties_finished: 3,
        complaints: 1,
        complaints_answered: 1,
        orders: 1,
        orders_answered: 0,
        units: vec![UnitActivity {
            unit: "行政许可科".into(),
            logins: 30,
            users: 6,
            opened: 30,
            finished: 25,
            overdue: 2,
        }],
    }
}

fn progress() -> CatalogueProgress {
    let stage = |stage: CatalogueStage, done: u32| StageProgress {
        stage: stage.into(),
        planned: 120,
        done,
    };
    CatalogueProgress {
        organisation: "JS048100JT".into(),
        day: "20101123".into(),
        kind: PowerKind::Xk.into(),
        stages: vec![
            stage(CatalogueStage::Clearing, 120),
            stage(CatalogueStage::Review, 118),
            stage(CatalogueStage::Confirmation, 110),
            stage(CatalogueStage::Customisation, 90),
            stage(CatalogueStage::Publication, 60),
        ],
        remark: "示例".into(),
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let quiet = DailyActivity {
        organisation: "JS048100JT".into(),
        day: "20101124".into(),
        ..DailyActivity::default()
    };
    let begun = CatalogueProgress {
        stages: progress().stages.into_iter().take(1).collect(),
        remark: String::new(),
        ..progress()
    };
    vec![
        sample("activity.daily", &daily()),
        sample("activity.daily", &quiet),
        sample("activity.catalogue_progress", &progress()),
        sample("activity.catalogue_progress", &begun),
    ]
}
