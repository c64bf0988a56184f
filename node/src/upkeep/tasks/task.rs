//! What there is to do, and how often.

use std::time::Duration;

use sanheyi_exchange_spec::time::Timestamp;

/// A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Small segments become few.
    Merge,
    /// Files go whose naming body was erased.
    Files,
    /// Uploads that were given up go, and files that no record names.
    Uploads,
    /// Old rows of audits go into the archive.
    Archive,
    /// The database is kept in order.
    Tidy,
}

// === impl Task ===

impl Task {
    /// All of them, in the order in which they are done.
    pub const ALL: [Self; 5] = [Task::Merge, Task::Files, Task::Uploads, Task::Archive, Task::Tidy];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Task::Merge => "merge",
            Task::Files => "files",
            Task::Uploads => "uploads",
            Task::Archive => "archive",
            Task::Tidy => "tidy",
        }
    }

    /// What it does, in both languages.
    pub const fn title(self) -> &'static str {
        match self {
            Task::Merge => "合并小段 merge small segments",
            Task::Files => "清理已删除正文的附件 files of erased bodies",
            Task::Uploads => "清理未传完和无人引用的附件 abandoned and unnamed files",
            Task::Archive => "审计归档 audits into the archive",
            Task::Tidy => "整理数据库 keep the database in order",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.as_str() == text)
    }

    /// How long after it has run it is due again.
    pub const fn every(self) -> Duration {
        match self {
            Task::Merge => Duration::from_secs(60),
            Task::Files => Duration::from_secs(600),
            Task::Uploads | Task::Archive | Task::Tidy => Duration::from_secs(24 * 3600),
        }
    }

    /// When it is due, having run last at `last`.
    pub fn next(self, last: Option<Timestamp>) -> Timestamp {
        let every = i64::try_from(self.every().as_micros()).unwrap_or(i64::MAX);
        last.map_or(Timestamp::default(), |last| last.plus_micros(every))
    }
}
