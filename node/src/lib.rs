//! A node (节点): the process that runs one platform's branch; and, as a library, everything that a
//! hub has in common with it, since a hub is a node with a switchboard.
//!
//! ```text
//!  a department's system                                        the hub
//!          │ drafts                                                ▲ Greet, Push, Pull
//!          ▼                                                       │
//!      gateway ──► branch: check, decide, seal, append ◄──────► uplink
//!                        │   ▲ adopt, admit a mailbox
//!                        ▼   │
//!                      store: journals, segments, tiles, index, receipts
//!  ─────────────────────────────────────────────────────────────────────────────
//!      process: time, chance, TLS, secrets, configuration files, signals, tasks
//! ```
//!
//! # Reading order
//!
//! 1. [`process`]: what is taken from the machine, each power through its one door.
//! 2. [`store`]: tables, and the queries on them. Decides nothing.
//! 3. [`branch`]: what may be done with the tables; the one engine of node and hub.
//! 4. [`uplink`]: the line to the hub, driven by the state machine of
//!    [`sanheyi_exchange_spec::link`].
//! 5. [`gateway`]: records in.
//! 6. [`config`], [`app`] and [`cli`]: which put these together.
//!
//! # What is absent
//!
//! What is true of entries, journals and signatures is decided in [`sanheyi_exchange_spec`]; what
//! bodies may say, in [`sanheyi_proto`]. Nothing here listens on the network: a node only dials.

pub mod app;
pub mod backup;
pub mod branch;
pub mod bundle;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod enrol;
pub mod gateway;
pub mod health;
pub mod identity;
pub mod process;
pub mod store;
pub mod upkeep;
pub mod uplink;
pub mod web;

#[cfg(test)]
mod tests;
