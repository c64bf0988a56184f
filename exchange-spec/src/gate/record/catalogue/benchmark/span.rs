//! What a range spans (跨度), and of what: the part of a range that can be compared.

use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::{Amount, AmountUnit, DiscretionRange, RangeType};

use crate::amount::{comparable, decimal, in_base};

/// A range whose ends are numbers. An end that is not given is open.
pub(super) struct Span<'a> {
    penalty_kind: i32,
    of: Measure<'a>,
    low: Option<Decimal>,
    high: Option<Decimal>,
}

/// What the numbers count.
enum Measure<'a> {
    /// Amounts of a unit; of money in yuan.
    Amount(AmountUnit),
    /// Multiples of a base of that name.
    Base(&'a str),
}

// === impl Span ===

impl<'a> Span<'a> {
    /// What a range spans; nothing where it is in words, or its ends do not fit each other.
    pub(super) fn of(range: &'a DiscretionRange) -> Option<Self> {
        let (of, low, high) = match range.r#type() {
            RangeType::Bounds => {
                let units = [&range.low, &range.high].map(|end| end.as_ref().map(Amount::unit));
                let unit = match units {
                    [Some(low), Some(high)] => comparable(low, high).then_some(low),
                    [low, high] => low.or(high),
                };
                let [low, high] =
                    [&range.low, &range.high].map(|end| end.as_ref().and_then(in_base));
                (Measure::Amount(unit?), low, high)
            }
            RangeType::Base => (
                Measure::Base(range.base_name.trim()),
                decimal(&range.low_multiple),
                decimal(&range.high_multiple),
            ),
            RangeType::Other | RangeType::Unspecified => return None,
        };
        let ordered = low.zip(high).is_none_or(|(low, high)| low <= high);
        ordered.then_some(Self { penalty_kind: range.penalty_kind, of, low, high })
    }

    /// Whether both count the same thing of the same penalty.
    pub(super) fn measures_as(&self, other: &Span<'_>) -> bool {
        let alike = match (&self.of, &other.of) {
            (Measure::Amount(one), Measure::Amount(other)) => comparable(*one, *other),
            (Measure::Base(one), Measure::Base(other)) => one == other,
            _ => false,
        };
        alike && self.penalty_kind == other.penalty_kind
    }

    /// Whether every end that `inner` gives lies within the ends that `self` gives.
    pub(super) fn contains(&self, inner: &Span<'_>) -> bool {
        let above = |end: Decimal| self.low.is_none_or(|low| low <= end);
        let below = |end: Decimal| self.high.is_none_or(|high| end <= high);
        [inner.low, inner.high].into_iter().flatten().all(|end| above(end) && below(end))
    }

    /// Whether the two share more than an edge.
    pub(super) fn overlaps(&self, other: &Span<'_>) -> bool {
        let begins_before_end = |one: &Span<'_>, other: &Span<'_>| {
            let low = one.low.unwrap_or(Decimal::ZERO);
            other.high.is_none_or(|high| low < high)
        };
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}
