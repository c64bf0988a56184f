//! Answering a pull: a window of a journal as it is stored, signed at its end. Where there is
//! nothing yet, the call waits on news, not on a clock.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{Audience, JournalId, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::branch::{Window, window};
use sanheyi_node::process::clock;
use sanheyi_node::store::{JournalRow, Store, StoreError};
use sanheyi_node::uplink::port::{PullAnswer, PullCall, Tail};

use super::enclose::enclosed;
use super::hosted::copy_get;
use super::{Shared, refused};

/// Answers a pull.
pub(super) async fn pull(
    shared: &Shared,
    platform: &PlatformId,
    call: PullCall,
) -> Result<PullAnswer, Refusal> {
    shared.registry.find(&shared.parts, platform).await?;
    if call.generation != shared.generation {
        return Err(Refusal::new(
            Code::EpochStale,
            platform.to_string(),
            "市级平台的存储世代已更换",
            "the hub's store is of another generation",
        ));
    }
    for (journal, _) in &call.cursors {
        permit(shared, platform, journal)?;
    }
    shared.readers.note(platform, shared.parts.clock.now(), &call.cursors);
    let mut news = shared.news.listen(platform);
    // What is said to all is news for who asks for it, and wakes nobody else.
    let asks = call.cursors.iter().any(|(journal, _)| journal.audience == Audience::All);
    let mut said = shared.news.listen(if asks { &shared.parts.hub } else { platform });
    let deadline = clock::pause(call.wait);
    tokio::pin!(deadline);
    loop {
        news.borrow_and_update();
        said.borrow_and_update();
        hold_epochs(shared, platform, &call).await?;
        let tails = tails(shared, platform, &call).await?;
        if !tails.is_empty() || call.wait.is_zero() {
            return Ok(PullAnswer { generation: shared.generation, tails });
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return Ok(empty(shared)); },
            changed = said.changed() => if changed.is_err() { return Ok(empty(shared)); },
            () = &mut deadline => return Ok(empty(shared)),
            () = shared.news.closed() => {
                let (zh, en) = ("市级平台正在停止", "the hub is stopping");
                return Err(Refusal::new(Code::Unavailable, "", zh, en));
            }
        }
    }
}

fn empty(shared: &Shared) -> PullAnswer {
    PullAnswer { generation: shared.generation, tails: Vec::new() }
}

/// A platform reads what is addressed to it, and its own journals as the hub holds them. Nothing
/// else.
fn permit(shared: &Shared, platform: &PlatformId, journal: &JournalId) -> Result<(), Refusal> {
    let to = match &journal.audience {
        Audience::All => true,
        Audience::One(reader) => reader == platform,
    };
    let down = journal.author == shared.parts.hub && to;
    if down || journal.author == *platform {
        return Ok(());
    }
    Err(Refusal::new(
        Code::Unauthorised,
        journal.to_string(),
        format!("平台 {platform} 无权读取日志 {journal}"),
        format!("platform {platform} may not read journal {journal}"),
    ))
}

/// A machine that another has replaced is told so, although it has nothing to push.
async fn hold_epochs(
    shared: &Shared,
    platform: &PlatformId,
    call: &PullCall,
) -> Result<(), Refusal> {
    let store = shared.store(platform);
    for (journal, epoch) in &call.epochs {
        let row = copy_get(shared, &store, journal).await.map_err(|error| refused(&error))?;
        if row.is_none_or(|row| row.head.position.epoch != *epoch) {
            return Err(Refusal::new(
                Code::EpochStale,
                journal.to_string(),
                "所持纪元已不是当前纪元",
                "the epoch carried is no longer the one in force",
            ));
        }
    }
    Ok(())
}

async fn tails(
    shared: &Shared,
    platform: &PlatformId,
    call: &PullCall,
) -> Result<Vec<Tail>, Refusal> {
    let own = shared.store(platform);
    let broadcast = shared.outbox.store(&Audience::All);
    let mut tails: Vec<Tail> = Vec::new();
    // One message carries them all: where it is full, the other cursors have their turn next time.
    let mut left = call.max_bytes.max(1);
    for (journal, cursor) in &call.cursors {
        let store = if journal.audience == Audience::All { &broadcast } else { &own };
        let row = held(shared, store, journal).await.map_err(|error| refused(&error))?;
        let Some(row) = row else { return Err(unknown(journal)) };
        if *cursor > row.head.size {
            return Err(rewound(&row, *cursor));
        }
        if *cursor < row.head.size && left > 0 {
            let tail = tail(shared, store, &row, *cursor, left).await;
            let tail = tail.map_err(|error| refused(&error))?;
            left = left.saturating_sub(weight(&tail));
            tails.push(tail);
        }
    }
    Ok(tails)
}

/// The journal that a cursor is of, as far as the hub shows it.
async fn held(
    shared: &Shared,
    store: &Store,
    journal: &JournalId,
) -> Result<Option<JournalRow>, StoreError> {
    match journal.audience {
        Audience::All => store.journal_get(journal).await,
        Audience::One(_) => copy_get(shared, store, journal).await,
    }
}

async fn tail(
    shared: &Shared,
    store: &Store,
    row: &JournalRow,
    cursor: u64,
    max_bytes: usize,
) -> Result<Tail, StoreError> {
    let journal = row.head.journal.clone();
    let (entries, root) = match shared.outbox.letters().window(&journal, cursor, max_bytes) {
        Some((entries, root)) => (entries, Some(root)),
        None => (window(store, row.number, cursor, row.head.size, max_bytes).await?, None),
    };
    let ours = journal.author == shared.parts.hub;
    let past = entries.past;
    let (entries, enclosures) = match (ours, &journal.audience) {
        (true, Audience::One(_)) => enclosed(shared, store, row, entries, max_bytes).await?,
        _ => (entries, Vec::new()),
    };
    let checkpoint = match (ours, root.filter(|_| past == entries.past)) {
        (true, Some(root)) => sign(shared, row, entries.past, root),
        (true, None) => {
            let root = store.root_at(row.number, entries.past).await?;
            sign(shared, row, entries.past, root)
        }
        (false, _) => String::new(),
    };
    let durable = row.head.size.max(past);
    let Window { first, segments, .. } = entries;
    Ok(Tail { journal, first, segments, checkpoint, durable, enclosures })
}

/// Bytes that a tail takes of an answer.
fn weight(tail: &Tail) -> usize {
    let segments: usize = tail.segments.iter().map(Bytes::len).sum();
    let enclosures = tail.enclosures.iter().map(|(_, enclosure)| enclosure.weight());
    segments + enclosures.sum::<usize>()
}

/// The last checkpoint of the broadcast: thousands of readers are shown the same one.
#[derive(Default)]
pub(crate) struct Signed(Mutex<Option<(u64, Digest, String)>>);

/// Signs a durable prefix that is shown; of the broadcast once for all.
fn sign(shared: &Shared, row: &JournalRow, size: u64, root: Digest) -> String {
    if row.head.journal.audience != Audience::All {
        return sign_anew(shared, row, size, root);
    }
    let mut signed = shared.signed.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, note)) = signed.as_ref().filter(|last| (last.0, last.1) == (size, root)) {
        return note.clone();
    }
    let note = sign_anew(shared, row, size, root);
    *signed = Some((size, root, note.clone()));
    note
}

fn sign_anew(shared: &Shared, row: &JournalRow, size: u64, root: Digest) -> String {
    let checkpoint = Checkpoint {
        journal: row.head.journal.clone(),
        size,
        root,
        epoch: row.head.position.epoch,
        opened: row.head.opened,
        time: shared.parts.clock.now(),
        keeper: None,
    };
    checkpoint.sign(&shared.parts.key)
}

fn unknown(journal: &JournalId) -> Refusal {
    Refusal::new(
        Code::EpochStale,
        journal.to_string(),
        "市级平台没有该日志",
        "the hub has no such journal",
    )
}

/// A reader has more of a hub's journal than the hub: the hub's store was rewound without anybody
/// saying so.
fn rewound(row: &JournalRow, cursor: u64) -> Refusal {
    let (journal, size) = (&row.head.journal, row.head.size);
    tracing::error!(%journal, size, cursor, "a copy is longer than its home: this store was rewound");
    Refusal::new(
        Code::Gap,
        journal.to_string(),
        format!("游标 {cursor} 超过市级平台所存的 {size}：市级平台的数据可能被回退"),
        format!("cursor {cursor} is beyond the {size} entries held: was this hub's store rewound?"),
    )
    .with_durable(size)
}
