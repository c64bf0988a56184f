//! Records with one fault each, on all three levels of the gate, for a client that does not keep
//! the standard.

pub(super) mod sound;

use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{Amount, AmountUnit, Case, CaseResult, Certificate, PowerItem};

use self::sound::{AT, case, case_on, item, organisation, result, step};
use super::year::Written;

/// Where a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// At one record: a branch of ours refuses it where it is handed in.
    Record,
    /// At others, too: only who has them can tell.
    Across,
}

/// What is to become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) reach: Reach,
    pub(super) standing: Standing,
    /// The one rule that it breaks.
    pub(super) rule: &'static str,
    /// What becomes of it later, when that has come for which it waits.
    pub(super) later: Option<Standing>,
}

/// A record that a client writes which does not keep the standard.
pub(super) struct Fault {
    pub(super) written: Written,
    /// What it says it follows.
    pub(super) follows: Option<Digest>,
    /// What is to become of it; nothing of a sound record that stands among them.
    pub(super) due: Option<Due>,
}

/// Records of a region that is new to the hub but for its catalogue, in the order in which they are
/// written. But for the one rule named each is sound, so that the good beside them show that only
/// the bad are held back.
#[must_use]
pub(super) fn faulty(region: &str) -> Vec<Fault> {
    let mut faults = of_a_field(region);
    faults.extend(of_a_record(region));
    faults.extend(across_records(region));
    faults
}

fn put(dataset: &'static str, record: impl Into<String>, body: Vec<u8>) -> Written {
    Written {
        dataset,
        record: record.into(),
        revision: 1,
        operation: Operation::Put,
        occurred: Timestamp::from_micros(AT),
        body: body.into(),
    }
}

fn message(dataset: &'static str, record: impl Into<String>, body: &impl Message) -> Written {
    put(dataset, record, body.encode_to_vec())
}

fn quarantined(written: Written, rule: &'static str) -> Fault {
    let due = Due { reach: Reach::Record, standing: Standing::Quarantined, rule, later: None };
    Fault { written, follows: None, due: Some(due) }
}

fn good(written: Written) -> Fault {
    Fault { written, follows: None, due: None }
}

/// A case with a fault.
fn with_case(region: &str, serial: u64, fault: impl FnOnce(&mut Case)) -> Written {
    let mut case = case(region, serial);
    let no = case.no.clone();
    fault(&mut case);
    message("case.case", no, &case)
}

/// What the fields of one record say by themselves.
fn of_a_field(region: &str) -> Vec<Fault> {
    let with_item = |number, fault: &dyn Fn(&mut PowerItem)| {
        let mut item = item(region, number);
        let record = format!("{}-{}", item.code, item.version);
        fault(&mut item);
        message("catalogue.power_item", record, &item)
    };
    let negative = Case { promise: None, ..case(region, 4) };
    let mut wrong = step(&case(region, 8).no, 1);
    wrong.status = 99;
    let mut body = organisation(region);
    body.credit_code.replace_range(17.., "0");
    let unknown = case(region, 6);
    vec![
        quarantined(
            with_case(region, 1, |case| case.title = "标题过长".repeat(60)),
            "string.max_len",
        ),
        quarantined(
            with_case(region, 2, |case| case.power_code = "XK-1030".into()),
            "string.pattern",
        ),
        quarantined(
            with_case(region, 3, |case| {
                if let Some(applicant) = &mut case.applicant {
                    applicant.name.clear();
                }
            }),
            "string.min_len",
        ),
        quarantined(
            put("case.case", negative.no.clone(), minus_five_days(&negative)),
            "uint32.gte_lte",
        ),
        quarantined(
            put("case.case", case(region, 5).no, b"<case><no>5</no></case>".to_vec()),
            "wire",
        ),
        quarantined(with_item(9010, &|item| item.kind = 13), "enum.defined_only"),
        quarantined(with_item(9020, &|item| item.legal_basis.clear()), "repeated.min_items"),
        quarantined(
            message("case.step", format!("{}-0001", wrong.case_no), &wrong),
            "enum.defined_only",
        ),
        quarantined(
            message("organisation.organisation", body.code.clone(), &body),
            "form.credit_code",
        ),
        quarantined(
            with_case(region, 7, |case| case.created_at = case.applied_at - 1),
            "not_before",
        ),
        Fault {
            written: message("case.future", unknown.no.clone(), &unknown),
            follows: None,
            due: Some(Due {
                reach: Reach::Record,
                standing: Standing::Pending,
                rule: "dataset.unknown",
                later: None,
            }),
        },
    ]
}

/// A case without its promise, and after it a promise of -5 working days, as a sender writes it who
/// takes the number for signed.
fn minus_five_days(case: &Case) -> Vec<u8> {
    let mut body = case.encode_to_vec();
    body.extend([0x62, 13]);
    body.extend([0x08, 0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    body.extend([0x10, 0x02]);
    body
}

/// What the fields of one record say of each other.
fn of_a_record(region: &str) -> Vec<Fault> {
    let with_result = |serial, fault: &dyn Fn(&mut CaseResult)| {
        let mut result = result(&case(region, serial).no);
        fault(&mut result);
        message("case.result", result.case_no.clone(), &result)
    };
    vec![
        quarantined(
            with_result(21, &|result| {
                result.certificates.push(Certificate {
                    name: "港口经营许可证".into(),
                    number: "JT-2010-21".into(),
                    valid_from: "2010-12-30".into(),
                    valid_until: "2009-12-30".into(),
                    ..Certificate::default()
                });
            }),
            "record.certificate_dates",
        ),
        quarantined(
            with_result(22, &|result| {
                let unit = AmountUnit::Piece.into();
                result.receivable =
                    Some(Amount { value: "200".into(), unit: AmountUnit::Yuan.into() });
                result.paid = Some(Amount { value: "200".into(), unit });
            }),
            "record.amount_unit",
        ),
        quarantined(with_result(23, &|result| result.last_step = 0), "record.result_steps"),
        quarantined(message("case.case", case(region, 24).no, &case(region, 25)), "record.name"),
        quarantined(
            with_case(region, 26, |case| {
                case.applicant.get_or_insert_default().paper_number = "329900197001010000".into();
            }),
            "record.paper_number",
        ),
        quarantined(
            with_case(region, 27, |case| case.power_code = case.power_code.replace("XK", "CF")),
            "record.power_kind",
        ),
    ]
}

/// What a record says of others.
fn across_records(region: &str) -> Vec<Fault> {
    let across = |written, standing, rule, later| {
        let due = Due { reach: Reach::Across, standing, rule, later };
        Fault { written, follows: None, due: Some(due) }
    };
    let (waiting, absent) = (Standing::Pending, "reference.absent");
    let second = step(&case(region, 1).no, 2);
    let early = step(&case(region, 33).no, 1);
    let early_record = format!("{}-0001", early.case_no);
    let wrong = Some(Digest::new([0x2a; 32]));
    let revised = Written { revision: 2, ..with_case(region, 32, |case| case.change_number = 2) };
    vec![
        // A step of a case that is quarantined.
        across(
            message("case.step", format!("{}-0002", second.case_no), &second),
            Standing::Accepted,
            "reference.quarantined",
            None,
        ),
        // A case on an item that never comes.
        across(
            message("case.case", case(region, 31).no, &case_on(region, 31, 9990)),
            waiting,
            absent,
            None,
        ),
        // A revision that follows another than the one that is there.
        good(with_case(region, 32, |_| ())),
        Fault {
            follows: wrong,
            ..across(revised, Standing::Quarantined, "revision.follows", None)
        },
        // A step that is there before its case.
        across(
            message("case.step", early_record, &early),
            waiting,
            absent,
            Some(Standing::Accepted),
        ),
        good(with_case(region, 33, |_| ())),
    ]
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::gate::{Findings, Verdict, check_body};
    use sanheyi_exchange_spec::ids::RecordId;
    use sanheyi_proto::{Violations, dataset};

    use super::*;
    use crate::demo::foreign::zone;
    use crate::demo::model::Gate;
    use crate::demo::year::publication;

    /// The rules that a body breaks by itself, as a branch names them.
    fn rules(written: &Written) -> Vec<String> {
        let Some(known) = dataset(written.dataset) else { return vec!["dataset.unknown".into()] };
        let (mut violations, mut out) = (Violations::new(), Findings::default());
        check_body(known, &written.record, &written.body, &mut violations, &mut out);
        out.into_reasons().into_iter().map(|reason| reason.rule).collect()
    }

    #[test]
    fn each_breaks_exactly_the_rule_it_names() {
        for region in ["0402", "0412", "0481", "0482"] {
            for Fault { written, due, .. } in faulty(region) {
                assert!(written.record.parse::<RecordId>().is_ok(), "{}", written.record);
                let due = due.filter(|due| due.reach == Reach::Record);
                let expected: Vec<&str> = due.iter().map(|due| due.rule).collect();
                assert_eq!(rules(&written), expected, "{}", written.record);
            }
        }
    }

    #[test]
    fn the_gate_finds_of_each_what_is_due() {
        let zone = zone("jingkai".parse().unwrap());
        let mut gate = Gate::default();
        for one in publication(&zone) {
            assert_eq!(gate.next(&one).standing, Standing::Accepted);
        }
        let mut later = 0;
        for Fault { written, follows, due } in faulty(zone.region) {
            let verdict = gate.judge(&written, follows);
            let rules: Vec<_> = verdict.reasons.iter().map(|one| one.rule.as_str()).collect();
            let expected: Vec<_> = due.iter().map(|due| due.rule).collect();
            assert_eq!(rules, expected, "{}", written.record);
            assert_eq!(verdict.standing, due.map_or(Standing::Accepted, |due| due.standing));
            later += usize::from(due.is_some_and(|due| due.later.is_some()));
        }
        let changed = gate.again();
        assert_eq!(changed.len(), later);
        assert!(changed.iter().all(|(_, verdict)| *verdict == Verdict::accepted()), "{changed:?}");
    }
}
