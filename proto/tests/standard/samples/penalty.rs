//! Penalty cases, their steps and decisions.

use sanheyi_proto::standard::v1::{
    CaseSource, Decision, Evidence, EvidenceKind, PaperType, Penalty, PenaltyKind, PenaltyOutcome,
    PenaltyPhase, PenaltyProcedure, PenaltyStep, PenaltyStepStatus, Reporter, Target, TargetType,
};

use super::case::{attachment, risk, yuan};
use super::{MORNING, Sample, limit, sample};

const NO: &str = "JS048100JT0000000218";

fn target() -> Target {
    Target {
        r#type: TargetType::Organisation.into(),
        name: "金坛市长途客运有限公司".into(),
        paper_type: PaperType::OrganisationCode.into(),
        paper_number: "014110382".into(),
        legal_representative: "赵建华".into(),
        phone: "0519-82880000".into(),
        mobile: "13900000000".into(),
        address: "金坛市东门大街 1 号".into(),
        postcode: "213200".into(),
        email: "keyun@example.com".into(),
    }
}

fn person() -> Target {
    Target { r#type: TargetType::Person.into(), name: "陈强".into(), ..Target::default() }
}

fn penalty() -> Penalty {
    Penalty {
        no: NO.into(),
        change_number: 1,
        internal_no: "坛交罚〔2010〕218号".into(),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-CF-2040".into(),
        power_version: 1,
        merged_power_codes: vec!["JS048100JT-CF-2041".into()],
        department: "稽查大队".into(),
        title: "金坛市长途客运有限公司未按批准的站点停靠案".into(),
        source: CaseSource::Report.into(),
        place: "金坛市汽车站南侧".into(),
        facts: "客车在站外上客。".into(),
        r#abstract: "客车未按批准的客运站点停靠。".into(),
        targets: vec![target(), person()],
        reporter: Some(Reporter {
            name: "孙平".into(),
            paper_type: PaperType::Passport.into(),
            paper_number: "G00000000".into(),
            phone: "0519-82880002".into(),
            address: "金坛市北环路 3 号".into(),
            email: "reporter@example.com".into(),
        }),
        promise: Some(limit(90)),
        risk: Some(risk()),
        form: Some(attachment("立案审批表.pdf")),
        occurred_at: Some(MORNING),
        created_at: MORNING + 1,
        opened_at: Some(MORNING + 2),
        updated_at: MORNING + 3,
    }
}

fn step() -> PenaltyStep {
    PenaltyStep {
        case_no: NO.into(),
        ordinal: 3,
        tache_id: "DC".into(),
        tache_name: "调查".into(),
        phase: PenaltyPhase::Investigation.into(),
        office: "稽查大队".into(),
        staff_code: "JT0042".into(),
        staff_name: "刘军".into(),
        status: PenaltyStepStatus::Passed.into(),
        promise: Some(limit(30)),
        clock_runs: true,
        note: "事实清楚，证据确凿。".into(),
        evidence: vec![Evidence {
            kind: EvidenceKind::AudioVisual.into(),
            name: "执法录像".into(),
            proves: "客车在站外上客".into(),
            collected_by: "刘军、郑伟".into(),
            collected_at: Some(MORNING),
            attachment: Some(attachment("录像.pdf")),
        }],
        previous: 2,
        node_id: "DC".into(),
        attachments: vec![attachment("调查报告.pdf")],
        risk: Some(risk()),
        began_at: MORNING,
        processed_at: Some(MORNING + 1),
    }
}

fn decision() -> Decision {
    Decision {
        case_no: NO.into(),
        serial: 1,
        change_number: 1,
        power_code: "JS048100JT-CF-2040".into(),
        power_version: 1,
        last_step: 7,
        procedure: PenaltyProcedure::Ordinary.into(),
        outcome: PenaltyOutcome::Penalty.into(),
        classes: vec![
            PenaltyKind::Fine.into(),
            PenaltyKind::Confiscation.into(),
            PenaltyKind::Licence.into(),
            PenaltyKind::Closure.into(),
            PenaltyKind::Detention.into(),
        ],
        target: Some(target()),
        document_no: "坛交罚决〔2010〕218号".into(),
        violation: "未按批准的客运站点停靠".into(),
        facts: "客车在站外上客。".into(),
        basis: "《中华人民共和国道路运输条例》第七十条".into(),
        content: "罚款二千元，没收违法所得三百元。".into(),
        fine: Some(yuan("2000")),
        confiscated: Some(yuan("300.00")),
        confiscated_items: "客票 12 张".into(),
        licence: "道路运输证 320482000001".into(),
        closure_days: 5,
        detention_days: 15,
        merged_offences: 1,
        people: 1,
        benchmark_serial: 1,
        benchmark_grade: "YB".into(),
        standard: "一般：一千元以上三千元以下".into(),
        outside_benchmark: true,
        outside_reason: "主动消除危害后果，从轻处罚。".into(),
        decided_by: "JT0001".into(),
        second_person: "JT0002".into(),
        legal_reviewer: "JT0005".into(),
        collective: true,
        pay_until: "2010-12-08".into(),
        valid_until: "2011-11-23".into(),
        public_until: "2011-11-23".into(),
        authority: "金坛市运输管理处".into(),
        authority_credit_code: "11320400014110382H".into(),
        decided_at: MORNING,
        finished_at: Some(MORNING + 1),
        updated_at: MORNING + 2,
        attachments: vec![attachment("处罚决定书.pdf")],
        base: Some(yuan("300.00")),
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let short = Penalty {
        no: NO.into(),
        change_number: 1,
        internal_no: "坛交罚〔2010〕219号".into(),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-CF-2040".into(),
        power_version: 1,
        department: "稽查大队".into(),
        title: "站外上客".into(),
        source: CaseSource::Inspection.into(),
        facts: "客车在站外上客。".into(),
        targets: vec![person()],
        created_at: MORNING,
        updated_at: MORNING,
        ..Penalty::default()
    };
    let open = PenaltyStep {
        promise: None,
        note: String::new(),
        evidence: Vec::new(),
        previous: 0,
        node_id: String::new(),
        attachments: Vec::new(),
        risk: None,
        processed_at: None,
        ..step()
    };
    let simple = Decision {
        case_no: NO.into(),
        serial: 2,
        change_number: 1,
        power_code: "JS048100JT-CF-2040".into(),
        power_version: 1,
        procedure: PenaltyProcedure::Simple.into(),
        outcome: PenaltyOutcome::Penalty.into(),
        classes: vec![PenaltyKind::Warning.into()],
        target: Some(person()),
        basis: "《中华人民共和国行政处罚法》第三十三条".into(),
        decided_by: "JT0042".into(),
        decided_at: MORNING,
        updated_at: MORNING,
        ..Decision::default()
    };
    vec![
        sample("case.penalty", &penalty()),
        sample("case.penalty", &short),
        sample("case.penalty_step", &step()),
        sample("case.penalty_step", &open),
        sample("case.decision", &decision()),
        sample("case.decision", &simple),
    ]
}
