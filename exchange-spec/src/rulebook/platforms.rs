//! The platform directory (平台名录): who takes part, and whose key signs which range of whose
//! journals.

use std::collections::BTreeMap;
use std::sync::Arc;

use sanheyi_proto::standard::v1 as standard;

use super::Place;
use crate::ids::{Lane, PlatformId};
use crate::reason::Reason;
use crate::suite::VerifyingKey;
use crate::time::Timestamp;

/// Where the journal of a platform is at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// 市级平台: it is the hub.
    Hub,
    /// 分节点: on a machine of its own.
    Node,
    /// 托管租户: in the hub, which holds its key.
    Tenant,
}

/// A key range (密钥区间).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// Verifies the checkpoints of its journals.
    pub key: VerifyingKey,
    /// Who holds the key, where it is not the platform.
    pub keeper: Option<PlatformId>,
    /// The lane; `None`: all.
    pub lane: Option<Lane>,
    /// First sequence number.
    pub from: u64,
}

/// A platform as the hub lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id, stable for life.
    pub platform: PlatformId,
    /// Its name in Chinese.
    pub title_zh: Box<str>,
    /// Its name in English.
    pub title_en: Box<str>,
    /// Where its journal is at home.
    pub mode: Mode,
    /// Codes of the regions that it stands for.
    pub regions: Vec<Box<str>>,
    /// When it joined.
    pub joined: Timestamp,
    /// When it left, if it has.
    pub left: Option<Timestamp>,
    /// Its key ranges as this revision lists them.
    pub keys: Vec<KeyRange>,
    /// Where it stands in the broadcast.
    pub place: Place,
}

/// The directory. Keys outlive the listing: what a platform signed stays verifiable when it has
/// left.
#[derive(Clone, Debug, Default)]
pub(super) struct Platforms {
    listed: BTreeMap<PlatformId, Arc<Listed>>,
    keys: BTreeMap<PlatformId, Vec<KeyRange>>,
}

// === impl Listed ===

impl Listed {
    /// A platform as the broadcast lists it; `None` where it says nothing that this build knows.
    pub(super) fn read(platform: &standard::Platform, place: Place) -> Option<Self> {
        Some(Self {
            platform: platform.platform.parse().ok()?,
            title_zh: platform.title_zh.as_str().into(),
            title_en: platform.title_en.as_str().into(),
            mode: match platform.mode() {
                standard::PlatformMode::Hub => Mode::Hub,
                standard::PlatformMode::Node => Mode::Node,
                standard::PlatformMode::Tenant => Mode::Tenant,
                standard::PlatformMode::Unspecified => return None,
            },
            regions: platform.regions.iter().map(|region| region.code.as_str().into()).collect(),
            joined: Timestamp::from_micros(platform.joined_at),
            left: platform.left_at.map(Timestamp::from_micros),
            keys: platform.keys.iter().map(KeyRange::read).collect::<Option<_>>()?,
            place,
        })
    }
}

// === impl KeyRange ===

impl KeyRange {
    fn read(range: &standard::PlatformKey) -> Option<Self> {
        let keeper = match range.keeper.as_str() {
            "" => None,
            keeper => Some(keeper.parse().ok()?),
        };
        Some(Self {
            key: range.key.parse().ok()?,
            keeper,
            lane: match range.lane() {
                standard::JournalLane::Unspecified => None,
                standard::JournalLane::Urgent => Some(Lane::Urgent),
                standard::JournalLane::Normal => Some(Lane::Normal),
            },
            from: u64::try_from(range.from).ok()?,
        })
    }

    /// As the dataset `exchange.platform` says it.
    pub fn record(&self) -> standard::PlatformKey {
        let lane = match self.lane {
            None => standard::JournalLane::Unspecified,
            Some(Lane::Urgent) => standard::JournalLane::Urgent,
            Some(Lane::Normal) => standard::JournalLane::Normal,
        };
        standard::PlatformKey {
            key: self.key.to_string(),
            keeper: self.keeper.as_ref().map(PlatformId::to_string).unwrap_or_default(),
            from: i64::try_from(self.from).unwrap_or(i64::MAX),
            lane: lane.into(),
        }
    }

    fn is_of(&self, lane: Lane) -> bool {
        self.lane.is_none_or(|own| own == lane)
    }

    fn says_as(&self, other: &KeyRange) -> bool {
        self.meets(other) && self.from == other.from && self.key == other.key
    }

    fn meets(&self, other: &KeyRange) -> bool {
        self.lane.is_none() || other.lane.is_none() || self.lane == other.lane
    }
}

// === impl Platforms ===

impl Platforms {
    pub(super) fn get(&self, platform: &PlatformId) -> Option<&Arc<Listed>> {
        self.listed.get(platform)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Listed>> {
        self.listed.values()
    }

    pub(super) fn range_of(
        &self,
        platform: &PlatformId,
        lane: Lane,
        sequence: u64,
    ) -> Option<&KeyRange> {
        let mut ranges = self.keys.get(platform)?.iter();
        // Ascending by `from`; of two that begin together the first has signed nothing.
        ranges.rfind(|range| range.is_of(lane) && range.from <= sequence)
    }

    /// Lists a platform. A range that is known keeps its key: a new one begins behind all others
    /// of its lane, and one that is left out stays. Where the last one has signed nothing, as the
    /// hub says by naming it ahead of the new one, both begin at one number, and the new one
    /// counts.
    pub(super) fn put(&mut self, listed: Listed) -> Result<(), Reason> {
        let mut keys = self.keys.get(&listed.platform).cloned().unwrap_or_default();
        let mut said: Vec<_> = listed.keys.iter().collect();
        said.sort_by_key(|range| range.from);
        let mut named: Vec<&KeyRange> = Vec::new();
        for range in said {
            let last = keys.iter().filter(|known| known.meets(range)).map(|known| known.from).max();
            if last.is_some_and(|last| range.from <= last) {
                if keys.iter().any(|known| range.says_as(known)) {
                    named.push(range);
                    continue;
                }
                let unused =
                    named.iter().any(|known| known.from == range.from && known.meets(range));
                if last != Some(range.from) || !unused {
                    return Err(replaced(&listed.platform, range));
                }
            }
            keys.push(range.clone());
            named.push(range);
            keys.sort_by_key(|range| range.from);
        }
        if !keys.is_empty() {
            self.keys.insert(listed.platform.clone(), keys);
        }
        self.listed.insert(listed.platform.clone(), Arc::new(listed));
        Ok(())
    }

    pub(super) fn withdraw(&mut self, record: &str) -> bool {
        let Ok(platform) = record.parse() else { return false };
        self.listed.remove(&platform).is_some()
    }
}

fn replaced(platform: &PlatformId, range: &KeyRange) -> Reason {
    let from = range.from;
    Reason::new(
        "keys",
        "rulebook.key_replaced",
        format!(
            "{platform} 自第 {from} 号起的密钥已经公布，不能改换，仍用原密钥；新密钥须自更后的序号起"
        ),
        format!(
            "the key of {platform} from {from} on is known and stays: a new key begins at a later sequence number"
        ),
    )
}
