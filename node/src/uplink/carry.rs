//! Carry (摆渡): a branch exchanges by files where no line can stand. What a connection would say is
//! written into a file, and what the hub answered is read out of one; nothing else differs.
//!
//! ```text
//! branch                                             hub
//! export: Push … Push under the epoch in force
//!         next epoch stored, then Greet ──── up ───► import: pushes, gate, Greet
//! import: grant, histories compared,    ◄── down ─── answer: grant, tails
//!         letters taken out
//! ```
//!
//! It writes what a Greet writes, and copies of the hub's journals, in transactions that fence: so
//! it may work beside the node that runs on the same store. Only an adoption is the branch's own
//! writer's to do.

mod export;
mod import;

use std::io::{self, Write};
use std::sync::Arc;

use sanheyi_exchange_spec::carry::CarryError;
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::segment::SegmentError;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};
use thiserror::Error;

use super::greeting::Greeter;
use super::port::CallError;
use crate::branch::CopyError;
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::store::{Store, StoreError};

pub use export::{Exported, Wish};
pub use import::{Imported, ImportedJournal};

/// Who carries for a branch.
pub struct Carrier {
    /// Its rows; the platform is theirs.
    pub store: Store,
    /// Its hub.
    pub hub: PlatformId,
    /// Signs its checkpoints, and the files.
    pub key: SigningKey,
    /// Verifies what the hub signed.
    pub hub_key: VerifyingKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// Where the files of an export are put, one after another.
pub trait Medium {
    /// A file.
    type File: Write;

    /// Begins file number `part`, counted from 1.
    ///
    /// # Errors
    /// Of the medium.
    fn begin(&mut self, part: u64) -> io::Result<Self::File>;

    /// Makes a file durable.
    ///
    /// # Errors
    /// Of the medium.
    fn end(&mut self, file: Self::File) -> io::Result<()>;
}

/// Files in memory.
impl Medium for Vec<Vec<u8>> {
    type File = Vec<u8>;

    fn begin(&mut self, _part: u64) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn end(&mut self, file: Vec<u8>) -> io::Result<()> {
        self.push(file);
        Ok(())
    }
}

/// Why nothing was exported, or a file was not taken in.
#[derive(Debug, Error)]
pub enum CarryFault {
    /// The file itself.
    #[error(transparent)]
    File(#[from] CarryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// By a rule of the link.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// A tail of a mailbox or of the broadcast.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A segment of an own journal.
    #[error("{0} 的段不合规 · a segment of {0} does not open")]
    Segment(JournalId, #[source] SegmentError),
    /// The node was never started, so there is no journal.
    #[error("本平台尚无日志，请先启动一次节点 · there is no journal yet: start the node once")]
    NoJournal,
    /// It answers a Greet that counts no more.
    #[error(
        "{0}：文件早于本平台已导入的答复，或答复的不是本机所写的文件；请导入最近一份答复，没有则重新导出 · {0}: the file is older than an answer that was imported already, or answers a file that this machine did not write: import the latest answer, or export again"
    )]
    Older(JournalId),
    /// An adoption is due and the node runs.
    #[error(
        "{0}：须以市级所存内容为前缀（本机是恢复的），请先停止节点再导入 · {0}: the hub's copy must become the prefix (this machine was restored): stop the node, import, start it again"
    )]
    NodeRuns(JournalId),
    /// An item stands where none of its kind may.
    #[error(
        "第 {0} 项不应出现在此处，文件不合规 · item {0} must not stand here: the file is malformed"
    )]
    Misplaced(u64),
}

impl From<Refusal> for CarryFault {
    fn from(refusal: Refusal) -> Self {
        CarryFault::Refused(Box::new(refusal))
    }
}

impl From<CallError> for CarryFault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => CarryFault::Refused(refusal),
            other => CarryFault::File(CarryError::Io(io::Error::other(other.to_string()))),
        }
    }
}

// === impl Carrier ===

impl Carrier {
    fn greeter(&self) -> Greeter {
        Greeter {
            store: self.store.clone(),
            hub: self.hub.clone(),
            hub_key: self.hub_key,
            clock: Arc::clone(&self.clock),
        }
    }

    fn is_own(&self, journal: &JournalId) -> bool {
        journal.author == *self.store.platform()
    }
}
