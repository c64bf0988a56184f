//! Checks (检查): whatever else may be wrong, each found by the room that knows. The watchdog asks
//! them all at every look.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use sanheyi_exchange_spec::health::Finding;
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::{Store, StoreError};

/// What a check answers.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Vec<Finding>, StoreError>> + Send + 'a>>;

/// Something that may be wrong. It reads and changes nothing, and answers within a second or so:
/// it is asked every few seconds.
pub trait Check: Send + Sync {
    /// What is wrong now.
    fn findings<'a>(&'a self, store: &'a Store, now: Timestamp) -> Found<'a>;
}

/// The checks of a process.
#[derive(Clone, Default)]
pub struct Checks(Vec<Arc<dyn Check>>);

/// A check that needs no store.
struct Plain<F>(F);

// === impl Checks ===

impl Checks {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, check: impl Check + 'static) -> Self {
        self.0.push(Arc::new(check));
        self
    }

    /// One more, which asks no store.
    #[must_use]
    pub fn with_plain(
        self,
        check: impl Fn(Timestamp) -> Vec<Finding> + Send + Sync + 'static,
    ) -> Self {
        self.with(Plain(check))
    }

    /// What they find.
    ///
    /// # Errors
    /// Of the database.
    pub async fn findings(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Vec<Finding>, StoreError> {
        let mut found = Vec::new();
        for check in &self.0 {
            found.extend(check.findings(store, now).await?);
        }
        Ok(found)
    }
}

impl<F: Fn(Timestamp) -> Vec<Finding> + Send + Sync> Check for Plain<F> {
    fn findings<'a>(&'a self, _store: &'a Store, now: Timestamp) -> Found<'a> {
        let found = (self.0)(now);
        Box::pin(async move { Ok(found) })
    }
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checks").field(&self.0.len()).finish()
    }
}
