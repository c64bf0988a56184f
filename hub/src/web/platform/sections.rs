//! The sections of a platform's page.

use maud::{Markup, html};
use sanheyi_exchange_spec::custody::Custody;
use sanheyi_exchange_spec::health::LinkFacts;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::rulebook::{Action, Effect};
use sanheyi_node::web::form::encoded;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::pages::changes;
use sanheyi_node::web::pages::ground::short;
use sanheyi_node::web::parts::{Column, Table, Tone, exact, moment, none, number, state};
use sanheyi_node::web::viewer::Viewer;

use super::gather::CUSTODIES;
use super::{JournalView, PlatformView, is_worth_telling};
use crate::web::certificates::{life, origin};

const JOURNALS: [Column; 9] = [
    Column::text("日志", "Journal"),
    Column::number("条目", "Entries"),
    Column::number("已接受", "Accepted"),
    Column::number("隔离", "Quarantined"),
    Column::number("待判", "Pending"),
    Column::number("未判", "Not judged"),
    Column::text("检查点", "Checkpoint"),
    Column::number("纪元", "Epochs"),
    Column::text("状态", "State"),
];

fn section(id: &'static str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            (body)
        }
    }
}

/// The lanes of a line that have something to say.
pub(super) fn lanes(viewer: &Viewer, facts: &LinkFacts) -> Markup {
    let lang = viewer.lang;
    if !is_worth_telling(facts) {
        return html! {};
    }
    let columns = [
        Column::text("日志线", "Line of journals"),
        Column::number("积压", "Backlog"),
        Column::text("最早", "Eldest"),
        Column::text("未前进自", "Has not moved since"),
        Column::text("说明", "Why"),
    ];
    let mut table = Table::new(lang, lang.t("积压", "Backlogs"), &columns);
    for lane in facts.lanes.iter().filter(|lane| lane.backlog > 0 || lane.stopped.is_some()) {
        let time = |time: Option<_>| time.map_or_else(none, |time| moment(viewer, time));
        let why = match (&lane.stopped, lane.waits_until) {
            (Some(why), _) => html! { (state(Tone::Bad, lang.t("已停止", "stopped"))) " " (why) },
            (None, Some(until)) => {
                html! { (lang.t("等待可用时段，至 ", "waits for its hours, until ")) (moment(viewer, until)) }
            }
            (None, None) => none(),
        };
        table.row([
            html! { code { (lane.line) } },
            number(lane.backlog),
            time(lane.eldest),
            time(lane.still_since),
            why,
        ]);
    }
    html! { (table.or("")) }
}

pub(super) fn journals(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let mut table = Table::new(lang, lang.t("日志", "Journals"), &JOURNALS);
    for journal in &view.journals {
        table.row(journal_cells(lang, view, journal));
    }
    let empty =
        lang.t("还没有日志：平台从未问候。", "No journals yet: the platform has never greeted.");
    section("journals", lang.t("日志与检查点", "Journals and checkpoints"), &table.or(empty))
}

fn journal_cells(lang: Lang, view: &PlatformView, journal: &JournalView) -> [Markup; 9] {
    let head = &journal.row.head;
    let path = format!("{}/journals/{}", view.stop.path(), journal.row.number.to_column());
    let count = |of: fn(&sanheyi_node::store::Counts) -> u64| {
        journal.counts.as_ref().map_or_else(none, |counts| number(of(counts)))
    };
    let root = head.root.to_string();
    let state = match (&journal.row.stopped, journal.read) {
        (Some(why), _) => html! { (state(Tone::Bad, lang.t("已停止", "stopped"))) " " (why) },
        (None, Some(read)) if read < head.size => {
            let left = number(head.size - read);
            html! { (state(Tone::Warn, lang.t("对方未取", "not fetched yet"))) " " (left) }
        }
        (None, _) => state(Tone::Good, lang.t("正常", "open")),
    };
    let unjudged = match journal.counts {
        Some(_) => number(head.size.saturating_sub(journal.judged)),
        None => none(),
    };
    [
        html! { a href=(path) title=(head.journal) { code { (brief(&head.journal)) } } },
        number(head.size),
        count(|counts| counts.accepted),
        count(|counts| counts.quarantined),
        count(|counts| counts.pending),
        unjudged,
        short(&root),
        number(journal.row.serial),
        state,
    ]
}

/// A journal without most of its incarnation, which is long and says nothing to people.
fn brief(journal: &JournalId) -> String {
    let whole = journal.to_string();
    let (line, incarnation) = whole.rsplit_once('/').unwrap_or((&whole, ""));
    let begin: String = incarnation.chars().take(6).collect();
    format!("{line}/{begin}…")
}

pub(super) fn heartbeats(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("市级实例", "Instance of the hub"),
        Column::text("连接", "Connected"),
        Column::text("最近应答", "Last heard"),
        Column::text("最近心跳", "Last heartbeat"),
        Column::number("其条目", "Its entries"),
        Column::number("已确认", "Acknowledged"),
        Column::number("剩余空间", "Free disk"),
        Column::number("自报异常", "Its own findings"),
        Column::text("版本", "Version"),
    ];
    let mut table = Table::new(lang, lang.t("心跳", "Heartbeats"), &columns);
    for one in &view.heard {
        let beat = one.beat.as_ref();
        let connected = match one.connected {
            true => state(Tone::Good, lang.t("已连接", "connected")),
            false => state(Tone::Off, lang.t("未连接", "not connected")),
        };
        let free = beat.and_then(|(beat, _)| beat.free_percent);
        table.row([
            html! { code { (one.instance) } },
            html! { (connected) " " (moment(viewer, one.since)) " " span.quiet { (one.address) } },
            moment(viewer, one.heard),
            beat.map_or_else(none, |(_, came)| moment(viewer, *came)),
            beat.map_or_else(none, |(beat, _)| number(beat.size)),
            beat.map_or_else(none, |(beat, _)| number(beat.acknowledged)),
            free.map_or_else(none, |free| html! { (free) " %" }),
            beat.map_or_else(none, |(beat, _)| html! { (beat.findings) }),
            beat.map_or_else(none, |(beat, _)| html! { (beat.version) }),
        ]);
    }
    let empty = match view.row.hosted {
        true => lang.t("托管平台在市级平台内，没有链路。", "A hosted platform has no line."),
        false => lang.t("还没有收到过心跳。", "No heartbeat has come yet."),
    };
    section("heartbeats", lang.t("心跳", "Heartbeats"), &table.or(empty))
}

pub(super) fn certificates(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("序列号", "Serial number"),
        Column::text("来源", "Origin"),
        Column::text("签发", "Issued"),
        Column::text("到期", "Ends"),
        Column::text("状态", "State"),
    ];
    let mut table = Table::new(lang, lang.t("证书", "Certificates"), &columns);
    let now = viewer.shell.now();
    for row in view.certificates.iter().rev() {
        table.row([
            html! { code { (row.serial) } },
            html! { (origin(lang, row)) },
            exact(row.issued),
            exact(row.not_after),
            life(lang, row, now),
        ]);
    }
    let body = html! {
        (table.or(lang.t("没有证书。", "No certificates.")))
        @if view.certificates.iter().any(|row| row.counts(now)) {
            div.actions {
                a.button.second href={ "/certificates/" (view.stop.platform) "/revoke" } { (lang.t("吊销…", "Revoke…")) }
            }
        }
    };
    section("certificates", lang.t("证书", "Certificates"), &body)
}

pub(super) fn policies(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("标识", "Id"),
        Column::text("效力", "Effect"),
        Column::text("平台", "Platform"),
        Column::text("事项", "What"),
        Column::text("理由", "Reason"),
        Column::text("决定人", "Decided by"),
    ];
    let mut table = Table::new(lang, lang.t("策略", "Policies"), &columns);
    for rule in &view.policies {
        let effect = match rule.effect {
            Effect::Permit => state(Tone::Good, lang.t("允许", "permit")),
            Effect::Deny => state(Tone::Bad, lang.t("禁止", "deny")),
        };
        let what = match rule.action {
            Action::Send => html! { (lang.t("报送 ", "send ")) code { (rule.dataset) } },
            Action::See => {
                html! { (lang.t("查看 ", "see ")) code { (rule.dataset) } " ← " code { (rule.author) } }
            }
        };
        table.row([
            html! { code { (rule.id) } },
            effect,
            html! { code { (rule.platform) } },
            what,
            html! { (rule.reason) },
            html! { (rule.decided_by) },
        ]);
    }
    let empty =
        lang.t("没有涉及该平台的策略，一律禁止。", "No policy is about it: everything is denied.");
    section("policies", lang.t("有效策略", "Policies in force"), &table.or(empty))
}

pub(super) fn custody(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    if view.custody.is_empty() {
        return html! {};
    }
    let columns = [
        Column::text("数据集", "Dataset"),
        Column::text("记录", "Record"),
        Column::text("本平台", "This platform"),
    ];
    let mut table = Table::new(lang, lang.t("保管权", "Custody"), &columns);
    for (dataset, record, custody) in &view.custody {
        let path = format!("{}/records/{}/{}", view.stop.path(), encoded(dataset), encoded(record));
        table.row([
            html! { code { (dataset) } },
            html! { a href=(path) { (record) } },
            html! { (said_custody(lang, custody)) },
        ]);
    }
    let body = html! {
        (table.or(""))
        @if view.custody.len() as u64 >= CUSTODIES {
            p.quiet { (lang.t("只显示前 20 条。", "The first 20 only.")) }
        }
    };
    section("custody", lang.t("移交过的记录", "Records of which custody has passed"), &body)
}

fn said_custody(lang: Lang, custody: &Custody) -> String {
    let other = custody.other.as_ref().map(ToString::to_string);
    let said = match (custody.ours, other) {
        (true, None) => lang.t("保管", "custodian").to_owned(),
        (true, Some(from)) => format!("{}{from}", lang.t("保管，接自 ", "custodian, from ")),
        (false, None) => lang.t("不保管", "not custodian").to_owned(),
        (false, Some(to)) => format!("{}{to}", lang.t("已移交 ", "handed over to ")),
    };
    match custody.frozen {
        Some(_) => format!("{said} · {}", lang.t("移交待答复", "an offer is open")),
        None => said,
    }
}

pub(super) fn changes(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("时间", "When"),
        Column::text("谁", "Who"),
        Column::text("事项", "What"),
        Column::text("说明", "Detail"),
        Column::text("结果", "Outcome"),
    ];
    let mut table = Table::new(lang, lang.t("变更", "Changes"), &columns);
    for row in &view.changes {
        table.row([
            exact(row.at),
            html! { code.id { (row.who) } },
            changes::what(lang, row),
            html! { @if !row.detail.is_empty() { div.long { (row.detail) } } },
            changes::outcome(lang, row),
        ]);
    }
    let body = html! {
        (table.or(lang.t("没有变更。", "No changes.")))
        p { a href={ "/changes?subject=" (view.stop.platform) } { (lang.t("全部变更", "All changes")) } }
    };
    section("changes", lang.t("最近变更", "Last changes"), &body)
}
