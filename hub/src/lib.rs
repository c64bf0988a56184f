//! A hub (市级平台): the process that runs the exchange. It admits what branches push, judges every
//! entry, and answers with receipts. Everything that it shares with a node (branch engine, store,
//! doors to the machine, manners of a process) it takes from [`sanheyi_node`].
//!
//! ```text
//!  nodes ──mTLS──► rpc ──┐
//!                        ├──► exchange: greet · admission · gate · mailbox · offer
//!  tenants ──────────────┘         │
//!  (exchange::LocalPort)           ▼
//!                                store: platforms, cursors of the gate, generation
//!                                       + the tables of every branch (sanheyi_node::store)
//! ```
//!
//! # Reading order
//!
//! 1. [`exchange`]: the three calls without a wire, and the two workers behind them.
//! 2. [`store`]: the hub's own tables.
//! 3. [`rpc`]: the exchange over gRPC; who calls is read from the certificate.
//! 4. [`tenants`]: branches that live in this process.
//! 5. [`authority`] and [`setup`]: certificates, keys, and the registration of platforms.
//! 6. [`config`], [`app`] and [`cli`]: which put these together.
//! 7. [`web`]: the pages of its operators.
//! 8. [`demo`]: the whole federation from one command, through the same doors as everybody.
//!
//! # What is absent
//!
//! The rules: what is admitted, which Greet opens an epoch and what the gate decides are pure
//! functions of [`sanheyi_exchange_spec`]. The hub opens no connection to anybody.

pub mod app;
pub mod authority;
pub mod backup;
pub mod carry;
pub mod certificates;
pub mod city;
pub mod cli;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod enrolment;
pub mod exchange;
pub mod health;
pub mod moving;
pub mod quarantine;
pub mod rpc;
pub mod setup;
pub mod store;
pub mod tenants;
pub mod upkeep;
pub mod web;
