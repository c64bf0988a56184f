//! Organisations, posts, officers, authorisations.

use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Authorisation, AuthorityScope, ExerciseLevel, Officer, Organisation,
    OrganisationState, Post, RiskLevel, SubjectNature,
};

use super::{MORNING, Sample, sample};

const ORGANISATION: &str = "JS048200JT";

fn organisation() -> Organisation {
    Organisation {
        code: ORGANISATION.into(),
        name: "金坛市交通运输局".into(),
        short_name: "市交通局".into(),
        region_code: "320482".into(),
        parent: "JS048200ZF".into(),
        credit_code: "11320482014110382A".into(),
        gb_code: "014110382".into(),
        nature: SubjectNature::Statutory.into(),
        level: ExerciseLevel::County.into(),
        entrusted_by: String::new(),
        head: "顾海澄".into(),
        head_post: "局长".into(),
        duties: "负责全市道路、水路运输管理。".into(),
        address: "金坛市东门大街 1 号".into(),
        postcode: "213200".into(),
        phone: "0519-82880000".into(),
        complaint_phone: "0519-82880001".into(),
        office_hours: "工作日 9:00–17:00".into(),
        website: "http://jtj.jintan.example".into(),
        email: "jtj@jintan.example".into(),
        state: OrganisationState::Abolished.into(),
        successor: "JS041300JT".into(),
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
        remark: "示例".into(),
    }
}

fn post() -> Post {
    Post {
        organisation: ORGANISATION.into(),
        code: "SL01".into(),
        name: "受理岗".into(),
        department: "行政许可科".into(),
        duties: "接收申请，一次告知。".into(),
        leader: "SH01".into(),
        risk_level: RiskLevel::Third.into(),
        risk: "应受理而不受理。".into(),
        measures: "首问负责。".into(),
        supervision: "是否一次告知".into(),
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
    }
}

fn officer() -> Officer {
    Officer {
        organisation: ORGANISATION.into(),
        staff_code: "JT0031".into(),
        name: "李明".into(),
        post: "SL01".into(),
        office: "行政许可科".into(),
        title: "科员".into(),
        phone: "0519-82880000".into(),
        mobile: "13800000000".into(),
        email: "liming@jintan.example".into(),
        certificate: "苏交执-0031".into(),
        certificate_until: "2012-12-31".into(),
        replaces: "JT0032".into(),
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
    }
}

fn authorisation() -> Authorisation {
    Authorisation {
        organisation: ORGANISATION.into(),
        serial: 7,
        staff_code: "JT0031".into(),
        power_code: "JS048200JT-CF-2010".into(),
        power_version: 1,
        scopes: vec![AuthorityScope::Accept.into(), AuthorityScope::Handle.into()],
        nodes: vec!["SL".into(), "SC".into()],
        ceiling: Some(Amount { value: "5000".into(), unit: AmountUnit::Yuan.into() }),
        granted_by: "顾海澄".into(),
        document: "坛交发〔2010〕5号".into(),
        granted_at: MORNING,
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
        remark: "示例".into(),
    }
}

/// Bodies that say no more than they must.
fn least() -> [Sample; 4] {
    let organisation = Organisation {
        code: ORGANISATION.into(),
        name: "金坛市交通运输局".into(),
        region_code: "320482".into(),
        gb_code: "014110382".into(),
        nature: SubjectNature::Statutory.into(),
        level: ExerciseLevel::County.into(),
        state: OrganisationState::Active.into(),
        valid_from: MORNING,
        ..Organisation::default()
    };
    let post = Post {
        organisation: ORGANISATION.into(),
        code: "SH01".into(),
        name: "审核岗".into(),
        department: "行政许可科".into(),
        valid_from: MORNING,
        ..Post::default()
    };
    let officer = Officer {
        organisation: ORGANISATION.into(),
        staff_code: "JT0032".into(),
        name: "庄学勤".into(),
        office: "行政许可科".into(),
        valid_from: MORNING,
        ..Officer::default()
    };
    let authorisation = Authorisation {
        nodes: Vec::new(),
        ceiling: None,
        document: String::new(),
        valid_until: None,
        remark: String::new(),
        ..authorisation()
    };
    [
        sample("organisation.organisation", &organisation),
        sample("organisation.post", &post),
        sample("organisation.officer", &officer),
        sample("organisation.authorisation", &authorisation),
    ]
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut all = vec![
        sample("organisation.organisation", &organisation()),
        sample("organisation.post", &post()),
        sample("organisation.officer", &officer()),
        sample("organisation.authorisation", &authorisation()),
    ];
    all.extend(least());
    all
}
