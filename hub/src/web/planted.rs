//! Views planted for tests: a federation in which every state occurs.

use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::{Finding, LinkState, alerts, in_order};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock::ManualClock;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::Database;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::shell::{Shell, ShellParts};
use sanheyi_node::web::viewer::{Role, SignedIn, Viewer};
use tempfile::TempDir;

use super::federation::{Federation, Stand, Stop};
use super::menu::MENU;
use crate::store::STEPS;

/// The present.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_290_470_400_000_000);

/// A site that nobody serves.
pub(crate) struct Ground {
    pub(crate) shell: Shell,
    _database: Database,
    _folder: TempDir,
}

impl Ground {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("hub.sqlite"), STEPS).await.unwrap();
        let shell = Shell::new(ShellParts {
            title_zh: "常州市级平台".into(),
            title_en: "Changzhou hub".into(),
            menu: MENU,
            store: database.of(&"changzhou".parse().unwrap()),
            clock: Arc::new(ManualClock::new(NOW)),
            entropy: Arc::new(SeededEntropy::new(1)),
            secure: false,
        });
        Self { shell, _database: database, _folder: folder }
    }

    pub(crate) fn viewer(&self, role: Role, lang: Lang) -> Viewer {
        Viewer {
            shell: self.shell.clone(),
            lang,
            who: Some(SignedIn {
                name: "wangfang".into(),
                role,
                form_token: "token-1".into(),
                session: [7; 32],
                renew: false,
            }),
            path: "/".into(),
            query: String::new(),
        }
    }
}

/// A platform that stands so.
pub(crate) fn stop(platform: &str, stand: Stand) -> Stop {
    let ago = |seconds: i64| Some(NOW.plus_micros(-seconds * 1_000_000));
    Stop {
        platform: platform.to_owned(),
        title_zh: format!("平台 {platform}"),
        title_en: format!("Platform {platform}"),
        regions: Vec::new(),
        stand,
        since: ago(4000),
        heard: ago(5),
        behind: 0,
        entries: 1_234_567,
        recent: 0,
        quarantined: 12,
        pending: 3,
        unjudged: 0,
    }
}

/// One of every state, on known ground and on the ring.
pub(crate) fn federation() -> Federation {
    let link = Stand::Link;
    let stops = vec![
        Stop { recent: 14_000, ..stop("jintan", link(LinkState::Live)) },
        Stop { behind: 12_345, recent: 80, ..stop("liyang", link(LinkState::Behind)) },
        Stop { heard: None, ..stop("wujin", link(LinkState::Offline)) },
        Stop { recent: 900, ..stop("xinbei", Stand::Hosted) },
        Stop { recent: 9, ..stop("tianning", Stand::Hosted) },
        Stop { behind: 7, ..stop("zhonglou", link(LinkState::Stuck)) },
        stop("qishuyan", link(LinkState::Held(Code::IdentityHeld))),
        stop("jingkai", link(LinkState::Full)),
        Stop { since: None, heard: None, entries: 0, ..stop("jiangsu", link(LinkState::Never)) },
    ];
    let findings = in_order(vec![
        Finding::new(&alerts::LINK_OFFLINE, "wujin", "没有连接", "not connected").since(NOW),
        Finding::new(&alerts::LINK_STUCK, "zhonglou", "积压 7 条没有前进", "a backlog of 7"),
        Finding::new(&alerts::LINK_BEHIND, "liyang", "积压 12345 条", "a backlog of 12345"),
    ]);
    Federation { hub: "changzhou".into(), stops, findings }
}
