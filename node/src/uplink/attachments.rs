//! Files beside the entries that name them: one piece in flight, only while nothing is to be
//! pushed, from where the other side has it. What a cut line loses is the piece that was on its
//! way. Pieces go in the normal lane and keep its cap and its hours.
//!
//! ```text
//! up    a file of ours that is here   ─► offer ─► put, put, … ─► the hub has it
//! down  a file named by what we were given ─► get, get, …     ─► here, its digest computed
//! ```
//!
//! [`Mover`] is what a session remembers of it; [`Job`] is one call and what follows from it in the
//! store. A file that cannot go now is passed over, and has its turn again when something is heard
//! of the hub; a file that the hub does not take keeps the reason.

use std::collections::BTreeSet;
use std::sync::Arc;

use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::error::{Code, Remedy};
use sanheyi_exchange_spec::ids::{Generation, Lane};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::Digest;

use super::lanes::{Lanes, Way as Side};
use super::parts::LinkParts;
use super::port::{CallError, HubPort, PieceAsked, PieceCall};
use crate::branch::attachment::{CarryError, Held, offer, put, settle};
use crate::process::clock::Clock;
use crate::store::{DueState, Store, StoreError, Way};
use crate::upkeep::room::Room;

/// Files that may be passed over before the others wait, too.
const PASSED_OVER: usize = 1024;
/// Named files looked at in one go.
const LOOK: u64 = 64;

/// What a session remembers of its files.
#[derive(Debug, Default)]
pub(super) struct Mover {
    /// The file that is on its way.
    moving: Option<Moving>,
    /// Files that cannot go now.
    over: BTreeSet<(Way, Digest)>,
    /// Whether there may be something to do.
    wish: bool,
    /// Whether a job is being done.
    flying: bool,
}

/// A file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moving {
    way: Way,
    file: Attachment,
    /// The piece that is due.
    next: u64,
}

/// One call, and what it needs.
pub(super) struct Job<P> {
    port: Arc<P>,
    store: Store,
    clock: Arc<dyn Clock>,
    lanes: Arc<Lanes>,
    /// The disk by which nothing new is fetched.
    room: Option<Arc<Room>>,
    moving: Option<Moving>,
    over: BTreeSet<(Way, Digest)>,
}

/// What a job came to.
#[derive(Debug)]
pub(super) enum Moved {
    /// A piece has gone, or a file was begun or ended: go on.
    On(Option<(Way, Attachment, u64)>),
    /// Not this file, not now.
    Over(Way, Digest, String),
    /// There is nothing to do.
    Rest,
    /// The store failed: rest until something is heard.
    Failed(StoreError),
}

/// A hub of another generation was restored: what it had of our files it may have no longer.
pub(super) async fn again_if_restored(
    store: &Store,
    generation: Generation,
) -> Result<(), StoreError> {
    let rows = store.journal_list().await?;
    let of_ours =
        rows.iter().filter(|row| row.home && row.head.journal.author == *store.platform());
    let mut before = of_ours.map(|row| row.head.position.generation);
    if before.any(|before| before != generation && before != Generation::ZERO) {
        let mut tx = store.begin("due_again").await?;
        tx.due_again(store);
        tx.commit().await?;
    }
    Ok(())
}

// === impl Mover ===

impl Mover {
    /// Something was heard: what was passed over has its turn again. Of what comes down only at a
    /// quiet time: the hub may wait for it longer than for our own records.
    pub(super) fn wake(&mut self, quiet: bool) {
        self.wish = true;
        self.over.retain(|(way, _)| *way == Way::Down && !quiet);
    }

    /// The next job, if one may begin: `free` says that nothing else is to go first.
    pub(super) fn job<P: HubPort>(
        &mut self,
        free: bool,
        port: &Arc<P>,
        parts: &LinkParts,
    ) -> Option<Job<P>> {
        if !free || !self.wish || self.flying {
            return None;
        }
        self.flying = true;
        let moving = self.moving.take();
        let over = if moving.is_none() { self.over.clone() } else { BTreeSet::new() };
        let (clock, lanes) = (Arc::clone(&parts.clock), Arc::clone(&parts.lanes));
        let (store, room) = (parts.branch.store().clone(), parts.branch.room());
        Some(Job { port: Arc::clone(port), store, clock, lanes, room, moving, over })
    }

    /// A job is done.
    pub(super) fn took(&mut self, moved: Moved) {
        self.flying = false;
        match moved {
            Moved::On(next) => {
                self.moving = next.map(|(way, file, next)| Moving { way, file, next });
            }
            Moved::Over(way, digest, why) => {
                tracing::debug!(%digest, why, "a file is passed over for now");
                self.over.insert((way, digest));
                self.wish = self.over.len() < PASSED_OVER;
            }
            Moved::Rest => self.wish = false,
            Moved::Failed(error) => {
                tracing::error!(%error, "files cannot be moved");
                self.wish = false;
            }
        }
    }
}

// === impl Job ===

impl<P: HubPort> Job<P> {
    /// Does it.
    pub(super) async fn run(self) -> Moved {
        let outcome = match &self.moving {
            None => self.begin().await,
            Some(moving) if moving.way == Way::Up => self.give(moving).await,
            Some(moving) => self.fetch(moving).await,
        };
        outcome.unwrap_or_else(Moved::Failed)
    }

    /// Looks for a file that can go, and begins with it.
    async fn begin(&self) -> Result<Moved, StoreError> {
        let due = [(Way::Up, DueState::Here), (Way::Down, DueState::Absent)];
        for (way, state) in due {
            let Some(file) = self.next(way, state).await? else { continue };
            return match way {
                Way::Up => self.offer(file).await,
                Way::Down => self.take_up(file).await,
            };
        }
        Ok(Moved::Rest)
    }

    /// The next file that was not passed over.
    async fn next(&self, way: Way, state: DueState) -> Result<Option<Attachment>, StoreError> {
        let mut after = None;
        loop {
            let rows = self.store.due_list(way, state, after.as_ref(), LOOK).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            after = Some(last.file.digest);
            let new = |file: &Attachment| !self.over.contains(&(way, file.digest));
            if let Some(file) = rows.into_iter().map(|row| row.file).find(new) {
                return Ok(Some(file));
            }
        }
    }

    // === up ===

    async fn offer(&self, file: Attachment) -> Result<Moved, StoreError> {
        match self.port.offer_file(file.clone()).await {
            Ok(held) => self.passed(file, held).await,
            Err(error) => self.unheard(Way::Up, &file, error).await,
        }
    }

    async fn give(&self, moving: &Moving) -> Result<Moved, StoreError> {
        let Moving { file, next: number, .. } = moving;
        let (digest, number) = (file.digest, *number);
        let piece = self.store.piece_get(&digest, number).await?;
        let Some(piece) = piece else {
            return Ok(Moved::Over(Way::Up, digest, format!("piece {number} is not here")));
        };
        self.lanes.turn(Lane::Normal, Side::Up).await;
        self.lanes.paid(Lane::Normal, Side::Up, piece.len());
        match self.port.put_piece(PieceCall { digest, number, piece }).await {
            Ok(held) => self.passed(file.clone(), held).await,
            // The hub has another number of pieces than we believe: it says so when asked anew.
            Err(CallError::Refused(refusal)) if refusal.code == Code::Gap => Ok(Moved::On(None)),
            Err(error) => self.unheard(Way::Up, file, error).await,
        }
    }

    async fn passed(&self, file: Attachment, held: Held) -> Result<Moved, StoreError> {
        if !held.whole {
            return Ok(Moved::On(Some((Way::Up, file, held.pieces))));
        }
        settle(&self.store, Way::Up, &file.digest, DueState::Passed, "").await?;
        tracing::info!(digest = %file.digest, bytes = file.bytes, "the hub has a file of ours");
        Ok(Moved::On(None))
    }

    // === down ===

    /// A file waits, as it came so far, while the disk has too little left.
    fn no_room(&self, file: &Attachment) -> Option<Moved> {
        let full = self.room.as_ref().and_then(|room| room.check().err())?;
        Some(Moved::Over(Way::Down, file.digest, full.to_string()))
    }

    async fn take_up(&self, file: Attachment) -> Result<Moved, StoreError> {
        if let Some(over) = self.no_room(&file) {
            return Ok(over);
        }
        match offer(&self.store, &file, self.clock.now()).await {
            Ok(Held { whole: true, .. }) => self.here(&file).await,
            Ok(Held { pieces, .. }) => {
                self.fetch(&Moving { way: Way::Down, file, next: pieces }).await
            }
            Err(error) => self.not_taken(&file, error).await,
        }
    }

    async fn fetch(&self, moving: &Moving) -> Result<Moved, StoreError> {
        let Moving { file, next: number, .. } = moving;
        let (digest, number) = (file.digest, *number);
        if let Some(over) = self.no_room(file) {
            return Ok(over);
        }
        self.lanes.turn(Lane::Normal, Side::Down).await;
        let piece = match self.port.get_piece(PieceAsked { digest, number }).await {
            Ok(piece) => piece,
            Err(error) => return self.unheard(Way::Down, file, error).await,
        };
        self.lanes.paid(Lane::Normal, Side::Down, piece.len());
        match put(&self.store, &digest, number, &piece, self.clock.now()).await {
            Ok(Held { whole: true, .. }) => self.here(file).await,
            Ok(Held { pieces, .. }) => Ok(Moved::On(Some((Way::Down, file.clone(), pieces)))),
            Err(error) => self.not_taken(file, error).await,
        }
    }

    async fn here(&self, file: &Attachment) -> Result<Moved, StoreError> {
        settle(&self.store, Way::Down, &file.digest, DueState::Here, "").await?;
        tracing::info!(digest = %file.digest, bytes = file.bytes, "a file has come from the hub");
        Ok(Moved::On(None))
    }

    /// What came from the hub is not what the entry says.
    async fn not_taken(&self, file: &Attachment, error: CarryError) -> Result<Moved, StoreError> {
        match error {
            CarryError::Store(error) => Err(error),
            CarryError::Refused(refusal) => self.refuse(Way::Down, file, &refusal).await,
        }
    }

    // === both ===

    async fn unheard(
        &self,
        way: Way,
        file: &Attachment,
        error: CallError,
    ) -> Result<Moved, StoreError> {
        match error {
            CallError::Refused(refusal) if refusal.code.remedy() == Remedy::Operator => {
                self.refuse(way, file, &refusal).await
            }
            // If it was the line, the calls of the session hear so, too.
            other => Ok(Moved::Over(way, file.digest, other.to_string())),
        }
    }

    async fn refuse(
        &self,
        way: Way,
        file: &Attachment,
        refusal: &Refusal,
    ) -> Result<Moved, StoreError> {
        tracing::warn!(digest = %file.digest, %refusal, "a file is refused");
        let why = format!("{} · {}", refusal.zh, refusal.en);
        settle(&self.store, way, &file.digest, DueState::Refused, &why).await?;
        Ok(Moved::On(None))
    }
}
