//! Code lists and regions as the hub hands them out: datasets `codes.code_list` and
//! `codes.region_succession`.

use sanheyi_proto::standard::v1 as standard;

use super::lists::{CodeList, Entry, day, list};
use super::regions::{Succession, SuccessionKind, successions};
use crate::calendar::Date;

impl CodeList {
    /// The record of the list, in force from a day on.
    pub fn record(&self, valid_from: Date) -> standard::CodeList {
        standard::CodeList {
            id: self.id.to_string(),
            version: self.version,
            title_zh: self.title_zh.to_string(),
            title_en: self.title_en.to_string(),
            source: self.source.to_string(),
            entries: self.entries.iter().map(of_entry).collect(),
            valid_from: valid_from.to_string(),
            ..standard::CodeList::default()
        }
    }

    /// A list as the hub handed it out; `None` if a day in it is none.
    pub fn from_record(record: &standard::CodeList) -> Option<CodeList> {
        Some(CodeList {
            id: record.id.as_str().into(),
            version: record.version,
            title_zh: record.title_zh.as_str().into(),
            title_en: record.title_en.as_str().into(),
            source: record.source.as_str().into(),
            entries: record.entries.iter().map(entry).collect::<Option<_>>()?,
        })
    }
}

fn entry(entry: &standard::CodeEntry) -> Option<Entry> {
    let mapping = |mapping: &standard::CodeMapping| {
        (mapping.scheme.as_str().into(), mapping.code.as_str().into())
    };
    Some(Entry {
        code: entry.code.as_str().into(),
        number: entry.number,
        title_zh: entry.title_zh.as_str().into(),
        title_en: entry.title_en.as_str().into(),
        parent: (!entry.parent.is_empty()).then(|| entry.parent.as_str().into()),
        mappings: entry.mappings.iter().map(mapping).collect(),
        valid_from: day(&entry.valid_from)?,
        valid_until: day(&entry.valid_until)?,
    })
}

fn of_entry(entry: &Entry) -> standard::CodeEntry {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let mappings = entry.mappings.iter().map(|(scheme, code)| standard::CodeMapping {
        scheme: scheme.to_string(),
        code: code.to_string(),
    });
    standard::CodeEntry {
        code: entry.code.to_string(),
        number: entry.number,
        title_zh: entry.title_zh.to_string(),
        title_en: entry.title_en.to_string(),
        parent: entry.parent.as_deref().unwrap_or_default().to_owned(),
        mappings: mappings.collect(),
        valid_from: day(entry.valid_from),
        valid_until: day(entry.valid_until),
        ..standard::CodeEntry::default()
    }
}

impl Succession {
    /// A succession as the hub handed it out; `None` where it says no day or no kind.
    pub fn from_record(record: &standard::RegionSuccession) -> Option<Succession> {
        Some(Succession {
            former: record.former_code.as_str().into(),
            serial: record.serial,
            successor: record.successor_code.as_str().into(),
            from: day(&record.changed_on)??,
            kind: match record.change() {
                standard::RegionChange::Renamed => SuccessionKind::Renamed,
                standard::RegionChange::Merged => SuccessionKind::Merged,
                standard::RegionChange::Split => SuccessionKind::Split,
                standard::RegionChange::Unspecified => return None,
            },
        })
    }
}

/// The records of all successions that are built in, in their order.
pub(super) fn succession_records() -> Vec<standard::RegionSuccession> {
    successions().iter().map(of_succession).collect()
}

fn of_succession(one: &Succession) -> standard::RegionSuccession {
    let regions = list("region", 1);
    let name = |code: &str| {
        let entry = regions.and_then(|regions| regions.entry(code));
        entry.map(|entry| entry.title_zh.to_string()).unwrap_or_default()
    };
    let change = match one.kind {
        SuccessionKind::Renamed => standard::RegionChange::Renamed,
        SuccessionKind::Merged => standard::RegionChange::Merged,
        SuccessionKind::Split => standard::RegionChange::Split,
    };
    standard::RegionSuccession {
        former_code: one.former.to_string(),
        serial: one.serial,
        former_name: name(&one.former),
        successor_code: one.successor.to_string(),
        successor_name: name(&one.successor),
        change: change.into(),
        changed_on: one.from.to_string(),
        ..standard::RegionSuccession::default()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use sanheyi_proto::{Violations, dataset};

    use super::*;
    use crate::codes::lists::lists;
    use crate::codes::regions;

    #[track_caller]
    fn keeps_the_rules(name: &str, body: &[u8]) {
        let mut violations = Violations::new();
        (dataset(name).unwrap().check)(body, &mut violations);
        let found: Vec<_> = violations.iter().map(|one| (&one.field, &one.rule)).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }

    #[test]
    fn every_list_survives_its_record_which_keeps_the_rules() {
        for list in lists() {
            let record = list.record(Date::constant(2009, 10, 13));
            keeps_the_rules("codes.code_list", &record.encode_to_vec());
            assert_eq!(CodeList::from_record(&record).as_ref(), Some(list));
        }
        let mut record = lists()[0].record(Date::constant(2009, 10, 13));
        record.entries[0].valid_until = "2009-02-30".into();
        assert_eq!(CodeList::from_record(&record), None);
    }

    #[test]
    fn successions_have_names_and_keep_the_rules() {
        let records = regions::records();
        assert_eq!(records.len(), successions().len());
        for record in records {
            keeps_the_rules("codes.region_succession", &record.encode_to_vec());
        }
    }
}
