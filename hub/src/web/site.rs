//! What all pages of a hub share: the site as a value, and how the federation stands now.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRef;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::Standing;
use sanheyi_node::process::clock;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::process::said::Said;
use sanheyi_node::store::{Database, Store, StoreError};
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::live::Streams;
use sanheyi_node::web::pages::Ground;
use sanheyi_node::web::shell::Shell;
use sanheyi_node::web::viewer::Role;
use tokio::sync::watch;

use super::federation::Federation;
use super::gather::{Known, gather};
use super::names::Names;
use crate::certificates::Certificates;
use crate::config::CheckedConfig;
use crate::enrolment::Enrolments;
use crate::exchange::Exchange;
use crate::quarantine::WorkingDesk;
use crate::store::{PlatformRow, author_keys, former_key_list, platform_list};

/// How often is looked while somebody watches.
const WATCHED: Duration = Duration::from_secs(2);
/// How often is looked for the traffic of the last minutes while nobody does.
const ALONE: Duration = Duration::from_secs(30);
/// How far back traffic is counted.
const RECENT_MICROS: i64 = 5 * 60 * 1_000_000;

/// What a site of pages is made of.
pub struct SiteParts {
    /// What every site has.
    pub shell: Shell,
    /// The hub's own platform.
    pub hub: PlatformId,
    /// Its store.
    pub database: Database,
    /// What it does with what branches say.
    pub exchange: Exchange,
    /// Who is let in by which certificate.
    pub certificates: Certificates,
    /// Tokens, and who came with them.
    pub enrolments: Enrolments,
    /// How it is configured.
    pub config: CheckedConfig,
    /// What is wrong and who is connected, as the process finds it.
    pub standing: watch::Receiver<Arc<Standing>>,
    /// Room for pages that are kept fresh.
    pub streams: Streams,
    /// When it stops.
    pub shutdown: Shutdown,
}

/// The site, shared by all its handlers.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

struct Shared {
    parts: SiteParts,
    federation: watch::Sender<Arc<Federation>>,
    history: Mutex<History>,
    known: Mutex<Known>,
}

/// How many entries each platform had, some moments ago.
#[derive(Default)]
struct History(VecDeque<(Timestamp, BTreeMap<String, u64>)>);

// === impl Site ===

impl Site {
    /// A site of these parts.
    pub fn new(parts: SiteParts) -> Self {
        let federation = Federation { hub: parts.hub.to_string(), ..Federation::default() };
        Self(Arc::new(Shared {
            parts,
            federation: watch::Sender::new(Arc::new(federation)),
            history: Mutex::default(),
            known: Mutex::default(),
        }))
    }

    /// Its parts.
    pub fn parts(&self) -> &SiteParts {
        &self.0.parts
    }

    /// The rows of a platform.
    pub fn store(&self, platform: &PlatformId) -> Store {
        self.0.parts.database.of(platform)
    }

    /// The hub's own rows.
    pub fn own(&self) -> Store {
        self.store(&self.0.parts.hub)
    }

    /// The rows of a platform as the pages of a branch show them.
    ///
    /// # Errors
    /// Of the database.
    pub(super) async fn ground(
        &self,
        platform: &PlatformId,
        title: Said,
    ) -> Result<Ground, StoreError> {
        let parts = self.parts();
        let rows = platform_list(&parts.database).await?;
        let former = former_key_list(&parts.database).await?;
        let hub_key = parts.exchange.parts().key.verifying();
        let prefix = format!("/platforms/{platform}");
        Ok(Ground {
            store: self.store(platform),
            hub: parts.hub.clone(),
            above: vec![
                (Said::new("平台", "Platforms"), "/platforms".to_owned()),
                (title, prefix.clone()),
            ],
            prefix,
            keys: author_keys(&rows, &former, &parts.hub, hub_key),
            unmask: Role::Operator,
        })
    }

    /// The desk of the quarantine.
    pub(super) fn desk(&self) -> WorkingDesk {
        WorkingDesk::new(&self.0.parts.exchange)
    }

    /// The platforms, or the one that is asked about.
    ///
    /// # Errors
    /// Of the database.
    pub(super) async fn platforms(
        &self,
        one: Option<PlatformId>,
    ) -> Result<Vec<PlatformRow>, StoreError> {
        let mut rows = platform_list(&self.0.parts.database).await?;
        rows.retain(|row| one.as_ref().is_none_or(|one| row.platform == *one));
        Ok(rows)
    }

    /// Ids and names of the platforms, for filters.
    ///
    /// # Errors
    /// Of the database.
    pub(super) async fn titles(&self, lang: Lang) -> Result<Vec<(String, String)>, StoreError> {
        let title = |row: PlatformRow| {
            (row.platform.to_string(), lang.t(&row.title_zh, &row.title_en).to_owned())
        };
        Ok(self.platforms(None).await?.into_iter().map(title).collect())
    }

    /// Names of the platforms and of the hub.
    ///
    /// # Errors
    /// Of the database.
    pub(super) async fn names(&self, lang: Lang) -> Result<Names, StoreError> {
        Ok(Names::new(self.titles(lang).await?).with_hub(lang, self.0.parts.hub.as_str()))
    }

    /// How the federation stood at the last look.
    pub(super) fn latest(&self) -> Arc<Federation> {
        Arc::clone(&self.0.federation.borrow())
    }

    /// Hears of every change.
    pub(super) fn listen(&self) -> watch::Receiver<Arc<Federation>> {
        self.0.federation.subscribe()
    }

    /// How the federation stands now; whoever watches is told, too.
    ///
    /// # Errors
    /// Of the database.
    pub async fn look(&self) -> Result<Arc<Federation>, StoreError> {
        let parts = self.parts();
        // A look that fails, or two at once, forget: then the next one reads everything again.
        let known = || self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = std::mem::take(&mut *known());
        let mut federation = gather(parts, &mut memory).await?;
        *known() = memory;
        let now = parts.shell.now();
        let mut history = self.0.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.note(now, &mut federation);
        drop(history);
        let federation = Arc::new(federation);
        self.0.federation.send_if_modified(|last| {
            let differs = **last != *federation;
            *last = Arc::clone(&federation);
            differs
        });
        Ok(federation)
    }

    /// Looks again and again until shutdown. A store that cannot be read is said and tried again.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn watch(self) -> Result<(), StoreError> {
        let shutdown = self.parts().shutdown.clone();
        let mut findings = self.parts().standing.clone();
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "pages cannot be kept fresh: {error}");
            }
            let every = if self.0.federation.receiver_count() > 0 { WATCHED } else { ALONE };
            tokio::select! {
                () = clock::pause(every) => {}
                Ok(()) = findings.changed() => {}
                () = shutdown.soft_asked() => return Ok(()),
            }
        }
    }
}

impl FromRef<Site> for Shell {
    fn from_ref(site: &Site) -> Self {
        site.parts().shell.clone()
    }
}

// === impl History ===

impl History {
    /// Remembers how many entries there are, and says of each platform how many have come lately.
    fn note(&mut self, now: Timestamp, federation: &mut Federation) {
        while self.0.front().is_some_and(|(at, _)| now.micros_since(*at) > RECENT_MICROS) {
            self.0.pop_front();
        }
        let first = self.0.front().map(|(_, sizes)| sizes);
        for stop in &mut federation.stops {
            let before = first.and_then(|sizes| sizes.get(&stop.platform)).copied();
            // Of a platform that is new here all is new; of a process that is new, nothing is known.
            stop.recent = match (first, before) {
                (None, _) => 0,
                (Some(_), before) => stop.entries.saturating_sub(before.unwrap_or(0)),
            };
        }
        let due = self.0.back().is_none_or(|(at, _)| now.micros_since(*at) >= 1_000_000);
        if due {
            let sizes = federation.stops.iter().map(|one| (one.platform.clone(), one.entries));
            self.0.push_back((now, sizes.collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::federation::{Stand, Stop};
    use crate::web::planted::{NOW, stop};

    #[test]
    fn traffic_is_what_has_come_in_the_last_five_minutes() {
        let mut history = History::default();
        let mut at = |seconds: i64, entries| {
            let stops = vec![Stop { entries, ..stop("jintan", Stand::Hosted) }];
            let mut federation = Federation { stops, ..Federation::default() };
            history.note(NOW.plus_micros(seconds * 1_000_000), &mut federation);
            federation.stops[0].recent
        };
        assert_eq!(at(0, 100), 0, "nothing is known when a process begins");
        assert_eq!(at(60, 130), 30);
        assert_eq!(at(300, 150), 50);
        assert_eq!(at(301, 150), 20, "what is older than five minutes is over");
        assert_eq!(at(2000, 150), 0);
    }
}
