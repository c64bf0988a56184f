//! The data folder of a process: closed to other users, and written by one process at a time.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Mode of a data folder: its owner's only, for it holds personal data.
pub const FOLDER_MODE: u32 = 0o700;
/// The file that is locked by whoever writes the folder.
const LOCK: &str = "lock";

/// Why a data folder cannot be used.
#[derive(Debug, Error)]
pub enum FolderError {
    /// Another process writes it.
    #[error(
        "数据目录 {path} 正被另一个进程使用 / another process writes the data folder {path}",
        path = path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("无法使用数据目录 {path} / the data folder {path} cannot be used", path = path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// Makes a folder that only its owner may enter; one that is there stays as it is.
///
/// # Errors
/// If the system refuses.
pub fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Makes a folder that only its owner may enter; one that is there is closed to others.
///
/// # Errors
/// If the system refuses.
pub fn private(path: &Path) -> Result<(), FolderError> {
    let refused = |source| FolderError::Io { path: path.to_owned(), source };
    make(path).map_err(refused)?;
    let mode = fs::metadata(path).map_err(refused)?.permissions().mode();
    if mode & 0o077 != 0 {
        let folder = path.display();
        tracing::warn!(%folder, "closing {folder} to other users: it was open to them");
        fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE)).map_err(refused)?;
    }
    Ok(())
}

/// Locks a folder for as long as the answer lives: two processes that write one store would race
/// each other at every append.
///
/// # Errors
/// [`FolderError::InUse`] if another process has it.
pub fn lock(folder: &Path) -> Result<File, FolderError> {
    let refused = |source| FolderError::Io { path: folder.to_owned(), source };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::InUse { path: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(refused(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_its_owner_and_one_process() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        private(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, FOLDER_MODE);
        let held = lock(&folder).unwrap();
        assert!(matches!(lock(&folder), Err(FolderError::InUse { .. })));
        drop(held);
        lock(&folder).unwrap();
    }
}
