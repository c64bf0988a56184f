//! What may be typed into a column.

use std::collections::BTreeMap;

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, DataValidationRule, Formula};
use sanheyi_exchange_spec::dictionary::template::{NO, YES};
use sanheyi_exchange_spec::dictionary::{Field, Kind, Lang, words};

use super::{CODES, serial, whole};

/// Most characters of what a program says where a value is refused, by the format of the file.
const MESSAGE_CHARACTERS: usize = 255;
/// Most characters that a cell holds, by the format of the file.
const CELL_CHARACTERS: u32 = 32_767;

/// The limit of a field's column, if it has one.
pub(super) fn limit(
    field: &Field,
    lists: &BTreeMap<String, Vec<String>>,
) -> Option<DataValidation> {
    let limit = DataValidation::new().ignore_blank(true);
    let limit = match &field.kind {
        Kind::Bool => limit.allow_list_strings(&[YES, NO]).ok()?,
        Kind::Code(_) => limit.allow_list_formula(list(field, lists)?),
        // Such a list may gain codes before the template does: what is none of them is asked about.
        Kind::Text if field.codes().is_some() => limit
            .allow_list_formula(list(field, lists)?)
            .set_error_style(DataValidationErrorStyle::Warning),
        Kind::Text => limit.allow_text_length(length(field)?),
        Kind::Uint32 | Kind::Int64 => number(field, limit)?,
        Kind::Message(_) => return None,
    };
    let said: String = words::bounds(field, Lang::Zh).join("；");
    let said = format!("{}：{said}", field.info.title_zh);
    let said: String = said.chars().take(MESSAGE_CHARACTERS).collect();
    let open = field.kind == Kind::Text && field.codes().is_some();
    let title = if open {
        "不在代码表中 · not in the list"
    } else {
        "不符合要求 · not allowed"
    };
    limit.set_error_title(title).ok()?.set_error_message(said).ok()
}

/// The place of a list on the hidden sheet.
fn list(field: &Field, lists: &BTreeMap<String, Vec<String>>) -> Option<Formula> {
    let id = field.codes()?.name();
    let at = lists.keys().position(|other| *other == id)?;
    let count = lists.get(&id)?.len();
    let column = letters(at);
    Some(Formula::new(format!("={CODES}!${column}$2:${column}${}", count + 1)))
}

/// A column as the program names it: A, B, … Z, AA.
fn letters(number: usize) -> String {
    let mut rest = number + 1;
    let mut name = Vec::new();
    while rest > 0 {
        rest -= 1;
        let letter = u8::try_from(rest % 26).map(|letter| char::from(b'A' + letter));
        name.extend(letter);
        rest /= 26;
    }
    name.iter().rev().collect()
}

fn length(field: &Field) -> Option<DataValidationRule<u32>> {
    let bound = |bound: Option<u64>| bound.and_then(|bound| u32::try_from(bound).ok());
    let (least, most) = (bound(field.rules.min_len), bound(field.rules.max_len));
    if least.is_none() && most.is_none() {
        return None;
    }
    let most = most.unwrap_or(CELL_CHARACTERS).min(CELL_CHARACTERS);
    Some(DataValidationRule::Between(least.unwrap_or_default(), most))
}

fn number(field: &Field, limit: DataValidation) -> Option<DataValidation> {
    let (low, high) = (field.rules.low?, field.rules.high?);
    if field.instant {
        let ends = [low, high].map(|end| Formula::new(format!("={:.6}", serial(end))));
        let [low, high] = ends;
        return Some(limit.allow_date_formula(DataValidationRule::Between(low, high)));
    }
    let (low, high) = (whole(low)?, whole(high)?);
    let [low, high] = [low, high].map(|end| Formula::new(format!("={end}")));
    Some(limit.allow_whole_number_formula(DataValidationRule::Between(low, high)))
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn columns_have_letters() {
        for (number, name) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (702, "AAA")] {
            assert_eq!(letters(number), name);
        }
    }
}
