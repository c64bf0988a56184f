//! The pages of a hub: bound when it is built, served while it runs.

use std::net::SocketAddr;
use std::sync::Arc;

use sanheyi_node::health::Standing;
use sanheyi_node::process::lifecycle::{Shutdown, Tasks};
use sanheyi_node::web::guard;
use sanheyi_node::web::listen::{ListenError, Listening};
use sanheyi_node::web::live::Streams;
use sanheyi_node::web::serve::serve;
use sanheyi_node::web::shell::{Shell, ShellParts};
use tokio::sync::watch;

use crate::certificates::Certificates;
use crate::config::CheckedConfig;
use crate::enrolment::Enrolments;
use crate::exchange::Exchange;
use crate::web::menu::MENU;
use crate::web::routes;
use crate::web::site::{Site, SiteParts};

/// Pages that are bound; none, where there are to be none.
pub(super) struct Pages(Option<Bound>);

struct Bound {
    listening: Listening,
    shell: Shell,
    config: CheckedConfig,
    exchange: Exchange,
    certificates: Certificates,
    enrolments: Enrolments,
}

impl Pages {
    /// Binds the pages of a hub.
    pub(super) async fn bind(
        config: &CheckedConfig,
        exchange: &Exchange,
        certificates: &Certificates,
    ) -> Result<Self, ListenError> {
        let parts = exchange.parts();
        let (clock, entropy) = (Arc::clone(&parts.clock), Arc::clone(&parts.entropy));
        let bound = config.pages.bind(&config.data, Arc::clone(&clock)).await?;
        let Some(listening) = bound else { return Ok(Self(None)) };
        let url = listening.url();
        tracing::info!(%url, "pages are at {url}");
        let hub = &parts.hub;
        let shell = Shell::new(ShellParts {
            title_zh: format!("市级平台 {hub}"),
            title_en: format!("Hub {hub}"),
            menu: MENU,
            store: parts.database.of(hub),
            clock,
            entropy,
            secure: listening.tls.is_some(),
        });
        // Tokens are made and requests decided here, also where nobody may enrol over the network.
        let approval = config.enrolment.approval;
        let enrolments = Enrolments::new(parts.clone(), certificates.clone(), approval);
        let (config, exchange) = (config.clone(), exchange.clone());
        let certificates = certificates.clone();
        Ok(Self(Some(Bound { listening, shell, config, exchange, certificates, enrolments })))
    }

    /// Where they are.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.0.as_ref().map(|bound| bound.listening.address)
    }

    /// Serves them, and keeps them fresh, as tasks.
    pub(super) fn start(
        self,
        standing: watch::Receiver<Arc<Standing>>,
        tasks: &mut Tasks,
        shutdown: &Shutdown,
    ) {
        let Some(bound) = self.0 else { return };
        let Bound { listening, shell, config, exchange, certificates, enrolments } = bound;
        let (hub, database) = (exchange.parts().hub.clone(), exchange.parts().database.clone());
        let (streams, shutdown) = (Streams::new(shutdown.clone()), shutdown.clone());
        let site = Site::new(SiteParts {
            shell,
            hub,
            database,
            exchange,
            certificates,
            enrolments,
            config,
            standing,
            streams,
            shutdown: shutdown.clone(),
        });
        tasks.spawn("pages watch", site.clone().watch());
        let router = guard::site(site, routes());
        let Listening { listener, tls, .. } = listening;
        tasks.spawn("pages", serve(listener, tls, router, shutdown));
    }
}
