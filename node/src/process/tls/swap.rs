//! A value that many read and one replaces while the process runs: certificates end and are
//! replaced, and no connection ends for it. Whoever shakes hands takes the newest; what stands goes
//! on as it began.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// The newest of a value; clones share it.
pub struct Swap<T>(Arc<watch::Sender<Arc<T>>>);

/// Serial numbers, in lower-case hex, of certificates that no longer count although their times
/// still would: a hub refuses them in the handshake.
pub type Revoked = Swap<BTreeSet<String>>;

impl<T> Clone for Swap<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> From<Arc<T>> for Swap<T> {
    fn from(first: Arc<T>) -> Self {
        Self(Arc::new(watch::Sender::new(first)))
    }
}

impl<T: Default> Default for Swap<T> {
    fn default() -> Self {
        Arc::new(T::default()).into()
    }
}

impl<T> fmt::Debug for Swap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Swap").finish_non_exhaustive()
    }
}

impl<T> Swap<T> {
    /// The newest.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.borrow())
    }

    /// Replaces it. Whoever waits for a change is told.
    pub fn put(&self, next: Arc<T>) {
        self.0.send_replace(next);
    }

    /// Hears of every replacement from now on.
    pub fn watch(&self) -> watch::Receiver<Arc<T>> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clones_see_what_was_put_and_are_told() {
        let swap: Swap<u8> = Arc::new(1).into();
        let other = swap.clone();
        let mut told = other.watch();
        swap.put(Arc::new(2));
        told.changed().await.unwrap();
        assert_eq!((*other.get(), **told.borrow()), (2, 2));
    }
}
