//! Enumerations as code lists: every one says which list it is, every value its titles and its
//! code.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor};

use super::options::{enum_fault, messages, missing, option, text, uint32, value_fault};
use super::{Fault, forms};

/// An enumeration as a code list.
pub(crate) struct CodeList {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) title_zh: String,
    pub(crate) title_en: String,
    pub(crate) source: String,
    /// Full name of the enumeration.
    pub(crate) message: String,
    /// Ascending by number, without the unspecified one.
    pub(crate) entries: Vec<Code>,
}

impl CodeList {
    /// "id/version".
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }

    /// Every number that a field may hold, the unspecified one, too; ascending.
    pub(crate) fn numbers(&self) -> Vec<i32> {
        let mut numbers: Vec<_> = self.entries.iter().map(|code| code.number).collect();
        numbers.push(0);
        numbers.sort_unstable();
        numbers
    }
}

pub(crate) struct Code {
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) title_zh: String,
    pub(crate) title_en: String,
    /// Scheme and code.
    pub(crate) mappings: Vec<(String, String)>,
    pub(crate) valid_from: String,
    pub(crate) valid_until: String,
}

/// The code lists that were read, by full name of their enumerations.
#[derive(Default)]
pub(crate) struct CodeLists(pub(crate) BTreeMap<String, CodeList>);

impl CodeLists {
    /// The list that an enumeration is.
    pub(crate) fn of(
        &mut self,
        pool: &DescriptorPool,
        descriptor: &EnumDescriptor,
    ) -> Result<&CodeList, Fault> {
        let name = descriptor.full_name().to_owned();
        if !self.0.contains_key(&name) {
            let list = read(pool, descriptor)?;
            if let Some(twin) = self.0.values().find(|twin| twin.name() == list.name()) {
                let what = format!("the code list {} is also {}", list.name(), twin.message);
                return Err(enum_fault(descriptor, &what));
            }
            self.0.insert(name.clone(), list);
        }
        self.0.get(&name).ok_or_else(|| enum_fault(descriptor, "it was not read"))
    }
}

fn read(pool: &DescriptorPool, descriptor: &EnumDescriptor) -> Result<CodeList, Fault> {
    let told = option(pool, &descriptor.options(), "sanheyi.options.v1.code_list")?;
    let told = told.ok_or_else(|| enum_fault(descriptor, &missing("code_list", "id")))?;
    let needed = |name: &str| {
        let text = text(&told, name);
        let absent = || enum_fault(descriptor, &missing("code_list", name));
        if text.is_empty() { Err(absent()) } else { Ok(text) }
    };
    let id = needed("id")?;
    if !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(enum_fault(descriptor, &format!("the id {id} is not like power_kind")));
    }
    let version = uint32(&told, "version");
    if version == 0 {
        return Err(enum_fault(descriptor, &missing("code_list", "version")));
    }
    let mut entries = Vec::new();
    let mut codes = BTreeSet::new();
    for value in descriptor.values().filter(|value| value.number() != 0) {
        let told = option(pool, &value.options(), "sanheyi.options.v1.value")?;
        let told = told.ok_or_else(|| value_fault(&value, &missing("value", "title_zh")))?;
        let code = entry(&value, &told)?;
        if !codes.insert(code.code.clone()) {
            let what = format!("the code {} stands twice in its list", code.code);
            return Err(value_fault(&value, &what));
        }
        entries.push(code);
    }
    entries.sort_by_key(|code| code.number);
    Ok(CodeList {
        id,
        version,
        title_zh: needed("title_zh")?,
        title_en: needed("title_en")?,
        source: needed("source")?,
        message: descriptor.full_name().to_owned(),
        entries,
    })
}

fn entry(value: &EnumValueDescriptor, told: &DynamicMessage) -> Result<Code, Fault> {
    let needed = |name: &str| {
        let text = text(told, name);
        let absent = || value_fault(value, &missing("value", name));
        if text.is_empty() { Err(absent()) } else { Ok(text) }
    };
    let day = |name: &str| {
        let text = text(told, name);
        if text.is_empty() || forms::date(&text) {
            return Ok(text);
        }
        Err(value_fault(value, &format!("{name} {text} is not a day like 2009-10-13")))
    };
    let mut mappings: Vec<(String, String)> = Vec::new();
    for mapping in messages(told, "mappings") {
        let (scheme, code) = (text(&mapping, "scheme"), text(&mapping, "code"));
        if scheme.is_empty() || code.is_empty() {
            return Err(value_fault(value, "a mapping needs both scheme and code"));
        }
        mappings.push((scheme, code));
    }
    let (valid_from, valid_until) = (day("valid_from")?, day("valid_until")?);
    if !valid_from.is_empty() && !valid_until.is_empty() && valid_until <= valid_from {
        return Err(value_fault(value, "valid_until is not after valid_from"));
    }
    Ok(Code {
        number: value.number(),
        name: value.name().to_owned(),
        code: needed("code")?,
        title_zh: needed("title_zh")?,
        title_en: needed("title_en")?,
        mappings,
        valid_from,
        valid_until,
    })
}
