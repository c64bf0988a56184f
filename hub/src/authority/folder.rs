//! The folder of the authorities: the first one is `ca.pem` and `ca.key`, those that follow it have
//! numbers, `ca-2.pem` and `ca-2.key`. No file is ever written over or renamed; which authority
//! signs and which are trusted, the store says.

use std::fs;
use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::tls::subject::{authority_of_pem, key_digest};

use super::{Authority, AuthorityError, CERTIFICATE_FILE, KEY_FILE};

/// Most authorities that are looked for: one in ten years, and some that were begun and not used.
const MOST: u32 = 100;

/// The two files of an authority.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// An authority that lies in the folder.
#[derive(Clone, Debug)]
pub struct Found {
    /// SHA-256 of its public key.
    pub key: [u8; 32],
    /// Its certificate, in PEM.
    pub certificate: String,
    /// Where that lies.
    pub path: PathBuf,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whether its private key lies beside it: one that was moved offline does not sign.
    pub signs: bool,
    files: Files,
}

impl Files {
    pub(super) fn first(dir: &Path) -> Self {
        Self { certificate: dir.join(CERTIFICATE_FILE), key: dir.join(KEY_FILE) }
    }

    fn numbered(dir: &Path, number: u32) -> Self {
        if number == 1 {
            return Self::first(dir);
        }
        let name = |end: &str| dir.join(format!("ca-{number}.{end}"));
        Self { certificate: name("pem"), key: name("key") }
    }
}

/// The authorities of `hub` that lie in the folder, the first one first. What is no authority of
/// this hub is passed over.
pub fn found(dir: &Path, hub: &PlatformId) -> Vec<Found> {
    (1..=MOST).filter_map(|number| look(Files::numbered(dir, number), hub)).collect()
}

fn look(files: Files, hub: &PlatformId) -> Option<Found> {
    let certificate = fs::read_to_string(&files.certificate).ok()?;
    let subject = authority_of_pem(&certificate).ok().filter(|subject| subject.hub == *hub)?;
    Some(Found {
        key: key_digest(&subject.public_key),
        certificate,
        path: files.certificate.clone(),
        not_after: subject.not_after,
        signs: files.key.is_file(),
        files,
    })
}

/// Every file of an authority that lies in the folder, the first one's first.
pub(crate) fn files_of(dir: &Path) -> Vec<PathBuf> {
    let all = (1..=MOST).map(|number| Files::numbered(dir, number));
    let all = all.flat_map(|files| [files.certificate, files.key]);
    all.filter(|path| path.is_file()).collect()
}

/// Opens the authority with that key.
///
/// # Errors
/// [`AuthorityError::Offline`] if its files do not lie here; else as [`Authority::open`].
pub fn of_key(dir: &Path, hub: &PlatformId, key: &[u8; 32]) -> Result<Authority, AuthorityError> {
    let here = found(dir, hub).into_iter().find(|found| found.key == *key && found.signs);
    let Some(here) = here else { return Err(AuthorityError::Offline { dir: dir.to_owned() }) };
    Authority::open_at(&here.files)
}

/// Makes another authority under the next number that is free.
///
/// # Errors
/// If it cannot be written, or no number is free.
pub fn make_next(
    dir: &Path,
    hub: &PlatformId,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Authority, AuthorityError> {
    let free = (2..=MOST)
        .map(|number| Files::numbered(dir, number))
        .find(|files| !files.certificate.exists() && !files.key.exists());
    let full = || AuthorityError::Exists { path: dir.to_owned() };
    Authority::create_at(&free.ok_or_else(full)?, hub, now, entropy)
}
