//! The real power items (权力事项) of the embedded list, as a district publishes them.

use sanheyi_proto::standard::v1::{
    HandlingType, LegalBasis, Limit, LimitUnit, PersonInCharge, PowerItem, PowerKind, PowerState,
    PublicationForm,
};
use serde::Deserialize;

const LIST: &str = include_str!("../../data/power_items.csv");

/// The departments of the list with the two letters of their organisation codes. `JT` and `WH` are
/// real; the others are invented after the pinyin, past the letters known of other bodies.
const DEPARTMENTS: [(&str, &str); 34] = [
    ("交通运输局", "JT"),
    ("人力资源和社会保障局", "RS"),
    ("人民政府", "ZF"),
    ("人民防空办公室", "RF"),
    ("住房和城乡建设局", "CX"),
    ("公安局", "GA"),
    ("农业农村局", "NY"),
    ("卫生健康委员会", "WS"),
    ("发展和改革委员会", "FG"),
    ("司法局", "SF"),
    ("各执法部门", "ZH"),
    ("商务局", "SW"),
    ("地方税务局", "DS"),
    ("城市管理局", "CG"),
    ("工业和信息化局", "JX"),
    ("市场监督管理局", "SJ"),
    ("应急管理局", "AJ"),
    ("建设局", "JZ"),
    ("教育和体育局", "TY"),
    ("教育局", "JY"),
    ("文化广电和旅游局", "WH"),
    ("民政局", "MZ"),
    ("气象局", "QX"),
    ("水利局", "SL"),
    ("法制办公室（司法局）", "FZ"),
    ("消防救援大队", "XF"),
    ("环境保护局", "HJ"),
    ("生态环境局", "HB"),
    ("税务局", "GS"),
    ("统战部（民族宗教事务局）", "MW"),
    ("自然资源和规划局", "ZR"),
    ("财政局", "CZ"),
    ("退役军人事务局", "AZ"),
    ("防汛指挥机构（水利局）", "FX"),
];

/// Letters of the government, above all departments of a district.
pub(crate) const GOVERNMENT: &str = "ZF";
/// Letters of the legal office, which reviews the catalogue.
pub(crate) const LEGAL: &str = "FZ";
/// The body that supervises: it holds no power items. Its letters are invented, too.
pub(crate) const SUPERVISION: (&str, &str) = ("监察局", "JC");

/// Heads of departments, invented.
const HEADS: [&str; 12] = [
    "顾海澄",
    "潘立新",
    "蒋文柏",
    "史国平",
    "虞建华",
    "汤志远",
    "管秋明",
    "许永康",
    "狄晓峰",
    "恽敏之",
    "庄学勤",
    "巢卫东",
];

/// A row of the list.
#[derive(Deserialize)]
struct Row {
    category_cn: String,
    name: String,
    legal_basis: String,
    department: String,
    statutory_days: Option<u32>,
    promised_days: Option<u32>,
    source: String,
}

/// A power item before a district makes it its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) kind: PowerKind,
    pub(crate) name: String,
    pub(crate) department: String,
    /// The last two letters of the organisation code.
    pub(crate) letters: &'static str,
    /// The last four digits of the power code.
    number: u32,
    basis: Vec<LegalBasis>,
    statutory: Option<Limit>,
    promised: Option<Limit>,
}

/// All items of the list, in the order of their power codes.
///
/// # Panics
/// Never: the list is part of the build, and a test reads it.
pub(crate) fn items() -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for row in csv::Reader::from_reader(LIST.as_bytes()).deserialize() {
        let row: Row = row.expect("the embedded list has its columns");
        let mut item = Item::of(row);
        let alike = |other: &&Item| other.letters == item.letters && other.kind == item.kind;
        let before = u32::try_from(items.iter().filter(alike).count()).unwrap_or(u32::MAX);
        item.number = 1010 + 10 * before;
        items.push(item);
    }
    items.sort_by_key(|item| (item.letters, item.kind_letters(), item.number));
    items
}

// === impl Item ===

impl Item {
    fn of(row: Row) -> Self {
        let letters = DEPARTMENTS
            .iter()
            .find(|(name, _)| *name == row.department)
            .expect("every department of the list has its letters")
            .1;
        let unit = if row.source.contains("calendar") {
            LimitUnit::CalendarDay
        } else {
            LimitUnit::WorkingDay
        };
        let limit = |days: Option<u32>| days.map(|amount| Limit { amount, unit: unit.into() });
        Self {
            kind: kind(&row.category_cn),
            basis: row.legal_basis.split('；').map(basis).collect(),
            name: row.name,
            department: row.department,
            letters,
            number: 0,
            statutory: limit(row.statutory_days),
            promised: limit(row.promised_days),
        }
    }

    /// The two letters of the kind.
    pub(crate) fn kind_letters(&self) -> &'static str {
        self.kind.as_str_name().trim_start_matches("POWER_KIND_")
    }

    /// Code of the organisation that holds the item in a region.
    pub(crate) fn organisation(&self, region: &str) -> String {
        format!("JS{region}00{}", self.letters)
    }

    /// Power code of the item in a region.
    pub(crate) fn code(&self, region: &str) -> String {
        format!("{}-{}-{:04}", self.organisation(region), self.kind_letters(), self.number)
    }

    /// What a case on the item promises: a case needs a limit even where the list gives none.
    pub(crate) fn promise(&self) -> Limit {
        let usual = || {
            let (amount, unit) = match self.kind {
                PowerKind::Qz => (30, LimitUnit::CalendarDay),
                PowerKind::Cj => (60, LimitUnit::WorkingDay),
                _ => (20, LimitUnit::WorkingDay),
            };
            Limit { amount, unit: unit.into() }
        };
        self.promised.or(self.statutory).unwrap_or_else(usual)
    }

    /// The acts that it rests on, with their articles.
    pub(crate) fn law(&self) -> String {
        let acts = self.basis.iter().map(|basis| format!("{}{}", basis.title, basis.article));
        acts.collect::<Vec<_>>().join("；")
    }

    /// The same item, promising less time.
    pub(crate) fn promising(&self, amount: u32) -> Self {
        let promised = self.promised.map(|limit| Limit { amount, ..limit });
        Self { promised, ..self.clone() }
    }

    /// The first version of the item as the district `title` with the code `region` publishes it.
    pub(crate) fn power_item(&self, region: &str, title: &str, valid_from: i64) -> PowerItem {
        let kinds = [PowerKind::Cf, PowerKind::Qz, PowerKind::Jc, PowerKind::Zy];
        let enforced = kinds.contains(&self.kind);
        let levied = self.kind == PowerKind::Zs;
        let at_once = self.promised.is_some_and(|limit| limit.amount <= 1);
        let place =
            if enforced { PublicationForm::NoticeBoard } else { PublicationForm::ServiceHall };
        let handling = match (enforced, at_once) {
            (true, _) => HandlingType::Other,
            (false, true) => HandlingType::Spot,
            (false, false) => HandlingType::Promised,
        };
        PowerItem {
            code: self.code(region),
            version: 1,
            kind: self.kind.into(),
            name: self.name.clone(),
            legal_basis: self.basis.clone(),
            publication_forms: vec![PublicationForm::Website.into(), place.into()],
            organisation: self.organisation(region),
            department: format!("{title}{}", self.department),
            people_in_charge: vec![in_charge(&self.organisation(region))],
            statutory_limit: self.statutory,
            promised_limit: self.promised,
            state: PowerState::Published.into(),
            valid_from,
            valid_until: None,
            charged: levied,
            charge_basis: if levied { self.law() } else { String::new() },
            handling: handling.into(),
            online: true,
            reconsideration: self.kind != PowerKind::Cj,
            litigation: true,
            ..PowerItem::default()
        }
    }
}

/// All public bodies of a district, with their letters: the departments, then who supervises them.
pub(crate) fn bodies() -> impl Iterator<Item = (&'static str, &'static str)> {
    DEPARTMENTS.into_iter().chain([SUPERVISION])
}

/// The head of an organisation; a number that begins with 0 after the area code is nobody's.
pub(crate) fn in_charge(organisation: &str) -> PersonInCharge {
    let sum: usize = organisation.bytes().map(usize::from).sum();
    PersonInCharge {
        name: HEADS[sum * 5 % HEADS.len()].into(),
        post: "分管负责人".into(),
        phone: format!("0519-0{:07}", sum * 1009),
    }
}

/// An act and its articles out of `《act》（number）articles`.
fn basis(text: &str) -> LegalBasis {
    let mut end = text.find('》').map_or(text.len(), |at| at + '》'.len_utf8());
    if text[end..].starts_with('（') {
        end += text[end..].find('）').map_or(0, |at| at + '）'.len_utf8());
    }
    let (title, article) = text.split_at(end);
    LegalBasis { title: title.into(), article: article.into(), text: String::new() }
}

fn kind(name: &str) -> PowerKind {
    match name {
        "行政许可" => PowerKind::Xk,
        "行政处罚" => PowerKind::Cf,
        "行政强制" => PowerKind::Qz,
        "行政征收" => PowerKind::Zs,
        "非许可审批" => PowerKind::Sp,
        "行政给付" => PowerKind::Gf,
        "行政奖励" => PowerKind::Jl,
        "行政确认" => PowerKind::Qr,
        "行政征用" => PowerKind::Zy,
        "行政裁决" => PowerKind::Cj,
        "行政检查" => PowerKind::Jc,
        "其他" => PowerKind::Qt,
        other => unreachable!("the embedded list has no kind {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_has_152_items_of_twelve_kinds() {
        let items = items();
        assert_eq!(items.len(), 152);
        assert_eq!(items.iter().map(|item| item.kind_letters()).collect::<BTreeSet<_>>().len(), 12);
        let letters: BTreeSet<_> = DEPARTMENTS.iter().map(|(_, letters)| letters).collect();
        assert_eq!(letters.len(), DEPARTMENTS.len());
        let codes: Vec<_> = items.iter().map(|item| item.code("0482")).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "codes ascend and are unique");
        let transport: Vec<_> = codes.iter().filter(|code| code.contains("JT-XK")).collect();
        assert_eq!(transport, ["JS048200JT-XK-1010", "JS048200JT-XK-1020"]);
    }

    #[test]
    fn limits_keep_their_units() {
        let items = items();
        let find = |name: &str| items.iter().find(|item| item.name == name).expect(name);
        let calendar = |amount| Limit { amount, unit: LimitUnit::CalendarDay.into() };
        let working = |amount| Limit { amount, unit: LimitUnit::WorkingDay.into() };
        let injury = find("工伤认定");
        assert_eq!((injury.statutory, injury.promised), (Some(calendar(60)), Some(calendar(30))));
        let food = find("食品经营许可");
        assert_eq!((food.statutory, food.promised), (Some(working(20)), Some(working(10))));
        assert_eq!(find("户口登记").statutory, None);
        assert_eq!(find("对无证无照经营的处罚").promise(), calendar(90));
    }

    #[test]
    fn acts_and_articles_are_told_apart() {
        let part = |text: &str| {
            let basis = basis(text);
            (basis.title, basis.article)
        };
        assert_eq!(part("《港口法》第十三条"), ("《港口法》".into(), "第十三条".into()));
        assert_eq!(
            part("《决定》（第412号）第101项"),
            ("《决定》（第412号）".into(), "第101项".into())
        );
        assert_eq!(part("国发〔2015〕52号"), ("国发〔2015〕52号".into(), String::new()));
    }
}
