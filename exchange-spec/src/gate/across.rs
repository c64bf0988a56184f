//! Across records (跨记录级): an entry is held against what is known of others of its platform.

mod custody;
mod discretion;
mod power;

use sanheyi_proto::Dataset;

#[cfg(test)]
pub(super) use {discretion::judge as discretion_judge, power::judge as power_judge};

use super::{Candidate, Facts, Findings, Reason, Standing, Verdict, Wait};
use crate::entry::{HeaderView, Operation};

/// The verdict on an entry of which everything else is judged already.
pub(super) fn judge(
    entry: &Candidate<'_>,
    dataset: &Dataset,
    facts: &Facts,
    mut findings: Findings,
) -> Verdict {
    let header = entry.header;
    let mut absent = Absent::default();
    custody::epoch(header, facts, &mut findings, &mut absent);
    revision(header, dataset, facts, &mut findings, &mut absent);
    if let (Operation::Put, Some(body)) = (header.operation, entry.body) {
        let mut elsewhere = Absent::default();
        let away = custody::is_taken_over(header, facts);
        let missing = if away { &mut elsewhere } else { &mut absent };
        references(dataset, body, facts, &mut findings, missing);
        if absent.waits.is_none() && !findings.has_error() {
            power::judge(dataset.name, body, facts, &mut findings);
            discretion::judge(dataset.name, body, facts, &mut findings);
            custody::judge(entry, facts, &mut findings, &mut absent);
        }
    }
    match absent.waits {
        // An error is an error, whatever else may come.
        Some(waits) if !findings.has_error() => {
            let mut reasons = absent.reasons;
            reasons.truncate(crate::limits::REASONS);
            Verdict::pending(reasons, waits)
        }
        _ => Verdict::of(findings),
    }
}

/// What a branch can see coming by the content of records that it has: the errors that the gate
/// would find (rule 8). What only warns is for the author to know, and refuses nothing.
pub fn foresee(dataset: &str, body: &[u8], facts: &Facts, out: &mut Findings) {
    discretion::judge(dataset, body, facts, out);
}

/// Whether there is anything to foresee in such records.
pub fn is_foreseeable(dataset: &str) -> bool {
    dataset == discretion::DECISION
}

/// What is not there yet.
#[derive(Default)]
struct Absent {
    reasons: Vec<Reason>,
    /// The first of it: one thing is waited for at a time.
    waits: Option<Wait>,
}

impl Absent {
    fn add(&mut self, reason: Reason, wait: Wait) {
        self.reasons.push(reason);
        self.waits.get_or_insert(wait);
    }
}

/// A revision follows the one before it, and that very content of it.
fn revision(
    header: &HeaderView<'_>,
    dataset: &Dataset,
    facts: &Facts,
    findings: &mut Findings,
    absent: &mut Absent,
) {
    let HeaderView { record, revision, .. } = *header;
    let Some(before) = revision.checked_sub(1).filter(|before| *before > 0) else { return };
    let base = custody::base(facts, dataset.name, record, before);
    match base.or_else(|| facts.revision(dataset.name, record, before)) {
        Some(digest) if header.follows == Some(digest) => {}
        Some(_) => findings.error(
            "",
            "revision.follows",
            format!("第 {revision} 版所依据的第 {before} 版与本级所存内容不同，请重新读取后再写"),
            format!(
                "revision {revision} follows another revision {before} than the one here: read it again and write again"
            ),
        ),
        None => absent.add(
            Reason::new(
                "",
                "revision.absent",
                format!("第 {before} 版尚未收到，收到后再判"),
                format!("revision {before} has not come yet"),
            ),
            Wait::Revision {
                dataset: dataset.name.to_owned(),
                record: record.to_owned(),
                revision: before,
            },
        ),
    }
}

/// What a record refers to must have been judged, with whatever standing: else two that refer to
/// each other would wait for ever, and one bad case would drag its steps along. A record that was
/// taken over may lean on what has stayed with the platform that it came from.
fn references(
    dataset: &Dataset,
    body: &[u8],
    facts: &Facts,
    findings: &mut Findings,
    absent: &mut Absent,
) {
    let mut target = String::new();
    for reference in dataset.references {
        if !reference.target(body, &mut target) {
            continue;
        }
        let name = reference.dataset;
        match facts.record(name, &target) {
            Some(head) if head.standing == Standing::Quarantined => {
                let (zh, en) = titles(name);
                findings.warning(
                    reference.field,
                    "reference.quarantined",
                    format!("所引用的{zh} {target} 已被隔离，请更正该记录"),
                    format!(
                        "the {en} {target} that it refers to is quarantined: correct that record"
                    ),
                );
            }
            Some(_) => {}
            None => {
                let (zh, en) = titles(name);
                let reason = Reason::new(
                    reference.field,
                    "reference.absent",
                    format!("所引用的{zh} {target} 尚未收到，收到后再判"),
                    format!("the {en} {target} that it refers to has not come yet"),
                );
                let (dataset, record) = (name.to_owned(), target.clone());
                absent.add(reason, Wait::Record { dataset, record });
            }
        }
    }
}

/// What a dataset is called in both languages.
fn titles(name: &'static str) -> (&'static str, &'static str) {
    let known = sanheyi_proto::dataset(name);
    known.map_or((name, name), |known| (known.title_zh, known.title_en))
}
