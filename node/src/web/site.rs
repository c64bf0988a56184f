//! The pages of a node: its site as a value, its menu, its routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::routing::get;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::suite::VerifyingKey;
use tokio::sync::watch;

use super::error::WebError;
use super::guard::{Route, site};
use super::live::Streams;
use super::pages::{
    Ground, attachments, incoming, of_every_site, of_ground, overview, quarantine, settings,
};
use super::shell::{Entry, Shell};
use super::viewer::Role;
use crate::config::NodeConfig;
use crate::health::Standing;
use crate::store::Store;

/// What the site of a node is made of.
pub struct SiteParts {
    /// What every site has.
    pub shell: Shell,
    /// The node's rows.
    pub store: Store,
    /// How it is configured.
    pub config: NodeConfig,
    /// The key that verifies its own checkpoints.
    pub own_key: VerifyingKey,
    /// How it stands, as its watchdog sees it.
    pub standing: watch::Receiver<Arc<Standing>>,
    /// Room for pages that are kept fresh.
    pub streams: Streams,
}

/// The site of a node, shared by all its handlers.
#[derive(Clone)]
pub struct Site(Arc<SiteParts>);

const fn entry(path: &'static str, zh: &'static str, en: &'static str, role: Role) -> Entry {
    Entry { path, zh, en, role }
}

/// What is in the menu, for whom.
pub const MENU: &[Entry] = &[
    entry("/", "概况", "Overview", Role::Viewer),
    entry("/records", "记录", "Records", Role::Viewer),
    entry("/journals", "日志", "Journals", Role::Viewer),
    entry("/quarantine", "隔离区", "Quarantine", Role::Viewer),
    entry("/incoming", "来件", "Incoming", Role::Viewer),
    entry("/attachments", "附件", "Attachments", Role::Viewer),
    entry("/changes", "审计", "Audit", Role::Operator),
    entry("/operators", "操作员", "Operators", Role::Admin),
    entry("/settings", "设置", "Settings", Role::Viewer),
];

/// The routes of a node's site.
pub fn routes() -> Vec<Route<Site>> {
    let own = [
        Route::shows("/", Role::Viewer, get(overview::page)),
        Route::refreshes(overview::LIVE, Role::Viewer, get(overview::live)),
        Route::shows("/quarantine", Role::Viewer, get(quarantine::page)),
        Route::shows("/incoming", Role::Viewer, get(incoming::page)),
        Route::shows("/attachments", Role::Viewer, get(attachments::page)),
        Route::shows("/settings", Role::Viewer, get(settings::page)),
    ];
    own.into_iter().chain(of_every_site()).chain(of_ground("")).collect()
}

// === impl Site ===

impl Site {
    /// A site of these parts.
    pub fn new(parts: SiteParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Its parts.
    pub fn parts(&self) -> &SiteParts {
        &self.0
    }

    /// What answers for it.
    pub fn router(self) -> Router {
        site(self, routes())
    }

    /// The node's rows as pages show them.
    pub fn ground(&self) -> Ground {
        let SiteParts { store, config, own_key, .. } = self.parts();
        let own = (config.platform.clone(), *own_key);
        Ground {
            store: store.clone(),
            hub: config.hub.clone(),
            prefix: String::new(),
            above: Vec::new(),
            keys: Keyring::from([own, (config.hub.clone(), config.keys.hub_key)]),
            unmask: Role::Operator,
        }
    }
}

impl FromRef<Site> for Shell {
    fn from_ref(site: &Site) -> Self {
        site.parts().shell.clone()
    }
}

impl FromRequestParts<Site> for Ground {
    type Rejection = WebError;

    async fn from_request_parts(_: &mut Parts, site: &Site) -> Result<Self, WebError> {
        Ok(site.ground())
    }
}

#[cfg(test)]
mod tests;
