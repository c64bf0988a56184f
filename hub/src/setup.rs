//! Setting a federation up: the hub's authority, keys and configuration; a platform's registration
//! and what its node needs.
//!
//! The keys of a node made here are made on the hub's machine and carried over by hand.

mod tenant;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};
use sanheyi_node::backup::{BackupError, first_keys};
use sanheyi_node::config::backup::section;
use sanheyi_node::config::health::HUB_LISTEN;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::folder::{self as data_folder, FolderError};
use sanheyi_node::process::secret::{SecretError, write_secret};
use sanheyi_node::store::{Address, Database, StoreError};
use sanheyi_node::web::listen::HUB_PORT;
use thiserror::Error;

use crate::app::{BuildError, signing_key};
use crate::authority::request::{RequestError, request};
use crate::authority::{Authority, AuthorityError, CERTIFICATE_DAYS};
use crate::certificates::{CertificateError, CertificateParts, Certificates};
use crate::config::{STORE, TENANTS};
use crate::exchange::{ExchangeParts, Outbox};
use crate::store::{Origin, PlatformRow, open, platform_get, platform_put};
pub use tenant::{NewTenant, TenantFiles};

/// Name of the hub's configuration in its folder.
const CONFIG: &str = "hub.toml";
/// How an address ends that takes any free port.
const ANY_PORT: &str = ":0";

/// Why a federation could not be set up.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The authority refused.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A certificate could not be issued.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] RequestError),
    /// A secret could not be written or read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A key could not be read.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The keys of backups could not be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file could not be written.
    #[error("无法写入 {path} · cannot write {path}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The platform is registered already, with another key.
    #[error(
        "平台 {0} 已登记，其密钥不变；本次没有写入任何文件 · platform {0} is registered already and keeps its key; nothing was written"
    )]
    Registered(PlatformId),
    /// No tenant has that name.
    #[error("没有名为 {0} 的托管平台 · there is no tenant {0}")]
    NoTenant(PlatformId),
}

/// What setting up needs.
#[derive(Clone)]
pub struct Setup {
    /// Folder of the configuration and the authority.
    pub folder: PathBuf,
    /// Folder of the data.
    pub data: PathBuf,
    /// Where the store lies.
    pub store: Address,
    /// File of the signing seed.
    pub signing: PathBuf,
    /// Folder of the keys of tenants.
    pub tenants: PathBuf,
    /// The hub's own platform.
    pub hub: PlatformId,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// A platform to be registered.
#[derive(Clone, Debug)]
pub struct NewPlatform {
    /// Its id.
    pub platform: PlatformId,
    /// Its name in Chinese.
    pub title_zh: String,
    /// Its name in English.
    pub title_en: String,
    /// Address where its node reaches the hub, `host:port`.
    pub address: String,
    /// Name in the hub's certificate that the node expects.
    pub server_name: String,
    /// Folder for what its node needs.
    pub out: PathBuf,
    /// Datasets that it may send: `*`, `family.*` or names.
    pub may_send: Vec<String>,
}

fn write(path: &Path, text: &str) -> Result<(), SetupError> {
    let failed = |source| SetupError::File { path: path.to_owned(), source };
    fs::write(path, text).map_err(failed)
}

fn folder(path: &Path) -> Result<(), SetupError> {
    let failed = |source| SetupError::File { path: path.to_owned(), source };
    fs::create_dir_all(path).map_err(failed)
}

impl Setup {
    /// A hub whose data and keys lie where `init` puts them.
    pub fn new(
        folder: PathBuf,
        hub: PlatformId,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let (data, signing) = (folder.join("data"), folder.join("signing.key"));
        let tenants = folder.join(TENANTS);
        let store = Address::File(data.join(STORE));
        Self { folder, data, store, signing, tenants, hub, clock, entropy }
    }

    /// Makes the hub's authority, keys and configuration. `names`: where branches reach it, names
    /// or addresses.
    ///
    /// # Errors
    /// See [`SetupError`]; what is there already is not overwritten.
    pub fn init(&self, names: &[String], listen: &str) -> Result<PathBuf, SetupError> {
        folder(&self.folder)?;
        let now = self.clock.now();
        let entropy = self.entropy.as_ref();
        let authority = Authority::create(&self.folder, &self.hub, now, entropy)?;
        let own = request(&self.hub)?;
        let days = CERTIFICATE_DAYS;
        let chain = authority.issue(&self.hub, &own.csr_pem, names, now, days, entropy)?;
        write(&self.folder.join("hub.pem"), &chain)?;
        write_secret(&self.folder.join("hub.key"), own.key_pem.as_bytes())?;
        self.write_seed(&self.signing)?;
        let opens = first_keys(&self.folder)?;
        let config = crate::config::EXAMPLE
            .replace("\"changzhou\"", &format!("\"{}\"", self.hub))
            .replace("\"0.0.0.0:7443\"", &format!("\"{listen}\""))
            .replace("recipients = []", &format!("recipients = [\"{opens}\"]"));
        let config = match listen.ends_with(ANY_PORT) {
            true => any_ports(&config),
            false => config,
        };
        let path = self.folder.join(CONFIG);
        write(&path, &config)?;
        Ok(path)
    }

    fn write_seed(&self, path: &Path) -> Result<SigningKey, SetupError> {
        let seed = self.entropy.seed32();
        let key = SigningKey::from_seed(&seed);
        write_secret(path, key.seed_hex().as_bytes())?;
        Ok(key)
    }

    /// The hub's verifying key.
    ///
    /// # Errors
    /// If its seed cannot be read.
    pub fn hub_key(&self) -> Result<VerifyingKey, SetupError> {
        Ok(signing_key(&self.signing)?.verifying())
    }

    /// Registers a platform and writes what its node needs into its folder: certificates, keys,
    /// `node.toml`.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub async fn platform_add(&self, new: &NewPlatform) -> Result<PathBuf, SetupError> {
        self.must_be_new(&new.platform).await?;
        folder(&new.out)?;
        let own = request(&new.platform)?;
        let (chain, authorities) = self.issue(&new.platform, &own.csr_pem).await?;
        let key = self.write_seed(&new.out.join("signing.key"))?;
        write_secret(&new.out.join("node.key"), own.key_pem.as_bytes())?;
        write(&new.out.join("node.pem"), &chain)?;
        write(&new.out.join("ca.pem"), &authorities)?;
        let config = new.out.join("node.toml");
        let opens = section(&first_keys(&new.out)?);
        write(&config, &format!("{}{opens}", self.node_config(new)?))?;
        self.register(new, key.verifying()).await?;
        Ok(config)
    }

    /// A certificate for a platform whose files are carried by hand, and whom it shall trust. It is
    /// written down before anybody has it.
    async fn issue(
        &self,
        platform: &PlatformId,
        csr_pem: &str,
    ) -> Result<(String, String), SetupError> {
        let database = self.open_store().await?;
        let issued = async {
            let parts = CertificateParts {
                database: database.clone(),
                hub: self.hub.clone(),
                folder: self.folder.clone(),
                days: CERTIFICATE_DAYS,
                clock: Arc::clone(&self.clock),
                entropy: Arc::clone(&self.entropy),
            };
            let certificates = Certificates::open(parts).await?;
            let authority = certificates.signing().await?;
            let (chain, subject) = certificates.sign(&authority, platform, csr_pem, &[])?;
            certificates.write_down(&authority, &subject, Origin::Add).await?;
            Ok::<_, CertificateError>((chain, certificates.bundle().await?))
        }
        .await;
        database.close().await;
        Ok(issued?)
    }

    fn node_config(&self, new: &NewPlatform) -> Result<String, SetupError> {
        Ok(format!(
            "platform = \"{}\"\nhub = \"{}\"\ndata = \"data\"\n\n[uplink]\naddress = \"{}\"\n\
             server_name = \"{}\"\n\n[keys]\nsigning = \"signing.key\"\nhub_key = \"{}\"\n\n[tls]\n\
             ca = \"ca.pem\"\ncertificate = \"node.pem\"\nkey = \"node.key\"\n{}",
            new.platform,
            self.hub,
            new.address,
            new.server_name,
            self.hub_key()?,
            self.beside()
        ))
    }

    /// Where a hub takes any port that is free, it is one of several on a machine, and so are its
    /// nodes: each then takes any port for its pages and probes.
    fn beside(&self) -> String {
        let hub = fs::read_to_string(self.folder.join(CONFIG)).unwrap_or_default();
        let any = hub.lines().any(|line| line.starts_with("listen") && line.ends_with(":0\""));
        match any {
            true => "\n[pages]\nlisten = \"127.0.0.1:0\"\n\n[health]\nlisten = \"127.0.0.1:0\"\n"
                .to_owned(),
            false => String::new(),
        }
    }

    /// Looked at before anything is written: a key that stands already is not made again.
    async fn must_be_new(&self, platform: &PlatformId) -> Result<(), SetupError> {
        let database = self.open_store().await?;
        let known = platform_get(&database, platform).await;
        database.close().await;
        if known?.is_some() { Err(SetupError::Registered(platform.clone())) } else { Ok(()) }
    }

    /// The hub's own journals, written beside a hub that may be running.
    async fn outbox(&self, database: &Database) -> Result<Outbox, SetupError> {
        let parts = ExchangeParts {
            hub: self.hub.clone(),
            database: database.clone(),
            key: signing_key(&self.signing)?,
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            edition: Edition::CURRENT,
        };
        Ok(Outbox::of(parts).await?)
    }

    async fn open_store(&self) -> Result<Database, SetupError> {
        data_folder::private(&self.data)?;
        Ok(open(&self.store, &self.hub).await?)
    }

    /// Registers a platform's key in the hub's store.
    ///
    /// # Errors
    /// [`SetupError::Registered`] if it is there already.
    pub async fn register(&self, new: &NewPlatform, key: VerifyingKey) -> Result<(), SetupError> {
        let row = PlatformRow {
            platform: new.platform.clone(),
            title_zh: new.title_zh.clone(),
            title_en: new.title_en.clone(),
            key,
            added: self.clock.now(),
            hosted: false,
            quota: 0,
        };
        self.put(&row, &new.may_send).await
    }

    /// Registers a platform: from then on it may connect. Then the broadcast presents it, with what
    /// it may send; a hub that starts makes up for a presentation that was cut short.
    async fn put(&self, row: &PlatformRow, may_send: &[String]) -> Result<(), SetupError> {
        let database = self.open_store().await?;
        let fresh = async {
            let mut tx = database.of(&row.platform).begin("platform_put").await?;
            let fresh = platform_put(&mut tx, row).await?;
            tx.commit().await?;
            if fresh {
                let outbox = self.outbox(&database).await?;
                outbox.announce(std::slice::from_ref(row), may_send).await?;
            }
            Ok::<_, SetupError>(fresh)
        }
        .await;
        database.close().await;
        if fresh? { Ok(()) } else { Err(SetupError::Registered(row.platform.clone())) }
    }
}
/// The example with any free port for pages and probes.
fn any_ports(config: &str) -> String {
    let usual = |port: u16| format!("# listen = \"127.0.0.1:{port}\"");
    let any = "listen = \"127.0.0.1:0\"";
    config.replace(&usual(HUB_PORT), any).replace(&format!("# listen = \"{HUB_LISTEN}\""), any)
}
