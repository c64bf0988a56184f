//! Organisations (机构), posts, officers, authorisations.

use sanheyi_proto::standard::v1::{Authorisation, Officer, Organisation, Post};

use super::interval;
use crate::codes::{CreditCode, OrganisationCode};
use crate::reason::Findings;

/// Where the four digits of the region stand in a region code of six.
const REGION_DIGITS: std::ops::RangeFrom<usize> = 2..;

/// Rules of an organisation.
pub(super) fn organisation(organisation: &Organisation, out: &mut Findings) {
    identity(organisation, out);
    region(organisation, out);
    if organisation.parent == organisation.code {
        itself("parent", "上级机构", "the organisation above", out);
    }
    if organisation.successor == organisation.code {
        itself("successor", "承继机构", "the organisation that took over", out);
    }
    interval::instants(organisation.valid_from, organisation.valid_until, out);
}

/// It is known by a code of the state, and two of them agree.
fn identity(organisation: &Organisation, out: &mut Findings) {
    let Organisation { credit_code, gb_code, .. } = organisation;
    if credit_code.is_empty() && gb_code.is_empty() {
        out.error(
            "credit_code",
            "record.organisation_identity",
            "统一社会信用代码与组织机构代码至少填一项，请补填",
            "an organisation has a unified social credit code or an organisation code: fill in one",
        );
    }
    if let Ok(credit) = credit_code.parse::<CreditCode>()
        && !gb_code.is_empty()
        && credit.organisation().as_str() != gb_code
    {
        out.error(
            "gb_code",
            "record.organisation_codes",
            format!(
                "统一社会信用代码的第 9 至 17 位为 {}，组织机构代码为 {gb_code}，两者须一致，请改正其中之一",
                credit.organisation()
            ),
            format!(
                "characters 9 to 17 of the credit code are {}, the organisation code is {gb_code}: correct one of them",
                credit.organisation()
            ),
        );
    }
}

/// Its code was made of its region. Regions change their codes, organisations keep theirs: so this
/// is only a warning.
fn region(organisation: &Organisation, out: &mut Findings) {
    let Ok(code) = organisation.code.parse::<OrganisationCode>() else { return };
    let (of_code, region) = (code.region(), organisation.region_code.as_str());
    if of_code.get(REGION_DIGITS) != region.get(REGION_DIGITS) {
        out.warning(
            "region_code",
            "record.organisation_region",
            format!(
                "机构编码中的区划为 {of_code}，区划代码为 {region}；如非区划调整所致，请改正区划代码"
            ),
            format!(
                "the code is of region {of_code}, the region is {region}: correct it, unless the region was changed"
            ),
        );
    }
}

fn itself(field: &str, zh: &str, en: &str, out: &mut Findings) {
    out.error(
        field,
        "record.organisation_itself",
        format!("{zh}不能是本机构，请改正或留空"),
        format!("{en} is not the organisation itself: correct it, or leave it empty"),
    );
}

/// Rules of a post.
pub(super) fn post(post: &Post, out: &mut Findings) {
    if post.leader == post.code {
        out.error(
            "leader",
            "record.post_itself",
            "上级岗位不能是本岗位，请改正或留空",
            "the post above is not the post itself: correct it, or leave it empty",
        );
    }
    interval::instants(post.valid_from, post.valid_until, out);
}

/// Rules of an officer.
pub(super) fn officer(officer: &Officer, out: &mut Findings) {
    interval::instants(officer.valid_from, officer.valid_until, out);
}

/// Rules of an authorisation.
pub(super) fn authorisation(authorisation: &Authorisation, out: &mut Findings) {
    interval::instants(authorisation.valid_from, authorisation.valid_until, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];
    const FROM: i64 = 1_290_470_400_000_000;

    fn good() -> Organisation {
        Organisation {
            code: "JS048200JT".into(),
            region_code: "320482".into(),
            credit_code: "11320482014110382A".into(),
            gb_code: "014110382".into(),
            valid_from: FROM,
            ..Organisation::default()
        }
    }

    fn of(organisation: &Organisation) -> Vec<String> {
        rules(|out| super::organisation(organisation, out))
    }

    #[test]
    fn an_organisation_has_a_code_of_the_state() {
        assert_eq!(of(&good()), NONE);
        assert_eq!(of(&Organisation { credit_code: String::new(), ..good() }), NONE);
        assert_eq!(of(&Organisation { gb_code: String::new(), ..good() }), NONE);
        let none = Organisation { credit_code: String::new(), gb_code: String::new(), ..good() };
        assert_eq!(of(&none), ["error credit_code record.organisation_identity"]);
    }

    #[test]
    fn two_codes_of_the_state_agree() {
        assert_eq!(of(&good()), NONE);
        let other = Organisation { gb_code: "D2143569X".into(), ..good() };
        assert_eq!(of(&other), ["error gb_code record.organisation_codes"]);
    }

    #[test]
    fn a_code_is_of_its_region_unless_the_region_changed() {
        assert_eq!(of(&good()), NONE);
        let later = Organisation { region_code: "320413".into(), ..good() };
        assert_eq!(of(&later), ["warning region_code record.organisation_region"]);
        let last = Organisation { region_code: "320481".into(), ..good() };
        assert_eq!(of(&last), ["warning region_code record.organisation_region"]);
    }

    #[test]
    fn an_organisation_is_not_above_itself() {
        assert_eq!(of(&Organisation { parent: "JS048200ZF".into(), ..good() }), NONE);
        let itself = Organisation { parent: good().code, ..good() };
        assert_eq!(of(&itself), ["error parent record.organisation_itself"]);
        assert_eq!(of(&Organisation { successor: "JS041300JT".into(), ..good() }), NONE);
        let itself = Organisation { successor: good().code, ..good() };
        assert_eq!(of(&itself), ["error successor record.organisation_itself"]);
    }

    #[test]
    fn a_post_is_not_above_itself() {
        let of = |leader: &str| {
            let post = Post { code: "SL01".into(), leader: leader.into(), ..Post::default() };
            rules(|out| super::post(&post, out))
        };
        assert_eq!(of(""), NONE);
        assert_eq!(of("SL02"), NONE);
        assert_eq!(of("SL01"), ["error leader record.post_itself"]);
    }

    #[test]
    fn whoever_is_in_office_is_so_for_some_time() {
        let late = ["error valid_until record.valid_interval"];
        for (until, expected) in [(FROM + 1, &NONE[..]), (FROM, &late), (FROM - 1, &late)] {
            let (valid_from, valid_until) = (FROM, Some(until));
            assert_eq!(of(&Organisation { valid_until, ..good() }), expected);
            let code = String::from("SL01");
            let post = Post { code, valid_from, valid_until, ..Post::default() };
            assert_eq!(rules(|out| super::post(&post, out)), expected);
            let officer = Officer { valid_from, valid_until, ..Officer::default() };
            assert_eq!(rules(|out| super::officer(&officer, out)), expected);
            let one = Authorisation { valid_from, valid_until, ..Authorisation::default() };
            assert_eq!(rules(|out| authorisation(&one, out)), expected);
        }
    }
}
