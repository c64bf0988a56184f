//! Invented people and firms.
//!
//! Nobody here exists: their numbers are of [`super::numbers`]. After the place, names of firms go
//! on with 拟, 演, 例 or 试: as if.

use sanheyi_proto::standard::v1::{
    Applicant, ApplicantType, PaperType, PowerKind, Target, TargetType,
};

use super::District;
use super::chance::Chance;
use super::numbers::{citizen_number, organisation_code, telephone};
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
        name: name(chance),
        paper_type: PaperType::CitizenCard.into(),
        paper_number: citizen_number(chance),
        phone: telephone(chance.below(10_000_000)),
        address: format!("{}{street}{}号", district.title_zh, chance.between(1, 288)),
        ..Applicant::default()
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
        legal_representative: format!(
            "{}{}",
            SURNAMES[number % SURNAMES.len()],
            GIVEN[number % GIVEN.len()]
        ),
        ..Applicant::default()
    }
}

/// The same as the party of a penalty case.
pub(super) fn target(applicant: Applicant) -> Target {
    let kind = match applicant.r#type() {
        ApplicantType::Person => TargetType::Person,
        _ => TargetType::Organisation,
    };
    Target {
        r#type: kind.into(),
        name: applicant.name,
        paper_type: applicant.paper_type,
        paper_number: applicant.paper_number,
        legal_representative: applicant.legal_representative,
        phone: applicant.phone,
        address: applicant.address,
        ..Target::default()
    }
}

/// Somebody's name.
pub(super) fn name(chance: &mut Chance) -> String {
    format!("{}{}", chance.pick(&SURNAMES), chance.pick(&GIVEN))
}
