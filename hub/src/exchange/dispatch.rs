//! Dispatch (签发): the hub's own word. What its operators hand in is checked as a branch checks its
//! own, and appended to the journal of its audience: the mailbox of the platform that it names, or
//! the broadcast.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use sanheyi_exchange_spec::entry::{Header, HeaderView, Operation};
use sanheyi_exchange_spec::gate::{Findings, Reason, Standing, check_body};
use sanheyi_exchange_spec::ids::{Audience, Lane, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Advance, Appended, Draft, Refused, Sealed, SubmitError, seal};
use sanheyi_node::store::{IncomingRow, IndexRow, Place, Store, StoreError, Tx};
use sanheyi_proto::{Author, Dataset, Violations, dataset};

use super::attachments::note_given;
use super::outbox::{Held, Outbox};
use crate::store::platform_get;

/// How often a dispatch is tried again when somebody else is faster.
const TRIES: usize = 4;

/// What was appended, and for whom.
pub(crate) struct Dispatched {
    /// For whom.
    pub(crate) audience: Audience,
    /// Where each draft stands.
    pub(crate) appended: Vec<Appended>,
}

/// One lane's part of a dispatch.
struct Part {
    held: Held,
    advance: Advance,
    entries: Vec<Appending>,
}

/// An entry that is being appended.
struct Appending {
    /// Position of its draft.
    index: usize,
    revision: u64,
    place: Place,
    header: Bytes,
}

impl Appending {
    fn appended(&self) -> Appended {
        let Place { sequence, digest, .. } = self.place;
        Appended { sequence, revision: self.revision, digest }
    }
}

// === impl Outbox ===

impl Outbox {
    /// Checks drafts and appends them, all or none, to the journals of their one audience.
    ///
    /// # Errors
    /// [`SubmitError::Refused`] with every draft that breaks a rule; or of the store.
    pub(crate) async fn dispatch(&self, drafts: &[Draft]) -> Result<Dispatched, SubmitError> {
        if drafts.len() > limits::SUBMIT_DRAFTS {
            return Err(SubmitError::TooMany(drafts.len()));
        }
        let audience = self.check(drafts).await?;
        let mut optimistic = true;
        for _ in 1..TRIES {
            match self.append(&audience, drafts, optimistic).await {
                Err(SubmitError::Store(StoreError::Raced(_))) => self.forget(&audience),
                Ok(appended) => return Ok(Dispatched { audience, appended }),
                Err(error) => return Err(error),
            }
            optimistic = false;
        }
        let appended = self.append(&audience, drafts, optimistic).await?;
        Ok(Dispatched { audience, appended })
    }

    /// Holds drafts against the standard; answers for whom they are.
    async fn check(&self, drafts: &[Draft]) -> Result<Audience, SubmitError> {
        let mut refused = Vec::new();
        let mut found: Option<Audience> = None;
        let mut scratch = Violations::default();
        for (index, draft) in drafts.iter().enumerate() {
            let reasons = match audience(draft) {
                Err(reason) => vec![reason],
                Ok(audience) => {
                    let one = found.get_or_insert_with(|| audience.clone());
                    let mut reasons = against(draft, &mut scratch);
                    if *one != audience {
                        reasons.push(several());
                    }
                    reasons
                }
            };
            if !reasons.is_empty() {
                refused.push(Refused { index, reasons });
            }
        }
        if let Some(Audience::One(platform)) = &found {
            let known = platform_get(&self.parts.database, platform).await?;
            if known.is_none() || *platform == self.parts.hub {
                refused.push(Refused { index: 0, reasons: vec![nobody(platform)] });
            }
        }
        match refused.is_empty() {
            true => Ok(found.unwrap_or(Audience::All)),
            false => Err(SubmitError::Refused(refused)),
        }
    }

    /// `optimistic`: records that are said to be new are taken for new, and the index proves it:
    /// one that is there already makes the insert come up short.
    async fn append(
        &self,
        audience: &Audience,
        drafts: &[Draft],
        optimistic: bool,
    ) -> Result<Vec<Appended>, SubmitError> {
        let store = self.store(audience);
        let parts = self.prepare(audience, drafts).await?;
        let mut tx = store.begin("dispatch").await?;
        for part in &parts {
            tx.journal_write(&store, &part.advance);
        }
        self.expect(&mut tx, &store, audience, drafts, optimistic).await?;
        for part in &parts {
            self.index(&mut tx, &store, audience, part).await?;
        }
        note_given(&mut tx, &store, &self.parts.hub, drafts).await?;
        tx.commit().await?;
        let mut appended: Vec<(usize, Appended)> = Vec::with_capacity(drafts.len());
        for Part { mut held, advance, entries } in parts {
            appended.extend(entries.iter().map(|entry| (entry.index, entry.appended())));
            self.settle(&mut held, advance);
        }
        appended.sort_unstable_by_key(|(index, _)| *index);
        Ok(appended.into_iter().map(|(_, one)| one).collect())
    }

    /// Seals drafts and prepares each lane's journal for its own; the journals stay held.
    async fn prepare(
        &self,
        audience: &Audience,
        drafts: &[Draft],
    ) -> Result<Vec<Part>, StoreError> {
        let mut packer = SegmentWriter::new().map_err(memory)?;
        let now = self.parts.clock.now();
        let mut lanes: BTreeMap<Lane, Vec<(usize, &Draft)>> = BTreeMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            lanes.entry(lane_of(draft)).or_default().push((index, draft));
        }
        let mut parts = Vec::new();
        for (lane, drafts) in lanes {
            let held = self.hold(audience, lane).await?;
            let journal = held.journal();
            // The author's clock never goes back within a journal, whatever the machine's does.
            let recorded = now.max(journal.recorded());
            let sealed: Vec<_> =
                drafts.iter().map(|(_, draft)| self.seal(draft, recorded)).collect();
            let advance = journal.append(&mut packer, &sealed, recorded).map_err(memory)?;
            let number = journal.number();
            let places = (advance.first()..).zip(drafts).zip(sealed);
            let entries = places.map(|((sequence, (index, draft)), entry)| {
                let (digest, standing) = (entry.digest, Some(Standing::Accepted));
                let place = Place { journal: number, sequence, standing, digest };
                Appending { index, revision: revision(draft), place, header: entry.header }
            });
            let entries = entries.collect();
            parts.push(Part { held, advance, entries });
        }
        Ok(parts)
    }

    /// Every draft must follow the head of its record, or the draft before it.
    async fn expect(
        &self,
        tx: &mut Tx,
        store: &Store,
        audience: &Audience,
        drafts: &[Draft],
        optimistic: bool,
    ) -> Result<(), SubmitError> {
        let mut refused = Vec::new();
        let mut written = BTreeSet::new();
        for (index, draft) in drafts.iter().enumerate() {
            let (name, record) = (draft.dataset.as_str(), draft.record.as_str());
            let again = !written.insert((name, record));
            if optimistic && !again && draft.follows.is_none() {
                continue;
            }
            let head = match audience {
                Audience::All => tx.record_head(store, name, record).await?,
                Audience::One(_) => tx.incoming_head(store, &self.parts.hub, name, record).await?,
            };
            let head = head.map(|head| (head.revision, head.place.digest));
            if again || head != draft.follows {
                refused.push(Refused { index, reasons: vec![changed(draft, head)] });
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(SubmitError::Refused(refused)) }
    }

    async fn index(
        &self,
        tx: &mut Tx,
        store: &Store,
        audience: &Audience,
        part: &Part,
    ) -> Result<(), StoreError> {
        let (mut own, mut theirs) = (Vec::new(), Vec::new());
        for Appending { place, header, .. } in &part.entries {
            let header = HeaderView::parse(header).map_err(|error| {
                StoreError::contradiction("segment", "bytes", place.digest, error)
            })?;
            match audience {
                Audience::All => own.push(IndexRow::new(&header, place)),
                Audience::One(_) => {
                    theirs.push(IncomingRow::new(&self.parts.hub, &header, *place));
                }
            }
        }
        tx.incoming_new(store, &theirs);
        tx.record_add(store, own).await
    }

    fn seal(&self, draft: &Draft, recorded: Timestamp) -> Sealed {
        let header = Header {
            dataset: draft.dataset.clone(),
            record: draft.record.clone(),
            revision: revision(draft),
            follows: draft.follows.map(|(_, digest)| digest),
            custody_epoch: 0,
            operation: draft.operation,
            standard: self.parts.edition.version(),
            occurred: draft.occurred,
            recorded,
            body_digest: Digest::new([0; 32]),
        };
        seal(header, self.parts.entropy.salt(), draft.body.clone())
    }
}

/// What the standard says against drafts of the hub, by themselves.
///
/// # Errors
/// [`SubmitError::Refused`] with every draft that breaks a rule.
pub(super) fn check_drafts(drafts: &[Draft]) -> Result<(), SubmitError> {
    let mut scratch = Violations::default();
    let refused: Vec<_> = drafts
        .iter()
        .enumerate()
        .map(|(index, draft)| {
            let reasons = audience(draft)
                .map_or_else(|reason| vec![reason], |_| against(draft, &mut scratch));
            Refused { index, reasons }
        })
        .filter(|refused| !refused.reasons.is_empty())
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(SubmitError::Refused(refused)) }
}

/// For whom a draft is: the platform that it names, or everybody where only the hub writes such.
pub(crate) fn audience(draft: &Draft) -> Result<Audience, Reason> {
    let name = draft.dataset.as_str();
    let Some(known) = dataset(name) else {
        return Err(Reason::new(
            "",
            "dataset.unknown",
            format!("标准中没有数据集 {name}"),
            format!("dataset {name} is not in the standard"),
        ));
    };
    if known.author == Author::Platform {
        return Err(Reason::new(
            "",
            "dataset.author",
            format!("“{}”只由各平台报送，市级平台不得签发", known.title_zh),
            format!("{} is written by platforms, not by the hub", known.title_en),
        ));
    }
    let mut named = String::new();
    let addressee = known.addressee.filter(|field| field.name(&draft.body, &mut named));
    if addressee.is_some() {
        return named.parse().map(Audience::One).map_err(|_| unaddressed(known));
    }
    if known.author == Author::Hub { Ok(Audience::All) } else { Err(unaddressed(known)) }
}

/// What the standard says against a draft of the hub.
fn against(draft: &Draft, scratch: &mut Violations) -> Vec<Reason> {
    if draft.body.len() > limits::DRAFT_BYTES {
        return vec![Reason::new(
            "",
            "bounds",
            format!("正文最多 {} 字节", limits::DRAFT_BYTES),
            format!("a body has at most {} bytes", limits::DRAFT_BYTES),
        )];
    }
    let known = dataset(draft.dataset.as_str());
    let put = draft.operation == Operation::Put;
    let Some(known) = known.filter(|_| put) else { return Vec::new() };
    let mut findings = Findings::default();
    check_body(known, draft.record.as_str(), &draft.body, scratch, &mut findings);
    if findings.has_error() { findings.into_reasons() } else { Vec::new() }
}

fn unaddressed(known: &Dataset) -> Reason {
    let field = known.addressee.map_or("", |field| field.text);
    let field = field.trim_start_matches('{').trim_end_matches('}');
    Reason::new(
        field,
        "dispatch.addressee",
        format!("签发“{}”须指明收件平台", known.title_zh),
        format!("{} of the hub must name the platform that it is for", known.title_en),
    )
}

fn several() -> Reason {
    let (zh, en) = ("一次签发只能发往同一对象", "one dispatch goes to one audience");
    Reason::new("", "dispatch.audience", zh, en)
}

fn nobody(platform: &PlatformId) -> Reason {
    Reason::new(
        "",
        "dispatch.unknown",
        format!("平台 {platform} 未登记，无法送达"),
        format!("platform {platform} is not registered: nothing can be delivered to it"),
    )
}

fn changed(draft: &Draft, head: Option<(u64, Digest)>) -> Reason {
    let (record, stands) = (&draft.record, head.map_or(0, |(revision, _)| revision));
    Reason::new(
        "",
        "expect",
        format!("记录 {record} 现为第 {stands} 版，请重新读取后再签发"),
        format!("record {record} is at revision {stands} now: read it again, then dispatch"),
    )
}

pub(super) fn revision(draft: &Draft) -> u64 {
    draft.follows.map_or(1, |(revision, _)| revision + 1)
}

fn lane_of(draft: &Draft) -> Lane {
    dataset(draft.dataset.as_str()).map_or(Lane::Normal, |known| known.lane.into())
}

fn memory(error: std::io::Error) -> StoreError {
    StoreError::contradiction("segment", "bytes", "packer", error)
}
