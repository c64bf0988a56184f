//! Answering a Greet: all of a branch's journals in one transaction, each by compare-and-swap of
//! its epoch.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{Audience, EpochId, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::link::greet::{Claim, Line, Opening, greet as decide};
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{JournalRow, Store, StoreError, Tx};
use sanheyi_node::uplink::port::{
    CopyClaim, GreetAnswer, GreetCall, JournalClaim, JournalGrant, PROTOCOL,
};

use super::{Shared, hosted, refused};
use crate::store::{gate_open, platform_lock};

/// How often a Greet is decided again when another instance is faster.
const TRIES: u32 = 4;

/// Answers a Greet.
pub(super) async fn greet(
    shared: &Shared,
    platform: &PlatformId,
    call: GreetCall,
) -> Result<GreetAnswer, Refusal> {
    // A new machine of it may have enrolled, by another process.
    shared.registry.refresh(&shared.parts, platform).await.map_err(|error| refused(&error))?;
    shared.registry.find(&shared.parts, platform).await?;
    // One that was registered a moment ago, beside this process: what it may send is said already.
    if shared.rulebook().platform(platform).is_none() {
        shared.rules.refresh(&shared.outbox).await.map_err(|error| refused(&error))?;
    }
    check(shared, platform, &call)?;
    let now = shared.parts.clock.now();
    warn_of_skew(platform, call.now.micros_since(now));
    let store = shared.store(platform);
    hold_copies(shared, &store, &call.copies).await?;
    let mut tries = 0;
    let (answered, mailboxes) = loop {
        tries += 1;
        match grant_all(shared, &store, &call, now).await {
            Err(Fault::Store(StoreError::Raced(_))) if tries < TRIES => {}
            Err(Fault::Store(error)) => return Err(refused(&error)),
            Err(Fault::Refused(refusal)) => return Err(*refusal),
            Ok(granted) => break granted,
        }
    };
    // Whoever waits under an earlier epoch shall hear of it.
    shared.news.tell(platform);
    tracing::info!(%platform, software = call.software, journals = answered.len(), "greeted");
    Ok(GreetAnswer {
        generation: shared.generation,
        now,
        standard: shared.parts.edition.version(),
        grants: answered,
        mailboxes: mailboxes.into_iter().map(|row| (row.head.journal, row.head.size)).collect(),
    })
}

/// Why nothing was granted.
enum Fault {
    /// By a rule.
    Refused(Box<Refusal>),
    /// The store failed, or another instance was faster.
    Store(StoreError),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Fault::Refused(Box::new(refusal))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

/// Grants every journal that is claimed, in one transaction.
async fn grant_all(
    shared: &Shared,
    store: &Store,
    call: &GreetCall,
    now: Timestamp,
) -> Result<(Vec<JournalGrant>, Vec<JournalRow>), Fault> {
    let mut tx = store.begin("greet").await?;
    // Of two Greets of one platform at two instances one waits here, and sees what the other did.
    platform_lock(&mut tx, store).await?;
    let mut grants = Vec::new();
    for claim in &call.journals {
        grants.push(grant_one(shared, &mut tx, store, claim, now).await?);
    }
    let mailboxes = mailboxes(shared, &mut tx, store).await?;
    // What can still fail is done before the commit: a refusal says that nothing was granted.
    let mut answered = Vec::new();
    for (claim, grant) in call.journals.iter().zip(grants) {
        answered.push(finish(shared, store, claim, grant).await?);
    }
    tx.commit().await?;
    let broadcast = shared.broadcast_for(store).await?;
    Ok((answered, mailboxes.into_iter().chain(broadcast).collect()))
}

/// What a platform should pull: the mailboxes of both lanes. A branch of an earlier version may
/// know of the first only.
async fn mailboxes(
    shared: &Shared,
    tx: &mut Tx,
    store: &Store,
) -> Result<Vec<JournalRow>, StoreError> {
    let audience = Audience::One(store.platform().clone());
    let mut rows = Vec::new();
    for lane in [Lane::Normal, Lane::Urgent] {
        rows.push(shared.outbox.open(tx, store, &audience, lane).await?);
    }
    Ok(rows)
}

/// A reader's copy of a journal of ours, in this generation, must be a prefix of ours: if it is
/// longer or different, this store was rewound without anybody saying so, and must not write on
/// (rule 14).
async fn hold_copies(shared: &Shared, store: &Store, copies: &[CopyClaim]) -> Result<(), Refusal> {
    for copy in copies.iter().filter(|copy| copy.journal.author == shared.parts.hub) {
        let store = match copy.journal.audience {
            Audience::All => &shared.outbox.store(&Audience::All),
            Audience::One(_) => store,
        };
        let row = store.journal_get(&copy.journal).await.map_err(|error| refused(&error))?;
        let ours = row.filter(|row| row.head.position.generation == shared.generation);
        let Some(row) = ours else { continue };
        let prefix = copy.size <= row.head.size
            && store.root_at(row.number, copy.size).await.map_err(|error| refused(&error))?
                == copy.root;
        if !prefix {
            return Err(rewound(&row, copy));
        }
    }
    Ok(())
}

fn rewound(row: &JournalRow, copy: &CopyClaim) -> Refusal {
    let (journal, size, theirs) = (&copy.journal, row.head.size, copy.size);
    tracing::error!(
        %journal, size, theirs,
        "a reader holds another history of our own journal: this store was rewound"
    );
    Refusal::new(
        Code::HubRewound,
        journal.to_string(),
        format!("市级平台的数据被回退：{journal} 本级有 {size} 条，对方持有的 {theirs} 条与之不符"),
        format!(
            "the hub's store was rewound: it has {size} entries of {journal}, the reader's {theirs} \
             are not their prefix"
        ),
    )
    .with_roots(copy.root, row.head.root)
}

fn check(shared: &Shared, platform: &PlatformId, call: &GreetCall) -> Result<(), Refusal> {
    if call.protocol != PROTOCOL {
        return Err(Refusal::new(
            Code::ProtocolUnknown,
            format!("protocol {}", call.protocol),
            format!("协议第 {} 版在此不可用，本级使用第 {PROTOCOL} 版", call.protocol),
            format!("protocol {} is not spoken here; this hub speaks {PROTOCOL}", call.protocol),
        ));
    }
    for (place, claim) in call.journals.iter().enumerate() {
        let journal = &claim.journal;
        let own = journal.author == *platform
            && journal.audience == Audience::One(shared.parts.hub.clone());
        if !own {
            return Err(Refusal::new(
                Code::Unauthorised,
                journal.to_string(),
                format!("平台 {platform} 不能为日志 {journal} 问候"),
                format!("platform {platform} may not greet for journal {journal}"),
            ));
        }
        if call.journals[..place].iter().any(|one| one.journal.same_line(journal)) {
            return Err(Refusal::new(
                Code::Malformed,
                journal.to_string(),
                "同一通道的日志出现两次",
                "two journals of one lane in one Greet",
            ));
        }
    }
    Ok(())
}

fn warn_of_skew(platform: &PlatformId, skew: i64) {
    if skew.abs() > limits::CLOCK_SKEW_MICROS {
        tracing::warn!(
            %platform,
            skew_seconds = skew / 1_000_000,
            "the platform's clock and ours differ: check its time service"
        );
    }
}

/// What was written for one journal.
struct Written {
    row: JournalRow,
    note: String,
}

async fn grant_one(
    shared: &Shared,
    tx: &mut Tx,
    store: &Store,
    claim: &JournalClaim,
    now: Timestamp,
) -> Result<Written, Fault> {
    let held = match shared.is_hosted(store).await? {
        true => hosted::held(tx, store, &claim.journal).await??,
        false => {
            let mut rows = tx.journal_list(store).await?.into_iter();
            rows.rfind(|row| !row.home && row.head.journal.same_line(&claim.journal))
        }
    };
    let line = held.as_ref().map(line_of);
    let opening = decide(line.as_ref(), &read_claim(shared, claim)?, shared.generation)?;
    let row = match (opening, held) {
        (Opening::Repeat, Some(row)) => row,
        (Opening::New { serial }, held) => {
            open_epoch(shared, tx, store, claim, serial, held).await?
        }
        (Opening::Repeat, None) => {
            return Err(Refusal::new(Code::Internal, claim.journal.to_string(), "", "").into());
        }
    };
    let grant = Grant {
        journal: row.head.journal.clone(),
        epoch: row.head.position.epoch,
        serial: row.serial,
        opened: row.head.opened,
        root: row.head.root,
        generation: shared.generation,
        time: now,
    };
    let note = grant.sign(&shared.parts.hub, &shared.parts.key);
    Ok(Written { row, note })
}

fn line_of(row: &JournalRow) -> Line {
    Line {
        journal: row.head.journal.clone(),
        epoch: row.head.position.epoch,
        serial: row.serial,
        opened: row.head.opened,
        size: row.head.size,
        root: row.head.root,
    }
}

fn read_claim(shared: &Shared, claim: &JournalClaim) -> Result<Claim, Refusal> {
    let last_grant = match claim.last_grant.as_str() {
        "" => None,
        note => Some(Grant::open(note, &shared.parts.hub, &shared.parts.key.verifying()).map_err(
            |error| {
                Refusal::new(
                    Code::SignatureInvalid,
                    claim.journal.to_string(),
                    format!("所出示的授权无法验证：{error}"),
                    format!("the grant shown does not verify: {error}"),
                )
            },
        )?),
    };
    Ok(Claim {
        journal: claim.journal.clone(),
        holds: claim.holds.clone(),
        next: claim.next,
        size: claim.size,
        root: claim.root,
        last_grant,
    })
}

async fn open_epoch(
    shared: &Shared,
    tx: &mut Tx,
    store: &Store,
    claim: &JournalClaim,
    serial: u64,
    held: Option<JournalRow>,
) -> Result<JournalRow, StoreError> {
    let position = Position { generation: shared.generation, epoch: claim.next };
    if shared.is_hosted(store).await? {
        let journal = &claim.journal;
        return hosted::open_epoch(tx, store, journal, position, serial, held.as_ref()).await;
    }
    match held.filter(|row| row.head.journal == claim.journal) {
        Some(row) => {
            let size = row.head.size;
            tx.journal_epoch(store, row.number, row.serial, serial, position, size).await?;
        }
        None => {
            let head = fresh_head(&claim.journal, position);
            let row = tx.journal_open(store, &head, false, serial).await?;
            gate_open(tx, store, row.number).await?;
        }
    }
    tx.journal_get(store, &claim.journal).await?.ok_or_else(|| {
        StoreError::contradiction(
            "journal",
            "id",
            &claim.journal,
            "was just opened and is not here",
        )
    })
}

fn fresh_head(journal: &JournalId, position: Position) -> Head {
    Head {
        journal: journal.clone(),
        size: 0,
        root: Suite::Intl.empty_root(),
        position,
        opened: 0,
        stopped: false,
    }
}

async fn finish(
    shared: &Shared,
    store: &Store,
    claim: &JournalClaim,
    written: Written,
) -> Result<JournalGrant, StoreError> {
    let Written { row, note } = written;
    let extends_claim =
        claim.size <= row.head.size && store.root_at(row.number, claim.size).await? == claim.root;
    debug_assert_ne!(row.head.position.epoch, EpochId::ZERO);
    debug_assert_eq!(row.head.position.generation, shared.generation);
    Ok(JournalGrant {
        journal: row.head.journal,
        epoch: row.head.position.epoch,
        size: row.head.size,
        root: row.head.root,
        grant: note,
        extends_claim,
    })
}
