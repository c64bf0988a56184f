//! Reference items (参考事项) and templates of documents (文书模板).

use sanheyi_proto::standard::v1::{DocumentTemplate, ReferenceItem};

use super::{KindCode, kind, limits};
use crate::gate::record::interval;
use crate::reason::Findings;

/// Rules of a reference item: those of a power item, as far as it says the same.
pub(in crate::gate::record) fn reference_item(item: &ReferenceItem, out: &mut Findings) {
    let letters = item.code.split('-').next().unwrap_or_default();
    kind(KindCode { zh: "参考事项编码", en: "the code", letters }, item.kind, out);
    interval::instants(item.valid_from, item.valid_until, out);
    limits(item.statutory_limit.as_ref(), item.promised_limit.as_ref(), out);
}

/// Rules of a template of documents.
pub(in crate::gate::record) fn document_template(template: &DocumentTemplate, out: &mut Findings) {
    interval::instants(template.valid_from, template.valid_until, out);
    if template.text.trim().is_empty() && template.file.is_none() {
        out.error(
            "text",
            "record.template_content",
            "模板须有正文或文件，请填写“模板正文”或附上“模板文件”",
            "a template has a text or a file: fill in one of them",
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::{Attachment, Limit, LimitUnit, PowerKind};

    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];
    const FROM: i64 = 1_290_470_400_000_000;

    fn item() -> ReferenceItem {
        ReferenceItem {
            code: "XK-1030".into(),
            kind: PowerKind::Xk.into(),
            valid_from: FROM,
            ..ReferenceItem::default()
        }
    }

    fn of(item: &ReferenceItem) -> Vec<String> {
        rules(|out| reference_item(item, out))
    }

    #[test]
    fn a_reference_item_says_its_kind() {
        assert_eq!(of(&item()), NONE);
        for code in ["CF-1030", "ZZ-1030", ""] {
            let wrong = ReferenceItem { code: code.into(), ..item() };
            assert_eq!(of(&wrong), ["error code record.power_code_kind"], "{code}");
        }
    }

    #[test]
    fn a_reference_item_is_valid_for_some_time() {
        assert_eq!(of(&ReferenceItem { valid_until: Some(FROM + 1), ..item() }), NONE);
        let never = ReferenceItem { valid_until: Some(FROM), ..item() };
        assert_eq!(of(&never), ["error valid_until record.valid_interval"]);
    }

    #[test]
    fn the_city_asks_for_no_promise_beyond_the_statute() {
        let limited = |amount: u32, unit: LimitUnit| {
            let statutory = Limit { amount: 20, unit: LimitUnit::WorkingDay.into() };
            of(&ReferenceItem {
                statutory_limit: Some(statutory),
                promised_limit: Some(Limit { amount, unit: unit.into() }),
                ..item()
            })
        };
        assert_eq!(limited(20, LimitUnit::WorkingDay), NONE);
        let long = ["error promised_limit record.promise_within_statute"];
        assert_eq!(limited(21, LimitUnit::WorkingDay), long);
        let other = ["warning promised_limit record.limit_units"];
        assert_eq!(limited(1, LimitUnit::Month), other);
    }

    fn template() -> DocumentTemplate {
        DocumentTemplate { text: "受理通知书".into(), valid_from: FROM, ..Default::default() }
    }

    #[test]
    fn a_template_has_a_text_or_a_file() {
        let of = |text: &str, file: Option<Attachment>| {
            let one = DocumentTemplate { text: text.into(), file, ..template() };
            rules(|out| document_template(&one, out))
        };
        assert_eq!(of("受理通知书", None), NONE);
        assert_eq!(of("", Some(Attachment::default())), NONE);
        assert_eq!(of("", None), ["error text record.template_content"]);
        assert_eq!(of("\u{3000} ", None), ["error text record.template_content"], "blanks");
    }

    #[test]
    fn a_template_is_valid_for_some_time() {
        let of = |until| {
            let one = DocumentTemplate { valid_until: Some(until), ..template() };
            rules(|out| document_template(&one, out))
        };
        assert_eq!(of(FROM + 1), NONE);
        assert_eq!(of(FROM), ["error valid_until record.valid_interval"]);
    }
}
