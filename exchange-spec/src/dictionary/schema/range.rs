//! A regular expression for the integers of a range, because JSON writes 64 bits as text and JSON
//! Schema compares numbers only.

/// Matches the decimal numbers from `low` to `high`, in the one form that has no superfluous zero.
pub(super) fn pattern(low: i64, high: i64) -> String {
    let mut ways = Vec::new();
    if low < 0 {
        let nearest = if high < 0 { high.unsigned_abs() } else { 1 };
        ways.extend(between(nearest, low.unsigned_abs()).into_iter().map(|way| format!("-{way}")));
    }
    if high >= 0 {
        ways.extend(between(low.max(0).unsigned_abs(), high.unsigned_abs()));
    }
    format!("^({})$", ways.join("|"))
}

/// Expressions for the numbers from `low` to `high`, one length after the other.
fn between(low: u64, high: u64) -> Vec<String> {
    let mut ways = Vec::new();
    let mut low = low;
    loop {
        let digits = low.to_string().len();
        let last = u32::try_from(digits).ok().and_then(|digits| 10_u64.checked_pow(digits));
        let last = last.map_or(u64::MAX, |next| next - 1).min(high);
        same_length(&low.to_string(), &last.to_string(), &mut ways, "");
        match last.checked_add(1) {
            Some(next) if next <= high => low = next,
            _ => return ways,
        }
    }
}

/// Numbers of one length: digits that both ends share, then the first that differs.
fn same_length(low: &str, high: &str, ways: &mut Vec<String>, before: &str) {
    let all = |text: &str, digit: char| text.chars().all(|c| c == digit);
    let rest = low.len().saturating_sub(1);
    let (Some(first), Some(last)) = (low.chars().next(), high.chars().next()) else {
        ways.push(before.to_owned());
        return;
    };
    let (low_rest, high_rest) =
        (low.get(1..).unwrap_or_default(), high.get(1..).unwrap_or_default());
    if first == last {
        return same_length(low_rest, high_rest, ways, &format!("{before}{first}"));
    }
    let (mut from, mut to) = (first, last);
    if !all(low_rest, '0') {
        same_length(low_rest, &"9".repeat(rest), ways, &format!("{before}{first}"));
        from = shifted(first, 1);
    }
    let whole = all(high_rest, '9');
    if !whole {
        to = shifted(last, -1);
    }
    if from <= to {
        let digit = if from == to { from.to_string() } else { format!("[{from}-{to}]") };
        let any = match rest {
            0 => String::new(),
            1 => "[0-9]".to_owned(),
            rest => format!("[0-9]{{{rest}}}"),
        };
        ways.push(format!("{before}{digit}{any}"));
    }
    if !whole {
        same_length(&"0".repeat(rest), high_rest, ways, &format!("{before}{last}"));
    }
}

fn shifted(digit: char, by: i8) -> char {
    u8::try_from(digit)
        .ok()
        .and_then(|digit| digit.checked_add_signed(by))
        .map_or(digit, char::from)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    /// The expressions in a pattern, applied by hand: classes of digits and counts.
    fn matches(pattern: &str, text: &str) -> bool {
        let inner = pattern.trim_start_matches("^(").trim_end_matches(")$");
        inner.split('|').any(|way| one(way, text))
    }

    fn one(way: &str, text: &str) -> bool {
        let (mut way, mut text) = (way, text);
        while let Some(first) = way.chars().next() {
            let (set, rest) = match way.strip_prefix('[') {
                Some(class) => {
                    let (class, rest) = class.split_once(']').unwrap();
                    let ends: Vec<char> = class.chars().collect();
                    ((ends[0], ends[2]), rest)
                }
                None => ((first, first), &way[1..]),
            };
            let (count, rest) = match rest.strip_prefix('{') {
                Some(count) => {
                    let (count, rest) = count.split_once('}').unwrap();
                    (count.parse().unwrap(), rest)
                }
                None => (1, rest),
            };
            for _ in 0..count {
                match text.chars().next() {
                    Some(c) if (set.0..=set.1).contains(&c) => text = &text[1..],
                    _ => return false,
                }
            }
            way = rest;
        }
        text.is_empty()
    }

    #[test]
    fn a_pattern_takes_the_numbers_of_its_range_and_no_others() {
        for (low, high) in [(0, 0), (0, 9), (1, 20), (7, 7), (98, 1_203), (-15, 15), (-20, -3)] {
            let pattern = pattern(low, high);
            for number in -1_300..=1_300_i64 {
                let within = (low..=high).contains(&number);
                assert_eq!(matches(&pattern, &number.to_string()), within, "{pattern} {number}");
            }
        }
    }

    #[test]
    fn the_bounds_of_instants_and_of_the_type_are_met() {
        for (low, high) in [(631_152_000_000_000, 4_102_444_799_999_999), (i64::MIN, i64::MAX)] {
            let pattern = pattern(low, high);
            let inside = [low, high, low + 1, high - 1, low / 2 + high / 2];
            for number in inside {
                assert!(matches(&pattern, &number.to_string()), "{pattern} {number}");
            }
            for number in [i128::from(low) - 1, i128::from(high) + 1] {
                assert!(!matches(&pattern, &number.to_string()), "{pattern} {number}");
            }
        }
        assert!(!matches(&pattern(0, 9), "-0") && !matches(&pattern(0, 99), "07"));
    }
}
