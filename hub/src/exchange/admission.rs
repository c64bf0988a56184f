//! Admission (接纳): what is offered is opened where it arrives, and bound, written and made durable
//! in groups by the worker of its lane. The admit rule stands in `exchange-spec`; here is only what
//! it needs from the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::link::admit::{Admission as Verdict, Offer, admit, bind, kept_by};
use sanheyi_exchange_spec::segment::{Opened, SegmentReader};
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::{Advance, LiveJournal, open_segments};
use sanheyi_node::store::{Reach, Store, StoreError};
use sanheyi_node::uplink::port::{PushAnswer, PushCall};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::fresh::Waiting;
use super::lanes::lane_of;
use super::room::no_room;
use super::stages::{add, count};
use super::{Shared, hosted, refused};
use crate::store::hosted_stop;

/// Pushes that may wait for the worker of a lane.
const QUEUE: usize = 256;
/// Pushes made durable by one commit.
const GROUP: usize = 64;
/// Pushes that may lie opened in memory at once: with a window each, a few dozen megabytes.
const OPEN_AT_ONCE: usize = 16;
/// Journals whose trees each lane keeps in memory: some 20 KiB each.
const JOURNALS: usize = 4096;
/// How often a push is decided again when other instances, or a Greet, are faster.
const TRIES: u32 = 8;

/// Where pushes are handed in.
#[derive(Clone)]
pub(super) struct AdmissionDesk {
    shared: Arc<Shared>,
    lanes: Vec<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
}

/// The worker that admits what is offered in one lane.
pub struct Admission {
    shared: Arc<Shared>,
    lane: usize,
    jobs: mpsc::Receiver<Job>,
    journals: BTreeMap<JournalId, LiveJournal>,
}

struct Job {
    platform: PlatformId,
    /// Whether the journal is at home in this store.
    hosted: bool,
    journal: JournalId,
    offer: Offer,
    segments: Vec<(Bytes, Opened)>,
    checkpoint: Checkpoint,
    note: String,
    tries: u32,
    answer: oneshot::Sender<Result<PushAnswer, Refusal>>,
}

/// A job that is to be written.
struct Bound {
    job: Job,
    advance: Advance,
}

// === impl AdmissionDesk ===

impl AdmissionDesk {
    pub(super) async fn push(
        &self,
        platform: &PlatformId,
        call: PushCall,
    ) -> Result<PushAnswer, Refusal> {
        let known = self.shared.registry.find(&self.shared.parts, platform).await?;
        if call.journal.author != *platform {
            return Err(Refusal::new(
                Code::Unauthorised,
                call.journal.to_string(),
                format!("平台 {platform} 不是日志 {} 的作者", call.journal),
                format!("platform {platform} is not the author of {}", call.journal),
            ));
        }
        // A tenant's entries are here already: to admit them moves a cursor.
        if !known.hosted {
            self.shared.has_room().map_err(|full| no_room(&full))?;
        }
        let busy =
            || Refusal::new(Code::Unavailable, "", "市级平台正在停止", "the hub is stopping");
        let _room = self.room.acquire().await.map_err(|_| busy())?;
        let Shared { registry, parts, .. } = self.shared.as_ref();
        let checkpoint = registry.verified(parts, platform, &call, &known.key).await?;
        kept_by(&checkpoint, known.hosted.then_some(&self.shared.parts.hub))?;
        let segments = self.open(&call)?;
        let entries: u64 = segments.iter().map(|(_, opened)| opened.len() as u64).sum();
        let offer = Offer {
            position: call.position,
            first: call.first,
            to: call.first.saturating_add(entries),
        };
        let (answer, answered) = oneshot::channel();
        let job = Job {
            platform: platform.clone(),
            hosted: known.hosted,
            journal: call.journal,
            offer,
            segments,
            checkpoint,
            note: call.checkpoint,
            tries: 0,
            answer,
        };
        let lane = lane_of(platform, self.lanes.len());
        self.lanes[lane].send(job).await.map_err(|_| busy())?;
        answered.await.map_err(|_| busy())?
    }

    /// Opens the segments, held against every bound before anything is stored.
    fn open(&self, call: &PushCall) -> Result<Vec<(Bytes, Opened)>, Refusal> {
        let malformed = |zh: String, en: String| {
            let place = format!("{} @{}", call.journal, call.first);
            Refusal::new(Code::Malformed, place, zh, en)
        };
        let began = self.shared.parts.clock.now();
        let mut reader = SegmentReader::new(Suite::Intl)
            .map_err(|error| malformed("内存不足".into(), error.to_string()))?;
        let bytes: usize = call.segments.iter().map(Bytes::len).sum();
        let bound = limits::WINDOW_BYTES.saturating_add(limits::FRAME_BYTES * 2);
        if bytes > bound {
            return Err(malformed(
                format!("一次推送最多 {bound} 字节，实为 {bytes}"),
                format!("a push has at most {bound} bytes of segments, this one {bytes}"),
            ));
        }
        let opened = open_segments(&mut reader, &call.segments).map_err(|error| {
            malformed(format!("段不合规：{error}"), format!("a segment does not open: {error}"))
        })?;
        add(&self.shared.stages.open, began, self.shared.parts.clock.now());
        Ok(opened)
    }
}

// === impl Admission ===

impl Admission {
    /// The workers of so many lanes, and the desk before them.
    pub(super) fn new(shared: &Arc<Shared>, lanes: usize) -> (Vec<Self>, AdmissionDesk) {
        let room = Arc::new(Semaphore::new(OPEN_AT_ONCE));
        let mut desk = AdmissionDesk { shared: Arc::clone(shared), lanes: Vec::new(), room };
        let mut workers = Vec::new();
        for lane in 0..lanes {
            let (jobs, queue) = mpsc::channel(QUEUE);
            desk.lanes.push(jobs);
            let shared = Arc::clone(shared);
            workers.push(Self { shared, lane, jobs: queue, journals: BTreeMap::new() });
        }
        (workers, desk)
    }

    /// Admits until nobody can push any more.
    ///
    /// # Errors
    /// Never by itself: every fault is answered to whoever pushed.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let mut later = Vec::new();
        loop {
            let mut group: Vec<Job> = std::mem::take(&mut later);
            if group.is_empty() {
                match self.jobs.recv().await {
                    Some(job) => group.push(job),
                    None => return Ok(()),
                }
            }
            while group.len() < GROUP {
                match self.jobs.try_recv() {
                    Ok(job) => group.push(job),
                    Err(_) => break,
                }
            }
            // Two pushes of one journal cannot share a commit: the second is decided on what the
            // first has made true.
            let mut seen = std::collections::BTreeSet::new();
            let (now, then) =
                group.into_iter().partition(|job: &Job| seen.insert(job.journal.clone()));
            later = then;
            self.shared.works.admissions[self.lane].busy(self.shared.parts.clock.now());
            self.admit_group(now).await;
            self.shared.works.admissions[self.lane].rest();
        }
    }

    async fn admit_group(&mut self, group: Vec<Job>) {
        let began = self.shared.parts.clock.now();
        let mut bound = Vec::new();
        for job in group {
            match self.decide(&job).await {
                Ok(Some(advance)) => bound.push(Bound { job, advance }),
                Ok(None) => self.acknowledge(job).await,
                Err(refusal) => self.refuse(job, refusal).await,
            }
        }
        let parcels = self.parcels(bound);
        let written = join_all(parcels.iter().map(|parcel| self.write(parcel))).await;
        for (parcel, outcome) in parcels.into_iter().zip(written) {
            self.conclude(parcel, outcome).await;
        }
        add(&self.shared.stages.admit, began, self.shared.parts.clock.now());
    }

    /// What is written by one transaction: all of it where there is one writer, and the fewer
    /// flushes the better; one platform's where platforms commit side by side.
    fn parcels(&self, bound: Vec<Bound>) -> Vec<Vec<Bound>> {
        let mut parcels: BTreeMap<Option<PlatformId>, Vec<Bound>> = BTreeMap::new();
        for one in bound {
            let key = match self.shared.parts.database.reach() {
                Reach::Everything => None,
                Reach::OnePlatform => Some(one.job.platform.clone()),
            };
            parcels.entry(key).or_default().push(one);
        }
        parcels.into_values().collect()
    }

    async fn conclude(&mut self, mut bound: Vec<Bound>, outcome: Result<(), StoreError>) {
        let Err(error) = outcome else { return self.settle(bound) };
        for one in &mut bound {
            self.journals.remove(&one.job.journal);
            one.job.tries += 1;
        }
        // One that fails must not take its neighbours along, and one that was raced, by a Greet or
        // by another instance, is decided on what is in force: each again by itself.
        let alone = bound.len() == 1;
        for Bound { job, .. } in bound {
            let again = !alone || (matches!(error, StoreError::Raced(_)) && job.tries < TRIES);
            if again {
                Box::pin(self.admit_group(vec![job])).await;
            } else {
                let _ = job.answer.send(Err(refused(&error)));
            }
        }
    }

    /// Decides one push: `Some` to write, `None` if all of it is here already.
    async fn decide(&mut self, job: &Job) -> Result<Option<Advance>, Refusal> {
        self.load(&job.platform, &job.journal).await?;
        let verdict = match self.verdict(job) {
            // The journal in memory may be of an earlier epoch: what counts is what is stored.
            Err(refusal) if matches!(refusal.code, Code::EpochStale | Code::HistoryChanged) => {
                self.journals.remove(&job.journal);
                self.load(&job.platform, &job.journal).await?;
                self.verdict(job)?
            }
            verdict => verdict?,
        };
        let Some(journal) = self.journals.get(&job.journal) else { return Ok(None) };
        match verdict {
            Verdict::Overlap => Ok(None),
            Verdict::Compare => {
                let store = self.shared.store(&job.platform);
                let root = store
                    .root_at(journal.number(), job.offer.to)
                    .await
                    .map_err(|error| refused(&error))?;
                bind(journal.head(), &job.checkpoint, job.offer.to, &root).map(|()| None)
            }
            Verdict::Append => {
                let now = self.shared.parts.clock.now();
                let advance = journal.admit(&job.segments, Some(job.note.clone()), now);
                bind(journal.head(), &job.checkpoint, job.offer.to, &advance.to().root)?;
                if job.hosted {
                    let store = self.shared.store(&job.platform);
                    hosted::hold_home(&self.shared, &store, journal, &advance).await?;
                }
                Ok(Some(advance))
            }
        }
    }

    fn verdict(&self, job: &Job) -> Result<Verdict, Refusal> {
        let journal = self.journals.get(&job.journal).ok_or_else(|| ungreeted(&job.journal))?;
        admit(journal.head(), &job.offer)
    }

    async fn load(&mut self, platform: &PlatformId, id: &JournalId) -> Result<(), Refusal> {
        if self.journals.contains_key(id) {
            return Ok(());
        }
        if self.journals.len() >= JOURNALS {
            self.journals.pop_first();
        }
        let store = self.shared.store(platform);
        let row = hosted::copy_get(&self.shared, &store, id).await;
        let row = row.map_err(|error| refused(&error))?.ok_or_else(|| ungreeted(id))?;
        let journal = LiveJournal::open(&store, row).await.map_err(|error| refused(&error))?;
        self.journals.insert(id.clone(), journal);
        Ok(())
    }

    async fn write(&self, bound: &[Bound]) -> Result<(), StoreError> {
        let Some(first) = bound.first() else { return Ok(()) };
        let mut tx = self.shared.store(&first.job.platform).begin("journal_admit").await?;
        for Bound { job, advance } in bound {
            let store: Store = self.shared.store(&job.platform);
            match job.hosted {
                true => hosted::write(&mut tx, &store, advance, &job.note),
                false => tx.journal_write(&store, advance),
            }
        }
        tx.commit().await
    }

    fn settle(&mut self, bound: Vec<Bound>) {
        for Bound { job, advance } in bound {
            let now = self.shared.parts.clock.now();
            let Some(journal) = self.journals.get_mut(&job.journal) else { continue };
            journal.settle(advance);
            let position = journal.head().position;
            let durable = journal.head().size;
            count(&self.shared.stages.admitted, durable - job.offer.first);
            let mut first = job.offer.first;
            let root = journal.head().root;
            for (_, opened) in job.segments {
                let next = first + opened.len() as u64;
                let key = (job.platform.clone(), journal.number(), first);
                let root = (next == durable).then_some(root);
                self.shared.fresh.put(key, Waiting { opened, stored: now, root });
                first = next;
            }
            self.shared.news.tell_gate(&job.platform);
            // Who pushed may have gone; what was admitted stands all the same.
            let _ = job.answer.send(Ok(PushAnswer { position, durable }));
        }
    }

    async fn acknowledge(&self, job: Job) {
        let answer = match self.journals.get(&job.journal) {
            Some(journal) => {
                let head = journal.head();
                Ok(PushAnswer { position: head.position, durable: head.size })
            }
            None => Err(ungreeted(&job.journal)),
        };
        let _ = job.answer.send(answer);
    }

    /// Answers a refusal. A history that differs stops its journal, loudly, with both roots;
    /// nothing is overwritten.
    async fn refuse(&mut self, job: Job, refusal: Refusal) {
        let stopped = self.journals.get(&job.journal).is_none_or(|one| one.head().stopped);
        if refusal.code == Code::HistoryChanged && !stopped {
            tracing::error!(journal = %job.journal, %refusal, "the journal is stopped");
            if let Err(error) = self.stop(&job, &refusal).await {
                tracing::error!(journal = %job.journal, %error, "the stop could not be written");
            }
        }
        let _ = job.answer.send(Err(refusal));
    }

    async fn stop(&mut self, job: &Job, refusal: &Refusal) -> Result<(), StoreError> {
        let Some(journal) = self.journals.get_mut(&job.journal) else { return Ok(()) };
        let store = self.shared.store(&job.platform);
        let mut tx = store.begin("journal_stop").await?;
        let why = format!("{refusal}\n{}", job.note);
        match job.hosted {
            true => hosted_stop(&mut tx, &store, journal.number(), &why).await?,
            false => tx.journal_stop(&store, journal.number(), &why).await?,
        }
        tx.commit().await?;
        journal.set_stopped();
        Ok(())
    }
}

fn ungreeted(journal: &JournalId) -> Refusal {
    Refusal::new(
        Code::EpochStale,
        journal.to_string(),
        "该日志尚未问候",
        "the journal has not been greeted for",
    )
}
