//! Room (空间): whether there is enough of it to take anything new. Three thresholds announce a disk
//! that fills up; below the last one new submissions, pushes and files are refused before anything
//! is written, while reading, receipts, erasure and clean-up go on with what is kept back for them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::{Finding, Severity, alerts};
use sanheyi_exchange_spec::link::Refusal;
use thiserror::Error;

use crate::config::upkeep::DiskRules;
use crate::process::disk::{Disk, Space, SystemDisk};

/// What has to be free beyond the last threshold before anything new is taken again: this share of
/// it. So a disk at its edge does not refuse and take by turns.
const MARGIN: u64 = 4;

/// How full a disk is, by the thresholds that are configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// There is room.
    Enough,
    /// Below the first threshold: to be noticed.
    Low,
    /// Below the second: somebody has to act.
    Short,
    /// Below the last, or not yet far enough above it again: nothing new is taken.
    Full,
}

/// Nothing new is taken: the disk has too little left.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "磁盘仅剩 {free}，少于需保留的 {needed}，本次没有写入任何内容；请扩充或清理磁盘，之后会自动继续 · {free} are free, {needed} \
     have to be: nothing was written. Make room; it goes on by itself",
    free = sized(*free_bytes),
    needed = sized(*needed_bytes)
)]
pub struct NoRoom {
    /// What is free.
    pub free_bytes: u64,
    /// What has to be.
    pub needed_bytes: u64,
}

/// What stands on the disk, and how much it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it has.
    pub space: Space,
    /// How full that is.
    pub level: Level,
}

/// The room that a process has.
pub struct Room {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    rules: DiskRules,
    /// Whether the store grows on this disk; that of a server grows elsewhere.
    store_here: bool,
    full: AtomicBool,
}

impl Default for Room {
    /// The disk that the process stands on, by the default thresholds: for what is opened without a
    /// configuration.
    fn default() -> Self {
        Self::new(Arc::new(SystemDisk), PathBuf::from("."), DiskRules::default(), true)
    }
}

// === impl NoRoom ===

impl NoRoom {
    /// In the words that travel. `zh` and `en` name whose disk it is.
    pub fn refusal(&self, zh: &str, en: &str) -> Refusal {
        let (free, needed) = (sized(self.free_bytes), sized(self.needed_bytes));
        Refusal::new(
            Code::StoreFull,
            "disk",
            format!("{zh}的磁盘仅剩 {free}，少于需保留的 {needed}，没有写入任何内容"),
            format!("{en} has {free} free and needs {needed}: nothing was written"),
        )
    }
}

// === impl Room ===

impl Room {
    /// The room on the disk under `path`. `store_here`: whether the store lies there, so that
    /// taking something new fills that very disk.
    pub fn new(disk: Arc<dyn Disk>, path: PathBuf, rules: DiskRules, store_here: bool) -> Self {
        Self { disk, path, rules, store_here, full: AtomicBool::new(false) }
    }

    /// The thresholds.
    pub fn rules(&self) -> DiskRules {
        self.rules
    }

    /// The folder whose disk it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that have to be free before anything new is taken again.
    pub fn again_bytes(&self) -> u64 {
        let least = self.rules.refuse_free_bytes;
        least.saturating_add(least / MARGIN)
    }

    /// Looks at the disk; `None` if it cannot be looked at, which refuses nothing.
    pub fn look(&self) -> Option<Seen> {
        let space = match self.disk.space(&self.path) {
            Ok(space) => space,
            Err(error) => {
                tracing::warn!(%error, path = %self.path.display(), "the disk cannot be looked at");
                return None;
            }
        };
        let was = self.full.load(Ordering::Acquire);
        let needed = if was { self.again_bytes() } else { self.rules.refuse_free_bytes };
        let full = space.free_bytes < needed;
        if full != was {
            self.full.store(full, Ordering::Release);
            let (free, path) = (space.free_bytes, self.path.display());
            match full {
                true => tracing::error!(free, %path, "the disk is full: nothing new is taken"),
                false => tracing::info!(free, %path, "the disk has room again: it goes on"),
            }
        }
        Some(Seen { space, level: level(&self.rules, space, full) })
    }

    /// Whether something new may be taken. It costs a question to the file system, no write.
    ///
    /// # Errors
    /// If the store grows on this disk, and it is below the last threshold.
    pub fn check(&self) -> Result<(), NoRoom> {
        if !self.store_here {
            return Ok(());
        }
        match self.look() {
            Some(Seen { space, level: Level::Full }) => {
                Err(NoRoom { free_bytes: space.free_bytes, needed_bytes: self.again_bytes() })
            }
            _ => Ok(()),
        }
    }
}

/// How full a disk is.
fn level(rules: &DiskRules, space: Space, full: bool) -> Level {
    let below = |percent: u64| {
        u128::from(space.free_bytes) * 100 < u128::from(percent) * u128::from(space.total_bytes)
    };
    match space {
        _ if full => Level::Full,
        _ if below(rules.warn_free_percent) => Level::Short,
        _ if below(rules.notice_free_percent) => Level::Low,
        _ => Level::Enough,
    }
}

/// Bytes as people read them: `1.2 GiB`, rounded down.
pub fn sized(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// What is to be said of a disk: nothing while there is room. `subject` names its folder.
pub fn disk_finding(rules: &DiskRules, seen: &Seen, subject: &str) -> Option<Finding> {
    let (alert, severity) = match seen.level {
        Level::Enough => return None,
        Level::Low => (&alerts::DISK_LOW, Severity::Notice),
        Level::Short => (&alerts::DISK_LOW, Severity::Warning),
        Level::Full => (&alerts::DISK_FULL, Severity::Critical),
    };
    let Space { total_bytes, free_bytes } = seen.space;
    let (percent, least) = (seen.space.free_percent(), rules.refuse_free_bytes);
    let (total, free, least) = (sized(total_bytes), sized(free_bytes), sized(least));
    let zh = format!("磁盘共 {total}，剩余 {free}（{percent}%）；不足 {least} 时不再接收新内容");
    let en = format!("{free} of {total} are free ({percent}%); below {least} nothing new is taken");
    Some(Finding::new(alert, subject, zh, en).as_grave_as(severity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::disk::ManualDisk;

    const GIB: u64 = 1024 * 1024 * 1024;

    fn room(total: u64, free: u64, store_here: bool) -> (Arc<ManualDisk>, Room) {
        let disk = Arc::new(ManualDisk::new(total, free));
        let rules = DiskRules::default();
        (Arc::clone(&disk), Room::new(disk, PathBuf::from("/data"), rules, store_here))
    }

    fn level_at(room: &Room, disk: &ManualDisk, free: u64) -> Level {
        disk.set_free(free);
        room.look().unwrap().level
    }

    #[test]
    fn every_threshold_holds_to_the_byte() {
        let (disk, room) = room(100 * GIB, 100 * GIB, true);
        for (free, level) in [
            (20 * GIB, Level::Enough),
            (20 * GIB - 1, Level::Low),
            (10 * GIB, Level::Low),
            (10 * GIB - 1, Level::Short),
            (GIB / 2, Level::Short),
            (GIB / 2 - 1, Level::Full),
        ] {
            assert_eq!(level_at(&room, &disk, free), level, "{free}");
        }
    }

    #[test]
    fn a_disk_that_fills_up_is_told_in_graver_and_graver_words() {
        let (disk, room) = room(100 * GIB, 100 * GIB, true);
        let told = |free| {
            disk.set_free(free);
            let seen = room.look().unwrap();
            disk_finding(&room.rules(), &seen, "data").map(|one| (one.name, one.severity))
        };
        assert_eq!(told(20 * GIB), None);
        assert_eq!(told(20 * GIB - 1), Some(("disk.low", Severity::Notice)));
        assert_eq!(told(10 * GIB - 1), Some(("disk.low", Severity::Warning)));
        assert_eq!(told(GIB / 2 - 1), Some(("disk.full", Severity::Critical)));
    }

    #[test]
    fn what_is_full_goes_on_only_with_a_margin() {
        let (disk, room) = room(100 * GIB, GIB / 2, true);
        assert_eq!(room.check(), Ok(()));
        disk.set_free(GIB / 2 - 1);
        let again = GIB / 2 + GIB / 8;
        let refused = NoRoom { free_bytes: GIB / 2 - 1, needed_bytes: again };
        assert_eq!(room.check(), Err(refused));
        assert!(refused.to_string().contains("511.9 MiB are free, 640.0 MiB have"), "{refused}");
        disk.set_free(again - 1);
        assert!(room.check().is_err(), "not enough beyond the edge");
        disk.set_free(again);
        assert_eq!(room.check(), Ok(()));
        disk.set_free(GIB / 2);
        assert_eq!(room.check(), Ok(()), "it is above the edge, and was not full");
    }

    #[test]
    fn a_server_far_away_is_not_judged_by_this_disk() {
        let (_, room) = room(GIB, 0, false);
        assert_eq!(room.check(), Ok(()));
        assert_eq!(room.look().unwrap().level, Level::Full);
    }

    #[test]
    fn a_disk_that_cannot_be_looked_at_refuses_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        let room = Room::new(Arc::new(SystemDisk), gone, DiskRules::default(), true);
        assert_eq!((room.look(), room.check()), (None, Ok(())));
    }
}
