//! The hub's configuration: one TOML file, checked whole before anything starts.

mod authority;
mod enrolment;
mod store;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::config::backup::{BackupConfig, BackupFile};
use sanheyi_node::config::health::{HUB_LISTEN, HealthFile, HealthRules};
use sanheyi_node::config::upkeep::{DiskFile, DiskRules, RetentionFile, RetentionRules};
use sanheyi_node::health::Pace;
use sanheyi_node::process::config::{ConfigError, Problems, load, resolve};
use sanheyi_node::process::disk::Disk;
use sanheyi_node::process::said::Said;
use sanheyi_node::process::telemetry::{DEFAULT_FILTER, LogFormat};
use sanheyi_node::store::Address;
use sanheyi_node::upkeep::room::Room;
use sanheyi_node::web::listen::{HUB_PORT, PagesConfig, PagesFile};
use serde::Deserialize;

use crate::rpc::age::{LONGEST_AGE_SECONDS, MAX_AGE_SECONDS};
pub use authority::AuthorityFile;
pub use enrolment::EnrolmentConfig;
use store::Password;
pub use store::{STORE, StoreAt};

/// Folder beside the configuration with the keys of tenants, and in the data folder with their
/// sockets.
pub const TENANTS: &str = "tenants";
/// Name of the socket in the data folder where a hub's operators hand in what it says.
pub const DESK: &str = "desk.sock";

/// The example that `sanheyi-hub config example` prints.
pub const EXAMPLE: &str = include_str!("../../deploy/hub.example.toml");

/// A hub's configuration. Paths are relative to the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubConfig {
    /// Id of the hub's own platform, such as `changzhou`.
    pub hub: String,
    /// Folder of its data: unless told otherwise the store is `hub.sqlite` in it.
    pub data: PathBuf,
    /// Where the store lies.
    #[serde(default)]
    pub store: StoreAt,
    /// Address and port where branches connect.
    pub listen: String,
    /// Keys of the form.
    pub keys: Keys,
    /// Certificates of the line.
    pub tls: Tls,
    /// What the authority issues.
    #[serde(default)]
    pub authority: AuthorityFile,
    /// How machines enrol.
    #[serde(default)]
    pub enrolment: EnrolmentConfig,
    /// Connections of branches.
    #[serde(default)]
    pub line: Line,
    /// The log.
    #[serde(default)]
    pub log: Log,
    /// Probes, metrics and heartbeats.
    #[serde(default)]
    pub health: HealthFile,
    /// Where backups go, who may open them, when they are made.
    #[serde(default)]
    pub backup: BackupFile,
    /// Where pages are served.
    #[serde(default)]
    pub pages: PagesFile,
    /// When the disk is low, short, full.
    #[serde(default)]
    pub disk: DiskFile,
    /// What may go, and when.
    #[serde(default)]
    pub retention: RetentionFile,
}

/// Keys of the form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// File with the seed that signs checkpoints and grants: 64 hex digits, mode 600.
    pub signing: PathBuf,
}

/// Certificates of the line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// The hub's certificate chain.
    pub certificate: PathBuf,
    /// Its private key, mode 600.
    pub key: PathBuf,
}

/// Connections of branches.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Line {
    /// After how many seconds a connection is ended in order, give or take a tenth.
    pub max_age_seconds: u64,
}

impl Default for Line {
    fn default() -> Self {
        Self { max_age_seconds: MAX_AGE_SECONDS }
    }
}

/// The log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What is logged, such as `info` or `sanheyi_hub=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: DEFAULT_FILTER.to_owned() }
    }
}

/// A configuration that was checked: ids are ids, addresses addresses, paths absolute or as given.
#[derive(Clone, Debug)]
pub struct CheckedConfig {
    /// The file it was read from.
    pub file: PathBuf,
    /// The hub's own platform.
    pub hub: PlatformId,
    /// Folder of its data.
    pub data: PathBuf,
    /// Where branches connect.
    pub listen: SocketAddr,
    /// File of the signing seed.
    pub signing: PathBuf,
    /// Folder of the keys of tenants: `<id>.key`.
    pub tenants: PathBuf,
    /// The line's certificates.
    pub tls: Tls,
    /// Life of the certificates that are renewed, in days.
    pub certificate_days: u32,
    /// How machines enrol.
    pub enrolment: EnrolmentConfig,
    /// Age at which a connection is ended in order, give or take a tenth.
    pub max_age: Duration,
    /// The log.
    pub log: Log,
    /// Probes, metrics and heartbeats.
    pub health: HealthRules,
    /// How fast the watchdog is, if not as usual: for tests.
    pub pace: Option<Pace>,
    /// Where backups go, who may open them, when they are made.
    pub backup: BackupConfig,
    /// Where pages are served.
    pub pages: PagesConfig,
    /// When the disk is low, short, full.
    pub disk: DiskRules,
    /// What may go, and when.
    pub retention: RetentionRules,
    store: Address,
    password: Option<Password>,
}

impl CheckedConfig {
    /// Loads and checks a file; all problems at once.
    ///
    /// # Errors
    /// If it cannot be read, or has problems.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let raw: HubConfig = load(path)?;
        raw.check(path)
    }

    /// Where the store lies, with the password of its server.
    pub fn database(&self) -> Address {
        self.with_password(self.store.clone())
    }

    /// The disk of its data: of the store's file, where that lies elsewhere; a server's store grows
    /// on another one.
    pub fn room(&self, disk: Arc<dyn Disk>) -> Room {
        let file = self.store.file();
        let folder = file.and_then(Path::parent).filter(|folder| folder.is_dir());
        let folder = folder.unwrap_or(&self.data).to_owned();
        Room::new(disk, folder, self.disk, file.is_some())
    }

    /// The same hub with its store at another address.
    #[must_use]
    pub fn with_store(self, store: Address) -> Self {
        Self { store, ..self }
    }

    /// An address with the configured password, if there is one.
    pub fn with_password(&self, address: Address) -> Address {
        match &self.password {
            Some(password) => address.with_password(password.text()),
            None => address,
        }
    }
}

impl HubConfig {
    /// Checks what was read from `path`.
    ///
    /// # Errors
    /// With all problems at once.
    pub fn check(self, path: &Path) -> Result<CheckedConfig, ConfigError> {
        let mut problems = Problems::new(path);
        let hub = self.hub.parse::<PlatformId>();
        if let Err(error) = &hub {
            let said = Said::new("平台标识不合规", error.to_string());
            problems.add("hub", said, Said::new("例如 changzhou", "for example changzhou"));
        }
        let listen = self.check_line(&mut problems);
        let at = |file: &Path| resolve(path, file);
        let files = [
            ("tls.ca", at(&self.tls.ca)),
            ("tls.certificate", at(&self.tls.certificate)),
            ("tls.key", at(&self.tls.key)),
            ("keys.signing", at(&self.keys.signing)),
        ];
        must_be_there(&files, &mut problems);
        let data = at(&self.data);
        let health = self.health.check(HUB_LISTEN, &mut problems);
        let pages = self.pages.check(path, HUB_PORT, &mut problems);
        let backup = self.backup.check(path, &mut problems);
        let (disk, retention) =
            (self.disk.check(&mut problems), self.retention.check(&mut problems));
        let certificate_days = self.authority.check(&mut problems);
        let (store, password) = self.store.check(path, &data, &mut problems);
        let [ca, certificate, key, signing] = files.map(|(_, file)| file);
        let (Ok(hub), Some(listen)) = (hub, listen) else {
            return Err(ConfigError::Problems(problems));
        };
        problems.finish()?;
        Ok(CheckedConfig {
            file: path.to_owned(),
            hub,
            data,
            listen,
            signing,
            tenants: at(Path::new(TENANTS)),
            tls: Tls { ca, certificate, key },
            certificate_days,
            enrolment: self.enrolment,
            max_age: Duration::from_secs(self.line.max_age_seconds),
            log: self.log,
            health,
            pace: None,
            pages,
            backup,
            disk,
            retention,
            store,
            password,
        })
    }

    fn check_line(&self, problems: &mut Problems) -> Option<SocketAddr> {
        let listen = self.listen.parse::<SocketAddr>();
        if listen.is_err() {
            problems.add(
                "listen",
                Said::new("应为 IP地址:端口", "must be address:port"),
                Said::new("例如 0.0.0.0:7443", "for example 0.0.0.0:7443"),
            );
        }
        let seconds = self.line.max_age_seconds;
        if !(1..=LONGEST_AGE_SECONDS).contains(&seconds) {
            problems.add(
                "line.max_age_seconds",
                Said::new(
                    format!("应为 1 至 {LONGEST_AGE_SECONDS} 秒，实为 {seconds}"),
                    format!("must be 1 to {LONGEST_AGE_SECONDS} seconds, not {seconds}"),
                ),
                Said::new(
                    format!("一般用 {MAX_AGE_SECONDS}，也可删去此项"),
                    format!("usually {MAX_AGE_SECONDS}; it may be left out"),
                ),
            );
        }
        listen.ok()
    }
}

/// Files that a hub is nothing without.
fn must_be_there(files: &[(&'static str, PathBuf)], problems: &mut Problems) {
    for (place, file) in files {
        if !file.is_file() {
            let said = Said::new(
                format!("没有找到文件 {}", file.display()),
                format!("there is no file {}", file.display()),
            );
            let remedy = Said::new(
                "请用 sanheyi-hub init 生成，或修改路径",
                "make it with `sanheyi-hub init`, or correct the path",
            );
            problems.add(*place, said, remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanheyi_node::process::config::parse;

    #[test]
    fn the_example_is_read_and_its_absent_files_are_all_named_at_once() {
        let path = Path::new("/nowhere/hub.toml");
        let raw: HubConfig = parse(path, EXAMPLE).unwrap();
        let said = raw.check(path).unwrap_err().to_string();
        for place in ["tls.ca", "tls.certificate", "tls.key", "keys.signing"] {
            assert!(said.contains(place), "{said}");
        }
    }

    #[test]
    fn the_age_of_connections_has_a_default_and_bounds() {
        let path = Path::new("/nowhere/hub.toml");
        let shown = format!("# [line]\n# max_age_seconds = {MAX_AGE_SECONDS}\n");
        assert!(EXAMPLE.contains(&shown), "the example shows the default");
        let without: HubConfig = parse(path, EXAMPLE).unwrap();
        assert_eq!(without.line.max_age_seconds, MAX_AGE_SECONDS);
        for (seconds, good) in [(0, false), (1, true), (86_400, true), (86_401, false)] {
            let given = format!("[line]\nmax_age_seconds = {seconds}\n");
            let given: HubConfig = parse(path, &EXAMPLE.replace(&shown, &given)).unwrap();
            let said = given.check(path).unwrap_err();
            assert_eq!(!said.to_string().contains("line.max_age_seconds"), good, "{said}");
        }
    }

    #[test]
    fn a_typo_is_named_with_the_key_that_was_meant() {
        let typo = EXAMPLE.replace("listen =", "liste =");
        let said = parse::<HubConfig>(Path::new("hub.toml"), &typo).unwrap_err().to_string();
        assert!(said.contains("liste") && said.contains("listen"), "{said}");
    }
}
