//! Codes of the interface of 2009: organisations, powers, cases.

use super::error::{CodeError, Fault, What, code_text, shape};
use super::lists;

const ORGANISATION: What = What { zh: "机构编码", en: "organisation code", lengths: &[10] };
const POWER: What = What { zh: "权力编码", en: "power code", lengths: &[18] };
const CASE: What = What { zh: "办件编号", en: "case number", lengths: &[20] };
/// The list of the twelve kinds, in the letters of 2009.
const KINDS: (&str, u32) = ("power_kind", 1);

/// Organisation code (机构编码) of the interface of 2009: `JS`, the last four digits of the region
/// (GB/T 2260), `00`, two capital letters of the department. `JS048100JT` is the transport
/// department of 320481. 10 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationCode(Box<str>);

/// Power code (权力编码): organisation code, letters of the kind, four digits:
/// `JS048100JT-XK-1030`. 18 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PowerCode(Box<str>);

/// Number of a case (办件编号), and of every other record that is numbered by an organisation:
/// organisation code and a serial of ten digits. 20 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber(Box<str>);

code_text!(OrganisationCode, organisation);
code_text!(PowerCode, power);
code_text!(CaseNumber, case);

/// What may stand in an organisation code at a place from 0.
fn in_organisation(place: usize, byte: u8) -> bool {
    match place {
        0 => byte == b'J',
        1 => byte == b'S',
        2..=5 => byte.is_ascii_digit(),
        6 | 7 => byte == b'0',
        _ => byte.is_ascii_uppercase(),
    }
}

fn organisation(text: &str) -> Result<(), CodeError> {
    shape(ORGANISATION, text, in_organisation)
}

fn power(text: &str) -> Result<(), CodeError> {
    shape(POWER, text, |place, byte| match place {
        0..=9 => in_organisation(place, byte),
        10 | 13 => byte == b'-',
        11 | 12 => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit(),
    })?;
    let (list, version) = KINDS;
    let kinds = lists::list(list, version);
    if kinds.is_some_and(|kinds| kinds.entry(part(text, 11, 13)).is_some()) {
        Ok(())
    } else {
        Err(CodeError::new(POWER, Fault::Kind))
    }
}

fn case(text: &str) -> Result<(), CodeError> {
    shape(CASE, text, |place, byte| match place {
        0..=9 => in_organisation(place, byte),
        _ => byte.is_ascii_digit(),
    })
}

/// Part of a text that was checked to be long enough and ASCII.
fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

impl OrganisationCode {
    /// The region, six digits, by the province's rule "replace JS by 32, take 6 characters".
    pub fn region(&self) -> String {
        format!("32{}", part(&self.0, 2, 6))
    }

    /// The letters of the department: `JT` is transport.
    pub fn department(&self) -> &str {
        part(&self.0, 8, 10)
    }
}

impl PowerCode {
    /// The organisation that has the power.
    pub fn organisation(&self) -> OrganisationCode {
        OrganisationCode(part(&self.0, 0, 10).into())
    }

    /// The letters of the kind, a code of the list `power_kind/1`.
    pub fn kind(&self) -> &str {
        part(&self.0, 11, 13)
    }

    /// The number within organisation and kind, 0 to 9,999.
    pub fn number(&self) -> u16 {
        part(&self.0, 14, 18).parse().unwrap_or_default()
    }
}

impl CaseNumber {
    /// The organisation that gave the number.
    pub fn organisation(&self) -> OrganisationCode {
        OrganisationCode(part(&self.0, 0, 10).into())
    }

    /// The serial, at most ten digits.
    pub fn serial(&self) -> u64 {
        part(&self.0, 10, 20).parse().unwrap_or_default()
    }

    /// The number that an organisation gives to a serial; `None` if that has more than ten digits.
    pub fn of(organisation: &OrganisationCode, serial: u64) -> Option<CaseNumber> {
        format!("{organisation}{serial:010}").parse().ok()
    }
}
