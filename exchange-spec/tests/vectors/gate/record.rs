//! Within one record: a choice of the rules, each broken alone where that can be. The name of a
//! scene begins with the id of its rule.

use prost::Message;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, ApplicantType, Benchmark, Card, Case, CaseResult, CatalogueProgress,
    Clearing, CodeList, Complaint, ComplaintHandling, CustodyAnswer, DailyActivity, Decision,
    Delivery, Document, DocumentKind, DocumentTemplate, Evaluation, Finding, FlowChart, Guide,
    Joint, JointOpinion, JointStance, LimitUnit, Organisation, PaperType, PenaltyKind, Post,
    PowerItem, RegionSuccession, Review, SupervisionOrder, SupervisionReply, Suspension,
    WorkingCalendar,
};

use super::{Scene, sample};

/// Any of these is judged as if all that it refers to were there.
fn broken<M: Message + Default>(
    name: &'static str,
    of: &'static str,
    nth: usize,
    change: impl FnOnce(&mut M),
) -> Scene {
    Scene::new(name, of, sample(of, nth, change)).among()
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut scenes = cases();
    scenes.extend(results());
    scenes.extend(around());
    scenes.extend(decisions());
    scenes.extend(joint());
    scenes.extend(supervision());
    scenes.extend(catalogue());
    scenes.extend(figures());
    scenes
}

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: unit.into() })
}

fn cases() -> Vec<Scene> {
    let of = "case.case";
    let paper = |kind: PaperType, number: &'static str| {
        move |case: &mut Case| {
            let applicant = case.applicant.as_mut().unwrap();
            (applicant.paper_type, applicant.paper_number) = (kind.into(), number.into());
        }
    };
    vec![
        broken("record.number_organisation: another's number", of, 1, |case: &mut Case| {
            case.no = "JS048100SP0000000217".into();
        }),
        broken("record.power_organisation: another's power", of, 1, |case: &mut Case| {
            case.power_code = "JS048100SP-XK-1030".into();
        }),
        broken("record.power_kind: a penalty as a permit", of, 1, |case: &mut Case| {
            case.power_code = "JS048100JT-CF-1030".into();
        }),
        broken("record.joint_case: its own leading case", of, 1, |case: &mut Case| {
            case.joint_case_no.clone_from(&case.no);
        }),
        broken("record.paper_pair: a type and no number", of, 1, paper(PaperType::Passport, "")),
        broken(
            "record.paper_number: the check character is wrong",
            of,
            1,
            paper(PaperType::CitizenCard, "110105194912310021"),
        ),
        broken("record.paper_holder: a company with a passport", of, 1, |case: &mut Case| {
            paper(PaperType::Passport, "G00000000")(case);
            case.applicant.as_mut().unwrap().r#type = ApplicantType::LegalPerson.into();
        }),
        broken("string.max_len: a title of 201 characters", of, 1, |case: &mut Case| {
            case.title = "案".repeat(201);
        }),
        broken("not_before: written before it was applied for", of, 1, |case: &mut Case| {
            case.created_at = case.applied_at - 1;
        }),
    ]
}

fn results() -> Vec<Scene> {
    let of = "case.result";
    vec![
        broken("record.refusal_reason: nine characters", of, 1, |one: &mut CaseResult| {
            one.reason = "　不属于本机关职权范".into();
        }),
        broken("record.result_steps: refused without a step", of, 1, |one: &mut CaseResult| {
            one.outcome = sanheyi_proto::standard::v1::CaseOutcome::Refused.into();
        }),
        broken("record.amount_unit: days are no money", of, 1, |one: &mut CaseResult| {
            one.receivable = amount("1", AmountUnit::Day);
        }),
        broken("record.relief_reason: waived without a reason", of, 1, |one: &mut CaseResult| {
            one.receivable = amount("0.0001", AmountUnit::WanYuan);
            one.relief = amount("1", AmountUnit::Yuan);
        }),
        broken("record.paid_over: one fen too much", of, 1, |one: &mut CaseResult| {
            one.receivable = amount("0.003", AmountUnit::WanYuan);
            one.paid = amount("30.01", AmountUnit::Yuan);
        }),
        broken(
            "record.certificate_dates: it ends before it begins",
            of,
            0,
            |one: &mut CaseResult| {
                one.certificates[0].valid_until = "2010-11-23".into();
            },
        ),
    ]
}

fn around() -> Vec<Scene> {
    let told = |one: &mut Suspension| one.informed_at = None;
    vec![
        broken("record.applicant_informed: nobody was told", "case.suspension", 1, told),
        broken("record.extension_limit: none", "case.suspension", 1, |one: &mut Suspension| {
            one.extension = None;
        }),
        broken(
            "record.correction_materials: none",
            "case.suspension",
            0,
            |one: &mut Suspension| {
                one.materials.clear();
            },
        ),
        broken(
            "record.document_family: a filing of a permit",
            "case.document",
            1,
            |one: &mut Document| {
                one.kind = DocumentKind::Filing.into();
            },
        ),
        broken(
            "record.delivery_receiver: nobody signed",
            "case.delivery",
            0,
            |one: &mut Delivery| {
                one.receiver_name.clear();
            },
        ),
        broken(
            "record.evaluation_response: no time",
            "case.evaluation",
            0,
            |one: &mut Evaluation| {
                one.responded_at = None;
            },
        ),
    ]
}

fn decisions() -> Vec<Scene> {
    let of = "case.decision";
    vec![
        broken("record.decision_classes: a penalty without", of, 1, |one: &mut Decision| {
            one.classes.clear();
        }),
        broken("record.fine: a class without an amount", of, 1, |one: &mut Decision| {
            one.classes.push(PenaltyKind::Fine.into());
        }),
        broken("record.class_abolished: the first day without", of, 1, |one: &mut Decision| {
            one.procedure = 2;
            one.last_step = 1;
            one.classes = vec![PenaltyKind::Labour.into()];
            let day = 1_388_160_000_000_000;
            (one.decided_at, one.updated_at) = (day, day);
        }),
        broken("record.detention_days: the sixteenth day", of, 0, |one: &mut Decision| {
            one.detention_days = 16;
        }),
        broken("record.outside_second: who decided reviews", of, 0, |one: &mut Decision| {
            one.second_person.clone_from(&one.decided_by);
        }),
        broken("record.decision_dates: paid before it is decided", of, 1, |one: &mut Decision| {
            one.pay_until = "2010-11-22".into();
        }),
        broken(
            "record.on_the_spot: 50.01 yuan of a person in 2010",
            of,
            1,
            |one: &mut Decision| {
                one.classes = vec![PenaltyKind::Fine.into()];
                one.fine = amount("50.01", AmountUnit::Yuan);
            },
        ),
    ]
}

fn joint() -> Vec<Scene> {
    let twice = |one: &mut Joint| one.parts.push(one.parts[0].clone());
    let silent = |one: &mut JointOpinion| {
        one.stance = JointStance::Disagree.into();
        one.opinion = "\u{3000}".into();
    };
    vec![
        broken("record.joint_part_once: a part twice", "case.joint", 0, twice),
        broken("record.joint_opinion_reason: blank", "case.joint_opinion", 0, silent),
    ]
}

fn silent(answer: &mut CustodyAnswer) {
    answer.reason.clear();
}

fn supervision() -> Vec<Scene> {
    vec![
        broken("record.custody_reason: a silent refusal", "custody.answer", 0, silent),
        broken(
            "record.case_family: a number alone",
            "supervision.complaint",
            1,
            |one: &mut Complaint| {
                one.case_no = "JS048100JT0000000217".into();
            },
        ),
        broken("record.finding_platform: none", "supervision.finding", 1, |one: &mut Finding| {
            one.platform.clear();
        }),
        broken("record.card_replaces: itself", "supervision.card", 1, |one: &mut Card| {
            one.replaces.clone_from(&one.no);
        }),
        broken("record.clearing_reason: short", "supervision.clearing", 0, |one: &mut Clearing| {
            one.reason = "停电".into();
        }),
        broken(
            "record.order_due: at once",
            "supervision.order",
            1,
            |one: &mut SupervisionOrder| {
                one.reply_due_at = one.issued_at;
            },
        ),
        broken(
            "record.order_addressee: who issues it",
            "supervision.order",
            1,
            |one: &mut SupervisionOrder| {
                one.addressee.clone_from(&one.issuer);
            },
        ),
        broken(
            "record.objective_cause: untold",
            "supervision.reply",
            1,
            |one: &mut SupervisionReply| {
                one.objective_cause = true;
                one.content = "停电".into();
            },
        ),
        broken(
            "record.handling_transfer: an acceptance passes nothing on",
            "supervision.complaint_handling",
            1,
            |one: &mut ComplaintHandling| one.transferred_to = "JS048100SP".into(),
        ),
    ]
}

fn catalogue() -> Vec<Scene> {
    let item = "catalogue.power_item";
    let chart = "catalogue.flow_chart";
    let grades = "catalogue.benchmark";
    vec![
        broken("record.valid_interval: for no time", item, 0, |one: &mut PowerItem| {
            one.valid_until = Some(one.valid_from);
        }),
        broken(
            "record.power_code_kind: letters of another kind",
            item,
            0,
            |one: &mut PowerItem| {
                one.code = "JS048100JT-QZ-1030".into();
            },
        ),
        broken("record.promise_within_statute: 21 of 20", item, 0, |one: &mut PowerItem| {
            one.promised_limit.as_mut().unwrap().amount = 21;
        }),
        broken("record.limit_units: days and working days", item, 0, |one: &mut PowerItem| {
            one.promised_limit.as_mut().unwrap().unit = LimitUnit::CalendarDay.into();
        }),
        broken("record.review_opinion: blank", "catalogue.review", 0, |one: &mut Review| {
            one.opinion = "\u{3000}".into();
        }),
        broken("record.flow_limits_sum: eight of seven", chart, 0, |one: &mut FlowChart| {
            one.nodes[0].limit.as_mut().unwrap().amount += 1;
        }),
        broken("record.flow_next: a node that is not drawn", chart, 0, |one: &mut FlowChart| {
            one.nodes[0].next[0].node = "XX".into();
        }),
        broken("record.grade_within: ten yuan too much", grades, 0, |one: &mut Benchmark| {
            one.grades[2].ranges[0].high = amount("100010", AmountUnit::Yuan);
        }),
        broken("record.grade_overlap: by one yuan", grades, 0, |one: &mut Benchmark| {
            one.grades[1].ranges[0].low = amount("49999", AmountUnit::Yuan);
        }),
        broken(
            "record.template_content: a blank",
            "catalogue.document_template",
            1,
            |one: &mut DocumentTemplate| one.text = "\u{3000}".into(),
        ),
        broken("record.fee_unit: a fee in days", "catalogue.guide", 0, |one: &mut Guide| {
            one.fees[0].amount = amount("1", AmountUnit::Day);
        }),
    ]
}

fn figures() -> Vec<Scene> {
    let organisation = "organisation.organisation";
    vec![
        broken(
            "record.organisation_identity: no code",
            organisation,
            1,
            |one: &mut Organisation| {
                one.gb_code.clear();
            },
        ),
        broken(
            "record.organisation_region: another region",
            organisation,
            1,
            |one: &mut Organisation| {
                one.region_code = "320481".into();
            },
        ),
        broken("record.post_itself: above itself", "organisation.post", 1, |one: &mut Post| {
            one.leader.clone_from(&one.code);
        }),
        broken("record.code_unique: twice", "codes.code_list", 0, |one: &mut CodeList| {
            one.entries[1].code = one.entries[0].code.clone();
        }),
        broken(
            "record.region_successor: itself",
            "codes.region_succession",
            0,
            |one: &mut RegionSuccession| {
                one.successor_code.clone_from(&one.former_code);
            },
        ),
        broken(
            "record.calendar_weekday: a Sunday off",
            "codes.working_calendar",
            0,
            |one: &mut WorkingCalendar| {
                one.days[0].kind = one.days[1].kind;
            },
        ),
        broken(
            "record.activity_figures: more users than logins",
            "activity.daily",
            1,
            |one: &mut DailyActivity| {
                one.users = 1;
            },
        ),
        broken(
            "record.progress_done: more than planned",
            "activity.catalogue_progress",
            1,
            |one: &mut CatalogueProgress| {
                one.stages[0].done = 121;
            },
        ),
    ]
}
