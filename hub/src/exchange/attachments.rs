//! Files (附件) that entries name: taken from their branch once the gate has seen an entry that names
//! them, given to whoever was given an entry that does. A tenant's files are here already: its rows
//! are the hub's.

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::branch::Draft;
use sanheyi_node::branch::attachment::{CarryError, Held, get, note, offer, put};
use sanheyi_node::store::{Named, Store, StoreError, Tx, Way};
use sanheyi_node::uplink::port::{PieceAsked, PieceCall};

use super::dispatch::revision;
use super::range::{Part, entries};
use super::room::no_room;
use super::{Shared, refused};

fn about(digest: &Digest, code: Code, zh: &str, en: &str) -> Refusal {
    Refusal::new(code, format!("attachment {digest}"), zh, en)
}

fn answered<T>(outcome: Result<T, CarryError>) -> Result<T, Refusal> {
    outcome.map_err(|error| match error {
        CarryError::Refused(refusal) => refusal,
        CarryError::Store(StoreError::Raced(_)) => Refusal::new(
            Code::Unavailable,
            "",
            "同一附件正由另一连接发送",
            "sent by another line, too",
        ),
        CarryError::Store(error) => refused(&error),
    })
}

/// Takes up a file of `platform`, if an entry of it that was admitted names the file as it is
/// offered.
pub(super) async fn offer_file(
    shared: &Shared,
    platform: &PlatformId,
    file: &Attachment,
) -> Result<Held, Refusal> {
    shared.registry.find(&shared.parts, platform).await?;
    shared.has_room().map_err(|full| no_room(&full))?;
    let store = shared.store(platform);
    named(&store, file).await?;
    answered(offer(&store, file, shared.parts.clock.now()).await)
}

/// Never ahead of its record: who has sent no entry that names a file has no file to send.
async fn named(store: &Store, file: &Attachment) -> Result<(), Refusal> {
    let rows = store.due_get(&file.digest).await.map_err(|error| refused(&error))?;
    let Some(row) = rows.into_iter().find(|row| row.way == Way::Up) else {
        return Err(about(
            &file.digest,
            Code::Unavailable,
            "尚未收到引用该附件的条目，请先报送条目",
            "no entry that names this file has come yet: send the entry first",
        ));
    };
    if row.file == *file {
        return Ok(());
    }
    // A later entry may say otherwise and wait for the gate: the caller offers again.
    let Attachment { bytes, media_type, .. } = &row.file;
    let (dataset, record, revision) = (&row.dataset, &row.record, row.revision);
    Err(Refusal::new(
        Code::Unavailable,
        format!("attachment {}", file.digest),
        format!("{dataset} {record} 第 {revision} 版所称为 {media_type}、{bytes} 字节，与所送不符"),
        format!(
            "{dataset} {record} revision {revision} says {media_type} of {bytes} bytes: not what is offered"
        ),
    ))
}

/// Takes a piece of a file that was offered.
pub(super) async fn put_piece(
    shared: &Shared,
    platform: &PlatformId,
    call: &PieceCall,
) -> Result<Held, Refusal> {
    shared.registry.find(&shared.parts, platform).await?;
    shared.has_room().map_err(|full| no_room(&full))?;
    let store = shared.store(platform);
    let now = shared.parts.clock.now();
    answered(put(&store, &call.digest, call.number, &call.piece, now).await)
}

/// Gives a piece of a file to `platform`, if an entry of its own, or one that it was given, names
/// the file.
pub(super) async fn get_piece(
    shared: &Shared,
    platform: &PlatformId,
    call: PieceAsked,
) -> Result<Bytes, Refusal> {
    shared.registry.find(&shared.parts, platform).await?;
    let failed = |error: StoreError| refused(&error);
    let mut rows = shared.store(platform).due_get(&call.digest).await.map_err(failed)?;
    // What the broadcast names is everybody's.
    let all = shared.store(&shared.parts.hub).due_get(&call.digest).await.map_err(failed)?;
    rows.extend(all);
    let mut holders: Vec<_> = rows.into_iter().map(|row| row.holder).collect();
    holders.sort_unstable();
    holders.dedup();
    let mut last = about(
        &call.digest,
        Code::Unauthorised,
        "本平台收到的条目都没有引用该附件",
        "no entry that this platform has or was given names this file",
    );
    for holder in holders {
        match answered(get(&shared.store(&holder), &call.digest, call.number).await) {
            Ok(piece) => return Ok(piece),
            Err(refusal) => last = refusal,
        }
    }
    Err(last)
}

/// Notes the files that judged entries of a copy name: they may come now. A tenant's branch has
/// noted its own.
pub(super) async fn note_up(
    tx: &mut Tx,
    store: &Store,
    parts: &[Part],
    from: u64,
    past: u64,
) -> Result<(), StoreError> {
    let judged = entries(parts, from).take_while(|(sequence, ..)| *sequence < past);
    note(tx, store, Way::Up, store.platform(), judged.map(|(_, entry, _)| entry)).await
}

/// Notes the files that the hub's own drafts name: whoever is given them may ask for the files,
/// which are in the rows of the hub.
pub(super) async fn note_given(
    tx: &mut Tx,
    store: &Store,
    hub: &PlatformId,
    drafts: &[Draft],
) -> Result<(), StoreError> {
    for draft in drafts {
        let (dataset, record) = (draft.dataset.as_str(), draft.record.as_str());
        for named in Named::of(dataset, record, revision(draft), &draft.body) {
            tx.due_put(store, Way::Down, hub, &named).await?;
        }
    }
    Ok(())
}
