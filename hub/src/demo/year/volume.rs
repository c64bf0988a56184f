//! How many cases begin on a day, when, and on which items.

use jiff::civil::{Date, Weekday};
use sanheyi_proto::standard::v1::PowerKind;

use super::chance::Chance;
use crate::demo::items::Item;

/// Per cent of the plan in each month: low in February with the Spring Festival, high in spring
/// and in December.
const MONTHS: [u32; 12] = [92, 62, 122, 118, 116, 110, 92, 86, 95, 90, 100, 124];
/// Per cent of the plan on each weekday from Monday.
const WEEKDAYS: [u32; 7] = [124, 106, 100, 96, 76, 45, 40];
/// How the half hours of a working day compare.
const HALF_HOURS: [u32; 14] = [9, 13, 14, 13, 10, 6, 6, 9, 11, 11, 9, 7, 5, 3];

/// Registered residents (户籍人口) of each region at the end of 2013, in hundreds, as the police
/// counted them: `hub/data/README.md` says where that stands. It is the year next to 2010 for which
/// a list of all seven was found.
const RESIDENTS: [(&str, u64); 7] = [
    ("0482", 5516),
    ("0481", 7901),
    ("0412", 10293),
    ("0402", 3731),
    ("0404", 3587),
    ("0405", 787),
    ("0411", 4775),
];

/// The items with most cases, from the first.
const BUSY: [&str; 16] = [
    "户口登记",
    "内资企业登记",
    "内地居民结婚登记",
    "道路交通事故认定",
    "食品经营许可",
    "对饮酒后驾驶机动车的处罚",
    "公共场所卫生许可",
    "失业保险金的给付",
    "水资源费征收",
    "对车辆超限在公路上擅自行驶的处罚",
    "特种设备使用登记",
    "工伤认定",
    "户外广告设置的审批",
    "最低生活保障金的给付",
    "对食品生产经营活动的监督检查",
    "城市建筑垃圾处置核准",
];

/// The rhythm of a district.
pub(super) struct Volume {
    /// Cases on an average day, in thousandths.
    average: u64,
    /// How often each item is used, by its position in the catalogue.
    weights: Vec<u32>,
}

impl Volume {
    /// Cases are shared out by residents: the average district has `cases` on an average day, and
    /// whoever has twice its residents has twice as many.
    pub(super) fn new(region: &str, cases: u32, items: &[Item], chance: &mut Chance) -> Self {
        let all: u64 = RESIDENTS.iter().map(|(_, residents)| residents).sum();
        let districts = RESIDENTS.len() as u64;
        let own = RESIDENTS.iter().find(|(known, _)| *known == region);
        let own = own.map_or(all / districts, |(_, residents)| *residents);
        let average = u64::from(cases) * 1000 * own * districts / all;
        Self { average, weights: weights(items, chance) }
    }

    /// The cases that begin on a working day, in the order of time: the second of the working day,
    /// and the position of the item, which is in force.
    pub(super) fn openings(
        &self,
        day: Date,
        in_force: impl Fn(usize) -> bool,
        chance: &mut Chance,
    ) -> Vec<(u32, usize)> {
        let month = MONTHS[usize::try_from(day.month() - 1).unwrap_or(0)];
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        let part = [month, WEEKDAYS[weekday], chance.between(85, 115)];
        let expected = part.iter().fold(self.average, |all, part| all * u64::from(*part) / 100);
        let rest = u32::try_from(expected % 1000).unwrap_or(0);
        let count = expected / 1000 + u64::from(chance.per_mille(rest));

        let mut hours = HALF_HOURS;
        if day.weekday() == Weekday::Friday {
            hours[6..].iter_mut().for_each(|weight| *weight = *weight * 2 / 5);
        }
        let weight = |(item, weight): (usize, &u32)| if in_force(item) { *weight } else { 0 };
        let weights: Vec<u32> = self.weights.iter().enumerate().map(weight).collect();
        let opening = |_| {
            let half_hour = u32::try_from(chance.weighted(&hours)).unwrap_or(0);
            (half_hour * 1800 + chance.below(1800), chance.weighted(&weights))
        };
        let mut openings: Vec<_> = (0..count).map(opening).collect();
        openings.sort_unstable();
        openings
    }
}

/// A few items carry most cases: the weight of an item is one part in its rank. Nothing was
/// requisitioned in 2010.
fn weights(items: &[Item], chance: &mut Chance) -> Vec<u32> {
    let place = |name: &str| BUSY.iter().position(|busy| *busy == name);
    let mut order: Vec<usize> = (0..items.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, chance.index(last + 1));
    }
    order.sort_by_key(|item| place(&items[*item].name).unwrap_or(BUSY.len()));
    let mut weights = vec![0; items.len()];
    for (weight, item) in (2..).map(|rank| 1_000_000 / rank).zip(order) {
        weights[item] = if items[item].kind == PowerKind::Zy { 0 } else { weight };
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busy_items_are_in_the_list() {
        let items = crate::demo::items::items();
        for busy in BUSY {
            assert!(items.iter().any(|item| item.name == busy), "{busy}");
        }
    }

    #[test]
    fn districts_share_the_cases_by_their_residents() {
        let items = crate::demo::items::items();
        let average =
            |region| Volume::new(region, 100, &items, &mut Chance::new(1, region)).average;
        let each = RESIDENTS.map(|(region, _)| average(region));
        let off = each.iter().sum::<u64>().abs_diff(700_000);
        assert!(off < 7, "seven districts of 100 cases on average: {each:?}");
        for ((region, residents), thousandths) in RESIDENTS.into_iter().zip(each) {
            // 36590 hundreds of residents share 700000 thousandths of a case.
            let due = residents * 700_000 / 36_590;
            assert_eq!(thousandths, due, "{region}");
        }
    }
}
