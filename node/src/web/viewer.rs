//! Who looks at a page: an operator with a role, in a language.

use std::fmt;

use super::lang::Lang;
use super::shell::Shell;

/// What an operator may do; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// 查看: sees everything that is not personal, changes nothing.
    Viewer,
    /// 操作: works on what comes in: quarantine, orders, attachments.
    Operator,
    /// 管理: platforms, certificates, other operators.
    Admin,
}

/// An operator who has signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The name to sign in by.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What every form of this session carries, so that no other site can send one.
    pub form_token: String,
    /// Digest of what the cookie of the session holds.
    pub session: [u8; 32],
    /// Whether a new password must be chosen before anything else.
    pub renew: bool,
}

/// Who asked for a page, and how it is to be shown.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The site.
    pub shell: Shell,
    /// The language.
    pub lang: Lang,
    /// Who it is; nobody on the page for signing in.
    pub who: Option<SignedIn>,
    /// The path that was asked for.
    pub path: String,
    /// What came behind it, without `lang`: a link that changes the language keeps it.
    pub query: String,
}

// What opens a session is in no log.
impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, role, .. } = self;
        f.debug_struct("SignedIn").field("name", name).field("role", role).finish_non_exhaustive()
    }
}

// === impl Role ===

impl Role {
    /// All, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// As in the store and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// As on a page.
    pub const fn title(self, lang: Lang) -> &'static str {
        match self {
            Role::Viewer => lang.t("查看", "viewer"),
            Role::Operator => lang.t("操作", "operator"),
            Role::Admin => lang.t("管理", "administrator"),
        }
    }

    /// Reads what [`Role::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

// === impl Viewer ===

impl Viewer {
    /// Whether whoever looks may do what `role` may.
    pub fn may(&self, role: Role) -> bool {
        self.who.as_ref().is_some_and(|who| who.role >= role)
    }

    /// The token for forms; empty where nobody has signed in.
    pub fn form_token(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.form_token)
    }
}
