//! What the broadcast always says (广播的底本): the code lists, calendars and successions that are built
//! in, the version of the standard, who takes part and what each may send. A hub puts in what is
//! missing when it starts; registering a platform puts that platform in.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::ids::{Audience, Lane, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::note::verifier_key;
use sanheyi_exchange_spec::rulebook::{KeyRange, builtin_entries};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Draft, SubmitError};
use sanheyi_node::store::{IndexRow, StoreError};
use sanheyi_proto::standard::v1 as standard;

use super::outbox::Outbox;
use crate::store::{FormerKeyRow, PlatformRow, former_key_list, former_key_of, platform_list};

/// A record that the broadcast is to have.
struct Due {
    dataset: &'static str,
    record: String,
    occurred: Timestamp,
    body: Vec<u8>,
}

/// What a platform may send unless its operator says otherwise: every dataset.
pub const EVERYTHING: &str = "*";
/// The dataset of the directory.
const LISTED: &str = "exchange.platform";
/// Most key ranges of a listing. One that is left out of a later listing stays known.
const RANGES: usize = 64;
/// How often it is looked again what is missing, where another process puts the same in.
const TRIES: usize = 4;

// === impl Outbox ===

impl Outbox {
    /// Puts into the broadcast what it lacks of what is built in, and of the platforms that are
    /// registered: of those that were registered before there were policies, each may send all.
    pub(crate) async fn publish(&self) -> Result<(), StoreError> {
        let mut due: Vec<_> = builtin_entries().into_iter().map(Due::from).collect();
        due.push(self.itself());
        let rows = platform_list(&self.parts.database).await?;
        for row in &rows {
            due.extend(self.presented(row, &[EVERYTHING.to_owned()]));
        }
        self.put(due).await?;
        // What a crash between a new machine's enrolment and its presentation left out.
        let former = former_key_list(&self.parts.database).await?;
        for row in rows.iter().filter(|row| former.iter().any(|one| one.platform == row.platform)) {
            self.list_keys(row).await?;
        }
        Ok(())
    }

    /// Puts platforms into the broadcast, with what each may send.
    pub(crate) async fn announce(
        &self,
        rows: &[PlatformRow],
        may_send: &[String],
    ) -> Result<(), StoreError> {
        self.put(rows.iter().flat_map(|row| self.presented(row, may_send)).collect()).await
    }

    /// Adds those records that are not there yet; what is there was said by an operator, or by a
    /// hub before, and stays.
    async fn put(&self, mut due: Vec<Due>) -> Result<(), StoreError> {
        let store = self.store(&Audience::All);
        for _ in 0..TRIES {
            let asked: Vec<_> =
                due.iter().map(|one| IndexRow::asked(one.dataset, &one.record, 1)).collect();
            let mut there = store.record_places(&asked).await?.into_iter();
            due.retain(|_| there.next().flatten().is_none());
            if self.dispatch_all(&due).await? {
                return Ok(());
            }
        }
        Err(StoreError::Raced("broadcast"))
    }

    /// Dispatches them in batches; false if somebody else was faster with some.
    async fn dispatch_all(&self, due: &[Due]) -> Result<bool, StoreError> {
        for some in due.chunks(limits::SUBMIT_DRAFTS) {
            let drafts: Vec<_> = some.iter().map(Due::draft).collect::<Result<_, _>>()?;
            if !self.dispatched(&drafts).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// False if somebody else was faster with one of them.
    async fn dispatched(&self, drafts: &[Draft]) -> Result<bool, StoreError> {
        match self.dispatch(drafts).await {
            Ok(_) => Ok(true),
            Err(SubmitError::Store(error)) => Err(error),
            Err(SubmitError::Refused(refused)) => {
                let mut raced = refused.iter().flat_map(|one| &one.reasons);
                let wrong = raced.find(|reason| reason.rule != "expect");
                match wrong {
                    Some(reason) => Err(contradicted(&reason.en)),
                    None => Ok(false),
                }
            }
            Err(error) => Err(contradicted(error)),
        }
    }

    /// Brings a platform's keys in the directory up to date: after a new machine has enrolled they
    /// are as many as the machines that were. What else the listing says stays.
    pub(crate) async fn list_keys(&self, row: &PlatformRow) -> Result<(), StoreError> {
        let former = former_key_of(&self.parts.database.of(&row.platform)).await?;
        if former.is_empty() {
            return Ok(());
        }
        let store = self.store(&Audience::All);
        for _ in 0..TRIES {
            let Some(head) = store.record_head(LISTED, row.platform.as_str()).await? else {
                return Ok(());
            };
            let entry = store.entry_get(head.place.journal, head.place.sequence).await?;
            let body = entry.and_then(|entry| entry.body).unwrap_or_default();
            let wrong = |error| StoreError::contradiction("journal", "entry", LISTED, error);
            let mut listed = standard::Platform::decode(body).map_err(wrong)?;
            let keys = ranges(&former, row);
            let key_id = key_id(&row.platform, row);
            if (&listed.keys, &listed.key_id) == (&keys, &key_id) {
                return Ok(());
            }
            (listed.keys, listed.key_id) = (keys, key_id);
            let due = Due {
                dataset: LISTED,
                record: row.platform.to_string(),
                occurred: self.parts.clock.now(),
                body: listed.encode_to_vec(),
            };
            let follows = Some((head.revision, head.place.digest));
            if self.dispatched(&[Draft { follows, ..due.draft()? }]).await? {
                return Ok(());
            }
        }
        Err(StoreError::Raced("broadcast"))
    }

    /// The hub's own place in the directory.
    fn itself(&self) -> Due {
        let row = PlatformRow {
            platform: self.parts.hub.clone(),
            title_zh: "市级平台".to_owned(),
            title_en: "municipal hub".to_owned(),
            key: self.parts.key.verifying(),
            added: self.parts.clock.now(),
            hosted: false,
            quota: 0,
        };
        self.listed(&row, standard::PlatformMode::Hub)
    }

    /// A platform's place in the directory, and what it may send.
    fn presented(&self, row: &PlatformRow, may_send: &[String]) -> Vec<Due> {
        let mode = match row.hosted {
            true => standard::PlatformMode::Tenant,
            false => standard::PlatformMode::Node,
        };
        let mut due = vec![self.listed(row, mode)];
        due.extend(may_send.iter().enumerate().map(|(at, pattern)| permit(row, pattern, at)));
        due
    }

    fn listed(&self, row: &PlatformRow, mode: standard::PlatformMode) -> Due {
        let keeper = row.hosted.then(|| self.parts.hub.clone());
        let range = KeyRange { key: row.key, keeper, lane: None, from: 0 };
        let body = standard::Platform {
            platform: row.platform.to_string(),
            title_zh: row.title_zh.clone(),
            title_en: row.title_en.clone(),
            mode: mode.into(),
            key_id: key_id(&row.platform, row),
            joined_at: row.added.as_micros(),
            keys: vec![range.record()],
            ..standard::Platform::default()
        };
        Due {
            dataset: LISTED,
            record: row.platform.to_string(),
            occurred: row.added,
            body: body.encode_to_vec(),
        }
    }
}

fn contradicted(problem: impl ToString) -> StoreError {
    StoreError::contradiction("journal", "entry", "broadcast", problem)
}

/// The key ranges of a platform: at first one for all lanes, and two for each machine after that.
/// Of a machine that has signed nothing the next range begins at the same number.
fn ranges(former: &[FormerKeyRow], row: &PlatformRow) -> Vec<standard::PlatformKey> {
    let mut keys: Vec<_> = former.iter().map(|one| one.key).collect();
    keys.push(row.key);
    let first = keys.first().map(|key| KeyRange { key: *key, keeper: None, lane: None, from: 0 });
    let mut ranges: Vec<_> = first.iter().map(KeyRange::record).collect();
    for (before, key) in former.iter().zip(keys.iter().skip(1)) {
        for (lane, from) in [(Lane::Normal, before.normal), (Lane::Urgent, before.urgent)] {
            ranges.push(KeyRange { key: *key, keeper: None, lane: Some(lane), from }.record());
        }
    }
    ranges.split_off(ranges.len().saturating_sub(RANGES))
}

/// The id of a platform's key, as in signed notes: the second part of its text.
fn key_id(platform: &PlatformId, row: &PlatformRow) -> String {
    let text = verifier_key(platform.as_str(), &row.key);
    text.split('+').nth(1).unwrap_or_default().to_owned()
}

/// A permission to send; further ones of a platform are numbered.
fn permit(row: &PlatformRow, pattern: &str, at: usize) -> Due {
    let platform = &row.platform;
    let id = match at {
        0 => format!("send-{platform}"),
        further => format!("send-{platform}-{}", further + 1),
    };
    let body = standard::Policy {
        id: id.clone(),
        title: format!("{}报送 · {} sends", row.title_zh, row.title_en),
        effect: standard::PolicyEffect::Permit.into(),
        action: standard::PolicyAction::Send.into(),
        platform: platform.to_string(),
        dataset: pattern.to_owned(),
        reason: "平台登记 · registration of the platform".to_owned(),
        decided_by: "市级平台管理员 · operator of the hub".to_owned(),
        ..standard::Policy::default()
    };
    Due { dataset: "exchange.policy", record: id, occurred: row.added, body: body.encode_to_vec() }
}

// === impl Due ===

impl From<sanheyi_exchange_spec::rulebook::BuiltinEntry> for Due {
    fn from(entry: sanheyi_exchange_spec::rulebook::BuiltinEntry) -> Self {
        let sanheyi_exchange_spec::rulebook::BuiltinEntry { dataset, record, body, occurred } =
            entry;
        Self { dataset, record, occurred, body }
    }
}

impl Due {
    fn draft(&self) -> Result<Draft, StoreError> {
        let wrong = |error| StoreError::contradiction("journal", "entry", &self.record, error);
        Ok(Draft {
            dataset: self.dataset.parse().map_err(wrong)?,
            record: self.record.parse().map_err(wrong)?,
            operation: Operation::Put,
            occurred: self.occurred,
            body: Bytes::from(self.body.clone()),
            follows: None,
            reads: Vec::new(),
        })
    }
}
