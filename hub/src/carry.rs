//! Carry (摆渡) at the hub: a file from behind a one-way gate (网闸) is played as the calls that it
//! holds, what it brought is judged at once, and the answers go into a file for the way back.
//!
//! It is an instance of the hub like any other (see *Several instances of a hub* in
//! ARCHITECTURE.md): it may work beside those that run on the same store, or alone, and whatever it
//! leaves half done when it dies is done by the same file once more.

mod answer;

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use sanheyi_exchange_spec::carry::{CarryError, Claimed, Kind, Manifest, Reader};
use sanheyi_exchange_spec::error::{Code, Remedy};
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::store::StoreError;
use sanheyi_node::uplink::port::{GreetAnswer, GreetCall, PushCall};
use sanheyi_proto::exchange::v1::carry_item::Item;
use sanheyi_proto::exchange::v1::{CarryItem, GreetRequest};
use thiserror::Error;

use crate::exchange::{Courier, Exchange, ExchangeParts, Gate, ReaderNotes, Workers};
use crate::store::platform_get;

/// Refusals of pushes that go into one answer.
const REFUSALS: usize = 16;

/// Why a file was not taken in, or not answered.
#[derive(Debug, Error)]
pub enum CarryFault {
    /// The file itself.
    #[error(transparent)]
    File(#[from] CarryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// By a rule of the link.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// Nobody is registered under the name.
    #[error(
        "平台 {0} 未在市级平台登记，不予采用 · platform {0} is not registered at this hub: nothing was taken in"
    )]
    Unknown(PlatformId),
    /// Its branch lives in the hub.
    #[error(
        "平台 {0} 由市级平台托管，没有摆渡文件 · platform {0} is hosted by the hub: it sends no files"
    )]
    Hosted(PlatformId),
    /// An earlier file of the same export is missing.
    #[error(
        "第 {part} 个文件：{journal} 尚缺第 {durable} 条起的内容，请先导入同一次导出中在前的文件 · file {part}: {journal} lacks what begins at {durable}: import the earlier files of the same export first"
    )]
    Early {
        /// Which file it is.
        part: u64,
        /// The journal.
        journal: JournalId,
        /// Size of the hub's copy.
        durable: u64,
    },
    /// The Greet in it holds no epoch in force.
    #[error(
        "{0}：文件早于该平台已被接受的一次问候，或另有一台机器以同一身份问候过。请该平台重新导出；若仍被拒绝，由管理员确认保留哪一台机器（platform readmit） · {0}: the file is older than a Greet that was accepted since, or another machine has greeted under the same identity. Have the platform export again; if that is refused, too, say which machine goes on (platform readmit)"
    )]
    Older(String),
    /// An item stands where none of its kind may.
    #[error(
        "第 {0} 项不应出现在此处，文件不合规 · item {0} must not stand here: the file is malformed"
    )]
    Misplaced(u64),
    /// The workers ended before the file did.
    #[error("处理中断，请重新导入同一文件 · interrupted: import the same file again")]
    Interrupted,
}

/// What came of a file.
#[derive(Debug)]
pub struct Taken {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whether its Greet had been answered before: then only the answer is given again.
    pub repeat: bool,
    /// Pushes that are durable now, or were before.
    pub pushes: u64,
    /// Pushes that an operator of the platform must look into. At most 16 are told.
    pub refused: Vec<Refusal>,
    /// Whether all that was admitted has a verdict.
    pub judged: bool,
    /// The Greet and its answer; none in a file that is followed by others.
    pub greeted: Option<(GreetCall, GreetAnswer)>,
}

/// Takes files in and answers them.
pub struct Ferry {
    parts: ExchangeParts,
    exchange: Exchange,
    gates: Vec<Gate>,
    courier: Courier,
    readers: ReaderNotes,
    /// Admit what is pushed.
    workers: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// What is in a file, before anything is taken in.
struct Contents {
    claimed: Claimed,
    greet: Option<GreetRequest>,
}

impl From<Refusal> for CarryFault {
    fn from(refusal: Refusal) -> Self {
        match refusal.code {
            Code::IdentityHeld => CarryFault::Older(refusal.place),
            _ => CarryFault::Refused(Box::new(refusal)),
        }
    }
}

// === impl Ferry ===

impl Ferry {
    /// Opens the exchange on its store, beside others that may run.
    ///
    /// # Errors
    /// Of the database.
    pub async fn open(parts: ExchangeParts) -> Result<Self, StoreError> {
        let (exchange, workers) = Exchange::open(parts.clone()).await?;
        let Workers { admission, gates, courier, readers, .. } = workers;
        let workers = join_all(admission.into_iter().map(|one| one.run())).map(drop);
        Ok(Self { parts, exchange, gates, courier, readers, workers: Box::pin(workers) })
    }

    /// Takes in a file of `length` bytes: the whole of it is verified, then its pushes are admitted
    /// and judged, and its Greet is answered. The same file again changes nothing, also after it
    /// was interrupted anywhere.
    ///
    /// # Errors
    /// See [`CarryFault`]. What was admitted before stays, and is said again by the next export.
    pub async fn take<R: Read + Seek>(
        &mut self,
        mut source: R,
        length: u64,
    ) -> Result<Taken, CarryFault> {
        let Contents { claimed, greet } = contents(&mut source, length)?;
        let manifest = self.verified(&claimed).await?;
        let call = greet.map(GreetCall::try_from).transpose()?;
        let repeat = match &call {
            Some(call) => self.is_repeat(&manifest.from, call).await?,
            None => false,
        };
        let mut taken = Taken {
            manifest,
            repeat,
            pushes: 0,
            refused: Vec::new(),
            judged: false,
            greeted: None,
        };
        if !repeat {
            source.seek(SeekFrom::Start(0)).map_err(CarryError::from)?;
            let Self { exchange, workers, .. } = self;
            tokio::select! {
                biased;
                played = play(exchange, &mut source, length, &claimed, &mut taken) => played?,
                () = workers => return Err(CarryFault::Interrupted),
            }
        }
        let (platform, of) = (taken.manifest.from.clone(), self.gates.len());
        for gate in self.gates.iter_mut().filter(|gate| gate.serves(&platform, of)) {
            taken.judged = gate.finish(&platform).await;
        }
        if let Some(call) = call {
            // What others show this platform goes into its answer, also where no hub runs.
            self.courier.finish().await;
            let answer = self.exchange.greet(&platform, call.clone()).await?;
            taken.greeted = Some((call, answer));
        }
        Ok(taken)
    }

    /// Holds a file against its writer's key: a registered platform that calls by itself.
    async fn verified(&self, claimed: &Claimed) -> Result<Manifest, CarryFault> {
        let from = &claimed.manifest().from;
        let row = platform_get(&self.parts.database, from).await?;
        let row = row.ok_or_else(|| CarryFault::Unknown(from.clone()))?;
        if row.hosted {
            return Err(CarryFault::Hosted(from.clone()));
        }
        Ok(claimed.verify(&self.parts.hub, Kind::Up, &row.key)?.clone())
    }

    /// Whether the epoch that a Greet asks for is in force: then it was answered before.
    async fn is_repeat(&self, platform: &PlatformId, call: &GreetCall) -> Result<bool, StoreError> {
        let store = self.parts.database.of(platform);
        for claim in &call.journals {
            let row = store.journal_get(&claim.journal).await?;
            if row.is_none_or(|row| row.head.position.epoch != claim.next) {
                return Ok(false);
            }
        }
        Ok(!call.journals.is_empty())
    }
}

/// Goes through a file for the first time: what it says of itself, and its Greet, which stands last
/// and alone.
fn contents<R: Read>(source: R, length: u64) -> Result<Contents, CarryFault> {
    let mut reader = Reader::open(source, length)?;
    let (mut greet, mut place) = (None, 0);
    while let Some(CarryItem { item }) = reader.next_item()? {
        place += 1;
        match item {
            Some(Item::Push(_)) if greet.is_none() => {}
            Some(Item::Greet(message)) if greet.is_none() => greet = Some(message),
            // A file for the other way is told so by its manifest, which says more.
            Some(Item::Refusal(_) | Item::Greeted(_) | Item::Tails(_)) => {}
            _ => return Err(CarryFault::Misplaced(place)),
        }
    }
    Ok(Contents { claimed: reader.finish()?, greet })
}

/// Plays the pushes of a file.
async fn play<R: Read>(
    exchange: &Exchange,
    source: R,
    length: u64,
    claimed: &Claimed,
    taken: &mut Taken,
) -> Result<(), CarryFault> {
    let mut reader = Reader::open(source, length)?;
    let mut stopped: BTreeSet<JournalId> = BTreeSet::new();
    let mut place = 0;
    while let Some(CarryItem { item }) = reader.next_item()? {
        place += 1;
        let call = match item {
            Some(Item::Push(message)) => PushCall::try_from(message)?,
            Some(Item::Greet(_)) => continue,
            _ => return Err(CarryFault::Misplaced(place)),
        };
        let journal = call.journal.clone();
        if stopped.contains(&journal) {
            continue;
        }
        match exchange.push(&taken.manifest.from, call).await {
            Ok(_) => taken.pushes += 1,
            Err(refusal) => {
                told(refusal, &journal, taken)?;
                stopped.insert(journal);
            }
        }
    }
    // What was read the second time is what was verified the first time.
    match reader.finish()? == *claimed {
        true => Ok(()),
        false => Err(CarryError::Changed.into()),
    }
}

/// What follows from a refused push: some end the file, some only this journal's part of it.
fn told(refusal: Refusal, journal: &JournalId, taken: &mut Taken) -> Result<(), CarryFault> {
    match (refusal.code, refusal.code.remedy()) {
        (Code::Gap, _) if taken.manifest.part > 1 => {
            let (part, durable) = (taken.manifest.part, refusal.durable.unwrap_or(0));
            Err(CarryFault::Early { part, journal: journal.clone(), durable })
        }
        // The Greet mends it: the next export goes on from where the hub is.
        (_, Remedy::Greet) => Ok(()),
        (_, Remedy::Retry) => Err(refusal.into()),
        (_, Remedy::Operator) => {
            if taken.refused.len() < REFUSALS {
                taken.refused.push(refusal);
            }
            Ok(())
        }
    }
}

impl From<io::Error> for CarryFault {
    fn from(error: io::Error) -> Self {
        CarryFault::File(error.into())
    }
}
