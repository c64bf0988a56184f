//! Encryption of backups: the format `age`, to public keys. Who holds none of the private keys,
//! this machine included, cannot read a backup; the public tool `age` opens them, too.
//!
//! The library draws the key of each file, and a new identity, from its own source: it accepts no
//! other.

use std::fmt;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor, x25519};

use super::BackupError;
use crate::process::secret::{SecretError, read_secret, write_secret};

/// The file that `init` makes, beside the configuration: it is to be moved off the machine.
pub const IDENTITY_FILE: &str = "backup.identity";

/// Who may open a backup: `age1…`.
#[derive(Clone)]
pub struct Recipient(x25519::Recipient);

/// What opens backups: the private keys in a file.
pub struct Identities(Vec<x25519::Identity>);

// === impl Recipient ===

impl Recipient {
    /// Reads `age1…`.
    ///
    /// # Errors
    /// [`BackupError::Recipient`] if it is none.
    pub fn parse(text: &str) -> Result<Self, BackupError> {
        text.trim().parse().map(Self).map_err(|_| BackupError::Recipient(text.to_owned()))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// === impl Identities ===

impl Identities {
    /// Reads a file as `age-keygen` writes it, which only its owner may read.
    ///
    /// # Errors
    /// If it cannot be read, others may read it, or it holds no identity.
    pub fn read(path: &Path) -> Result<Self, BackupError> {
        let bytes = read_secret(path)?;
        let none = || BackupError::Identity(path.to_owned());
        let text = std::str::from_utf8(&bytes).map_err(|_| none())?;
        let keys: Result<Vec<x25519::Identity>, _> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::parse)
            .collect();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err(none()),
        }
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identities").field(&self.0.len()).finish()
    }
}

/// Makes the first identity of a machine beside its configuration, with mode 600, and answers who
/// it is: what belongs into `[backup] recipients`. One that is there already stays.
///
/// # Errors
/// If it cannot be written or read.
pub fn first_keys(folder: &Path) -> Result<Recipient, BackupError> {
    let path = folder.join(IDENTITY_FILE);
    let fresh = x25519::Identity::generate();
    let public = fresh.to_public();
    let secret = fresh.to_string();
    let text = format!(
        "# 备份私钥：请移出本机，离线妥善保管；没有它，备份无法恢复\n\
         # The private key of backups: MOVE IT OFF THIS MACHINE; without it no backup can be restored\n\
         # public key: {public}\n{}\n",
        secret.expose_secret()
    );
    match write_secret(&path, text.as_bytes()) {
        Ok(()) => Ok(Recipient(public)),
        Err(SecretError::Exists { .. }) => {
            let there = Identities::read(&path)?;
            let first = there.0.first().ok_or_else(|| BackupError::Identity(path))?;
            Ok(Recipient(first.to_public()))
        }
        Err(error) => Err(error.into()),
    }
}

/// What `init` and `enrol` say about the identity that they made.
pub fn first_words(folder: &Path) -> String {
    let path: PathBuf = folder.join(IDENTITY_FILE);
    format!(
        "【重要】备份私钥 {0}：请立即移到本机之外（两份，离线保管），再从本机删除。本机只需公钥即可备份；丢了私钥，所有备份都打不开。\n\
         IMPORTANT: {0} opens your backups. MOVE IT OFF THIS MACHINE NOW (two copies, offline), then delete it here. \
         This machine needs only the public key; without the private one no backup can ever be opened.\n",
        path.display()
    )
}

/// Begins to encrypt into `out`. Whoever writes must call `finish`.
///
/// # Errors
/// [`BackupError::NoRecipients`]; of `out`.
pub(super) fn sealed<W: Write>(
    recipients: &[Recipient],
    out: W,
    path: &Path,
) -> Result<StreamWriter<W>, BackupError> {
    let keys = recipients.iter().map(|one| &one.0 as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(keys).map_err(|_| BackupError::NoRecipients)?;
    encryptor.wrap_output(out).map_err(BackupError::at(path))
}

/// Begins to decrypt `input`, the file at `path`.
///
/// # Errors
/// [`BackupError::WrongIdentity`] if it was made for others, [`BackupError::Damaged`] if it is not
/// such a file.
pub(super) fn opened<R: BufRead>(
    identities: &Identities,
    input: R,
    path: &Path,
) -> Result<StreamReader<R>, BackupError> {
    let damaged = |error: DecryptError| match error {
        DecryptError::NoMatchingKeys => BackupError::WrongIdentity(path.to_owned()),
        DecryptError::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            BackupError::Io { path: path.to_owned(), source }
        }
        error => BackupError::Damaged { path: path.to_owned(), problem: error.to_string() },
    };
    let keys = identities.0.iter().map(|one| one as &dyn age::Identity);
    Decryptor::new_buffered(input).and_then(|file| file.decrypt(keys)).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_identity_is_for_its_owner_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let first = first_keys(dir.path()).unwrap();
        let path = dir.path().join(IDENTITY_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(first.to_string().starts_with("age1"), "{first}");
        let again = first_keys(dir.path()).unwrap();
        assert_eq!(again.to_string(), first.to_string(), "the one that is there stays");
        assert!(first_words(dir.path()).contains("MOVE IT OFF THIS MACHINE"));
    }

    #[test]
    fn what_is_sealed_opens_by_its_identity_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, theirs) = (dir.path().join("mine"), dir.path().join("theirs"));
        std::fs::create_dir(&mine).unwrap();
        std::fs::create_dir(&theirs).unwrap();
        let to = first_keys(&mine).unwrap();
        first_keys(&theirs).unwrap();
        let place = Path::new("x.sanheyi-backup");
        let mut out = sealed(&[to], Vec::new(), place).unwrap();
        out.write_all(b"deep").unwrap();
        let bytes = out.finish().unwrap();
        // The public format: any tool of `age` knows it by its first line.
        assert!(bytes.starts_with(b"age-encryption.org/v1\n-> X25519 "));
        let open = |who: &Path, bytes: &[u8]| {
            let identities = Identities::read(&who.join(IDENTITY_FILE)).unwrap();
            opened(&identities, bytes, place).and_then(|mut reader| {
                let mut text = String::new();
                reader.read_to_string(&mut text).map_err(BackupError::at(place))?;
                Ok(text)
            })
        };
        assert_eq!(open(&mine, &bytes).unwrap(), "deep");
        assert!(matches!(open(&theirs, &bytes), Err(BackupError::WrongIdentity(_))));
        assert!(open(&mine, b"no backup at all\n").unwrap_err().to_string().contains("no backup"));
    }

    #[test]
    fn no_recipient_means_no_backup_and_a_wrong_one_is_named() {
        let refused = sealed(&[], Vec::new(), Path::new("x")).err().unwrap();
        assert!(refused.to_string().contains("recipients ="), "{refused}");
        let wrong = Recipient::parse("age1nobody").unwrap_err();
        assert!(wrong.to_string().contains("age1nobody"), "{wrong}");
    }
}
