//! Codes in force: a code on the day before and on the day, by what is built in and by a broadcast.

use prost::Message as _;
use sanheyi_exchange_spec::calendar::midnight;
use sanheyi_exchange_spec::codes;
use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{Organisation, PowerItem, PowerKind};

use super::{Scene, sample};

const ITEM: &str = "catalogue.power_item";
const ORGANISATION: &str = "organisation.organisation";
const RULE: &str = "code.not_in_force";

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        item("a kind of power on its last day", PowerKind::Sp, "2015-05-09"),
        item("a kind of power that has ended", PowerKind::Sp, "2015-05-10"),
        region("a region on its last day", "320482", "2015-05-31"),
        region("a region that has ended", "320482", "2015-06-01"),
        region("a region before its first day", "320413", "2015-05-31"),
        region("a region that no list has", "320499", "2010-11-23"),
        item("an entry that does not say when", PowerKind::Sp, "2015-05-09").with(unsaid),
        item("the day before a list without the kind", PowerKind::Jl, "2010-12-31").told(),
        item("the first day of a list without the kind", PowerKind::Jl, "2011-01-01").told(),
        item("the first day of a list with the kind", PowerKind::Xk, "2011-01-01").told(),
    ]
}

/// Nothing is said of when it happened: the day is that on which it was recorded, in 2010.
fn unsaid(header: &mut Header) {
    header.occurred = Timestamp::default();
}

fn on(scene: Scene, day: &str) -> Scene {
    scene.with(|header| header.occurred = midnight(day.parse().unwrap()))
}

fn item(name: &'static str, kind: PowerKind, day: &str) -> Scene {
    let body = sample(ITEM, 0, |item: &mut PowerItem| {
        let letters = codes::named("power_kind/1").unwrap();
        let letters = &letters.numbered(kind.into()).unwrap().code;
        item.kind = kind.into();
        item.code = format!("JS048100JT-{letters}-1030");
    });
    on(Scene::new(name, ITEM, body).among(), day)
}

fn region(name: &'static str, code: &str, day: &str) -> Scene {
    let body = sample(ORGANISATION, 0, |one: &mut Organisation| one.region_code = code.into());
    on(Scene::new(name, ORGANISATION, body).among(), day)
}

impl Scene {
    /// The same where the hub has said that from 2011 on there are no rewards among the kinds.
    fn told(mut self) -> Self {
        let mut list = codes::named("power_kind/1").unwrap().record("2011-01-01".parse().unwrap());
        list.version = 2;
        list.entries.retain(|entry| entry.code != "JL");
        list.entries.iter_mut().for_each(|entry| {
            if entry.code == "SP" {
                entry.valid_from = "2011-01-01".into();
            }
        });
        self.known.broadcast.push(("codes.code_list", list.encode_to_vec()));
        self
    }
}

#[test]
fn codes_are_held_to_the_day_on_which_it_happened() {
    for (scene, fails) in scenes().iter().zip([0, 1, 0, 1, 1, 1, 0, 0, 1, 0]) {
        let verdict = scene.verdict();
        let found = verdict.reasons.iter().filter(|one| one.rule == RULE).count();
        assert_eq!(found, fails, "{}: {:?}", scene.name, verdict.reasons);
        assert_eq!(verdict.standing == Standing::Quarantined, fails > 0, "{}", scene.name);
    }
}
