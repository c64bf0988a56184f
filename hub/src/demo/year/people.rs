//! Invented people and firms.
//!
//! Nobody here exists: all numbers are synthetic. Citizen numbers begin with 329900 and
//! organisation codes with `SY`, which are given to nobody; their check digits are right, so that
//! they pass wherever numbers are checked. Local telephone numbers begin with 0. After the place,
//! names of firms go on with 拟, 演, 例 or 试: as if.

use sanheyi_proto::standard::v1::{Applicant, ApplicantType, PaperType, PowerKind};

use super::District;
use super::chance::Chance;
use super::flow::Post;
use crate::demo::items::Item;

const SURNAMES: [&str; 24] = [
    "陈", "王", "张", "蒋", "周", "徐", "朱", "吴", "潘", "史", "狄", "谢", "汤", "虞", "庄", "巢",
    "恽", "钱", "沈", "顾", "许", "陆", "薛", "管",
];
const GIVEN: [&str; 30] = [
    "建国", "秀英", "文斌", "晓燕", "志强", "丽华", "国庆", "小红", "永明", "雪芬", "海波", "玉兰",
    "俊杰", "敏", "伟", "芳", "卫民", "素琴", "春生", "亚萍", "洪才", "静", "立", "金凤", "学文",
    "美娟", "锁根", "云", "鹏飞", "腊梅",
];
const AS_IF: [&str; 4] = ["拟", "演", "例", "试"];
const WORDS: [&str; 12] = ["川", "禾", "泉", "澜", "峰", "帆", "岳", "澄", "和", "达", "源", "诚"];
const TRADES: [&str; 14] = [
    "机械",
    "纺织",
    "餐饮",
    "建材",
    "化工",
    "电子",
    "运输",
    "商贸",
    "房地产开发",
    "建筑工程",
    "食品",
    "广告",
    "物业",
    "农业科技",
];
const STREETS: [&str; 10] = [
    "甲一路",
    "甲二路",
    "乙一路",
    "乙二路",
    "丙一路",
    "丙二路",
    "丁一路",
    "丁二路",
    "戊一路",
    "戊二路",
];
const CLERKS: [&str; 20] = [
    "陈一鸣",
    "王静宜",
    "张书恒",
    "蒋佩兰",
    "周允中",
    "徐若虹",
    "朱启元",
    "吴思齐",
    "潘月新",
    "史可立",
    "狄青禾",
    "谢婉如",
    "汤守诚",
    "虞明远",
    "庄惠",
    "巢志清",
    "恽文",
    "钱程",
    "沈秋实",
    "顾念慈",
];

/// Words in the names of items that concern persons only.
const PERSONAL: [&str; 19] = [
    "户口",
    "结婚",
    "收养",
    "工伤",
    "交通事故",
    "教师",
    "医师",
    "医行",
    "运动员",
    "饮酒",
    "殴打",
    "盗伐",
    "戒毒",
    "退休",
    "见义勇为",
    "法律援助",
    "残疾人生活",
    "扣留机动车",
    "退役",
];

/// Somebody at whom a case on the item is directed.
pub(super) fn applicant(item: &Item, district: &District, chance: &mut Chance) -> Applicant {
    let persons = match item.kind {
        _ if PERSONAL.iter().any(|word| item.name.contains(word)) => 1000,
        PowerKind::Gf => 950,
        PowerKind::Jl => 600,
        PowerKind::Cf | PowerKind::Qz | PowerKind::Qr => 350,
        PowerKind::Xk => 200,
        _ => 50,
    };
    let mut applicant =
        if chance.per_mille(persons) { person(district, chance) } else { firm(district, chance) };
    if chance.per_mille(60) {
        applicant.phone.clear();
    }
    applicant
}

fn person(district: &District, chance: &mut Chance) -> Applicant {
    let street = chance.pick(&STREETS);
    Applicant {
        r#type: ApplicantType::Person.into(),
        name: format!("{}{}", chance.pick(&SURNAMES), chance.pick(&GIVEN)),
        paper_type: PaperType::CitizenCard.into(),
        paper_number: citizen_number(chance),
        phone: telephone(chance.below(10_000_000)),
        address: format!("{}{street}{}号", district.title_zh, chance.between(1, 288)),
    }
}

/// A firm of the district: when its name comes again, so do its code and its address.
fn firm(district: &District, chance: &mut Chance) -> Applicant {
    let (as_if, word, trade) =
        (chance.index(AS_IF.len()), chance.index(WORDS.len()), chance.index(TRADES.len()));
    let number = (as_if * WORDS.len() + word) * TRADES.len() + trade;
    let place = district.title_zh;
    let short = place.trim_end_matches(['市', '区']);
    let street = STREETS[number % STREETS.len()];
    Applicant {
        r#type: ApplicantType::LegalPerson.into(),
        name: format!("{short}{}{}{}有限公司", AS_IF[as_if], WORDS[word], TRADES[trade]),
        paper_type: PaperType::OrganisationCode.into(),
        paper_number: organisation_code(&district.region[2..], number),
        phone: telephone(u32::try_from(number * 7919).unwrap_or(0)),
        address: format!("{place}{street}{}号", number / STREETS.len() + 1),
    }
}

/// Code and name of the clerk who sits at a post of a department: one of two.
pub(super) fn clerk(letters: &str, post: Post, chance: &mut Chance) -> (String, &'static str) {
    let department: usize = letters.bytes().map(usize::from).sum();
    let number = (department * 3 + post as usize * 2 + chance.index(2)) % CLERKS.len();
    (format!("{letters}-{:03}", number + 1), CLERKS[number])
}

/// A telephone number that nobody has.
pub(super) fn telephone(number: u32) -> String {
    format!("0519-0{number:07}")
}

/// A citizen number (GB 11643) of a region that does not exist.
fn citizen_number(chance: &mut Chance) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (year, month, day) =
        (chance.between(1940, 1990), chance.between(1, 12), chance.between(1, 28));
    let mut number = format!("329900{year}{month:02}{day:02}{:03}", chance.below(1000));
    let digits = number.bytes().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    number.push(char::from(b"10X98765432"[(sum % 11) as usize]));
    number
}

/// An organisation code (GB 11714) that is given to nobody.
fn organisation_code(region: &str, number: usize) -> String {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut code = format!("SY{region}{number:04}");
    let values = code.chars().filter_map(|symbol| symbol.to_digit(36));
    let sum: u32 = values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    code.push(char::from(b"0X987654321"[(sum % 11) as usize]));
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_check_digit_and_nobody_has_them() {
        let mut chance = Chance::new(1, "0482");
        for number in 0..100 {
            let (citizen, firm) = (citizen_number(&mut chance), organisation_code("82", number));
            assert!(citizen.starts_with("329900") && citizen.len() == 18, "{citizen}");
            assert!(firm.starts_with("SY") && firm.len() == 9, "{firm}");
            // ISO 7064 MOD 11-2: doubling along the number leaves 1.
            let value = |symbol: char| symbol.to_digit(10).unwrap_or(10);
            let rest = citizen.chars().fold(0, |rest, symbol| (rest * 2 + value(symbol)) % 11);
            assert_eq!(rest, 1, "{citizen}");
        }
    }
}
