//! Who may ask for what. Every route stands in a table with the role that it takes; the guard looks
//! at a request before any handler does, so that none can forget to.
//!
//! ```text
//! request ► a change? from this site? ► session ► role ► form token ► handler
//! ```

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use subtle::ConstantTimeEq as _;

use super::error::WebError;
use super::form::{Fields, query};
use super::serve::{BODY_BYTES, guarded};
use super::session::{self, Touch};
use super::shell::Shell;
use super::viewer::{Role, SignedIn, Viewer};
use crate::process::said::Said;

/// Where one signs in.
pub const SIGN_IN: &str = "/sign-in";
/// Where one signs out.
pub const SIGN_OUT: &str = "/sign-out";
/// Where one chooses a new password.
pub const PASSWORD: &str = "/password";
/// Longest path that is gone back to after signing in.
pub const NEXT: usize = 2000;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Shows a page: GET. It changes nothing.
    Shows,
    /// Keeps a page fresh: GET, by a script.
    Refreshes,
    /// Changes something: POST of a form.
    Changes,
}

/// A route of a site.
#[derive(Clone, Debug)]
pub struct Route<S> {
    /// The path, as axum reads it.
    pub path: String,
    /// What it does.
    pub does: Does,
    /// Who may ask; nobody in particular: whoever comes.
    pub role: Option<Role>,
    /// What answers.
    pub handler: MethodRouter<S>,
}

/// What a guard needs to know of a route.
#[derive(Clone, Copy)]
struct Need {
    does: Does,
    role: Option<Role>,
}

// === impl Route ===

impl<S> Route<S> {
    /// A page.
    pub fn shows(path: impl Into<String>, role: Role, handler: MethodRouter<S>) -> Self {
        Self { path: path.into(), does: Does::Shows, role: Some(role), handler }
    }

    /// A change.
    pub fn changes(path: impl Into<String>, role: Role, handler: MethodRouter<S>) -> Self {
        Self { path: path.into(), does: Does::Changes, role: Some(role), handler }
    }

    /// What keeps a page fresh.
    pub fn refreshes(path: impl Into<String>, role: Role, handler: MethodRouter<S>) -> Self {
        Self { path: path.into(), does: Does::Refreshes, role: Some(role), handler }
    }

    /// A route for whoever comes.
    pub fn open(path: impl Into<String>, does: Does, handler: MethodRouter<S>) -> Self {
        Self { path: path.into(), does, role: None, handler }
    }
}

/// A site: its routes, each behind its guard, with the bounds and headers of [`guarded`].
pub fn site<S>(state: S, routes: impl IntoIterator<Item = Route<S>>) -> Router
where
    S: Clone + Send + Sync + 'static,
    Shell: FromRef<S>,
{
    let shell = Shell::from_ref(&state);
    let router = routes.into_iter().fold(Router::new(), |router, route| {
        let Route { path, does, role, handler } = route;
        let need = Need { does, role };
        let layer = middleware::from_fn_with_state(
            shell.clone(),
            move |State(shell): State<Shell>, request, next| guard(shell, need, request, next),
        );
        router.route(&path, handler.route_layer(layer))
    });
    let missing = || async { WebError::not_found() };
    guarded(router.fallback(missing).method_not_allowed_fallback(missing).with_state(state))
}

async fn guard(shell: Shell, need: Need, request: Request, next: Next) -> Response {
    match let_in(shell, need, request).await {
        Ok(request) => remember(request, next).await,
        Err(refused) => refused,
    }
}

/// Runs the handler; a language that the address asked for is remembered.
async fn remember(request: Request, next: Next) -> Response {
    let asked = Fields::parse(request.uri().query().unwrap_or_default());
    let lang = super::lang::Lang::parse(asked.get("lang"));
    let mut answer = next.run(request).await;
    let line = lang.map(|lang| {
        let (name, code) = (super::lang::COOKIE, lang.code());
        format!("{name}={code}; Path=/; SameSite=Lax; Max-Age=31536000")
    });
    if let Some(value) = line.and_then(|line| line.parse().ok()) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
    answer
}

async fn let_in(shell: Shell, need: Need, request: Request) -> Result<Request, Response> {
    let (mut parts, body) = request.into_parts();
    if need.does == Does::Changes && !is_of_this_site(&parts.headers) {
        return Err(elsewhere().into_response());
    }
    let touch = if need.does == Does::Refreshes { Touch::Machine } else { Touch::Person };
    let found = session::find(&shell, &parts.headers, touch).await;
    let who = found.map_err(|error| WebError::from(error).into_response())?;
    if let Some(role) = need.role {
        let path = parts.uri.path();
        match &who {
            None => return Err(sign_in_first(&parts.method, &parts.uri)),
            Some(who) if who.renew && path != PASSWORD && path != SIGN_OUT => {
                return Err(Redirect::to(PASSWORD).into_response());
            }
            Some(who) if who.role < role => return Err(WebError::forbidden().into_response()),
            Some(_) => {}
        }
    }
    let mut body = body;
    if need.does == Does::Changes {
        let fields = fields(body).await.map_err(IntoResponse::into_response)?;
        if need.role.is_some() && !carries_token(&fields, who.as_ref()) {
            return Err(expired().into_response());
        }
        parts.extensions.insert(fields);
        body = Body::empty();
    }
    parts.extensions.insert(viewer(&shell, &parts, who));
    Ok(Request::from_parts(parts, body))
}

/// The page for signing in; from there back to a page, never to a change.
fn sign_in_first(method: &Method, uri: &Uri) -> Response {
    let next = uri.path_and_query().filter(|_| method == Method::GET).map(|next| next.as_str());
    let query = query([("next", next.filter(|next| *next != "/").unwrap_or_default())]);
    let mark = if query.is_empty() { "" } else { "?" };
    Redirect::to(&format!("{SIGN_IN}{mark}{query}")).into_response()
}

fn viewer(shell: &Shell, parts: &Parts, who: Option<SignedIn>) -> Viewer {
    let asked = Fields::parse(parts.uri.query().unwrap_or_default());
    Viewer {
        shell: shell.clone(),
        lang: session::language(asked.get("lang"), &parts.headers),
        who,
        path: parts.uri.path().to_owned(),
        query: asked.without("lang").query(),
    }
}

/// Whether a change was asked for by a page of this site, as the browser says it. What is no
/// browser says nothing, and has no session that could be abused.
fn is_of_this_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text("origin") else { return true };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == text("host")
}

async fn fields(body: Body) -> Result<Fields, WebError> {
    let bytes = to_bytes(body, BODY_BYTES).await.map_err(|_| too_large())?;
    Ok(Fields::parse(&String::from_utf8_lossy(&bytes)))
}

/// Whether a form is one of this session. Compared in constant time.
fn carries_token(fields: &Fields, who: Option<&SignedIn>) -> bool {
    let token = fields.exactly("form_token").as_bytes();
    who.is_some_and(|who| {
        !who.form_token.is_empty() && bool::from(who.form_token.as_bytes().ct_eq(token))
    })
}

fn elsewhere() -> WebError {
    WebError::new(
        StatusCode::FORBIDDEN,
        Said::new("请求来自别的网站", "The request came from another site"),
        Said::new("请在本站页面上操作", "do it on a page of this site"),
    )
}

fn expired() -> WebError {
    WebError::new(
        StatusCode::FORBIDDEN,
        Said::new("表单已过期", "The form has expired"),
        Said::new("请返回上一页，刷新后重试", "go back, load the page again, and repeat it"),
    )
}

fn too_large() -> WebError {
    WebError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        Said::new("表单过大", "The form is too large"),
        Said::new("请减少勾选的项数，分几次提交", "tick fewer boxes and send it in parts"),
    )
}

/// A path of this site that one may be sent to; nothing else is one.
pub fn own_path(text: &str) -> Option<&str> {
    let plain = text.len() <= NEXT && text.bytes().all(|byte| byte.is_ascii_graphic());
    let own = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    (plain && own).then_some(text)
}

// === impl Viewer ===

impl Viewer {
    /// Whoever looks, if they may do what `role` may.
    ///
    /// # Errors
    /// If not.
    pub fn require(&self, role: Role) -> Result<&SignedIn, WebError> {
        self.who.as_ref().filter(|who| who.role >= role).ok_or_else(WebError::forbidden)
    }

    /// Who acts, as a row of the audit has it, and as what.
    pub fn acting(&self) -> (String, &'static str) {
        let who = self.who.as_ref();
        who.map_or_else(Default::default, |who| (format!("web:{}", who.name), who.role.as_str()))
    }

    /// What the address asks for behind its path.
    pub fn asked(&self) -> Fields {
        Fields::parse(&self.query)
    }
}

/// Who asks, as the guard has found out. Where no guard stood, the session is looked up here, and
/// who has none is sent to sign in.
impl<S: Send + Sync> FromRequestParts<S> for Viewer
where
    Shell: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        if let Some(viewer) = parts.extensions.get::<Self>() {
            return Ok(viewer.clone());
        }
        let shell = Shell::from_ref(state);
        let found = session::find(&shell, &parts.headers, Touch::Person).await;
        let who = found.map_err(|error| WebError::from(error).into_response())?;
        match who {
            Some(who) => Ok(viewer(&shell, parts, Some(who))),
            None => Err(sign_in_first(&parts.method, &parts.uri)),
        }
    }
}

#[cfg(test)]
mod tests;
