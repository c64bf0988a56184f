//! The folder of a machine that enrols: what is there already is used, what is written is whole or
//! not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::ids::{Audience, EpochId, Generation, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::{SigningKey, Suite, VerifyingKey};
use sanheyi_proto::exchange::v1::Enrolled;
use serde::{Deserialize, Serialize};

use super::{Done, EnrolError, signing_key};
use crate::backup::Recipient;
use crate::config::{EXAMPLE, NodeConfig};
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::process::folder::private;
use crate::process::secret::{Zeroizing, read_secret, write_secret, write_seed};
use crate::process::tls::request::{private_key, request_for};
use crate::process::tls::{Identity, Trust, client_config};
use crate::store::{Database, GreetingRow, Store, StoreError};

/// Name of the configuration.
pub const CONFIG: &str = "node.toml";
const SIGNING: &str = "signing.key";
const KEY: &str = "node.key";
const CERTIFICATE: &str = "node.pem";
const AUTHORITIES: &str = "ca.pem";
const ASKED: &str = "enrolment.json";
/// How the example says that nobody may open backups.
const NOBODY: &str = "recipients = []";

/// The folder.
#[derive(Clone, Debug)]
pub struct Place {
    folder: PathBuf,
}

/// What a machine asks with, the same each time.
pub struct Asking {
    /// Signs what the platform will write.
    pub signing: SigningKey,
    /// The private key of the certificate, PEM.
    pub key: Zeroizing<Vec<u8>>,
    /// The certificate request, PEM.
    pub csr: String,
    /// The epoch ids drawn for the lanes.
    pub epochs: Vec<(Lane, EpochId)>,
}

/// What is asked, as it is kept; no secret.
#[derive(Deserialize, Serialize)]
struct Kept {
    csr: String,
    epochs: Vec<(String, String)>,
}

/// What the hub gave, read and held against the keys.
pub struct Given {
    /// The platform.
    pub platform: PlatformId,
    /// Its hub.
    pub hub: PlatformId,
    /// Verifies what the hub signs.
    pub hub_key: VerifyingKey,
    /// The platform's journals that the hub has.
    pub journals: Vec<JournalId>,
    /// Its certificate with what it was signed by, PEM.
    pub chain: String,
    /// Whom it shall trust, PEM.
    pub authorities: String,
}

// === impl Place ===

impl Place {
    /// A folder, which may not exist yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The configuration that is written at last.
    pub fn config(&self) -> PathBuf {
        self.at(CONFIG)
    }

    /// Whether a machine was enrolled here; then there is nothing to do.
    ///
    /// # Errors
    /// If something else stands here.
    pub fn enrolled(&self) -> Result<Option<Done>, EnrolError> {
        let asked = self.at(ASKED).exists();
        let stands = |name| self.at(name).exists();
        if stands(CERTIFICATE) && asked {
            let path = self.config();
            let config = NodeConfig::load(&path);
            let config = config.map_err(|_| EnrolError::Damaged { path: path.clone() })?;
            let platform = config.platform;
            return Ok(Some(Done { platform, config: path, takes_over: 0, already: true }));
        }
        for what in [CERTIFICATE, CONFIG] {
            if stands(what) && !asked {
                return Err(EnrolError::Occupied { folder: self.folder.clone(), what });
            }
        }
        Ok(None)
    }

    /// Makes keys and request, as far as they are not there.
    ///
    /// # Errors
    /// If they cannot be made, written or read.
    pub fn prepare(&self, entropy: &dyn Entropy) -> Result<Asking, EnrolError> {
        private(&self.folder)?;
        let seed = self.at(SIGNING);
        if !seed.exists() {
            write_seed(&seed, &Zeroizing::new(entropy.seed32()))?;
        }
        Asking::prepare(signing_key(&seed)?, &self.at(KEY), &self.at(ASKED), entropy)
    }

    /// Opens the store with the journals that the hub has of this platform: empty here, and in the
    /// epochs that were drawn. The first Greet then finds what the hub has, and takes it over.
    ///
    /// # Errors
    /// Of the store.
    pub async fn open_store(
        &self,
        given: &Given,
        epochs: &[(Lane, EpochId)],
    ) -> Result<(), EnrolError> {
        let config = self.parsed(given, "127.0.0.1:1", "localhost")?;
        private(&config.data)?;
        hold(&config, given, epochs).await
    }

    /// Writes authorities, configuration and, at last, the certificate: with it the machine is
    /// enrolled.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(
        &self,
        given: &Given,
        hub: &str,
        server_name: &str,
        opens: &Recipient,
    ) -> Result<(), EnrolError> {
        self.replace(AUTHORITIES, &given.authorities)?;
        let text = config_text(given, hub, server_name);
        self.replace(CONFIG, &text.replace(NOBODY, &format!("recipients = [\"{opens}\"]")))?;
        self.parsed(given, hub, server_name)?;
        self.replace(CERTIFICATE, &given.chain)
    }

    /// The configuration that is written, read again.
    fn parsed(
        &self,
        given: &Given,
        hub: &str,
        server_name: &str,
    ) -> Result<NodeConfig, EnrolError> {
        NodeConfig::parse(&self.config(), &config_text(given, hub, server_name))
            .map_err(|error| EnrolError::Answer(error.to_string()))
    }

    /// Writes a file whole or not at all, over one that a crash left.
    fn replace(&self, name: &str, text: &str) -> Result<(), EnrolError> {
        let path = self.at(name);
        let part = self.at(&format!(".{name}.part"));
        let written = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).open(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        written().map_err(|source| EnrolError::File { path: path.clone(), source })
    }
}

// === impl Asking ===

impl Asking {
    /// What the holder of `signing` asks with: the private key of the certificate in the file
    /// `key`, the request in `asked`. What is not there is made and written down first.
    ///
    /// # Errors
    /// If it cannot be made, written or read.
    pub fn prepare(
        signing: SigningKey,
        key: &Path,
        asked: &Path,
        entropy: &dyn Entropy,
    ) -> Result<Self, EnrolError> {
        if !key.exists() {
            write_secret(key, private_key()?.as_bytes())?;
        }
        let key = read_secret(key)?;
        if !asked.exists() {
            let epoch = |lane: Lane| (lane.to_string(), entropy.epoch().to_string());
            let kept = Kept {
                csr: request_for(&key, "sanheyi node")?,
                epochs: vec![epoch(Lane::Urgent), epoch(Lane::Normal)],
            };
            let text = serde_json::to_vec_pretty(&kept);
            let text = text.map_err(|_| EnrolError::Damaged { path: asked.to_owned() })?;
            write_secret(asked, &text)?;
        }
        let damaged = || EnrolError::Damaged { path: asked.to_owned() };
        let Kept { csr, epochs } =
            serde_json::from_slice(&read_secret(asked)?).map_err(|_| damaged())?;
        let read = |(lane, id): (String, String)| Some((lane.parse().ok()?, id.parse().ok()?));
        let epochs: Option<_> = epochs.into_iter().map(read).collect();
        Ok(Asking { signing, key, csr, epochs: epochs.ok_or_else(damaged)? })
    }
}

/// The example with everything filled in.
fn config_text(given: &Given, hub: &str, server_name: &str) -> String {
    let mut text = String::with_capacity(EXAMPLE.len());
    let own = [
        ("platform = ", given.platform.to_string()),
        ("hub = ", given.hub.to_string()),
        ("address = ", hub.to_owned()),
        ("server_name = ", server_name.to_owned()),
        ("hub_key = ", given.hub_key.to_string()),
    ];
    for line in EXAMPLE.lines() {
        let mine = own.iter().find(|(key, _)| line.starts_with(key));
        match mine {
            Some((key, value)) => text.push_str(&format!("{key}{value:?}")),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// Opens the journals that the hub has, each in the epoch that was drawn for its lane.
///
/// # Errors
/// Of the store.
pub(super) async fn hold(
    config: &NodeConfig,
    given: &Given,
    epochs: &[(Lane, EpochId)],
) -> Result<(), EnrolError> {
    let database = Database::open(config.database(), &[]).await?;
    let store = database.of(&given.platform);
    let mut outcome = Ok(());
    for journal in &given.journals {
        let epoch = epochs.iter().find(|(lane, _)| *lane == journal.lane);
        if let (Ok(()), Some((_, epoch))) = (&outcome, epoch) {
            outcome = take_over(&store, journal, *epoch).await;
        }
    }
    database.close().await;
    Ok(outcome?)
}

/// Opens a journal under the hub's id; one that stands here already holds the epoch, too.
async fn take_over(store: &Store, journal: &JournalId, epoch: EpochId) -> Result<(), StoreError> {
    let rows = store.journal_list().await?;
    let home = rows.into_iter().find(|row| row.home && row.head.journal.same_line(journal));
    if let Some(row) = home {
        let mut greeting = store.greeting_get(row.number).await?;
        if row.head.journal != *journal {
            return Err(StoreError::contradiction(
                "journal",
                "id",
                journal,
                "another journal of this lane is at home here: use an empty folder",
            ));
        }
        if !greeting.holds.contains(&epoch) {
            greeting.holds.push(epoch);
            let mut tx = store.begin("epoch_drawn").await?;
            tx.greeting_put(store, row.number, &greeting).await?;
            tx.commit().await?;
        }
        return Ok(());
    }
    let head = Head {
        journal: journal.clone(),
        size: 0,
        root: Suite::Intl.empty_root(),
        position: Position { generation: Generation::ZERO, epoch: EpochId::ZERO },
        opened: 0,
        stopped: false,
    };
    let mut tx = store.begin("journal_open").await?;
    let row = tx.journal_open(store, &head, true, 0).await?;
    let greeting = GreetingRow { holds: vec![epoch], ..GreetingRow::default() };
    tx.greeting_put(store, row.number, &greeting).await?;
    tx.commit().await
}

// === impl Given ===

impl Given {
    /// Reads the hub's answer and holds it against the keys of this machine: nothing is written of
    /// an answer that would not work.
    ///
    /// # Errors
    /// [`EnrolError::Answer`] with what does not fit.
    pub fn read(
        enrolled: &Enrolled,
        asking: &Asking,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EnrolError> {
        let wrong = |what: &dyn ToString| EnrolError::Answer(what.to_string());
        let platform: PlatformId = enrolled.platform.parse().map_err(|error| wrong(&error))?;
        let hub: PlatformId = enrolled.hub.parse().map_err(|error| wrong(&error))?;
        let hub_key = VerifyingKey::from_slice(&enrolled.hub_key).map_err(|error| wrong(&error))?;
        let key = std::str::from_utf8(&asking.key).map_err(|error| wrong(&error))?;
        let identity = Identity::from_pem(&enrolled.chain_pem, key)?;
        let subject = identity.subject()?;
        if (&subject.platform, &subject.hub) != (&platform, &hub) {
            return Err(wrong(&format!("the certificate names {}", subject.platform)));
        }
        // Chain and key belong together, and there is somebody to trust.
        client_config(&identity, &Trust::from_pem(&enrolled.authorities_pem)?, clock)?;
        let mut journals = Vec::new();
        for text in &enrolled.journals {
            let journal: JournalId = text.parse().map_err(|error| wrong(&error))?;
            if journal.author != platform || journal.audience != Audience::One(hub.clone()) {
                return Err(wrong(&format!("{journal} is not this platform's")));
            }
            journals.push(journal);
        }
        let (chain, authorities) = (enrolled.chain_pem.clone(), enrolled.authorities_pem.clone());
        Ok(Self { platform, hub, hub_key, journals, chain, authorities })
    }
}
