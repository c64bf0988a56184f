//! Amounts of money (金额), exact: 元 and 万元 are different things, and nothing else is money.

use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::Amount;

use super::Field;
use crate::amount;
use crate::reason::Findings;

/// An amount in yuan; `None` where its unit is not of money.
pub(super) fn yuan(amount: &Amount) -> Option<Decimal> {
    amount::is_money(amount.unit()).then(|| amount::in_base(amount))?
}

/// The same of an amount that may be absent: then it is 0.
pub(super) fn yuan_or_zero(amount: Option<&Amount>) -> Option<Decimal> {
    amount.map_or(Some(Decimal::ZERO), yuan)
}

/// Whether an amount is there and more than 0, of whatever unit.
pub(super) fn some(amount: Option<&Amount>) -> bool {
    let value = amount.and_then(|amount| amount::decimal(&amount.value));
    value.is_some_and(|value| value > Decimal::ZERO)
}

/// Money has a unit of money.
pub(super) fn unit(field: Field<'_>, amount: Option<&Amount>, out: &mut Findings) {
    let Some(amount) = amount else { return };
    if amount::is_money(amount.unit()) {
        return;
    }
    out.error(
        format!("{}.unit", field.name),
        "record.amount_unit",
        format!("“{}”的单位只能是元或万元，请改正单位", field.zh),
        format!("the unit of “{}” must be yuan or ten thousand yuan: correct the unit", field.en),
    );
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::AmountUnit;

    use super::*;

    fn amount(value: &str, unit: AmountUnit) -> Amount {
        Amount { value: value.into(), unit: unit.into() }
    }

    #[test]
    fn wan_yuan_are_ten_thousand_yuan_and_days_are_no_money() {
        let yuan_of = |value, unit| yuan(&amount(value, unit)).map(|value| value.to_string());
        assert_eq!(yuan_of("2000", AmountUnit::Yuan).as_deref(), Some("2000"));
        assert_eq!(yuan_of("0.2", AmountUnit::WanYuan).as_deref(), Some("2000.0"));
        assert_eq!(
            yuan_of("99999999999999.999999", AmountUnit::WanYuan).as_deref(),
            Some("999999999999999999.990000")
        );
        assert_eq!(yuan_of("5", AmountUnit::Day), None);
        assert_eq!(yuan_or_zero(None), Some(Decimal::ZERO));
        assert!(!some(None) && !some(Some(&amount("0.00", AmountUnit::Yuan))));
        assert!(some(Some(&amount("0.000001", AmountUnit::WanYuan))));
    }

    #[test]
    fn money_has_a_unit_of_money() {
        let field = Field { name: "fine", zh: "罚款金额", en: "fine" };
        for (unit_of, fires) in [
            (AmountUnit::Yuan, false),
            (AmountUnit::WanYuan, false),
            (AmountUnit::Day, true),
            (AmountUnit::Percent, true),
            (AmountUnit::Unspecified, true),
        ] {
            let mut out = Findings::default();
            unit(field, Some(&amount("1", unit_of)), &mut out);
            assert_eq!(out.has_error(), fires, "{unit_of:?}");
        }
    }
}
