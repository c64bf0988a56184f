//! A sentence in both languages of the house. Operators in the districts read Chinese; whoever
//! maintains the program may read either. An error that a person must act on carries its remedy in
//! this form.

use std::error::Error;
use std::fmt;

/// The same sentence in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// 中文。
    pub zh: String,
    /// English.
    pub en: String,
}

impl Said {
    /// Pairs the two sentences.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// An error with all its causes, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.zh, self.en)
    }
}
