//! Amounts (数额): exact decimals with units, compared only where their units allow it.
//!
//! Yuan and ten thousand yuan are two units of one thing and convert exactly; no other pair does.
//! Nothing here is ever a floating-point number.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::{Amount, AmountUnit};

/// Yuan in a 万元.
const YUAN_OF_WAN: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// The value of a decimal as records hold it (`form.decimal`); `None` where the text is none.
pub fn decimal(text: &str) -> Option<Decimal> {
    if !sanheyi_proto::forms::decimal(text) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

/// Whether two amounts measure the same thing, so that [`compare`] has an answer.
pub fn comparable(one: AmountUnit, other: AmountUnit) -> bool {
    base(one) == base(other) && one != AmountUnit::Unspecified
}

/// Compares two amounts, converting between 元 and 万元; `None` where their units measure different
/// things, or a value is no decimal.
pub fn compare(one: &Amount, other: &Amount) -> Option<Ordering> {
    if !comparable(one.unit(), other.unit()) {
        return None;
    }
    Some(in_base(one)?.cmp(&in_base(other)?))
}

/// Whether the unit is one of money: 元 or 万元.
pub fn is_money(unit: AmountUnit) -> bool {
    base(unit) == AmountUnit::Yuan
}

/// The amount in the least unit of its kind: money in yuan, everything else as it stands.
pub fn in_base(amount: &Amount) -> Option<Decimal> {
    let value = decimal(&amount.value)?;
    if amount.unit() == AmountUnit::WanYuan { value.checked_mul(YUAN_OF_WAN) } else { Some(value) }
}

/// The least unit of what a unit measures.
fn base(unit: AmountUnit) -> AmountUnit {
    if unit == AmountUnit::WanYuan { AmountUnit::Yuan } else { unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(value: &str, unit: AmountUnit) -> Amount {
        Amount { value: value.into(), unit: unit.into() }
    }

    #[test]
    fn yuan_and_ten_thousand_yuan_convert_exactly() {
        let (yuan, wan) = (AmountUnit::Yuan, AmountUnit::WanYuan);
        for (one, other, expected) in [
            (amount("2000", yuan), amount("0.2", wan), Ordering::Equal),
            (amount("2000.01", yuan), amount("0.2", wan), Ordering::Greater),
            (amount("0.01", yuan), amount("0.000001", wan), Ordering::Equal),
            (amount("0.010001", yuan), amount("0.000001", wan), Ordering::Greater),
            (
                amount("99999999999999.999999", wan),
                amount("99999999999999", yuan),
                Ordering::Greater,
            ),
            (amount("1.50", yuan), amount("1.5", yuan), Ordering::Equal),
        ] {
            assert_eq!(compare(&one, &other), Some(expected), "{one:?} {other:?}");
            assert_eq!(compare(&other, &one), Some(expected.reverse()), "{one:?} {other:?}");
        }
        assert!(is_money(yuan) && is_money(wan) && !is_money(AmountUnit::Day));
    }

    #[test]
    fn other_units_are_not_compared() {
        let (day, month) = (amount("30", AmountUnit::Day), amount("1", AmountUnit::Month));
        assert_eq!(compare(&day, &month), None);
        assert_eq!(compare(&day, &amount("30", AmountUnit::Yuan)), None);
        let nothing = amount("1", AmountUnit::Unspecified);
        assert_eq!(compare(&nothing, &nothing), None);
    }

    #[test]
    fn only_decimals_of_the_form_are_read() {
        for wrong in ["", "-1", "+1", "01", "1.", ".5", "1e3", "1.0000001", "１", "1,000"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
        assert_eq!(decimal("0.5").map(|value| value.to_string()), Some("0.5".into()));
    }
}
