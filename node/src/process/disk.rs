//! How full a disk is. The measure is given, never fetched: whoever decides by it holds an
//! `Arc<dyn Disk>`, so a test fills a disk without writing a byte.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What a file system has, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// All of it.
    pub total_bytes: u64,
    /// What a process that is not root may still write.
    pub free_bytes: u64,
}

/// Says how full the disk under a path is.
pub trait Disk: Send + Sync {
    /// The space of the file system that holds `path`.
    ///
    /// # Errors
    /// Of the file system: the path is not there, or may not be looked at.
    fn space(&self, path: &Path) -> io::Result<Space>;
}

/// The disks of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

/// A disk that has what it is told: for tests.
#[derive(Debug)]
pub struct ManualDisk(Mutex<Space>);

/// The space of the file system that holds `path`, as the machine says it.
///
/// # Errors
/// As [`Disk::space`].
pub fn space(path: &Path) -> io::Result<Space> {
    let at = rustix::fs::statvfs(path)?;
    let bytes = |blocks: u64| blocks.saturating_mul(at.f_frsize);
    Ok(Space { total_bytes: bytes(at.f_blocks), free_bytes: bytes(at.f_bavail) })
}

// === impl Space ===

impl Space {
    /// What is free, in whole percent of all, rounded down; 0 for a file system without blocks.
    pub fn free_percent(self) -> u64 {
        let share = u128::from(self.free_bytes) * 100;
        let percent = share.checked_div(u128::from(self.total_bytes)).unwrap_or(0);
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

impl Disk for SystemDisk {
    fn space(&self, path: &Path) -> io::Result<Space> {
        space(path)
    }
}

// === impl ManualDisk ===

impl ManualDisk {
    /// A disk with so much space.
    pub fn new(total_bytes: u64, free_bytes: u64) -> Self {
        Self(Mutex::new(Space { total_bytes, free_bytes }))
    }

    /// From now on so much is free.
    pub fn set_free(&self, free_bytes: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).free_bytes = free_bytes;
    }
}

impl Disk for ManualDisk {
    fn space(&self, _path: &Path) -> io::Result<Space> {
        Ok(*self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_its_disk_has() {
        let folder = tempfile::tempdir().unwrap();
        let space = space(folder.path()).unwrap();
        assert!(space.total_bytes > 0 && space.free_bytes <= space.total_bytes, "{space:?}");
        assert!(super::space(&folder.path().join("nothing")).is_err());
    }

    #[test]
    fn percent_are_rounded_down_and_nothing_overflows() {
        let of = |total_bytes, free_bytes| Space { total_bytes, free_bytes }.free_percent();
        assert_eq!((of(1000, 199), of(1000, 200), of(0, 0)), (19, 20, 0));
        assert_eq!(of(u64::MAX, u64::MAX), 100);
    }

    #[test]
    fn a_manual_disk_has_what_it_is_told() {
        let disk = ManualDisk::new(100, 50);
        disk.set_free(7);
        let space = disk.space(Path::new("/anywhere")).unwrap();
        assert_eq!(space, Space { total_bytes: 100, free_bytes: 7 });
    }
}
