//! The Unix socket: made for its owner only, and never taken from a process that still answers.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::net::{UnixListener, UnixStream};

/// Permissions of the socket.
const SOCKET_MODE: u32 = 0o600;

/// A listening socket; its file goes with it.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    pub(super) file: SocketFile,
}

/// The socket's file, removed when dropped.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Somebody listens there.
    #[error(
        "{path} 已有节点在运行，同一数据目录只能运行一个节点 / a node answers at {path} already: \
         one data folder has one node",
        path = path.display()
    )]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// Something else lies there.
    #[error(
        "{path} 不是套接字，请移走该文件 / {path} is not a socket: move that file away",
        path = path.display()
    )]
    Other {
        /// What lies there.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("无法建立套接字 {path} / cannot make the socket {path}", path = path.display())]
    Io {
        /// The socket or its folder.
        path: PathBuf,
        /// What the system says; a path of more than about 100 bytes is too long for a socket.
        #[source]
        source: io::Error,
    },
}

/// Whether a process answers at `path`.
pub async fn answers(path: &Path) -> bool {
    UnixStream::connect(path).await.is_ok()
}

/// Listens at `path`. What a dead process has left there is replaced.
///
/// # Errors
/// If somebody answers there, something else lies there, or the system refuses.
pub async fn listen(path: &Path) -> Result<Socket, SocketError> {
    let refused = |source| SocketError::Io { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
        Ok(facts) if !facts.file_type().is_socket() => {
            return Err(SocketError::Other { path: path.to_owned() });
        }
        Ok(_) if answers(path).await => return Err(SocketError::Taken { path: path.to_owned() }),
        Ok(_) => fs::remove_file(path).map_err(refused)?,
    }
    let listener = UnixListener::bind(path).map_err(refused)?;
    let file = SocketFile(path.to_owned());
    fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE)).map_err(refused)?;
    Ok(Socket { listener, file })
}

// === impl Socket ===

impl Socket {
    /// Where it listens.
    pub fn path(&self) -> &Path {
        &self.file.0
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Gone already is as good; anything else is found stale and replaced at the next start.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_for_its_owner_only_and_goes_with_its_listener() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        fs::create_dir(&folder).unwrap();
        let path = folder.join("intake.sock");
        let socket = listen(&path).await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(socket.path()), SOCKET_MODE);
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_that_answers_is_never_taken_and_a_dead_one_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("intake.sock");
        let living = listen(&path).await.unwrap();
        assert!(matches!(listen(&path).await, Err(SocketError::Taken { .. })));
        drop(living);

        // A listener of the standard library leaves its file behind, as a killed process does.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists() && !answers(&path).await);
        let socket = listen(&path).await.unwrap();
        assert!(answers(socket.path()).await);
    }

    #[tokio::test]
    async fn a_file_in_its_place_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("intake.sock");
        fs::write(&path, "somebody's").unwrap();
        assert!(matches!(listen(&path).await, Err(SocketError::Other { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
    }
}
