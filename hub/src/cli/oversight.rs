//! What orders and complaints have in common at the hub: the rows of each platform as the ground of
//! the node's own functions, and the next free number.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use prost::Message;
use sanheyi_exchange_spec::calendar::date_of;
use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::json::{Unknown, from_json, to_json};
use sanheyi_exchange_spec::gate::{Findings, check_body};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits::BODY_BYTES;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::oversight::{Ground, Reached, Whose, rules_of};
use sanheyi_node::store::{Database, StoreError};
use sanheyi_proto::Violations;
use sanheyi_proto::exchange::v1 as wire;

use super::At;
use crate::config::{CheckedConfig, TENANTS};
use crate::store::{PlatformRow, platform_list, reader_list};
use crate::tenants::socket_file;

/// Most bytes of a JSON document: a body of the largest size, each character written as an escape.
const JSON_BYTES: u64 = 6 * BODY_BYTES as u64;
/// Numbers of one year.
const A_YEAR: u64 = 1_000_000;

/// A hub's store beside the hub that may be running, and what its broadcast says.
pub(super) struct City {
    pub(super) config: CheckedConfig,
    pub(super) database: Database,
    pub(super) rules: Rulebook,
    pub(super) platforms: Vec<PlatformRow>,
    pub(super) now: Timestamp,
}

impl City {
    pub(super) async fn open(at: &At, now: Timestamp) -> anyhow::Result<City> {
        let (config, database) = at.open().await?;
        let rules = rules_of(&database.of(&config.hub), &config.hub).await?;
        let platforms = platform_list(&database).await?;
        Ok(City { config, database, rules, platforms, now })
    }

    pub(super) async fn closed<T>(self, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
        self.database.close().await;
        outcome
    }

    /// A platform that is registered.
    pub(super) fn platform(&self, platform: &PlatformId) -> anyhow::Result<&PlatformRow> {
        self.platforms.iter().find(|row| row.platform == *platform).with_context(|| {
            format!("平台 {platform} 未登记 · platform {platform} is not registered")
        })
    }

    /// The platforms that are asked about: one, or all.
    pub(super) fn asked(&self, one: Option<&PlatformId>) -> anyhow::Result<Vec<&PlatformRow>> {
        match one {
            Some(platform) => Ok(vec![self.platform(platform)?]),
            None => Ok(self.platforms.iter().collect()),
        }
    }

    /// The rows of a platform.
    pub(super) async fn ground(&self, row: &PlatformRow) -> Result<Ground, StoreError> {
        let Self { config, database, rules, now, .. } = self;
        let (hub, data) = (&config.hub, &config.data);
        ground_of(&Whereabouts { database, hub, data, rules, now: *now, row }).await
    }

    /// The next free number of an organisation in the year of `now`: the year in four digits, and
    /// six that are counted on from the highest that the hub has given to any platform.
    pub(super) async fn next_number<M: Message + Default>(
        &self,
        dataset: &str,
        organisation: &str,
    ) -> anyhow::Result<String> {
        let prefix = format!("{organisation}{:04}", date_of(self.now).year());
        let mut last = 0;
        for row in &self.platforms {
            let ground = self.ground(row).await?;
            for found in ground.all::<M>(dataset, &prefix, Whose::Hubs).await? {
                let serial =
                    found.record.get(prefix.len()..).and_then(|digits| digits.parse().ok());
                last = last.max(serial.unwrap_or(0));
            }
        }
        let next: u64 = last + 1;
        if next >= A_YEAR {
            bail!(
                "{prefix} 的编号已用完，请用 --no 指定 · no numbers are left of {prefix}: give one with --no"
            );
        }
        Ok(format!("{prefix}{next:06}"))
    }
}

/// Where the rows of a platform are, and what is known beside them.
pub(crate) struct Whereabouts<'a> {
    /// The hub's store.
    pub(crate) database: &'a Database,
    /// The hub's own platform.
    pub(crate) hub: &'a PlatformId,
    /// The hub's data folder.
    pub(crate) data: &'a Path,
    /// What the broadcast says.
    pub(crate) rules: &'a Rulebook,
    /// The instant that is asked about.
    pub(crate) now: Timestamp,
    /// The platform.
    pub(crate) row: &'a PlatformRow,
}

/// The rows of a platform. Of a tenant they are at home here: what is in them has arrived.
pub(crate) async fn ground_of(at: &Whereabouts<'_>) -> Result<Ground, StoreError> {
    let store = at.database.of(&at.row.platform);
    let reached = if at.row.hosted {
        Reached::Here
    } else {
        let mut sizes = BTreeMap::new();
        let journals = store.journal_list().await?;
        for reader in reader_list(&store).await? {
            let of = journals.iter().find(|one| one.head.journal == reader.journal);
            sizes.extend(of.map(|one| (one.number, reader.size)));
        }
        Reached::Sizes(sizes)
    };
    Ok(Ground {
        store,
        hub: at.hub.clone(),
        reached,
        rules: at.rules.clone(),
        now: at.now,
        socket: socket_file(&at.data.join(TENANTS), &at.row.platform),
    })
}

/// A body out of a file of JSON.
pub(super) fn body_of(dataset: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    let shown = path.display();
    let cannot = || format!("无法读取 {shown} · cannot read {shown}");
    let bytes = std::fs::metadata(path).with_context(cannot)?.len();
    if bytes > JSON_BYTES {
        bail!("{shown} 超过 {JSON_BYTES} 字节 · {shown} is longer than {JSON_BYTES} bytes");
    }
    let text = std::fs::read_to_string(path).with_context(cannot)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let dictionary = Dictionary::new()?;
    from_json(dictionary.dataset(dataset)?, text, Unknown::Refuse).with_context(|| {
        format!("{shown} 不是“{dataset}”的 JSON · {shown} is no JSON of {dataset}")
    })
}

/// A body as JSON.
pub(super) fn json_of(dataset: &str, body: &[u8]) -> anyhow::Result<serde_json::Value> {
    let dictionary = Dictionary::new()?;
    let text = to_json(dictionary.dataset(dataset)?, body, Unknown::Drop)?;
    Ok(serde_json::from_str(&text)?)
}

/// A draft of the hub, named by its body and held against the standard.
pub(super) fn draft_of(
    dataset: &'static str,
    body: Vec<u8>,
    occurred: Timestamp,
) -> anyhow::Result<wire::Draft> {
    let known = sanheyi_proto::dataset(dataset).context(dataset)?;
    let mut record = String::new();
    if !known.record.name(&body, &mut record) {
        bail!(
            "正文未填编号，须填写 {0} · the body names no record: fill in {0}",
            known.record.text
        );
    }
    let (mut violations, mut findings) = (Violations::new(), Findings::default());
    check_body(known, &record, &body, &mut violations, &mut findings);
    if findings.has_error() {
        let told: Vec<_> = findings.into_reasons().iter().map(ToString::to_string).collect();
        bail!("{record} 不合标准 · {record} breaks the standard:\n  {}", told.join("\n  "));
    }
    Ok(wire::Draft {
        dataset: dataset.to_owned(),
        record,
        operation: wire::Operation::Put.into(),
        occurred: occurred.as_micros(),
        body: body.into(),
        ..wire::Draft::default()
    })
}
