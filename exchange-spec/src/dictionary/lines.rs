//! A body as lines that a person reads: each field that is set by its titles, codes by their names,
//! instants by the clock of Beijing. Personal fields are masked unless they are asked for.

use prost_reflect::{DynamicMessage, Value};
use sanheyi_proto::Sensitivity;

use super::instant::beijing;
use super::model::{Field, Kind};
use super::public::mask;
use super::{Dataset, DictionaryError};

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// One field of a body, or one item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its path, with positions in lists from 0, as reasons name it: `parts[1].record`.
    pub path: String,
    /// How deep it lies: 0 in the body itself.
    pub depth: usize,
    /// Its name as a Chinese reader says it.
    pub title_zh: &'static str,
    /// Its name as an English reader says it.
    pub title_en: &'static str,
    /// What it holds, in Chinese; nothing for a message, whose fields stand below.
    pub value_zh: Option<String>,
    /// What it holds, in English.
    pub value_en: Option<String>,
    /// Whether it is personal.
    pub personal: bool,
    /// Whether what it holds is masked or left out.
    pub masked: bool,
}

/// The lines of a body, in the order of the fields.
///
/// # Errors
/// If the bytes are not a body of the dataset.
pub fn lines(dataset: &Dataset, body: &[u8], personal: bool) -> Result<Vec<Line>, DictionaryError> {
    let message = dataset.decode(body)?;
    let mut walk = Walk { personal, lines: Vec::new() };
    walk.message(&dataset.fields, &message, "", 0);
    Ok(walk.lines)
}

struct Walk {
    personal: bool,
    lines: Vec<Line>,
}

impl Walk {
    fn message(&mut self, fields: &[Field], message: &DynamicMessage, path: &str, depth: usize) {
        for field in fields.iter().filter(|field| message.has_field(&field.descriptor)) {
            let own = match path {
                "" => field.name().to_owned(),
                path => format!("{path}.{}", field.name()),
            };
            match message.get_field(&field.descriptor).as_ref() {
                Value::List(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.value(field, item, format!("{own}[{index}]"), depth);
                    }
                }
                value => self.value(field, value, own, depth),
            }
        }
    }

    fn value(&mut self, field: &Field, value: &Value, path: String, depth: usize) {
        let personal = field.info.sensitivity == Sensitivity::Personal;
        let inner = value.as_message();
        let masked = personal && !self.personal && inner.is_none();
        let shown = match (inner, masked, value) {
            (Some(_), _, _) => None,
            (None, true, Value::String(text)) => Some((mask(text), mask(text))),
            (None, true, _) => Some(("已隐去".to_owned(), "left out".to_owned())),
            (None, false, value) => Some(said(field, value)),
        };
        let (value_zh, value_en) = shown.unzip();
        let (title_zh, title_en) = (field.info.title_zh, field.info.title_en);
        let below = path.clone();
        self.lines.push(Line {
            path,
            depth,
            title_zh,
            title_en,
            value_zh,
            value_en,
            personal,
            masked,
        });
        if let Some(inner) = inner {
            self.message(&field.fields, inner, &below, depth + 1);
        }
    }
}

/// What a value says, in both languages.
fn said(field: &Field, value: &Value) -> (String, String) {
    let twice = |text: String| (text.clone(), text);
    match (&field.kind, value) {
        (Kind::Code(_), Value::EnumNumber(number)) => {
            let entry = field.codes().and_then(|list| list.numbered(*number));
            entry.map_or_else(
                || twice(number.to_string()),
                |entry| {
                    let said = |title: &str| format!("{title} ({})", entry.code);
                    (said(&entry.title_zh), said(&entry.title_en))
                },
            )
        }
        (_, Value::String(text)) => twice(text.clone()),
        (_, Value::Bool(yes)) => match yes {
            true => ("是".to_owned(), "yes".to_owned()),
            false => ("否".to_owned(), "no".to_owned()),
        },
        // To the second: nobody reads on.
        (_, Value::I64(number)) if field.instant => {
            twice(beijing(number - number.rem_euclid(SECOND)))
        }
        (_, Value::I64(number)) => twice(number.to_string()),
        (_, Value::U32(number)) => twice(number.to_string()),
        // The build lets no other types in.
        (_, other) => twice(format!("{other:?}")),
    }
}
