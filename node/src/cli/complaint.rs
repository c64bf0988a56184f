//! `complaint`: complaints (投诉), how they stand, and what the platform does with them.

mod handle;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::oversight::{ComplaintRecords, complaint as stands};
use sanheyi_proto::standard::v1::{Complaint, ComplaintHandling};
use serde::Serialize;

pub use self::handle::{Action, HandleTold, Outcome, handle};
use super::oversight::{
    AsOf, Found, Ground, ShownTerm, Whose, code_zh, handed_in, instant, unknown,
};
use super::table::{Align, Table};
use super::{Answer, Listing};
use crate::store::StoreError;

/// What `complaint --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … complaint list --open                        未结投诉 · complaints that are not over
  … complaint show JS040000XF0000000012
  … complaint handle JS040000XF0000000012 --action accept --department 办公室 --staff-code JT0005 --staff-name 何静
  … complaint handle JS040000XF0000000012 --action answer --opinion '已督促办结并致歉' …
  … complaint handle JS040000XF0000000012 --action close --outcome true …

状态 · State: registered 已登记，delivered 已送达，accepted 已受理，transferred 已转办，in_progress 办理中，
  answered 已答复，refused 不予受理，closed 已办结，withdrawn 已撤回
期限 · Terms: 5 个工作日内受理、转办或不予受理；按办理期限答复，未载的一个月 · taken up within 5 working days; answered
  by its own limit, else within a month
JSON: complaints [no, revision, author, addressee, organisation, title, accused_organisation, case_no, received_at,
      state, delivered, withdrawn, acceptance, answer [due, done, timing, unknown], overdue,
      handlings [serial, organisation, department, staff_name, action, opinion, outcome, result, transferred_to,
      began_at, replied_at, standing]]";

/// The dataset of complaints.
pub const COMPLAINT: &str = "supervision.complaint";
/// The dataset of what is done with them.
pub const HANDLING: &str = "supervision.complaint_handling";

/// Rule of a number that no complaint has.
pub const UNKNOWN: &str = "complaint.unknown";

/// Commands about complaints.
#[derive(Clone, Debug, Subcommand)]
pub enum ComplaintCommand {
    /// 列出投诉及其状态 · List complaints and how they stand
    List(ListArgs),
    /// 显示一件投诉 · Show one complaint with all that was done
    Show(ShowArgs),
    /// 处理投诉 · Write down what is done with a complaint
    Handle(HandleArgs),
}

/// What `complaint list` is told.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Whose complaints, and how to show them.
    #[command(flatten)]
    pub listing: Listing,
    /// Which of them.
    #[command(flatten)]
    pub query: ComplaintQuery,
}

/// Which complaints to list.
#[derive(Clone, Debug, Default, Args)]
pub struct ComplaintQuery {
    /// 只列已逾期的 · Only those with something overdue
    #[arg(long)]
    pub overdue: bool,
    /// 只列市级平台发来的 · Only those that the hub sent
    #[arg(long)]
    pub from_hub: bool,
    /// 只列未结的 · Only those that are not over
    #[arg(long)]
    pub open: bool,
    /// The instant that is asked about.
    #[command(flatten)]
    pub as_of: AsOf,
}

/// What `complaint show` is told.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Whose complaint, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// 投诉编号 · Number of the complaint
    pub no: String,
    /// The instant that is asked about.
    #[command(flatten)]
    pub as_of: AsOf,
}

/// What `complaint handle` is told.
#[derive(Clone, Debug, Args)]
pub struct HandleArgs {
    /// Whose work, and how to show what became of it.
    #[command(flatten)]
    pub listing: Listing,
    /// The work.
    #[command(flatten)]
    pub told: HandleTold,
}

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComplaintsReport {
    /// Complaints, ascending by number.
    pub complaints: Vec<ShownComplaint>,
}

/// One complaint. Who complains is not shown in listings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownComplaint {
    /// Its number.
    pub no: String,
    /// Its latest revision.
    pub revision: u64,
    /// The platform that wrote it.
    pub author: String,
    /// The platform that it is for; empty within one platform.
    pub addressee: String,
    /// The organisation that registered it.
    pub organisation: String,
    /// Its title.
    pub title: String,
    /// The organisation complained of.
    pub accused_organisation: String,
    /// The case that it is about.
    pub case_no: String,
    /// When it was received.
    pub received_at: Option<String>,
    /// How far it has come.
    pub state: &'static str,
    /// Whether the platform that it is for has its latest revision.
    pub delivered: bool,
    /// Whether its record was withdrawn.
    pub withdrawn: bool,
    /// Accepting, passing on or refusing it.
    pub acceptance: ShownTerm,
    /// Answering it.
    pub answer: ShownTerm,
    /// Whether something is not done, and too late.
    pub overdue: bool,
    /// What was done with it.
    pub handlings: Vec<ShownHandling>,
    #[serde(skip)]
    state_zh: &'static str,
    #[serde(skip)]
    over: bool,
}

/// A piece of work on a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownHandling {
    /// Its serial number.
    pub serial: u32,
    /// The organisation that does it.
    pub organisation: String,
    /// Its department.
    pub department: String,
    /// Who does it.
    pub staff_name: String,
    /// The code of what is done.
    pub action: &'static str,
    /// In words.
    pub opinion: String,
    /// The code of the outcome.
    pub outcome: &'static str,
    /// What came of it.
    pub result: String,
    /// The organisation that it is passed on to.
    pub transferred_to: String,
    /// When it was taken up.
    pub began_at: Option<String>,
    /// When the complainant was answered.
    pub replied_at: Option<String>,
    /// `accepted`, `pending`, or `unanswered` while the gate has said nothing.
    pub standing: &'static str,
    #[serde(skip)]
    action_zh: &'static str,
}

// === impl ShownComplaint ===

impl ShownComplaint {
    /// Whether nothing is left to do about it.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

/// Carries out a command about a node's complaints.
///
/// # Errors
/// If the store cannot be read, the number is not known, or the work is refused.
pub async fn complaint(command: &ComplaintCommand) -> anyhow::Result<Answer> {
    match command {
        ComplaintCommand::List(ListArgs { listing, query }) => {
            let ground = Ground::open(&listing.at, query.as_of.instant()).await?;
            let found = list(&ground, query).await;
            shown_as(&ground.closed(found).await?, listing.json)
        }
        ComplaintCommand::Show(ShowArgs { listing, no, as_of }) => {
            let ground = Ground::open(&listing.at, as_of.instant()).await?;
            let found = show(&ground, no).await;
            detailed(&ground.closed(found).await?, listing.json)
        }
        ComplaintCommand::Handle(HandleArgs { listing, told }) => {
            let ground = Ground::open(&listing.at, told.when.instant()).await?;
            let done = handle(&ground, told).await;
            handed_in(&ground.closed(done).await?, listing.json)
        }
    }
}

/// The complaints in the rows of a platform.
///
/// # Errors
/// Of the store.
pub async fn list(ground: &Ground, query: &ComplaintQuery) -> Result<ComplaintsReport, StoreError> {
    let mut complaints = Vec::new();
    let whose = if query.from_hub { Whose::Hubs } else { Whose::Everybodys };
    for found in ground.all::<Complaint>(COMPLAINT, "", whose).await? {
        let one = shown(ground, &found).await?;
        let wanted = (!query.overdue || one.overdue) && (!query.open || !one.over);
        complaints.extend(wanted.then_some(one));
    }
    Ok(ComplaintsReport { complaints })
}

/// One complaint.
///
/// # Errors
/// Of the store; or if there is none of that number.
pub async fn show(ground: &Ground, no: &str) -> anyhow::Result<ShownComplaint> {
    let found = known(ground, no).await?;
    Ok(shown(ground, &found).await?)
}

/// A complaint that is there.
async fn known(ground: &Ground, no: &str) -> anyhow::Result<Found<Complaint>> {
    match ground.one(COMPLAINT, no).await? {
        Some(found) => Ok(found),
        None => {
            let all = ground.all::<Complaint>(COMPLAINT, "", Whose::default()).await?;
            unknown(UNKNOWN, no, all.into_iter().map(|one| one.record))
        }
    }
}

async fn shown(ground: &Ground, found: &Found<Complaint>) -> Result<ShownComplaint, StoreError> {
    let complaint = &found.body;
    let mut handlings = ground
        .all::<ComplaintHandling>(HANDLING, &format!("{}-", found.record), Whose::default())
        .await?;
    handlings.retain(|one| !one.withdrawn);
    let bodies: Vec<_> = handlings.iter().map(|one| one.body.clone()).collect();
    let delivered = found.delivered;
    let records = ComplaintRecords { complaint, delivered, handlings: &bodies };
    let stands = stands(&records, ground.rules.calendar(), ground.now);
    let (acceptance, answer) = (ShownTerm::of(&stands.acceptance), ShownTerm::of(&stands.answer));
    let over = found.withdrawn || stands.state.is_over();
    Ok(ShownComplaint {
        no: found.record.clone(),
        revision: found.revision,
        author: found.author.to_string(),
        addressee: complaint.addressee.clone(),
        organisation: complaint.organisation.clone(),
        title: complaint.title.clone(),
        accused_organisation: complaint.accused_organisation.clone(),
        case_no: complaint.case_no.clone(),
        received_at: instant(complaint.received_at),
        state: stands.state.en(),
        delivered,
        withdrawn: found.withdrawn,
        overdue: !over && (acceptance.is_overdue() || answer.is_overdue()),
        acceptance,
        answer,
        handlings: handlings.iter().map(shown_handling).collect(),
        state_zh: stands.state.zh(),
        over,
    })
}

fn shown_handling(found: &Found<ComplaintHandling>) -> ShownHandling {
    let body = &found.body;
    ShownHandling {
        serial: body.serial,
        organisation: body.organisation.clone(),
        department: body.department.clone(),
        staff_name: body.staff_name.clone(),
        action: body.action().as_str_name(),
        opinion: body.opinion.clone(),
        outcome: body.outcome().as_str_name(),
        result: body.result.clone(),
        transferred_to: body.transferred_to.clone(),
        began_at: instant(body.began_at),
        replied_at: body.replied_at.and_then(instant),
        standing: found.standing.map_or("unanswered", Standing::en),
        action_zh: code_zh("handling_action", body.action),
    }
}

/// A listing as it is shown.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn shown_as(report: &ComplaintsReport, json: bool) -> anyhow::Result<Answer> {
    Answer::report(report, json, |report| {
        if report.complaints.is_empty() {
            return "没有投诉 · no complaints\n".to_owned();
        }
        let left = Align::Left;
        let mut table = Table::new(&[
            ("投诉编号 NO", left),
            ("收件平台 TO", left),
            ("被投诉机构 ABOUT", left),
            ("状态 STATE", left),
            ("受理期限 ACCEPT BY", left),
            ("答复期限 ANSWER BY", left),
        ]);
        for one in &report.complaints {
            table.row([
                one.no.clone(),
                if one.addressee.is_empty() { "–".to_owned() } else { one.addressee.clone() },
                one.accused_organisation.clone(),
                format!("{} {}", one.state_zh, one.state),
                one.acceptance.text().to_owned(),
                one.answer.text().to_owned(),
            ]);
        }
        table.render()
    })
}

/// One complaint as it is shown.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn detailed(complaint: &ShownComplaint, json: bool) -> anyhow::Result<Answer> {
    Answer::report(complaint, json, handle::text)
}
