//! `/changes`: who changed what, the latest first.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::{ChangeFilter, ChangeRow, DONE, REFUSED};
use crate::web::error::WebError;
use crate::web::form::{Fields, query};
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, exact, none, state};
use crate::web::viewer::{Role, Viewer};

/// Rows of a page.
pub const PAGE: u64 = 50;

const COLUMNS: [Column; 6] = [
    Column::text("时间", "When"),
    Column::text("谁", "Who"),
    Column::text("事项", "What"),
    Column::text("对象", "Subject"),
    Column::text("说明", "Detail"),
    Column::text("结果", "Outcome"),
];

/// The outcome of what goes on behind the row that says so; another row says how it ended.
const BEGUN: &str = "begun";

/// What is known by name; others are shown as they are written.
const WORDS: [(&str, &str, &str); 27] = [
    ("session.open", "登录", "signed in"),
    ("session.refused", "登录被拒", "sign-in refused"),
    ("operator.lock", "用户名锁定", "name locked"),
    ("operator.add", "添加操作员", "operator added"),
    ("operator.role", "修改角色", "role changed"),
    ("operator.password", "修改口令", "password changed"),
    ("operator.disable", "停用操作员", "operator disabled"),
    ("operator.enable", "启用操作员", "operator enabled"),
    ("operator.unlock", "解锁操作员", "operator unlocked"),
    ("body.unmask", "查看个人信息", "personal data shown"),
    ("quarantine.release", "隔离区放行", "quarantine released"),
    ("quarantine.return", "隔离区退回", "quarantine returned"),
    ("platform.add", "添加平台", "platform added"),
    ("platform.revoke", "撤销平台", "platform revoked"),
    ("enrolment.token", "签发入网令牌", "enrolment token issued"),
    ("enrolment.ask", "申请入网", "enrolment asked for"),
    ("enrolment.grant", "批准入网", "enrolment approved"),
    ("enrolment.reject", "拒绝入网", "enrolment rejected"),
    ("certificate.revoke", "吊销证书", "certificate revoked"),
    ("certificate.renew", "更新证书", "certificate renewed"),
    ("authority.rotate", "轮换根证书", "authority rotated"),
    ("backup.make", "备份", "backup made"),
    ("backup.restore", "恢复", "restored"),
    ("backup.drill", "恢复演练", "restore drill"),
    ("retention.archive", "归档", "archived"),
    ("retention.remove", "清理", "removed"),
    ("segment.merge", "合并段", "segments merged"),
];

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer) -> Result<Response, WebError> {
    let (lang, asked) = (viewer.lang, viewer.asked());
    let filter = ChangeFilter {
        who: asked.get("who").to_owned(),
        what: asked.get("what").to_owned(),
        subject: asked.get("subject").to_owned(),
    };
    let before = cursor(asked.get("before"));
    let store = &viewer.shell.parts().store;
    let rows = store.change_list(&filter, before, PAGE + 1).await?;
    let full = rows.len() as u64 > PAGE;
    let shown = &rows[..rows.len().min(usize::try_from(PAGE).unwrap_or(usize::MAX))];
    let mut table = Table::new(lang, lang.t("审计记录", "Rows of the audit"), &COLUMNS);
    for row in shown {
        table.row(cells(lang, row));
    }
    let next = shown.last().filter(|_| full).map(|row| {
        let before = written(row);
        let fields = [("who", &filter.who), ("what", &filter.what), ("subject", &filter.subject)];
        let fields = fields.map(|(name, value)| (name, value.as_str()));
        format!("?{}", query(fields.into_iter().chain([("before", before.as_str())])))
    });
    let body = html! {
        (form(lang, &asked))
        section {
            (table.or(lang.t("没有符合条件的记录。", "Nothing matches.")))
            nav.pager aria-label=(lang.t("翻页", "Pages")) {
                @if before.is_some() { a href="/changes" rel="first" { (lang.t("最新", "Latest")) } } @else { span {} }
                @if let Some(next) = next { a href=(next) rel="next" { (lang.t("更早", "Earlier")) } }
            }
        }
    };
    Ok(Page::new(&viewer, lang.t("审计", "Audit of changes"), body).into_response())
}

fn form(lang: Lang, asked: &Fields) -> Markup {
    let field = |name: &'static str, label: &str, example: &'static str| {
        html! {
            label for=(name) { (label)
                input id=(name) name=(name) value=(asked.get(name)) placeholder=(example) autocomplete="off";
            }
        }
    };
    html! {
        form.filter method="get" action="/changes" role="search" {
            (field("who", lang.t("谁", "Who"), "web:zhang"))
            label for="what" { (lang.t("事项", "What"))
                input #what name="what" list="whats" value=(asked.get("what")) placeholder="operator" autocomplete="off";
            }
            datalist #whats { @for (what, zh, en) in WORDS { option value=(what) { (lang.t(zh, en)) } } }
            (field("subject", lang.t("对象", "Subject"), ""))
            button { (lang.t("筛选", "Filter")) }
        }
    }
}

fn cells(lang: Lang, row: &ChangeRow) -> [Markup; 6] {
    let role = Role::parse(&row.role).map(|role| role.title(lang));
    [
        exact(row.at),
        html! {
            @if row.who.is_empty() { (none()) } @else { code.id { (row.who) } }
            @if let Some(role) = role { " " span.quiet { (role) } }
        },
        what(lang, row),
        html! { code.id { (row.subject) } },
        html! { @if !row.detail.is_empty() { div.long { (row.detail) } } },
        outcome(lang, row),
    ]
}

/// What was done, in words and by its name.
pub fn what(lang: Lang, row: &ChangeRow) -> Markup {
    let word = WORDS.iter().find(|(what, ..)| *what == row.what);
    html! {
        @if let Some((_, zh, en)) = word { (lang.t(zh, en)) " " }
        code.quiet { (row.what) }
    }
}

/// What came of it.
pub fn outcome(lang: Lang, row: &ChangeRow) -> Markup {
    match row.outcome.as_str() {
        DONE => state(Tone::Good, lang.t("已完成", "done")),
        REFUSED => state(Tone::Bad, lang.t("被拒绝", "refused")),
        BEGUN => state(Tone::Off, lang.t("已开始", "begun")),
        other => state(Tone::Off, other),
    }
}

fn written(row: &ChangeRow) -> String {
    let id: String = row.id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{id}", row.at.as_micros())
}

fn cursor(text: &str) -> Option<(Timestamp, [u8; 16])> {
    let (at, id) = text.rsplit_once('-')?;
    let id = u128::from_str_radix(id, 16).ok().filter(|_| id.len() == 32)?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_back() {
        let row = ChangeRow { at: Timestamp::from_micros(7), id: [0xa5; 16], ..Default::default() };
        assert_eq!(cursor(&written(&row)), Some((row.at, row.id)));
        assert_eq!(cursor("7-a5"), None);
        assert_eq!(cursor("nonsense"), None);
    }

    #[test]
    fn what_was_done_is_said_in_words_and_by_its_name() {
        let row =
            ChangeRow { what: "operator.add".into(), outcome: DONE.into(), ..Default::default() };
        let shown = cells(Lang::Zh, &row).map(|cell| cell.into_string()).join("");
        assert!(shown.contains("添加操作员") && shown.contains("operator.add"), "{shown}");
        assert!(cells(Lang::En, &row)[5].clone().into_string().contains("done"));
    }
}
