//! How a hub decides a Greet (rule 11): every Greet moves the epoch by compare-and-swap, so of two
//! machines with one key exactly one goes on.

use super::{Position, Refusal};
use crate::error::Code;
use crate::grant::Grant;
use crate::ids::{EpochId, Generation, JournalId};
use crate::limits;
use crate::suite::Digest;

/// What the hub has recorded of a line of journals (author, audience, lane).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The journal whose copy the hub holds.
    pub journal: JournalId,
    /// The epoch in force.
    pub epoch: EpochId,
    /// How many epochs have been granted.
    pub serial: u64,
    /// Size of the hub's copy when the epoch opened.
    pub opened: u64,
    /// Size of the hub's copy now.
    pub size: u64,
    /// Root of the hub's copy now.
    pub root: Digest,
}

/// What a branch claims of one of its journals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The journal.
    pub journal: JournalId,
    /// All epoch ids that the branch may hold, 1 to [`limits::EPOCHS_HELD`]; the zero id if it was
    /// never answered.
    pub holds: Vec<EpochId>,
    /// The next epoch id, drawn at random, stored before it was sent.
    pub next: EpochId,
    /// Size of the branch's journal.
    pub size: u64,
    /// Root of the branch's journal.
    pub root: Digest,
    /// The last grant that the branch holds, its signature verified.
    pub last_grant: Option<Grant>,
}

/// What the hub writes when it accepts a Greet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A new epoch opens at the size of the hub's copy.
    New {
        /// Serial of the grant.
        serial: u64,
    },
    /// The same Greet again: its answer was lost. Nothing changes.
    Repeat,
}

/// Decides a Greet for one journal. `line` is what the hub has recorded, in generation `generation`
/// of its store.
///
/// # Errors
/// [`Code::IdentityHeld`] if another machine has greeted since, [`Code::Malformed`] for a claim out
/// of bounds, [`Code::HubRewound`] if the claim proves that this hub's store was rewound without
/// anybody saying so.
pub fn greet(
    line: Option<&Line>,
    claim: &Claim,
    generation: Generation,
) -> Result<Opening, Refusal> {
    check(claim)?;
    let granted = claim
        .last_grant
        .as_ref()
        .filter(|grant| grant.journal == claim.journal && claim.holds.contains(&grant.epoch));
    let Some(line) = line else {
        return match granted {
            // A restored hub: it knows nothing of this line, but has itself signed what the branch
            // shows.
            Some(grant) => later(grant, 0, generation, claim),
            None if claim.holds.contains(&EpochId::ZERO) => Ok(Opening::New { serial: 1 }),
            None => Err(held(claim)),
        };
    };
    if line.journal == claim.journal && line.epoch == claim.next {
        return Ok(Opening::Repeat);
    }
    if line.journal == claim.journal && claim.holds.contains(&line.epoch) {
        return Ok(Opening::New { serial: line.serial + 1 });
    }
    match granted {
        Some(grant) if grant.serial > line.serial => later(grant, line.serial, generation, claim),
        _ => Err(held(claim)),
    }
}

/// A grant that is later than our own record: a restored hub accepts it (rule 14). Without a new
/// generation the restore went unnoticed, and nothing may be written.
fn later(
    grant: &Grant,
    recorded: u64,
    generation: Generation,
    claim: &Claim,
) -> Result<Opening, Refusal> {
    if grant.generation != generation {
        return Ok(Opening::New { serial: grant.serial + 1 });
    }
    Err(Refusal::new(
        Code::HubRewound,
        claim.journal.to_string(),
        format!(
            "市级平台的数据被回退：本级记录到第 {recorded} 次授权，对方持有第 {} 次",
            grant.serial
        ),
        format!(
            "the hub's store was rewound: it records grant {recorded}, the branch holds grant {}",
            grant.serial
        ),
    ))
}

fn held(claim: &Claim) -> Refusal {
    Refusal::new(
        Code::IdentityHeld,
        claim.journal.to_string(),
        "本机所持纪元不是当前纪元：另一台机器已以同一身份问候",
        "this machine does not hold the epoch in force: another machine has greeted under the same identity",
    )
}

fn check(claim: &Claim) -> Result<(), Refusal> {
    let malformed =
        |zh: &str, en: &str| Err(Refusal::new(Code::Malformed, claim.journal.to_string(), zh, en));
    if claim.holds.is_empty() || claim.holds.len() > limits::EPOCHS_HELD {
        return malformed("所持纪元数量超出范围", "the number of epochs held is out of bounds");
    }
    if claim.next.is_zero() || claim.holds.contains(&claim.next) {
        return malformed("下一纪元必须是新的随机数", "the next epoch must be newly drawn");
    }
    Ok(())
}

// === impl Line ===

impl Line {
    /// The position in force, in a store of generation `generation`.
    pub fn position(&self, generation: Generation) -> Position {
        Position { generation, epoch: self.epoch }
    }
}

#[cfg(test)]
mod tests;
