//! Codes of those whom cases are about: legal persons and natural persons.

use std::fmt;
use std::str::FromStr;

use sanheyi_proto::forms;

use super::error::{CodeError, Fault, What, code_text, shape};
use crate::calendar::Date;

const CREDIT: What =
    What { zh: "统一社会信用代码", en: "unified social credit code", lengths: &[18] };
const GB_ORGANISATION: What =
    What { zh: "组织机构代码", en: "organisation code (GB 11714)", lengths: &[9] };
const REGISTRATION: What =
    What { zh: "工商注册号", en: "business registration number", lengths: &[15] };
const CITIZEN: What = What { zh: "公民身份号码", en: "citizen number", lengths: &[15, 18] };

/// Place of the check character in a citizen number of 18 characters, from 0.
const CITIZEN_CHECK: usize = 17;
/// What the check character of a citizen number may be.
const CITIZEN_CHECKS: &str = "0123456789X";

/// Unified social credit code (统一社会信用代码), GB 32100-2015: who registered (1), what (1), the
/// region (6), the organisation code (9), a check character. 18 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(Box<str>);

/// Organisation code (组织机构代码), GB 11714-1997: 8 characters and a check character, without
/// hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GbOrganisationCode(Box<str>);

/// Business registration number (工商注册号): the region of the registrar (6), a serial (8), a check
/// digit. 15 digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationNumber(Box<str>);

/// Citizen number (公民身份号码), GB 11643-1999: 18 characters, or 15 digits as they were given
/// before.
///
/// Personal: both `Display` and `Debug` show the first and the last character only. Whoever has to
/// have it says [`CitizenNumber::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenNumber(Box<str>);

code_text!(CreditCode, credit);
code_text!(GbOrganisationCode, gb_organisation);
code_text!(RegistrationNumber, registration);

fn credit(text: &str) -> Result<(), CodeError> {
    shape(CREDIT, text, |place, byte| match place {
        2..=7 => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"IOSVZ".contains(&byte),
    })?;
    checked(CREDIT, text, forms::credit_code)
}

fn gb_organisation(text: &str) -> Result<(), CodeError> {
    shape(GB_ORGANISATION, text, |_, byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())?;
    checked(GB_ORGANISATION, text, forms::organisation_code)
}

fn registration(text: &str) -> Result<(), CodeError> {
    shape(REGISTRATION, text, |_, byte| byte.is_ascii_digit())?;
    checked(REGISTRATION, text, forms::registration_number)
}

fn citizen(text: &str) -> Result<(), CodeError> {
    shape(CITIZEN, text, |place, byte| {
        byte.is_ascii_digit() || place == CITIZEN_CHECK && byte == b'X'
    })?;
    if birth_date(text).is_none() {
        return Err(CodeError::new(CITIZEN, Fault::Date));
    }
    checked(CITIZEN, text, forms::citizen_number)
}

fn checked(what: What, text: &str, holds: fn(&str) -> bool) -> Result<(), CodeError> {
    if holds(text) { Ok(()) } else { Err(CodeError::new(what, Fault::Check)) }
}

/// The day of birth that the digits say, if there is such a day.
fn birth_date(text: &str) -> Option<Date> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let (year, rest) = match text.len() {
        15 => (1900 + number(6, 8)?, 8),
        _ => (number(6, 10)?, 10),
    };
    if !u32::try_from(year).is_ok_and(|year| forms::BIRTH_YEARS.contains(&year)) {
        return None;
    }
    let month = i8::try_from(number(rest, rest + 2)?).ok()?;
    let day = i8::try_from(number(rest + 2, rest + 4)?).ok()?;
    Date::new(year, month, day).ok()
}

impl CreditCode {
    /// The region of the registrar, six digits.
    pub fn region(&self) -> &str {
        self.0.get(2..8).unwrap_or_default()
    }

    /// The organisation code inside, characters 9 to 17.
    pub fn organisation(&self) -> GbOrganisationCode {
        GbOrganisationCode(self.0.get(8..17).unwrap_or_default().into())
    }
}

impl RegistrationNumber {
    /// The region of the registrar, six digits.
    pub fn region(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }
}

// === impl CitizenNumber ===

impl CitizenNumber {
    /// The number itself. Never into a log, an export, an error text or a record id.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The day of birth.
    pub fn birth_date(&self) -> Date {
        birth_date(&self.0).unwrap_or_default()
    }

    /// The region in which the number was given, six digits.
    pub fn region(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// The same person's number in 18 characters: the year is written in four digits, the check
    /// character is added. Numbers of 15 digits are of the years 1900 to 1999; the serials 996 to
    /// 999, which marked who was born before 1900, are not read so.
    ///
    /// # Errors
    /// None is known: of eleven check characters one fits.
    pub fn to_18(&self) -> Result<CitizenNumber, CodeError> {
        let (Some(region), Some(rest), 15) = (self.0.get(..6), self.0.get(6..), self.0.len())
        else {
            return Ok(self.clone());
        };
        CITIZEN_CHECKS
            .chars()
            .find_map(|check| format!("{region}19{rest}{check}").parse().ok())
            .ok_or(CodeError::new(CITIZEN, Fault::Check))
    }
}

impl fmt::Display for CitizenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (place, character) in self.0.chars().enumerate() {
            let shown = if place == 0 || place == last { character } else { '*' };
            write!(f, "{shown}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for CitizenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CitizenNumber {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        citizen(text)?;
        Ok(Self(text.into()))
    }
}
