//! Reasons (理由): why an entry stands as it does, in the reader's words, both languages.

use sanheyi_proto::exchange::v1 as wire;

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
}

// === impl Reason ===

impl Reason {
    /// A reason.
    pub fn new(
        field: impl Into<String>,
        rule: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { field: field.into(), rule: rule.into(), zh: zh.into(), en: en.into() }
    }

    /// The reason as it travels.
    pub fn to_wire(&self) -> wire::Reason {
        wire::Reason {
            field: self.field.clone(),
            rule: self.rule.clone(),
            zh: self.zh.clone(),
            en: self.en.clone(),
        }
    }

    /// Reads a reason.
    pub fn from_wire(message: wire::Reason) -> Self {
        Self { field: message.field, rule: message.rule, zh: message.zh, en: message.en }
    }
}
