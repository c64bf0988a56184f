//! A server's folder: whose it is, and what becomes of those whose owner was killed.
//!
//! A folder bears the number of the process that made it, and that process holds a lock on it. The
//! lock goes with the process, however it ends. So the next start can tell a folder that is left
//! over, stop the server in it, and remove it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::blocking;
use crate::patience::until;

/// How the names of our folders begin.
const PREFIX: &str = "sanheyi-pg-";
/// A socket's path is at most so long.
const SOCKET_PATH_BYTES: usize = 107;
/// What is still to come after the temporary folder's path, at its longest.
const LONGEST_REST: &str = "/sanheyi-pg-4294967295-XXXXXX/.s.PGSQL.65535";
/// Where temporary folders are short.
const SHORT: &str = "/tmp";

/// The user and group that may do nothing. PostgreSQL refuses to run as the superuser.
const NOBODY: u32 = 65_534;
const SUPERUSER: u32 = 0;

/// A folder for one server; removed when dropped.
pub(super) struct Folder {
    home: TempDir,
    user: u32,
    // The lock: only held, see above.
    _held: File,
}

impl Folder {
    /// A folder of the process `owner`. What dead processes have left is cleaned up before.
    pub(super) fn new(owner: u32) -> Self {
        let root = root();
        let name = format!("{PREFIX}{owner}-");
        let home = tempfile::Builder::new()
            .prefix(&name)
            // Whoever can enter can log in.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&root)
            .expect("a folder");
        let lock = File::open(home.path()).expect("our folder");
        lock.try_lock().expect("nobody locks our folder");
        let user = home.path().metadata().expect("our folder").uid();
        let folder = Self { home, user, _held: lock };
        folder.give(folder.path());
        sweep(&root, user);
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.home.path()
    }

    /// Gives a file of this folder to the server's user.
    pub(super) fn give(&self, path: &Path) {
        if self.user == SUPERUSER {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("the superuser may give away");
        }
    }

    /// Lets `command` run as the server's user.
    pub(super) fn lower(&self, command: &mut Command) {
        if self.user == SUPERUSER {
            command.uid(NOBODY).gid(NOBODY);
        }
    }

    /// As if the process that made it were dead.
    #[cfg(test)]
    pub(super) fn abandon(&self) {
        self._held.unlock().unwrap();
    }
}

/// Tells a server to end at once. Whether it could be told.
pub(super) fn quit(postmaster: u32) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-QUIT", &postmaster.to_string()]).stderr(Stdio::null());
    kill.status().is_ok_and(|status| status.success())
}

/// The temporary folder, unless sockets in it would have too long a name.
fn root() -> PathBuf {
    let usual = tempfile::env::temp_dir();
    let length = usual.as_os_str().len() + LONGEST_REST.len();
    if length <= SOCKET_PATH_BYTES { usual } else { SHORT.into() }
}

/// Removes folders of ours in `root` whose owner is dead. What cannot be looked into or removed
/// stays.
pub(super) fn sweep(root: &Path, user: u32) {
    let Ok(items) = fs::read_dir(root) else { return };
    for path in items.filter_map(|item| Some(item.ok()?.path())) {
        if is_ours(&path, user) && owner_is_dead(&path) {
            // Held while it is removed: of two that sweep one does it.
            let Ok(lock) = File::open(&path) else { continue };
            if lock.try_lock().is_ok() {
                stop(&path);
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

/// Whether a folder has our name and belongs to us, or to the user that we run servers as.
fn is_ours(path: &Path, user: u32) -> bool {
    let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    // Never through a link.
    named
        && fs::symlink_metadata(path).is_ok_and(|found| {
            let owned = found.uid() == user || (user == SUPERUSER && found.uid() == NOBODY);
            found.is_dir() && owned
        })
}

/// Whether no process has the number in the folder's name. The lock decides; but between making a
/// folder and locking it there is a moment.
fn owner_is_dead(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
    owner.is_some_and(|owner| {
        owner.parse::<u32>().is_ok() && !Path::new("/proc").join(owner).exists()
    })
}

/// Stops the server of `folder`, if there is one still.
fn stop(folder: &Path) {
    let pid_file = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    let postmaster = pid_file.lines().next().and_then(|line| line.parse::<u32>().ok());
    let Some(postmaster) = postmaster.filter(|id| runs_in(*id, folder)) else { return };
    if quit(postmaster) {
        blocking(async || {
            until("a server that was left over ends", async || !runs_in(postmaster, folder)).await;
        });
    }
}

/// Whether the process with this number is a server of `folder`: numbers are given again.
fn runs_in(id: u32, folder: &Path) -> bool {
    let command = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let data = folder.join("data");
    command.split(|byte| *byte == 0).any(|word| word == data.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of a process that has ended.
    fn dead() -> u32 {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn only_folders_of_ours_whose_owner_is_dead_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let user = root.path().metadata().unwrap().uid();
        let make = |name: String| {
            let path = root.path().join(name);
            fs::create_dir_all(path.join("data/base")).unwrap();
            path
        };
        let dead = dead();
        let left = make(format!("{PREFIX}{dead}-left"));
        let held = make(format!("{PREFIX}{dead}-held"));
        let lock = File::open(&held).unwrap();
        lock.try_lock().unwrap();
        let alive = make(format!("{PREFIX}{}-alive", std::process::id()));
        let nameless = make(format!("{PREFIX}left"));
        let foreign = make(format!("other-{dead}-left"));
        let link = root.path().join(format!("{PREFIX}{dead}-link"));
        std::os::unix::fs::symlink(&foreign, &link).unwrap();

        sweep(root.path(), user);
        assert!(!left.exists());
        for kept in [&held, &alive, &nameless, &foreign] {
            assert!(kept.join("data/base").exists(), "{}", kept.display());
        }
        assert!(link.is_symlink());
        lock.unlock().unwrap();
        sweep(root.path(), user);
        assert!(!held.exists());
    }

    #[test]
    fn a_folder_of_somebody_else_stays() {
        let root = tempfile::tempdir().unwrap();
        let user = root.path().metadata().unwrap().uid();
        let theirs = root.path().join(format!("{PREFIX}{}-theirs", dead()));
        fs::create_dir(&theirs).unwrap();
        sweep(root.path(), user + 1);
        assert!(theirs.exists());
    }

    #[test]
    fn a_path_is_short_enough_for_a_socket() {
        let folder = Folder::new(std::process::id());
        assert!(folder.path().join(".s.PGSQL.65535").as_os_str().len() <= SOCKET_PATH_BYTES);
        assert_eq!(folder.path().metadata().unwrap().mode() & 0o777, 0o700);
    }
}
