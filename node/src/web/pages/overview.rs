//! `/`: how the platform stands: what is wrong and what to do, the link, what is behind and since
//! when, the machine.

mod machine;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::health::{Finding, LaneFacts, LinkState, Severity};
use sanheyi_exchange_spec::ids::Lane;

use crate::health::{LinkStanding, Standing};
use crate::store::{Counts, DueState, StoreError, Way};
use crate::web::error::WebError;
use crate::web::lang::Lang;
use crate::web::live::Parts;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, facts, figures, moment, none, number, state};
use crate::web::site::Site;
use crate::web::viewer::Viewer;

/// Where changes of the page come from.
pub const LIVE: &str = "/live";

const COLUMNS: [Column; 6] = [
    Column::text("通道", "Lane"),
    Column::number("积压", "Behind"),
    Column::text("最早一条", "Oldest"),
    Column::text("上限", "Cap"),
    Column::text("可用时段", "Hours"),
    Column::text("状态", "State"),
];

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer, State(site): State<Site>) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let made = parts(&site, &viewer).await?;
    let part = |id: &str| {
        let found = made.iter().find(|(name, _)| *name == id);
        found.map_or_else(|| html! {}, |(_, part)| part.clone())
    };
    let stale = lang.t("连接中断，数据可能已旧", "connection lost, this may be old");
    let body = html! {
        div #figures { (part("figures")) }
        section aria-labelledby="findings-title" {
            h2 #findings-title data-fresh=(stale) { (lang.t("需要处理", "What needs attention")) }
            div #findings aria-live="polite" { (part("findings")) }
        }
        div.split {
            section aria-labelledby="link-title" {
                h2 #link-title { (lang.t("与市级平台的链路", "The link to the hub")) }
                div #link { (part("link")) }
            }
            section aria-labelledby="machine-title" {
                h2 #machine-title { (lang.t("本机", "This machine")) }
                div #machine { (part("machine")) }
            }
        }
        section aria-labelledby="lanes-title" {
            h2 #lanes-title { (lang.t("通道", "Lanes")) }
            div #lanes { (part("lanes")) }
        }
    };
    Ok(Page::new(&viewer, lang.t("概况", "Overview"), body).live(LIVE).into_response())
}

/// Its parts as they change.
///
/// # Errors
/// If too many pages are kept fresh already.
pub async fn live(viewer: Viewer, State(site): State<Site>) -> Result<Response, WebError> {
    let streams = site.parts().streams.clone();
    let news = site.parts().standing.clone();
    streams.open(viewer, news, move |viewer| {
        let site = site.clone();
        async move { parts(&site, &viewer).await }
    })
}

async fn parts(site: &Site, viewer: &Viewer) -> Result<Parts, WebError> {
    let standing = site.parts().standing.borrow().clone();
    let link = standing.link(site.parts().config.hub.as_str());
    Ok(vec![
        ("figures", counted(site, viewer, link).await?),
        ("findings", findings(viewer, &standing)),
        ("link", linked(site, viewer, link).await?),
        ("machine", machine::machine(site, viewer, &standing).await?),
        ("lanes", lanes(site, viewer, link)),
    ])
}

async fn counted(
    site: &Site,
    viewer: &Viewer,
    link: Option<&LinkStanding>,
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let store = &site.parts().store;
    let (mut all, mut counts, mut unanswered, mut behind) = (0, Counts::default(), 0, 0);
    for row in store.journal_list().await?.into_iter().filter(|row| row.home) {
        let (of, judged) = store.receipt_counts(row.number).await?;
        let acknowledged = store.greeting_get(row.number).await?.acknowledged;
        all += row.head.size;
        counts.accepted += of.accepted;
        counts.quarantined += of.quarantined;
        counts.pending += of.pending;
        unanswered += row.head.size.saturating_sub(judged);
        behind += row.head.size.saturating_sub(acknowledged);
    }
    let due = store.due_totals().await?.into_iter();
    let waits = |one: &crate::store::DueTotal| match one.way {
        Way::Up => one.state == DueState::Here,
        Way::Down => one.state == DueState::Absent,
    };
    let files: u64 = due.filter(waits).map(|one| one.files).sum();
    let behind = link.map_or(behind, LinkStanding::backlog);
    let to = |path: &str| Some(path.to_owned());
    Ok(figures([
        (lang.t("条目", "Entries"), number(all), to("/records")),
        (lang.t("积压", "Behind"), number(behind), to("/journals")),
        (lang.t("已接受", "Accepted"), number(counts.accepted), to("/records?standing=accepted")),
        (lang.t("已隔离", "Quarantined"), number(counts.quarantined), to("/quarantine")),
        (lang.t("待判", "Pending"), number(counts.pending), to("/records?standing=pending")),
        (lang.t("未回执", "Unanswered"), number(unanswered), to("/records?standing=unanswered")),
        (lang.t("待传附件", "Files to come or go"), number(files), to("/attachments")),
    ]))
}

/// What is wrong, since when, why, and what to do.
fn findings(viewer: &Viewer, standing: &Standing) -> Markup {
    let lang = viewer.lang;
    if standing.at == Default::default() {
        return html! { p.empty { (lang.t("节点刚启动，几秒后显示。", "The node has just started; this is here in a few seconds.")) } };
    }
    if standing.findings.is_empty() {
        return html! {
            p {
                (state(Tone::Good, lang.t("一切正常", "all is well"))) " "
                span.quiet { (lang.t("最近检查：", "last looked at ")) (moment(viewer, standing.at)) }
            }
        };
    }
    html! { ul.findings { @for one in &standing.findings { (finding(viewer, one)) } } }
}

fn finding(viewer: &Viewer, one: &Finding) -> Markup {
    let lang = viewer.lang;
    let class = match one.severity {
        Severity::Critical => "bad",
        Severity::Warning => "warn",
        Severity::Notice => "notice",
    };
    let title = one.alert().map_or(one.name, |alert| lang.t(alert.zh, alert.en));
    html! {
        li.(class) {
            strong { (lang.t(one.severity.zh(), one.severity.as_str())) (lang.t("：", ": ")) (title) }
            p {
                (lang.t(&one.what_zh, &one.what_en))
                @if let Some(since) = one.since {
                    " " span.quiet { (lang.t("自", "since")) " " (moment(viewer, since)) }
                }
            }
            p { (lang.t("处理：", "What to do: ")) (lang.t(&one.remedy_zh, &one.remedy_en)) }
            span.name { code { (one.name) } " · " (one.subject) }
        }
    }
}

async fn linked(
    site: &Site,
    viewer: &Viewer,
    link: Option<&LinkStanding>,
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let config = &site.parts().config;
    let row = site.parts().store.link_get().await?.unwrap_or_default();
    let shown = match link {
        Some(link) => {
            let (tone, word) = (tone(link.state), lang.t(link.state.zh(), link.state.en()));
            html! { (state(tone, word)) }
        }
        None => html! { span.quiet { (lang.t("尚未检查", "not looked at yet")) } },
    };
    let since = link.and_then(|link| link.facts.since).unwrap_or(row.since);
    let seconds = row.skew as f64 / 1e6;
    Ok(html! {
        (facts([
            (lang.t("状态", "State"), shown),
            (lang.t("自", "Since"), moment(viewer, since)),
            (lang.t("最近应答", "Last heard"), moment(viewer, row.heard)),
            (lang.t("市级平台", "Hub"), html! { code { (config.hub) } " " span.quiet { (config.uplink.address) } }),
            (lang.t("时钟差", "Clock differs by"), html! { (format!("{seconds:+.3} s")) }),
            (lang.t("已发送", "Sent"), html! { (crate::web::parts::bytes(row.sent)) }),
            (lang.t("已接收", "Received"), html! { (crate::web::parts::bytes(row.received)) }),
            (lang.t("市级版本", "The hub runs"), heard_of(lang, link)),
        ]))
        @if !row.detail.is_empty() { p.quiet { (lang.t("说明：", "Why: ")) (row.detail) } }
    })
}

fn heard_of(lang: Lang, link: Option<&LinkStanding>) -> Markup {
    match link.and_then(|link| link.beat.as_ref()) {
        Some((beat, _)) => html! { (beat.version) },
        None => html! { span.quiet { (lang.t("尚无心跳", "no heartbeat yet")) } },
    }
}

/// How grave a state of the link is.
pub fn tone(state: LinkState) -> Tone {
    match state {
        LinkState::Live => Tone::Good,
        LinkState::Never => Tone::Off,
        LinkState::Behind => Tone::Warn,
        LinkState::Offline | LinkState::Stuck | LinkState::Held(_) | LinkState::Full => Tone::Bad,
    }
}

fn lanes(site: &Site, viewer: &Viewer, link: Option<&LinkStanding>) -> Markup {
    let lang = viewer.lang;
    let (rules, now) = (&site.parts().config.lanes, viewer.shell.now());
    let mut table = Table::new(lang, lang.t("通道", "Lanes"), &COLUMNS);
    for lane in [Lane::Urgent, Lane::Normal] {
        let rule = rules.of(lane);
        let ends = format!("/{}", lane.as_str());
        let of = |one: &&LaneFacts| one.line.ends_with(&ends);
        let facts = link.and_then(|link| link.facts.lanes.iter().find(of));
        let cap = match rule.kilobits_per_second {
            0 => html! { span.quiet { (lang.t("不限", "none")) } },
            cap => html! { (cap) " kbit/s" },
        };
        let hours = rule.hours.to_string();
        table.row([
            html! { (match lane { Lane::Urgent => lang.t("紧急", "urgent"), Lane::Normal => lang.t("普通", "normal") }) },
            facts.map_or_else(none, |facts| number(facts.backlog)),
            facts.and_then(|facts| facts.eldest).map_or_else(none, |at| moment(viewer, at)),
            cap,
            html! { @if hours.is_empty() { span.quiet { (lang.t("全天", "all day")) } } @else { (hours) } },
            match (facts.and_then(|facts| facts.stopped.as_ref()), rule.waits_until(now)) {
                (Some(_), _) => state(Tone::Bad, lang.t("已停止", "stopped")),
                (None, Some(until)) => html! { (state(Tone::Off, lang.t("等待时段", "waits for its hours"))) " " (moment(viewer, until)) },
                (None, None) => state(Tone::Good, lang.t("可用", "open")),
            },
        ]);
    }
    table.or("")
}

#[cfg(test)]
mod tests;
