//! What a link is made of, whatever carries it.

use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};

use super::lanes::Lanes;
use crate::branch::Branch;
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;

/// What a link needs besides a port.
#[derive(Clone)]
pub struct LinkParts {
    /// The branch.
    pub branch: Branch,
    /// Signs its checkpoints.
    pub key: SigningKey,
    /// Who holds that key, where it is not the platform: its checkpoints say so.
    pub keeper: Option<PlatformId>,
    /// Verifies its hub's checkpoints and grants.
    pub hub_key: VerifyingKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What each lane may take of the line.
    pub lanes: Arc<Lanes>,
}
