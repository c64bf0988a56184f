//! Numbers that are built of other codes: a record's number and a power code begin with an
//! organisation code; the middle of a power code says its kind.

use sanheyi_proto::standard::v1::CaseFamily;

use super::Field;
use crate::reason::Findings;

/// Characters of an organisation code.
const ORGANISATION: usize = 10;

/// The letters of penalties in a power code.
const PENALTY: &str = "CF";

/// The organisation part of a number or a power code.
pub(super) fn organisation_of(code: &str) -> &str {
    code.get(..ORGANISATION).unwrap_or(code)
}

/// A number is the organisation's own: nobody gives out another's numbers.
pub(super) fn own(field: Field<'_>, number: &str, organisation: &str, out: &mut Findings) {
    let part = organisation_of(number);
    if part == organisation {
        return;
    }
    out.error(
        field.name,
        "record.number_organisation",
        format!(
            "“{}”的前十位是 {part}，与机构编码 {organisation} 不一致，请用本机构的编号",
            field.zh
        ),
        format!(
            "“{}” begins with {part}, but the organisation is {organisation}: use a number of this organisation",
            field.en
        ),
    );
}

/// A power is the organisation's own, or one that it is entrusted with.
pub(super) fn power_of(field: &str, power: &str, organisation: &str, out: &mut Findings) {
    let part = organisation_of(power);
    if part == organisation {
        return;
    }
    out.warning(
        field,
        "record.power_organisation",
        format!(
            "权力编码属于机构 {part}，办理机构是 {organisation}；如系受委托办理，可不更正"
        ),
        format!(
            "the power is that of {part}, the case is handled by {organisation}; right only where it is entrusted"
        ),
    );
}

/// The letters of the kind in a power code.
pub(super) fn kind_of(power: &str) -> &str {
    power.split('-').nth(1).unwrap_or_default()
}

/// Penalties are penalty cases, and nothing else is.
pub(super) fn power_kind(field: &str, power: &str, family: CaseFamily, out: &mut Findings) {
    let kind = kind_of(power);
    match (family, kind == PENALTY) {
        (CaseFamily::Penalty, false) => out.error(
            field,
            "record.power_kind",
            format!("权力类别 {kind} 不是行政处罚（CF），应按非处罚类办件报送"),
            format!("kind {kind} is no penalty (CF): report it as a case of another kind"),
        ),
        (CaseFamily::Permit, true) => out.error(
            field,
            "record.power_kind",
            "权力类别 CF 是行政处罚，应按处罚案件报送",
            "kind CF is a penalty: report it as a penalty case",
        ),
        _ => {}
    }
}

/// A case number says nothing without the family of the case, nor the family without the number.
pub(super) fn case_pair(family: CaseFamily, case_no: &str, out: &mut Findings) {
    match (family, case_no) {
        (CaseFamily::Unspecified, "") => {}
        (CaseFamily::Unspecified, _) => out.error(
            "family",
            "record.case_family",
            "填有办件编号，须同时填写办件类型",
            "there is a case number: fill in the family of the case as well",
        ),
        (_, "") => out.error(
            "case_no",
            "record.case_family",
            "填有办件类型，须同时填写办件编号",
            "there is a family of a case: fill in the case number as well",
        ),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::record::tests::rules;

    #[test]
    fn a_number_begins_with_its_organisation() {
        let field = Field { name: "no", zh: "办件编号", en: "case number" };
        let found = |number: &str| rules(|out| own(field, number, "JS048100JT", out));
        assert_eq!(found("JS048100JT0000000001"), [""; 0]);
        assert_eq!(found("JS048200JT0000000001"), ["error no record.number_organisation"]);
        assert_eq!(found(""), ["error no record.number_organisation"]);
    }

    #[test]
    fn a_power_of_another_organisation_is_a_warning() {
        let found = |power: &str| rules(|out| power_of("power_code", power, "JS048100JT", out));
        assert_eq!(found("JS048100JT-XK-1030"), [""; 0]);
        let warning = ["warning power_code record.power_organisation"];
        assert_eq!(found("JS048100GL-XK-1030"), warning);
    }

    #[test]
    fn penalties_are_penalty_cases() {
        let found = |kind: &str, family| {
            let power = format!("JS048100JT-{kind}-1030");
            rules(|out| power_kind("power_code", &power, family, out)).len()
        };
        for kind in ["XK", "QZ", "ZS", "SP", "GF", "JL", "QR", "ZY", "CJ", "QT", "JC"] {
            assert_eq!(found(kind, CaseFamily::Permit), 0, "{kind}");
            assert_eq!(found(kind, CaseFamily::Penalty), 1, "{kind}");
        }
        assert_eq!(found("CF", CaseFamily::Permit), 1);
        assert_eq!(found("CF", CaseFamily::Penalty), 0);
    }

    #[test]
    fn a_case_number_and_a_family_go_together() {
        let found = |family, number: &str| rules(|out| case_pair(family, number, out));
        let number = "JS048100JT0000000001";
        assert_eq!(found(CaseFamily::Unspecified, ""), [""; 0]);
        assert_eq!(found(CaseFamily::Penalty, number), [""; 0]);
        assert_eq!(found(CaseFamily::Unspecified, number), ["error family record.case_family"]);
        assert_eq!(found(CaseFamily::Permit, ""), ["error case_no record.case_family"]);
    }
}
