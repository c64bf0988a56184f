//! A runtime of its own for every party: a party is killed by ending its runtime, and with it every
//! task and every connection that it has.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// How long ending a runtime may take.
const END: Duration = Duration::from_secs(30);

/// A party's runtime.
pub(super) struct Party(Option<Runtime>);

impl Party {
    pub(super) fn new(name: &str) -> Self {
        let built = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(name)
            .enable_all()
            .build()
            .expect("a runtime");
        Self(Some(built))
    }

    /// Runs a future on the party's own threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        what: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let runtime = self.0.as_ref().expect("the party is alive");
        runtime.spawn(what).await.expect("the party's task does not panic")
    }

    /// Starts a task of the party.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        what: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.0.as_ref().expect("the party is alive").spawn(what)
    }

    /// Ends every task where it stands.
    pub(super) async fn kill(mut self) {
        if let Some(runtime) = self.0.take() {
            let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(END));
            ended.await.expect("a runtime ends");
        }
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        // A runtime must not be waited for in a test that is already panicking.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
