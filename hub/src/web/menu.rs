//! The menu of a hub's pages.

use sanheyi_node::web::shell::Entry;
use sanheyi_node::web::viewer::Role;

const fn entry(path: &'static str, zh: &'static str, en: &'static str, role: Role) -> Entry {
    Entry { path, zh, en, role }
}

/// What is in it, for whom.
pub const MENU: &[Entry] = &[
    entry("/", "总览", "Overview", Role::Viewer),
    entry("/platforms", "平台", "Platforms", Role::Viewer),
    entry("/search", "查找", "Search", Role::Operator),
    entry("/quarantine", "隔离区", "Quarantine", Role::Viewer),
    entry("/orders", "督办", "Orders", Role::Viewer),
    entry("/complaints", "投诉", "Complaints", Role::Viewer),
    entry("/broadcast", "广播", "Broadcast", Role::Viewer),
    entry("/health", "健康", "Health", Role::Viewer),
    entry("/enrolments", "入网", "Enrolment", Role::Admin),
    entry("/certificates", "证书", "Certificates", Role::Admin),
    entry("/changes", "审计", "Audit", Role::Operator),
    entry("/operators", "操作员", "Operators", Role::Admin),
    entry("/settings", "设置", "Settings", Role::Admin),
];
