//! The desk of a hub (签发): commands by which its operators say something to the federation hand
//! it in here, at the hub that runs, or, where none runs, straight into its store.

use std::fmt::Write as _;

use anyhow::bail;
use bytes::Bytes;
use sanheyi_exchange_spec::gate::Reason;
use sanheyi_exchange_spec::ids::Audience;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::branch::{Appended, Refused, SubmitError};
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::gateway::{self, socket};
use sanheyi_node::store::Database;
use sanheyi_proto::exchange::v1 as wire;

use super::{At, parts};
use crate::config::{CheckedConfig, DESK};
use crate::exchange::{Outbox, audience};
use crate::store::open;

/// Hands in what the hub says, whole or not at all; answers where it stands. A draft that names no
/// revision follows whatever stands now: the command has just been given.
///
/// # Errors
/// With every reason against a draft; or if neither hub nor store can be reached.
pub(crate) async fn hand_in(
    at: &At,
    mut drafts: Vec<wire::Draft>,
) -> anyhow::Result<Vec<Appended>> {
    let config = at.load()?;
    let beside = Database::open_read_only(config.database()).await?;
    let followed = follow_heads(&config, &beside, &mut drafts).await;
    beside.close().await;
    followed?;
    let desk = config.data.join(DESK);
    if socket::answers(&desk).await {
        return through(&desk, drafts).await;
    }
    into_store(&config, drafts).await
}

/// At the hub that runs.
async fn through(
    desk: &std::path::Path,
    drafts: Vec<wire::Draft>,
) -> anyhow::Result<Vec<Appended>> {
    let names: Vec<_> =
        drafts.iter().map(|one| format!("{} {}", one.dataset, one.record)).collect();
    let answer = IntakeClient::connect(desk).await?.submit(drafts).await?;
    if !answer.refused.is_empty() {
        let refused = answer.refused.into_iter().map(|one| {
            let index = usize::try_from(one.index).unwrap_or(usize::MAX);
            (index, one.reasons.into_iter().map(Reason::from_wire).collect())
        });
        bail!(complaint(&names, refused));
    }
    let appended = answer.appended.into_iter().map(|one| {
        let digest = Digest::from_slice(&one.digest)?;
        Ok(Appended { sequence: one.sequence, revision: one.revision, digest })
    });
    appended.collect()
}

/// Where no hub runs.
async fn into_store(
    config: &CheckedConfig,
    drafts: Vec<wire::Draft>,
) -> anyhow::Result<Vec<Appended>> {
    let names: Vec<_> =
        drafts.iter().map(|one| format!("{} {}", one.dataset, one.record)).collect();
    let told = |refused: Vec<Refused>| {
        complaint(&names, refused.into_iter().map(|one| (one.index, one.reasons)))
    };
    let (formed, malformed) = gateway::drafts(drafts);
    if !malformed.is_empty() {
        bail!(told(malformed));
    }
    let drafts: Vec<_> = formed.into_iter().map(|(_, draft)| draft).collect();
    let database = open(&config.database(), &config.hub).await?;
    let parts = parts(config, &database)?;
    let dispatched = async { Outbox::of(parts).await?.dispatch(&drafts).await }.await;
    database.close().await;
    match dispatched {
        Ok(dispatched) => Ok(dispatched.appended),
        Err(SubmitError::Refused(refused)) => bail!(told(refused)),
        Err(error) => Err(error.into()),
    }
}

/// Fills in the heads that drafts follow where they name none.
async fn follow_heads(
    config: &CheckedConfig,
    database: &Database,
    drafts: &mut [wire::Draft],
) -> anyhow::Result<()> {
    for one in drafts.iter_mut().filter(|one| one.follows_revision == 0) {
        // What is wrong with a draft is said when it is handed in.
        let Ok(audience) = whom(one) else { continue };
        let (dataset, record) = (one.dataset.as_str(), one.record.as_str());
        let head = match &audience {
            Audience::All => database.of(&config.hub).record_head(dataset, record).await?,
            Audience::One(platform) => {
                database.of(platform).incoming_head(&config.hub, dataset, record).await?
            }
        };
        if let Some(head) = head {
            one.follows_revision = head.revision;
            one.follows_digest = Bytes::copy_from_slice(head.place.digest.as_bytes());
        }
    }
    Ok(())
}

/// For whom a draft is; or what is wrong with it, so that nobody can say.
pub(super) fn whom(message: &wire::Draft) -> Result<Audience, Vec<Reason>> {
    let (formed, malformed) = gateway::drafts(vec![message.clone()]);
    match formed.first() {
        Some((_, draft)) => audience(draft).map_err(|reason| vec![reason]),
        None => Err(malformed.into_iter().flat_map(|one| one.reasons).collect()),
    }
}

/// All that is wrong, a line for each reason.
fn complaint(names: &[String], refused: impl Iterator<Item = (usize, Vec<Reason>)>) -> String {
    let mut text = String::from("未签发，没有写入任何内容 · refused, nothing was written");
    for (index, reasons) in refused {
        let name = names.get(index).map_or("", String::as_str);
        for reason in reasons {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "\n{name} {reason}");
        }
    }
    text
}
