//! Passwords of operators: which are refused, and their hashes, argon2id as PHC strings.
//!
//! A hash takes tens of milliseconds and [`MEMORY_KIB`] of memory on purpose. So it is made aside
//! from the tasks, a few at once: who wants to fill this machine's memory through the page for
//! signing in waits, and is turned away when too many wait.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::process::entropy::Entropy;
use crate::process::lifecycle::aside;
use crate::process::said::Said;
use crate::process::secret::Zeroizing;

/// Memory of one hash, in KiB: the second recommended option of RFC 9106, section 4 (64 MiB, three
/// passes), which is above what OWASP asks for (19 MiB, two passes).
pub const MEMORY_KIB: u32 = 64 * 1024;
/// Passes over it, by the same option.
pub const PASSES: u32 = 3;
/// Lanes: one, not the four of that option, because one thread works on a hash here; four would
/// help only whoever guesses.
pub const LANES: u32 = 1;
/// Fewest characters.
pub const SHORTEST: usize = 12;
/// Most characters: a sentence; whoever sends more wants us to work.
pub const LONGEST: usize = 128;
/// Fewest different characters.
const DIFFERENT: usize = 5;
/// Hashes at once: 128 MiB at most.
pub const AT_ONCE: usize = 2;
/// Hashes that may wait for their turn: some seconds' worth.
pub const WAITING: usize = 16;
/// Bytes of salt, as RFC 9106 recommends.
const SALT: usize = 16;
/// Letters of passwords that are made here: none that look alike.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many of them: 100 bits.
const MADE: usize = 20;

/// Parts of what people choose first, in lower case; a password that is one of them with a few
/// characters around it is refused.
const COMMON: [&str; 20] = [
    "password",
    "passw0rd",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx",
    "123456789",
    "987654321",
    "administrator",
    "letmein",
    "welcome",
    "iloveyou",
    "woaini",
    "changzhou",
    "sanheyi",
    "xinbei",
    "wujin",
    "jintan",
    "liyang",
    "tianning",
];
/// How many characters around a common part do not make it a password.
const AROUND: usize = 6;

/// Whose turn it is; of the whole process, for it is about the machine's memory.
static TURNS: Turns = Turns::new();

struct Turns {
    turns: Semaphore,
    room: Semaphore,
}

/// Too many passwords are being looked at already.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("登录请求过多，请稍后再试 / too many are signing in at once: try again in a moment")]
pub struct Busy;

/// Why a password is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PasswordError {
    /// Shorter than [`SHORTEST`] or longer than [`LONGEST`].
    #[error(
        "口令应为 {SHORTEST} 至 {LONGEST} 个字符，可以是一句话 / a password has {SHORTEST} to \
         {LONGEST} characters: a sentence is fine"
    )]
    Length,
    /// Easy to guess.
    #[error(
        "口令过于常见，请换一个，例如几个不相干的词 / the password is too easy to guess: choose \
         another, such as several words that have nothing to do with each other"
    )]
    Common,
    /// It has the operator's name in it.
    #[error("口令不能包含用户名 / the password must not have the name in it")]
    Name,
    /// Too many are being hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The library refuses: a fault of the build.
    #[error("口令无法处理 / the password cannot be hashed")]
    Hash,
}

// === impl PasswordError ===

impl PasswordError {
    /// The sentence in both languages.
    pub fn said(&self) -> Said {
        let text = self.to_string();
        let (zh, en) = text.split_once(" / ").unwrap_or((&text, &text));
        Said::new(zh, en)
    }
}

/// Holds a password against the rules.
///
/// # Errors
/// If it is refused.
pub fn check(name: &str, password: &str) -> Result<(), PasswordError> {
    let count = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&count) {
        return Err(PasswordError::Length);
    }
    let lower = password.to_lowercase();
    if !name.is_empty() && lower.contains(&name.to_lowercase()) {
        return Err(PasswordError::Name);
    }
    let common = COMMON.iter().any(|part| lower.contains(part) && count <= part.len() + AROUND);
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if common || different.len() < DIFFERENT || is_walk(&lower) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Whether it only counts up or down: `abcdefghijkl`.
fn is_walk(text: &str) -> bool {
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    [1, u32::MAX]
        .iter()
        .any(|step| codes.windows(2).all(|two| two[0].wrapping_add(*step) == two[1]))
}

/// A password that nobody has chosen: 100 bits, in groups of five letters.
pub fn made(entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0u8; MADE]);
    entropy.fill(&mut bytes[..]);
    let mut text = Zeroizing::new(String::with_capacity(MADE + MADE / 5));
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte & 31)]));
    }
    text
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password; holds its thread for tens of milliseconds.
///
/// # Errors
/// Only of a broken build.
pub fn hash(password: &str, salt: &[u8]) -> Result<String, PasswordError> {
    let hasher = hasher().ok_or(PasswordError::Hash)?;
    let hash = hasher.hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Hash)
}

/// A salt for [`hash`].
pub fn salt(entropy: &dyn Entropy) -> [u8; SALT] {
    let mut salt = [0; SALT];
    entropy.fill(&mut salt);
    salt
}

/// The hash of a password that was checked, made aside.
///
/// # Errors
/// [`PasswordError::Busy`] if too many wait.
pub async fn hashed(
    entropy: &dyn Entropy,
    password: Zeroizing<String>,
) -> Result<String, PasswordError> {
    let salt = salt(entropy);
    TURNS.take(move || hash(&password, &salt)).await?
}

/// Whether a password has this hash, found out aside. Without a hash it takes as long and is false:
/// nobody learns which names there are.
///
/// # Errors
/// If too many wait.
pub async fn is(password: Zeroizing<String>, hash: Option<String>) -> Result<bool, Busy> {
    let verified = move || match hash {
        Some(hash) => verify(&password, &hash),
        None => {
            verify(&password, NOBODY.as_str());
            false
        }
    };
    TURNS.take(verified).await
}

fn verify(password: &str, hash: &str) -> bool {
    let parsed = PasswordHash::new(hash);
    parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash that nobody's password has.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("", &[0; SALT]).unwrap_or_default());

// === impl Turns ===

impl Turns {
    const fn new() -> Self {
        let (turns, room) = (AT_ONCE, AT_ONCE + WAITING);
        Self { turns: Semaphore::const_new(turns), room: Semaphore::const_new(room) }
    }

    async fn take<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let room = self.room.try_acquire().map_err(|_| Busy)?;
        let turn = self.turns.acquire().await.map_err(|_| Busy)?;
        Ok(aside(move || {
            // Kept until the work is done, even if nobody waits for it any more.
            let _kept = (room, turn);
            work()
        })
        .await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::entropy::SeededEntropy;

    #[test]
    fn a_password_is_long_enough_and_nobody_guesses_it_first() {
        let of = |count: usize| "天地玄黄宇宙洪荒".chars().cycle().take(count).collect::<String>();
        assert_eq!(check("zhang", &of(SHORTEST - 1)), Err(PasswordError::Length));
        assert_eq!(check("zhang", &of(SHORTEST)), Ok(()));
        assert_eq!(check("zhang", &of(LONGEST)), Ok(()));
        assert_eq!(check("zhang", &of(LONGEST + 1)), Err(PasswordError::Length));
        for common in
            ["Password1234", "123456789012", "abcdefghijkl", "aaaaaaaabbbb", "changzhou2026"]
        {
            assert_eq!(check("zhang", common), Err(PasswordError::Common), "{common}");
        }
        assert_eq!(check("zhang", "yes-ZHANG-was-here"), Err(PasswordError::Name));
        assert_eq!(check("zhang", "correct horse battery"), Ok(()));
    }

    #[test]
    fn a_password_that_is_made_here_passes_and_is_never_the_same() {
        let entropy = SeededEntropy::new(7);
        let (one, other) = (made(&entropy), made(&entropy));
        assert_ne!(one, other);
        assert_eq!(one.len(), MADE + 3);
        assert_eq!(check("zhang", &one), Ok(()));
    }

    #[tokio::test]
    async fn a_hash_says_how_it_was_made_and_knows_its_password() {
        let entropy = SeededEntropy::new(8);
        let right = || Zeroizing::new("correct horse battery".to_owned());
        let hash = hashed(&entropy, right()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{hash}");
        assert_eq!(is(right(), Some(hash.clone())).await, Ok(true));
        let wrong = Zeroizing::new("correct horse batteri".to_owned());
        assert_eq!(is(wrong, Some(hash)).await, Ok(false));
        assert_eq!(is(Zeroizing::new(String::new()), None).await, Ok(false));
        assert_eq!(is(right(), Some("not a hash".into())).await, Ok(false));
    }
    #[tokio::test]
    async fn so_many_wait_and_the_next_is_turned_away() {
        static FULL: Turns = Turns::new();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        let mut all = futures_util::stream::FuturesUnordered::new();
        for _ in 0..AT_ONCE + WAITING {
            let wait = std::sync::Arc::clone(&wait);
            all.push(FULL.take(move || wait.lock().unwrap().recv().is_ok()));
        }
        // Polled once, each has its room or its turn.
        let next = futures_util::future::poll_immediate(futures_util::StreamExt::next(&mut all));
        assert!(next.await.is_none());
        assert_eq!(FULL.take(|| ()).await, Err(Busy));
        drop(go);
        let mut done = 0;
        while let Some(one) = futures_util::StreamExt::next(&mut all).await {
            assert_eq!(one, Ok(false));
            done += 1;
        }
        assert_eq!(done, AT_ONCE + WAITING);
        assert_eq!(FULL.take(|| 5).await, Ok(5));
    }
}
