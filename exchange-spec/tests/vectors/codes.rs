//! Codes: those that the standards print, real ones of public bodies, invented ones, and what is
//! near them; mappings between code lists; regions by date.

use std::str::FromStr;

use sanheyi_exchange_spec::calendar::Date;
use sanheyi_exchange_spec::codes::{
    self, CaseNumber, CitizenNumber, CodeError, CreditCode, Fault, GbOrganisationCode,
    OrganisationCode, PowerCode, RegistrationNumber, regions,
};
use serde_json::{Value, json};

use crate::hold;

/// A kind of code: its name in the vectors, what the texts must be parsed to, valid texts, and
/// texts that are invalid beyond those that [`near`] makes.
struct Kind {
    name: &'static str,
    parse: fn(&str) -> Result<Value, CodeError>,
    valid: &'static [&'static str],
    invalid: &'static [(&'static str, &'static str)],
    /// Whether a check character finds neighbours that changed places.
    checked: bool,
}

const KINDS: [Kind; 7] = [
    Kind {
        name: "organisation_code_2009",
        parse: organisation,
        valid: &["JS000000JT", "JS048100JT", "JS048200WH", "JS041200JT", "JS040000JT"],
        invalid: &[
            ("JS048101JT", "the two digits behind the region are 00"),
            ("ZJ048100JT", "another province"),
        ],
        checked: false,
    },
    Kind {
        name: "power_code",
        parse: power,
        valid: &["JS000000JT-XK-1030", "JS048100JT-XK-1030", "JS048200WH-JC-0001"],
        invalid: &[
            ("JS048100JT-ZZ-1030", "no such kind"),
            ("JS048100JTXK1030", "without hyphens"),
            ("JS048100JT-XK-103A", "a letter in the number"),
        ],
        checked: false,
    },
    Kind {
        name: "case_number",
        parse: case,
        valid: &["JS048100JT0000000217", "JS041200JT9999999999"],
        invalid: &[("JS048100JT-000000217", "a hyphen")],
        checked: false,
    },
    Kind {
        name: "credit_code",
        parse: credit,
        valid: &[
            "91350100M000100Y43",
            "9144030071526726XG",
            "914403001922038216",
            "91330100799655058B",
            "91110108551385082Q",
            "91110000710925462X",
            "911100007109250324",
            "91110000802100433B",
            "9132041258558635XF",
            "91320412MA1MGBN10R",
            "91320412MACUC3CG71",
            "91320412MA1WKD3445",
            "11511301008778183N",
            "115113010833722043",
            "11511301MB1550442U",
            "11511301MB163323XU",
            "1151130100877844X4",
            "12511301452262044F",
            "11320400014110382H",
            "11320482014110382A",
            "11320481014110382U",
            "11320412014110382X",
        ],
        invalid: &[
            ("91320412MA1PZXCV5T", "Z and V are none of the 31 symbols"),
            ("TE5116020105116050", "letters in the region"),
            ("91350100M000100Y44", "another check character"),
        ],
        checked: true,
    },
    Kind {
        name: "organisation_code",
        parse: gb_organisation,
        valid: &["D2143569X", "014110382", "000000000"],
        invalid: &[
            ("D2143569-X", "as it is often printed"),
            ("D2143569x", "the check character in lower case"),
            ("014110383", "another check character"),
        ],
        checked: true,
    },
    Kind {
        name: "citizen_number",
        parse: citizen,
        valid: &[
            "11010519491231002X",
            "440524188001010014",
            "34052419800101001X",
            "110105491231002",
            "320482960229001",
        ],
        invalid: &[
            ("110105194912310021", "another check character"),
            ("11010519491231002x", "the check character in lower case"),
            ("11010519490229002X", "no such day"),
            ("110105491331002", "no such month"),
            ("320482950229001", "1995 was no leap year"),
            ("11010549123100X", "fifteen characters have no check character"),
            ("1101051949123100", "sixteen"),
        ],
        checked: true,
    },
    Kind {
        name: "registration_number",
        parse: registration,
        valid: &["110108000000016"],
        invalid: &[("110108000000017", "another check digit"), ("11010800000001X", "a letter")],
        checked: true,
    },
];

fn read<T: FromStr<Err = CodeError>>(
    text: &str,
    parts: fn(&T) -> Value,
) -> Result<Value, CodeError> {
    text.parse().map(|code| parts(&code))
}

fn organisation(text: &str) -> Result<Value, CodeError> {
    read(
        text,
        |code: &OrganisationCode| json!({"region": code.region(), "department": code.department()}),
    )
}

fn power(text: &str) -> Result<Value, CodeError> {
    read(text, |code: &PowerCode| {
        let organisation = code.organisation();
        json!({"organisation": organisation.as_str(), "kind": code.kind(), "number": code.number()})
    })
}

fn case(text: &str) -> Result<Value, CodeError> {
    read(
        text,
        |code: &CaseNumber| json!({"organisation": code.organisation().as_str(), "serial": code.serial()}),
    )
}

fn credit(text: &str) -> Result<Value, CodeError> {
    read(
        text,
        |code: &CreditCode| json!({"region": code.region(), "organisation": code.organisation().as_str()}),
    )
}

fn gb_organisation(text: &str) -> Result<Value, CodeError> {
    read(text, |_: &GbOrganisationCode| json!({}))
}

fn citizen(text: &str) -> Result<Value, CodeError> {
    read(text, |code: &CitizenNumber| {
        json!({
            "region": code.region(),
            "birth_date": code.birth_date().to_string(),
            "eighteen": code.to_18().unwrap().reveal(),
            "shown": code.to_string(),
        })
    })
}

fn registration(text: &str) -> Result<Value, CodeError> {
    read(text, |code: &RegistrationNumber| json!({"region": code.region()}))
}

/// Texts near a valid one that are none, each with its name.
fn near(text: &str, checked: bool) -> Vec<(String, &'static str)> {
    let shortened = text.get(..text.len() - 1).unwrap_or_default();
    let wide = text.replacen(|c: char| c.is_ascii_digit(), "３", 1);
    let mut texts = vec![
        (shortened.to_owned(), "one character short"),
        (format!("{text}0"), "one character long"),
        (format!(" {text}"), "a space in front"),
        (wide, "a full-width digit"),
        (format!("{shortened}号"), "not ASCII"),
    ];
    if text.contains(|c: char| c.is_ascii_uppercase()) {
        texts.push((text.to_ascii_lowercase(), "lower case"));
    }
    let letters: Vec<char> = text.chars().collect();
    let swap = (1..letters.len()).rev().find(|at| letters.get(at - 1) != letters.get(*at));
    if let (Some(at), true) = (swap, checked) {
        let mut letters = letters;
        letters.swap(at - 1, at);
        texts.push((letters.into_iter().collect(), "swapped neighbours"));
    }
    texts
}

fn why(fault: Fault) -> Value {
    match fault {
        Fault::Length(found) => json!({"length": found}),
        Fault::Character(at) => json!({"character": at}),
        Fault::Kind => json!("kind"),
        Fault::Date => json!("date"),
        Fault::Check => json!("check"),
    }
}

fn vector(kind: &Kind, text: &str, name: &str) -> Value {
    match (kind.parse)(text) {
        Ok(parts) => json!({"kind": kind.name, "text": text, "valid": true, "parts": parts}),
        Err(error) => json!({
            "kind": kind.name,
            "text": text,
            "name": name,
            "valid": false,
            "why": why(error.fault()),
            "zh": error.zh(),
            "en": error.en(),
        }),
    }
}

fn code_vectors() -> Vec<Value> {
    let mut vectors = Vec::new();
    for kind in &KINDS {
        for text in kind.valid {
            assert!((kind.parse)(text).is_ok(), "{} {text}", kind.name);
            vectors.push(vector(kind, text, ""));
        }
        let first = kind.valid.first().unwrap();
        let swapped = kind.valid.iter().skip(1).flat_map(|text| near(text, kind.checked));
        let swapped = swapped.filter(|(_, name)| *name == "swapped neighbours");
        // What has fifteen digits has no check, so only longer numbers notice a swap.
        let swapped = swapped.filter(|(text, _)| kind.name != "citizen_number" || text.len() > 15);
        let made: Vec<(String, &str)> = near(first, kind.checked)
            .into_iter()
            .chain(swapped)
            .chain(kind.invalid.iter().map(|(text, name)| ((*text).to_owned(), *name)))
            .collect();
        for (text, name) in made {
            assert!((kind.parse)(&text).is_err(), "{} {text}: {name}", kind.name);
            vectors.push(vector(kind, &text, name));
        }
    }
    vectors
}

/// The lists of the kinds of power, and what each calls the codes of the others.
fn mapping_vectors() -> Vec<Value> {
    let kinds = [
        ("gbt39046_item_type", 1),
        ("js_power_kind", 2010),
        ("js_power_kind", 2022),
        ("power_kind", 1),
        ("power_kind_2014", 1),
    ];
    let mut vectors = Vec::new();
    for list in kinds.map(|(id, version)| codes::list(id, version).unwrap()) {
        for entry in &list.entries {
            for (scheme, code) in &entry.mappings {
                assert_eq!(codes::map(&list.name(), &entry.code, scheme), Some(&**code));
                vectors.push(json!({
                    "list": list.name(), "code": entry.code, "scheme": scheme, "is": code,
                }));
            }
        }
    }
    vectors
}

fn region_vectors() -> Vec<Value> {
    let regions = codes::list("region", 1).unwrap();
    let days: [Date; 2] = ["2015-05-31", "2015-06-01"].map(|day| day.parse().unwrap());
    let mut vectors = Vec::new();
    for entry in &regions.entries {
        for date in days {
            vectors.push(json!({
                "code": entry.code,
                "date": date.to_string(),
                "valid": regions::is_valid(&entry.code, date),
                "name": regions::name(&entry.code, date),
                "successor": regions::successor(&entry.code, date),
                "codes": regions::codes_of(&entry.code),
                "merged": regions::merged_into(&entry.code).collect::<Vec<_>>(),
            }));
        }
    }
    vectors
}

#[test]
fn codes_are_the_golden_ones() {
    let vector = json!({
        "codes": code_vectors(),
        "mappings": mapping_vectors(),
        "regions": region_vectors(),
    });
    hold("codes", &vector);
}
