//! The gate: an entry, what is known of others, and the verdict. Scenes across records stand in
//! [`across`], those within one record in [`record`].

mod across;
mod codes;
mod custody;
mod letters;
mod record;
#[path = "../../../proto/tests/standard/samples.rs"]
#[expect(unused_imports, reason = "the tests of the standard take more of it")]
mod samples;

use std::collections::BTreeSet;
use std::sync::Arc;

use prost::Message;
use sanheyi_exchange_spec::entry::{Header, HeaderView, Operation};
use sanheyi_exchange_spec::gate::{
    Candidate, Content, Edition, Facts, Head, Key, Level, Needs, Reason, Standing, Verdict,
    Version, Wait, judge, needs, revision_taken,
};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::{STANDARD, Violations, dataset};
use serde_json::{Value, json};

use crate::broadcast;
use crate::entries::{MORNING, salt};
use crate::{hex, hold};

const CLAUSES: &str = include_str!("../../STANDARD.md");

/// An entry that is judged, and what is known of others.
struct Scene {
    name: &'static str,
    header: Header,
    lane: Lane,
    body: Option<Vec<u8>>,
    known: Known,
}

/// What is known of other entries of the platform.
#[derive(Default)]
struct Known {
    /// Heads of records.
    records: Vec<(&'static str, String, Head)>,
    /// Digests of revisions.
    revisions: Vec<(&'static str, String, u64, Digest)>,
    /// Accepted revisions of records whose content decides.
    contents: Vec<(&'static str, String, Vec<Accepted>)>,
    /// Who has the record, and what is offered.
    custody: custody::Known,
    /// Another entry has this very revision already.
    taken: bool,
    /// The hub's broadcast: datasets and bodies, in order.
    broadcast: Vec<(&'static str, Vec<u8>)>,
}

/// An accepted revision.
struct Accepted {
    revision: u64,
    occurred: i64,
    operation: Operation,
    body: Option<Vec<u8>>,
}

// === impl Scene ===

impl Scene {
    /// A first revision of the present standard, named by its body, when nothing else is there.
    fn new(name: &'static str, of: &str, body: Vec<u8>) -> Self {
        let mut named = String::new();
        let known = dataset(of).filter(|known| known.record.name(&body, &mut named));
        let lane = known.map_or(Lane::Normal, |known| known.lane.into());
        let record = if known.is_some() { &named } else { "JS048100JT0000000217" };
        let header = Header {
            dataset: of.parse().unwrap(),
            record: record.parse().unwrap(),
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: STANDARD,
            occurred: Timestamp::from_micros(MORNING),
            recorded: Timestamp::from_micros(MORNING),
            body_digest: Suite::Intl.body(&salt(0x11), &body),
        };
        let known = Known::default();
        Scene { name, header, lane, body: Some(body), known }
    }

    /// The same where everything that it refers to is there and accepted.
    fn among(mut self) -> Self {
        let accepted = Head { revision: 1, standing: Standing::Accepted };
        let there = self.asks().records.into_iter().map(|key| (key.dataset, key.record, accepted));
        self.known.records.extend(there);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    fn asks(&self) -> Needs {
        let bytes = self.header.encode();
        let view = HeaderView::parse(&bytes).unwrap();
        let mut asked = Needs::default();
        needs(&view, self.body.as_deref(), &Edition::CURRENT, &mut asked);
        asked
    }

    fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        self.known.custody.tell(&mut facts.custody);
        let key = |dataset: &'static str, record: &str| Key { dataset, record: record.to_owned() };
        for (dataset, record, head) in &self.known.records {
            facts.know_record(&key(dataset, record), Some(*head));
        }
        for (dataset, record, revision, digest) in &self.known.revisions {
            facts.know_revision(&key(dataset, record), *revision, Some(*digest));
        }
        for (dataset, record, revisions) in &self.known.contents {
            let mut content = Content::empty(dataset).unwrap();
            for one in revisions {
                content.add(&Version {
                    revision: one.revision,
                    occurred: Timestamp::from_micros(one.occurred),
                    operation: one.operation,
                    body: one.body.as_deref(),
                });
            }
            facts.know_content(&key(dataset, record), content);
        }
        facts.with_rules(Arc::new(broadcast::read(&self.known.broadcast)))
    }

    fn verdict(&self) -> Verdict {
        let bytes = self.header.encode();
        let view = HeaderView::parse(&bytes).unwrap();
        if self.known.taken {
            return Verdict::quarantined(vec![revision_taken(&view)]);
        }
        let body = self.body.as_deref();
        let entry = Candidate { header: &view, body, lane: self.lane };
        judge(&entry, &Edition::CURRENT, &self.facts(), &mut Violations::new())
    }

    fn vector(&self) -> Value {
        let Header { dataset, record, revision, follows, .. } = &self.header;
        json!({
            "name": self.name,
            "entry": {
                "dataset": dataset.as_str(),
                "record": record.as_str(),
                "revision": revision,
                "follows": follows.map(|digest| digest.to_string()),
                "custody_epoch": self.header.custody_epoch,
                "operation": operation(self.header.operation),
                "standard": self.header.standard,
                "occurred": self.header.occurred.as_micros(),
                "recorded": self.header.recorded.as_micros(),
                "lane": self.lane.to_string(),
                "body": self.body.as_ref().map(hex),
            },
            "asks": asked(&self.asks()),
            "facts": self.known.vector(),
            "verdict": verdict(&self.verdict()),
        })
    }
}

// === impl Known ===

impl Known {
    fn vector(&self) -> Value {
        let records = self.records.iter().map(|(dataset, record, head)| {
            let Head { revision, standing } = head;
            let (standing, dataset) = (standing.en(), dataset);
            json!({
                "dataset": dataset,
                "record": record,
                "revision": revision,
                "standing": standing,
            })
        });
        let revisions = self.revisions.iter().map(|(dataset, record, revision, digest)| {
            let digest = digest.to_string();
            json!({"dataset": dataset, "record": record, "revision": revision, "digest": digest})
        });
        let contents = self.contents.iter().map(|(dataset, record, accepted)| {
            let accepted = accepted.iter().map(|one| {
                json!({
                    "revision": one.revision,
                    "occurred": one.occurred,
                    "operation": operation(one.operation),
                    "body": one.body.as_ref().map(hex),
                })
            });
            json!({"dataset": dataset, "record": record, "accepted": accepted.collect::<Vec<_>>()})
        });
        let mut known = json!({
            "records": records.collect::<Vec<_>>(),
            "revisions": revisions.collect::<Vec<_>>(),
            "contents": contents.collect::<Vec<_>>(),
            "taken": self.taken,
        });
        // Where nothing is said of it, nothing was ever broadcast.
        if !self.broadcast.is_empty() {
            known["broadcast"] = broadcast::vector(&self.broadcast);
        }
        // And of this, nothing was ever offered or handed over.
        if let Some(custody) = self.custody.vector() {
            known["custody"] = custody;
        }
        known
    }
}

fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Put => "put",
        Operation::Withdraw => "withdraw",
    }
}

fn asked(asked: &Needs) -> Value {
    let key = |key: &Key| json!({"dataset": key.dataset, "record": key.record});
    let revision = |(key, revision): &(Key, u64)| {
        let Key { dataset, record } = key;
        json!({"dataset": dataset, "record": record, "revision": revision})
    };
    json!({
        "records": asked.records.iter().map(key).collect::<Vec<_>>(),
        "revisions": asked.revisions.iter().map(revision).collect::<Vec<_>>(),
        "contents": asked.contents.iter().map(key).collect::<Vec<_>>(),
    })
}

fn verdict(verdict: &Verdict) -> Value {
    let reason = |reason: &Reason| {
        let Reason { field, rule, level, .. } = reason;
        json!({"field": field, "rule": rule, "level": level.en()})
    };
    json!({
        "standing": verdict.standing.en(),
        "reasons": verdict.reasons.iter().map(reason).collect::<Vec<_>>(),
        "waits": verdict.waits.as_ref().map(waits),
    })
}

fn waits(wait: &Wait) -> Value {
    match wait {
        Wait::Standard(version) => json!({"for": "standard", "version": version}),
        Wait::Dataset(name) => json!({"for": "dataset", "dataset": name}),
        Wait::Record { dataset, record } => {
            json!({"for": "record", "dataset": dataset, "record": record})
        }
        Wait::Revision { dataset, record, revision } => {
            json!({"for": "revision", "dataset": dataset, "record": record, "revision": revision})
        }
        Wait::Custody { dataset, record, epoch } => {
            json!({"for": "custody", "dataset": dataset, "record": record, "epoch": epoch})
        }
        Wait::Decision { offer, revision } => {
            json!({"for": "decision", "offer": offer, "revision": revision})
        }
    }
}

/// The `nth` sample of a dataset, changed.
fn sample<M: Message + Default>(of: &str, nth: usize, change: impl FnOnce(&mut M)) -> Vec<u8> {
    let mut samples = samples::samples().into_iter().filter(|(dataset, _)| *dataset == of);
    let (_, body) = samples.nth(nth).unwrap();
    let mut body = M::decode(&*body).unwrap();
    change(&mut body);
    body.encode_to_vec()
}

#[test]
fn verdicts_of_the_gate_are_the_golden_ones() {
    let mut scenes = across::scenes();
    scenes.extend(codes::scenes());
    scenes.extend(record::scenes());
    let names: BTreeSet<_> = scenes.iter().map(|scene| scene.name).collect();
    assert_eq!(names.len(), scenes.len(), "every scene has a name of its own");
    let vector = json!({
        "standard": STANDARD,
        "scenes": scenes.iter().map(Scene::vector).collect::<Vec<_>>(),
        "letters": letters::vector(),
    });
    hold("gate", &vector);
}

/// The ids between two headings of the clauses, as they stand behind `rule`.
fn rules_between(from: &str, to: &str) -> BTreeSet<&'static str> {
    let (_, section) = CLAUSES.split_once(from).unwrap();
    let (section, _) = section.split_once(to).unwrap();
    section.split("rule `").skip(1).filter_map(|rest| rest.split('`').next()).collect()
}

#[test]
fn every_rule_across_records_has_a_scene_in_which_it_is_given() {
    let scenes = across::scenes();
    let verdicts: Vec<Verdict> = scenes.iter().map(Scene::verdict).collect();
    let given: BTreeSet<&str> = verdicts
        .iter()
        .flat_map(|verdict| verdict.reasons.iter().map(|reason| reason.rule.as_str()))
        .collect();
    let expected = rules_between("\n## 8.", "\n## 9.");
    let missing: Vec<_> = expected.difference(&given).collect();
    assert!(!expected.is_empty() && missing.is_empty(), "no scene gives {missing:?}");
    let levels = verdicts.iter().flat_map(|verdict| verdict.reasons.iter().map(|one| one.level));
    assert_eq!(levels.collect::<BTreeSet<_>>(), [Level::Error, Level::Warning].into());
}

#[test]
fn each_scene_within_a_record_gives_the_rule_that_it_is_named_after() {
    for scene in record::scenes() {
        let rules: Vec<String> =
            scene.verdict().reasons.into_iter().map(|reason| reason.rule).collect();
        let (rule, _) = scene.name.split_once(':').unwrap();
        assert!(rules.iter().any(|given| given == rule), "{}: {rules:?}", scene.name);
    }
}
