//! `/password`: a new password for whoever has signed in. All their sessions end, this one begins
//! anew.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use crate::process::said::Said;
use crate::process::secret::Zeroizing;
use crate::store::OperatorRow;
use crate::web::error::WebError;
use crate::web::form::Fields;
use crate::web::guard::PASSWORD;
use crate::web::operator::{Acts, OperatorError, set_password};
use crate::web::page::Page;
use crate::web::parts::{Tone, form_token, said};
use crate::web::password::{self, PasswordError, SHORTEST};
use crate::web::session;
use crate::web::sign_in::Caller;
use crate::web::viewer::Viewer;

/// The page.
pub async fn page(viewer: Viewer) -> Response {
    form(&viewer, None)
}

fn form(viewer: &Viewer, problem: Option<&Said>) -> Response {
    let lang = viewer.lang;
    let first = viewer.who.as_ref().is_some_and(|who| who.renew);
    let body = html! {
        section.narrow {
            @if let Some(problem) = problem { (said(Tone::Bad, lang.t(&problem.zh, &problem.en))) }
            @else if first { (said(Tone::Warn, lang.t(
                "口令由他人设定，请先换成只有自己知道的。",
                "Somebody else has set your password: choose one that only you know first.",
            ))) }
            form.stack method="post" action=(PASSWORD) {
                (form_token(viewer))
                // Whose password it is: for the browser's keeper of passwords.
                input type="text" autocomplete="username" hidden value=(viewer.who.as_ref().map_or("", |who| &who.name));
                label for="present" { (lang.t("当前口令", "Present password"))
                    input #present name="present" type="password" autocomplete="current-password" required;
                }
                label for="new" { (lang.t("新口令", "New password"))
                    input #new name="new" type="password" autocomplete="new-password" required
                        minlength=(SHORTEST) aria-describedby="rule";
                }
                label for="again" { (lang.t("再输一次", "Once more"))
                    input #again name="again" type="password" autocomplete="new-password" required;
                }
                p #rule.quiet { (lang.t(
                    "至少 12 个字符，可以是一句话；不含用户名。换口令后，其他地方的登录都会退出。",
                    "At least 12 characters, a sentence is fine, without your name. You will be signed out everywhere else.",
                )) }
                div.actions { button { (lang.t("更换口令", "Change the password")) } }
            }
        }
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, Page::new(viewer, lang.t("更换口令", "Change your password"), body)).into_response()
}

/// Changes it.
///
/// # Errors
/// If the store cannot be read or written.
pub async fn change(
    viewer: Viewer,
    Caller(address, agent): Caller,
    fields: Fields,
) -> Result<Response, WebError> {
    let Some(who) = viewer.who.clone() else { return Err(WebError::forbidden()) };
    if fields.exactly("new") != fields.exactly("again") {
        let differ =
            Said::new("两次输入的新口令不同", "The new password was not the same both times");
        return Ok(form(&viewer, Some(&differ)));
    }
    match changed(&viewer, &who.name, &fields).await {
        Ok(()) => {}
        Err(OperatorError::Store(error)) => return Err(error.into()),
        Err(error) => return Ok(form(&viewer, Some(&error.said()))),
    }
    let store = &viewer.shell.parts().store;
    let mut tx = store.begin("session_open").await?;
    let token = session::open(&mut tx, &viewer.shell, &who.name, (address, agent)).await?;
    tx.commit().await?;
    let mut answer = Redirect::to("/").into_response();
    if let Some(cookie) = session::set_cookie(&viewer.shell, &token) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

async fn changed(viewer: &Viewer, name: &str, fields: &Fields) -> Result<(), OperatorError> {
    let parts = viewer.shell.parts();
    let word = |name| Zeroizing::new(fields.exactly(name).to_owned());
    let row: Option<OperatorRow> = parts.store.operator_get(name).await?;
    let hash = row.map(|row| row.password);
    if !password::is(word("present"), hash).await.map_err(PasswordError::from)? {
        return Err(OperatorError::Present);
    }
    let who = viewer.acting();
    let acts = Acts {
        store: &parts.store,
        clock: parts.clock.as_ref(),
        entropy: parts.entropy.as_ref(),
        who: &who.0,
        role: who.1,
    };
    set_password(&acts, name, word("new"), false).await
}
