//! The body of an entry by the titles of the dictionary. Personal fields are masked unless somebody
//! has said what for.

use std::sync::LazyLock;

use maud::{Markup, html};
use sanheyi_exchange_spec::dictionary::json::{Unknown, to_json};
use sanheyi_exchange_spec::dictionary::public::masked;
use sanheyi_exchange_spec::dictionary::{Dataset, Dictionary, Field, Kind};
use sanheyi_exchange_spec::gate::EXCHANGE_FAMILY;
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::Sensitivity;
use serde_json::Value as Json;

use super::ground::Whole;
use crate::web::lang::Lang;
use crate::web::parts::{bytes, exact, facts, number};

/// Whether personal fields are masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masks {
    /// They are.
    On,
    /// Whoever looks has said what for, and it was written down.
    Off,
}

/// The standard of this build, read once. Nothing where the build is broken, which a test finds.
static DICTIONARY: LazyLock<Option<Dictionary>> = LazyLock::new(|| Dictionary::new().ok());

fn dataset_of(whole: &Whole) -> Option<&'static Dataset> {
    DICTIONARY.as_ref()?.dataset(whole.header.dataset.as_str()).ok()
}

/// Whether any field of the dataset is personal.
pub fn has_personal(whole: &Whole) -> bool {
    let fields = dataset_of(whole).map(Dataset::walk).unwrap_or_default();
    whole.body.is_some()
        && fields.iter().any(|field| field.info.sensitivity == Sensitivity::Personal)
}

/// The body as it is shown.
pub fn shown(lang: Lang, whole: &Whole, masks: Masks) -> Markup {
    let Some(body) = &whole.body else {
        return html! { p.empty { (lang.t("正文已由作者删除；条目头与所有证明仍然成立。", "The author has erased the body; the header and every proof stand.")) } };
    };
    let name = whole.header.dataset.as_str();
    let Some(dataset) = dataset_of(whole) else { return foreign(lang, name, &body.bytes) };
    let open = to_json(dataset, &body.bytes, Unknown::Drop);
    let hidden = match masks {
        Masks::Off => open.clone(),
        Masks::On => {
            masked(dataset, &body.bytes).and_then(|bytes| to_json(dataset, &bytes, Unknown::Drop))
        }
    };
    let read = |json: Result<String, _>| {
        json.ok().and_then(|text: String| serde_json::from_str::<Json>(&text).ok())
    };
    let (Some(open), Some(hidden)) = (read(open), read(hidden)) else {
        return html! { p { (lang.t("正文无法按标准解读。", "The body cannot be read by the standard.")) } };
    };
    let strange = to_json(dataset, &body.bytes, Unknown::Refuse).is_err();
    html! {
        (group(lang, &dataset.fields, &open, &hidden, masks))
        @if strange {
            p.quiet { (lang.t("另有本版本标准不认识的字段，不予显示；它们随条目原样保存与传送。", "It has fields that this version of the standard does not know. They are not shown, and are kept and sent as they came.")) }
        }
    }
}

/// An entry that the exchange writes itself, or one of a dataset that is not known here.
fn foreign(lang: Lang, name: &str, body: &[u8]) -> Markup {
    let size = (lang.t("大小", "Size"), html! { (bytes(body.len() as u64)) });
    if name == receipt::DATASET
        && let Ok(receipt) = Receipt::decode(body)
    {
        let (accepted, quarantined, pending) = receipt.counts();
        return facts([
            (lang.t("关于日志", "About journal"), html! { code { (receipt.journal) } }),
            (
                lang.t("条目", "Entries"),
                html! { (number(receipt.from)) "–" (number(receipt.to.saturating_sub(1))) },
            ),
            (lang.t("已接受", "Accepted"), number(accepted)),
            (lang.t("已隔离", "Quarantined"), number(quarantined)),
            (lang.t("待判", "Pending"), number(pending)),
            size,
        ]);
    }
    let why = match name.starts_with(EXCHANGE_FAMILY) {
        true => lang.t(
            "交换自身的条目，不属于标准数据集。",
            "The exchange writes this itself; it is no dataset of the standard.",
        ),
        false => lang.t(
            "本版本的标准不认识此数据集，正文不予显示。",
            "This version of the standard does not know the dataset; its body is not shown.",
        ),
    };
    html! { p { (why) } (facts([size])) }
}

/// The fields of a message that are there, by their titles. `open` says what is there, `hidden` what
/// may be shown of it.
fn group(lang: Lang, fields: &[Field], open: &Json, hidden: &Json, masks: Masks) -> Markup {
    let there = fields.iter().filter_map(|field| Some((field, open.get(field.json_name())?)));
    html! {
        dl.facts.body {
            @for (field, value) in there {
                dt title=(field.info.path) { (lang.t(field.info.title_zh, field.info.title_en)) }
                dd { (item(lang, field, value, hidden.get(field.json_name()), masks)) }
            }
        }
    }
}

fn item(lang: Lang, field: &Field, open: &Json, hidden: Option<&Json>, masks: Masks) -> Markup {
    match open {
        Json::Array(items) => {
            let of = |at: usize| hidden.and_then(|hidden| hidden.get(at));
            html! {
                ol.items { @for (at, one) in items.iter().enumerate() { li { (item(lang, field, one, of(at), masks)) } } }
            }
        }
        Json::Object(_) => {
            let none = Json::Object(serde_json::Map::new());
            group(lang, &field.fields, open, hidden.unwrap_or(&none), masks)
        }
        _ => {
            let personal = field.info.sensitivity == Sensitivity::Personal && masks == Masks::On;
            let note = lang.t("个人信息，已遮盖", "personal, masked");
            html! {
                @match (hidden, personal) {
                    (Some(value), false) => { (one(lang, field, value)) },
                    (Some(value), true) => { span.masked title=(note) { (one(lang, field, value)) } },
                    (None, _) => { span.masked title=(note) { "＊＊＊" } },
                }
            }
        }
    }
}

fn one(lang: Lang, field: &Field, value: &Json) -> Markup {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Bool(yes) => {
            return html! { (if *yes { lang.t("是", "yes") } else { lang.t("否", "no") }) };
        }
        other => other.to_string(),
    };
    if field.instant
        && let Ok(micros) = text.parse()
    {
        return exact(Timestamp::from_micros(micros));
    }
    match (&field.kind, title_of(lang, field, &text)) {
        (Kind::Code(_), Some((code, title))) => html! { (title) " " code.quiet { (code) } },
        (_, Some((_, title))) => html! { (text) " " span.quiet { (title) } },
        _ => html! { (text) },
    }
}

/// The code and the title of a value of a code list: by the name of the enumeration's value, or by
/// the code itself.
fn title_of(lang: Lang, field: &Field, value: &str) -> Option<(String, &'static str)> {
    let (id, version) = field.info.code_list.split_once('/')?;
    if let Some(list) = sanheyi_proto::code_list(id, version.parse().ok()?) {
        let found = list.entries.iter().find(|one| one.name == value || one.code == value)?;
        return Some((found.code.to_owned(), lang.t(found.title_zh, found.title_en)));
    }
    let found = field.codes()?.entries.iter().find(|one| &*one.code == value)?;
    Some((found.code.to_string(), lang.t(&found.title_zh, &found.title_en)))
}

#[cfg(test)]
mod tests;
