//! The pages of a node: bound when it is built, served while it runs.

use std::net::SocketAddr;
use std::sync::Arc;

use sanheyi_exchange_spec::suite::VerifyingKey;
use tokio::sync::watch;

use crate::config::NodeConfig;
use crate::health::Standing;
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::process::lifecycle::{Shutdown, Tasks};
use crate::store::Store;
use crate::web::listen::{ListenError, Listening};
use crate::web::live::Streams;
use crate::web::serve::serve;
use crate::web::shell::{Shell, ShellParts};
use crate::web::site::{MENU, Site, SiteParts};

/// Pages that are bound; none, where there are to be none.
pub(super) struct Pages(Option<Bound>);

struct Bound {
    listening: Listening,
    shell: Shell,
    store: Store,
    config: NodeConfig,
    own_key: VerifyingKey,
}

impl Pages {
    /// Binds the pages of a node.
    pub(super) async fn bind(
        config: &NodeConfig,
        store: &Store,
        own_key: VerifyingKey,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, ListenError> {
        let bound = config.pages.bind(&config.data, Arc::clone(&clock)).await?;
        let Some(listening) = bound else { return Ok(Self(None)) };
        let url = listening.url();
        tracing::info!(%url, "pages are at {url}");
        let platform = &config.platform;
        let shell = Shell::new(ShellParts {
            title_zh: format!("分节点 {platform}"),
            title_en: format!("Node {platform}"),
            menu: MENU,
            store: store.clone(),
            clock,
            entropy,
            secure: listening.tls.is_some(),
        });
        let (store, config) = (store.clone(), config.clone());
        Ok(Self(Some(Bound { listening, shell, store, config, own_key })))
    }

    /// Where they are.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref().map(|bound| bound.listening.address)
    }

    /// Serves them as a task.
    pub(super) fn start(
        self,
        standing: watch::Receiver<Arc<Standing>>,
        tasks: &mut Tasks,
        shutdown: &Shutdown,
    ) {
        let Some(Bound { listening, shell, store, config, own_key }) = self.0 else { return };
        let streams = Streams::new(shutdown.clone());
        let site = Site::new(SiteParts { shell, store, config, own_key, standing, streams });
        let Listening { listener, tls, .. } = listening;
        tasks.spawn("pages", serve(listener, tls, site.router(), shutdown.clone()));
    }
}
