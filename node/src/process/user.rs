//! Under which account of the machine a process runs, as the kernel says it: the owner of a file
//! that the process has just made. The environment (`USER`, `LOGNAME`) says whatever somebody has
//! put there.
//!
//! It proves which account ran the command, and nothing about the person behind it: who is root may
//! run as anybody.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The number of the account; `folder` is one that the process may write.
///
/// # Errors
/// If no file can be made there.
pub fn uid(folder: &Path) -> io::Result<u32> {
    // Two processes have two numbers; one that was killed here before may have left its file.
    let probe = folder.join(format!(".uid.{}", std::process::id()));
    let _ = fs::remove_file(&probe);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe)?;
    let owner = file.metadata().map(|facts| facts.uid());
    fs::remove_file(&probe)?;
    owner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_that_of_what_the_process_makes() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(uid(dir.path()).unwrap(), fs::metadata(dir.path()).unwrap().uid());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
        assert!(uid(&dir.path().join("absent")).is_err());
    }
}
