//! Opening a backup and believing it: the platform's signature, every digest, every root of every
//! journal. What does not hold is named, and nothing of it is used.

use std::fs;
use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};

use super::archive::{LIST_BYTES, unpack};
use super::layout::CONFIG_FOLDER;
use super::make::{CONTENTS_FILE, MANIFEST_FILE, STORE_FILE};
use super::manifest::{Contents, Manifest};
use super::{BackupError, Form, Identities, Proved, Stage, Teller, Who, schema};
use crate::process::folder;
use crate::process::secret::read_seed;
use crate::store::Database;

/// Where the platform's key lies in every backup.
const SIGNING: &str = "signing.key";

/// Whose backup is expected.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The platform; any, if it is not said.
    pub platform: Option<PlatformId>,
    /// Its key; the one in the backup, if it is not said.
    pub key: Option<VerifyingKey>,
}

/// A backup that was opened and holds. Its files lie in a folder, under their names in the backup.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The folder.
    pub folder: PathBuf,
    /// What its platform signed.
    pub manifest: Manifest,
    /// What it holds.
    pub contents: Contents,
    /// Whose it is.
    pub who: Who,
    /// The text of its configuration.
    pub config: String,
}

impl Opened {
    /// Its store.
    pub fn store(&self) -> PathBuf {
        self.folder.join(STORE_FILE)
    }
}

/// Opens a backup into a folder that does not exist or is empty, and holds everything in it against
/// what its platform has signed. The schema of the store in it is brought up to date.
///
/// # Errors
/// With the first thing that does not hold; what was unpacked is for the caller to remove.
pub async fn open<F: Form>(
    form: &F,
    file: &Path,
    identities: &Identities,
    expected: &Expected,
    into: &Path,
    told: Teller<'_>,
) -> Result<Opened, BackupError> {
    folder::private(into)?;
    let mut files = unpack(file, identities, into, told)?;
    let note = text(&into.join(MANIFEST_FILE))?;
    let manifest = Manifest::parse(&note)?;
    of_whom::<F>(&manifest, expected)?;
    let seed = read_seed(&into.join(CONFIG_FOLDER).join(SIGNING))?;
    let key = SigningKey::from_seed(&seed).verifying();
    if let Some(due) = expected.key.filter(|due| *due != key) {
        return Err(BackupError::Foreign { due: due.to_string(), is: key.to_string() });
    }
    manifest.verify(&note, &key)?;
    if manifest.schema > schema(form) {
        return Err(BackupError::Newer(manifest.schema));
    }
    let list = text(&into.join(CONTENTS_FILE))?;
    let mut hash = Hasher::default();
    hash.update(list.as_bytes());
    if hash.finish() != manifest.contents || list.len() as u64 != manifest.contents_bytes {
        return Err(BackupError::Manifest(CONTENTS_FILE.to_owned()));
    }
    let contents = Contents::parse(&list)?;
    files.retain(|file| file.name != CONTENTS_FILE && file.name != MANIFEST_FILE);
    if let Some(wrong) = differing(&files, &contents.files) {
        return Err(BackupError::Manifest(wrong));
    }
    let config = text(&into.join(CONFIG_FOLDER).join(F::CONFIG))?;
    let hub_key = form.configured(&into.join(F::CONFIG), &config)?.hub_key.unwrap_or(key);
    let (platform, hub) = (manifest.platform.clone(), manifest.hub.clone());
    let who = Who { platform, hub, key, hub_key };
    told(Stage::Prove, 0, 0);
    let database = Database::open(&into.join(STORE_FILE), form.steps()).await?;
    let proved = form.prove(&database, &who).await;
    database.close().await;
    hold(&manifest, &contents, &proved?)?;
    Ok(Opened { folder: into.to_owned(), manifest, contents, who, config })
}

fn of_whom<F: Form>(manifest: &Manifest, expected: &Expected) -> Result<(), BackupError> {
    let is = format!("{} {}", manifest.kind.as_str(), manifest.platform);
    let due = match &expected.platform {
        Some(platform) => format!("{} {platform}", F::KIND.as_str()),
        None => format!("{} {}", F::KIND.as_str(), manifest.platform),
    };
    if is == due { Ok(()) } else { Err(BackupError::Foreign { due, is }) }
}

fn text(path: &Path) -> Result<String, BackupError> {
    let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match fs::metadata(path) {
        Ok(facts) if facts.len() <= LIST_BYTES => {}
        // A backup without its manifest was not made by us, or was cut off.
        _ => return Err(BackupError::Manifest(name())),
    }
    fs::read_to_string(path).map_err(BackupError::at(path))
}

/// The first file that is not what the list says, or that only one of the two has.
fn differing(
    found: &[super::manifest::FileLine],
    due: &[super::manifest::FileLine],
) -> Option<String> {
    let wrong = found.iter().zip(due).find(|(found, due)| found != due);
    if let Some((found, _)) = wrong {
        return Some(found.name.clone());
    }
    let rest = found.get(due.len()).or_else(|| due.get(found.len()));
    rest.map(|file| file.name.clone())
}

/// The roots that were recomputed are those that were signed.
fn hold(manifest: &Manifest, contents: &Contents, proved: &Proved) -> Result<(), BackupError> {
    if let Some(first) = proved.differences.first() {
        return Err(BackupError::Differs(first.clone()));
    }
    let counts = (contents.journals.len() as u64, contents.entries(), proved.journals.len() as u64);
    if counts != (manifest.journals, manifest.entries, manifest.journals) {
        return Err(BackupError::Manifest("journals".to_owned()));
    }
    for due in &contents.journals {
        let is = proved
            .journals
            .iter()
            .find(|is| is.platform == due.platform && is.journal == due.journal);
        if is.is_none_or(|is| is.size != due.size || is.root != due.root) {
            return Err(BackupError::Manifest(due.journal.to_string()));
        }
    }
    Ok(())
}
