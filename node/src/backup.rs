//! Backups 备份: a whole platform in one encrypted file, made while it runs, and everything that is
//! done with such files: proving, restoring, drilling, pruning.
//!
//! ```text
//! store, as it is at one moment ─► copy ─► every root recomputed ─► tar ─► zstd ─► age ─► a name
//! configuration, keys, certificates ─────────────────────────────────┘ with a signed manifest
//! ```
//!
//! A node and a hub differ in how their store is copied and proved, and in what is to be done
//! after a restore: that is [`Form`], and the hub has its own.
//!
//! *Absent here*: SQL (`store/snapshot.rs`), and any way to write a backup that is not encrypted.

mod archive;
mod daily;
mod drill;
mod error;
mod finding;
mod layout;
mod make;
pub mod manifest;
mod node;
mod open;
mod prune;
mod restore;
pub mod schedule;
mod seal;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::ids::{Generation, PlatformId};
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};

pub use self::archive::{FILES, LIST_BYTES, NAME_BYTES, Pace};
pub use self::daily::Backups;
pub use self::drill::{Drill, Drilled, drill};
pub use self::error::BackupError;
pub use self::finding::{BackupCheck, BackupFacts, CRITICAL_AFTER, OLD_AFTER, facts, findings};
pub use self::layout::{CONFIG_FOLDER, DATA_FOLDER, NAMED_BYTES, Place, relocated};
pub use self::make::{Made, Wish, make, newest, there};
use self::manifest::{JournalLine, Kind};
pub use self::node::OfNode;
pub use self::open::{Expected, Opened, open};
pub use self::prune::{EXTENSION, Keep, file_name, surplus, time_of};
pub use self::restore::{Filling, Grounds, Restored, settle, settled_epoch};
pub use self::seal::{IDENTITY_FILE, Identities, Recipient, first_keys, first_words};
use crate::config::backup::BackupConfig;
use crate::process::clock::Clock;
use crate::store::{Database, Step};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The store is copied: rows, where it lies on a server.
    Copy,
    /// Every root of the copy is recomputed.
    Prove,
    /// Files are compressed and encrypted: bytes.
    Pack,
    /// A backup is decrypted: bytes.
    Unpack,
    /// Its journals are held against those of today.
    Compare,
}

/// Hears how far the work is: stage, done, of so much (0 = not known).
pub type Teller<'a> = &'a mut (dyn FnMut(Stage, u64, u64) + Send);

/// Whom a backup is of.
#[derive(Clone)]
pub struct Subject {
    /// The platform.
    pub platform: PlatformId,
    /// Its hub; of a hub, itself.
    pub hub: PlatformId,
    /// Signs manifests and reports: the platform's own key.
    pub key: SigningKey,
    /// Verifies what the hub has signed.
    pub hub_key: VerifyingKey,
    /// The store.
    pub database: Database,
    /// Folder of its data: copies are made there, where only its user may enter.
    pub data: PathBuf,
    /// The configuration.
    pub config: PathBuf,
    /// Files that the configuration names.
    pub places: Vec<Place>,
    /// How backups are made.
    pub settings: BackupConfig,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Whose store a copy is, and by what keys it is proved.
#[derive(Clone, Debug)]
pub struct Who {
    /// The platform.
    pub platform: PlatformId,
    /// Its hub.
    pub hub: PlatformId,
    /// The platform's key.
    pub key: VerifyingKey,
    /// The hub's key.
    pub hub_key: VerifyingKey,
}

/// What proving a copy found.
#[derive(Clone, Debug, Default)]
pub struct Proved {
    /// Its journals, with sizes and roots recomputed.
    pub journals: Vec<JournalLine>,
    /// Where rows and bytes differ.
    pub differences: Vec<String>,
    /// Generation of a hub's store.
    pub generation: Option<Generation>,
}

/// What a configuration says about where files lie.
#[derive(Clone, Debug)]
pub struct Configured {
    /// Files that it names.
    pub places: Vec<Place>,
    /// Where the store's file lies.
    pub store: PathBuf,
    /// The hub's key, where it is named there.
    pub hub_key: Option<VerifyingKey>,
}

/// What is different between a node and a hub.
pub trait Form: Clone + Send + Sync + 'static {
    /// Which of the two.
    const KIND: Kind;
    /// Name of the configuration in a backup.
    const CONFIG: &'static str;

    /// The steps of its schema beyond those of every store.
    fn steps(&self) -> &'static [Step];

    /// Writes the store, as it is at one moment, into the empty file `to`.
    fn copy(
        &self,
        database: &Database,
        hub: &PlatformId,
        to: &Path,
        told: Teller<'_>,
    ) -> impl Future<Output = Result<(), BackupError>> + Send;

    /// Recomputes every root of a copy, and holds all else in it against the bytes.
    fn prove(
        &self,
        copy: &Database,
        who: &Who,
    ) -> impl Future<Output = Result<Proved, BackupError>> + Send;

    /// Reads a configuration's text as if it lay at `path`.
    ///
    /// # Errors
    /// If it cannot be used.
    fn configured(&self, path: &Path, text: &str) -> Result<Configured, BackupError>;
}

impl Subject {
    /// By what keys its store is proved.
    pub fn who(&self) -> Who {
        Who {
            platform: self.platform.clone(),
            hub: self.hub.clone(),
            key: self.key.verifying(),
            hub_key: self.hub_key,
        }
    }
}

/// The latest step of a form's schema.
fn schema(form: &impl Form) -> i64 {
    let steps = crate::store::STEPS.iter().chain(form.steps());
    steps.map(|step| step.version).max().unwrap_or(0)
}
