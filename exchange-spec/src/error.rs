//! Errors of the form and the closed table of codes by which every surface refuses.

use std::fmt;

use thiserror::Error;

/// An id that does not have its shape.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{what} must be {shape}")]
pub struct IdError {
    what: &'static str,
    shape: &'static str,
}

impl IdError {
    pub(crate) const fn new(what: &'static str, shape: &'static str) -> Self {
        Self { what, shape }
    }
}

/// Codes of refusal: a closed table, the same on gRPC, in pages and in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A request that is not well formed, or beyond a bound.
    Malformed,
    /// The certificate names no platform that is registered, or another one than the journal's.
    Unauthorised,
    /// Another machine with this platform's key goes on; this one is held.
    IdentityHeld,
    /// The caller's epoch or generation is not the one in force: greet again.
    EpochStale,
    /// The first entry offered is beyond the durable size.
    Gap,
    /// The history offered differs from the one held: the journal is stopped.
    HistoryChanged,
    /// A signature does not verify.
    SignatureInvalid,
    /// The protocol version is not spoken here.
    ProtocolUnknown,
    /// No space left on the disk.
    StoreFull,
    /// A record was changed since it was read.
    ExpectationFailed,
    /// The hub's own store was rewound without anybody saying so: it writes nothing on top.
    HubRewound,
    /// An enrolment token that is wrong, was used, or has ended.
    EnrolmentRefused,
    /// Not now: stopping, starting or too busy.
    Unavailable,
    /// A fault of our own.
    Internal,
}

/// Every code, in the order of the table.
pub const CODES: [Code; 14] = [
    Code::Malformed,
    Code::Unauthorised,
    Code::IdentityHeld,
    Code::EpochStale,
    Code::Gap,
    Code::HistoryChanged,
    Code::SignatureInvalid,
    Code::ProtocolUnknown,
    Code::StoreFull,
    Code::ExpectationFailed,
    Code::HubRewound,
    Code::EnrolmentRefused,
    Code::Unavailable,
    Code::Internal,
];

/// What the caller should do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Try again later, with growing pauses.
    Retry,
    /// Greet again, then go on from the durable size.
    Greet,
    /// Stop and wait for an operator.
    Operator,
}

/// One row of the table.
struct Row {
    text: &'static str,
    remedy: Remedy,
    zh: &'static str,
    en: &'static str,
}

// === impl Code ===

impl Code {
    /// The code as it travels.
    pub const fn as_str(self) -> &'static str {
        self.row().text
    }

    /// What the caller should do.
    pub const fn remedy(self) -> Remedy {
        self.row().remedy
    }

    /// The remedy as a Chinese sentence.
    pub const fn remedy_zh(self) -> &'static str {
        self.row().zh
    }

    /// The remedy as an English sentence.
    pub const fn remedy_en(self) -> &'static str {
        self.row().en
    }

    /// Reads a code as it travels.
    pub fn parse(text: &str) -> Option<Code> {
        CODES.into_iter().find(|code| code.as_str() == text)
    }

    const fn row(self) -> Row {
        use Remedy::{Greet, Operator, Retry};
        let (text, remedy, zh) = match self {
            Code::Malformed => ("malformed", Operator, "请按交换格式规范修正发送端程序"),
            Code::Unauthorised => {
                ("unauthorised", Operator, "请向市级平台管理员登记本平台及其证书")
            }
            Code::IdentityHeld => (
                "identity_held",
                Operator,
                "另有一台机器正以本平台的身份运行，请停用其中一台，并由市级管理员确认保留哪一台",
            ),
            Code::EpochStale => ("epoch_stale", Greet, "请重新问候后继续"),
            Code::Gap => ("gap", Greet, "请从市级已存序号处继续发送"),
            Code::HistoryChanged => (
                "history_changed",
                Operator,
                "该日志已停止接收，请核对两个根哈希，查明历史为何被改动，然后重新启动节点",
            ),
            Code::SignatureInvalid => {
                ("signature_invalid", Operator, "请核对本平台的签名密钥是否为登记的密钥")
            }
            Code::ProtocolUnknown => ("protocol_unknown", Operator, "请升级较旧一方的软件"),
            Code::StoreFull => {
                ("store_full", Retry, "磁盘已满，请扩充或清理磁盘空间，之后会自动继续")
            }
            Code::ExpectationFailed => {
                ("expectation_failed", Operator, "记录已被他人修改，请重新读取后再办理")
            }
            Code::HubRewound => {
                ("hub_rewound", Retry, "市级平台的数据被回退，须由其管理员处理，处理后会自动继续")
            }
            Code::EnrolmentRefused => {
                ("enrolment_refused", Operator, "请向市级平台管理员索取新的入网令牌")
            }
            Code::Unavailable => ("unavailable", Retry, "稍后会自动重试"),
            Code::Internal => ("internal", Retry, "请查看该平台的运行日志"),
        };
        Row { text, remedy, zh, en: self.english() }
    }

    const fn english(self) -> &'static str {
        match self {
            Code::Malformed => "Correct the sending program by the form",
            Code::Unauthorised => {
                "Have the hub's operator register this platform and its certificate"
            }
            Code::IdentityHeld => {
                "Another machine runs under this platform's identity: stop one of them and have the hub's operator say which goes on"
            }
            Code::EpochStale => "Greet again, then go on",
            Code::Gap => "Go on from the hub's durable size",
            Code::HistoryChanged => {
                "The journal is stopped: compare both roots, find out why history changed, then restart the node"
            }
            Code::SignatureInvalid => "Check that this platform signs with its registered key",
            Code::ProtocolUnknown => "Upgrade the older side",
            Code::StoreFull => "The disk is full: make room; the exchange goes on by itself",
            Code::ExpectationFailed => {
                "The record was changed meanwhile: read it again and decide again"
            }
            Code::HubRewound => {
                "The hub's store was rewound: its operator must act; the exchange then goes on by itself"
            }
            Code::EnrolmentRefused => "Ask the hub's operator for a new enrolment token",
            Code::Unavailable => "It is tried again by itself",
            Code::Internal => "Look into that platform's log",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_text_and_a_remedy_in_both_languages() {
        for code in CODES {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert!(!code.remedy_zh().is_empty() && !code.remedy_en().is_empty());
        }
        assert_eq!(Code::parse("no_such_code"), None);
    }
}
