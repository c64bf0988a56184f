//! Platforms, policies and bulletins.

use sanheyi_proto::standard::v1::{
    Attachment, Bulletin, BulletinFigure, BulletinRow, JournalLane, Platform, PlatformKey,
    PlatformMode, PlatformRegion, Policy, PolicyAction, PolicyEffect, PolicyScope,
};

use super::{MORNING, Sample, sample};

/// A public key: that of RFC 8032, test 1.
const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn platform() -> Platform {
    let region = |code: &str, name: &str, from: &str, until: &str| PlatformRegion {
        code: code.into(),
        name: name.into(),
        valid_from: from.into(),
        valid_until: until.into(),
    };
    Platform {
        platform: "jintan".into(),
        title_zh: "金坛分平台".into(),
        title_en: "Jintan".into(),
        mode: PlatformMode::Node.into(),
        regions: vec![
            region("320482", "金坛市", "", "2015-06-01"),
            region("320413", "金坛区", "2015-06-01", ""),
        ],
        key_id: "1a2b3c4d".into(),
        operator: "金坛市信息中心".into(),
        phone: "0519-82880000".into(),
        joined_at: MORNING,
        left_at: Some(MORNING + 1),
        remark: "示例".into(),
        keys: vec![PlatformKey {
            key: KEY.into(),
            keeper: "changzhou".into(),
            from: 0,
            lane: JournalLane::Normal.into(),
        }],
    }
}

fn policy() -> Policy {
    Policy {
        id: "wujin-sees-joint".into(),
        title: "武进查看金坛发来的协同事项".into(),
        effect: PolicyEffect::Permit.into(),
        action: PolicyAction::See.into(),
        platform: "wujin".into(),
        dataset: "case.*".into(),
        author: "jintan".into(),
        scope: PolicyScope::Addressed.into(),
        valid_from: Some(MORNING),
        valid_until: Some(MORNING + 1),
        reason: "跨区协同办理".into(),
        decided_by: "潘立新".into(),
    }
}

fn bulletin() -> Bulletin {
    let row = BulletinRow {
        platform: "jintan".into(),
        organisation: "JS048200JT".into(),
        name: "金坛市交通运输局".into(),
        rank: 1,
        figures: vec![BulletinFigure {
            name: "按时办结率".into(),
            value: "99.25".into(),
            unit: "%".into(),
        }],
        comment: "报送及时。".into(),
    };
    Bulletin {
        no: "TB-2010-04".into(),
        title: "2010 年第四季度运行情况通报".into(),
        period_from: "2010-10-01".into(),
        period_until: "2010-12-31".into(),
        rows: vec![row],
        text: "第四季度各分平台运行总体平稳。".into(),
        signed_by: "潘立新".into(),
        signer_post: "监察局副局长".into(),
        signed_at: MORNING,
        attachments: vec![Attachment {
            name: "附表.xls".into(),
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
            bytes: 1,
            media_type: "application/vnd.ms-excel".into(),
        }],
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let tenant = Platform {
        platform: "jingkai".into(),
        mode: PlatformMode::Tenant.into(),
        regions: Vec::new(),
        operator: String::new(),
        phone: String::new(),
        left_at: None,
        remark: String::new(),
        keys: Vec::new(),
        ..platform()
    };
    let send = Policy {
        id: "send-jintan".into(),
        action: PolicyAction::Send.into(),
        author: String::new(),
        scope: PolicyScope::Unspecified.into(),
        valid_from: None,
        valid_until: None,
        ..policy()
    };
    let short = Bulletin {
        no: "TB-2011-01".into(),
        rows: Vec::new(),
        signer_post: String::new(),
        attachments: Vec::new(),
        ..bulletin()
    };
    vec![
        sample("exchange.platform", &platform()),
        sample("exchange.platform", &tenant),
        sample("exchange.policy", &policy()),
        sample("exchange.policy", &send),
        sample("exchange.bulletin", &bulletin()),
        sample("exchange.bulletin", &short),
    ]
}
