//! What the hub says of the exchange: platforms and bulletins (通报).

use sanheyi_proto::standard::v1::{Bulletin, Platform};

use super::interval;
use crate::reason::Findings;

/// Rules of a platform.
pub(super) fn platform(platform: &Platform, out: &mut Findings) {
    for (at, region) in platform.regions.iter().enumerate() {
        let path = format!("regions[{at}].");
        interval::days(&path, &region.valid_from, &region.valid_until, out);
    }
}

/// Rules of a bulletin.
pub(super) fn bulletin(bulletin: &Bulletin, out: &mut Findings) {
    // Days as records write them order as texts.
    if bulletin.period_until < bulletin.period_from {
        out.error(
            "period_until",
            "record.bulletin_period",
            "截止日期不得早于起始日期，请改正其中之一",
            "the last day of the period is not before its first: correct one of them",
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::PlatformRegion;

    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];

    #[test]
    fn a_platform_stands_for_a_region_for_some_time() {
        let of = |from: &str, until: &str| {
            let (valid_from, valid_until) = (from.into(), until.into());
            let region = PlatformRegion { valid_from, valid_until, ..PlatformRegion::default() };
            let one = Platform { regions: vec![region], ..Platform::default() };
            rules(|out| platform(&one, out))
        };
        assert_eq!(of("", "2015-06-01"), NONE);
        assert_eq!(of("2015-05-31", "2015-06-01"), NONE);
        let never = ["error regions[0].valid_until record.valid_interval"];
        assert_eq!(of("2015-06-01", "2015-06-01"), never);
    }

    #[test]
    fn the_period_of_a_bulletin_is_in_order() {
        let of = |from: &str, until: &str| {
            let (period_from, period_until) = (from.into(), until.into());
            let one = Bulletin { period_from, period_until, ..Bulletin::default() };
            rules(|out| bulletin(&one, out))
        };
        assert_eq!(of("2010-10-01", "2010-12-31"), NONE);
        assert_eq!(of("2010-10-01", "2010-10-01"), NONE, "one day");
        let backwards = ["error period_until record.bulletin_period"];
        assert_eq!(of("2010-10-01", "2010-09-30"), backwards);
    }
}
