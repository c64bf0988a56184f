//! How a record is named out of its body, and which records it leans on.

use std::fmt::{Debug, Formatter, Write};

use crate::generated::MAX_SLOTS;
use crate::wire::Reader;

/// How the record of a body is named: literals and top-level fields of the body.
#[derive(Clone, Copy)]
pub struct Template {
    /// As it stands in the standard: `{case_no}-{ordinal:04}`.
    pub text: &'static str,
    pub(crate) pieces: &'static [Piece],
    pub(crate) slots: &'static [Slot],
}

impl Debug for Template {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Template").field(&self.text).finish()
    }
}

/// A part of a template.
#[derive(Clone, Copy)]
pub(crate) enum Piece {
    Literal(&'static str),
    /// Position among the slots, and the least number of digits.
    Field(usize, usize),
}

/// A field that a template looks at.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// Key on the wire.
    pub(crate) key: u32,
    pub(crate) holds: Holds,
}

/// What a slot holds.
#[derive(Clone, Copy)]
pub(crate) enum Holds {
    Text,
    Uint32,
    Code,
}

/// What stood in a slot, at last.
#[derive(Clone, Copy)]
enum Held<'a> {
    Text(&'a str),
    Number(i64),
}

impl Held<'_> {
    /// A field that is absent, of either type.
    const NOTHING: Self = Held::Number(0);
}

impl Template {
    /// Writes the id of the record that a body is, in place of what `out` held; the memory of `out`
    /// is used again, nothing else is allocated.
    ///
    /// False where a field of the template is empty or 0, or the body is not protobuf; `out` is
    /// then of no use. Of several occurrences of a field the last binds. Takes one walk over the
    /// top-level fields of the body; of a body that its check takes, the id is no longer than the
    /// rules of those fields allow.
    pub fn name(&self, body: &[u8], out: &mut String) -> bool {
        self.walk(body).is_some_and(|held| self.write(&held, out))
    }

    fn walk<'a>(&self, body: &'a [u8]) -> Option<[Held<'a>; MAX_SLOTS]> {
        let mut held = [Held::NOTHING; MAX_SLOTS];
        let mut reader = Reader::new(body);
        while let Some(key) = reader.key().ok()? {
            let slot = self.slots.iter().zip(&mut held).find(|(slot, _)| slot.key == key);
            match slot {
                None => reader.skip(key).ok()?,
                Some((slot, held)) => {
                    *held = match slot.holds {
                        Holds::Text => Held::Text(reader.text().ok()?),
                        Holds::Uint32 => Held::Number(reader.uint32().ok()?.into()),
                        Holds::Code => Held::Number(reader.code().ok()?.into()),
                    }
                }
            }
        }
        Some(held)
    }

    fn write(&self, held: &[Held<'_>; MAX_SLOTS], out: &mut String) -> bool {
        out.clear();
        for piece in self.pieces {
            let (slot, width) = match *piece {
                Piece::Literal(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Field(slot, width) => (slot, width),
            };
            match held.get(slot) {
                None | Some(Held::Text("") | Held::Number(0)) => return false,
                Some(Held::Text(text)) => out.push_str(text),
                Some(Held::Number(number)) => decimal(*number, width, out),
            }
        }
        true
    }
}

/// Digits of the longest number, and room for padding.
const DIGITS: usize = 32;

/// Writes a number in decimal, with zeros in front of it up to `width`. As the formatter of the
/// library does, without its machinery: it runs for every record.
fn decimal(number: i64, width: usize, out: &mut String) {
    if !(0..10_i64.pow(9)).contains(&number) || width > DIGITS {
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{number:0width$}");
        return;
    }
    let mut digits = [b'0'; DIGITS];
    let (mut rest, mut length) = (number, 0);
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(rest % 10).unwrap_or(0)];
        (rest, length) = (rest / 10, length + 1);
        if rest == 0 {
            break;
        }
    }
    let text = std::str::from_utf8(&digits[DIGITS - length.max(width)..]);
    out.push_str(text.unwrap_or_default());
}

/// A record that the records of a dataset lean on.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Name of the dataset of that record.
    pub dataset: &'static str,
    /// How it is named out of the body that refers to it.
    pub record: Template,
    /// The top-level field that a reason names.
    pub field: &'static str,
    /// Slot of the template, and the number that it must have.
    pub(crate) when: Option<(usize, i64)>,
}

impl Reference {
    /// Writes the id of the record that a body leans on, as [`Template::name`] does.
    ///
    /// False where it leans on none: the condition of the reference does not hold, a field of the
    /// template is empty or 0, or the body is not protobuf.
    pub fn target(&self, body: &[u8], out: &mut String) -> bool {
        let Some(held) = self.record.walk(body) else { return false };
        let holds = self.when.is_none_or(|(slot, wanted)| {
            matches!(held.get(slot), Some(Held::Number(number)) if *number == wanted)
        });
        holds && self.record.write(&held, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_library_writes_them() {
        for number in [1, 9, 10, 217, 9_999, 999_999_999, 1_000_000_000, i64::MAX, -1] {
            for width in [0, 1, 3, 4, 6, DIGITS, DIGITS + 1] {
                let mut out = String::new();
                decimal(number, width, &mut out);
                assert_eq!(out, format!("{number:0width$}"));
            }
        }
    }
}
