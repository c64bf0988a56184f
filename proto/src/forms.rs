//! Forms (格式) of texts that a pattern cannot say: codes with check characters, days that exist.
//!
//! Pure functions over the text; none of them allocates. The generated checks call them where a
//! field has the option `form`, the build calls them for examples, and whoever needs them for a
//! code whose kind another field says. None takes an empty text, blanks, lower case or full-width
//! digits.

/// A form as data.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Name of its function here, and, behind `form.`, the id of the rule.
    pub name: &'static str,
    /// Name as a Chinese reader says it.
    pub title_zh: &'static str,
    /// Name as an English reader says it.
    pub title_en: &'static str,
    /// A text that has the form.
    pub example: &'static str,
    /// Whether a text has the form.
    pub holds: fn(&str) -> bool,
}

/// All forms, in the order of the numbers of `sanheyi.options.v1.Form`, from 1.
pub static FORMS: [Form; 6] = [
    Form {
        name: "credit_code",
        title_zh: "统一社会信用代码",
        title_en: "unified social credit code",
        example: "91350100M000100Y43",
        holds: credit_code,
    },
    Form {
        name: "organisation_code",
        title_zh: "组织机构代码",
        title_en: "organisation code",
        example: "D2143569X",
        holds: organisation_code,
    },
    Form {
        name: "citizen_number",
        title_zh: "公民身份号码",
        title_en: "citizen number",
        example: "11010519491231002X",
        holds: citizen_number,
    },
    Form {
        name: "registration_number",
        title_zh: "工商注册号",
        title_en: "business registration number",
        example: "110108000000016",
        holds: registration_number,
    },
    Form { name: "date", title_zh: "日期", title_en: "day", example: "2009-10-13", holds: date },
    Form {
        name: "decimal",
        title_zh: "数额",
        title_en: "decimal number",
        example: "2000.50",
        holds: decimal,
    },
];

/// Years of birth in a citizen number of 18 characters.
pub const BIRTH_YEARS: std::ops::RangeInclusive<u32> = 1800..=2100;

/// Years of a [`date`].
pub const DATE_YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// The most digits of a [`decimal`] before its point: those of the interface of 2009, N22.6, with
/// two to spare for the sum of many.
pub const WHOLE_DIGITS: usize = 14;

/// The most digits of a [`decimal`] behind its point.
pub const BROKEN_DIGITS: usize = 6;

/// The 31 symbols of a credit code (GB 32100-2015, 4.2): no I, O, S, V, Z.
const CREDIT_SYMBOLS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// 3^(i-1) mod 31 for positions 1 to 17 (GB 32100-2015, appendix A).
const CREDIT_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Weights of positions 1 to 8 (GB 11714-1997, 3.3).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// 2^(18-i) mod 11 for positions 1 to 17 (GB 11643-1999, after ISO 7064 MOD 11-2).
const CITIZEN_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Check characters of a citizen number by the weighted sum modulo 11.
const CITIZEN_CHECKS: &[u8; 11] = b"10X98765432";

/// Unified social credit code (统一社会信用代码), GB 32100-2015: 18 of 31 symbols; the last one
/// makes Σ symbol × weight + check divisible by 31, with the weights 1, 3, 9, 27, 19, 26, 16, 17,
/// 20, 29, 25, 13, 8, 24, 10, 30, 28; characters 9 to 17 are an [`organisation_code`].
#[must_use]
pub fn credit_code(text: &str) -> bool {
    let Some((front, [check])) = text.as_bytes().split_last_chunk() else { return false };
    if front.len() != CREDIT_WEIGHTS.len() {
        return false;
    }
    let mut sum = 0;
    for (byte, weight) in front.iter().zip(CREDIT_WEIGHTS) {
        let Some(value) = credit_value(*byte) else { return false };
        sum += value * weight;
    }
    let inner = front.last_chunk::<9>();
    credit_value(*check).is_some_and(|check| (sum + check) % 31 == 0)
        && inner.is_some_and(organisation)
}

fn credit_value(byte: u8) -> Option<u32> {
    CREDIT_SYMBOLS.iter().zip(0..).find(|(symbol, _)| **symbol == byte).map(|(_, value)| value)
}

/// Organisation code (组织机构代码), GB 11714-1997: eight of 0-9 and A-Z (A counts 10), and the
/// check character 11 - Σ value × weight mod 11, where 10 is X and 11 is 0; the weights are 3, 7,
/// 9, 10, 5, 8, 4, 2. Without the hyphen that is often printed before the check character.
#[must_use]
pub fn organisation_code(text: &str) -> bool {
    text.as_bytes().try_into().is_ok_and(organisation)
}

fn organisation(code: &[u8; 9]) -> bool {
    let [front @ .., check] = code;
    let mut sum = 0;
    for (byte, weight) in front.iter().zip(ORGANISATION_WEIGHTS) {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return false,
        };
        sum += u32::from(value) * weight;
    }
    let expected = match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    };
    expected == Some(char::from(*check))
}

/// Citizen number (公民身份号码), GB 11643-1999. 18 characters: 17 digits, of which 7 to 14 are a
/// birth date that exists in [`BIRTH_YEARS`], and a check character by ISO 7064 MOD 11-2 with the
/// weights 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2. Or 15 digits as they were given
/// before 1999, of which 7 to 12 are a birth date of the years 1900 to 1999, without check.
#[must_use]
pub fn citizen_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    match bytes.len() {
        15 => {
            let born = |from, to| bytes.get(from..to).and_then(number);
            number(bytes).is_some()
                && matches!(
                    (born(6, 8), born(8, 10), born(10, 12)),
                    (Some(year), Some(month), Some(day)) if exists(1900 + year, month, day)
                )
        }
        18 => {
            let born = |from, to| bytes.get(from..to).and_then(number);
            let date = (born(6, 10), born(10, 12), born(12, 14));
            let (Some(year), Some(month), Some(day)) = date else { return false };
            BIRTH_YEARS.contains(&year) && exists(year, month, day) && citizen_check(bytes)
        }
        _ => false,
    }
}

fn citizen_check(bytes: &[u8]) -> bool {
    let Some((check, front)) = bytes.split_last() else { return false };
    let mut sum = 0;
    for (byte, weight) in front.iter().zip(CITIZEN_WEIGHTS) {
        if !byte.is_ascii_digit() {
            return false;
        }
        sum += u32::from(byte - b'0') * weight;
    }
    CITIZEN_CHECKS.iter().zip(0..).any(|(symbol, rest)| rest == sum % 11 && symbol == check)
}

/// Business registration number (工商注册号), 15 digits (GS 15-2006): the last one checks the others
/// by ISO 7064 MOD 11,10.
#[must_use]
pub fn registration_number(text: &str) -> bool {
    let Some((check, front)) = text.as_bytes().split_last() else { return false };
    if front.len() != 14 || number(text.as_bytes()).is_none() {
        return false;
    }
    let mut product = 10;
    for byte in front {
        let sum = (product + u32::from(byte - b'0')) % 10;
        product = if sum == 0 { 10 } else { sum } * 2 % 11;
    }
    (11 - product) % 10 == u32::from(check - b'0')
}

/// A day that exists in the Gregorian calendar, of the [`DATE_YEARS`]: `2009-10-13`.
#[must_use]
pub fn date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return false;
    }
    let part = |from, to| bytes.get(from..to).and_then(number);
    match (part(0, 4), part(5, 7), part(8, 10)) {
        (Some(year), Some(month), Some(day)) => {
            DATE_YEARS.contains(&year) && exists(year, month, day)
        }
        _ => false,
    }
}

/// A number as people write it: at most [`WHOLE_DIGITS`] digits without leading zeros, and,
/// possibly, a point with 1 to [`BROKEN_DIGITS`] more. No sign: an amount has none.
#[must_use]
pub fn decimal(text: &str) -> bool {
    let (whole, broken) = match text.split_once('.') {
        Some((whole, broken)) => (whole.as_bytes(), Some(broken.as_bytes())),
        None => (text.as_bytes(), None),
    };
    let digits = |bytes: &[u8], most| {
        (1..=most).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit)
    };
    digits(whole, WHOLE_DIGITS)
        && (whole.len() == 1 || whole.first() != Some(&b'0'))
        && broken.is_none_or(|broken| digits(broken, BROKEN_DIGITS))
}

/// The number that up to 15 digits are, by its last nine; nothing where something else is among
/// them.
fn number(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0u32, |sum, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        Some((sum % 100_000_000) * 10 + digit)
    })
}

/// Whether a day exists in the Gregorian calendar.
fn exists(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
#[path = "forms/tests.rs"]
mod tests;
