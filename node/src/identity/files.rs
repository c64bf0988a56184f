//! The files of an identity, written so that a crash at any point leaves a pair that works.
//!
//! ```text
//! <data>/identity/
//!   <serial>/certificate.pem, key.pem   one folder for each pair, written before it counts
//!   current                             which folder counts: serial, digest of what it followed
//!   trust-<digest>.pem                  authorities learned, under the digest of what they follow
//! ```
//!
//! A pair counts from one rename on, that of `current`. Before it the folder is rubbish that the
//! next renewal takes away, after it the old folder is. The digests are of the configured files: if
//! an operator has replaced one since, the configured file counts again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::TlsFiles;
use crate::process::folder::{self, FolderError};
use crate::process::secret::{SecretError, write_secret};
use crate::process::tls::subject::{Subject, trust_digest};
use crate::process::tls::{Identity, TlsError, Trust};

/// The folder of renewed identities in the data folder.
pub const FOLDER: &str = "identity";
/// Which pair counts.
const CURRENT: &str = "current";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Where an identity lies: what is configured, and what came later.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
    configured: TlsFiles,
}

/// An identity as it was read.
#[derive(Debug)]
pub struct Held {
    /// Certificate and key.
    pub identity: Identity,
    /// What the certificate says.
    pub subject: Subject,
    /// The authorities that are trusted.
    pub trust: Trust,
    /// SHA-256 of the file of authorities.
    pub trusts: [u8; 32],
    /// Where the certificate lies.
    pub certificate: PathBuf,
}

/// Why an identity could not be kept.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The key.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What was given cannot be used, so it does not count.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The disk refuses.
    #[error("无法写入 {path} / cannot write {path}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Called before each thing that is written: a test ends the process there.
type Guard<'a> = &'a mut dyn FnMut() -> io::Result<()>;

fn go_on() -> io::Result<()> {
    Ok(())
}

// === impl Files ===

impl Files {
    /// Those of a process with that data folder.
    pub fn new(data: &Path, configured: TlsFiles) -> Self {
        Self { folder: data.join(FOLDER), configured }
    }

    /// The folder of what came later.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that count now: certificate and key of one pair, and the authorities.
    pub fn now(&self) -> TlsFiles {
        let (certificate, key) = self
            .renewed()
            .unwrap_or_else(|| (self.configured.certificate.clone(), self.configured.key.clone()));
        let learned = self.learned().filter(|path| Trust::load(path).is_ok());
        let ca = learned.unwrap_or_else(|| self.configured.ca.clone());
        TlsFiles { ca, certificate, key }
    }

    /// Reads what counts now.
    ///
    /// # Errors
    /// If a file cannot be read or used.
    pub fn load(&self) -> Result<Held, TlsError> {
        let TlsFiles { ca, certificate, key } = self.now();
        let identity = Identity::load(&certificate, &key)?;
        let subject = identity.subject()?;
        let trust = Trust::load(&ca)?;
        let trusts = digest_of(&ca).unwrap_or_default();
        Ok(Held { identity, subject, trust, trusts, certificate })
    }

    /// Something that is another when a file that counts was replaced.
    pub fn stamp(&self) -> Vec<Option<[u8; 32]>> {
        let TlsFiles { ca, certificate, key } = self.now();
        [&ca, &certificate, &key].map(|path| digest_of(path)).to_vec()
    }

    /// The pair that was renewed, if it follows the configured certificate and can be used.
    fn renewed(&self) -> Option<(PathBuf, PathBuf)> {
        let said = fs::read_to_string(self.folder.join(CURRENT)).ok()?;
        let (serial, followed) = said.trim().split_once(' ')?;
        let configured = digest_of(&self.configured.certificate)?;
        let plain = serial.bytes().all(|c| c.is_ascii_hexdigit());
        if !plain || serial.is_empty() || followed != hex(&configured) {
            return None;
        }
        let pair = self.folder.join(serial);
        let (certificate, key) = (pair.join(CERTIFICATE), pair.join(KEY));
        match Identity::load(&certificate, &key).and_then(|pair| pair.check().map(drop)) {
            Ok(()) => Some((certificate, key)),
            Err(error) => {
                tracing::error!(%error, "the renewed certificate cannot be used: the configured one is");
                None
            }
        }
    }

    /// The authorities that were learned, if they follow the configured file.
    fn learned(&self) -> Option<PathBuf> {
        let path = self.folder.join(trust_name(&digest_of(&self.configured.ca)?));
        path.is_file().then_some(path)
    }

    /// Keeps a renewed pair: from the answer on it counts, and a crash before leaves the old one.
    ///
    /// # Errors
    /// If the pair cannot be used, or the disk refuses: then the old one counts.
    pub fn keep_pair(&self, chain_pem: &str, key_pem: &str) -> Result<Subject, FilesError> {
        self.pair_guarded(chain_pem, key_pem, &mut go_on)
    }

    fn pair_guarded(
        &self,
        chain_pem: &str,
        key_pem: &str,
        guard: Guard<'_>,
    ) -> Result<Subject, FilesError> {
        let identity = Identity::from_pem(chain_pem, key_pem)?;
        identity.check()?;
        let subject = identity.subject()?;
        let before = self.renewed();
        let followed = digest_of(&self.configured.certificate).unwrap_or_default();
        let pair = self.folder.join(&subject.serial);
        let mut guarded = |path: &Path| {
            guard().map_err(|source| FilesError::Io { path: path.to_owned(), source })
        };
        guarded(&pair)?;
        folder::private(&self.folder)?;
        folder::private(&pair)?;
        guarded(&pair.join(KEY))?;
        match write_secret(&pair.join(KEY), key_pem.as_bytes()) {
            // The same pair once more, after a crash.
            Err(SecretError::Exists { .. }) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        guarded(&pair.join(CERTIFICATE))?;
        replace(&pair.join(CERTIFICATE), chain_pem.as_bytes())?;
        guarded(&self.folder.join(CURRENT))?;
        let said = format!("{} {}\n", subject.serial, hex(&followed));
        replace(&self.folder.join(CURRENT), said.as_bytes())?;
        guarded(&self.folder)?;
        let kept = before.and_then(|(certificate, _)| certificate.parent().map(Path::to_owned));
        self.sweep(&[Some(pair), kept]);
        Ok(subject)
    }

    /// Keeps the authorities that shall be trusted from now on.
    ///
    /// # Errors
    /// If they cannot be used, or the disk refuses: then the old ones count.
    pub fn keep_trust(&self, authorities_pem: &str) -> Result<(), FilesError> {
        Trust::from_pem(authorities_pem)?;
        folder::private(&self.folder)?;
        let followed = digest_of(&self.configured.ca).unwrap_or_default();
        replace(&self.folder.join(trust_name(&followed)), authorities_pem.as_bytes())
    }

    /// Takes away the folders of pairs that do not count any more, but for the one before this:
    /// whoever restores yesterday's pointer finds what it points to.
    fn sweep(&self, kept: &[Option<PathBuf>]) {
        let Ok(items) = fs::read_dir(&self.folder) else { return };
        for path in items.flatten().map(|item| item.path()) {
            if path.is_dir() && !kept.iter().flatten().any(|kept| *kept == path) {
                // What stays is taken away the next time.
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

fn trust_name(followed: &[u8; 32]) -> String {
    format!("trust-{}.pem", hex(followed))
}

fn digest_of(path: &Path) -> Option<[u8; 32]> {
    fs::read(path).ok().map(|bytes| trust_digest(&bytes))
}

fn hex(digest: &[u8; 32]) -> String {
    // Half of it tells files apart, and a name stays readable.
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file whole or not at all, over the one that is there.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), FilesError> {
    let failed = |source| FilesError::Io { path: path.to_owned(), source };
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let written = || {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    written().map_err(failed)
}

#[cfg(test)]
mod tests;
