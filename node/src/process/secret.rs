//! Secrets on disk: private keys and enrolment tokens.
//!
//! A secret that others on the machine may read is refused, not warned about: the fix is one
//! command, and the error says which. A secret is written whole or not at all and never over
//! another, because an overwritten key cannot come back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
pub use zeroize::Zeroizing;

/// Largest secret, in bytes: an RSA key in PEM takes 4 KiB; a path to a wrong file is noticed, not
/// loaded.
pub const SECRET_BYTES: u64 = 64 * 1024;

/// Permissions of a secret: its owner reads and writes, nobody else anything.
const OWNER_ONLY: u32 = 0o600;

/// Why a secret cannot be read or written.
#[derive(Debug, Error)]
pub enum SecretError {
    /// No such file, or not ours to open.
    #[error("无法读取密钥文件 / cannot read the secret {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Others may read it.
    #[error(
        "密钥文件 {path} 的权限为 {mode:o}，同组或其他用户可以读取，请执行 chmod 600 {path} / \
         the secret {path} has mode {mode:o}: group or others may read it; run: chmod 600 {path}",
        path = path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Larger than [`SECRET_BYTES`].
    #[error(
        "{path} 大于 {SECRET_BYTES} 字节，不像密钥文件，请核对路径 / \
         {path} is larger than {SECRET_BYTES} bytes and so hardly a secret: check the path",
        path = path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// There is one already.
    #[error(
        "{path} 已存在，不会覆盖密钥；确需更换请先移走原文件 / \
         {path} exists and a secret is never overwritten: move the old one away first",
        path = path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Not a seed of 32 bytes.
    #[error(
        "{path} 应为 64 位十六进制（32 字节种子），请核对该文件 / \
         {path} must hold 64 hex digits, a seed of 32 bytes: check that it is the right file",
        path = path.display()
    )]
    Shape {
        /// The file.
        path: PathBuf,
    },
    /// The disk refuses.
    #[error("无法写入密钥文件 / cannot write the secret {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Reads a secret that only its owner may read; it is wiped from memory when dropped.
///
/// # Errors
/// If it cannot be read, is exposed to group or others, or is too large.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, not of the path: the two could differ between two calls.
    let facts = file.metadata().map_err(unreadable)?;
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Exposed { path: path.to_owned(), mode });
    }
    if facts.len() > SECRET_BYTES {
        return Err(SecretError::TooLarge { path: path.to_owned() });
    }
    // The whole size at once: a growing vector would leave unwiped copies behind.
    let size = usize::try_from(facts.len()).unwrap_or(0);
    let mut bytes = Zeroizing::new(vec![0; size]);
    file.read_exact(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Reads a seed of 32 bytes that is written as 64 hex digits, as [`write_seed`] writes it.
///
/// # Errors
/// As [`read_secret`], or if it is no seed.
pub fn read_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, SecretError> {
    let text = read_secret(path)?;
    let digits = text.trim_ascii();
    let mut seed = Zeroizing::new([0; 32]);
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let whole = digits.len() == 64;
    for (byte, pair) in seed.iter_mut().zip(digits.chunks_exact(2)) {
        let read = nibble(pair[0]).zip(nibble(pair[1])).filter(|_| whole);
        let Some((high, low)) = read else {
            return Err(SecretError::Shape { path: path.to_owned() });
        };
        *byte = high << 4 | low;
    }
    if whole { Ok(seed) } else { Err(SecretError::Shape { path: path.to_owned() }) }
}

/// Writes a new seed as 64 hex digits and a line's end, as [`write_secret`] does.
///
/// # Errors
/// As [`write_secret`].
pub fn write_seed(path: &Path, seed: &[u8; 32]) -> Result<(), SecretError> {
    let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
    let mut text = Zeroizing::new(Vec::with_capacity(65));
    for byte in seed {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text.push(b'\n');
    write_secret(path, &text)
}

/// Writes a new secret with mode 0600, durably, whole or not at all.
///
/// # Errors
/// If `path` exists, or the disk refuses.
pub fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), SecretError> {
    let unwritable = |source| SecretError::Unwritable { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path
        .file_name()
        .ok_or_else(|| unwritable(io::Error::from(io::ErrorKind::InvalidFilename)))?;
    // The process id keeps two processes apart that write the same secret; `hard_link` decides
    // which of them wins.
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(format!(".{}.part", std::process::id()));
    let part = folder.join(part);

    let written = write_whole(&part, bytes);
    // A link fails if the name is taken; a rename would replace what is there.
    let linked = written.and_then(|()| fs::hard_link(&part, path));
    let removed = fs::remove_file(&part);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.exists() => {
            return Err(SecretError::Exists { path: path.to_owned() });
        }
        Err(error) => return Err(unwritable(error)),
    }
    removed.map_err(unwritable)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_written_for_its_owner_only_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        write_secret(&path, b"deep").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_secret(&path).unwrap().as_slice(), b"deep");
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "no part is left: {names:?}");
    }

    #[test]
    fn a_seed_survives_its_digits_and_nothing_else_passes_for_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signing.key");
        let seed: [u8; 32] = std::array::from_fn(|i| u8::try_from(i * 8).unwrap());
        write_seed(&path, &seed).unwrap();
        assert_eq!(*read_seed(&path).unwrap(), seed);
        assert!(fs::read_to_string(&path).unwrap().ends_with("f8\n"));
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(65), &"0".repeat(63), &"+1".repeat(32)] {
            fs::write(&path, bad).unwrap();
            assert!(matches!(read_seed(&path), Err(SecretError::Shape { .. })), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        write_secret(&path, b"first").unwrap();
        let refused = write_secret(&path, b"second").unwrap_err();
        assert!(matches!(refused, SecretError::Exists { .. }), "{refused}");
        assert_eq!(read_secret(&path).unwrap().as_slice(), b"first");
    }

    #[test]
    fn an_exposed_secret_is_refused_with_the_command_that_helps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        write_secret(&path, b"deep").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o777] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = read_secret(&path).unwrap_err().to_string();
            assert!(refused.contains(&format!("chmod 600 {}", path.display())), "{refused}");
            assert!(refused.contains(&format!("{mode:o}")), "{refused}");
        }
    }

    #[test]
    fn a_missing_or_huge_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none.key");
        assert!(read_secret(&path).unwrap_err().to_string().contains("none.key"));
        write_secret(&path, &vec![0; 64 * 1024 + 1]).unwrap();
        assert!(matches!(read_secret(&path), Err(SecretError::TooLarge { .. })));
    }
}
