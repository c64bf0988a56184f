//! The vectors that the standards print, real codes of public bodies, and what is near them.

use super::*;

/// Real codes of companies and public bodies, and four that were made for fixtures.
const CREDIT_CODES: [&str; 22] = [
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
];

const CITIZEN_NUMBERS: [&str; 3] =
    ["11010519491231002X", "440524188001010014", "34052419800101001X"];

/// No neighbours can change places unnoticed, unless they are equal.
fn notices_swaps(code: &str, holds: fn(&str) -> bool) {
    for at in 1..code.len() {
        let mut bytes = code.as_bytes().to_vec();
        bytes.swap(at - 1, at);
        let swapped = String::from_utf8(bytes).expect("ASCII");
        assert_eq!(holds(&swapped), swapped == code, "{swapped}");
    }
}

/// What no form takes.
fn refuses_strangers(code: &str, holds: fn(&str) -> bool) {
    assert!(holds(code), "{code}");
    let wide = code.replacen(|c: char| c.is_ascii_digit(), "１", 1);
    let strangers = [
        String::new(),
        format!(" {code}"),
        format!("{code}\n"),
        format!("{code}0{code}"),
        format!("-{code}"),
        code.replacen(|c: char| c.is_ascii_digit(), "a", 1),
        wide,
    ];
    for stranger in strangers {
        assert!(!holds(&stranger), "{stranger:?}");
    }
}

#[test]
fn every_form_has_an_example_and_refuses_strangers() {
    for form in &FORMS {
        refuses_strangers(form.example, form.holds);
    }
}

#[test]
fn credit_codes_have_a_check_character_and_an_organisation_code_inside() {
    for code in CREDIT_CODES {
        assert!(credit_code(code), "{code}");
        notices_swaps(code, credit_code);
        assert!(organisation_code(&code[8..17]), "{code}");
    }
    for code in
        ["91320412MA1PZXCV5T", "TE5116020105116050", "91350100M000100Y4", "91350100m000100Y43"]
    {
        assert!(!credit_code(code), "{code}");
    }
    // The check character is right, the organisation code inside is not.
    let front = "91350100M000100Y5";
    let whole = CREDIT_SYMBOLS.iter().map(|check| format!("{front}{}", char::from(*check)));
    assert_eq!(whole.filter(|code| credit_code(code)).count(), 0);
}

#[test]
fn organisation_codes_have_a_check_character() {
    for code in ["D2143569X", "014110382"] {
        assert!(organisation_code(code), "{code}");
    }
    notices_swaps("014110382", organisation_code);
    assert!(organisation_code("2D143569X"), "D and 2 differ by eleven: the standard sees no swap");
    for code in ["D2143569-X", "D21435690", "d2143569X", "D2143569x", "D214356X", "014110383"] {
        assert!(!organisation_code(code), "{code}");
    }
    // A sum that is divisible by eleven: 11 is written 0.
    assert!(organisation_code("000000000"));
}

#[test]
fn citizen_numbers_have_a_check_character_and_a_day_of_birth() {
    for number in CITIZEN_NUMBERS {
        assert!(citizen_number(number), "{number}");
        notices_swaps(number, citizen_number);
    }
    for number in ["110105194912310021", "11010519491231002x", "1101051949123100"] {
        assert!(!citizen_number(number), "{number}");
    }
    let check = |front: &str| {
        (0..11).any(|at| citizen_number(&format!("{front}{}", char::from(CITIZEN_CHECKS[at]))))
    };
    let (first, last) = (BIRTH_YEARS.start(), BIRTH_YEARS.end());
    for (year, right) in [(first - 1, false), (*first, true), (*last, true), (last + 1, false)] {
        assert_eq!(check(&format!("320482{year}0101001")), right, "{year}");
    }
    assert!(check("32048220000229001") && !check("32048219000229001"));
    assert!(!check("32048219800431001") && !check("32048219801301001"));
    assert!(!check("32048219800100001") && !check("3204821980A101001"));
}

#[test]
fn citizen_numbers_of_fifteen_digits_have_a_day_of_birth() {
    assert!(citizen_number("110105491231002"));
    assert!(citizen_number("320482960229001"), "1996 was a leap year");
    for number in ["110105491331002", "320482950229001", "320482000229001", "11010549123100X"] {
        assert!(!citizen_number(number), "{number}");
    }
}

#[test]
fn registration_numbers_have_a_check_digit() {
    assert!(registration_number("110108000000016"));
    notices_swaps("110108000000016", registration_number);
    for last in "012345789".chars() {
        assert!(!registration_number(&format!("11010800000001{last}")), "{last}");
    }
    assert!(!registration_number("11010800000016") && !registration_number("11010800000001X"));
}

#[test]
fn days_exist() {
    let (first, last) = (DATE_YEARS.start(), DATE_YEARS.end());
    for (year, right) in [(first - 1, false), (*first, true), (*last, true), (last + 1, false)] {
        assert_eq!(date(&format!("{year}-02-28")), right, "{year}");
    }
    for day in ["2009-10-13", "2000-02-29", "2012-02-29", "2010-12-31", "2010-04-30"] {
        assert!(date(day), "{day}");
    }
    for day in [
        "1900-02-29",
        "2009-02-29",
        "2010-04-31",
        "2010-13-01",
        "2010-00-01",
        "2010-01-00",
        "2010-1-01",
        "2010/01/01",
        "20100101",
        "2010-01-01T",
        "10-01-2010",
        "2010-01-32",
    ] {
        assert!(!date(day), "{day}");
    }
}

#[test]
fn decimals_are_written_in_one_way() {
    let most = "9".repeat(WHOLE_DIGITS);
    let fine = "0".repeat(BROKEN_DIGITS);
    for right in ["0", "0.5", "10", "2000.50", &most, &format!("{most}.{fine}"), "0.000000"] {
        assert!(decimal(right), "{right}");
    }
    for wrong in [
        "00",
        "01",
        "01.5",
        ".5",
        "5.",
        "-1",
        "+1",
        "1,000",
        "1e3",
        "1.2.3",
        "１",
        "1 ",
        "",
        &format!("{most}9"),
        &format!("1.{fine}0"),
    ] {
        assert!(!decimal(wrong), "{wrong}");
    }
}
