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
pub mod sheet;
pub mod socket;

pub use intake::{ServeError, serve};
