//! Gathers what the page of one platform shows.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::{ChangeFilter, JournalRow, Store, StoreError};

use super::{JournalView, PlatformView};
use crate::store::{CUSTODY, certificate_list, copy_list, gate_list, platform_get, reader_list};
use crate::web::site::Site;

/// Changes that are shown.
const CHANGES: u64 = 10;
/// Records of which custody is shown; a figure that is as large means: or more.
pub(super) const CUSTODIES: u64 = 20;

/// Everything about a platform; nothing if it is not registered.
pub(super) async fn view(
    site: &Site,
    platform: &PlatformId,
) -> Result<Option<PlatformView>, StoreError> {
    let parts = site.parts();
    let Some(row) = platform_get(&parts.database, platform).await? else { return Ok(None) };
    let federation = site.look().await?;
    let Some(stop) = federation.stop(platform.as_str()).cloned() else { return Ok(None) };
    let (store, own) = (site.store(platform), site.own());
    let heard = own.heard_list().await?.into_iter().filter(|one| one.peer == *platform);
    let about = ChangeFilter { subject: platform.to_string(), ..ChangeFilter::default() };
    let now = parts.shell.now();
    let rules = parts.exchange.rulebook();
    let named = |text: &str| text == "*" || text == platform.as_str();
    let policies = rules.policies().rules().filter(|rule| rule.holds_at(now));
    let policies = policies.filter(|rule| named(&rule.platform) || named(&rule.author));
    let custody = store.custody_list(&CUSTODY, None, CUSTODIES).await?;
    let link = parts.standing.borrow().link(platform.as_str()).cloned();
    Ok(Some(PlatformView {
        findings: federation.findings_of(platform.as_str()).cloned().collect(),
        stop,
        row,
        link,
        journals: journals(&store).await?,
        certificates: certificate_list(&store).await?,
        heard: heard.collect(),
        policies: policies.cloned().collect(),
        custody: custody.into_iter().map(|row| (row.dataset, row.record, row.custody)).collect(),
        changes: own.change_list(&about, None, CHANGES).await?,
    }))
}

/// Journals of the platform as the hub has admitted them, then the hub's to it.
async fn journals(store: &Store) -> Result<Vec<JournalView>, StoreError> {
    let judged: BTreeMap<_, _> =
        gate_list(store).await?.into_iter().map(|row| (row.journal, row.judged)).collect();
    let read: BTreeMap<_, _> =
        reader_list(store).await?.into_iter().map(|row| (row.journal, row.size)).collect();
    let mut views = Vec::new();
    for row in copy_list(store).await? {
        let (counts, _) = store.receipt_counts(row.number).await?;
        let judged = judged.get(&row.number).copied().unwrap_or(0);
        views.push(JournalView { row, counts: Some(counts), judged, read: None });
    }
    let known: Vec<_> = views.iter().map(|view| view.row.number).collect();
    let rest = store.journal_list().await?.into_iter();
    let rest = rest.filter(|row: &JournalRow| !known.contains(&row.number));
    views.extend(rest.map(|row| {
        let read = read.get(&row.head.journal).copied();
        JournalView { row, counts: None, judged: 0, read }
    }));
    Ok(views)
}
