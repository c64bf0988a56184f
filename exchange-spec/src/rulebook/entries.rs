//! What is built in, as entries of the broadcast: so that whoever has the broadcast needs no build.

use prost::Message;
use sanheyi_proto::standard::v1 as standard;
use sanheyi_proto::{STANDARD, dataset, datasets};

use super::codes::{FIRST_DAY, builtin};
use crate::calendar::{Calendar, Date, midnight};
use crate::codes::{self, regions};
use crate::time::Timestamp;

/// First day on which records may be written by this version of the standard.
const EFFECTIVE: Date = jiff::civil::date(2010, 1, 1);
/// Datasets that came after version 1 of the standard.
const LATER: [(&str, u32); 7] = [
    ("case.joint", 3),
    ("case.joint_opinion", 3),
    ("catalogue.document_template", 3),
    ("catalogue.reference_item", 3),
    ("custody.answer", 3),
    ("custody.offer", 3),
    ("exchange.policy", 3),
];

/// An entry that a hub hands out so that its broadcast carries what is built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinEntry {
    /// Its dataset.
    pub dataset: &'static str,
    /// Its record.
    pub record: String,
    /// Its body.
    pub body: Vec<u8>,
    /// When it happened: the same in every build, so that nothing is handed out twice.
    pub occurred: Timestamp,
}

/// Everything that is built in, in the order in which it is handed out: code lists, succession,
/// calendars, the version of the standard. The same build always gives the same bytes.
pub fn builtin_entries() -> Vec<BuiltinEntry> {
    let lists = codes::lists().iter().map(|list| {
        let from = builtin(list).from.unwrap_or(FIRST_DAY);
        entry("codes.code_list", &list.record(from))
    });
    let regions = regions::records();
    let regions = regions.iter().map(|one| entry("codes.region_succession", one));
    let calendar = Calendar::builtin();
    let years = calendar.first_year()..=calendar.last_year();
    let years = years.filter_map(|year| calendar.record(year));
    let years = years.map(|year| entry("codes.working_calendar", &year));
    let standard = std::iter::once_with(|| entry("codes.standard_version", &standard()));
    lists.chain(regions).chain(years).chain(standard).flatten().collect()
}

/// `None` is impossible, as a test shows.
fn entry(name: &'static str, body: &impl Message) -> Option<BuiltinEntry> {
    let body = body.encode_to_vec();
    let mut record = String::new();
    let named = dataset(name)?.record.name(&body, &mut record);
    let occurred = midnight(EFFECTIVE);
    named.then_some(BuiltinEntry { dataset: name, record, body, occurred })
}

fn standard() -> standard::StandardVersion {
    let since =
        |name: &str| LATER.iter().find(|(one, _)| *one == name).map_or(1, |(_, since)| *since);
    let listed = |dataset: &sanheyi_proto::Dataset| standard::ListedDataset {
        name: dataset.name.to_owned(),
        title_zh: dataset.title_zh.to_owned(),
        title_en: dataset.title_en.to_owned(),
        since: since(dataset.name),
    };
    let list = |list: &codes::CodeList| standard::ListedCodeList {
        id: list.id.to_string(),
        version: list.version,
    };
    standard::StandardVersion {
        version: STANDARD,
        effective_on: EFFECTIVE.to_string(),
        published_at: midnight(EFFECTIVE).as_micros(),
        summary_zh: format!("统一接口标准第 {STANDARD} 版。"),
        summary_en: format!("Version {STANDARD} of the unified interface standard."),
        datasets: datasets().iter().map(listed).collect(),
        code_lists: codes::lists().iter().map(list).collect(),
        ..standard::StandardVersion::default()
    }
}
