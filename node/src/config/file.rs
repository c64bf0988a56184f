//! The file as it is written, and what is wrong with its values.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::backup::BackupFile;
use super::health::{HealthFile, NODE_LISTEN};
use super::lanes::{LanesFile, lanes};
use super::upkeep::{DiskFile, RetentionFile};
use super::{KeyConfig, LogConfig, NodeConfig, TlsFiles, UplinkConfig};
use crate::process::config::{ConfigError, Problems, resolve};
use crate::process::said::Said;
use crate::process::telemetry::{self, LogFormat};
use crate::uplink::retry::RetryConfig;
use crate::web::listen::{NODE_PORT, PagesFile};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodeFile {
    platform: String,
    hub: String,
    #[serde(default = "data_folder")]
    data: PathBuf,
    uplink: UplinkFile,
    #[serde(default)]
    lanes: LanesFile,
    keys: KeysFile,
    #[serde(default)]
    tls: TlsFile,
    #[serde(default)]
    log: LogFile,
    #[serde(default)]
    health: HealthFile,
    #[serde(default)]
    backup: BackupFile,
    #[serde(default)]
    pages: PagesFile,
    #[serde(default)]
    disk: DiskFile,
    #[serde(default)]
    retention: RetentionFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UplinkFile {
    address: String,
    server_name: Option<String>,
    retry_first_ms: Option<u64>,
    retry_max_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    #[serde(default = "signing_key")]
    signing: PathBuf,
    hub_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TlsFile {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogFile {
    format: LogFormat,
    filter: String,
}

fn data_folder() -> PathBuf {
    "data".into()
}

fn signing_key() -> PathBuf {
    "signing.key".into()
}

impl Default for TlsFile {
    fn default() -> Self {
        Self { ca: "ca.pem".into(), certificate: "node.pem".into(), key: "node.key".into() }
    }
}

impl Default for LogFile {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: telemetry::DEFAULT_FILTER.to_owned() }
    }
}

/// Gives every value its meaning, or says everything that is wrong with them.
pub(super) fn checked(file: NodeFile, path: &Path) -> Result<NodeConfig, ConfigError> {
    let mut problems = Problems::new(path);
    let at = |relative: &PathBuf| resolve(path, relative);
    let platform = read(&mut problems, "platform", &file.platform, id_remedy());
    let hub = read(&mut problems, "hub", &file.hub, id_remedy());
    if file.platform == file.hub {
        problems.add(
            "hub",
            Said::new("本平台与市级平台编号相同", "platform and hub have the same id"),
            Said::new("请分别填写两级平台的编号", "name the platform and its hub"),
        );
    }
    let hub_key = read(&mut problems, "keys.hub_key", &file.keys.hub_key, hub_key_remedy());
    let uplink = uplink(file.uplink, &mut problems);
    let lanes = lanes(&file.lanes, &mut problems);
    if let Err(error) = telemetry::check_filter(&file.log.filter) {
        let remedy = Said::new(
            "例如 \"info,sanheyi_node=debug\"",
            "for example \"info,sanheyi_node=debug\"",
        );
        problems.add("log.filter", same(&error.to_string()), remedy);
    }
    let health = file.health.check(NODE_LISTEN, &mut problems);
    let backup = file.backup.check(path, &mut problems);
    let pages = file.pages.check(path, NODE_PORT, &mut problems);
    let (disk, retention) = (file.disk.check(&mut problems), file.retention.check(&mut problems));
    let (Some(platform), Some(hub), Some(hub_key), true) =
        (platform, hub, hub_key, problems.is_empty())
    else {
        return Err(problems.into());
    };
    Ok(NodeConfig {
        file: path.to_owned(),
        platform,
        hub,
        data: at(&file.data),
        uplink,
        lanes,
        keys: KeyConfig { signing: at(&file.keys.signing), hub_key },
        tls: TlsFiles {
            ca: at(&file.tls.ca),
            certificate: at(&file.tls.certificate),
            key: at(&file.tls.key),
        },
        log: LogConfig { format: file.log.format, filter: file.log.filter },
        health,
        backup,
        pages,
        disk,
        retention,
    })
}

fn read<T: std::str::FromStr<Err: ToString>>(
    problems: &mut Problems,
    place: &str,
    text: &str,
    remedy: Said,
) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            let en = format!("`{text}`: {}", error.to_string());
            problems.add(place, Said::new(format!("值“{text}”不合规"), en), remedy);
            None
        }
    }
}

fn uplink(file: UplinkFile, problems: &mut Problems) -> UplinkConfig {
    let host = file.address.rsplit_once(':').and_then(|(host, port)| {
        port.parse::<u16>().ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then_some(host)
    });
    if host.is_none() {
        let address = &file.address;
        problems.add(
            "uplink.address",
            Said::new(format!("“{address}”不是 主机:端口"), format!("`{address}` is no host:port")),
            Said::new("例如 \"10.1.2.3:7443\"", "for example \"10.1.2.3:7443\""),
        );
    }
    let host = host.unwrap_or_default().trim_matches(['[', ']']);
    let server_name = file.server_name.unwrap_or_else(|| host.to_owned());
    if server_name.trim().is_empty() && !host.is_empty() {
        problems.add(
            "uplink.server_name",
            Said::new("不能为空", "it is empty"),
            Said::new("请填写市级平台证书中的名称，或删除该键", "name it, or remove the key"),
        );
    }
    let usual = RetryConfig::default();
    let millis = |given: Option<u64>, usual| given.map_or(usual, Duration::from_millis);
    let first = millis(file.retry_first_ms, usual.first);
    let max = millis(file.retry_max_ms, usual.max);
    if first.is_zero() || max < first {
        problems.add(
            "uplink.retry_first_ms",
            Said::new(
                "应大于 0，且不大于 retry_max_ms",
                "it must be above 0 and at most retry_max_ms",
            ),
            Said::new("例如 500 与 60000", "for example 500 and 60000"),
        );
    }
    UplinkConfig { address: file.address, server_name, retry: RetryConfig { first, max, ..usual } }
}

fn same(sentence: &str) -> Said {
    Said::new("日志过滤规则无法识别", sentence)
}

fn id_remedy() -> Said {
    Said::new(
        "平台编号为 2 至 32 个小写字母、数字或连字符，以字母开头",
        "use the id given by the hub's operator, for example jintan",
    )
}

fn hub_key_remedy() -> Said {
    Said::new(
        "应为 64 位小写十六进制，请向市级平台管理员索取",
        "64 lower-case hex digits: ask the hub's operator for its verifying key",
    )
}
