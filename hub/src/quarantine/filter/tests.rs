//! What filters let pass, and their texts.

use sanheyi_exchange_spec::gate::{Reason, Standing};

use super::*;

fn entry(field: &str, rule: &str, handling: Option<Handling>) -> Quarantined {
    let (dataset, record) = ("case.case".to_owned(), "JS048200SC0000000001".to_owned());
    let standing = if handling.is_some() { Standing::Quarantined } else { Standing::Pending };
    let reasons = vec![Reason::new(field, rule, "不符", "differs")];
    let verdict = Exception { sequence: 7, standing, dataset, record, revision: 2, reasons };
    let journal = JournalNumber::from_column(3);
    Quarantined { journal, verdict, handling, returned: None, later: None, released: None }
}

#[test]
fn rule_and_field_must_meet_in_one_reason() {
    let filter = |rule: Option<&str>, field: Option<&str>| Filter {
        rule: rule.map(str::to_owned),
        field: field.map(str::to_owned),
        ..Filter::default()
    };
    let mut one = entry("parts[1].record", "reference.absent", Some(Handling::Open));
    one.verdict.reasons.push(Reason::new("title", "string.max_len", "过长", "too long"));
    for (rule, field, passes) in [
        (None, None, true),
        (Some("reference.absent"), None, true),
        (None, Some("parts"), true),
        (None, Some("parts[1].record"), true),
        (None, Some("part"), false),
        (Some("string.max_len"), Some("title"), true),
        (Some("string.max_len"), Some("parts"), false),
    ] {
        assert_eq!(filter(rule, field).passes(&one), passes, "{rule:?} {field:?}");
    }
}

#[test]
fn states_divide_what_there_is() {
    let all: Vec<_> =
        Handling::ALL.into_iter().map(Some).chain([None]).map(|one| entry("", "r", one)).collect();
    let count = |text: &str| {
        let state: State = text.parse().unwrap();
        assert_eq!(state.to_string(), text);
        let filter = Filter { state, ..Filter::default() };
        all.iter().filter(|one| filter.passes(one)).count()
    };
    let counts = ["unsettled", "open", "returned", "corrected", "withdrawn", "pending", "all"];
    assert_eq!(counts.map(count), [3, 1, 1, 1, 1, 1, 5]);
    assert!("accepted".parse::<State>().is_err());
}

#[test]
fn names_and_cursors_are_read_as_they_are_written() {
    let platform: PlatformId = "jintan".parse().unwrap();
    let name = EntryName::read(&platform, "case.step/JS04/8200-0001/12").unwrap();
    assert_eq!((name.record.as_str(), name.revision), ("JS04/8200-0001", 12));
    assert_eq!(name.to_string(), "jintan case.step/JS04/8200-0001/12");
    for wrong in ["case.step", "case.step/JS04", "case.step/JS04/x", ""] {
        assert!(EntryName::read(&platform, wrong).is_err(), "{wrong}");
    }
    let cursor: Cursor = "jintan/3/17".parse().unwrap();
    assert_eq!(cursor.to_string(), "jintan/3/17");
    for wrong in ["jintan/3", "jintan/3/17/1", "/3/17", "jintan/x/1", "jintan/3/-1"] {
        assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
    }
    let filter = Filter { platform: Some(platform), rule: Some("r".into()), ..Filter::default() };
    assert_eq!(filter.to_string(), "--state unsettled --platform jintan --rule r");
}
