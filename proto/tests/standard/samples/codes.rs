//! Code lists as data, the calendar, region succession.

use sanheyi_proto::standard::v1::{
    Attachment, CalendarDay, CodeEntry, CodeList, CodeMapping, DayKind, ListedCodeList,
    ListedDataset, RegionChange, RegionSuccession, StandardVersion, WorkingCalendar,
};

use super::{MORNING, Sample, sample};

fn entry(code: &str, number: u32, zh: &str, en: &str) -> CodeEntry {
    CodeEntry {
        code: code.into(),
        number,
        title_zh: zh.into(),
        title_en: en.into(),
        ..CodeEntry::default()
    }
}

fn kinds() -> CodeList {
    let permit = CodeEntry {
        mappings: vec![CodeMapping { scheme: "js2014".into(), code: "01".into() }],
        remark: "示例".into(),
        ..entry("XK", 1, "行政许可", "administrative permit")
    };
    let old = CodeEntry {
        parent: "XK".into(),
        valid_from: "2009-10-13".into(),
        valid_until: "2015-05-10".into(),
        ..entry("SP", 5, "非许可审批", "approval that is not a permit")
    };
    CodeList {
        id: "power_kind".into(),
        version: 1,
        title_zh: "权力类别".into(),
        title_en: "kind of power".into(),
        source: "省权力库 ITEM_TYPE".into(),
        entries: vec![permit, old],
        valid_from: "2009-10-13".into(),
        valid_until: "2022-01-01".into(),
    }
}

fn succession() -> RegionSuccession {
    RegionSuccession {
        former_code: "320482".into(),
        serial: 1,
        former_name: "金坛市".into(),
        successor_code: "320413".into(),
        successor_name: "金坛区".into(),
        change: RegionChange::Renamed.into(),
        changed_on: "2015-06-01".into(),
        basis: "撤市设区".into(),
        remark: "示例".into(),
    }
}

fn calendar() -> WorkingCalendar {
    let day = |day: &str, kind: DayKind, name: &str| CalendarDay {
        day: day.into(),
        kind: kind.into(),
        name: name.into(),
    };
    WorkingCalendar {
        year: 2009,
        version: 1,
        days: vec![
            day("2009-09-27", DayKind::Worked, ""),
            day("2009-10-01", DayKind::Off, "国庆节"),
            day("2009-10-02", DayKind::Off, "国庆节"),
        ],
        basis: "国办发明电〔2008〕1号".into(),
        issued_on: "2008-12-08".into(),
    }
}

fn version() -> StandardVersion {
    StandardVersion {
        version: 2,
        effective_on: "2010-11-23".into(),
        published_at: MORNING,
        summary_zh: "增加处罚、监察、运行情况各数据集。".into(),
        summary_en: "penalties, supervision and activity".into(),
        datasets: vec![ListedDataset {
            name: "case.step".into(),
            title_zh: "环节".into(),
            title_en: "step".into(),
            since: 1,
        }],
        code_lists: vec![ListedCodeList { id: "power_kind".into(), version: 1 }],
        schema_sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        documents: vec![Attachment {
            name: "统一接口标准.pdf".into(),
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
            bytes: 1,
            media_type: "application/pdf".into(),
        }],
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let short = CodeList {
        version: 2,
        entries: vec![entry("XK", 0, "行政许可", "permit")],
        valid_until: String::new(),
        ..kinds()
    };
    let merged = RegionSuccession {
        former_code: "320405".into(),
        former_name: "戚墅堰区".into(),
        successor_code: "320412".into(),
        successor_name: "武进区".into(),
        change: RegionChange::Merged.into(),
        basis: String::new(),
        remark: String::new(),
        ..succession()
    };
    let empty =
        WorkingCalendar { version: 2, days: Vec::new(), issued_on: String::new(), ..calendar() };
    let first = StandardVersion {
        version: 1,
        summary_en: String::new(),
        code_lists: Vec::new(),
        schema_sha256: String::new(),
        documents: Vec::new(),
        ..version()
    };
    vec![
        sample("codes.code_list", &kinds()),
        sample("codes.code_list", &short),
        sample("codes.region_succession", &succession()),
        sample("codes.region_succession", &merged),
        sample("codes.working_calendar", &calendar()),
        sample("codes.working_calendar", &empty),
        sample("codes.standard_version", &version()),
        sample("codes.standard_version", &first),
    ]
}
