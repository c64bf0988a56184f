//! The official protovalidate and our generated checks give the same verdict on the same body, for
//! every rule of every dataset; what they say of some of them is kept as golden vectors.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use prost::Message as _;
use sanheyi_exchange_spec::dictionary::{Dataset, Dictionary};
use sanheyi_proto::Violations;
use sanheyi_tests::python::succeed;
use sanheyi_tests::world::copy_folder;
use serde_json::{Value, json};

use crate::bodies::{Body, bodies};
use crate::environment::{python, script, top};

/// Rules that only we have; and, in front of a full stop, families of such rules.
const OURS: [&str; 4] = ["form", "not_before", "repeated", "wire"];
/// Differences that a failure shows.
const SHOWN: usize = 20;
/// The golden file stays one that is read.
const GOLDEN_BYTES: usize = 300 * 1024;
/// Lists that are too long stay out of it, where their items are large.
const GOLDEN_BODY_BYTES: usize = 2048;

/// A field's path and a rule's id.
type Found = (String, String);

/// What our check says, sorted, and whether it left something off.
fn judge(dataset: &Dataset, body: &[u8]) -> (Vec<Found>, bool) {
    let mut violations = Violations::new();
    (dataset.info.check)(body, &mut violations);
    let found = violations.iter().map(|one| (one.field.clone(), one.rule.to_owned()));
    let mut found: Vec<Found> = found.collect();
    found.sort();
    (found, violations.left_off())
}

/// Whether protovalidate knows the rule.
fn public(rule: &str) -> bool {
    // `repeated.min_items` is protovalidate's, `repeated` ours.
    let family = rule.strip_prefix("form.").map_or(rule, |_| "form");
    !OURS.contains(&family)
}

/// A body with what our check says of it, for every body of every dataset.
struct Case {
    dataset: &'static str,
    message: &'static str,
    body: Body,
    found: Vec<Found>,
    left_off: bool,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dataset in &Dictionary::new().unwrap().datasets {
        for body in bodies(dataset) {
            let (mut found, left_off) = judge(dataset, &body.bytes);
            found.retain(|(_, rule)| public(rule));
            let (dataset, message) = (dataset.info.name, dataset.info.message);
            cases.push(Case { dataset, message, body, found, left_off });
        }
    }
    cases
}

/// Where protovalidate, with the .proto files in the folder `root`, says something else.
fn differences(cases: &[Case], root: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (asked, said) = (folder.path().join("cases"), folder.path().join("verdicts"));
    let lines = cases.iter().map(|case| format!("{}\t{}\n", case.message, hex(&case.body)));
    fs::write(&asked, lines.collect::<String>()).unwrap();
    let mut command = script(&python(), "judge.py");
    succeed("judge.py", command.arg(root).arg(&asked).arg(&said));

    let said = fs::read_to_string(said).unwrap();
    assert_eq!(said.lines().count(), cases.len());
    let mut differences = Vec::new();
    for (case, line) in cases.iter().zip(said.lines()) {
        let theirs: Vec<Found> = serde_json::from_str(line).unwrap();
        let Case { dataset, body, found, left_off, .. } = case;
        let agree = match left_off {
            true => found.iter().all(|one| theirs.contains(one)),
            false => *found == theirs,
        };
        if !agree {
            differences.push(format!("{dataset} {}: ours {found:?}, theirs {theirs:?}", body.name));
        }
    }
    differences
}

#[test]
fn protovalidate_gives_the_same_verdicts() {
    let cases = cases();
    let broken = cases.iter().filter(|case| !case.found.is_empty()).count();
    let kept = cases.len() - broken;
    assert!(kept > 1000 && broken > 1000, "the bodies are one-sided: {kept}, {broken}");
    let rules: BTreeSet<&str> = cases.iter().flat_map(|case| &case.found).map(rule).collect();
    assert!(rules.len() > 10, "few rules were broken: {rules:?}");

    let differences = differences(&cases, &top().join("proto"));
    let (count, all) = (differences.len(), cases.len());
    let shown = differences.into_iter().take(SHOWN).collect::<Vec<_>>().join("\n");
    assert!(count == 0, "{count} of {all} differ:\n{shown}");
}

#[test]
fn a_rule_that_they_read_otherwise_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("proto");
    copy_folder(&top().join("proto"), &root);
    let file = root.join("sanheyi/standard/v1/supervision.proto");
    let text = fs::read_to_string(&file).unwrap();
    let stricter = text.replacen("{min_len: 1 max_len: 200}", "{min_len: 1 max_len: 199}", 1);
    assert_ne!(text, stricter);
    fs::write(&file, stricter).unwrap();
    let mut cases = cases();
    cases.retain(|case| case.dataset.starts_with("supervision."));
    let differences = differences(&cases, &root);
    assert!(!differences.is_empty() && differences.len() < cases.len() / 10, "{differences:?}");
    assert!(differences.iter().all(|one| one.contains("string.max_len")), "{differences:?}");
}

fn rule(found: &Found) -> &str {
    &found.1
}

fn hex(body: &Body) -> String {
    body.bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of each dataset the simplest body, the empty one, and for each rule a short body that breaks
/// that rule and no other.
fn golden(dataset: &Dataset) -> Vec<Value> {
    let mut chosen: Vec<(Body, Vec<Found>)> = Vec::new();
    for (place, body) in bodies(dataset).into_iter().enumerate() {
        let (found, left_off) = judge(dataset, &body.bytes);
        if left_off {
            continue;
        }
        let alike = |(_, other): &&mut (Body, Vec<Found>)| match (&other[..], &found[..]) {
            ([one], [other]) => one.1 == other.1,
            _ => false,
        };
        match chosen.iter_mut().skip(2).find(alike) {
            Some(other) if body.bytes.len() < other.0.bytes.len() => *other = (body, found),
            Some(_) => {}
            None if place < 2 || found.len() == 1 => chosen.push((body, found)),
            None => {}
        }
    }
    for (body, found) in chosen.iter_mut().skip(2) {
        body.bytes = shrunk(dataset, &body.bytes, found);
    }
    chosen.retain(|(body, _)| body.bytes.len() <= GOLDEN_BODY_BYTES);
    let shown = |(body, found): (Body, Vec<Found>)| {
        let bytes = hex(&body);
        json!({"dataset": dataset.info.name, "name": body.name, "body": bytes, "found": found})
    };
    chosen.into_iter().map(shown).collect()
}

/// The body without all fields that have no part in what it breaks.
fn shrunk(dataset: &Dataset, body: &[u8], found: &[Found]) -> Vec<u8> {
    let mut message = dataset.decode(body).unwrap();
    for field in &dataset.fields {
        let mut less = message.clone();
        less.clear_field_by_name(field.name());
        if judge(dataset, &less.encode_to_vec()) == (found.to_vec(), false) {
            message = less;
        }
    }
    message.encode_to_vec()
}

#[test]
fn the_golden_verdicts_are_those_of_the_checks() {
    let dictionary = Dictionary::new().unwrap();
    let verdicts: Vec<Value> = dictionary.datasets.iter().flat_map(golden).collect();
    let kept = top().join("exchange-spec/vectors/verdicts.json");
    let stored = fs::read_to_string(&kept).unwrap_or_default();
    // A line for each body, so that a change shows which.
    let lines: Vec<String> = verdicts.iter().map(Value::to_string).collect();
    let text = format!("{{\"verdicts\": [\n{}\n]}}\n", lines.join(",\n"));
    if stored != text {
        let other = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verdicts.json");
        fs::write(&other, &text).unwrap();
        assert!(text.len() < GOLDEN_BYTES, "{} bytes are too many for a golden file", text.len());
        let (kept, other) = (kept.display(), other.display());
        panic!("{kept} is not what the checks say, which is in {other}: mend a rule, or copy it");
    }
}

#[test]
fn the_simplest_body_of_every_dataset_keeps_all_rules() {
    for dataset in &Dictionary::new().unwrap().datasets {
        let simplest = bodies(dataset).swap_remove(0);
        assert_eq!(judge(dataset, &simplest.bytes), (vec![], false), "{}", dataset.info.name);
    }
}
