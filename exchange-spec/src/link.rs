//! The link (链路) between a branch and its hub as a state machine: event in, action out. Nothing
//! here waits, stores or sends; [`branch`] drives the branch's side, [`greet`] and [`admit`] decide
//! the receiver's.
//!
//! ```text
//!              Connected             Greeted                    own histories agree
//!  Down ───────────────► Greeting ───────────► Reconciling ───────────────────────► Live
//!   ▲                        │ refused: identity    │ adopt the hub's copy             │
//!   └──── Lost ──────────────┼──────────────────────┴─────────────────────────────────┘
//!                            ▼
//!                          Held (an operator's word, and a restart, end it)
//! ```

pub mod admit;
pub mod branch;
pub mod greet;

use crate::error::Code;
use crate::ids::{EpochId, Generation};
use crate::suite::Digest;

/// What every answer carries (rule 10): an answer that is not of the caller's current position is
/// ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Generation of the hub's store.
    pub generation: Generation,
    /// Epoch of the journal.
    pub epoch: EpochId,
}

/// Why a call was refused, with what the caller needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code of the closed table.
    pub code: Code,
    /// Journal, sequence or field that is meant.
    pub place: String,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
    /// Durable size of the copy held, where the code is about sizes.
    pub durable: Option<u64>,
    /// The caller's root and the root held, where two histories differ.
    pub roots: Option<(Digest, Digest)>,
    /// Position in force at the receiver.
    pub position: Option<Position>,
}

// === impl Refusal ===

impl Refusal {
    /// A refusal with its sentences.
    pub fn new(
        code: Code,
        place: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            code,
            place: place.into(),
            zh: zh.into(),
            en: en.into(),
            durable: None,
            roots: None,
            position: None,
        }
    }

    /// With the durable size.
    #[must_use]
    pub fn with_durable(mut self, durable: u64) -> Self {
        self.durable = Some(durable);
        self
    }

    /// With both roots: the caller's, the one held.
    #[must_use]
    pub fn with_roots(mut self, claimed: Digest, held: Digest) -> Self {
        self.roots = Some((claimed, held));
        self
    }

    /// With the position in force.
    #[must_use]
    pub fn with_position(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} · {} [{} {}]", self.zh, self.en, self.code, self.place)?;
        if let Some((claimed, held)) = &self.roots {
            write!(f, " offered root {claimed}, held root {held}")?;
        }
        write!(f, " → {} · {}", self.code.remedy_zh(), self.code.remedy_en())
    }
}

impl std::error::Error for Refusal {}
