//! Papers (证件): a number has the form that its type of paper asks for. Numbers are personal: no
//! sentence quotes one.

use sanheyi_proto::forms;
use sanheyi_proto::standard::v1::PaperType;

use super::Field;
use crate::reason::Findings;

/// A paper as a record has it.
#[derive(Clone, Copy)]
pub(super) struct Paper<'a> {
    /// Whose it is: path up to the field, as in `applicant.`; and how a reader calls them.
    pub(super) of: Field<'a>,
    pub(super) kind: PaperType,
    pub(super) number: &'a str,
}

/// Who may hold a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Person,
    Organisation,
}

/// Holds a paper against its type: both or neither, and the form of the number.
pub(super) fn check(paper: Paper<'_>, out: &mut Findings) {
    let Paper { of, kind, number } = paper;
    let path = of.name;
    match (kind, number) {
        (PaperType::Unspecified, "") => {}
        (PaperType::Unspecified, _) => out.error(
            format!("{path}paper_type"),
            "record.paper_pair",
            format!("{}填有证件号码，须同时填写证件类型", of.zh),
            format!("{} has a paper number: fill in the type of paper as well", of.en),
        ),
        (_, "") => out.error(
            format!("{path}paper_number"),
            "record.paper_pair",
            format!("{}填有证件类型，须同时填写证件号码", of.zh),
            format!("{} has a type of paper: fill in its number as well", of.en),
        ),
        (kind, number) => form(of, kind, number, out),
    }
}

fn form(of: Field<'_>, kind: PaperType, number: &str, out: &mut Findings) {
    let (holds, zh, en) = match kind {
        PaperType::CitizenCard => (forms::citizen_number(number), "公民身份号码", "citizen number"),
        PaperType::CreditCode => {
            (forms::credit_code(number), "统一社会信用代码", "unified social credit code")
        }
        PaperType::OrganisationCode => {
            (forms::organisation_code(number), "组织机构代码", "organisation code")
        }
        PaperType::BusinessLicence => (
            // Since 2015 a licence carries the credit code in the place of the old number.
            forms::registration_number(number) || forms::credit_code(number),
            "工商注册号（15 位）或统一社会信用代码（18 位）",
            "business registration number (15 digits) or unified social credit code (18)",
        ),
        _ => return,
    };
    if !holds {
        out.error(
            format!("{}paper_number", of.name),
            "record.paper_number",
            format!("{}的证件号码不是有效的{zh}，请核对证件", of.zh),
            format!("the paper number of {} is not a valid {en}: look at the paper again", of.en),
        );
    }
}

/// Whether the paper is of the kind that such a holder has. A business licence may be a person's
/// (个体工商户), and other papers may be anybody's.
pub(super) fn holder(paper: Paper<'_>, holder: Holder, out: &mut Findings) {
    let fits = match paper.kind {
        PaperType::CitizenCard
        | PaperType::Passport
        | PaperType::MilitaryCard
        | PaperType::ResidencePermit => holder == Holder::Person,
        PaperType::CreditCode | PaperType::OrganisationCode => holder == Holder::Organisation,
        PaperType::BusinessLicence | PaperType::Other | PaperType::Unspecified => true,
    };
    if fits {
        return;
    }
    let (zh, en) = match holder {
        Holder::Person => {
            ("自然人，证件却是单位证件", "a natural person, the paper an organisation’s")
        }
        Holder::Organisation => ("单位，证件却是个人证件", "an organisation, the paper a person’s"),
    };
    let of = paper.of;
    out.warning(
        format!("{}paper_type", of.name),
        "record.paper_holder",
        format!("{}登记为{zh}，请核对", of.zh),
        format!("{} is down as {en}: look at it again", of.en),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::record::tests::rules;

    const OF: Field<'static> = Field { name: "applicant.", zh: "申请人", en: "the applicant" };

    fn found(kind: PaperType, number: &str) -> Vec<String> {
        rules(|out| check(Paper { of: OF, kind, number }, out))
    }

    #[test]
    fn a_type_and_a_number_go_together() {
        let pair = |field| vec![format!("error applicant.{field} record.paper_pair")];
        assert_eq!(found(PaperType::Unspecified, ""), [""; 0]);
        assert_eq!(found(PaperType::Passport, "G00000000"), [""; 0]);
        assert_eq!(found(PaperType::Unspecified, "G00000000"), pair("paper_type"));
        assert_eq!(found(PaperType::Passport, ""), pair("paper_number"));
    }

    #[test]
    fn a_number_has_the_form_of_its_paper() {
        let bad = ["error applicant.paper_number record.paper_number"];
        for (kind, number) in [
            (PaperType::CitizenCard, "11010519491231002X"),
            (PaperType::CitizenCard, "110105491231002"),
            (PaperType::CreditCode, "91350100M000100Y43"),
            (PaperType::OrganisationCode, "D2143569X"),
            (PaperType::BusinessLicence, "110108000000016"),
            (PaperType::BusinessLicence, "91350100M000100Y43"),
            (PaperType::MilitaryCard, "军字第00000号"),
            (PaperType::Other, "00000"),
        ] {
            assert_eq!(found(kind, number), [""; 0], "{kind:?} {number}");
        }
        for (kind, number) in [
            (PaperType::CitizenCard, "110105194912310021"),
            (PaperType::CitizenCard, "D2143569X"),
            (PaperType::CreditCode, "91350100M000100Y34"),
            (PaperType::OrganisationCode, "D2143569-X"),
            (PaperType::BusinessLicence, "110108000000017"),
            (PaperType::BusinessLicence, "D2143569X"),
        ] {
            assert_eq!(found(kind, number), bad, "{kind:?} {number}");
        }
    }

    #[test]
    fn sentences_quote_no_number() {
        let mut out = Findings::default();
        let (kind, number) = (PaperType::CitizenCard, "110105194912310021");
        check(Paper { of: OF, kind, number }, &mut out);
        let reason = out.into_reasons().remove(0);
        assert_eq!(reason.zh, "申请人的证件号码不是有效的公民身份号码，请核对证件");
        assert!(!reason.en.contains("1101"), "{}", reason.en);
    }

    #[test]
    fn a_person_has_a_persons_paper() {
        let found =
            |kind, of| rules(|out| holder(Paper { of: OF, kind, number: "" }, of, out)).len();
        for (kind, person, organisation) in [
            (PaperType::CitizenCard, 0, 1),
            (PaperType::ResidencePermit, 0, 1),
            (PaperType::CreditCode, 1, 0),
            (PaperType::OrganisationCode, 1, 0),
            (PaperType::BusinessLicence, 0, 0),
            (PaperType::Unspecified, 0, 0),
        ] {
            assert_eq!(found(kind, Holder::Person), person, "{kind:?}");
            assert_eq!(found(kind, Holder::Organisation), organisation, "{kind:?}");
        }
    }
}
