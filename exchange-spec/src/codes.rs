//! Codes (代码): the numbers by which the standard names bodies, powers, cases and people, each its
//! own type, parsed once; and code lists (代码表) as data, with id, version, days and mappings.
//!
//! | type | 中文 | example | says |
//! |---|---|---|---|
//! | [`OrganisationCode`] | 机构编码 | `JS048100JT` | the region, the department |
//! | [`PowerCode`] | 权力编码 | `JS048100JT-XK-1030` | the organisation, the kind, the number |
//! | [`CaseNumber`] | 办件编号 | `JS048100JT0000000217` | the organisation, the serial |
//! | [`CreditCode`] | 统一社会信用代码 | `91350100M000100Y43` | the region, the organisation code inside |
//! | [`GbOrganisationCode`] | 组织机构代码 | `D2143569X` | |
//! | [`RegistrationNumber`] | 工商注册号 | `110108000000016` | the region of the registrar |
//! | [`CitizenNumber`] | 公民身份号码 | masked wherever it is shown | the day of birth |
//!
//! Check characters are computed in `sanheyi_proto::forms`, once for the gate and for this.
//!
//! ```
//! use sanheyi_exchange_spec::codes::{self, CitizenNumber, CreditCode, PowerCode, regions};
//!
//! let power: PowerCode = "JS048200JT-XK-1030".parse()?;
//! assert_eq!(power.kind(), "XK");
//! assert_eq!(power.organisation().region(), "320482");
//!
//! // The county-level city became a district in June 2015, under another code.
//! let later = "2016-01-01".parse()?;
//! assert_eq!(regions::successor("320482", later), Some("320413"));
//! assert_eq!(regions::name("320413", later), Some("金坛区"));
//!
//! // The lists of 2014 and of GB/T 39046 clash: what is 06 in one is 08 in the other.
//! assert_eq!(codes::map("power_kind/1", "JL", "js2014"), Some("06"));
//! assert_eq!(codes::map("power_kind/1", "JL", "gbt39046"), Some("08"));
//!
//! // What is wrong is said in both languages, without the text itself.
//! let wrong = "91350100M000100Y34".parse::<CreditCode>().unwrap_err();
//! assert_eq!(wrong.zh(), "统一社会信用代码有误：校验码不符");
//! assert_eq!(wrong.to_string(), "unified social credit code: the check character does not fit");
//!
//! // A number of a person shows itself to nobody who does not ask for it by name.
//! let number: CitizenNumber = "110105491231002".parse()?;
//! assert_eq!(number.to_18()?.reveal(), "11010519491231002X");
//! assert_eq!(number.to_string(), "1*************2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod lists;
mod people;
mod powers;
mod records;
pub mod regions;
#[cfg(test)]
mod tests;

pub use self::error::{CodeError, Fault};
pub(crate) use self::lists::day;
pub use self::lists::{CodeList, Entry, list, lists, map, named};
pub use self::people::{CitizenNumber, CreditCode, GbOrganisationCode, RegistrationNumber};
pub use self::powers::{CaseNumber, OrganisationCode, PowerCode};
