//! The hub's own tables beside those of its branches: the platforms, the gate's cursors, the heads
//! of hosted journals, what pending entries wait for, what the store itself is, and who looked at
//! all platforms.
//!
//! *To add a table*: a step in `store/migrations` numbered from 1000, a file here, a line in
//! ARCHITECTURE.md.

mod audit;
mod authority;
mod certificate;
mod city;
mod custody;
mod enrolment;
mod errand;
mod former_key;
mod gate;
mod health;
mod hosted;
mod platform;
mod reader;
mod review;
mod setting;
mod sight;
mod tables;
mod waiting;

pub use audit::{AuditRow, audit_add, audit_list};
pub use authority::{
    AuthorityRow, AuthorityState, TrustedRow, UseRow, authority_list, authority_put,
    authority_turn, certificate_use_list, certificate_use_of, certificate_use_put, trusted_list,
    trusted_put,
};
pub use certificate::{
    CertificateRow, Origin, certificate_get, certificate_list, certificate_living, certificate_put,
    certificate_revoke, certificate_revoke_others,
};
pub use city::{CityException, CityRecord, CityTotal};
pub(crate) use city::{city_find, city_quarantined, city_totals};
pub use custody::CUSTODY;
pub use enrolment::{
    Asked, EnrolmentRow, EnrolmentState, enrolment_ask, enrolment_decide, enrolment_find,
    enrolment_list, enrolment_put, enrolment_withdraw,
};
pub use errand::{Errand, errand_done, errand_due, errand_put, errand_readers};
pub use former_key::{FormerKeyRow, former_key_list, former_key_of, former_key_put};
pub use gate::{GateRow, gate_advance, gate_again, gate_behind, gate_get, gate_list, gate_open};
pub(crate) use health::{
    Reached, ReaderReached, quarantined_platforms, reached_list, reader_reached,
};
pub use hosted::{
    copy_list, hosted_advance, hosted_epoch, hosted_list, hosted_list_in, hosted_open, hosted_stop,
};
pub use platform::{
    PlatformRow, author_keys, platform_get, platform_list, platform_lock, platform_put,
    platform_quota, platform_rekey,
};
pub use reader::{ReaderRow, reader_list, reader_put};
pub use review::{
    ReviewAct, ReviewCounts, ReviewEntry, ReviewRow, review_count, review_due, review_get,
    review_platforms, review_put, review_take,
};
pub(crate) use setting::moved_to;
pub use setting::{
    Mark, PRESENT, generation_get, generation_put, mark_get, mark_put, mark_remove, mark_settle,
    open, restored_get, restored_put,
};
pub use sight::{Sight, sight_end, sight_of, sight_put};
pub use tables::{TABLES, is_mark, tables};
pub(crate) use tables::{snapshot_count, snapshot_platforms, table_count, table_platforms};
pub use waiting::{
    WaitingRow, waiting_any, waiting_awaited, waiting_missed, waiting_put, waiting_put_ready,
    waiting_ready, waiting_sequences, waiting_take, waiting_wake,
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
    Step {
        version: 1008,
        title: "enrolment",
        sqlite: include_str!("store/migrations/sqlite/1008_enrolment.sql"),
        postgres: include_str!("store/migrations/postgres/1008_enrolment.sql"),
    },
    Step {
        version: 1009,
        title: "authority",
        sqlite: include_str!("store/migrations/sqlite/1009_authority.sql"),
        postgres: include_str!("store/migrations/postgres/1009_authority.sql"),
    },
    Step {
        version: 1010,
        title: "quarantine",
        sqlite: include_str!("store/migrations/sqlite/1010_quarantine.sql"),
        postgres: include_str!("store/migrations/postgres/1010_quarantine.sql"),
    },
];
