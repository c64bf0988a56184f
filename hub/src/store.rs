//! The hub's own tables beside those of its branches: the platforms, the gate's cursors, and what
//! the store itself is.
//!
//! *To add a table*: a step in `store/migrations` numbered from 1000, a file here, a line in
//! ARCHITECTURE.md.

mod gate;
mod platform;
mod setting;

pub use gate::{GateRow, gate_advance, gate_get, gate_list, gate_open};
pub use platform::{PlatformRow, platform_get, platform_list, platform_put};
pub use setting::{generation_get, generation_put};

use sanheyi_node::store::Step;

/// The hub's steps of the schema.
pub const STEPS: &[Step] =
    &[Step { version: 1001, title: "hub", sql: include_str!("store/migrations/1001_hub.sql") }];
