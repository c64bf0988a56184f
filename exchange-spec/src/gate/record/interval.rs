//! Validity (有效期): what holds from one instant on holds until a later one, and not for no time at
//! all.

use crate::reason::Findings;

/// An interval of instants is not empty. Reported at `valid_until`.
pub(super) fn instants(from: i64, until: Option<i64>, out: &mut Findings) {
    if until.is_some_and(|until| until <= from) {
        report("valid_until".into(), out);
    }
}

/// The same of days as records write them (`form.date`), of which either may be empty. Reported at
/// `valid_until` below `path`, which is empty or ends with a full stop.
pub(super) fn days(path: &str, from: &str, until: &str, out: &mut Findings) {
    if !from.is_empty() && !until.is_empty() && until <= from {
        report(format!("{path}valid_until"), out);
    }
}

fn report(field: String, out: &mut Findings) {
    out.error(
        field,
        "record.valid_interval",
        "失效时间须晚于生效时间，请改正其中之一；没有失效时间的不填",
        "what it is valid until must be later than what it is valid from: correct one of them, or leave the end out",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::record::tests::rules;

    const FROM: i64 = 1_290_470_400_000_000;

    #[test]
    fn what_is_valid_is_valid_for_some_time() {
        let found = |until| rules(|out| instants(FROM, until, out));
        assert_eq!(found(None), [""; 0]);
        assert_eq!(found(Some(FROM + 1)), [""; 0]);
        assert_eq!(found(Some(FROM)), ["error valid_until record.valid_interval"]);
        assert_eq!(found(Some(FROM - 1)), ["error valid_until record.valid_interval"]);
    }

    #[test]
    fn days_of_validity_are_in_order() {
        let found = |from, until| rules(|out| days("entries[0].", from, until, out));
        for (from, until) in
            [("", ""), ("2009-10-13", ""), ("", "2009-10-13"), ("2009-12-31", "2010-01-01")]
        {
            assert_eq!(found(from, until), [""; 0], "{from} {until}");
        }
        for until in ["2009-10-13", "2009-10-12", "2008-12-31"] {
            let expected = ["error entries[0].valid_until record.valid_interval"];
            assert_eq!(found("2009-10-13", until), expected, "{until}");
        }
    }
}
