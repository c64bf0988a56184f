//! A hub out of a backup. What the branches have received since is not in it: they know more than
//! the hub does, and it must not say something else under the same name. So it keeps its
//! generation, by which every Greet of a branch that knows more is noticed and refused
//! (`hub_rewound`), and nothing is written on top.
//!
//! A new generation would be wrong today: gates judge again what is sent again, a receipt for a
//! range of another size is not kept by a branch that has its first one, and so entries would stay
//! unanswered. It needs the mailboxes' tails back first (rule 17).

use std::path::{Path, PathBuf};

use sanheyi_node::backup::manifest::Manifest;
use sanheyi_node::backup::{BackupError, Filling, Grounds, Stage, Teller, open};
use sanheyi_node::process::config::{parse, resolve};
use sanheyi_node::process::folder::{self, FolderError};
use sanheyi_node::process::secret::read_secret;
use sanheyi_node::store::{Address, ChangeRow, Database, StoreError};

use super::OfHub;
use crate::config::{CheckedConfig, HubConfig, STORE};
use crate::moving::{Move, Moved};
use crate::store::{PRESENT, STEPS, restored_put};

/// What a restore of a hub is told.
pub struct HubGrounds {
    /// As for a node.
    pub grounds: Grounds,
    /// The empty database of a server that it is restored into; else a file in the data folder.
    pub store: Option<String>,
    /// File with the password of that server.
    pub password_file: Option<PathBuf>,
}

/// A hub that was restored.
#[derive(Clone, Debug)]
pub struct HubRestored {
    /// Its configuration.
    pub config: PathBuf,
    /// What was restored.
    pub manifest: Manifest,
    /// What the copy into a server came to.
    pub moved: Option<Moved>,
}

/// Restores a hub. Nothing runs yet.
///
/// # Errors
/// See [`BackupError`]; the folder is left empty then, and nothing is a store in the server.
pub async fn restore(hub: &HubGrounds, told: Teller<'_>) -> Result<HubRestored, BackupError> {
    let HubGrounds { grounds, store, password_file } = hub;
    let Grounds { file, identities, expected, folder, entropy, .. } = grounds;
    let filling = Filling::begin(folder)?;
    let into = filling.unpacked();
    let opened = Box::pin(open(&OfHub, file, identities, expected, &into, &mut *told)).await?;
    let lay = where_it_lay(Path::new(&opened.contents.config), &opened.config);
    if let Some(running) = still_runs_by(&lay, |server| server).await {
        return Err(BackupError::StillRuns(running));
    }
    note(grounds, &opened.store(), &opened.manifest, &lay).await?;
    let base = resolve(&folder.join("hub.toml"), Path::new(""));
    let (mut changes, mut more, mut moved) = (Vec::new(), String::new(), None);
    let configured: HubConfig = parse(&folder.join("hub.toml"), &opened.config)?;
    if let Some(text) = store {
        let to = address(text, &base, password_file.as_deref())?;
        let from = Address::File(opened.store());
        let moving = Move {
            from: &from,
            to: &to,
            hub: &opened.manifest.platform,
            hub_key: opened.who.key,
            entropy: entropy.as_ref(),
        };
        let done = moving.run(&mut |at| told(Stage::Copy, at.done, at.total)).await;
        let done = done.map_err(|error| BackupError::Moving(Box::new(error)))?;
        if !done.clean {
            return Err(BackupError::Differs(done.to.clone()));
        }
        moved = Some(done);
        std::fs::remove_file(opened.store()).map_err(BackupError::at(&opened.store()))?;
    }
    // Where the configuration says nothing about a store, it lies in the data folder.
    match (store.as_deref(), configured.store.address.is_some()) {
        (Some(text), true) => changes.push(("store.address", text)),
        (Some(text), false) => more = format!("\n[store]\naddress = \"{text}\"\n"),
        (None, true) => changes.push(("store.address", IN_DATA)),
        (None, false) => {}
    }
    let config = filling.finish(&OfHub, &opened, &changes, &more)?;
    Ok(HubRestored { config, manifest: opened.manifest, moved })
}

/// The store in the data folder, relative to the configuration.
const IN_DATA: &str = "data/hub.sqlite";

/// Writes into the restored store that it was.
async fn note(
    grounds: &Grounds,
    store: &Path,
    manifest: &Manifest,
    lay: &[String],
) -> Result<(), StoreError> {
    debug_assert!(IN_DATA.ends_with(STORE));
    let database = Database::open(store, STEPS).await?;
    let own = database.of(&manifest.platform);
    let (clock, entropy) = (grounds.clock.as_ref(), grounds.entropy.as_ref());
    let subject = manifest.platform.as_str();
    let detail = format!("{} {}", grounds.file.display(), manifest.time);
    let change =
        ChangeRow::done(clock, entropy, &grounds.by, "backup.restore", subject).with(detail);
    let noted = async {
        let mut tx = own.begin("restored_put").await?;
        restored_put(&mut tx, &own, &lay.join("\n")).await?;
        tx.change_add(&own, &change).await?;
        tx.commit().await
    };
    let noted = noted.await;
    database.close().await;
    noted
}

fn address(text: &str, base: &Path, password_file: Option<&Path>) -> Result<Address, BackupError> {
    let wrong = |error: String| BackupError::Moving(error.into());
    let address = Address::parse(text, base).map_err(|error| wrong(error.to_string()))?;
    let Some(file) = password_file else { return Ok(address) };
    let secret = read_secret(file)?;
    let text = std::str::from_utf8(&secret).map_err(|error| wrong(error.to_string()))?;
    Ok(address.with_password(text.trim()))
}

/// Where the hub lay that was backed up, by its configuration, which lay at `path`: its data
/// folder, and the address of its store where that is a server.
pub fn where_it_lay(path: &Path, config: &str) -> Vec<String> {
    let Ok(raw) = parse::<HubConfig>(path, config) else { return Vec::new() };
    let mut lay = vec![resolve(path, &raw.data).display().to_string()];
    lay.extend(raw.store.address.filter(|text| text.contains("://")));
    lay
}

/// Whether a hub runs where one lay: what can be seen of it from here, with the password that is
/// configured. A server that cannot be reached shows nothing.
pub async fn still_runs(lay: &[String], config: &CheckedConfig) -> Option<String> {
    still_runs_by(lay, |server| config.with_password(server)).await
}

async fn still_runs_by(lay: &[String], with: impl Fn(Address) -> Address) -> Option<String> {
    for place in lay {
        match Address::parse(place, Path::new("/")) {
            Ok(server @ Address::Server(_)) => {
                let server = with(server);
                let Ok(database) = Database::open_read_only(&server).await else {
                    tracing::warn!(%server, "it cannot be seen whether a hub runs on {server}");
                    continue;
                };
                let lease = database.lease(PRESENT).await;
                let runs = matches!(lease, Ok(None));
                if let Ok(Some(lease)) = lease {
                    lease.release().await;
                }
                database.close().await;
                if runs {
                    return Some(server.to_string());
                }
            }
            Ok(Address::File(path)) => {
                let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
                let folder = folder.filter(|folder| folder.join("lock").is_file());
                let locked = folder.map(folder::lock);
                if matches!(locked, Some(Err(FolderError::InUse { .. }))) {
                    return Some(path.display().to_string());
                }
            }
            Err(_) => {}
        }
    }
    None
}
