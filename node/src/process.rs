//! The manners of a process: everything that a node or a hub takes from the machine it runs on.
//!
//! Each outside power has one door, and the door is a file of this folder:
//!
//! | power | door | what the rest of the house sees |
//! | --- | --- | --- |
//! | time | [`clock`] | `Arc<dyn Clock>`, or a `now` argument |
//! | chance | [`entropy`] | `Arc<dyn Entropy>` |
//! | configuration files | [`config`] | typed values, or all problems at once |
//! | how full a disk is | [`disk`] | `Arc<dyn Disk>`, or two numbers |
//! | secrets on disk | [`secret`] | bytes that are wiped when dropped |
//! | TLS | [`tls`] | a stream and the name of its other end |
//! | bytes on the wire, counted | [`meter`] | two numbers |
//! | how little of them a socket keeps | [`unsent`] | nothing |
//! | standard error | [`telemetry`] | `tracing` |
//! | the name of the machine | [`host`] | a text |
//! | the account it runs under | [`user`] | a number |
//! | signals and tasks | [`lifecycle`] | `Shutdown`, `Tasks` |
//!
//! Nothing here knows what a journal is. A hub is a node with a switchboard, so it uses the same
//! doors.
//!
//! What a person reads is said in Chinese and in English; [`said::Said`] is that pair.

pub mod clock;
pub mod config;
pub mod disk;
pub mod entropy;
pub mod folder;
pub mod host;
pub mod lifecycle;
pub mod meter;
pub mod said;
pub mod secret;
pub mod supervisor;
pub mod telemetry;
pub mod terminal;
pub mod tls;
pub mod unsent;
pub mod user;
