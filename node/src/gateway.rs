//! The gateway (接入): how a department's system, an importer or a load generator hands its records
//! in. Today it is one gRPC service on a Unix socket in the node's data folder, never on the
//! network. Beside it [`sheet`] writes the spreadsheets that departments fill in.
//!
//! ```text
//! SubmitRequest ──► intake: bounds, ids ──► Branch::submit ──► SubmitResponse
//!                      refused drafts are an answer, with reasons; only a failed call is a status
//! ```
//!
//! Whoever may open the socket may write as this platform: the socket has mode 0600 in a folder of
//! mode 0700, so that is the user that runs the node, and nobody else. *Absent here*: deciding what
//! may be appended (see [`crate::branch`]).

mod convert;
mod intake;

pub mod client;
pub mod erasures;
pub mod files;
pub mod sheet;
pub mod socket;

pub use convert::drafts;
pub use intake::{ServeError, serve};

use files::Shelf;

use crate::branch::{Appended, Branch, Draft, SubmitError};

/// Who takes what is handed in at a socket: a branch, or the desk of a hub.
pub trait Takes: Send + Sync + 'static {
    /// Checks and appends drafts, all or none; answered when they are durable.
    ///
    /// # Errors
    /// See [`SubmitError`].
    fn take(
        &self,
        drafts: Vec<Draft>,
    ) -> impl Future<Output = Result<Vec<Appended>, SubmitError>> + Send;

    /// What the standard says against drafts, by themselves.
    ///
    /// # Errors
    /// [`SubmitError::Refused`] with every draft that breaks a rule.
    fn check(&self, drafts: &[Draft]) -> Result<(), SubmitError>;

    /// Where files are kept that are handed in.
    fn shelf(&self) -> Shelf;

    /// The branch whose bodies may be erased by whoever hands records in; a desk has none.
    fn erases(&self) -> Option<Branch> {
        None
    }
}

impl Takes for Branch {
    async fn take(&self, drafts: Vec<Draft>) -> Result<Vec<Appended>, SubmitError> {
        self.submit(drafts).await
    }

    fn check(&self, drafts: &[Draft]) -> Result<(), SubmitError> {
        Branch::check(self, drafts)
    }

    fn shelf(&self) -> Shelf {
        Shelf { store: self.store().clone(), clock: self.clock(), room: self.room() }
    }

    fn erases(&self) -> Option<Branch> {
        Some(self.clone())
    }
}
