//! Editions (标准版本): what a reader knows of the standard, as a value. A hub that is one version
//! behind its branches is the same program with an older edition.

use std::fmt;

use sanheyi_proto::{Dataset, STANDARD};

/// A version of the standard and the datasets that it has.
#[derive(Clone, Copy)]
pub struct Edition {
    version: u32,
    find: fn(&str) -> Option<&'static Dataset>,
}

// === impl Edition ===

impl Edition {
    /// What this build knows.
    pub const CURRENT: Self = Self { version: STANDARD, find: sanheyi_proto::dataset };

    /// Version `version`, whose datasets `find` finds by name.
    pub const fn new(version: u32, find: fn(&str) -> Option<&'static Dataset>) -> Self {
        Self { version, find }
    }

    /// Its version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// A dataset by its name.
    pub fn dataset(&self, name: &str) -> Option<&'static Dataset> {
        (self.find)(name)
    }
}

impl fmt::Debug for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edition").field("version", &self.version).finish_non_exhaustive()
    }
}
