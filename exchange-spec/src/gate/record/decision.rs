//! Decisions in penalty cases: what was decided, and what it says of it, belong together.

mod simple;
#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::{
    CaseFamily, Decision, PenaltyKind, PenaltyOutcome, PenaltyProcedure,
};

use super::case::{REASON_CHARACTERS, is_reason};
use super::{Field, money, number, penalty};
use crate::calendar;
use crate::reason::Findings;
use crate::time::Timestamp;

/// The longest detention for one offence, in days (治安管理处罚法, article 10).
const DETENTION_DAYS: u32 = 15;
/// The longest for several that are served together (article 16).
const MERGED_DETENTION_DAYS: u32 = 20;
/// 2013-12-28, 00:00 in Beijing: re-education through labour is abolished.
const NO_RE_EDUCATION: i64 = 1_388_160_000_000_000;

/// case.decision
pub(super) fn decision(decision: &Decision, out: &mut Findings) {
    let organisation = number::organisation_of(&decision.case_no);
    number::power_of("power_code", &decision.power_code, organisation, out);
    number::power_kind("power_code", &decision.power_code, CaseFamily::Penalty, out);
    if let Some(target) = &decision.target {
        penalty::target("target.", target, out);
    }
    steps(decision, out);
    classes(decision, out);
    money(decision, out);
    measures(decision, out);
    detention(decision, out);
    benchmark(decision, out);
    days(decision, out);
    simple::simple(decision, out);
}

fn has(decision: &Decision, class: PenaltyKind) -> bool {
    decision.classes().any(|one| one == class)
}

fn steps(decision: &Decision, out: &mut Findings) {
    let without = decision.outcome() == PenaltyOutcome::NotOpened
        || decision.procedure() == PenaltyProcedure::Simple;
    if decision.last_step == 0 && !without {
        out.error(
            "last_step",
            "record.decision_steps",
            "除不予立案和简易程序外，处理决定须有环节：请填写作出决定的环节序号",
            "a decision needs steps unless the case was not opened or was a simple one: fill in the step that decided",
        );
    }
    if decision.outcome() == PenaltyOutcome::Penalty && decision.basis.trim().is_empty() {
        out.error(
            "basis",
            "record.decision_basis",
            "处罚须有法律依据，请填写“处罚依据”",
            "a penalty needs a legal basis: fill it in",
        );
    }
}

fn classes(decision: &Decision, out: &mut Findings) {
    let penalty = decision.outcome() == PenaltyOutcome::Penalty;
    if penalty == decision.classes.is_empty() {
        let (zh, en) = if penalty {
            ("决定处罚的，须填写处罚种类", "a penalty has at least one class: fill it in")
        } else {
            (
                "没有决定处罚，不应有处罚种类：请改正处理决定，或删去种类",
                "there is no penalty, and a class of one: correct the outcome, or take it out",
            )
        };
        out.error("classes", "record.decision_classes", zh, en);
    }
    for (index, class) in decision.classes.iter().enumerate() {
        if decision.classes.iter().take(index).any(|other| other == class) {
            let nth = index.saturating_add(1);
            out.error(
                format!("classes[{index}]"),
                "record.class_twice",
                format!("第 {nth} 项处罚种类重复，请删去"),
                format!("class {nth} is there already: take it out"),
            );
        }
    }
    if has(decision, PenaltyKind::Labour) && decision.decided_at >= NO_RE_EDUCATION {
        out.error(
            "classes",
            "record.class_abolished",
            "劳动教养已于 2013 年 12 月 28 日废止，不得再作出：请改正处罚种类",
            "re-education through labour was abolished on 28 December 2013: correct the class",
        );
    }
}

/// A class of penalty, and the fields that say how much of it.
fn agree(class: bool, said: bool, field: Field<'_>, rule: &'static str, out: &mut Findings) {
    let Field { name, zh, en } = field;
    match (class, said) {
        (true, false) => out.error(
            name,
            rule,
            format!("处罚种类有此项，须填写“{zh}”"),
            format!("there is this class of penalty: fill in “{en}”"),
        ),
        (false, true) => out.error(
            name,
            rule,
            format!("处罚种类没有此项，却填有“{zh}”：请补上种类，或删去此项"),
            format!(
                "“{en}” is filled in, but the class is not there: add the class, or take it out"
            ),
        ),
        _ => {}
    }
}

fn money(decision: &Decision, out: &mut Findings) {
    let fine = Field { name: "fine", zh: "罚款金额", en: "fine" };
    let confiscated = Field { name: "confiscated", zh: "没收金额", en: "value confiscated" };
    money::unit(fine, decision.fine.as_ref(), out);
    money::unit(confiscated, decision.confiscated.as_ref(), out);
    let fined = money::some(decision.fine.as_ref());
    agree(has(decision, PenaltyKind::Fine), fined, fine, "record.fine", out);
    let items = !decision.confiscated_items.trim().is_empty();
    let taken = items || money::some(decision.confiscated.as_ref());
    let field =
        Field {
            zh: "没收金额或没收财物", en: "value or things confiscated", ..confiscated
        };
    agree(has(decision, PenaltyKind::Confiscation), taken, field, "record.confiscation", out);
}

fn measures(decision: &Decision, out: &mut Findings) {
    let licence = Field {
        name: "licence",
        zh: "暂扣或吊销证照名称及编号",
        en: "licence withheld or withdrawn",
    };
    let named = !decision.licence.trim().is_empty();
    agree(has(decision, PenaltyKind::Licence), named, licence, "record.licence", out);
    // Closure without end has no days.
    if decision.closure_days > 0 && !has(decision, PenaltyKind::Closure) {
        let field = Field { name: "closure_days", zh: "停产停业天数", en: "days of closure" };
        agree(false, true, field, "record.closure", out);
    }
}

fn detention(decision: &Decision, out: &mut Findings) {
    let days = decision.detention_days;
    let field = Field { name: "detention_days", zh: "拘留天数", en: "days of detention" };
    agree(has(decision, PenaltyKind::Detention), days > 0, field, "record.detention", out);
    let merged = decision.merged_offences > 1;
    let most = if merged { MERGED_DETENTION_DAYS } else { DETENTION_DAYS };
    if days > most {
        out.error(
            "detention_days",
            "record.detention_days",
            format!(
                "拘留 {days} 天，超过上限 {most} 天（一般 {DETENTION_DAYS} 天，合并执行 {MERGED_DETENTION_DAYS} 天）：请改正天数，合并执行的填写违法行为数"
            ),
            format!(
                "{days} days of detention are more than {most} ({DETENTION_DAYS}, or {MERGED_DETENTION_DAYS} for offences served together): correct the days, or fill in the offences"
            ),
        );
    }
}

fn benchmark(decision: &Decision, out: &mut Findings) {
    let graded = decision.outside_benchmark || !decision.benchmark_grade.is_empty();
    if graded && decision.benchmark_serial == 0 {
        out.error(
            "benchmark_serial",
            "record.benchmark_named",
            "填有裁量档次或偏离裁量基准，须填写“裁量基准序号”",
            "a grade of a benchmark, or leaving it, needs the benchmark: fill in its serial number",
        );
    }
    if !decision.outside_benchmark {
        return;
    }
    if !is_reason(&decision.outside_reason) {
        out.error(
            "outside_reason",
            "record.outside_reason",
            format!("偏离裁量基准须说明理由，“偏离理由”至少 {REASON_CHARACTERS} 个字"),
            format!("leaving the benchmark needs a reason: write at least {REASON_CHARACTERS} characters"),
        );
    }
    let second = decision.second_person.trim();
    if second.is_empty() || second == decision.decided_by.trim() {
        out.error(
            "second_person",
            "record.outside_second",
            "偏离裁量基准须由决定人以外的第二人复核：请填写复核人编码",
            "leaving the benchmark needs a second person, other than who decided: fill in the staff code",
        );
    }
}

fn days(decision: &Decision, out: &mut Findings) {
    let decided = calendar::date_of(Timestamp::from_micros(decision.decided_at)).to_string();
    for (field, zh, en, day) in [
        ("pay_until", "缴款截止日", "to be paid until", &decision.pay_until),
        ("valid_until", "处罚有效期", "valid until", &decision.valid_until),
        ("public_until", "公示截止期", "public until", &decision.public_until),
    ] {
        // Days in this form order as texts do.
        if !day.is_empty() && *day < decided {
            out.error(
                field,
                "record.decision_dates",
                format!("“{zh}” {day} 早于决定日 {decided}，请改正日期"),
                format!("“{en}” {day} is before the day of the decision, {decided}: correct it"),
            );
        }
    }
}

/// The fine in yuan; 0 where there is none.
fn fine(decision: &Decision) -> Option<Decimal> {
    money::yuan_or_zero(decision.fine.as_ref())
}
