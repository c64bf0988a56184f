//! From text to a value, collecting what is wrong on the way.
//!
//! serde stops at the first error. To tell all unknown keys at once, each is noted, taken out of
//! the parsed document, and the document is read again: a configuration is read once in the life of
//! a process, so the repetition costs nothing.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::Problems;
use crate::process::said::Said;

/// Reads `text`; `None` if it does not fit, and then `problems` has grown.
pub(super) fn read<T: DeserializeOwned>(text: &str, problems: &mut Problems) -> Option<T> {
    let (mut document, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        problems.add(
            line(text, error.span().as_ref()),
            Said::new("不符合 TOML 语法", format!("not valid TOML: {}", error.message())),
            Said::new("请修正该行", "correct this line"),
        );
    }
    if !broken.is_empty() {
        return None;
    }
    loop {
        let error = match T::deserialize(Deserializer::from(document.clone())) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let place = place(text, document.get_ref(), &error);
        match UnknownKey::parse(error.message()) {
            Some(unknown) => {
                problems.add(place, unknown.problem(), unknown.remedy());
                let span = error.span().unwrap_or_default();
                if !remove(document.get_mut(), &span) {
                    return None;
                }
            }
            None => {
                problems.add(place, rule(&error), rule_remedy(&error));
                return None;
            }
        }
    }
}

// === unknown keys ===

/// A key that the struct does not have, as serde words it.
struct UnknownKey<'a> {
    key: &'a str,
    known: Vec<&'a str>,
}

impl<'a> UnknownKey<'a> {
    fn parse(message: &'a str) -> Option<Self> {
        let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
        Some(Self { key: quoted.next()?, known: quoted.collect() })
    }

    fn problem(&self) -> Said {
        Said::new(format!("未知的键“{}”", self.key), format!("unknown key `{}`", self.key))
    }

    fn remedy(&self) -> Said {
        let nearest = self
            .known
            .iter()
            .map(|known| (distance(self.key, known), *known))
            .min()
            .filter(|(distance, known)| *distance <= 2.max(known.len() / 3));
        match nearest {
            Some((_, known)) => {
                Said::new(format!("是否应为“{known}”？"), format!("did you mean `{known}`?"))
            }
            None => {
                let all = self.known.join(", ");
                Said::new(
                    format!("请删除，或改为其中之一：{all}"),
                    format!("remove it, or use one of: {all}"),
                )
            }
        }
    }
}

/// Letters to insert, remove or change to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

/// Takes the key at `span` out of the document; whether it was there.
fn remove(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    let here = table.keys().find(|key| key.span() == *span).map(|key| key.get_ref().to_string());
    match here {
        Some(key) => table.remove(key.as_str()).is_some(),
        None => table.iter_mut().any(|(_, value)| remove_inside(value.get_mut(), span)),
    }
}

fn remove_inside(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => remove(table, span),
        DeValue::Array(array) => array.iter_mut().any(|value| remove_inside(value.get_mut(), span)),
        _ => false,
    }
}

// === other rules ===

fn rule(error: &Error) -> Said {
    let message = error.message();
    let zh = if let Some(key) = message.strip_prefix("missing field ") {
        format!("缺少必填的键 {key}")
    } else if message.starts_with("unknown variant") {
        "不是允许的取值".to_owned()
    } else if message.starts_with("invalid type") {
        "值的类型不对".to_owned()
    } else {
        "值不符合规则".to_owned()
    };
    Said::new(zh, message.lines().next().unwrap_or_default())
}

fn rule_remedy(error: &Error) -> Said {
    if error.message().starts_with("missing field ") {
        Said::new("请补上该键", "add the key")
    } else {
        Said::new("请按说明修改该值", "change the value as the rule says")
    }
}

// === places ===

fn place(text: &str, document: &DeTable<'_>, error: &Error) -> String {
    let span = error.span();
    let line = line(text, span.as_ref());
    match span.and_then(|span| path_of(document, &span)) {
        Some(key) => format!("{line}, {key}"),
        None => line,
    }
}

fn line(text: &str, span: Option<&Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("第 {n} 行 / line {n}", n = before.matches('\n').count() + 1)
}

/// The dotted path of the key or value at `span`.
fn path_of(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        match path_inside(value, span) {
            Some(inner) => Some(format!("{name}{inner}")),
            None if key.span() == *span || value.span() == *span => Some(name.to_string()),
            None => None,
        }
    })
}

fn path_inside(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<String> {
    match value.get_ref() {
        DeValue::Table(table) => path_of(table, span).map(|inner| format!(".{inner}")),
        DeValue::Array(array) => {
            array.iter().enumerate().find_map(|(i, value)| match path_inside(value, span) {
                Some(inner) => Some(format!("[{i}]{inner}")),
                None if value.span() == *span => Some(format!("[{i}]")),
                None => None,
            })
        }
        _ => None,
    }
}
