//! What each organisation did on a day (日运行情况), counted from what was really written on it.
//!
//! An organisation reports a day on which something of it happened. Whoever writes has logged in,
//! once in the morning and once in the afternoon.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_proto::standard::v1::{
    ApplyWay, Case, CaseOutcome, CaseResult, CaseStep, ComplaintHandling, DailyActivity, Decision,
    Finding, FindingType, HandlingAction, PenaltyStep, StepStatus, SupervisionOrder,
    SupervisionReply, Suspension, SuspensionKind,
};

use super::Written;

/// Microseconds from midnight to noon.
const NOON: i64 = 12 * 3600 * 1_000_000;

/// Cases that are under way, as the books of the district have them.
#[derive(Default)]
pub(super) struct Books {
    /// Open cases with the number of each, by organisation.
    open: BTreeMap<String, BTreeSet<String>>,
    /// Cases over their limit.
    overdue: BTreeSet<String>,
    /// Cases that came in online.
    online: BTreeSet<String>,
}

/// One day of one organisation.
#[derive(Default)]
struct Day {
    figures: DailyActivity,
    /// Who logged in, and whether after noon.
    logins: BTreeSet<(String, bool)>,
}

type Days = BTreeMap<String, Day>;

impl Books {
    /// Writes down what happened on a day, and reports it.
    pub(super) fn close(
        &mut self,
        (date, midnight): (Date, i64),
        events: &[Written],
        at: i64,
    ) -> Vec<Written> {
        let mut days = Days::new();
        for written in events {
            self.note(midnight, written, &mut days);
        }
        let day = date.strftime("%Y%m%d").to_string();
        let report = |(organisation, mut one): (String, Day)| {
            let users: BTreeSet<&String> = one.logins.iter().map(|(code, _)| code).collect();
            let open = self.open.get(&organisation);
            let overdue = |open: &BTreeSet<String>| open.intersection(&self.overdue).count();
            let figures = &mut one.figures;
            figures.users = count(users.len());
            figures.logins = count(one.logins.len());
            figures.open = count(open.map_or(0, BTreeSet::len));
            figures.overdue = count(open.map_or(0, overdue));
            figures.organisation = organisation;
            figures.day.clone_from(&day);
            let record = format!("{}-{day}", figures.organisation);
            Written::first("activity.daily", record, at, figures)
        };
        days.into_iter().map(report).collect()
    }

    fn note(&mut self, midnight: i64, written: &Written, days: &mut Days) {
        let first = written.revision == 1;
        let afternoon = written.occurred.as_micros() - midnight >= NOON;
        match written.dataset {
            "case.case" => self.case(written, days),
            "case.penalty" if first => {
                let no = &written.record;
                self.open(no);
                day(days, organisation(no)).figures.penalties_opened += 1;
            }
            "case.step" => {
                let step: CaseStep = read(written);
                let one = day(days, organisation(&step.case_no));
                one.logins.insert((step.staff_code, afternoon));
                let accepted = step.node_id == "SL" && step.status == StepStatus::Passed as i32;
                one.figures.accepted += u32::from(accepted);
            }
            "case.penalty_step" => {
                let step: PenaltyStep = read(written);
                let one = day(days, organisation(&step.case_no));
                one.logins.insert((step.staff_code, afternoon));
            }
            "case.suspension" if first => {
                let suspension: Suspension = read(written);
                if suspension.kind() == SuspensionKind::Correction {
                    day(days, organisation(&suspension.case_no)).figures.corrected += 1;
                }
            }
            "case.result" => self.result(&read(written), days),
            "case.decision" => {
                let decision: Decision = read(written);
                if decision.finished_at.is_some() {
                    day(days, organisation(&decision.case_no)).figures.penalties_finished += 1;
                    self.finish(&decision.case_no);
                }
            }
            "supervision.finding" => {
                let finding: Finding = read(written);
                if finding.r#type() == FindingType::Time {
                    self.overdue.insert(finding.case_no);
                }
            }
            _ => supervised(written, afternoon, days),
        }
    }

    fn case(&mut self, written: &Written, days: &mut Days) {
        let no = &written.record;
        if written.operation == Operation::Withdraw {
            self.finish(no);
        } else if written.revision == 1 {
            self.open(no);
            if read::<Case>(written).apply_way() == ApplyWay::Online {
                self.online.insert(no.clone());
            }
            day(days, organisation(no)).figures.opened += 1;
        }
    }

    fn result(&mut self, result: &CaseResult, days: &mut Days) {
        let no = &result.case_no;
        let figures = &mut day(days, organisation(no)).figures;
        figures.finished += 1;
        figures.finished_online += u32::from(self.online.contains(no));
        figures.finished_late += u32::from(self.overdue.contains(no));
        figures.refused += u32::from(result.outcome() == CaseOutcome::NotAccepted);
        self.finish(no);
    }

    fn open(&mut self, no: &str) {
        self.open.entry(organisation(no).to_owned()).or_default().insert(no.to_owned());
    }

    fn finish(&mut self, no: &str) {
        if let Some(open) = self.open.get_mut(organisation(no)) {
            open.remove(no);
        }
        self.overdue.remove(no);
        self.online.remove(no);
    }
}

/// Complaints and orders.
fn supervised(written: &Written, afternoon: bool, days: &mut Days) {
    match written.dataset {
        "supervision.complaint" if written.revision == 1 => {
            day(days, organisation(&written.record)).figures.complaints += 1;
        }
        "supervision.complaint_handling" => {
            let handling: ComplaintHandling = read(written);
            let one = day(days, &handling.organisation);
            let answered = handling.action() == HandlingAction::Answer;
            one.figures.complaints_answered += u32::from(answered);
            one.logins.insert((handling.staff_code, afternoon));
        }
        "supervision.order" => {
            let order: SupervisionOrder = read(written);
            day(days, &order.organisation).figures.orders += 1;
        }
        "supervision.reply" => {
            let reply: SupervisionReply = read(written);
            day(days, &reply.organisation).figures.orders_answered += 1;
        }
        _ => {}
    }
}

fn read<M: Message + Default>(written: &Written) -> M {
    M::decode(written.body.clone()).unwrap_or_default()
}

fn day<'a>(days: &'a mut Days, organisation: &str) -> &'a mut Day {
    days.entry(organisation.to_owned()).or_default()
}

/// The organisation in the number of a case.
fn organisation(no: &str) -> &str {
    no.get(..10).unwrap_or(no)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
