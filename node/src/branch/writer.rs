//! The writer of a branch: takes submissions, decides them in groups, and makes each group durable
//! with one commit.
//!
//! Small writes wait for no timer: a group is whatever has arrived while the last one was being
//! committed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use sanheyi_exchange_spec::custody::OFFER;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::gate::bears_content;
use sanheyi_exchange_spec::ids::{Audience, EpochId, Generation, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::datasets;
use tokio::sync::{mpsc, oneshot, watch};

use super::adopt::{Adoption, adopt};
use super::carry::carry;
use super::custody::release_gone;
use super::decide::HeadCache;
use super::erase::{Erase, EraseAnswer};
use super::foresight::Foresight;
use super::group::{Group, gather};
use super::journal::LiveJournal;
use super::quota::Quota;
use super::recent::Recent;
use super::rules::Ruling;
use super::stages::{Stages, add};
use super::submit::{Appended, Draft, SubmitError};
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::store::{Store, StoreError};
use crate::upkeep::room::Room;

/// Submissions that may wait for the writer: beyond it submitters wait themselves.
const QUEUE: usize = 256;

/// What a branch needs to know of itself.
#[derive(Clone)]
pub struct BranchConfig {
    /// The platform.
    pub platform: PlatformId,
    /// Its hub.
    pub hub: PlatformId,
}

/// A branch at its home.
#[derive(Clone)]
pub struct Branch {
    config: BranchConfig,
    store: Store,
    pub(super) jobs: mpsc::Sender<Job>,
    sizes: watch::Receiver<BTreeMap<JournalId, u64>>,
    held: watch::Sender<Option<Code>>,
    pub(super) clock: Arc<dyn Clock>,
    stages: Arc<Stages>,
    recent: Arc<Recent>,
    quota: Arc<Quota>,
    foresight: Arc<Foresight>,
    pub(super) ruling: Arc<Ruling>,
    /// Whether there may be own offers of custody that are open.
    pub(super) offers: Arc<AtomicBool>,
    pub(super) room: Arc<OnceLock<Arc<Room>>>,
}

/// What the writer is asked.
pub(super) enum Job {
    Submit(Vec<Draft>, Answer),
    Adopt(Adoption, oneshot::Sender<Result<u64, StoreError>>),
    Erase(Erase, EraseAnswer),
}

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) lanes: BTreeMap<Lane, LiveJournal>,
    pub(super) cache: HeadCache,
    pub(super) packer: SegmentWriter,
    sizes: watch::Sender<BTreeMap<JournalId, u64>>,
    held: watch::Receiver<Option<Code>>,
    pub(super) stages: Arc<Stages>,
    pub(super) recent: Arc<Recent>,
}

// === impl Branch ===

impl Branch {
    /// Opens a branch at its home, makes its journals at the first start, and gives the future that
    /// runs its writer.
    ///
    /// # Errors
    /// Of the database.
    pub async fn open(
        config: BranchConfig,
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, impl Future<Output = Result<(), StoreError>> + Send), StoreError> {
        let lanes = open_lanes(&config, &store, entropy.as_ref()).await?;
        let held = store.link_get().await?.and_then(|link| {
            let code = link.phase.strip_prefix("held:")?;
            Code::parse(code)
        });
        let (jobs, queue) = mpsc::channel(QUEUE);
        let now = lanes.values().map(|one| (one.id().clone(), one.head().size)).collect();
        let (sizes_in, sizes) = watch::channel(now);
        let (held_in, held) = watch::channel(held);
        let packer = SegmentWriter::new().map_err(no_memory)?;
        let (stages, recent) = (Arc::<Stages>::default(), Arc::<Recent>::default());
        let writer = Writer {
            store: store.clone(),
            clock: Arc::clone(&clock),
            entropy,
            lanes,
            cache: HeadCache::default(),
            packer,
            sizes: sizes_in,
            held,
            stages: Arc::clone(&stages),
            recent: Arc::clone(&recent),
        };
        let branch = Self {
            config,
            store,
            jobs,
            sizes,
            held: held_in,
            clock,
            stages,
            recent,
            quota: Arc::default(),
            foresight: Arc::default(),
            ruling: Arc::default(),
            offers: Arc::new(AtomicBool::new(true)),
            room: Arc::default(),
        };
        branch.read_broadcast().await?;
        Ok((branch, writer.run(queue)))
    }

    /// The platform.
    pub fn platform(&self) -> &PlatformId {
        &self.config.platform
    }

    /// Its hub.
    pub fn hub(&self) -> &PlatformId {
        &self.config.hub
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Sizes of the branch's own journals, as they become durable.
    pub fn sizes(&self) -> watch::Receiver<BTreeMap<JournalId, u64>> {
        self.sizes.clone()
    }

    /// Where the time goes.
    pub fn stages(&self) -> Arc<Stages> {
        Arc::clone(&self.stages)
    }

    /// The last groups that became durable.
    pub fn recent(&self) -> &Arc<Recent> {
        &self.recent
    }

    /// Holds this machine, or lets it go on.
    pub fn hold(&self, code: Option<Code>) {
        self.held.send_replace(code);
    }

    /// Lets this platform submit so many records a second; 0 = as many as it can. What is waiting
    /// for its turn keeps it.
    pub fn set_quota(&self, records_a_second: u64) {
        self.quota.set(records_a_second);
    }

    /// Checks, decides and appends drafts, all or none, when their turn has come. Answered when
    /// they are durable.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit(&self, mut drafts: Vec<Draft>) -> Result<Vec<Appended>, SubmitError> {
        if drafts.len() > limits::SUBMIT_DRAFTS {
            return Err(SubmitError::TooMany(drafts.len()));
        }
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        self.has_room()?;
        // Before the checks, which cost time that others could have.
        self.quota.turn(drafts.len(), self.clock.as_ref()).await?;
        let began = self.clock.now();
        carry(&self.store, &mut drafts).await?;
        self.check(&drafts)?;
        add(&self.stages.check, began, self.clock.now());
        self.foresight.check(&self.store, &drafts).await?;
        let bearing: Vec<_> = drafts.iter().filter(|one| bears(one)).cloned().collect();
        let offers = drafts.iter().any(|draft| draft.dataset.as_str() == OFFER);
        let (answer, answered) = oneshot::channel();
        let job = Job::Submit(drafts, answer);
        self.jobs.send(job).await.map_err(|_| SubmitError::Stopped)?;
        let answer = answered.await.map_err(|_| SubmitError::Stopped)?;
        self.foresight.appended(&bearing);
        self.offers.fetch_or(offers, Ordering::AcqRel);
        answer
    }

    /// Makes the hub's copy the prefix of a journal (rule 12); answers the journal's new size.
    ///
    /// # Errors
    /// Of the database, or if the staged entries do not give the granted root.
    pub async fn adopt(&self, adoption: Adoption) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send(Job::Adopt(adoption, answer)).await;
        sent.map_err(|_| StoreError::Raced("writer"))?;
        let adopted = answered.await.map_err(|_| StoreError::Raced("writer"))?;
        self.foresight.clear();
        adopted
    }
}

/// Whether other records are judged by the content of such a draft.
fn bears(draft: &Draft) -> bool {
    bears_content(draft.dataset.as_str())
}

pub(super) fn no_memory(error: std::io::Error) -> StoreError {
    StoreError::contradiction("segment", "bytes", "packer", error)
}

/// The journals of the lanes that the standard's datasets use, opened at the first start.
async fn open_lanes(
    config: &BranchConfig,
    store: &Store,
    entropy: &dyn Entropy,
) -> Result<BTreeMap<Lane, LiveJournal>, StoreError> {
    let mut lanes = BTreeMap::new();
    for lane in datasets().iter().map(|one| Lane::from(one.lane)) {
        if lanes.contains_key(&lane) {
            continue;
        }
        let rows = store.journal_list().await?;
        let mine = rows.into_iter().find(|row| {
            row.home && row.head.journal.lane == lane && row.head.journal.author == config.platform
        });
        let row = match mine {
            Some(row) => row,
            None => {
                let mut tx = store.begin("journal_open").await?;
                let head = fresh_head(config, lane, entropy);
                let row = tx.journal_open(store, &head, true, 0).await?;
                tx.commit().await?;
                row
            }
        };
        lanes.insert(lane, LiveJournal::open(store, row).await?);
    }
    Ok(lanes)
}

fn fresh_head(config: &BranchConfig, lane: Lane, entropy: &dyn Entropy) -> Head {
    Head {
        journal: JournalId {
            author: config.platform.clone(),
            audience: Audience::One(config.hub.clone()),
            lane,
            incarnation: entropy.incarnation(),
        },
        size: 0,
        root: Suite::Intl.empty_root(),
        position: Position { generation: Generation::ZERO, epoch: EpochId::ZERO },
        opened: 0,
        stopped: false,
    }
}

// === impl Writer ===

/// Where a submission is answered.
pub(super) type Answer = oneshot::Sender<Result<Vec<Appended>, SubmitError>>;

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) -> Result<(), StoreError> {
        let mut waiting = None;
        loop {
            let job = match waiting.take() {
                Some(job) => job,
                None => match queue.recv().await {
                    Some(job) => job,
                    None => return Ok(()),
                },
            };
            match job {
                Job::Submit(drafts, answer) => {
                    let group = gather((drafts, answer), &mut queue, &mut waiting);
                    self.stages.busy.busy(self.clock.now());
                    self.write_group(group).await;
                    self.stages.busy.rest();
                }
                Job::Erase(what, answer) => {
                    // As above.
                    let _ = answer.send(self.erase(&what).await);
                }
                Job::Adopt(adoption, answer) => {
                    let adopted = self.adopt(adoption).await;
                    // The asker may have gone with its connection; the adoption stands all the
                    // same.
                    let _ = answer.send(adopted);
                }
            }
        }
    }

    async fn write_group(&mut self, group: Group) {
        if let Some(code) = self.is_held() {
            for (_, answer) in group {
                let _ = answer.send(Err(SubmitError::Held(code)));
            }
            return;
        }
        let (submissions, answers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let outcome = self.try_until_settled(&submissions).await;
        match outcome {
            Ok(decided) => {
                for (answer, result) in answers.into_iter().zip(decided) {
                    let _ = answer.send(result.map_err(SubmitError::Refused));
                }
            }
            // One bad submission must not take its neighbours along: each again by itself.
            Err(_) if answers.len() > 1 => self.write_singly(submissions, answers).await,
            Err(error) => {
                tracing::error!(%error, "a submission could not be written");
                if let Some(answer) = answers.into_iter().next() {
                    let _ = answer.send(Err(error.into()));
                }
            }
        }
    }

    async fn write_singly(&mut self, submissions: Vec<Vec<Draft>>, answers: Vec<Answer>) {
        for (drafts, answer) in submissions.into_iter().zip(answers) {
            Box::pin(self.write_group(vec![(drafts, answer)])).await;
        }
    }

    async fn adopt(&mut self, adoption: Adoption) -> Result<u64, StoreError> {
        let journal = adoption.journal.clone();
        self.recent.clear();
        let size = adopt(&self.store, self.clock.now(), self.entropy.as_ref(), adoption).await?;
        self.cache.clear();
        release_gone(&self.store).await?;
        let row = self.store.journal_get(&journal).await?;
        if let Some(row) = row {
            let lane = journal.lane;
            self.lanes.insert(lane, LiveJournal::open(&self.store, row).await?);
        }
        self.announce();
        Ok(size)
    }

    pub(super) fn now(&self) -> Timestamp {
        // The author's clock never goes back within a journal, whatever the machine's does.
        let last = self.lanes.values().map(LiveJournal::recorded).max().unwrap_or_default();
        self.clock.now().max(last)
    }

    /// Why this machine is held, if it is.
    pub(super) fn is_held(&self) -> Option<Code> {
        *self.held.borrow()
    }

    pub(super) fn announce(&self) {
        self.sizes.send_replace(
            self.lanes.values().map(|one| (one.id().clone(), one.head().size)).collect(),
        );
    }
}
