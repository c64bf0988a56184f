//! The rules of a field in words, both languages.

use sanheyi_proto::forms::FORMS;
use sanheyi_proto::{Author, Sensitivity};

use super::document::Lang;
use super::instant;
use super::model::{Field, Kind, Reference, Rules};

/// Whether a body in which the field is not set breaks its rules, so that every good one has it.
pub(super) fn refuses_default(field: &Field) -> bool {
    let rules = &field.rules;
    if field.list {
        return rules.min_items.is_some_and(|least| least > 0);
    }
    if field.presence || rules.ignore_zero {
        return false;
    }
    match &field.kind {
        // A pattern that takes the empty text would have no example to show.
        Kind::Text => rules.min_len.is_some_and(|least| least > 0) || !rules.pattern.is_empty(),
        Kind::Uint32 | Kind::Int64 => {
            rules.low.is_some_and(|low| low > 0) || rules.high.is_some_and(|high| high < 0)
        }
        Kind::Code(_) => rules.not_in.contains(&0),
        Kind::Bool | Kind::Message(_) => false,
    }
}

/// The type as a person would say it.
pub fn kind(field: &Field, lang: Lang) -> String {
    let one = match (&field.kind, field.instant) {
        (Kind::Int64, true) => lang.of("时间", "instant"),
        (Kind::Text, _) if field.info.form == "date" => lang.of("日期", "date"),
        (Kind::Text, _) if field.info.form == "decimal" => lang.of("小数", "decimal"),
        (Kind::Text, _) => lang.of("文本", "text"),
        (Kind::Bool, _) => lang.of("是否", "yes or no"),
        (Kind::Uint32 | Kind::Int64, _) => lang.of("整数", "integer"),
        (Kind::Code(_), _) => lang.of("代码", "code"),
        (Kind::Message(_), _) => lang.of("组", "group"),
    };
    match (field.list, lang) {
        (false, _) => one.to_owned(),
        (true, Lang::Zh) => format!("{one}列表"),
        (true, Lang::En) => format!("list of {one}"),
    }
}

/// The type in the protobuf files: `repeated LegalBasis`, `optional int64`.
pub fn declared(field: &Field) -> String {
    let one = match &field.kind {
        Kind::Text => "string",
        Kind::Bool => "bool",
        Kind::Uint32 => "uint32",
        Kind::Int64 => "int64",
        Kind::Code(name) | Kind::Message(name) => name.rsplit('.').next().unwrap_or(name),
    };
    let before = match (&field.kind, field.list, field.presence) {
        (_, true, _) => "repeated ",
        (Kind::Message(_), ..) | (_, _, false) => "",
        (_, _, true) => "optional ",
    };
    format!("{before}{one}")
}

/// The rules, one sentence each; without the pattern and the example.
pub fn bounds(field: &Field, lang: Lang) -> Vec<String> {
    let rules = &field.rules;
    let mut said = vec![lang.of_bool(field.required, "必填", "required", "可缺", "may be absent")];
    if field.list {
        said.extend(between(rules.min_items, rules.max_items, lang, Unit::Items));
    }
    said.extend(between(rules.min_len, rules.max_len, lang, Unit::Characters));
    said.extend(range(field, lang));
    said.extend(form(field.info.form, lang));
    if !field.info.not_before.is_empty() {
        let other = field.info.not_before;
        said.push(match lang {
            Lang::Zh => format!("不早于 {other}"),
            Lang::En => format!("not before {other}"),
        });
    }
    if rules.ignore_zero && said.len() > 1 {
        said.push(lang.of("空值不受此限", "an empty value is passed over").to_owned());
    }
    said
}

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    Characters,
    Items,
}

fn between(least: Option<u64>, most: Option<u64>, lang: Lang, unit: Unit) -> Option<String> {
    let one = match (lang, unit, most.or(least)) {
        (Lang::Zh, Unit::Characters, _) => " 个字",
        (Lang::Zh, Unit::Items, _) => " 项",
        (Lang::En, Unit::Characters, Some(1)) => " character",
        (Lang::En, Unit::Characters, _) => " characters",
        (Lang::En, Unit::Items, Some(1)) => " item",
        (Lang::En, Unit::Items, _) => " items",
    };
    let said = match (least.filter(|least| *least > 0), most, lang) {
        (None, None, _) => return None,
        (Some(least), Some(most), _) if least == most => format!("{most}{one}"),
        (Some(least), Some(most), Lang::Zh) => format!("{least} 至 {most}{one}"),
        (Some(least), Some(most), Lang::En) => format!("{least} to {most}{one}"),
        (Some(least), None, Lang::Zh) => format!("至少 {least}{one}"),
        (Some(least), None, Lang::En) => format!("at least {least}{one}"),
        (None, Some(most), Lang::Zh) => format!("至多 {most}{one}"),
        (None, Some(most), Lang::En) => format!("at most {most}{one}"),
    };
    Some(said)
}

fn range(field: &Field, lang: Lang) -> Option<String> {
    let Rules { low, high, .. } = &field.rules;
    let shown = |number: &i64| {
        if field.instant { instant::utc(*number) } else { number.to_string() }
    };
    let said = match (low, high, lang) {
        (None, None, _) => return None,
        (Some(low), Some(high), Lang::Zh) => format!("{} 至 {}", shown(low), shown(high)),
        (Some(low), Some(high), Lang::En) => format!("{} to {}", shown(low), shown(high)),
        (Some(low), None, Lang::Zh) => format!("不小于 {}", shown(low)),
        (Some(low), None, Lang::En) => format!("at least {}", shown(low)),
        (None, Some(high), Lang::Zh) => format!("不大于 {}", shown(high)),
        (None, Some(high), Lang::En) => format!("at most {}", shown(high)),
    };
    Some(said)
}

/// A form by the name of its rule, with what holds of it.
pub fn form(name: &str, lang: Lang) -> Option<String> {
    let form = FORMS.iter().find(|form| form.name == name)?;
    Some(match lang {
        Lang::Zh => format!("{}（如 {}）", form.title_zh, form.example),
        Lang::En => format!("{}, as {}", form.title_en, form.example),
    })
}

/// Who may write a dataset.
pub fn author(author: Author, lang: Lang) -> &'static str {
    match author {
        Author::Platform => lang.of("各平台", "platforms"),
        Author::Hub => lang.of("市级平台", "the hub"),
        Author::Both => lang.of("各平台与市级平台", "platforms and the hub"),
    }
}

/// Who may see a field.
pub fn sensitivity(sensitivity: Sensitivity, lang: Lang) -> &'static str {
    match sensitivity {
        Sensitivity::Public => lang.of("公开", "public"),
        Sensitivity::Internal => lang.of("内部", "internal"),
        Sensitivity::Personal => lang.of("个人", "personal"),
    }
}

/// What a record points to, and when.
pub fn reference(reference: &Reference, lang: Lang) -> String {
    let Reference { dataset, record, field, when } = reference;
    let condition = match (when.as_str(), lang) {
        ("", _) => String::new(),
        (when, Lang::Zh) => format!("，仅当 {when}"),
        (when, Lang::En) => format!(", only where {when}"),
    };
    match lang {
        Lang::Zh => format!("{dataset} 的记录 {record}（字段 {field}{condition}）"),
        Lang::En => format!("record {record} of {dataset} (field {field}{condition})"),
    }
}
