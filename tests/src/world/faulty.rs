//! Faults of calls: a port that loses, repeats and delays, and a caller that asks until it is
//! answered. What holds on a port must hold on the two together, because every call may be made
//! again.
//!
//! Fates are dealt from a shuffled deck that has each of them once, so that chance decides the
//! order and never whether something happens: a run long enough has met everything, and a caller
//! gets through within a few tries, whatever the seed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_node::branch::attachment::Held;
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PieceAsked, PieceCall, PullAnswer, PullCall,
    PushAnswer, PushCall,
};

/// Most turns that a delayed call gives to the others: enough for the call beside it to be made,
/// answered and followed by another.
const TURNS: u64 = 64;
/// Tries of one call after which its caller must have been answered: many decks.
const TRIES: usize = 100;

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is delivered, and its answer heard.
    Passes,
    /// It is never delivered.
    RequestLost,
    /// It is delivered, and its answer lost.
    AnswerLost,
    /// It is delivered twice, one after the other or both at once; either answer is heard.
    Twice,
    /// It is delivered behind whatever goes on beside it.
    Delayed,
    /// Its caller gives it up, and it is delivered all the same: behind a later call. What changes
    /// nothing is only given up.
    Late,
}

/// Every fate.
pub const FATES: [Fate; 6] =
    [Fate::Passes, Fate::RequestLost, Fate::AnswerLost, Fate::Twice, Fate::Delayed, Fate::Late];

/// The kinds of calls, as the counts name them.
pub const CALLS: [&str; 6] = ["greet", "push", "pull", "offer", "put", "get"];

/// Those that change nothing.
const READS: [&str; 2] = ["pull", "get"];

/// Where fates come from, and what has happened; shared by all ports of a test.
pub struct Faults {
    seed: u64,
    entropy: SeededEntropy,
    /// A deck for each kind of call: the fates that are still to come before it is shuffled anew.
    decks: Mutex<BTreeMap<&'static str, Vec<Fate>>>,
    counts: Mutex<BTreeMap<(&'static str, Fate), u64>>,
}

/// A port that has faults.
pub struct Faulty<P> {
    inner: Arc<P>,
    faults: Arc<Faults>,
    /// Calls that were given up and are still on their way.
    late: Mutex<Vec<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

/// A caller that repeats a call, byte for byte, until it is answered or refused.
pub struct Patient<P>(P);

// === impl Faults ===

impl Faults {
    /// Faults by `seed`; `name` gives every test a stream of its own.
    pub fn new(seed: u64, name: &str) -> Arc<Self> {
        let mix = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let entropy = SeededEntropy::new(name.bytes().fold(seed, mix));
        let (decks, counts) = (Mutex::default(), Mutex::default());
        Arc::new(Self { seed, entropy, decks, counts })
    }

    /// How often each call has met each fate.
    pub fn counts(&self) -> BTreeMap<(&'static str, Fate), u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn below(&self, bound: u64) -> u64 {
        self.entropy.u64() % bound
    }

    fn draw(&self, call: &'static str) -> Fate {
        let mut decks = self.decks.lock().unwrap_or_else(PoisonError::into_inner);
        let deck = decks.entry(call).or_default();
        if deck.is_empty() {
            deck.extend(FATES);
        }
        let at = usize::try_from(self.below(deck.len() as u64)).unwrap_or_default();
        let fate = deck.swap_remove(at);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((call, fate)).or_default() += 1;
        fate
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Past the macros for printing, which are for programs: whoever repeats needs this.
            let _ = writeln!(std::io::stderr(), "SANHEYI_SEED={:#x}", self.seed);
        }
    }
}

// === impl Faulty ===

fn lost(fate: Fate) -> CallError {
    CallError::Lost(format!("made up: {fate:?}"))
}

impl<P: HubPort + 'static> Faulty<P> {
    /// `port` with `faults`.
    pub fn new(port: P, faults: Arc<Faults>) -> Self {
        Self { inner: Arc::new(port), faults, late: Mutex::default() }
    }

    /// Gives a call its fate. The call is made when `ask` is polled, and only then.
    async fn meet<C, A, F>(&self, name: &'static str, call: C, ask: Ask<P, C, F>) -> Answer<A>
    where
        C: Clone + Send,
        A: Send + 'static,
        F: Future<Output = Answer<A>> + Send + 'static,
    {
        let deliver = |call| Box::pin(ask(Arc::clone(&self.inner), call));
        let fate = self.faults.draw(name);
        let behind = match fate {
            Fate::RequestLost | Fate::Late => Vec::new(),
            _ => std::mem::take(&mut *self.late.lock().unwrap_or_else(PoisonError::into_inner)),
        };
        let answer = match fate {
            Fate::Passes => deliver(call).await,
            Fate::RequestLost => Err(lost(fate)),
            Fate::AnswerLost => {
                let _ = deliver(call).await;
                Err(lost(fate))
            }
            Fate::Twice => self.twice(deliver(call.clone()), deliver(call)).await,
            Fate::Delayed => {
                for _ in 0..=self.faults.below(TURNS) {
                    tokio::task::yield_now().await;
                }
                deliver(call).await
            }
            Fate::Late => {
                if !READS.contains(&name) {
                    let given_up = deliver(call);
                    let unheard = Box::pin(async move { drop(given_up.await) });
                    self.late.lock().unwrap_or_else(PoisonError::into_inner).push(unheard);
                }
                Err(lost(fate))
            }
        };
        for late in behind {
            late.await;
        }
        answer
    }

    async fn twice<A>(
        &self,
        one: impl Future<Output = Answer<A>> + Send,
        other: impl Future<Output = Answer<A>> + Send,
    ) -> Answer<A> {
        let (first, second) = match self.faults.below(2) {
            0 => (one.await, other.await),
            _ => tokio::join!(one, other),
        };
        if self.faults.below(2) == 0 { first } else { second }
    }
}

type Answer<A> = Result<A, CallError>;
type Ask<P, C, F> = fn(Arc<P>, C) -> F;

impl<P: HubPort + 'static> HubPort for Faulty<P> {
    async fn greet(&self, call: GreetCall) -> Answer<GreetAnswer> {
        self.meet("greet", call, |port, call| async move { port.greet(call).await }).await
    }

    async fn push(&self, call: PushCall) -> Answer<PushAnswer> {
        self.meet("push", call, |port, call| async move { port.push(call).await }).await
    }

    async fn pull(&self, call: PullCall) -> Answer<PullAnswer> {
        self.meet("pull", call, |port, call| async move { port.pull(call).await }).await
    }

    async fn offer_file(&self, file: Attachment) -> Answer<Held> {
        self.meet("offer", file, |port, file| async move { port.offer_file(file).await }).await
    }

    async fn put_piece(&self, call: PieceCall) -> Answer<Held> {
        self.meet("put", call, |port, call| async move { port.put_piece(call).await }).await
    }

    async fn get_piece(&self, call: PieceAsked) -> Answer<Bytes> {
        self.meet("get", call, |port, call| async move { port.get_piece(call).await }).await
    }
}

// === impl Patient ===

impl<P: HubPort> Patient<P> {
    /// A caller on `port`.
    pub fn new(port: P) -> Self {
        Self(port)
    }
}

async fn insist<C, A, F>(call: C, ask: impl Fn(C) -> F + Send) -> Answer<A>
where
    C: Clone + Send,
    F: Future<Output = Answer<A>> + Send,
{
    let mut why = Vec::new();
    for _ in 0..TRIES {
        // Boxed: many calls side by side in one future are more than a test's stack holds.
        match Box::pin(ask(call.clone())).await {
            Err(CallError::Lost(one)) => why.push(one),
            heard => return heard,
        }
    }
    panic!("{TRIES} tries were lost: {why:?}")
}

impl<P: HubPort> HubPort for Patient<P> {
    async fn greet(&self, call: GreetCall) -> Answer<GreetAnswer> {
        insist(call, |call| self.0.greet(call)).await
    }

    async fn push(&self, call: PushCall) -> Answer<PushAnswer> {
        insist(call, |call| self.0.push(call)).await
    }

    async fn pull(&self, call: PullCall) -> Answer<PullAnswer> {
        insist(call, |call| self.0.pull(call)).await
    }

    async fn offer_file(&self, file: Attachment) -> Answer<Held> {
        insist(file, |file| self.0.offer_file(file)).await
    }

    async fn put_piece(&self, call: PieceCall) -> Answer<Held> {
        insist(call, |call| self.0.put_piece(call)).await
    }

    async fn get_piece(&self, call: PieceAsked) -> Answer<Bytes> {
        insist(call, |call| self.0.get_piece(call)).await
    }
}
