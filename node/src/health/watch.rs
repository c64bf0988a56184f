//! The watchdog (看门狗): a task that does nothing but look, so that whatever stalls, this one does
//! not. It waits for a store that does not answer for a bounded time, and then that is what it
//! found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::health::alerts::{DISK_FULL, STORE_STUCK};
use sanheyi_exchange_spec::health::{Finding, Severity, in_order};
use sanheyi_exchange_spec::time::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{LinkStanding, Standing};
use crate::process::clock::{Clock, pause};
use crate::process::lifecycle::Shutdown;
use crate::store::{PulseRow, Store, StoreError, Tx};

/// How often a watchdog looks. With the longest standstill that counts as none (30 s), and twice
/// [`ANSWER_WITHIN`], whatever stalls is told within the minute.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long the store may take to answer a look: a hundred times what it takes under load.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// After so many looks the process notes that it lives, also where nothing has changed: a commit
/// every ten seconds, and the proof that the store can be written.
pub const NOTE_LOOKS: u64 = 2;
/// A process that has noted nothing for so long is silent, in microseconds: three of its notes.
pub const SILENT_AFTER: i64 = 30_000_000;
/// What processes that never came again have noted is kept for so long, in microseconds: a day.
pub const FORGET_AFTER: i64 = 86_400_000_000;

/// How fast a watchdog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks.
    pub every: Duration,
    /// How long the store may take to answer.
    pub within: Duration,
}

/// What a look has gathered.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The lines.
    pub links: Vec<LinkStanding>,
    /// What is wrong, in any order.
    pub findings: Vec<Finding>,
}

/// Something that a watchdog watches over.
pub trait Watched: Send {
    /// The rows of the platform that runs: there it is noted.
    fn store(&self) -> &Store;

    /// The name of the process among those that share the store.
    fn instance(&self) -> &str;

    /// Name and version of the program.
    fn version(&self) -> &'static str;

    /// Looks. It changes nothing, and may be dropped at any time.
    ///
    /// # Errors
    /// Of the database.
    fn gather(
        &mut self,
        now: Timestamp,
    ) -> impl Future<Output = Result<Gathered, StoreError>> + Send;

    /// Notes what else others should see, with what is run next.
    fn note(&mut self, _tx: &mut Tx, _now: Timestamp) {}

    /// What was noted last is durable.
    fn noted(&mut self) {}
}

/// Watches over a process and tells what it sees.
pub struct Watchdog<W> {
    watched: W,
    clock: Arc<dyn Clock>,
    pace: Pace,
    started: Timestamp,
    looks: u64,
    /// What was gathered last: shown on while the store does not answer.
    last: Gathered,
    /// What stands, by name and subject; `None` before it was read what a process before this one
    /// has left.
    standing: Option<BTreeMap<Key, Finding>>,
    /// What is noted in the store.
    noted: Option<Vec<Finding>>,
    told: watch::Sender<Arc<Standing>>,
}

type Key = (&'static str, String);

impl Default for Pace {
    fn default() -> Self {
        Self { every: LOOK_EVERY, within: ANSWER_WITHIN }
    }
}

// === impl Watchdog ===

impl<W: Watched> Watchdog<W> {
    /// Watches over `watched` from now on.
    pub fn new(watched: W, clock: Arc<dyn Clock>, pace: Pace) -> Self {
        let started = clock.now();
        Self {
            watched,
            clock,
            pace,
            started,
            looks: 0,
            last: Gathered::default(),
            standing: None,
            noted: None,
            told: watch::Sender::default(),
        }
    }

    /// What it sees, as it changes.
    pub fn listen(&self) -> watch::Receiver<Arc<Standing>> {
        self.told.subscribe()
    }

    #[cfg(test)]
    pub(super) fn watched_mut(&mut self) -> &mut W {
        &mut self.watched
    }

    /// Looks every few seconds until a stop is asked for.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), StoreError> {
        loop {
            tokio::select! {
                _ = self.look() => {}
                () = shutdown.soft_asked() => return Ok(()),
            }
            tokio::select! {
                () = pause(self.pace.every) => {}
                () = shutdown.soft_asked() => return Ok(()),
            }
        }
    }

    /// Looks once.
    pub async fn look(&mut self) -> Arc<Standing> {
        let now = self.clock.now();
        self.looks += 1;
        let mut trouble = self.remember().await.err();
        if trouble.is_none() {
            match self.within(self.pace.within, |watched| watched.gather(now)).await {
                Ok(gathered) => self.last = gathered,
                Err(error) => trouble = Some(error),
            }
        }
        let mut findings = self.last.findings.clone();
        findings.extend(trouble.as_ref().map(|error| self.of_store(error)));
        let mut findings = self.dated(findings, now);
        if trouble.is_none()
            && let Err(error) = self.note(&findings, now).await
        {
            findings.push(self.of_store(&error));
            findings = self.dated(findings, now);
            trouble = Some(error);
        }
        self.say(&findings);
        let standing = Arc::new(Standing {
            at: now,
            started: self.started,
            ready: trouble.is_none(),
            links: self.last.links.clone(),
            findings,
        });
        self.told.send_replace(Arc::clone(&standing));
        standing
    }

    /// Waits for the store no longer than it may take.
    async fn within<'a, T, F>(
        &'a mut self,
        limit: Duration,
        ask: impl FnOnce(&'a mut W) -> F,
    ) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        match timeout(limit, ask(&mut self.watched)).await {
            Ok(answer) => answer.map_err(Trouble::Said),
            Err(_) => Err(Trouble::Silent(limit)),
        }
    }

    /// Reads what a process before this one has left, so that what stood then stands since then.
    async fn remember(&mut self) -> Result<(), Trouble> {
        if self.standing.is_some() {
            return Ok(());
        }
        let rows = self.within(self.pace.within, |watched| watched.store().alert_list()).await?;
        let mut standing = BTreeMap::new();
        for row in rows.into_iter().filter(|row| row.instance == self.watched.instance()) {
            standing.insert(key(&row.finding), row.finding);
        }
        self.standing = Some(standing);
        Ok(())
    }

    /// The findings in order, each since it stands.
    fn dated(&self, findings: Vec<Finding>, now: Timestamp) -> Vec<Finding> {
        let since = |one: &Finding| {
            let before = self.standing.as_ref()?.get(&key(one))?.since;
            before.into_iter().chain(one.since).min()
        };
        let dated = findings.into_iter().map(|one| {
            let since = since(&one).or(one.since).unwrap_or(now);
            one.since(since)
        });
        in_order(dated.collect())
    }

    /// Notes that the process lives and what it found, if that is due.
    async fn note(&mut self, findings: &[Finding], now: Timestamp) -> Result<(), Trouble> {
        let due = self.looks % NOTE_LOOKS == 1;
        if !due && self.noted.as_deref().is_some_and(|noted| alike(noted, findings)) {
            return Ok(());
        }
        let (started, limit) = (self.started, self.pace.within);
        let all = self.noted.as_deref() != Some(findings);
        self.within(limit, async |watched| {
            let store = watched.store().clone();
            let instance = watched.instance().to_owned();
            let version = watched.version().to_owned();
            let mut tx = store.begin("health_note").await?;
            let row = PulseRow { instance, started, at: now, version, ready: true };
            tx.pulse_put(&store, &row);
            tx.pulse_forget(&store, &row.instance, now.plus_micros(-FORGET_AFTER));
            if all {
                tx.alert_replace(&store, &row.instance, findings);
            }
            watched.note(&mut tx, now);
            tx.commit().await?;
            watched.noted();
            Ok(())
        })
        .await?;
        self.noted = Some(findings.to_vec());
        Ok(())
    }

    fn of_store(&self, trouble: &Trouble) -> Finding {
        let subject = self.watched.store().platform().as_str();
        match trouble {
            Trouble::Said(StoreError::Full { .. }) => {
                Finding::new(&DISK_FULL, subject, "存储拒绝写入", "the store refuses writes")
            }
            Trouble::Said(error) => {
                let zh = format!("存储出错：{error}");
                Finding::new(&STORE_STUCK, subject, zh, format!("the store fails: {error}"))
            }
            Trouble::Silent(limit) => {
                let seconds = limit.as_secs_f32();
                let zh = format!("存储 {seconds} 秒内没有答复");
                let en = format!("the store has not answered within {seconds} s");
                Finding::new(&STORE_STUCK, subject, zh, en)
            }
        }
    }

    /// Says what has come and what has gone since the last look, each once.
    fn say(&mut self, findings: &[Finding]) {
        let now: BTreeMap<_, _> = findings.iter().map(|one| (key(one), one.clone())).collect();
        let before = self.standing.take().unwrap_or_default();
        for (key, one) in &now {
            let worse = before.get(key).is_none_or(|old| old.severity < one.severity);
            if worse {
                raised(one);
            }
        }
        for one in before.iter().filter(|(key, _)| !now.contains_key(*key)).map(|(_, one)| one) {
            let Finding { name, subject, .. } = one;
            tracing::info!(alert = name, subject, "{name} of {subject} has ended");
        }
        self.standing = Some(now);
    }
}

/// Why a look came to nothing.
enum Trouble {
    /// The store said so.
    Said(StoreError),
    /// It said nothing within this time.
    Silent(Duration),
}

fn raised(one: &Finding) {
    let Finding { name, severity, subject, what_zh, what_en, remedy_en, .. } = one;
    let level = severity.as_str();
    match severity {
        Severity::Critical => tracing::error!(
            alert = name,
            severity = level,
            subject,
            remedy = remedy_en,
            "{name} of {subject}: {what_zh} · {what_en}"
        ),
        Severity::Warning => tracing::warn!(
            alert = name,
            severity = level,
            subject,
            remedy = remedy_en,
            "{name} of {subject}: {what_zh} · {what_en}"
        ),
        Severity::Notice => tracing::info!(
            alert = name,
            severity = level,
            subject,
            remedy = remedy_en,
            "{name} of {subject}: {what_zh} · {what_en}"
        ),
    }
}

fn key(one: &Finding) -> Key {
    (one.name, one.subject.clone())
}

/// Whether both say the same, whatever their sentences count meanwhile.
fn alike(one: &[Finding], other: &[Finding]) -> bool {
    let keys = |list: &[Finding]| -> Vec<_> {
        list.iter().map(|one| (one.name, one.subject.clone(), one.severity)).collect()
    };
    keys(one) == keys(other)
}
