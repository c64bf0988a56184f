//! Guides (办事指南): whoever charges a fee says how much, of what, and by what right.

use sanheyi_proto::standard::v1::{Fee, Guide};

use crate::amount;
use crate::reason::Findings;

/// Rules of a guide.
pub(in crate::gate::record) fn guide(guide: &Guide, out: &mut Findings) {
    for (at, one) in guide.fees.iter().enumerate() {
        fee(at, one, out);
    }
}

fn fee(at: usize, fee: &Fee, out: &mut Findings) {
    let which = at + 1;
    if fee.required && fee.amount.is_none() {
        out.error(
            format!("fees[{at}].amount"),
            "record.fee_amount",
            format!("第 {which} 项收费为必收，须写明收费金额，请补填"),
            format!("fee {which} is always due and needs an amount: fill it in"),
        );
    }
    if fee.required && fee.basis.trim().is_empty() {
        out.error(
            format!("fees[{at}].basis"),
            "record.fee_basis",
            format!("第 {which} 项收费为必收，须写明收费依据，请补填"),
            format!("fee {which} is always due and needs a basis: fill it in"),
        );
    }
    if fee.amount.as_ref().is_some_and(|amount| !amount::is_money(amount.unit())) {
        out.error(
            format!("fees[{at}].amount.unit"),
            "record.fee_unit",
            format!("第 {which} 项收费的金额单位只能是元或万元，请改正单位"),
            format!("the amount of fee {which} must be in yuan or ten thousand yuan: correct it"),
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::{Amount, AmountUnit};

    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];

    fn of(fee: Fee) -> Vec<String> {
        let good = Fee { name: "工本费".into(), ..Fee::default() };
        let guide = Guide { fees: vec![good, fee], ..Guide::default() };
        rules(|out| super::guide(&guide, out))
    }

    fn fee(required: bool) -> Fee {
        let amount = Some(Amount { value: "10".into(), unit: AmountUnit::Yuan.into() });
        Fee { required, amount, basis: "苏价费〔2008〕1号".into(), ..Fee::default() }
    }

    #[test]
    fn a_fee_that_is_always_due_has_an_amount() {
        assert_eq!(of(fee(true)), NONE);
        assert_eq!(of(Fee { amount: None, ..fee(false) }), NONE);
        let missing = of(Fee { amount: None, ..fee(true) });
        assert_eq!(missing, ["error fees[1].amount record.fee_amount"]);
    }

    #[test]
    fn a_fee_that_is_always_due_has_a_basis() {
        assert_eq!(of(Fee { basis: String::new(), ..fee(false) }), NONE);
        assert_eq!(of(Fee { basis: "依".into(), ..fee(true) }), NONE);
        for basis in ["", " ", "\u{3000}"] {
            let missing = of(Fee { basis: basis.into(), ..fee(true) });
            assert_eq!(missing, ["error fees[1].basis record.fee_basis"], "{basis:?}");
        }
    }

    #[test]
    fn fees_are_in_yuan_or_ten_thousand_yuan() {
        for entry in sanheyi_proto::code_list("amount_unit", 1).unwrap().entries {
            let unit = AmountUnit::try_from(entry.number).unwrap();
            let amount = Some(Amount { value: "1".into(), unit: unit.into() });
            let found = of(Fee { amount, ..fee(false) });
            if [AmountUnit::Yuan, AmountUnit::WanYuan].contains(&unit) {
                assert_eq!(found, NONE, "{unit:?}");
            } else {
                assert_eq!(found, ["error fees[1].amount.unit record.fee_unit"], "{unit:?}");
            }
        }
    }
}
