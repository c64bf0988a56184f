use sanheyi_exchange_spec::health::{LaneFacts, LinkState, alerts};
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::web::lang::Lang;

use super::*;
use crate::web::planted::{Ground, NOW, stop};

fn view(stand: Stand) -> PlatformView {
    let lane = LaneFacts {
        line: "jintan>changzhou/normal".into(),
        backlog: 7,
        eldest: Some(NOW),
        still_since: Some(NOW),
        ..LaneFacts::default()
    };
    let facts = LinkFacts {
        platform: "jintan".into(),
        greeted: true,
        connected: true,
        since: Some(NOW),
        heard: Some(NOW),
        held: None,
        full: false,
        rewound: false,
        by_files: false,
        lanes: vec![lane],
        skew: 0,
        heartbeat: None,
        heartbeat_every: 0,
    };
    let link = LinkStanding {
        facts,
        state: LinkState::Stuck,
        sent: 0,
        received: 0,
        unjudged: 0,
        beat: None,
    };
    PlatformView {
        stop: Stop { behind: 7, ..stop("jintan", stand) },
        row: PlatformRow {
            platform: "jintan".parse().unwrap(),
            title_zh: "金坛市".into(),
            title_en: "Jintan".into(),
            key: SigningKey::from_seed(&[3; 32]).verifying(),
            added: NOW,
            hosted: stand == Stand::Hosted,
            quota: 0,
        },
        findings: vec![Finding::new(&alerts::LINK_STUCK, "jintan", "积压 7 条", "a backlog of 7")],
        link: Some(link),
        journals: Vec::new(),
        certificates: Vec::new(),
        heard: Vec::new(),
        policies: Vec::new(),
        custody: vec![(
            "case.case".into(),
            "A1".into(),
            Custody {
                epoch: 1,
                ours: false,
                other: "wujin".parse().ok(),
                base: None,
                frozen: None,
            },
        )],
        changes: Vec::new(),
    }
}

#[tokio::test]
async fn it_says_by_how_much_since_when_why_and_what_to_do() {
    let ground = Ground::new().await;
    for lang in [Lang::Zh, Lang::En] {
        let viewer = ground.viewer(Role::Admin, lang);
        let view = view(Stand::Link(LinkState::Stuck));
        let html = shown(&viewer, &view).render().into_string();
        let alert = alerts::LINK_STUCK;
        for said in [
            lang.t("停滞", "stuck"),
            lang.t("积压 7 条", "a backlog of 7"),
            lang.t(alert.remedy_zh, alert.remedy_en),
            "jintan&gt;changzhou/normal",
            lang.t("已移交 wujin", "handed over to wujin"),
            "data-live=\"/platforms/jintan/live\"",
        ] {
            assert!(html.contains(said), "{said}: {html}");
        }
    }
}

#[tokio::test]
async fn certificates_and_changes_are_for_those_who_may_see_them() {
    let ground = Ground::new().await;
    let view = view(Stand::Hosted);
    for (role, certificates, changes) in
        [(Role::Viewer, false, false), (Role::Operator, false, true), (Role::Admin, true, true)]
    {
        let viewer = ground.viewer(role, Lang::Zh);
        let html = shown(&viewer, &view).render().into_string();
        assert_eq!(html.contains("id=\"certificates\""), certificates);
        assert_eq!(html.contains("id=\"changes\""), changes);
        assert!(html.contains("托管平台在市级平台内"));
    }
}
