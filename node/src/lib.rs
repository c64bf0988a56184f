//! A node (节点): the process that runs one platform's branch; and, as a library, everything that a
//! hub has in common with it.
//!
//! Reading order: [`process`] (what is taken from the machine), [`store`] (tables), [`branch`]
//! (what may be done with them), [`uplink`] (the line to the hub), [`gateway`] (records in), then
//! [`config`], [`app`] and [`cli`], which put them together.

pub mod app;
pub mod branch;
pub mod cli;
pub mod config;
pub mod gateway;
pub mod process;
pub mod store;
pub mod uplink;

#[cfg(test)]
mod tests;
