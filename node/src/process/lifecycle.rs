//! The life of a process: its named tasks, and how it stops.
//!
//! A process is as alive as its tasks. If one of them ends before it was asked to, by error, by
//! panic or by simply returning, the whole process ends with an error that names it: a supervisor
//! restarts a dead process, and nobody notices a process that lives on without its uplink.
//!
//! Stopping has two stages. *Soft* (the first SIGTERM or SIGINT): tasks finish what they hold and
//! return. *Hard* (the second signal, or the end of the grace): whatever is left is dropped; what
//! matters is durable before it is shown.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

/// Whatever error a task ends with.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// A wish to stop that everybody sees; clones share it.
#[derive(Clone)]
pub struct Shutdown(Arc<watch::Sender<Stage>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    Soft,
    Hard,
}

/// The long-lived tasks of a process.
#[derive(Debug, Default)]
pub struct Tasks {
    running: JoinSet<Result<(), BoxError>>,
    names: BTreeMap<Id, String>,
}

/// Why a process ended otherwise than as asked.
#[derive(Debug, Error)]
pub enum TaskError {
    /// A task ended with an error.
    #[error("任务“{task}”出错，进程结束 / the task `{task}` failed and the process ends")]
    Failed {
        /// Its name.
        task: String,
        /// Its error.
        #[source]
        source: BoxError,
    },
    /// A task returned although nobody had asked it to.
    #[error(
        "任务“{task}”提前结束，进程结束 / the task `{task}` returned before it was asked to \
         and the process ends"
    )]
    Early {
        /// Its name.
        task: String,
    },
    /// A task panicked.
    #[error("任务“{task}”崩溃，进程结束 / the task `{task}` panicked and the process ends")]
    Panicked {
        /// Its name.
        task: String,
        /// Its panic.
        #[source]
        source: JoinError,
    },
    /// Tasks that were still there at the hard stop.
    #[error("停止时仍有任务未结束，已强制终止 / cut off while stopping: {}", tasks.join(", "))]
    CutOff {
        /// Their names.
        tasks: Vec<String>,
    },
}

/// A future that runs as a task of its own, so that it goes on while whoever waits for it does
/// something else. It ends with its owner: dropped, it is ended where it stands.
#[derive(Debug)]
pub struct Beside<T>(JoinHandle<T>);

/// Runs a future beside its owner.
pub fn beside<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Beside<T> {
    Beside(tokio::spawn(future))
}

/// Runs work that holds a thread, such as hashing a password, aside from the threads of the tasks.
/// Once begun it goes on to its end, whoever waits for it; whoever calls bounds how many.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        // Only the end of the runtime takes it away, and whoever waits with it.
        Err(_) => std::future::pending().await,
    }
}

impl<T> Future for Beside<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(done) => Poll::Ready(done),
            // A panic is its owner's, as if it had been awaited in place.
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            // Only the end of the runtime takes it away, and its owner with it.
            Err(_) => Poll::Pending,
        }
    }
}

impl<T> Drop for Beside<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

// === impl Shutdown ===

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Stage::Running)))
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shutdown").field(&*self.0.borrow()).finish()
    }
}

impl Shutdown {
    /// A wish that nobody has yet; for tests, and for processes inside another.
    pub fn new() -> Self {
        Self::default()
    }

    /// A wish that follows SIGTERM and SIGINT: the first is soft, the second hard. From now on
    /// neither kills the process.
    ///
    /// # Errors
    /// If the system lets us listen to no signals.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::new();
        let wish = shutdown.clone();
        // Not among `Tasks`: it never ends by itself, and nothing is lost with it.
        tokio::spawn(async move {
            loop {
                let name = tokio::select! {
                    Some(()) = terminate.recv() => "SIGTERM",
                    Some(()) = interrupt.recv() => "SIGINT",
                    else => break,
                };
                if wish.is_soft() {
                    tracing::warn!(signal = name, "{name} again: stopping at once");
                    wish.hard();
                } else {
                    tracing::info!(signal = name, "{name}: stopping");
                    wish.soft();
                }
            }
        });
        Ok(shutdown)
    }

    /// Asks everybody to finish and return.
    pub fn soft(&self) {
        self.raise(Stage::Soft);
    }

    /// Asks for an end at once.
    pub fn hard(&self) {
        self.raise(Stage::Hard);
    }

    /// Whether somebody has asked.
    pub fn is_soft(&self) -> bool {
        *self.0.borrow() >= Stage::Soft
    }

    /// Returns when somebody asks to stop; at once if that has happened.
    pub async fn soft_asked(&self) {
        self.reached(Stage::Soft).await;
    }

    /// Returns when somebody asks to stop at once.
    pub async fn hard_asked(&self) {
        self.reached(Stage::Hard).await;
    }

    fn raise(&self, stage: Stage) {
        self.0.send_if_modified(|now| {
            let higher = stage > *now;
            *now = stage.max(*now);
            higher
        });
    }

    async fn reached(&self, stage: Stage) {
        let mut stages = self.0.subscribe();
        // It fails only when the sender is gone, and `self` holds it.
        let _ = stages.wait_for(|now| *now >= stage).await;
    }
}

// === impl Tasks ===

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task. It should run until [`Shutdown::soft_asked`] returns, finish what it holds,
    /// and return `Ok`.
    pub fn spawn<F, E>(&mut self, name: impl Into<String>, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let handle = self.running.spawn(async move { task.await.map_err(Into::into) });
        self.names.insert(handle.id(), name.into());
    }

    /// Waits for the process's end: until every task has returned after a soft stop, a task has
    /// ended on its own, or a hard stop. The others get `grace` to finish after the first reason to
    /// stop.
    ///
    /// # Errors
    /// The first reason other than a wish to stop.
    pub async fn run(mut self, shutdown: Shutdown, grace: Duration) -> Result<(), TaskError> {
        let mut first = None;
        loop {
            tokio::select! {
                biased;
                () = shutdown.soft_asked() => break,
                ended = self.running.join_next_with_id() => {
                    let Some(ended) = ended else { break };
                    first = self.verdict(ended, shutdown.is_soft());
                    if first.is_some() {
                        break;
                    }
                }
            }
        }
        // Whatever the reason, the others are asked to finish.
        shutdown.soft();
        let cut_off = tokio::select! {
            () = self.drain(&mut first) => false,
            () = shutdown.hard_asked() => true,
            () = tokio::time::sleep(grace) => true,
        };
        if cut_off && !self.names.is_empty() {
            let tasks = self.names.values().cloned().collect();
            tracing::warn!(?tasks, "tasks were still running and are cut off");
            first = first.or(Some(TaskError::CutOff { tasks }));
        }
        self.running.shutdown().await;
        first.map_or(Ok(()), Err)
    }

    async fn drain(&mut self, first: &mut Option<TaskError>) {
        while let Some(ended) = self.running.join_next_with_id().await {
            let verdict = self.verdict(ended, true);
            if first.is_none() {
                *first = verdict;
            } else if let Some(error) = verdict {
                // Only one reason is returned; the others are not lost.
                tracing::warn!(error = &error as &dyn StdError, "another task failed");
            }
        }
    }

    fn verdict(
        &mut self,
        ended: Result<(Id, Result<(), BoxError>), JoinError>,
        asked: bool,
    ) -> Option<TaskError> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let task = self.names.remove(&id).unwrap_or_default();
        match ended {
            Ok((_, Ok(()))) if asked => {
                tracing::debug!(task, "task {task} has finished");
                None
            }
            Ok((_, Ok(()))) => Some(TaskError::Early { task }),
            Ok((_, Err(source))) => Some(TaskError::Failed { task, source }),
            Err(source) => Some(TaskError::Panicked { task, source }),
        }
    }
}

#[cfg(test)]
mod tests;
