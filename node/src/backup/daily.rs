//! The task that makes a backup every day; where the store knows of none it makes the first one as
//! soon as the process runs. Of several instances of a hub one makes it: they hold a
//! lease while they do, and the store says when it was tried last.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use sanheyi_exchange_spec::time::Timestamp;

use super::schedule::Tried;
use super::{BackupError, Form, Made, Subject, Wish, make};
use crate::process::clock::pause;
use crate::process::lifecycle::Shutdown;
use crate::store::StoreError;

/// How often it is looked whether one is due: a minute would do, too.
const LOOK: Duration = Duration::from_secs(20);

/// A platform whose backups are made by themselves.
pub struct Backups<F> {
    form: F,
    subject: Subject,
    started: Timestamp,
    /// The last try of this process: where the store is full it cannot be noted there.
    tried: Mutex<Option<Tried>>,
}

impl<F: Form> Backups<F> {
    /// From now on.
    pub fn new(form: F, subject: Subject) -> Self {
        let started = subject.clock.now();
        Self { form, subject, started, tried: Mutex::default() }
    }

    /// Makes a backup if one is due; answers what came of it.
    ///
    /// # Errors
    /// If the store cannot say when the last one was tried.
    pub async fn tick(&self) -> Result<Option<Result<Made, BackupError>>, StoreError> {
        let Subject { settings, database, platform, clock, .. } = &self.subject;
        // Without anybody who could open one none is tried: that is a finding, and no failure.
        let Some(at) = settings.at.filter(|_| !settings.recipients.is_empty()) else {
            return Ok(None);
        };
        let noted = database.of(platform).backup_list(1).await?.into_iter().next();
        let noted = noted.map(|row| Tried { at: row.at, good: row.is_good() });
        let here = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = [noted, here].into_iter().flatten().max_by_key(|tried| tried.at);
        let now = clock.now();
        if !at.is_due(now, self.started, tried) {
            return Ok(None);
        }
        let made = make(&self.form, &self.subject, &Wish::default(), &mut |_, _, _| {}).await;
        if !matches!(made, Err(BackupError::Busy)) {
            let tried = Tried { at: now, good: made.is_ok() };
            *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(tried);
        }
        Ok(Some(made))
    }

    /// Looks again and again, until the process stops; a backup that is under way then is dropped,
    /// and leaves no half file.
    ///
    /// # Errors
    /// Never.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), StoreError> {
        let work = async {
            loop {
                // What a backup fails by was said where it failed.
                if let Err(error) = self.tick().await {
                    tracing::warn!(%error, "it cannot be seen whether a backup is due");
                }
                pause(LOOK).await;
            }
        };
        tokio::select! {
            () = work => Ok(()),
            () = shutdown.soft_asked() => Ok(()),
        }
    }
}
