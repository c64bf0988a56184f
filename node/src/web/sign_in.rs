//! Signing in and out.
//!
//! A try is counted before its password is looked at: by name, and by address. Whatever is wrong,
//! the answer is the same and takes as long, so that nobody learns which names there are.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::error::WebError;
use super::form::Fields;
use super::guard::{PASSWORD, SIGN_IN, own_path};
use super::page::Page;
use super::parts::Tone;
use super::parts::said;
use super::password::{self, Busy};
use super::session::{self, after, before};
use super::shell::Shell;
use super::viewer::Viewer;
use crate::process::said::Said;
use crate::process::secret::Zeroizing;
use crate::store::{ChangeRow, Lock, OperatorRow, StoreError, Tx};

/// So many wrong passwords lock a name.
pub const FAILURES: u64 = 5;
/// A name is locked for so long.
pub const LOCKED: Duration = Duration::from_secs(15 * 60);
/// So many tries from one address within [`LOCKED`]; a proxy or a town hall's gateway is one
/// address for many people, so it is far above the bound of a name.
pub const ADDRESS_TRIES: u64 = 60;

/// What a try came to.
enum Tried {
    /// The cookie of the session, and whether a new password must be chosen first.
    In { token: String, renew: bool },
    /// Something is wrong.
    Refused,
    /// Too many tries from this address.
    TooMany,
}

/// The page.
pub async fn page(viewer: Viewer) -> Response {
    let next = viewer.asked().get("next").to_owned();
    if viewer.who.is_some() {
        return Redirect::to(own_path(&next).unwrap_or("/")).into_response();
    }
    form(&viewer, "", &next, None)
}

fn form(viewer: &Viewer, name: &str, next: &str, problem: Option<&Said>) -> Response {
    let lang = viewer.lang;
    let body = html! {
        section.narrow {
            @if let Some(problem) = problem { (said(Tone::Bad, lang.t(&problem.zh, &problem.en))) }
            (fields(viewer, name, next))
            p.quiet { (lang.t(
                "账号由管理员添加；忘记口令请联系管理员重置。",
                "Accounts are added by an administrator, who also resets a password that is forgotten.",
            )) }
        }
    };
    let status = if problem.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    (status, Page::new(viewer, lang.t("登录", "Sign in"), body)).into_response()
}

fn fields(viewer: &Viewer, name: &str, next: &str) -> Markup {
    let lang = viewer.lang;
    html! {
        form.stack method="post" action=(SIGN_IN) {
            input type="hidden" name="next" value=(next);
            label for="name" { (lang.t("用户名", "Name"))
                input #name name="name" value=(name) autocomplete="username" required
                    autocapitalize="none" spellcheck="false" maxlength="64";
            }
            label for="password" { (lang.t("口令", "Password"))
                input #password name="password" type="password" autocomplete="current-password" required;
            }
            div.actions { button { (lang.t("登录", "Sign in")) } }
        }
    }
}

/// Signs in.
///
/// # Errors
/// If the store cannot be read or written.
pub async fn enter(
    viewer: Viewer,
    Caller(address, agent): Caller,
    fields: Fields,
) -> Result<Response, WebError> {
    let (name, next) = (fields.get("name"), fields.get("next"));
    let password = Zeroizing::new(fields.exactly("password").to_owned());
    let problem = match tried(&viewer.shell, name, password, (address, agent)).await? {
        Ok(Tried::In { token, renew }) => {
            let next = if renew { PASSWORD } else { own_path(next).unwrap_or("/") };
            let mut answer = Redirect::to(next).into_response();
            if let Some(cookie) = session::set_cookie(&viewer.shell, &token) {
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            return Ok(answer);
        }
        Ok(Tried::Refused) => Said::new(
            "用户名或口令不对；连续 5 次不对，该用户名锁定 15 分钟",
            "Name or password are wrong; five wrong passwords lock a name for 15 minutes",
        ),
        Ok(Tried::TooMany) => Said::new(
            "此地址登录过于频繁，请 15 分钟后再试",
            "There were too many tries from this address: try again in 15 minutes",
        ),
        Err(Busy) => {
            Said::new("登录请求过多，请稍后再试", "Too many are signing in: try again in a moment")
        }
    };
    Ok(form(&viewer, name, next, Some(&problem)))
}

async fn tried(
    shell: &Shell,
    name: &str,
    password: Zeroizing<String>,
    from: (String, String),
) -> Result<Result<Tried, Busy>, StoreError> {
    let parts = shell.parts();
    let (store, now) = (&parts.store, shell.now());
    let lock = Lock { now, most: FAILURES, until: after(now, LOCKED) };
    let mut tx = store.begin("operator_try").await?;
    let tries = tx.attempt_count(store, &from.0, before(now, LOCKED), now).await?;
    if tries > ADDRESS_TRIES {
        if tries == ADDRESS_TRIES + 1 {
            note(&mut tx, shell, "session.refused", &from.0, "too many tries").await?;
        }
        tx.commit().await?;
        return Ok(Ok(Tried::TooMany));
    }
    let known = tx.operator_get(store, name).await?;
    let counts = tx.operator_try(store, name, lock).await?;
    tx.commit().await?;
    let hash = known.as_ref().filter(|_| counts).map(|row| row.password.clone());
    let right = match password::is(password, hash).await {
        Ok(right) => right,
        Err(busy) => return Ok(Err(busy)),
    };
    let mut tx = store.begin("operator_tried").await?;
    let tried = match known {
        Some(row) if right && tx.operator_in(store, &row, now).await? => {
            tx.attempt_forget(store, &from.0);
            let address = from.0.clone();
            let token = session::open(&mut tx, shell, &row.name, from).await?;
            note(&mut tx, shell, "session.open", &row.name, &address).await?;
            Tried::In { token, renew: row.renew }
        }
        known => {
            refused(&mut tx, shell, known.as_ref(), counts, &from.0).await?;
            Tried::Refused
        }
    };
    tx.commit().await?;
    Ok(Ok(tried))
}

/// Notes a try that failed. A name that is not known is not written down: people type their
/// password where the name belongs.
async fn refused(
    tx: &mut Tx,
    shell: &Shell,
    known: Option<&OperatorRow>,
    counts: bool,
    address: &str,
) -> Result<(), StoreError> {
    let name = known.map_or("", |row| &row.name);
    note(tx, shell, "session.refused", name, address).await?;
    let locks =
        |row: &&OperatorRow| row.locked == Default::default() && row.failures + 1 >= FAILURES;
    match known.filter(|_| counts).filter(locks) {
        Some(row) => note(tx, shell, "operator.lock", &row.name, address).await,
        None => Ok(()),
    }
}

async fn note(
    tx: &mut Tx,
    shell: &Shell,
    what: &str,
    subject: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let parts = shell.parts();
    let opened = what == "session.open";
    let who = if opened { format!("web:{subject}") } else { String::new() };
    let row = ChangeRow::done(parts.clock.as_ref(), parts.entropy.as_ref(), who, what, subject);
    let row = row.with(detail);
    let row = if what == "session.refused" { row.refused() } else { row };
    tx.change_add(&parts.store, &row).await
}

/// Signs out.
///
/// # Errors
/// If the store cannot be written.
pub async fn leave(viewer: Viewer) -> Result<Response, WebError> {
    if let Some(who) = &viewer.who {
        let store = &viewer.shell.parts().store;
        let mut tx = store.begin("session_end").await?;
        tx.session_end(store, &who.session).await?;
        tx.commit().await?;
    }
    let mut answer = Redirect::to(SIGN_IN).into_response();
    if let Some(cookie) = session::set_cookie(&viewer.shell, "") {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// From where somebody asks, and by which browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(pub String, pub String);

impl<S: Sync> axum::extract::FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        let headers: &HeaderMap = &parts.headers;
        Ok(Self(session::address(&parts.extensions), session::agent(headers)))
    }
}

#[cfg(test)]
mod tests;
