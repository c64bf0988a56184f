//! Reasons (理由): why an entry stands as it does, in the reader's words, both languages.

use std::fmt;

use sanheyi_proto::exchange::v1 as wire;

use crate::limits;

/// What a reason does to the entry that it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 错误: the entry does not meet the standard, or cannot be judged yet.
    #[default]
    Error,
    /// 提示: it meets the standard, and its author should know this all the same.
    Warning,
}

/// One reason, in the reader's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Path of the field; empty where the entry as a whole is meant.
    pub field: String,
    /// Id of the rule.
    pub rule: String,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
    /// Error or warning.
    pub level: Level,
}

/// Reasons as rules find them, at most [`limits::REASONS`]: errors before warnings where there are
/// more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<Reason>);

// === impl Findings ===

impl Findings {
    /// An error: the entry is quarantined.
    pub fn error(
        &mut self,
        field: impl Into<String>,
        rule: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.push(Reason::new(field, rule, zh, en));
    }

    /// A warning: the entry is accepted, and the receipt says this.
    pub fn warning(
        &mut self,
        field: impl Into<String>,
        rule: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.push(Reason { level: Level::Warning, ..Reason::new(field, rule, zh, en) });
    }

    /// Adds a reason.
    pub fn push(&mut self, reason: Reason) {
        if self.0.len() < limits::REASONS {
            self.0.push(reason);
        } else if reason.level == Level::Error
            && let Some(place) = self.0.iter_mut().rfind(|one| one.level == Level::Warning)
        {
            *place = reason;
        }
    }

    /// Whether there is an error among them.
    pub fn has_error(&self) -> bool {
        self.0.iter().any(|reason| reason.level == Level::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The reasons, as they were found.
    pub fn into_reasons(self) -> Vec<Reason> {
        self.0
    }
}

// === impl Level ===

impl Level {
    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Level::Error => "错误",
            Level::Warning => "提示",
        }
    }

    /// The word in English.
    pub const fn en(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

// === impl Reason ===

impl fmt::Display for Reason {
    /// In a line: field, rule, and the sentence in both languages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, rule, zh, en, .. } = self;
        write!(f, "{field} [{rule}] {zh} · {en}")
    }
}

impl Reason {
    /// A reason.
    pub fn new(
        field: impl Into<String>,
        rule: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
            zh: zh.into(),
            en: en.into(),
            level: Level::Error,
        }
    }

    /// The reason as it travels.
    pub fn to_wire(&self) -> wire::Reason {
        wire::Reason {
            field: self.field.clone(),
            rule: self.rule.clone(),
            zh: self.zh.clone(),
            en: self.en.clone(),
            level: match self.level {
                Level::Error => wire::Level::Unspecified.into(),
                Level::Warning => wire::Level::Warning.into(),
            },
        }
    }

    /// Reads a reason.
    pub fn from_wire(message: wire::Reason) -> Self {
        let level = match message.level() {
            wire::Level::Warning => Level::Warning,
            wire::Level::Unspecified | wire::Level::Error => Level::Error,
        };
        Self { field: message.field, rule: message.rule, zh: message.zh, en: message.en, level }
    }
}
