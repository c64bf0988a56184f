//! The hub's own tables beside those of its branches: the platforms, the gate's cursors, the heads
//! of hosted journals, what pending entries wait for, what the store itself is, and who looked at
//! all platforms.
//!
//! *To add a table*: a step in `store/migrations` numbered from 1000, a file here, a line in
//! ARCHITECTURE.md.

mod audit;
mod city;
mod custody;
mod errand;
mod gate;
mod hosted;
mod platform;
mod reader;
mod setting;
mod sight;
mod tables;
mod waiting;

pub use audit::{AuditRow, audit_add, audit_list};
pub use city::{CityException, CityRecord, CityTotal};
pub(crate) use city::{city_find, city_quarantined, city_totals};
pub use custody::CUSTODY;
pub use errand::{Errand, errand_done, errand_due, errand_put, errand_readers};
pub use gate::{GateRow, gate_advance, gate_behind, gate_get, gate_list, gate_open};
pub use hosted::{
    copy_list, hosted_advance, hosted_epoch, hosted_list, hosted_list_in, hosted_open, hosted_stop,
};
pub use platform::{
    PlatformRow, author_keys, platform_get, platform_list, platform_lock, platform_put,
    platform_quota,
};
pub use reader::{ReaderRow, reader_list, reader_put};
pub(crate) use setting::moved_to;
pub use setting::{
    Mark, PRESENT, generation_get, generation_put, mark_get, mark_put, mark_remove, mark_settle,
    open,
};
pub use sight::{Sight, sight_end, sight_of, sight_put};
pub use tables::{TABLES, is_mark, tables};
pub(crate) use tables::{table_count, table_platforms};
pub use waiting::{
    WaitingRow, waiting_any, waiting_awaited, waiting_missed, waiting_put, waiting_put_ready,
    waiting_ready, waiting_take, waiting_wake,
};

use sanheyi_node::store::Step;

/// The hub's steps of the schema.
pub const STEPS: &[Step] = &[
    Step {
        version: 1001,
        title: "hub",
        sqlite: include_str!("store/migrations/sqlite/1001_hub.sql"),
        postgres: include_str!("store/migrations/postgres/1001_hub.sql"),
    },
    Step {
        version: 1002,
        title: "tenants",
        sqlite: include_str!("store/migrations/sqlite/1002_tenants.sql"),
        postgres: include_str!("store/migrations/postgres/1002_tenants.sql"),
    },
    Step {
        version: 1003,
        title: "audit",
        sqlite: include_str!("store/migrations/sqlite/1003_audit.sql"),
        postgres: include_str!("store/migrations/postgres/1003_audit.sql"),
    },
    Step {
        version: 1004,
        title: "waiting",
        sqlite: include_str!("store/migrations/sqlite/1004_waiting.sql"),
        postgres: include_str!("store/migrations/postgres/1004_waiting.sql"),
    },
    Step {
        version: 1005,
        title: "reader",
        sqlite: include_str!("store/migrations/sqlite/1005_reader.sql"),
        postgres: include_str!("store/migrations/postgres/1005_reader.sql"),
    },
    Step {
        version: 1006,
        title: "errand",
        sqlite: include_str!("store/migrations/sqlite/1006_errand.sql"),
        postgres: include_str!("store/migrations/postgres/1006_errand.sql"),
    },
    Step {
        version: 1007,
        title: "custody",
        sqlite: include_str!("store/migrations/sqlite/1007_custody.sql"),
        postgres: include_str!("store/migrations/postgres/1007_custody.sql"),
    },
];
