//! What a support bundle is made of: a closed list, each with why it is in it.

/// A file of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What it is and what for, in Chinese and English.
    pub why: [&'static str; 2],
}

const fn part(name: &'static str, zh: &'static str, en: &'static str) -> Part {
    Part { name, why: [zh, en] }
}

/// Versions, build and machine.
pub const HOST: Part = part(
    "host.json",
    "程序版本与构建、内核、处理器、内存、数据目录所在磁盘",
    "version and build of the program, kernel, cores, memory, the disk of the data folder",
);
/// The configuration.
pub const CONFIGURATION: Part = part(
    "configuration.toml",
    "配置，无注释，口令与令牌已隐去",
    "the configuration, without comments, passwords and tokens",
);
/// What the doctor finds.
pub const DOCTOR: Part = part(
    "doctor.json",
    "体检报告：哪里不对，怎么办",
    "the doctor's report: what is wrong, and what to do",
);
/// What `status` says.
pub const STATUS: Part = part(
    "status.json",
    "链路、积压与回执的数目",
    "the link, what is behind, and numbers of receipts",
);
/// What processes have noted.
pub const HEALTH: Part = part(
    "health.json",
    "各进程最近的心跳、告警与对端情况，不含对端网络地址",
    "the last pulse of each process, alerts, and the other ends without their addresses",
);
/// Journals.
pub const JOURNALS: Part = part(
    "journals.json",
    "各日志的编号、大小、根、是否停止",
    "id, size and root of each journal, and whether it is stopped",
);
/// The quarantine in numbers.
pub const QUARANTINE: Part = part(
    "quarantine.json",
    "隔离与待判条目按规则的数目，不含内容",
    "numbers of quarantined and pending entries by rule, never their contents",
);
/// Steps of the schema.
pub const MIGRATIONS: Part = part(
    "migrations.json",
    "存储结构已执行与尚缺的步骤",
    "steps of the schema that were applied, and those that are not",
);
/// Who changed what.
pub const CHANGES: Part = part(
    "changes.json",
    "最近的变更：何时、何事、结果；操作员以序号代替",
    "the latest changes: when, what, outcome; operators by a number",
);
/// Backups.
pub const BACKUPS: Part = part(
    "backups.json",
    "最近的备份：时间、大小、结果",
    "the latest backups: when, how large, what became of each",
);
/// Files of the process.
pub const FILES: Part = part(
    "files.json",
    "数据与配置目录的文件：大小与权限；非本系统的文件名以序号代替",
    "files of the data and configuration folders: sizes and modes; names that are not ours by a number",
);

/// The parts that are read out of the store.
pub const OF_STORE: [Part; 7] =
    [STATUS, HEALTH, JOURNALS, QUARANTINE, MIGRATIONS, CHANGES, BACKUPS];
