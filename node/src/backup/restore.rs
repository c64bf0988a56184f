//! Restoring into an empty folder. The configuration is written last: a folder without one was not
//! restored, and nothing runs on it.
//!
//! A restored node draws an epoch of its own. The machine that was backed up may run on somewhere;
//! by their epochs the two are told apart, and the hub's operator says which of them goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::ids::EpochId;

use super::layout::{CONFIG_FOLDER, DATA_FOLDER, relocated};
use super::make::STORE_FILE;
use super::manifest::{JournalLine, Manifest};
use super::open::{Expected, Opened, open};
use super::{BackupError, Form, Identities, OfNode, Teller};
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::process::folder;
use crate::process::secret::write_secret;
use crate::store::{ChangeRow, Database, GreetingRow, Store, StoreError};

/// Where a backup is unpacked, inside the folder that it is restored into.
const UNPACKED: &str = ".restoring";

/// What a restore is told.
pub struct Grounds {
    /// The backup.
    pub file: PathBuf,
    /// What opens it.
    pub identities: Identities,
    /// Whose it must be.
    pub expected: Expected,
    /// A folder that does not exist or is empty.
    pub folder: PathBuf,
    /// Who does it, for the audit.
    pub by: String,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// A node that was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Its configuration.
    pub config: PathBuf,
    /// What was restored.
    pub manifest: Manifest,
    /// The epoch that was drawn: by it the hub's operator lets this machine go on.
    pub epoch: EpochId,
    /// Its own journals, as they were backed up.
    pub own: Vec<JournalLine>,
}

/// A folder that is being filled: emptied again, unless it was finished.
pub struct Filling {
    folder: PathBuf,
    finished: bool,
}

impl Filling {
    /// Begins to fill an empty folder, which only its owner may enter.
    ///
    /// # Errors
    /// [`BackupError::NotEmpty`], or if the system refuses.
    pub fn begin(folder: &Path) -> Result<Self, BackupError> {
        folder::private(folder)?;
        if fs::read_dir(folder).map_err(BackupError::at(folder))?.next().is_some() {
            return Err(BackupError::NotEmpty(folder.to_owned()));
        }
        Ok(Self { folder: folder.to_owned(), finished: false })
    }

    /// Where the backup is unpacked.
    pub fn unpacked(&self) -> PathBuf {
        self.folder.join(UNPACKED)
    }

    /// Puts every file of a backup where it belongs, and the configuration, changed by `changes`
    /// and followed by `more`, last. Answers where the configuration lies.
    ///
    /// # Errors
    /// If the configuration cannot be pointed there, or the disk refuses; the folder is emptied.
    pub fn finish<F: Form>(
        mut self,
        form: &F,
        opened: &Opened,
        changes: &[(&str, &str)],
        more: &str,
    ) -> Result<PathBuf, BackupError> {
        let config = self.folder.join(F::CONFIG);
        let before = form.configured(&config, &opened.config)?;
        let mut all: Vec<_> = before.places.iter().map(|place| (place.key, &*place.name)).collect();
        all.extend(changes);
        let text = format!("{}{more}", relocated(&opened.config, &all)?);
        let there = form.configured(&config, &text)?;
        for place in &there.places {
            if place.path != self.folder.join(&*place.name) {
                return Err(BackupError::Relocate { key: place.key.to_owned() });
            }
        }
        for file in &opened.contents.files {
            let (mut parts, from) = (file.name.splitn(2, '/'), opened.folder.join(&file.name));
            let to = match (parts.next(), parts.next()) {
                // One that went into a server lies there.
                (Some(STORE_FILE), None) if !from.exists() => continue,
                (Some(STORE_FILE), None) => there.store.clone(),
                (Some(CONFIG_FOLDER), Some(name)) if name != F::CONFIG => self.folder.join(name),
                (Some(DATA_FOLDER), Some(_)) => self.folder.join(&file.name),
                _ => continue,
            };
            if let Some(parent) = to.parent() {
                folder::private(parent)?;
            }
            fs::rename(&from, &to).map_err(BackupError::at(&to))?;
        }
        fs::remove_dir_all(self.unpacked()).map_err(BackupError::at(&self.folder))?;
        write_secret(&config, text.as_bytes())?;
        self.finished = true;
        Ok(config)
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // It was empty: whatever stands in it came out of the backup. What cannot be removed is
        // found by whoever tries again.
        for item in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = item.path();
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

/// Restores a node.
///
/// # Errors
/// See [`BackupError`]; the folder is left empty.
pub async fn settle(grounds: &Grounds, told: Teller<'_>) -> Result<Restored, BackupError> {
    let Grounds { file, identities, expected, folder, by, clock, entropy } = grounds;
    let filling = Filling::begin(folder)?;
    let into = filling.unpacked();
    let opened = Box::pin(open(&OfNode, file, identities, expected, &into, told)).await?;
    let platform = &opened.manifest.platform;
    let database = Database::open(&opened.store(), &[]).await?;
    let store = database.of(platform);
    let epoch = entropy.epoch();
    let detail = format!("{} {}", file.display(), opened.manifest.time);
    let (time, chance) = (clock.as_ref(), entropy.as_ref());
    let mut change = ChangeRow::done(time, chance, by, "backup.restore", platform.as_str());
    change.detail = detail;
    let settled = async {
        settled_epoch(&store, epoch).await?;
        let mut tx = store.begin("change_add").await?;
        tx.change_add(&store, &change).await?;
        tx.commit().await
    }
    .await;
    database.close().await;
    settled?;
    let config = filling.finish(&OfNode, &opened, &[], "")?;
    let own = opened.contents.journals.iter().filter(|line| line.journal.author == *platform);
    let own = own.cloned().collect();
    Ok(Restored { config, manifest: opened.manifest, epoch, own })
}

/// Gives every own journal an epoch that nobody else holds. One that was never answered keeps the
/// zero id, too: its hub may not know of it.
///
/// # Errors
/// Of the database.
pub async fn settled_epoch(store: &Store, epoch: EpochId) -> Result<(), StoreError> {
    let rows = store.journal_list().await?;
    let own = rows.iter().filter(|row| row.home && row.head.journal.author == *store.platform());
    let mut tx = store.begin("epoch_restored").await?;
    for row in own {
        let before = tx.greeting_get(store, row.number).await?;
        let mut holds = vec![epoch];
        if before.grant.is_empty() {
            holds.push(EpochId::ZERO);
        }
        tx.greeting_put(store, row.number, &GreetingRow { holds, ..before }).await?;
    }
    tx.commit().await
}
