//! What is done to operators, by pages and commands alike. Each leaves a row in the audit.

use thiserror::Error;

use super::password::{self, PasswordError};
use super::viewer::Role;
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::process::said::Said;
use crate::process::secret::Zeroizing;
use crate::store::{ChangeRow, OperatorRow, Store, StoreError, Tx};

/// Fewest and most characters of a name.
pub const NAME: (usize, usize) = (2, 32);

/// Who acts, where.
#[derive(Clone, Copy)]
pub struct Acts<'a> {
    /// Where operators are kept.
    pub store: &'a Store,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Chance.
    pub entropy: &'a dyn Entropy,
    /// Who, as [`ChangeRow::who`].
    pub who: &'a str,
    /// As what: a role, or empty.
    pub role: &'a str,
}

/// Why it is not done.
#[derive(Debug, Error)]
pub enum OperatorError {
    /// No name.
    #[error(
        "用户名应为 2 至 32 个小写字母、数字、点、连字符或下划线，以字母开头 / a name has 2 to 32 \
         lower-case letters, digits, dots, hyphens or underscores, and begins with a letter"
    )]
    Name,
    /// There is one already.
    #[error("用户名已存在，请换一个 / the name is taken: choose another")]
    Taken,
    /// There is none.
    #[error("没有这个操作员，请核对用户名 / there is no such operator: check the name")]
    Unknown,
    /// Nobody would be left who may do everything.
    #[error(
        "这是最后一位可用的管理员，请先添加另一位 / this is the last administrator: add another one \
         first"
    )]
    LastAdmin,
    /// The present password is another one.
    #[error("当前口令不对，请重新输入 / the present password is another one: enter it again")]
    Present,
    /// The password is refused.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A change of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Another role.
    Role(Role),
    /// May no longer sign in; what sessions there are end.
    Disable,
    /// May sign in again.
    Enable,
    /// May try again at once.
    Unlock,
}

// === impl OperatorError ===

impl OperatorError {
    /// The sentence in both languages.
    pub fn said(&self) -> Said {
        let text = self.to_string();
        let (zh, en) = text.split_once(" / ").unwrap_or((&text, &text));
        Said::new(zh, en)
    }
}

/// Whether a text may be a name.
pub fn is_name(text: &str) -> bool {
    let length = (NAME.0..=NAME.1).contains(&text.len());
    let rest =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    length && text.starts_with(|one: char| one.is_ascii_lowercase()) && text.bytes().all(rest)
}

/// Adds an operator. `renew`: somebody else has chosen the password, so it must be changed first.
///
/// # Errors
/// If name or password are refused, or the name is taken.
pub async fn add(
    acts: &Acts<'_>,
    name: &str,
    role: Role,
    password: Zeroizing<String>,
    renew: bool,
) -> Result<(), OperatorError> {
    if !is_name(name) {
        return Err(OperatorError::Name);
    }
    password::check(name, &password)?;
    let password = password::hashed(acts.entropy, password).await?;
    let row = OperatorRow {
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        password,
        failures: 0,
        locked: Default::default(),
        created: acts.clock.now(),
        disabled: Default::default(),
        renew,
        last: Default::default(),
    };
    let mut tx = acts.store.begin("operator_add").await?;
    if !tx.operator_add(acts.store, &row).await? {
        return Err(OperatorError::Taken);
    }
    acts.note(&mut tx, "operator.add", name, role.as_str()).await?;
    Ok(tx.commit().await?)
}

/// Gives an operator another password; what sessions there are end.
///
/// # Errors
/// If the password is refused, or there is no such operator.
pub async fn set_password(
    acts: &Acts<'_>,
    name: &str,
    password: Zeroizing<String>,
    renew: bool,
) -> Result<(), OperatorError> {
    password::check(name, &password)?;
    let hash = password::hashed(acts.entropy, password).await?;
    let mut tx = acts.store.begin("operator_password").await?;
    let mut row = tx.operator_get(acts.store, name).await?.ok_or(OperatorError::Unknown)?;
    (row.password, row.renew, row.failures) = (hash, renew, 0);
    row.locked = Default::default();
    tx.operator_put(acts.store, &row).await?;
    tx.session_end_all(acts.store, name).await?;
    acts.note(&mut tx, "operator.password", name, "").await?;
    Ok(tx.commit().await?)
}

/// Changes an operator.
///
/// # Errors
/// If there is no such operator, or nobody would be left who may do everything.
pub async fn act(acts: &Acts<'_>, name: &str, act: Act) -> Result<(), OperatorError> {
    let mut tx = acts.store.begin("operator_act").await?;
    let mut row = tx.operator_get(acts.store, name).await?.ok_or(OperatorError::Unknown)?;
    let admin = Role::Admin.as_str();
    let leaves = match act {
        Act::Role(role) => role != Role::Admin,
        Act::Disable => true,
        Act::Enable | Act::Unlock => false,
    };
    // The store counts behind a lock: two who take each other's role away do not both succeed.
    let last = leaves && row.role == admin && !row.is_disabled();
    if last && tx.operator_count(acts.store, admin).await? < 2 {
        return Err(OperatorError::LastAdmin);
    }
    let (what, detail) = match act {
        Act::Role(role) => {
            let detail = format!("{} → {}", row.role, role.as_str());
            role.as_str().clone_into(&mut row.role);
            ("operator.role", detail)
        }
        Act::Disable => {
            row.disabled = acts.clock.now();
            tx.session_end_all(acts.store, name).await?;
            ("operator.disable", String::new())
        }
        Act::Enable => {
            row.disabled = Default::default();
            ("operator.enable", String::new())
        }
        Act::Unlock => {
            (row.locked, row.failures) = (Default::default(), 0);
            ("operator.unlock", String::new())
        }
    };
    tx.operator_put(acts.store, &row).await?;
    acts.note(&mut tx, what, name, &detail).await?;
    Ok(tx.commit().await?)
}

// === impl Acts ===

impl Acts<'_> {
    /// Writes a row of the audit.
    ///
    /// # Errors
    /// Of the database.
    pub async fn note(
        &self,
        tx: &mut Tx,
        what: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        let row = ChangeRow::done(self.clock, self.entropy, self.who, what, subject);
        let row = ChangeRow { role: self.role.to_owned(), ..row.with(detail) };
        tx.change_add(self.store, &row).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::process::clock::ManualClock;
    use crate::process::entropy::SeededEntropy;
    use crate::store::ChangeFilter;
    use crate::tests::{MORNING, house};

    const GOOD: &str = "correct horse battery";

    fn word(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn a_name_is_short_and_plain() {
        let longest = "a".repeat(NAME.1);
        for good in ["li", "zhang.wei", "op-1", "a_b", &longest] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "a", "1a", "Zhang", "张三", "a b", "a<b", &format!("{longest}a")] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn the_last_administrator_stays_and_everything_is_noted() {
        let dir = tempfile::tempdir().unwrap();
        let store = house(dir.path()).await;
        let (clock, entropy) = (Arc::new(ManualClock::new(MORNING)), SeededEntropy::new(9));
        let acts = Acts {
            store: &store,
            clock: clock.as_ref(),
            entropy: &entropy,
            who: "cli:1000",
            role: "",
        };
        add(&acts, "chief", Role::Admin, word(GOOD), false).await.unwrap();
        let again = add(&acts, "chief", Role::Viewer, word(GOOD), false).await;
        assert!(matches!(again, Err(OperatorError::Taken)));
        for leaves in [Act::Disable, Act::Role(Role::Operator)] {
            let refused = act(&acts, "chief", leaves).await;
            assert!(matches!(refused, Err(OperatorError::LastAdmin)), "{refused:?}");
        }
        add(&acts, "second", Role::Admin, word(GOOD), true).await.unwrap();
        act(&acts, "chief", Act::Disable).await.unwrap();
        assert!(matches!(act(&acts, "second", Act::Disable).await, Err(OperatorError::LastAdmin)));
        act(&acts, "chief", Act::Enable).await.unwrap();
        assert!(matches!(act(&acts, "nobody", Act::Unlock).await, Err(OperatorError::Unknown)));
        let rows = store.change_list(&ChangeFilter::default(), None, 9).await.unwrap();
        let mut said: Vec<_> = rows.iter().map(|row| (&*row.what, &*row.subject)).collect();
        said.sort_unstable();
        assert_eq!(
            said,
            [
                ("operator.add", "chief"),
                ("operator.add", "second"),
                ("operator.disable", "chief"),
                ("operator.enable", "chief"),
            ]
        );
        assert!(rows.iter().all(|row| row.who == "cli:1000"));
    }
}
