//! What the doctor alone finds: a closed table beside that of the alerts, in the same shape, and
//! why each matters.

use sanheyi_exchange_spec::health::Alert;
use sanheyi_exchange_spec::health::Severity::{self, Critical, Warning};

const fn fault(
    name: &'static str,
    severity: Severity,
    [zh, en]: [&'static str; 2],
    [remedy_zh, remedy_en]: [&'static str; 2],
) -> Alert {
    Alert { name, severity, zh, en, when_zh: zh, when_en: en, remedy_zh, remedy_en }
}

/// What is done where stored bytes contradict each other.
const KEEP: [&str; 2] = [
    "请先停止服务并原样保全存储，再执行 verify 定位，从备份恢复",
    "stop the service and keep the store as it is, see `verify`, then restore a backup",
];

macro_rules! faults {
    ($($constant:ident = $name:literal, $severity:expr,
        $zh:literal, $en:literal, $remedy:expr;)*) => {
        $(
            #[doc = concat!("`", $name, "` ", $zh, ": ", $en, ".")]
            pub const $constant: Alert = fault($name, $severity, [$zh, $en], $remedy);
        )*

        /// Everything that the doctor alone finds, by name.
        pub const FAULTS: &[Alert] = &[$($constant),*];
    };
}

faults! {
    AUTHORITY_BROKEN = "authority.broken", Critical, "根证书无法使用", "the authority cannot be used",
        ["请放回市级平台的根证书 ca.pem", "put the hub's ca.pem back"];
    CONFIG_INVALID = "config.invalid", Critical, "配置有误", "the configuration cannot be used",
        ["请按各处提示修改配置", "correct the configuration as each line says"];
    DATA_ABSENT = "data.absent", Warning, "没有数据目录", "there is no data folder",
        ["从未运行则可忽略；否则请核对配置中的 data", "ignore it before the first run; else correct `data`"];
    DATA_EXPOSED = "data.exposed", Warning, "数据目录对他人开放", "the data folder is open to others",
        ["请执行 chmod 700 数据目录", "run chmod 700 on the folder"];
    FILES_DIFFER = "files.differ", Critical, "附件与其摘要不符", "a stored file differs from its digest", KEEP;
    HUB_HANDSHAKE = "hub.handshake", Critical, "与市级平台握手失败", "the TLS handshake with the hub fails",
        ["请核对地址、server_name、根证书与本机时钟", "check address, server_name, authority and this clock"];
    HUB_UNREACHABLE = "hub.unreachable", Warning, "无法连接市级平台", "the hub cannot be reached",
        ["请检查网络、防火墙与地址；恢复后会自动续传", "check network, firewall and address; it goes on by itself"];
    IDENTITY_BROKEN = "identity.broken", Critical, "证书与私钥无法使用", "certificate and key cannot be used",
        ["请放回成对的证书与私钥，或凭新令牌执行 enrol --again", "put the pair back, or run `enrol --again` with another token"];
    IDENTITY_OTHER = "identity.other", Critical, "证书属于其他平台", "the certificate names another platform",
        ["请换回本平台的证书，或更正配置中的平台", "use this platform's certificate, or correct the configuration"];
    BYTE_EXACT = "invariant.byte_exact", Critical, "根与字节不符", "a root differs from the bytes", KEEP;
    CHECKPOINT_BINDS = "invariant.checkpoint_binds", Critical, "检查点与日志不符", "a checkpoint is not true of its journal", KEEP;
    CONTIGUOUS = "invariant.contiguous", Critical, "日志有缺口", "a journal has a gap", KEEP;
    EVERY_ENTRY_ANSWERED = "invariant.every_entry_answered", Critical, "回执合计不符", "receipts do not add up", KEEP;
    INDEX_COMPLETE = "invariant.index_complete", Critical, "索引与条目不符", "the index differs from the entries", KEEP;
    QUARANTINE_SETTLES = "invariant.quarantine_settles", Critical, "隔离合计不符", "the quarantine does not add up", KEEP;
    RECEIPTS_TILE = "invariant.receipts_tile", Critical, "回执未首尾相接", "receipts do not tile the journal", KEEP;
    PORT_SILENT = "port.silent", Critical, "端口无应答", "a port does not answer",
        ["请查看日志，必要时重新启动服务", "read the log, and restart the service if need be"];
    PORT_TAKEN = "port.taken", Critical, "端口被其他进程占用", "another process has the port",
        ["请停止占用者，或修改监听地址", "stop that process, or change the address"];
    SECRET_EXPOSED = "secret.exposed", Critical, "他人可读密钥", "others may read a secret",
        ["请执行 chmod 600", "run chmod 600"];
    SECRET_UNREADABLE = "secret.unreadable", Critical, "密钥无法读取", "a secret cannot be read",
        ["请核对路径与属主，或从备份恢复", "check path and owner, or restore it"];
    SHOWN_DIFFERS = "shown.differs", Critical, "转来条目未获证实", "a forwarded entry is not proved", KEEP;
    STORE_ABSENT = "store.absent", Warning, "没有数据库", "there is no database",
        ["从未运行则请运行一次；否则请从备份恢复", "run it once; if it has run before, restore a backup"];
    STORE_DAMAGED = "store.damaged", Critical, "数据库文件损坏", "the database file is damaged", KEEP;
    STORE_NEWER = "store.newer", Critical, "数据库由更新版本的程序写成", "a newer program has written the database",
        ["请改用该新版程序，或恢复升级前的备份", "run that newer program, or restore the backup from before the upgrade"];
    STORE_SILENT = "store.silent", Critical, "数据库无应答", "the database does not answer",
        ["请检查数据库服务与网络；长期占用锁的会话请终止", "check the server and the network, and end whoever holds it locked"];
    STORE_UNREADABLE = "store.unreadable", Critical, "数据库无法读取", "the database cannot be read",
        ["请检查数据库、权限与程序版本", "check the database, its permissions and the program's version"];
}

/// Why it matters, in Chinese and English, by the first part of a name.
pub fn why(name: &str) -> [&'static str; 2] {
    match name.split('.').next().unwrap_or(name) {
        "authority" => [
            "没有可用的根证书，证书无法验证或续期",
            "without it no certificate is verified or renewed",
        ],
        "backup" => {
            ["磁盘损坏时，只有备份能找回数据", "if the disk dies only a backup has the data"]
        }
        "certificate" | "identity" => {
            ["没有有效证书，对方拒绝连接", "without a good certificate the other side refuses"]
        }
        "clock" => ["时钟不准，时限与证书会判错", "time limits and certificates are judged by it"],
        "config" => ["配置有误则无法启动", "it cannot start"],
        "data" => [
            "数据目录含个人信息，须在且仅属主可入",
            "it holds personal data: there, and its owner's only",
        ],
        "disk" => ["磁盘满后不再接收新内容", "nothing new is taken once it is full"],
        "hub" | "link" => ["内容留在本机，暂不能互通", "what is written stays here for now"],
        "port" => ["他人连不上本服务", "others cannot connect"],
        "process" | "task" | "tenant" => ["该部分工作已停", "its work stands still"],
        "quarantine" | "receipts" | "gate" | "admission" => {
            ["条目在等待裁定或处理", "entries wait for a verdict or for somebody"]
        }
        "secret" => ["得到密钥者可冒充本平台", "who has it can pose as this platform"],
        "store" => ["存储不可用则收发皆停", "without it nothing is taken or sent"],
        "journal" | "invariant" | "files" | "shown" => {
            ["所存内容已不能自证", "what is stored no longer proves itself"]
        }
        _ => ["", ""],
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::health::ALERTS;

    use super::*;

    #[test]
    fn every_name_is_told_once_in_both_languages_and_says_why_it_matters() {
        assert!(FAULTS.is_sorted_by(|a, b| a.name < b.name));
        for one in FAULTS.iter().chain(ALERTS) {
            assert!(why(one.name).iter().all(|said| !said.is_empty()), "{}", one.name);
        }
        assert!(FAULTS.iter().all(|one| ALERTS.iter().all(|other| other.name != one.name)));
    }
}
