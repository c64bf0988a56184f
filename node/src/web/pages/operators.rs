//! `/operators`: who may sign in, and what they may do.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::process::said::Said;
use crate::process::secret::Zeroizing;
use crate::store::{OperatorRow, SessionRow, StoreError};
use crate::web::error::WebError;
use crate::web::form::{Fields, encoded};
use crate::web::operator::{self, Act, Acts, NAME, OperatorError};
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, form_token, moment, number, said, state};
use crate::web::password::{self, SHORTEST};
use crate::web::session::{IDLE, before};
use crate::web::viewer::{Role, Viewer};

/// Where it stands.
const PATH: &str = "/operators";

const COLUMNS: [Column; 7] = [
    Column::text("用户名", "Name"),
    Column::text("角色", "Role"),
    Column::text("状态", "State"),
    Column::number("登录中", "Sessions"),
    Column::text("最近登录", "Last signed in"),
    Column::text("添加于", "Added"),
    Column::text("操作", "Actions"),
];

/// What was just done.
enum Done {
    Nothing,
    Made { name: String, password: Zeroizing<String> },
    Refused(Said),
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer) -> Result<Response, WebError> {
    show(&viewer, Done::Nothing).await
}

async fn show(viewer: &Viewer, done: Done) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let store = &viewer.shell.parts().store;
    let (operators, sessions) = (store.operator_list().await?, store.session_list().await?);
    let idle = before(viewer.shell.now(), IDLE);
    let open = |name: &str| {
        let lives = |row: &&SessionRow| row.operator == name && row.seen > idle;
        sessions.iter().filter(lives).count() as u64
    };
    let mut table = Table::new(lang, lang.t("操作员", "Operators"), &COLUMNS);
    for row in &operators {
        table.row([
            html! { code { (row.name) } },
            html! { (Role::parse(&row.role).map_or("—", |role| role.title(lang))) },
            stands(viewer, row),
            number(open(&row.name)),
            moment(viewer, row.last),
            moment(viewer, row.created),
            actions(viewer, row),
        ]);
    }
    let body = html! {
        (told(viewer, &done))
        section aria-labelledby="list-title" {
            h2 #list-title { (lang.t("谁可以登录", "Who may sign in")) }
            (table.or(lang.t("还没有操作员。", "There are no operators yet.")))
        }
        (adding(viewer))
        (roles(viewer))
    };
    let status = match done {
        Done::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    Ok((status, Page::new(viewer, lang.t("操作员", "Operators"), body)).into_response())
}

fn told(viewer: &Viewer, done: &Done) -> Markup {
    let lang = viewer.lang;
    match done {
        Done::Nothing => html! {},
        Done::Refused(why) => said(Tone::Bad, lang.t(&why.zh, &why.en)),
        Done::Made { name, password } => html! {
            div.said.good role="status" #made {
                p { (lang.t("已为", "A password was made for ")) code { (name) } (lang.t("生成口令，只显示这一次；首次登录须更换：", ". It is shown this once, and must be changed at the first sign-in:")) }
                p { code.secret { (password.as_str()) } }
            }
        },
    }
}

fn stands(viewer: &Viewer, row: &OperatorRow) -> Markup {
    let lang = viewer.lang;
    if row.is_disabled() {
        return state(Tone::Off, lang.t("已停用", "disabled"));
    }
    if row.is_locked(viewer.shell.now()) {
        return html! { (state(Tone::Bad, lang.t("已锁定", "locked"))) " " (moment(viewer, row.locked)) };
    }
    match row.renew {
        true => state(Tone::Warn, lang.t("须换口令", "must change the password")),
        false => state(Tone::Good, lang.t("可用", "active")),
    }
}

fn actions(viewer: &Viewer, row: &OperatorRow) -> Markup {
    let lang = viewer.lang;
    let (name, locked) = (&row.name, row.is_locked(viewer.shell.now()));
    let action = format!("{PATH}/{}", encoded(name));
    let about = |what: &str| format!("{what} {name}");
    html! {
        form.row method="post" action=(action) {
            (form_token(viewer))
            select name="role" aria-label=(about(lang.t("角色", "Role of"))) {
                @for role in Role::ALL {
                    option value=(role.as_str()) selected[role.as_str() == row.role] { (role.title(lang)) }
                }
            }
            button.second name="act" value="role" { (lang.t("改角色", "Set role")) }
            @if locked || row.failures > 0 {
                button.second name="act" value="unlock" { (lang.t("解锁", "Unlock")) }
            }
            button.second name="act" value="password" { (lang.t("重置口令", "Reset password")) }
            @if row.is_disabled() {
                button.second name="act" value="enable" { (lang.t("启用", "Enable")) }
            } @else {
                button.second.bad name="act" value="disable" { (lang.t("停用", "Disable")) }
            }
        }
    }
}

fn adding(viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    html! {
        section aria-labelledby="add-title" {
            h2 #add-title { (lang.t("添加操作员", "Add an operator")) }
            form.stack method="post" action=(PATH) {
                (form_token(viewer))
                label for="name" { (lang.t("用户名", "Name"))
                    input #name name="name" required minlength=(NAME.0) maxlength=(NAME.1)
                        pattern="[a-z][a-z0-9._\\-]*" autocomplete="off" autocapitalize="none" spellcheck="false"
                        aria-describedby="name-rule";
                }
                p #name-rule.quiet { (lang.t("小写字母、数字、点、连字符或下划线，以字母开头。", "Lower-case letters, digits, dots, hyphens, underscores; a letter first.")) }
                label for="role" { (lang.t("角色", "Role"))
                    select #role name="role" {
                        @for role in Role::ALL { option value=(role.as_str()) { (role.title(lang)) } }
                    }
                }
                label for="password" { (lang.t("口令（留空则生成）", "Password (one is made if left empty)"))
                    input #password name="password" type="password" autocomplete="new-password" minlength=(SHORTEST);
                }
                div.actions { button { (lang.t("添加", "Add")) } }
            }
        }
    }
}

fn roles(viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    let each = [
        (
            Role::Viewer,
            "看到一切非个人信息，不做改动。",
            "sees everything that is not personal, changes nothing.",
        ),
        (
            Role::Operator,
            "另可处理来件与隔离，按事由查看个人信息，查看审计。",
            "may also work on what comes in, see personal data for a purpose, and read the audit.",
        ),
        (
            Role::Admin,
            "另可管理操作员、平台与证书。",
            "may also manage operators, platforms and certificates.",
        ),
    ];
    html! {
        section aria-labelledby="roles-title" {
            h2 #roles-title { (lang.t("角色", "Roles")) }
            dl.facts { @for (role, zh, en) in each { dt { (role.title(lang)) } dd { (lang.t(zh, en)) } } }
        }
    }
}

fn acts<'a>(viewer: &'a Viewer, who: &'a (String, &'static str)) -> Acts<'a> {
    let parts = viewer.shell.parts();
    Acts {
        store: &parts.store,
        clock: parts.clock.as_ref(),
        entropy: parts.entropy.as_ref(),
        who: &who.0,
        role: who.1,
    }
}

/// Adds an operator. A password that an administrator has chosen or that was made must be changed.
///
/// # Errors
/// If the store cannot be read or written.
pub async fn add(viewer: Viewer, fields: Fields) -> Result<Response, WebError> {
    let name = fields.get("name").to_owned();
    let Some(role) = Role::parse(fields.get("role")) else { return Err(WebError::not_found()) };
    let given = Zeroizing::new(fields.exactly("password").to_owned());
    let made = given.is_empty();
    let entropy = viewer.shell.parts().entropy.as_ref();
    let password = if made { password::made(entropy) } else { given };
    let who = viewer.acting();
    let added = operator::add(&acts(&viewer, &who), &name, role, password.clone(), true).await;
    match added {
        Ok(()) if made => show(&viewer, Done::Made { name, password }).await,
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(error) => refused(&viewer, error).await,
    }
}

/// Changes an operator.
///
/// # Errors
/// If the store cannot be read or written, or the form asks for nothing that is known.
pub async fn act(
    viewer: Viewer,
    Path(name): Path<String>,
    fields: Fields,
) -> Result<Response, WebError> {
    let who = viewer.acting();
    let acts = acts(&viewer, &who);
    let act = match fields.get("act") {
        "role" => Role::parse(fields.get("role")).map(Act::Role),
        "disable" => Some(Act::Disable),
        "enable" => Some(Act::Enable),
        "unlock" => Some(Act::Unlock),
        "password" => {
            let password = password::made(acts.entropy);
            return match operator::set_password(&acts, &name, password.clone(), true).await {
                Ok(()) => show(&viewer, Done::Made { name, password }).await,
                Err(error) => refused(&viewer, error).await,
            };
        }
        _ => None,
    };
    let Some(act) = act else { return Err(WebError::not_found()) };
    match operator::act(&acts, &name, act).await {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(error) => refused(&viewer, error).await,
    }
}

async fn refused(viewer: &Viewer, error: OperatorError) -> Result<Response, WebError> {
    match error {
        OperatorError::Store(error) => Err(StoreError::into(error)),
        error => show(viewer, Done::Refused(error.said())).await,
    }
}
