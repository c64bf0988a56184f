//! The rules of one field, out of its `buf.validate.field` option.

use prost_reflect::{DynamicMessage, Value};

use super::pattern::{self, Part};

/// What a field holds, as far as rules care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Uint32,
    Int64,
    /// The numbers that the enumeration declares, ascending.
    Code(Vec<i32>),
    /// Full name of the message.
    Message(String),
}

impl Kind {
    /// The name of the rules that fit.
    fn rules(&self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Bool => "bool",
            Kind::Uint32 => "uint32",
            Kind::Int64 => "int64",
            Kind::Code(_) => "enum",
            Kind::Message(_) => "a message",
        }
    }
}

/// A form with its source text and a value that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) text: String,
    pub(crate) parts: Vec<Part>,
}

/// Rules of a single value: of a field, or of each item of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ValueRules {
    pub(crate) min_len: Option<usize>,
    pub(crate) max_len: Option<usize>,
    pub(crate) pattern: Option<Pattern>,
    pub(crate) example: String,
    /// Bounds, both inclusive, and the id of the rule that they make together.
    pub(crate) low: Option<i64>,
    pub(crate) high: Option<i64>,
    pub(crate) range: String,
    pub(crate) defined_only: bool,
    pub(crate) not_in: Vec<i32>,
}

/// All rules of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) required: bool,
    /// The rules are passed over where the field holds its default.
    pub(crate) ignore_zero: bool,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    /// Of the value, or of each item.
    pub(crate) value: ValueRules,
}

/// Reads the rules of a field; the error names the rule.
pub(crate) fn read(rules: &DynamicMessage, kind: &Kind, list: bool) -> Result<Rules, String> {
    let mut read = Rules::default();
    for (name, value) in set_fields(rules, "")? {
        match (name.as_str(), value) {
            ("required", Value::Bool(required)) => read.required = required,
            ("ignore", Value::EnumNumber(0)) => {}
            ("ignore", Value::EnumNumber(1)) => read.ignore_zero = true,
            ("repeated", Value::Message(rules)) if list => read_list(&rules, kind, &mut read)?,
            (name, Value::Message(rules)) if !list => read.value = of_value(name, &rules, kind)?,
            (name, Value::Message(_)) => return Err(format!("rule `{name}` does not fit a list")),
            (name, _) => return Err(unknown(name)),
        }
    }
    if read.required && read.ignore_zero {
        return Err("rule `ignore` contradicts `required`".to_owned());
    }
    Ok(read)
}

fn read_list(rules: &DynamicMessage, kind: &Kind, read: &mut Rules) -> Result<(), String> {
    for (name, value) in set_fields(rules, "repeated.")? {
        match (name.as_str(), value) {
            ("min_items", Value::U64(least)) => read.min_items = Some(size(least)?),
            ("max_items", Value::U64(most)) => read.max_items = Some(size(most)?),
            ("items", Value::Message(items)) => {
                for (name, value) in set_fields(&items, "repeated.items.")? {
                    match value {
                        Value::Message(rules) => read.value = of_value(&name, &rules, kind)?,
                        _ => return Err(unknown(&format!("repeated.items.{name}"))),
                    }
                }
            }
            (name, _) => return Err(unknown(&format!("repeated.{name}"))),
        }
    }
    in_order("repeated.min_items", read.min_items, read.max_items)
}

fn of_value(family: &str, rules: &DynamicMessage, kind: &Kind) -> Result<ValueRules, String> {
    let known = ["string", "uint32", "int64", "enum"].contains(&family);
    let rules = set_fields(rules, &format!("{family}."))?;
    if !known {
        let rule = rules.first().map(|(name, _)| format!("{family}.{name}"));
        return Err(unknown(&rule.unwrap_or_else(|| family.to_owned())));
    }
    if family != kind.rules() {
        return Err(format!("rule `{family}` does not fit a field of type {}", kind.rules()));
    }
    match family {
        "string" => of_text(rules),
        "enum" => of_code(rules, kind),
        _ => of_number(family, rules),
    }
}

fn of_text(rules: Vec<(String, Value)>) -> Result<ValueRules, String> {
    let mut read = ValueRules::default();
    let mut examples = Vec::new();
    for (name, value) in rules {
        match (name.as_str(), value) {
            ("min_len", Value::U64(least)) => read.min_len = Some(size(least)?),
            ("max_len", Value::U64(most)) => read.max_len = Some(size(most)?),
            ("pattern", Value::String(text)) => {
                let parts = pattern::parse(&text)
                    .map_err(|why| format!("rule `string.pattern` {text}: {why}"))?;
                read.pattern = Some(Pattern { text, parts });
            }
            ("example", Value::List(list)) => examples = list,
            (name, _) => return Err(unknown(&format!("string.{name}"))),
        }
    }
    let texts = examples.iter().filter_map(Value::as_str);
    read.example = texts.clone().next().unwrap_or_default().to_owned();
    if let Some(pattern) = &read.pattern {
        if read.example.is_empty() {
            return Err("rule `string.pattern` needs a `string.example` for the reader".to_owned());
        }
        let mut texts = texts;
        if let Some(text) = texts.find(|text| !pattern::matches(&pattern.parts, text)) {
            return Err(format!("rule `string.example` {text}: it does not match the pattern"));
        }
    }
    in_order("string.min_len", read.min_len, read.max_len)?;
    Ok(read)
}

fn of_code(rules: Vec<(String, Value)>, kind: &Kind) -> Result<ValueRules, String> {
    let mut read = ValueRules::default();
    for (name, value) in rules {
        match (name.as_str(), value) {
            ("defined_only", Value::Bool(defined_only)) => read.defined_only = defined_only,
            ("not_in", Value::List(list)) => {
                read.not_in = list.iter().filter_map(Value::as_i32).collect();
            }
            (name, _) => return Err(unknown(&format!("enum.{name}"))),
        }
    }
    if let Kind::Code(codes) = kind
        && let Some(strange) = read.not_in.iter().find(|code| !codes.contains(code))
    {
        return Err(format!("rule `enum.not_in` {strange}: the enumeration has no such number"));
    }
    Ok(read)
}

fn of_number(family: &str, rules: Vec<(String, Value)>) -> Result<ValueRules, String> {
    let mut read = ValueRules::default();
    let (mut below, mut above) = ("", "");
    for (name, value) in rules {
        let bound = value.as_i64().or(value.as_u32().map(i64::from));
        let Some(bound) = bound else { return Err(unknown(&format!("{family}.{name}"))) };
        let nothing = || format!("rule `{family}.{name}` {bound}: no number is left");
        match name.as_str() {
            "gte" => (above, read.low) = ("gte", Some(bound)),
            "gt" => (above, read.low) = ("gt", Some(bound.checked_add(1).ok_or_else(nothing)?)),
            "lte" => (below, read.high) = ("lte", Some(bound)),
            "lt" => (below, read.high) = ("lt", Some(bound.checked_sub(1).ok_or_else(nothing)?)),
            _ => return Err(unknown(&format!("{family}.{name}"))),
        }
    }
    if let (Some(low), Some(high)) = (read.low, read.high)
        && low > high
    {
        return Err(format!("rule `{family}.{above}_{below}`: {low} to {high} leaves no number"));
    }
    let both = if above.is_empty() || below.is_empty() { "" } else { "_" };
    read.range = format!("{family}.{above}{both}{below}");
    Ok(read)
}

/// The fields that are set, by name; what our copy of the rule language does not declare is an
/// error.
fn set_fields(rules: &DynamicMessage, prefix: &str) -> Result<Vec<(String, Value)>, String> {
    if let Some(field) = rules.unknown_fields().next() {
        return Err(unknown(&format!("{prefix}#{}", field.number())));
    }
    Ok(rules.fields().map(|(field, value)| (field.name().to_owned(), value.clone())).collect())
}

fn unknown(rule: &str) -> String {
    format!("rule `{rule}` is not known to the generator")
}

fn size(number: u64) -> Result<usize, String> {
    // Four bytes a character must not overflow on any machine.
    u32::try_from(number)
        .ok()
        .filter(|number| *number <= u32::MAX / 4)
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| format!("a length of {number} is beyond all sense"))
}

fn in_order(rule: &str, least: Option<usize>, most: Option<usize>) -> Result<(), String> {
    match (least, most) {
        (Some(least), Some(most)) if least > most => {
            Err(format!("rule `{rule}`: {least} is more than the most allowed, {most}"))
        }
        _ => Ok(()),
    }
}
