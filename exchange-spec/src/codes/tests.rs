//! Codes: what they say of themselves and why others are refused. The vectors of the standards are
//! in `tests/vectors/codes.rs`.

use std::str::FromStr;

use super::*;

fn fault<T: FromStr<Err = CodeError> + std::fmt::Debug>(text: &str) -> Fault {
    text.parse::<T>().expect_err(text).fault()
}

#[test]
fn a_power_code_says_who_has_which_power() {
    let code: PowerCode = "JS000000JT-XK-1030".parse().unwrap();
    assert_eq!(code.as_str(), "JS000000JT-XK-1030");
    assert_eq!((code.kind(), code.number()), ("XK", 1030));
    let organisation = code.organisation();
    assert_eq!((organisation.region().as_str(), organisation.department()), ("320000", "JT"));
    // Every kind of the list, and no other.
    for kind in &list("power_kind", 1).unwrap().entries {
        let text = format!("JS048100JT-{}-0000", kind.code);
        assert_eq!(text.parse::<PowerCode>().unwrap().kind(), &*kind.code);
    }
    assert_eq!(fault::<PowerCode>("JS048100JT-ZZ-1030"), Fault::Kind);
    assert_eq!(fault::<PowerCode>("JS048100JT-xk-1030"), Fault::Character(12));
    assert_eq!(fault::<PowerCode>("JS048100JTXK-1030"), Fault::Character(11));
    assert_eq!(fault::<PowerCode>("JS048100JT-XK-10300"), Fault::Length(19));
    assert_eq!(fault::<PowerCode>("JS048100JT-XK-103"), Fault::Length(17));
}

#[test]
fn an_organisation_lies_in_a_region() {
    for (text, region) in [
        ("JS048100JT", "320481"),
        ("JS048200WH", "320482"),
        ("JS041200JT", "320412"),
        ("JS000000JT", "320000"),
    ] {
        assert_eq!(text.parse::<OrganisationCode>().unwrap().region(), region);
    }
    assert_eq!(fault::<OrganisationCode>("ZJ048100JT"), Fault::Character(1));
    assert_eq!(fault::<OrganisationCode>("JS048101JT"), Fault::Character(8));
    assert_eq!(fault::<OrganisationCode>(""), Fault::Length(0));
}

#[test]
fn a_case_number_is_made_of_its_parts() {
    let organisation: OrganisationCode = "JS048100JT".parse().unwrap();
    let number = CaseNumber::of(&organisation, 217).unwrap();
    assert_eq!(number.to_string(), "JS048100JT0000000217");
    assert_eq!((number.organisation(), number.serial()), (organisation.clone(), 217));
    assert!(CaseNumber::of(&organisation, 9_999_999_999).is_some());
    assert!(CaseNumber::of(&organisation, 10_000_000_000).is_none());
    assert_eq!(fault::<CaseNumber>("JS048100JT000000021７"), Fault::Character(20));
}

#[test]
fn a_citizen_number_is_masked_and_turned_into_eighteen_characters() {
    let number: CitizenNumber = "110105491231002".parse().unwrap();
    assert_eq!(format!("{number} {number:?}"), "1*************2 1*************2");
    let long = number.to_18().unwrap();
    assert_eq!(long.reveal(), "11010519491231002X");
    assert_eq!(long.to_string(), "1****************X");
    assert_eq!(long.to_18().unwrap(), long);
    assert_eq!(number.birth_date(), long.birth_date());
    assert_eq!(long.birth_date().to_string(), "1949-12-31");
    assert_eq!(long.region(), "110105");
    assert_eq!(fault::<CitizenNumber>("110105499931002"), Fault::Date);
    assert_eq!(fault::<CitizenNumber>("11010519490229002X"), Fault::Date);
    assert_eq!(fault::<CitizenNumber>("11010500010101002X"), Fault::Date);
    assert_eq!(fault::<CitizenNumber>("110105194912310021"), Fault::Check);
    assert_eq!(fault::<CitizenNumber>("11010519491231002"), Fault::Length(17));
}

#[test]
fn errors_name_what_is_wrong_in_both_languages_and_never_the_text() {
    for (text, zh, en) in [
        (
            "1234",
            "公民身份号码应为 15 或 18 个字符，现有 4 个",
            "citizen number: must have 15 or 18 characters, has 4",
        ),
        (
            "11010519491231002x",
            "公民身份号码有误：第 18 个字符不合规则",
            "citizen number: character 18 cannot stand there",
        ),
        (
            "11010519491331002X",
            "公民身份号码有误：出生日期不存在",
            "citizen number: the day of birth does not exist",
        ),
        (
            "110105194912310021",
            "公民身份号码有误：校验码不符",
            "citizen number: the check character does not fit",
        ),
    ] {
        let error = text.parse::<CitizenNumber>().unwrap_err();
        assert_eq!((error.zh().as_str(), error.to_string().as_str()), (zh, en));
        assert_eq!(error.en(), en);
        assert!(!format!("{error:?}").contains(text));
    }
    let error = "JS048100JT-AB-1030".parse::<PowerCode>().unwrap_err();
    assert_eq!(error.zh(), "权力编码有误：没有这一权力类别");
}

/// The lists of the kinds, by the scheme that names them.
const KINDS: [(&str, &str); 3] = [
    ("js2009", "power_kind/1"),
    ("js2014", "power_kind_2014/1"),
    ("gbt39046", "gbt39046_item_type/1"),
];

fn of(name: &str) -> &'static CodeList {
    let (id, version) = name.split_once('/').unwrap();
    list(id, version.parse().unwrap()).unwrap()
}

#[test]
fn mappings_between_the_three_lists_of_kinds_lead_back() {
    for (from_scheme, from) in KINDS {
        for entry in &of(from).entries {
            for (to_scheme, to) in KINDS.iter().filter(|(_, to)| *to != from) {
                if let Some(there) = map(from, &entry.code, to_scheme) {
                    let back = map(to, there, from_scheme);
                    assert_eq!(back, Some(&*entry.code), "{from} {} {to_scheme}", entry.code);
                }
            }
        }
    }
    // So nothing is mapped one way only: as many lead there as lead back.
    let pairs = |from: &str, scheme: &str| {
        of(from).entries.iter().filter(|entry| entry.mappings.contains_key(scheme)).count()
    };
    assert_eq!((pairs(KINDS[0].1, "js2014"), pairs(KINDS[1].1, "js2009")), (10, 10));
    assert_eq!((pairs(KINDS[0].1, "gbt39046"), pairs(KINDS[2].1, "js2009")), (10, 10));
    assert_eq!((pairs(KINDS[1].1, "gbt39046"), pairs(KINDS[2].1, "js2014")), (9, 9));
}

/// The same digits are different kinds in the list of 2014 and in GB/T 39046.
#[test]
fn the_lists_of_2014_and_of_the_nation_clash_at_06_08_and_09() {
    let (province, nation) = (of("power_kind_2014/1"), of("gbt39046_item_type/1"));
    let differs = |code: &&str| {
        map("power_kind_2014/1", code, "js2009") != map("gbt39046_item_type/1", code, "js2009")
    };
    let codes = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"];
    assert_eq!(
        codes.iter().filter(|code| differs(code)).collect::<Vec<_>>(),
        [&"06", &"08", &"09"]
    );
    let titles =
        |code| (&*province.entry(code).unwrap().title_zh, &*nation.entry(code).unwrap().title_zh);
    assert_eq!(titles("06"), ("行政奖励", "行政检查"));
    assert_eq!(titles("08"), ("行政裁决", "行政奖励"));
    assert_eq!(titles("09"), ("行政征用", "行政裁决"));
    assert_eq!(map("power_kind_2014/1", "06", "gbt39046"), Some("08"));
    assert_eq!(map("power_kind/1", "SP", "js2014"), None, "abolished before");
    assert_eq!(map("power_kind/1", "JC", "js2014"), None, "not in that list");
    for unknown in [("power_kind", "XK"), ("power_kind/9", "XK"), ("power_kind/1", "??")] {
        assert_eq!(map(unknown.0, unknown.1, "js2014"), None);
    }
}

#[test]
fn the_kinds_of_the_province_changed_with_the_years() {
    let codes =
        |name: &str| -> Vec<&str> { of(name).entries.iter().map(|entry| &*entry.code).collect() };
    let (ours, in_2010, in_2022) =
        (codes("power_kind/1"), codes("js_power_kind/2010"), codes("js_power_kind/2022"));
    assert_eq!((ours.len(), in_2010.len(), in_2022.len()), (12, 11, 11));
    let without = |all: &[&'static str], few: &[&str]| -> Vec<&'static str> {
        all.iter().filter(|code| !few.contains(code)).copied().collect()
    };
    assert_eq!(without(&ours, &in_2010), ["JC"]);
    assert_eq!(without(&ours, &in_2022), ["SP", "JC"]);
    assert_eq!(without(&in_2022, &ours), ["BA"]);
    for (name, scheme) in [("js_power_kind/2010", "js2014"), ("js_power_kind/2022", "gbt39046")] {
        for code in codes(name).into_iter().filter(|code| *code != "BA") {
            assert_eq!(map(name, code, scheme), map("power_kind/1", code, scheme), "{name} {code}");
        }
    }
}

#[test]
fn entries_are_valid_from_and_until_their_days() {
    let kinds = of("power_kind/1");
    let approval = kinds.entry("SP").unwrap();
    let until = approval.valid_until.unwrap();
    assert!(approval.valid_on(until.yesterday().unwrap()) && !approval.valid_on(until));
    let regions = of("region/1");
    let on = |day: &str| regions.valid_on(day.parse().unwrap()).count();
    assert_eq!((on("2015-05-31"), on("2015-06-01")), (9, 8));
}
