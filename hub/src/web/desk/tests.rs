use sanheyi_exchange_spec::gate::{Level, Reason, Standing};
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_node::branch::QuarantineCounts;
use sanheyi_node::store::JournalNumber;

use super::*;
use crate::quarantine::EntryName;
use crate::web::planted::{Ground, NOW};

pub(super) fn item(record: &str, handling: Option<Handling>) -> Item {
    let platform: sanheyi_exchange_spec::ids::PlatformId = "jintan".parse().unwrap();
    let journal = JournalNumber::from_column(3);
    Item {
        cursor: Cursor { platform: platform.clone(), journal, sequence: 17 },
        journal: "jintan>changzhou/normal".into(),
        name: EntryName {
            platform,
            dataset: "case.case".into(),
            record: record.into(),
            revision: 2,
        },
        standing: Standing::Quarantined,
        handling,
        reasons: vec![Reason {
            field: "parts[0].name".into(),
            rule: "string.max_len".into(),
            zh: "过长".into(),
            en: "too long".into(),
            level: Level::Error,
        }],
        received: Some(NOW),
        returned: None,
        settled_by: None,
        released: None,
    }
}

fn view(items: Vec<Item>, tally: Tally, quarantined: u64) -> View {
    let counts = QuarantineCounts { quarantined, released: 0, tally };
    let counted = Counted { platform: "jintan".parse().unwrap(), counts, pending: 4 };
    let all = Some(items.len());
    View {
        filter: Filter::default(),
        platforms: vec![("jintan".into(), "金坛市".into())],
        counted: vec![counted],
        page: list::Page { items, next: None },
        all,
        first: true,
    }
}

#[tokio::test]
async fn the_account_says_whether_it_comes_out_even() {
    let ground = Ground::new().await;
    let viewer = ground.viewer(Role::Viewer, Lang::Zh);
    let tally = Tally { open: 2, returned: 1, corrected: 5, withdrawn: 0 };
    let even = shown(&viewer, &view(Vec::new(), tally, 8)).render().into_string();
    assert!(even.contains("相符") && !even.contains("不符"));
    assert!(even.contains("href=\"/quarantine?state=returned\""));
    let odd = shown(&viewer, &view(Vec::new(), tally, 9)).render().into_string();
    assert!(odd.contains("不符"));
}

#[tokio::test]
async fn whoever_may_only_look_has_nothing_to_tick() {
    let ground = Ground::new().await;
    let items = vec![item("A1", Some(Handling::Open)), item("A2", None)];
    for (role, boxes) in [(Role::Viewer, 0), (Role::Operator, 2), (Role::Admin, 2)] {
        for lang in [Lang::Zh, Lang::En] {
            let viewer = ground.viewer(role, lang);
            let view = view(items.clone(), Tally::default(), 0);
            let html = shown(&viewer, &view).render().into_string();
            assert_eq!(html.matches("name=\"entry\"").count(), boxes);
            assert!(html.contains(lang.t("过长", "too long")));
            assert!(html.contains("href=\"/quarantine/entry/jintan/3/17\""));
            assert!(html.contains("rule=string.max_len"));
        }
    }
}
