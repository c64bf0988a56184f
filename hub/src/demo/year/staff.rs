//! Who works in a district: organisations (机构), posts (岗位), officers (工作人员), and what some of
//! them are authorised to (授权).

use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Authorisation, AuthorityScope, ExerciseLevel, Officer, Organisation,
    OrganisationState, Post as PostRecord, PowerKind, RiskLevel, SubjectNature,
};

use super::calendar::YEAR_BEGINS;
use super::chance::Chance;
use super::flow::Post;
use super::numbers::{credit_code, organisation_code, telephone};
use super::{District, Written};
use crate::demo::items::{self, Item};

/// Organisation codes of public bodies begin at this number; those of firms lie below.
const BODIES: usize = 9000;

/// Clerks, invented.
#[rustfmt::skip]
const CLERKS: [&str; 20] = [
    "陈一鸣", "王静宜", "张书恒", "蒋佩兰", "周允中", "徐若虹", "朱启元", "吴思齐", "潘月新", "史可立",
    "狄青禾", "谢婉如", "汤守诚", "虞明远", "庄惠", "巢志清", "恽文", "钱程", "沈秋实", "顾念慈",
];

/// The posts of every department, with the number of clerks who sit there.
const POSTS: [(Post, usize); 4] =
    [(Post::Window, 2), (Post::Office, 2), (Post::Legal, 1), (Post::Head, 1)];

/// Code and name of a clerk.
pub(super) type Clerk = (String, &'static str);

/// All clerks at a post of a department.
pub(super) fn clerks(letters: &str, post: Post) -> Vec<Clerk> {
    let department: usize = letters.bytes().map(usize::from).sum();
    let mut before = 0;
    for (known, seats) in POSTS {
        if known == post {
            let numbers = (0..seats).map(|seat| (department * 3 + before + seat) % CLERKS.len());
            let clerk = |number| (format!("{letters}-{:03}", number + 1), CLERKS[number]);
            return numbers.map(clerk).collect();
        }
        before += seats;
    }
    Vec::new()
}

/// Whoever of them does it this time.
pub(super) fn clerk(letters: &str, post: Post, chance: &mut Chance) -> Clerk {
    let all = clerks(letters, post);
    let one = chance.index(all.len());
    all.into_iter().nth(one).unwrap_or_default()
}

/// The credit code of an organisation.
pub(super) fn authority_code(region: &str, letters: &str) -> String {
    credit_code(&inner_code(region, letters))
}

fn inner_code(region: &str, letters: &str) -> String {
    let place = items::bodies().position(|(_, known)| known == letters).unwrap_or(0);
    organisation_code(&region[2..], BODIES + place)
}

/// The organisations, then their posts, then their officers.
pub(super) fn records(district: &District) -> Vec<Written> {
    let mut written = Vec::new();
    for (name, letters) in items::bodies() {
        written.push(organisation(district, name, letters));
    }
    for (_, letters) in items::bodies() {
        for (post, _) in POSTS {
            written.push(self::post(district, letters, post));
        }
    }
    for (name, letters) in items::bodies() {
        for (post, _) in POSTS {
            for clerk in clerks(letters, post) {
                written.push(officer(district, name, letters, post, clerk));
            }
        }
    }
    written
}

fn organisation(district: &District, name: &str, letters: &str) -> Written {
    let code = district.organisation(letters);
    let head = items::in_charge(&code);
    let government = letters == items::GOVERNMENT;
    let body = Organisation {
        name: format!("{}{name}", district.title_zh),
        short_name: name.into(),
        region_code: format!("32{}", district.region),
        parent: if government { String::new() } else { district.organisation(items::GOVERNMENT) },
        credit_code: authority_code(district.region, letters),
        gb_code: inner_code(district.region, letters),
        nature: SubjectNature::Statutory.into(),
        level: ExerciseLevel::County.into(),
        head: head.name,
        head_post: "主要负责人".into(),
        duties: format!("行使{name}的法定职权，事项见权力目录。"),
        address: format!("{}甲一路1号行政中心", district.title_zh),
        phone: head.phone.clone(),
        complaint_phone: head.phone,
        office_hours: "工作日 9:00–12:00，13:30–17:30".into(),
        state: OrganisationState::Active.into(),
        valid_from: YEAR_BEGINS,
        code: code.clone(),
        ..Organisation::default()
    };
    Written::first("organisation.organisation", code, YEAR_BEGINS, &body)
}

fn post(district: &District, letters: &str, post: Post) -> Written {
    let organisation = district.organisation(letters);
    let deciding = post == Post::Head;
    let body = PostRecord {
        code: post.code().into(),
        name: post.title().into(),
        department: post.office().into(),
        duties: post.duties().into(),
        leader: if deciding { String::new() } else { Post::Head.code().into() },
        risk_level: if deciding { RiskLevel::First } else { RiskLevel::Third }.into(),
        risk: "不按规定程序、时限或标准办理。".into(),
        measures: "流程固定，全程留痕，超时自动提示。".into(),
        supervision: "监察机关实时监察，群众可以投诉。".into(),
        valid_from: YEAR_BEGINS,
        organisation,
        ..PostRecord::default()
    };
    let record = format!("{}-{}", body.organisation, body.code);
    Written::first("organisation.post", record, YEAR_BEGINS, &body)
}

fn officer(
    district: &District,
    name: &str,
    letters: &str,
    post: Post,
    (staff_code, clerk): Clerk,
) -> Written {
    let number: u32 = staff_code.bytes().map(u32::from).sum();
    let body = Officer {
        organisation: district.organisation(letters),
        name: clerk.into(),
        post: post.code().into(),
        office: format!("{name}{}", post.office()),
        title: post.title().into(),
        phone: telephone(number * 977),
        valid_from: YEAR_BEGINS,
        staff_code,
        ..Officer::default()
    };
    let record = format!("{}-{}", body.organisation, body.staff_code);
    Written::first("organisation.officer", record, YEAR_BEGINS, &body)
}

/// Who may accept, handle and decide on an item; `serial` counts in its organisation.
pub(super) fn authorisations(district: &District, item: &Item, serial: &mut u32) -> Vec<Written> {
    let scopes = [
        (Post::Window, vec![AuthorityScope::Accept, AuthorityScope::Deliver]),
        (Post::Head, vec![AuthorityScope::Decide]),
    ];
    let mut written = Vec::new();
    for (post, scopes) in scopes {
        let Some((staff_code, _)) = clerks(item.letters, post).into_iter().next() else { continue };
        *serial += 1;
        let limited = post == Post::Head && item.kind == PowerKind::Cf;
        let body = Authorisation {
            organisation: district.organisation(item.letters),
            serial: *serial,
            staff_code,
            power_code: item.code(district.region),
            power_version: 1,
            scopes: scopes.into_iter().map(Into::into).collect(),
            ceiling: limited
                .then(|| Amount { value: "1000000".into(), unit: AmountUnit::Yuan.into() }),
            granted_by: items::in_charge(&district.organisation(item.letters)).name,
            granted_at: YEAR_BEGINS,
            valid_from: YEAR_BEGINS,
            ..Authorisation::default()
        };
        let record = format!("{}-{serial:06}", body.organisation);
        written.push(Written::first("organisation.authorisation", record, YEAR_BEGINS, &body));
    }
    written
}
