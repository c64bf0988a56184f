//! What is wrong with a text that should be a code. The text itself is never repeated: it may be a
//! person's.

use std::fmt;

/// A code as readers know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct What {
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    /// How many characters it has.
    pub(super) lengths: &'static [usize],
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has this many characters.
    Length(usize),
    /// The character at this place, from 1, cannot stand there: another letter case, a full-width
    /// digit, a stranger.
    Character(usize),
    /// The letters are none of the twelve kinds of power.
    Kind,
    /// The day of birth does not exist.
    Date,
    /// The check character does not fit the others.
    Check,
}

/// A text that is not the code that it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeError {
    what: What,
    fault: Fault,
}

// === impl CodeError ===

impl CodeError {
    pub(super) const fn new(what: What, fault: Fault) -> Self {
        Self { what, fault }
    }

    /// What is wrong, for programs.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        let what = self.what.zh;
        match self.fault {
            Fault::Length(found) => {
                format!("{what}应为 {} 个字符，现有 {found} 个", self.lengths("或"))
            }
            Fault::Character(at) => format!("{what}有误：第 {at} 个字符不合规则"),
            Fault::Kind => format!("{what}有误：没有这一权力类别"),
            Fault::Date => format!("{what}有误：出生日期不存在"),
            Fault::Check => format!("{what}有误：校验码不符"),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }

    fn lengths(&self, or: &str) -> String {
        let lengths: Vec<String> = self.what.lengths.iter().map(usize::to_string).collect();
        lengths.join(&format!(" {or} "))
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what.en;
        match self.fault {
            Fault::Length(found) => {
                write!(f, "{what}: must have {} characters, has {found}", self.lengths("or"))
            }
            Fault::Character(at) => write!(f, "{what}: character {at} cannot stand there"),
            Fault::Kind => write!(f, "{what}: there is no such kind of power"),
            Fault::Date => write!(f, "{what}: the day of birth does not exist"),
            Fault::Check => write!(f, "{what}: the check character does not fit"),
        }
    }
}

impl std::error::Error for CodeError {}

/// Holds a text against what may stand at each place; `fits` is asked with places from 0.
pub(super) fn shape(
    what: What,
    text: &str,
    fits: impl Fn(usize, u8) -> bool,
) -> Result<(), CodeError> {
    let longest = what.lengths.iter().copied().max().unwrap_or(0);
    for (place, character) in text.chars().take(longest).enumerate() {
        if !u8::try_from(character).is_ok_and(|byte| byte.is_ascii() && fits(place, byte)) {
            return Err(CodeError::new(what, Fault::Character(place + 1)));
        }
    }
    let found = text.chars().count();
    if what.lengths.contains(&found) {
        Ok(())
    } else {
        Err(CodeError::new(what, Fault::Length(found)))
    }
}

/// A code that may be shown: its type, its text, and how it is read.
macro_rules! code_text {
    ($name:ident, $check:path) => {
        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::codes::CodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }
    };
}
pub(super) use code_text;
