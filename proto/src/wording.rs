//! The sentences of violations, in Chinese and English. A value is quoted only where everybody may
//! see the field.

use crate::check::{Broken, Label, Place, Violation};
use crate::forms::FORMS;
use crate::wire::{Flaw, Malformed};

/// How many characters of a value a sentence shows.
const SHOWN: usize = 24;

/// A sentence in both languages.
struct Said {
    zh: String,
    en: String,
}

/// The violation of a rule at a field of a place, or at one item of it.
pub(crate) fn violation(
    place: &Place<'_>,
    label: &'static Label,
    index: Option<usize>,
    broken: Broken<'_>,
) -> Violation {
    let subject = subject(place, label, index);
    let open = place.open && label.open;
    let (rule, said) = match broken {
        Broken::Required => ("required", said("为必填项", "is required")),
        Broken::Repeated => ("repeated", said("只能出现一次", "may stand only once")),
        Broken::MinLen(least, text) => ("string.min_len", at_least(least, count(text), Unit::Text)),
        Broken::MaxLen(most, text) => ("string.max_len", at_most(most, count(text), Unit::Text)),
        Broken::MinItems(least, has) => ("repeated.min_items", at_least(least, has, Unit::Items)),
        Broken::MaxItems(most, has) => ("repeated.max_items", at_most(most, has, Unit::Items)),
        Broken::Pattern(text) => ("string.pattern", pattern(label, text, open)),
        Broken::Form(rule, text) => (rule, form(label, rule, text, open)),
        Broken::NotBefore(earlier) => ("not_before", not_before(earlier)),
        Broken::Range { rule, low, high, number } => {
            (rule, range(label, (low, high), open.then_some(number)))
        }
        Broken::Undefined(code) => ("enum.defined_only", undefined(code, open)),
        Broken::NotIn(code) => ("enum.not_in", not_in(code, open)),
    };
    Violation {
        field: path(place, label, index),
        rule,
        zh: format!("{}{}", subject.zh, said.zh),
        en: format!("{} {}", subject.en, said.en),
    }
}

/// The one violation that malformed bytes leave.
pub(crate) fn malformed(malformed: Malformed) -> Violation {
    let (zh, en) = match malformed.flaw {
        Flaw::Number => ("数字不完整或过长", "a number is cut off or too long"),
        Flaw::Key => ("字段标记无效", "a field key is not valid"),
        Flaw::Cut => ("长度超出末尾", "a length reaches past the end"),
        Flaw::Type => ("字段的编码类型不符", "a field has another wire type than its own"),
        Flaw::Text => ("文本不是 UTF-8", "a text is not UTF-8"),
        Flaw::Group => ("分组首尾不符", "a group does not end as it began"),
        Flaw::Depth => ("嵌套过深", "messages lie too deep within each other"),
    };
    let at = malformed.offset;
    Violation {
        field: String::new(),
        rule: "wire",
        zh: format!("正文不是有效的 protobuf：第 {at} 字节处{zh}"),
        en: format!("the body is not valid protobuf: at byte {at} {en}"),
    }
}

fn said(zh: &str, en: &str) -> Said {
    Said { zh: zh.to_owned(), en: en.to_owned() }
}

/// `applicant.name`, `legal_basis[2].title`.
fn path(place: &Place<'_>, label: &Label, index: Option<usize>) -> String {
    let mut path = match place.parent {
        Some((outer, label)) => path(outer, label, place.index) + ".",
        None => String::new(),
    };
    path.push_str(label.name);
    if let Some(index) = index {
        path.push_str(&format!("[{index}]"));
    }
    path
}

/// “行使依据”第 3 项的“依据名称”; “title of the act” in item 3 of “legal basis”. People count from 1.
fn subject(place: &Place<'_>, label: &Label, index: Option<usize>) -> Said {
    let mut subject = Said { zh: format!("“{}”", label.zh), en: format!("“{}”", label.en) };
    if let Some(index) = index {
        let nth = index.saturating_add(1);
        subject.zh = format!("{}第 {nth} 项", subject.zh);
        subject.en = format!("item {nth} of {}", subject.en);
    }
    match place.parent {
        Some((outer, label)) => {
            let around = self::subject(outer, label, place.index);
            Said {
                zh: format!("{}的{}", around.zh, subject.zh),
                en: format!("{} in {}", subject.en, around.en),
            }
        }
        None => subject,
    }
}

/// What a length counts.
#[derive(Clone, Copy)]
enum Unit {
    Text,
    Items,
}

impl Unit {
    fn zh(self) -> (&'static str, &'static str) {
        match self {
            Unit::Text => ("个字", "个"),
            Unit::Items => ("项", "项"),
        }
    }

    fn en(self, number: usize) -> &'static str {
        match (self, number) {
            (Unit::Text, 1) => "character",
            (Unit::Text, _) => "characters",
            (Unit::Items, 1) => "item",
            (Unit::Items, _) => "items",
        }
    }
}

fn at_least(least: usize, has: usize, unit: Unit) -> Said {
    let (noun, short) = unit.zh();
    Said {
        zh: format!("至少 {least} {noun}，实为 {has} {short}"),
        en: format!("must have at least {least} {}, has {has}", unit.en(least)),
    }
}

fn at_most(most: usize, has: usize, unit: Unit) -> Said {
    let (noun, short) = unit.zh();
    Said {
        zh: format!("最多 {most} {noun}，实为 {has} {short}"),
        en: format!("may have at most {most} {}, has {has}", unit.en(most)),
    }
}

fn count(text: &str) -> usize {
    text.chars().count()
}

fn pattern(label: &Label, text: &str, open: bool) -> Said {
    let example = label.example;
    let mut said = Said {
        zh: format!("格式不对，应如“{example}”"),
        en: format!("does not have the right form, for example “{example}”"),
    };
    if open {
        let text = shown(text);
        said.zh.push_str(&format!("，实为“{text}”"));
        said.en.push_str(&format!(", is “{text}”"));
    }
    said
}

/// The rule is `form.` and the name of the form.
fn form(label: &Label, rule: &str, text: &str, open: bool) -> Said {
    let known = FORMS.iter().find(|form| rule.strip_prefix("form.") == Some(form.name));
    let Some(form) = known else { return said("格式不对", "does not have the right form") };
    let example = if label.example.is_empty() { form.example } else { label.example };
    let mut told = Said {
        zh: format!("不是有效的{}，应如“{example}”", form.title_zh),
        en: format!("is not a valid {}, for example “{example}”", form.title_en),
    };
    if open {
        let text = shown(text);
        told.zh.push_str(&format!("，实为“{text}”"));
        told.en.push_str(&format!(", is “{text}”"));
    }
    told
}

fn not_before(earlier: &Label) -> Said {
    Said {
        zh: format!("不得早于“{}”", earlier.zh),
        en: format!("must not be before “{}”", earlier.en),
    }
}

fn range(label: &Label, bounds: (Option<i64>, Option<i64>), value: Option<i64>) -> Said {
    let number = |value: i64| if label.instant { date(value) } else { value.to_string() };
    let mut said = match bounds {
        (Some(low), Some(high)) => Said {
            zh: format!("须在 {} 至 {} 之间", number(low), number(high)),
            en: format!("must be from {} to {}", number(low), number(high)),
        },
        (Some(low), None) => Said {
            zh: format!("不得小于 {}", number(low)),
            en: format!("must be at least {}", number(low)),
        },
        (None, Some(high)) => Said {
            zh: format!("不得大于 {}", number(high)),
            en: format!("must be at most {}", number(high)),
        },
        (None, None) => said("超出范围", "is out of range"),
    };
    if let Some(value) = value {
        said.zh.push_str(&format!("，实为 {}", number(value)));
        said.en.push_str(&format!(", is {}", number(value)));
    }
    said
}

fn undefined(code: i32, open: bool) -> Said {
    if open {
        Said {
            zh: format!("的代码 {code} 不在代码表中"),
            en: format!("has code {code}, which its code list does not have"),
        }
    } else {
        said("的代码不在代码表中", "has a code that its code list does not have")
    }
}

fn not_in(code: i32, open: bool) -> Said {
    match (code, open) {
        (0, _) => said("未填写", "is not filled in"),
        (code, true) => Said {
            zh: format!("在此处不得为代码 {code}"),
            en: format!("may not have code {code} here"),
        },
        _ => said("的代码在此处不允许", "has a code that is not allowed here"),
    }
}

/// The beginning of a value, with nothing in it that moves a cursor or turns a line around.
fn shown(text: &str) -> String {
    let marks = ['\u{200e}', '\u{200f}'];
    let turns = |c: char| {
        marks.contains(&c)
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// The day of an instant, in UTC.
fn date(micros: i64) -> String {
    // Days since 0000-03-01 in the calendar of today, counted in eras of 400 years (146,097 days).
    let days = micros.div_euclid(86_400_000_000) + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(951_782_400_000_000), "2000-02-29");
        assert_eq!(date(631_152_000_000_000), "1990-01-01");
        assert_eq!(date(4_102_444_800_000_000 - 1), "2099-12-31");
        assert_eq!(date(i64::MAX), "294247-01-10");
        assert_eq!(date(i64::MIN), "-290308-12-21");
    }

    #[test]
    fn values_are_shortened_and_tamed() {
        assert_eq!(shown("JS048100JT"), "JS048100JT");
        assert_eq!(shown("a\nb\u{202e}c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(shown(&"字".repeat(SHOWN)), "字".repeat(SHOWN));
        assert_eq!(shown(&"字".repeat(SHOWN + 1)), "字".repeat(SHOWN) + "…");
    }

    #[test]
    fn values_that_not_everybody_may_see_are_not_said() {
        const PHONE: Label = Label {
            name: "phone",
            zh: "联系电话",
            en: "telephone",
            open: false,
            instant: false,
            example: "0519-82880000",
        };
        let said = violation(&Place::BODY, &PHONE, None, Broken::Pattern("13912345678x"));
        assert_eq!(said.zh, "“联系电话”格式不对，应如“0519-82880000”");
        assert!(!said.en.contains("139"));
        let range = Broken::Range { rule: "int64.gte", low: Some(1), high: None, number: -77 };
        assert_eq!(violation(&Place::BODY, &PHONE, None, range).zh, "“联系电话”不得小于 1");
        let said = violation(&Place::BODY, &PHONE, None, Broken::Form("form.date", "1985-13-01"));
        assert_eq!((said.rule, said.en.contains("1985")), ("form.date", false));
        assert_eq!(said.zh, "“联系电话”不是有效的日期，应如“0519-82880000”");
        let said = violation(&Place::BODY, &PHONE, Some(2), Broken::Undefined(77));
        assert_eq!(said.field, "phone[2]");
        assert_eq!(said.zh, "“联系电话”第 3 项的代码不在代码表中");
    }
}
