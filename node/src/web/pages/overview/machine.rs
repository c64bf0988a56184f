//! What the node stands on: its disk, its last backup, its certificate, its age.

use maud::{Markup, html};
use sanheyi_exchange_spec::time::Timestamp;

use crate::health::Standing;
use crate::process::disk::space;
use crate::process::tls::Identity;
use crate::store::StoreError;
use crate::web::parts::{Tone, bytes, counted, exact, facts, moment, none, state};
use crate::web::site::Site;
use crate::web::viewer::Viewer;

const DAY: i64 = 86_400_000_000;

pub(super) async fn machine(
    site: &Site,
    viewer: &Viewer,
    standing: &Standing,
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let never = none;
    let misses = standing.findings.iter().any(|one| one.name.starts_with("backup."));
    let wanting = if misses { Tone::Warn } else { Tone::Off };
    let backup = match site.parts().store.backup_good().await? {
        Some(row) => html! { (moment(viewer, row.at)) " " span.quiet { (bytes(row.bytes)) } },
        None => state(wanting, lang.t("还没有", "none yet")),
    };
    let started = if standing.started == Timestamp::default() {
        never()
    } else {
        moment(viewer, standing.started)
    };
    let ready = match (standing.at == Timestamp::default(), standing.ready) {
        (true, _) => html! { span.quiet { (lang.t("尚未检查", "not looked at yet")) } },
        (_, true) => state(Tone::Good, lang.t("可读写", "takes work")),
        (_, false) => state(Tone::Bad, lang.t("不可写", "cannot be written")),
    };
    Ok(facts([
        (lang.t("存储", "Store"), ready),
        (lang.t("磁盘", "Disk"), disk(site, viewer)),
        (lang.t("最近备份", "Last backup"), backup),
        (lang.t("链路证书", "Certificate"), certificate(site, viewer)),
        (lang.t("启动", "Started"), started),
        (lang.t("版本", "Version"), html! { (crate::health::VERSION) }),
    ]))
}

fn disk(site: &Site, viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    let config = &site.parts().config;
    let Ok(space) = space(&config.data) else { return none() };
    let (rules, percent) = (config.disk, space.free_percent());
    let (tone, word) = if space.free_bytes < rules.refuse_free_bytes {
        (Tone::Bad, lang.t("已满", "full"))
    } else if percent < rules.warn_free_percent {
        (Tone::Warn, lang.t("紧张", "short"))
    } else if percent < rules.notice_free_percent {
        (Tone::Off, lang.t("偏少", "getting low"))
    } else {
        (Tone::Good, lang.t("充足", "enough"))
    };
    html! {
        (state(tone, word)) " "
        (lang.t("剩余 ", "free: ")) (bytes(space.free_bytes)) " / " (bytes(space.total_bytes)) " (" (percent) "%)"
    }
}

fn certificate(site: &Site, viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    let files = site.parts().config.identity().now();
    let identity = Identity::load(&files.certificate, &files.key);
    let Ok(subject) = identity.and_then(|identity| identity.subject()) else {
        return state(Tone::Bad, lang.t("无法读取", "cannot be read"));
    };
    let days = subject.not_after.micros_since(viewer.shell.now()) / DAY;
    let tone = match days {
        ..=7 => Tone::Bad,
        8..=30 => Tone::Warn,
        _ => Tone::Good,
    };
    let word = match days {
        ..=-1 => lang.t("已过期", "expired").to_owned(),
        days => {
            let left = counted(lang, days.unsigned_abs(), "天", "day");
            format!("{left}{}", lang.t("后到期", " left"))
        }
    };
    html! { (state(tone, &word)) " " span.quiet { (exact(subject.not_after)) } }
}
