//! Tenants (租户): platforms without a node of their own. Their branches live in the hub's process
//! and store, run by the same engine as every node's (writer, uplink, intake), with the port to the
//! hub as a function call. The hub holds their keys, and every checkpoint of theirs says so.
//!
//! ```text
//! registry ──every few seconds──► host ─► Living: writer ► journal (at home here)
//!  (platform.hosted, quota)                       uplink ► LocalPort ► admission: a cursor moves
//!                                                 intake ◄ data/tenants/<id>/intake.sock
//! ```
//!
//! *Absent here*: rules. What is admitted and judged is decided in [`crate::exchange`], as for a
//! node.

mod host;
mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_node::process::clock;
use sanheyi_node::process::lifecycle::{Shutdown, TaskError};
use sanheyi_node::process::said::with_causes;
use sanheyi_node::store::StoreError;

use crate::store::{PlatformRow, platform_list};
pub use host::{Grounds, Hosted, TenantError, host};
pub(crate) use host::{key_file, socket_file};
pub use verify::{verify, verify_told};

/// How often the registry is looked through: a tenant that was added runs, and a quota that was
/// changed holds, within this time. It costs one small query.
pub const REGISTRY_EVERY: Duration = Duration::from_secs(2);

/// The tenants that live in this process.
pub struct Tenants {
    grounds: Grounds,
    running: BTreeMap<PlatformId, Hosted>,
    /// What was said of tenants that do not run: once, not at every look.
    said: BTreeMap<PlatformId, String>,
}

// === impl Tenants ===

impl Tenants {
    /// None runs yet.
    pub fn new(grounds: Grounds) -> Self {
        Self { grounds, running: BTreeMap::new(), said: BTreeMap::new() }
    }

    /// Hosts all tenants of the registry until a stop is asked for. What is wrong with one of them
    /// is said and tried again; it holds no other up.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), StoreError> {
        while !shutdown.is_soft() {
            tokio::select! {
                () = self.tick() => {}
                () = shutdown.soft_asked() => break,
            }
            self.watch(&shutdown).await;
        }
        let running = std::mem::take(&mut self.running);
        for (platform, ended) in join_all(running.into_iter().map(stopped)).await {
            self.lost(&platform, ended);
        }
        Ok(())
    }

    /// Watches over those that run until the next look. One that ends meanwhile is taken up again
    /// then and not at once: what ended it may do so again.
    async fn watch(&mut self, shutdown: &Shutdown) {
        let look = clock::pause(REGISTRY_EVERY);
        tokio::pin!(look);
        let mut rules = self.grounds.exchange.rules();
        loop {
            self.rule(&rules.borrow_and_update().clone());
            tokio::select! {
                Ok(()) = rules.changed() => {}
                (platform, ended) = next_ended(&mut self.running) => self.lost(&platform, ended),
                () = &mut look => return,
                () = shutdown.soft_asked() => return,
            }
        }
    }

    /// Tells every tenant what the broadcast says.
    fn rule(&self, rulebook: &Arc<Rulebook>) {
        for hosted in self.running.values() {
            hosted.branch().set_rulebook(Arc::clone(rulebook));
        }
    }

    /// One look at the registry: takes up who came, lets go who is hosted no longer, sets quotas.
    async fn tick(&mut self) {
        let mut tenants = match platform_list(&self.grounds.database).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(%error, "the registry cannot be read; who runs goes on");
                return;
            }
        };
        tenants.retain(|row| row.hosted);
        let gone = |id: &PlatformId| tenants.iter().all(|row| row.platform != *id);
        let leaving: Vec<_> = self.running.extract_if(.., |id, _| gone(id)).collect();
        for (platform, ended) in join_all(leaving.into_iter().map(stopped)).await {
            self.lost(&platform, ended);
        }
        for row in &tenants {
            match self.running.get_mut(&row.platform) {
                Some(hosted) => match hosted.check().await {
                    Ok(()) => hosted.branch().set_quota(row.quota),
                    Err(error) => self.let_go(&row.platform, &error).await,
                },
                None => self.take_up(row).await,
            }
        }
    }

    /// Stops a tenant that another instance may host by now. Were this one to write on for a
    /// moment, the fence of its journal would keep it out.
    async fn let_go(&mut self, platform: &PlatformId, error: &StoreError) {
        tracing::warn!(%platform, %error, "tenant {platform} may live elsewhere now: it is let go");
        if let Some(hosted) = self.running.remove(platform) {
            let (platform, ended) = stopped((platform.clone(), hosted)).await;
            self.lost(&platform, ended);
        }
    }

    async fn take_up(&mut self, row: &PlatformRow) {
        let platform = &row.platform;
        match host(&self.grounds, row).await {
            Ok(hosted) => {
                let socket = hosted.socket().display().to_string();
                tracing::info!(%platform, socket, "tenant {platform} runs, its intake is {socket}");
                self.said.remove(platform);
                hosted.branch().set_rulebook(self.grounds.exchange.rulebook());
                self.running.insert(platform.clone(), hosted);
            }
            Err(error) => {
                let why = with_causes(&error);
                if self.said.get(platform) == Some(&why) {
                    return;
                }
                match error {
                    TenantError::Elsewhere(_) => tracing::info!(%platform, "{why}"),
                    _ => tracing::error!(%platform, why, "tenant {platform} does not run: {why}"),
                }
                self.said.insert(platform.clone(), why);
            }
        }
    }

    /// A tenant's tasks have ended; unless that was asked for, it is hosted again at the next look.
    fn lost(&mut self, platform: &PlatformId, ended: Result<(), TaskError>) {
        self.running.remove(platform);
        match ended {
            Ok(()) => tracing::info!(%platform, "tenant {platform} has stopped"),
            Err(error) => {
                let why = with_causes(&error);
                tracing::error!(%platform, why, "tenant {platform} has stopped: {why}");
            }
        }
    }
}

async fn stopped((platform, hosted): (PlatformId, Hosted)) -> (PlatformId, Result<(), TaskError>) {
    let ended = hosted.stop().await;
    (platform, ended)
}

/// The next tenant whose tasks end.
async fn next_ended(
    running: &mut BTreeMap<PlatformId, Hosted>,
) -> (PlatformId, Result<(), TaskError>) {
    if running.is_empty() {
        return std::future::pending().await;
    }
    let all = running.iter_mut().map(|(platform, hosted)| {
        Box::pin(async move { (platform.clone(), hosted.ended().await) })
    });
    let (ended, ..) = select_all(all).await;
    ended
}
