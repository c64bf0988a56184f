//! Cases of the kinds that are not penalties, their steps and results; and what cases of both
//! families have.

#[path = "around.rs"]
mod around;

use sanheyi_proto::standard::v1::{
    Agent, Amount, AmountUnit, Applicant, ApplicantType, ApplyWay, Attachment, Case, CaseMaterial,
    CaseOutcome, CaseResult, CaseStep, Certificate, HandlingForm, PaperType, PermitCategory, Risk,
    StepStatus,
};

use super::{MORNING, Sample, limit, sample};

pub(crate) const NO: &str = "JS048100JT0000000217";

pub(crate) fn case() -> Case {
    Case {
        no: NO.into(),
        change_number: 1,
        internal_no: "坛交XK〔2010〕217号".into(),
        organisation: "JS048100JT".into(),
        power_code: "JS048100JT-XK-1030".into(),
        power_version: 3,
        department: "运输管理处".into(),
        title: "金坛至常州班线客运经营许可".into(),
        r#abstract: "申请新增金坛至常州班线客运车辆两辆。".into(),
        apply_way: ApplyWay::Counter.into(),
        applicant: Some(Applicant {
            r#type: ApplicantType::LegalPerson.into(),
            name: "金坛市长途客运有限公司".into(),
            paper_type: PaperType::OrganisationCode.into(),
            paper_number: "014110382".into(),
            phone: "0519-82880000".into(),
            address: "金坛市东门大街 1 号".into(),
            mobile: "13900000000".into(),
            postcode: "213200".into(),
            email: "keyun@example.com".into(),
            legal_representative: "赵建华".into(),
        }),
        promise: Some(limit(7)),
        applied_at: MORNING,
        created_at: MORNING + 1,
        updated_at: MORNING + 2,
        agent: Some(Agent {
            name: "周小明".into(),
            paper_type: PaperType::CitizenCard.into(),
            paper_number: "11010519491231002X".into(),
            phone: "0519-82880001".into(),
            address: "金坛市南环路 8 号".into(),
        }),
        form: Some(attachment("申请表.pdf")),
        materials: vec![CaseMaterial {
            name: "营业执照".into(),
            originals: 1,
            copies: 2,
            electronic: true,
            received: true,
            received_at: Some(MORNING),
            attachment: Some(attachment("营业执照.pdf")),
        }],
        risk: Some(risk()),
        handling: HandlingForm::Promised.into(),
        accepted_at: Some(MORNING + 2),
        acceptance_no: "坛交受〔2010〕217号".into(),
        joint_case_no: "JS048100JT0000000216".into(),
    }
}

pub(crate) fn step() -> CaseStep {
    CaseStep {
        case_no: NO.into(),
        ordinal: 2,
        tache_id: "SC".into(),
        tache_name: "审查".into(),
        office: "运输管理处".into(),
        staff_code: "JT0031".into(),
        staff_name: "李明".into(),
        status: StepStatus::Passed.into(),
        promise: Some(limit(3)),
        clock_runs: true,
        note: "材料齐全，符合法定条件，同意。".into(),
        began_at: MORNING,
        processed_at: Some(MORNING + 1),
        previous: 1,
        node_id: "SC".into(),
        attachments: vec![attachment("审查意见.pdf")],
        risk: Some(risk()),
    }
}

fn result() -> CaseResult {
    CaseResult {
        case_no: NO.into(),
        change_number: 1,
        outcome: CaseOutcome::Granted.into(),
        last_step: 4,
        reason: "符合法定条件，准予许可。".into(),
        decided_by: "王建国".into(),
        document_name: "准予道路旅客运输经营许可决定书".into(),
        document_no: "坛交许决〔2010〕217号".into(),
        certificates: vec![Certificate {
            name: "道路运输经营许可证".into(),
            number: "苏交运管许可常字320400217号".into(),
            category: PermitCategory::Ordinary.into(),
            content: "班车客运".into(),
            valid_from: "2010-11-24".into(),
            valid_until: "2014-11-23".into(),
            issuer: "金坛市运输管理处".into(),
            issuer_credit_code: "11320400014110382H".into(),
        }],
        receivable: Some(yuan("30.00")),
        paid: Some(yuan("20.00")),
        relief: Some(yuan("10")),
        relief_reason: "下岗失业人员从事个体经营，按规定减收。".into(),
        decided_on: "2010-11-23".into(),
        finished_at: MORNING + 4,
        updated_at: MORNING + 4,
        attachments: vec![attachment("许可证.pdf")],
    }
}

pub(super) fn attachment(name: &str) -> Attachment {
    Attachment {
        name: name.into(),
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
        bytes: 20_480,
        media_type: "application/pdf".into(),
    }
}

pub(super) fn risk() -> Risk {
    Risk {
        r#type: "自由裁量".into(),
        description: "审查时对车辆条件把关不严".into(),
        result: "两人核查，处长复核".into(),
    }
}

pub(super) fn yuan(value: &str) -> Amount {
    Amount { value: value.into(), unit: AmountUnit::Yuan.into() }
}

pub(crate) fn samples() -> Vec<Sample> {
    let person = Applicant {
        r#type: ApplicantType::Person.into(),
        name: "李明".into(),
        ..Applicant::default()
    };
    let short = Case {
        applicant: Some(person),
        r#abstract: String::new(),
        agent: None,
        form: None,
        materials: Vec::new(),
        risk: None,
        handling: 0,
        accepted_at: None,
        acceptance_no: String::new(),
        joint_case_no: String::new(),
        ..case()
    };
    let open = CaseStep {
        promise: None,
        processed_at: None,
        previous: 0,
        node_id: String::new(),
        attachments: Vec::new(),
        risk: None,
        ..step()
    };
    let refused = CaseResult {
        case_no: NO.into(),
        change_number: 1,
        outcome: CaseOutcome::NotAccepted.into(),
        reason: "申请事项不属于本机关职权范围。".into(),
        finished_at: MORNING,
        updated_at: MORNING,
        ..CaseResult::default()
    };
    let mut samples = vec![
        sample("case.case", &case()),
        sample("case.case", &short),
        sample("case.step", &step()),
        sample("case.step", &open),
        sample("case.result", &result()),
        sample("case.result", &refused),
    ];
    samples.extend(around::samples());
    samples
}
