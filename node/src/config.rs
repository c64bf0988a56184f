//! Configuration of a node: what each key means, its default, and what is wrong with a value.
//!
//! `deploy/node.example.toml` is the same in the words of an operator; the command `config example`
//! prints that file, and a test reads it with this code.

pub mod backup;
mod file;
pub mod health;
mod keys;
mod lanes;
pub mod upkeep;

use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::VerifyingKey;

use self::backup::BackupConfig;
use self::health::HealthRules;
pub use self::keys::NodeKeys;
use self::upkeep::{DiskRules, RetentionRules};
use crate::process::config::{ConfigError, load, parse};
use crate::process::telemetry::LogFormat;
use crate::uplink::lanes::LaneRules;
use crate::uplink::retry::RetryConfig;
use crate::web::listen::PagesConfig;

/// The example, every key with its meaning.
pub const EXAMPLE: &str = include_str!("../../deploy/node.example.toml");

/// Database of a node inside its data folder.
const DATABASE: &str = "node.sqlite";
/// Folder inside a data folder for what the audit has outgrown.
pub const ARCHIVE: &str = "archive";
/// Socket of a node's intake inside its data folder.
const SOCKET: &str = "intake.sock";

/// Configuration of a node, checked; paths are resolved.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The file it was read from; errors name it.
    pub file: PathBuf,
    /// `platform`: this platform's id. Required.
    pub platform: PlatformId,
    /// `hub`: the hub's id. Required.
    pub hub: PlatformId,
    /// `data`: folder of database and socket. Default `data`.
    pub data: PathBuf,
    /// `[uplink]`: the line to the hub.
    pub uplink: UplinkConfig,
    /// `[lanes]`: what each lane may take of the line, and when.
    pub lanes: LaneRules,
    /// `[keys]`: what signs and verifies.
    pub keys: KeyConfig,
    /// `[tls]`: who this process is to the hub.
    pub tls: TlsFiles,
    /// `[log]`: what is logged and how.
    pub log: LogConfig,
    /// `[health]`: probes, metrics and heartbeats.
    pub health: HealthRules,
    /// `[backup]`: where backups go, who may open them, when they are made.
    pub backup: BackupConfig,
    /// `[pages]`: where pages are served.
    pub pages: PagesConfig,
    /// `[disk]`: when the disk is low, short, full.
    pub disk: DiskRules,
    /// `[retention]`: what may go, and when.
    pub retention: RetentionRules,
}

/// The line to the hub.
#[derive(Clone, Debug)]
pub struct UplinkConfig {
    /// `address`: the hub's exchange as `host:port`. Required.
    pub address: String,
    /// `server_name`: name in the hub's certificate. Default: the host of `address`.
    pub server_name: String,
    /// `retry_first_ms` and `retry_max_ms`: pauses between attempts. Defaults 500 and 60000.
    pub retry: RetryConfig,
}

/// Keys of signatures.
#[derive(Clone, Debug)]
pub struct KeyConfig {
    /// `signing`: file of this platform's seed, 64 hex digits, mode 0600. Default `signing.key`.
    pub signing: PathBuf,
    /// `hub_key`: the hub's verifying key, 64 hex digits. Required.
    pub hub_key: VerifyingKey,
}

/// Files of mutual TLS, in PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// `ca`: certificate of the hub's authority. Default `ca.pem`.
    pub ca: PathBuf,
    /// `certificate`: this platform's certificate. Default `node.pem`.
    pub certificate: PathBuf,
    /// `key`: its private key, mode 0600. Default `node.key`.
    pub key: PathBuf,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `format`: `text` or `json`. Default `text`.
    pub format: LogFormat,
    /// `filter`: as `tracing` reads it. Default `info`.
    pub filter: String,
}

// === impl NodeConfig ===

impl NodeConfig {
    /// Reads a configuration file. The files that it names are read by [`NodeConfig::read_keys`].
    ///
    /// # Errors
    /// If it cannot be read or used; with everything that is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        file::checked(load(path)?, path)
    }

    /// Reads a configuration from text; `path` is what errors call it and what paths are relative
    /// to.
    ///
    /// # Errors
    /// If it cannot be used; with everything that is wrong.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        file::checked(parse(path, text)?, path)
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data.join(DATABASE)
    }

    /// The folder of the archive.
    pub fn archive(&self) -> PathBuf {
        self.data.join(ARCHIVE)
    }

    /// The socket of the intake.
    pub fn socket(&self) -> PathBuf {
        self.data.join(SOCKET)
    }
}

#[cfg(test)]
mod tests;
