//! What all pages of one site share.

use std::sync::Arc;

use sanheyi_exchange_spec::time::Timestamp;

use super::viewer::Role;
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::store::Store;

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where it leads: a path of this site.
    pub path: &'static str,
    /// 中文。
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Who sees it, and whoever may do more.
    pub role: Role,
}

/// What a site is made of.
pub struct ShellParts {
    /// What it is called, in Chinese: 市级平台, or 金坛分节点.
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// Its menu, in order.
    pub menu: &'static [Entry],
    /// Where its operators, their sessions and what they changed are kept.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Whether it is reached by TLS: then cookies never travel without it.
    pub secure: bool,
}

/// A site, shared by all its handlers.
#[derive(Clone)]
pub struct Shell(Arc<ShellParts>);

// === impl Shell ===

impl Shell {
    /// A site of these parts.
    pub fn new(parts: ShellParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Its parts.
    pub fn parts(&self) -> &ShellParts {
        &self.0
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("title", &self.0.title_en).finish_non_exhaustive()
    }
}
