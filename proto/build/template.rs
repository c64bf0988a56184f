//! Templates: how a record is named out of a body. `{case_no}-{ordinal:04}` is a text, a hyphen and
//! a number padded with zeros to four digits.

use super::model::{Field, Message, Sensitivity};
use super::rules::Kind;

/// The most fields that one template with its condition may look at; as many fit on the stack of
/// the walk (`proto/src/template.rs`).
pub(crate) const MAX_SLOTS: usize = 4;

/// The widest number: as many digits as a uint32 has.
const MAX_WIDTH: usize = 10;

/// A template over the fields of one message.
pub(crate) struct Template {
    pub(crate) text: String,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) slots: Vec<Slot>,
}

#[derive(PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    /// Position among the slots, and the least number of digits.
    Field(usize, usize),
}

/// A field that is looked at.
#[derive(PartialEq, Eq)]
pub(crate) struct Slot {
    /// Key on the wire.
    pub(crate) key: u32,
    /// Variant of `Holds`.
    pub(crate) holds: &'static str,
}

/// Reads a template; the error says what is wrong with it.
pub(crate) fn parse(text: &str, message: &Message) -> Result<Template, String> {
    let wrong = |what: &str| format!("the template {text}: {what}");
    let mut template = Template { text: text.to_owned(), pieces: Vec::new(), slots: Vec::new() };
    let mut rest = text;
    while !rest.is_empty() {
        let (literal, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
        if !literal.is_empty() {
            template.pieces.push(Piece::Literal(literal.to_owned()));
        }
        let Some(inner) = after.strip_prefix('{') else {
            if after.is_empty() {
                break;
            }
            return Err(wrong("a } without its {"));
        };
        let (inner, after) = inner.split_once('}').ok_or_else(|| wrong("a { without its }"))?;
        let (name, width) = inner.split_once(':').unwrap_or((inner, ""));
        let field = field(name, message).map_err(|why| wrong(&why))?;
        let width = digits(width, field).map_err(|why| wrong(&why))?;
        let slot = template.slot(field).map_err(|why| wrong(&why))?;
        template.pieces.push(Piece::Field(slot, width));
        rest = after;
    }
    if template.slots.is_empty() {
        return Err(wrong("it names no field"));
    }
    Ok(template)
}

impl Template {
    fn slot(&mut self, field: &Field) -> Result<usize, String> {
        let (wire, holds) = match field.kind {
            Kind::Text => (2, "Text"),
            Kind::Uint32 => (0, "Uint32"),
            _ => (0, "Code"),
        };
        let slot = Slot { key: field.number << 3 | wire, holds };
        if let Some(found) = self.slots.iter().position(|known| *known == slot) {
            return Ok(found);
        }
        if self.slots.len() == MAX_SLOTS {
            return Err(format!("it looks at more than {MAX_SLOTS} fields"));
        }
        self.slots.push(slot);
        Ok(self.slots.len() - 1)
    }

    /// Reads the condition of a reference, `family=1`, as slot and number.
    pub(crate) fn condition(
        &mut self,
        text: &str,
        message: &Message,
    ) -> Result<Option<(usize, i64)>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |what: &str| format!("the condition {text}: {what}");
        let (name, number) =
            text.split_once('=').ok_or_else(|| wrong("it is not like family=1"))?;
        let field = field(name, message).map_err(|why| wrong(&why))?;
        let number: i64 =
            number.parse().map_err(|_| wrong(&format!("{number} is not a number")))?;
        match &field.kind {
            Kind::Code(codes) if !codes.iter().any(|code| i64::from(*code) == number) => {
                return Err(wrong("the enumeration has no such number"));
            }
            Kind::Uint32 if u32::try_from(number).is_err() => {
                return Err(wrong("a uint32 has no such number"));
            }
            Kind::Code(_) | Kind::Uint32 => {}
            _ => return Err(wrong(&format!("{name} is neither uint32 nor an enumeration"))),
        }
        let slot = self.slot(field).map_err(|why| wrong(&why))?;
        Ok(Some((slot, number)))
    }

    /// The template without the names of its fields: what refers and what is referred to have the
    /// same.
    pub(crate) fn shape(&self) -> String {
        let shape = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Field(_, 0) => "{}".to_owned(),
            Piece::Field(_, width) => format!("{{:0{width}}}"),
        };
        self.pieces.iter().map(shape).collect()
    }
}

fn field<'a>(name: &str, message: &'a Message) -> Result<&'a Field, String> {
    let field = message.fields.iter().find(|field| field.name == name);
    let field = field.ok_or_else(|| format!("the message has no field {name}"))?;
    if field.list || !matches!(field.kind, Kind::Text | Kind::Uint32 | Kind::Code(_)) {
        return Err(format!("{name} is not a string, uint32 or enumeration"));
    }
    if field.sensitivity == Sensitivity::Personal {
        return Err(format!("{name} is personal and must not stand in record ids"));
    }
    Ok(field)
}

/// `04`: zeros up to four digits.
fn digits(text: &str, field: &Field) -> Result<usize, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let width = text.strip_prefix('0').and_then(|width| width.parse().ok());
    match width.filter(|width| (1..=MAX_WIDTH).contains(width)) {
        None => Err(format!("{text} is not a width like 04")),
        Some(_) if field.kind == Kind::Text => Err(format!("{} is a text: no width", field.name)),
        Some(width) => Ok(width),
    }
}
