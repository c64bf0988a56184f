//! The closed table of alerts. Documents, alert rules, pages, `doctor` and metrics are all made of
//! it, so an alert that is not here can be raised by nobody.

use super::Severity::{self, Critical, Notice, Warning};

/// One alert that may be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its name, for ever: `link.stuck`.
    pub name: &'static str,
    /// How grave it is, where a finding does not say otherwise.
    pub severity: Severity,
    /// Its title in Chinese.
    pub zh: &'static str,
    /// Its title in English.
    pub en: &'static str,
    /// When it is raised and when it ends, in Chinese.
    pub when_zh: &'static str,
    /// When it is raised and when it ends, in English.
    pub when_en: &'static str,
    /// What to do, in Chinese.
    pub remedy_zh: &'static str,
    /// What to do, in English.
    pub remedy_en: &'static str,
}

/// The alert of a name.
pub fn alert(name: &str) -> Option<&'static Alert> {
    ALERTS.iter().find(|alert| alert.name == name)
}

/// Declares the alerts once: a constant each, and the table of all.
macro_rules! alerts {
    ($($constant:ident = $name:literal, $severity:expr,
        $zh:literal, $en:literal;
        when $when_zh:literal, $when_en:literal;
        do $remedy_zh:literal, $remedy_en:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "` ", $zh, ": ", $en, ".")]
            pub const $constant: Alert = Alert {
                name: $name,
                severity: $severity,
                zh: $zh,
                en: $en,
                when_zh: $when_zh,
                when_en: $when_en,
                remedy_zh: $remedy_zh,
                remedy_en: $remedy_en,
            };
        )*

        /// Every alert, by name.
        pub const ALERTS: &[Alert] = &[$($constant),*];
    };
}

alerts! {
    ADMISSION_STUCK = "admission.stuck", Critical,
        "接收停滞", "Admission stands still";
        when "有推送等待入库，而 30 秒内没有一批完成", "pushes wait to be stored and no group was done for 30 s";
        do "请查看数据库是否可写、是否有长事务占用，再看市级平台日志", "See whether the database can be written and whether a long transaction holds it, then read the hub's log";
    AUTHORITY_EXPIRES = "authority.expires", Warning,
        "根证书将到期", "The authority ends soon";
        when "签发用的根证书在一年内到期；90 天、30 天时升级", "the authority that signs ends within a year; graver at 90 and at 30 days";
        do "请轮换根证书：sanheyi-hub authority rotate", "Rotate the authority: sanheyi-hub authority rotate";
    AUTHORITY_OFFLINE = "authority.offline", Warning,
        "根证书私钥不在", "The authority's key is not here";
        when "签发用的根证书私钥不在本机，证书无法签发和续期", "the key of the authority that signs is not on this machine, and nothing is issued or renewed";
        do "请把私钥放回根证书目录，权限 600；续期完成后可再移走", "Put the key back into the folder of the authority, mode 600; it may be moved away again once certificates are renewed";
    BACKUP_FAILED = "backup.failed", Critical,
        "备份失败", "A backup failed";
        when "最近一次备份没有完成", "the last backup did not finish";
        do "请查看备份命令的错误和备份目录的空间与权限，然后重新备份", "Read the error of the backup and check the space and permissions of its folder, then back up again";
    BACKUP_IDENTITY_HERE = "backup.identity_here", Notice,
        "备份私钥仍在本机", "The private key of backups lies on this machine";
        when "已有备份，而 backup.identity 仍在配置旁", "there is a backup, and backup.identity still lies beside the configuration";
        do "请将 backup.identity 移到本机之外（两份，离线保管），再从本机删除", "Move backup.identity off this machine (two copies, offline), then delete it here";
    BACKUP_OLD = "backup.old", Warning,
        "备份过旧", "The last backup is old";
        when "距最近一次成功备份已超过规定的间隔", "the last good backup is older than the configured interval allows";
        do "请立即备份，并检查定时备份是否启用", "Back up now, and see that the schedule is on";
    CERTIFICATE_EXPIRED = "certificate.expired", Critical,
        "证书已过期", "A certificate has expired";
        when "本平台证书已过有效期，对方拒绝连接", "the platform's certificate is past its end and the other side refuses it";
        do "请向市级管理员索取新令牌，停止节点后执行 enrol --again，再启动", "Get another token from the hub's operator, stop the node, run `enrol --again`, and start it";
    CERTIFICATE_EXPIRES = "certificate.expires", Warning,
        "证书将到期", "A certificate ends soon";
        when "证书在 30 天内到期；7 天、1 天时升级", "a certificate ends within 30 days; graver at 7 and at 1";
        do "请检查自动续期是否成功，必要时手工续期", "See why it has not renewed itself, and renew it by hand if need be";
    CERTIFICATE_REVOKED = "certificate.revoked", Critical,
        "证书已吊销", "A certificate was revoked";
        when "本平台的证书已被市级平台吊销", "the hub has revoked the platform's certificate";
        do "请向市级管理员查明原因并索取新令牌，停止节点后执行 enrol --again，再启动", "Ask the hub's operator why and for another token, stop the node, run `enrol --again`, and start it";
    CLOCK_SKEW = "clock.skew", Warning,
        "时钟偏差", "Clocks differ";
        when "与对方时钟相差超过 60 秒", "the clocks of both sides differ by more than a minute";
        do "请启用校时服务（chrony 或 systemd-timesyncd）", "Turn the time service on (chrony or systemd-timesyncd)";
    DISK_FULL = "disk.full", Critical,
        "磁盘已满", "The disk is full";
        when "存储拒绝写入，或剩余空间低于最后阈值", "the store refuses writes, or less than the last threshold is left";
        do "请清理或扩充磁盘，之后会自动继续", "Make room; everything goes on by itself";
    DISK_LOW = "disk.low", Warning,
        "磁盘空间不足", "The disk is getting full";
        when "剩余空间低于预告阈值", "less than an early threshold is left";
        do "请清理或扩充磁盘，或调整保留与归档", "Make room, or look at retention and archives";
    GATE_STUCK = "gate.stuck", Critical,
        "闸口停滞", "The gate stands still";
        when "有未判条目，而闸口 30 秒内没有前进", "entries wait for a verdict and the gate has not moved for 30 s";
        do "请查看数据库是否被长事务占用，再看市级平台日志；仍不前进时重新启动市级平台", "See whether a long transaction holds the database, read the hub's log, and restart the hub if it does not move";
    HUB_REWOUND = "hub.rewound", Critical,
        "市级数据被回退", "The hub's store was rewound";
        when "市级存储比节点已获确认的更旧", "the hub's store is older than what it has acknowledged";
        do "请市级管理员停用回退的存储，换回原存储、同步副本或更新的备份；区县条目都在，换回后自动继续", "The hub's operator goes back to the original store, its replica or a newer backup: branches have kept their entries and go on by themselves";
    JOURNAL_STOPPED = "journal.stopped", Critical,
        "日志已停止", "A journal is stopped";
        when "副本与原日志的历史不同，不再接收", "a copy's history differs from its home and no more is taken";
        do "请核对两侧的根哈希，查明历史为何被改动，再重新启动节点", "Compare both roots, find out why history changed, then restart the node";
    LINK_BEHIND = "link.behind", Notice,
        "积压", "A link is behind";
        when "已连接，最早的未确认条目已等待 30 秒以上，仍在前进", "connected and moving, and the eldest unacknowledged entry is older than 30 s";
        do "通常会自行追上；持续增长时请检查带宽上限和线路", "It catches up by itself; if it keeps growing look at the caps and at the line";
    LINK_HELD = "link.held", Critical,
        "身份扣留", "A link is held";
        when "市级平台拒绝本平台的身份，链路等待人工处理", "the hub refuses the platform's identity and the link waits for an operator";
        do "请停用另一台以同一身份运行的机器，由市级管理员确认保留哪一台", "Stop the other machine that runs under this identity; the hub's operator says which goes on";
    LINK_NEVER = "link.never", Notice,
        "从未连接", "A link was never made";
        when "平台已登记，尚未问候过", "a platform is registered and has never greeted";
        do "请在该平台安装节点并登记", "Install the platform's node and enrol it";
    LINK_OFFLINE = "link.offline", Warning,
        "离线", "A link is offline";
        when "15 秒以上没有连接", "there is no connection for 15 s";
        do "请检查网络、防火墙和对方进程；恢复后会自动续传", "Check the network, the firewall and the other side's process; it goes on by itself";
    LINK_SILENT = "link.silent", Warning,
        "没有心跳", "A link is silent";
        when "已连接，却连续三个间隔没有收到对方心跳", "connected, and three heartbeats of the other side are missing";
        do "请查看对方的健康页面和日志", "Look at the other side's health page and log";
    LINK_STUCK = "link.stuck", Critical,
        "停滞", "A link is stuck";
        when "已连接，有积压，而 30 秒内没有前进", "connected, with a backlog that has not moved for 30 s";
        do "请检查线路是否吞包（防火墙、MTU），再看双方日志；重新启动节点会重建连接", "See whether the line swallows packets (firewall, MTU), read both logs; a restart of the node makes a new connection";
    PROCESS_SILENT = "process.silent", Critical,
        "进程无响应", "A process does not report";
        when "30 秒以上没有进程写入健康状况", "no process has noted its health for 30 s";
        do "请检查服务是否在运行（systemctl status），必要时重新启动", "See whether the service runs (systemctl status) and restart it if need be";
    QUARANTINE_WAITING = "quarantine.waiting", Notice,
        "有隔离条目待处理", "Quarantined entries wait";
        when "有隔离条目尚无人处理", "quarantined entries are not dealt with";
        do "请在隔离处理台查看原因，放行或退回", "Read their reasons at the quarantine desk, release or return them";
    RECEIPTS_LATE = "receipts.late", Warning,
        "回执迟迟未到", "Receipts are late";
        when "市级已存的条目 10 分钟以上没有回执", "an entry that the hub has stored is without a receipt for 10 minutes";
        do "请市级管理员查看闸口", "The hub's operator looks at the gate";
    STORE_STUCK = "store.stuck", Critical,
        "存储无响应", "The store does not answer";
        when "存储 10 秒内没有答复", "the store does not answer within 10 s";
        do "请检查数据库进程、网络和磁盘，恢复后会自动继续", "Check the database's process, network and disk; it goes on by itself";
    TASK_STUCK = "task.stuck", Critical,
        "任务停滞", "A task stands still";
        when "进程中的一个任务 30 秒以上没有动静", "a task of the process has not stirred for 30 s";
        do "请保存日志并重新启动服务", "Keep the log and restart the service";
    TENANT_ABSENT = "tenant.absent", Critical,
        "托管平台未运行", "A hosted platform is not running";
        when "托管平台在任何实例中都没有运行", "a hosted platform lives in no instance";
        do "请检查其密钥文件和市级平台日志", "Check its key file and the hub's log";
}
