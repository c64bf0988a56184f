//! Gathers how the federation stands: sizes and verdicts from the store, lines and findings from
//! the watchdog.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::health::LinkState;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_node::health::Standing;
use sanheyi_node::health::quarantine::Memory;
use sanheyi_node::store::{Store, StoreError};

use super::federation::{Federation, Stand, Stop};
use super::site::SiteParts;
use crate::store::{PlatformRow, copy_list, gate_list, platform_list};

/// What is known of each platform's quarantine, so that no look reads everything.
pub(super) type Known = BTreeMap<PlatformId, Memory>;

/// How everything stands now.
pub(super) async fn gather(parts: &SiteParts, known: &mut Known) -> Result<Federation, StoreError> {
    let standing = parts.standing.borrow().clone();
    let rules = parts.exchange.rulebook();
    let mut stops = Vec::new();
    for row in platform_list(&parts.database).await? {
        let store = parts.database.of(&row.platform);
        let memory = known.entry(row.platform.clone()).or_default();
        let (waiting, _) = memory.open(&store, parts.shell.now()).await?;
        let stop = stop(&store, row, &standing, &rules).await?;
        stops.push(Stop { quarantined: waiting, ..stop });
    }
    Ok(Federation { hub: parts.hub.to_string(), stops, findings: standing.findings.clone() })
}

async fn stop(
    store: &Store,
    row: PlatformRow,
    standing: &Standing,
    rules: &Rulebook,
) -> Result<Stop, StoreError> {
    let link = standing.link(row.platform.as_str());
    let judged: BTreeMap<_, _> =
        gate_list(store).await?.into_iter().map(|row| (row.journal, row.judged)).collect();
    let listed = rules.platform(&row.platform);
    let mut stop = Stop {
        platform: row.platform.to_string(),
        title_zh: row.title_zh,
        title_en: row.title_en,
        regions: listed.iter().flat_map(|one| &one.regions).map(ToString::to_string).collect(),
        stand: Stand::Hosted,
        since: link.and_then(|link| link.facts.since),
        heard: link.and_then(|link| link.facts.heard),
        // Nobody who has never come is behind: it gets all when it comes.
        behind: link.filter(|link| link.state != LinkState::Never).map_or(0, |link| link.backlog()),
        entries: 0,
        recent: 0,
        quarantined: 0,
        pending: 0,
        unjudged: 0,
    };
    for journal in copy_list(store).await? {
        let (counts, _) = store.receipt_counts(journal.number).await?;
        let judged = judged.get(&journal.number).copied().unwrap_or(0);
        stop.entries += journal.head.size;
        stop.pending += counts.pending;
        stop.unjudged += journal.head.size.saturating_sub(judged);
    }
    if !row.hosted {
        // Before the watchdog's first look nothing is known but whether it was ever here.
        let unknown = if stop.entries == 0 { LinkState::Never } else { LinkState::Offline };
        stop.stand = Stand::Link(link.map_or(unknown, |link| link.state));
    }
    Ok(stop)
}
