//! Sessions: who has signed in, by a cookie. The store has only the digest of what the cookie holds,
//! so whoever reads the store cannot take a session over.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;

use super::lang::{self, Lang};
use super::shell::Shell;
use super::viewer::{Role, SignedIn};
use crate::store::{OperatorRow, SessionRow, StoreError, Tx};

/// A session that is not used for so long is over.
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session is over after so long, however much it is used: a working day.
pub const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);
/// That a session is used is noted so often, not with every request.
pub const SEEN_EVERY: Duration = Duration::from_secs(60);
/// Most characters that are kept of what a browser calls itself.
pub const AGENT: usize = 80;

/// Whether the one who asks is noted as being there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A person asked.
    Person,
    /// A page keeps itself fresh: that keeps no session alive.
    Machine,
}

/// The instant `ago` before `now`.
pub fn before(now: Timestamp, ago: Duration) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - micros(ago))
}

/// The instant `ahead` after `now`.
pub fn after(now: Timestamp, ahead: Duration) -> Timestamp {
    Timestamp::from_micros(now.as_micros() + micros(ahead))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Name of the cookie of a site. Cookies are the same for all ports of a machine, where a hub and
/// nodes may have theirs side by side; so the name has the platform's.
pub fn cookie_name(shell: &Shell) -> String {
    let parts = shell.parts();
    let host = if parts.secure { "__Host-" } else { "" };
    format!("{host}sanheyi-{}", parts.store.platform())
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|one| one.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// What sets the cookie of a session, or removes it: an empty value.
pub fn set_cookie(shell: &Shell, value: &str) -> Option<HeaderValue> {
    let name = cookie_name(shell);
    let secure = if shell.parts().secure { "; Secure" } else { "" };
    let over = if value.is_empty() { "; Max-Age=0" } else { "" };
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{over}");
    HeaderValue::from_str(&line).ok()
}

/// The language of a page: as the address asks, else as the cookie remembers, else Chinese.
pub fn language(asked: &str, headers: &HeaderMap) -> Lang {
    let kept = cookie(headers, lang::COOKIE).and_then(Lang::parse);
    Lang::parse(asked).or(kept).unwrap_or_default()
}

/// Where a request comes from; of an IPv6 address the network, for a home has 2^64 of them.
pub fn address(extensions: &Extensions) -> String {
    let Some(ConnectInfo(from)) = extensions.get::<ConnectInfo<SocketAddr>>() else {
        return String::new();
    };
    match from.ip().to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// What a browser calls itself, shortened.
pub fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.unwrap_or_default().chars().filter(|one| !one.is_control()).take(AGENT).collect()
}

fn digest(token: &str) -> [u8; 32] {
    let mut hasher = Hasher::default();
    hasher.update(token.as_bytes());
    *hasher.finish().as_bytes()
}

/// 32 random bytes as text.
fn drawn(shell: &Shell) -> String {
    let mut bytes = [0; 32];
    shell.parts().entropy.fill(&mut bytes);
    Digest::new(bytes).to_string()
}

/// Opens a session; answers what its cookie holds. Sessions that are over are forgotten.
///
/// # Errors
/// Of the database.
pub async fn open(
    tx: &mut Tx,
    shell: &Shell,
    operator: &str,
    from: (String, String),
) -> Result<String, StoreError> {
    let (store, now) = (&shell.parts().store, shell.now());
    tx.session_sweep(store, before(now, IDLE), now).await?;
    let token = drawn(shell);
    let (address, agent) = from;
    let row = SessionRow {
        token: digest(&token),
        operator: operator.to_owned(),
        form: drawn(shell),
        created: now,
        seen: now,
        ends: after(now, LONGEST),
        address,
        agent,
    };
    tx.session_add(store, &row).await?;
    Ok(token)
}

/// Who has signed in, by the cookie of a request; nobody if the session is over or its operator may
/// no longer sign in.
///
/// # Errors
/// Of the database.
pub async fn find(
    shell: &Shell,
    headers: &HeaderMap,
    touch: Touch,
) -> Result<Option<SignedIn>, StoreError> {
    let Some(token) = cookie(headers, &cookie_name(shell)) else { return Ok(None) };
    of_digest(shell, digest(token), touch).await
}

/// Whether a session still goes on: for what lasts longer than a request.
///
/// # Errors
/// Of the database.
pub async fn goes_on(shell: &Shell, who: &SignedIn) -> Result<bool, StoreError> {
    Ok(of_digest(shell, who.session, Touch::Machine).await?.is_some_and(|now| now == *who))
}

async fn of_digest(
    shell: &Shell,
    token: [u8; 32],
    touch: Touch,
) -> Result<Option<SignedIn>, StoreError> {
    let (store, now) = (&shell.parts().store, shell.now());
    let Some(session) = store.session_get(&token).await? else { return Ok(None) };
    if session.ends <= now || session.seen <= before(now, IDLE) {
        return Ok(None);
    }
    let Some(operator) = store.operator_get(&session.operator).await? else { return Ok(None) };
    let Some(role) = Role::parse(&operator.role).filter(|_| !operator.is_disabled()) else {
        return Ok(None);
    };
    if touch == Touch::Person && session.seen <= before(now, SEEN_EVERY) {
        seen(shell, &session, now).await;
    }
    let OperatorRow { name, renew, .. } = operator;
    Ok(Some(SignedIn { name, role, form_token: session.form, session: token, renew }))
}

/// Notes that a session is used. A store that cannot be written is no reason to show no page: pages
/// are where one looks why.
async fn seen(shell: &Shell, session: &SessionRow, now: Timestamp) {
    let store = &shell.parts().store;
    let noted = async {
        let mut tx = store.begin("session_seen").await?;
        tx.session_seen(store, &session.token, now).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, "that a session is used could not be noted");
    }
}
