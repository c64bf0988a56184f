//! What a branch itself refuses: faulty records at a tenant's intake. Its engine holds them against
//! the standard before it appends anything, as every node of ours does; so only what a foreign
//! vendor's client appends unchecked ends in quarantine.

use super::faults::{Reach, faulty};
use super::parties::{Federation, wait_for_intake};
use super::writer::draft;
use super::year::District;

/// What became of faulty records that were handed in.
pub(super) struct Refused {
    /// At whose intake.
    pub(super) title: String,
    /// Rules that were broken, in order.
    pub(super) expected: Vec<&'static str>,
    /// Rules by which they were refused, in order.
    pub(super) rules: Vec<String>,
    /// Entries that were appended all the same.
    pub(super) appended: usize,
}

/// Hands the faulty records in, one by one, so that each gets an answer of its own.
pub(super) async fn play(federation: &Federation, district: &District) -> anyhow::Result<Refused> {
    let member = federation.member(&district.platform)?;
    let client = wait_for_intake(member).await?;
    let (mut expected, mut rules, mut appended) = (Vec::new(), Vec::new(), 0);
    for fault in faulty(district.region) {
        // What others say of a record only the hub can tell, and the sound ones are not handed in.
        let Some(due) = fault.due.filter(|due| due.reach == Reach::Record) else { continue };
        let answer = client.submit(vec![draft(fault.written, Default::default())]).await?;
        appended += answer.appended.len();
        expected.push(due.rule);
        let reasons = answer.refused.into_iter().flat_map(|refused| refused.reasons);
        rules.extend(reasons.map(|reason| reason.rule));
    }
    Ok(Refused { title: member.title.clone(), expected, rules, appended })
}

// === impl Refused ===

impl Refused {
    /// Each was refused by the rule that it broke, and nothing was appended.
    pub(super) fn as_due(&self) -> bool {
        self.rules == self.expected && self.appended == 0
    }
}
