//! What the gate writes into a mailbox beyond first verdicts: warnings, and later verdicts.

use sanheyi_exchange_spec::gate::{Findings, Reason, Standing};
use sanheyi_exchange_spec::later::{self, Change, LaterVerdict};
use sanheyi_exchange_spec::receipt::{self, Exception, Receipt};
use sanheyi_exchange_spec::returning::{self, Return, ReturnedEntry};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::STANDARD;
use serde_json::{Value, json};

use crate::entries::{JOURNAL, MORNING};
use crate::tree::root;
use crate::{hex, variant};

/// An entry of which something is said; where it is accepted, a warning.
fn exception(sequence: u64, standing: Standing) -> Exception {
    let mut out = Findings::default();
    match standing {
        Standing::Accepted => out.warning("promise", "power.promise", "承诺过长", "too long"),
        _ => out.error("case_no", "reference.absent", "尚未收到", "has not come yet"),
    }
    let (dataset, record) = ("case.case".to_owned(), "JS048100JT0000000217".to_owned());
    Exception { sequence, standing, dataset, record, revision: 1, reasons: out.into_reasons() }
}

fn receipt() -> Receipt {
    Receipt {
        journal: JOURNAL.parse().unwrap(),
        from: 3,
        to: 9,
        root: root(9),
        standard: STANDARD,
        received: Timestamp::from_micros(MORNING),
        broadcast: 0,
        exceptions: vec![exception(4, Standing::Accepted), exception(8, Standing::Pending)],
    }
}

fn later(changes: Vec<Change>) -> LaterVerdict {
    LaterVerdict {
        journal: JOURNAL.parse().unwrap(),
        standard: STANDARD,
        judged: Timestamp::from_micros(MORNING),
        changes,
    }
}

fn change(sequence: u64, standing: Standing, plain: bool) -> Change {
    let mut verdict = exception(sequence, standing);
    if plain {
        verdict.reasons.clear();
    }
    Change { replaced: Standing::Pending, verdict }
}

fn told(exception: &Exception) -> Value {
    let reasons = exception.reasons.iter().map(|reason| {
        let Reason { field, rule, zh, en, level } = reason;
        json!({"field": field, "rule": rule, "level": level.en(), "zh": zh, "en": en})
    });
    json!({
        "sequence": exception.sequence,
        "standing": exception.standing.en(),
        "dataset": exception.dataset,
        "record": exception.record,
        "revision": exception.revision,
        "reasons": reasons.collect::<Vec<_>>(),
    })
}

fn returned(working_days: u32, sequences: &[u64]) -> Return {
    let entry = |sequence: &u64| ReturnedEntry {
        sequence: *sequence,
        dataset: "case.case".to_owned(),
        record: "JS048100JT0000000217".to_owned(),
        revision: 1,
        digest: root(*sequence),
        rules: vec!["reference.absent".to_owned()],
    };
    Return {
        journal: JOURNAL.parse().unwrap(),
        asked: Timestamp::from_micros(MORNING),
        working_days,
        due: Timestamp::from_micros(MORNING + 1),
        note: "请更正".to_owned(),
        entries: sequences.iter().map(entry).collect(),
    }
}

fn returning_vector() -> Value {
    let letter = returned(5, &[4, 8]);
    assert_eq!(Return::decode(&letter.encode()).unwrap(), letter);
    let entries = letter.entries.iter().map(|one| {
        json!({
            "sequence": one.sequence,
            "dataset": one.dataset,
            "record": one.record,
            "revision": one.revision,
            "digest": one.digest.to_string(),
            "rules": one.rules,
        })
    });
    let refused = [
        ("entries that do not ascend", returned(5, &[4, 4])),
        ("no entry", returned(5, &[])),
        ("no working day", returned(0, &[4])),
    ]
    .map(|(name, letter)| {
        let body = letter.encode();
        let error = variant(&Return::decode(&body).expect_err(name));
        json!({"name": name, "body": hex(body), "error": error})
    });
    json!({
        "dataset": returning::DATASET,
        "journal": JOURNAL,
        "asked": letter.asked.as_micros(),
        "working_days": letter.working_days,
        "due": letter.due.as_micros(),
        "note": letter.note,
        "entries": entries.collect::<Vec<_>>(),
        "body": hex(letter.encode()),
        "refused": refused,
    })
}

pub(super) fn vector() -> Value {
    let receipt = receipt();
    assert_eq!(Receipt::decode(&receipt.encode()).unwrap(), receipt);
    let (accepted, quarantined, pending) = receipt.counts();
    let later_verdict = later(vec![
        change(4, Standing::Accepted, true),
        change(8, Standing::Accepted, false),
        change(9, Standing::Quarantined, false),
        Change { replaced: Standing::Quarantined, ..change(11, Standing::Accepted, true) },
    ]);
    assert_eq!(LaterVerdict::decode(&later_verdict.encode()).unwrap(), later_verdict);
    let changes = later_verdict
        .changes
        .iter()
        .map(|change| json!({"replaced": change.replaced.en(), "verdict": told(&change.verdict)}));
    let twice = vec![change(4, Standing::Accepted, true), change(4, Standing::Accepted, true)];
    let refused = [("changes that do not ascend", later(twice)), ("no change", later(Vec::new()))]
        .map(|(name, later)| {
            let body = later.encode();
            let error = variant(&LaterVerdict::decode(&body).expect_err(name));
            json!({"name": name, "body": hex(body), "error": error})
        });
    json!({
        "receipt": {
            "dataset": receipt::DATASET,
            "exceptions": receipt.exceptions.iter().map(told).collect::<Vec<_>>(),
            "accepted": accepted,
            "quarantined": quarantined,
            "pending": pending,
            "warned": receipt.warned(),
            "body": hex(receipt.encode()),
        },
        "later_verdict": {
            "dataset": later::DATASET,
            "journal": JOURNAL,
            "standard": STANDARD,
            "judged": MORNING,
            "changes": changes.collect::<Vec<_>>(),
            "body": hex(later_verdict.encode()),
            "refused": refused,
        },
        "return": returning_vector(),
    })
}
