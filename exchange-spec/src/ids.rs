//! The ids of the form. Each is its own type, parsed once at the edge and bounded.
//!
//! Every text id is lower-case ASCII or plain printable ASCII, so that it may stand in a signed
//! note, a file name, a URI and a log line without escaping.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::IdError;
use crate::limits;

/// Id of a platform (平台标识), for example `jintan`: stable for life, independent of region codes.
///
/// 2 to 32 characters `a-z`, `0-9`, `-`; the first is a letter, the last is no hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformId(Box<str>);

/// Name of a dataset (数据集), for example `case.step`: family and name.
///
/// 3 to 48 characters: two parts of `a-z`, `0-9`, `_` with one full stop between them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetName(Arc<str>);

/// Id of a record (记录标识) within a platform and a dataset: 1 to [`limits::RECORD_ID_BYTES`]
/// printable ASCII characters without space. Ids ascend, so that index pages stay hot. Nothing
/// personal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Arc<str>);

/// Who a journal is addressed to: one platform, or every branch of its author (`*`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Everybody who is a branch of the author.
    All,
    /// One platform only.
    One(PlatformId),
}

/// Lane (通道) of a journal. A dataset is bound to one lane, so revisions of one record never cross
/// lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// 紧急: orders, custody; passes bulk.
    Urgent,
    /// 普通: everything else.
    Normal,
}

/// Journal id (日志标识): author, audience, lane, incarnation.
///
/// As text `jintan>changzhou/normal/<32 hex digits>`; that text is the origin line of the journal's
/// checkpoints.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalId {
    /// The platform that appends.
    pub author: PlatformId,
    /// The platform that reads.
    pub audience: Audience,
    /// Its lane.
    pub lane: Lane,
    /// Drawn at random when the journal is opened: a counter would fork when one backup is restored
    /// twice.
    pub incarnation: Incarnation,
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The zero id: "none yet".
            pub const ZERO: Self = Self([0; 16]);

            /// Takes 16 bytes, drawn by the caller.
            pub const fn new(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Whether this is [`Self::ZERO`].
            pub fn is_zero(&self) -> bool {
                self.0 == [0; 16]
            }

            /// Reads the id from the wire or from a column.
            ///
            /// # Errors
            /// If there are not exactly 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError::new(stringify!($name), "16 bytes"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                crate::text::write_hex(f, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                crate::text::parse_hex(text)
                    .map(Self)
                    .ok_or_else(|| IdError::new(stringify!($name), "32 lower-case hex digits"))
            }
        }
    };
}

random_id! {
    /// Incarnation of a journal (日志世代), drawn at random when the journal is opened.
    Incarnation
}
random_id! {
    /// Epoch of a journal (纪元): drawn at random by the branch for every Greet, moved by
    /// compare-and-swap.
    EpochId
}
random_id! {
    /// Generation of a hub's store (存储世代): drawn at random when the store is made or restored.
    Generation
}
random_id! {
    /// Number of a carry file (摆渡文件编号): drawn at random by its writer.
    CarryId
}

// === impl the text ids ===

macro_rules! text_id {
    ($name:ident, $shape:literal, $ok:path) => {
        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if $ok(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError::new(stringify!($name), $shape))
                }
            }
        }
    };
}

text_id!(
    PlatformId,
    "2 to 32 characters a-z, 0-9 or hyphen, beginning with a letter",
    platform_id_ok
);
text_id!(DatasetName, "family.name, 3 to 48 characters a-z, 0-9 or underscore", dataset_name_ok);
text_id!(RecordId, "1 to 64 printable ASCII characters without space", record_id_ok);

fn platform_id_ok(text: &str) -> bool {
    let bytes = text.as_bytes();
    (2..=limits::PLATFORM_ID_BYTES).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes[bytes.len() - 1] != b'-'
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// Whether `text` has the shape of a dataset name.
pub(crate) fn dataset_name_ok(text: &str) -> bool {
    let word = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    text.len() <= limits::DATASET_NAME_BYTES
        && text.split_once('.').is_some_and(|(family, name)| word(family) && word(name))
}

/// Whether `text` has the shape of a record id.
pub(crate) fn record_id_ok(text: &str) -> bool {
    (1..=limits::RECORD_ID_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic())
}

// === impl Audience ===

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Audience::All => f.write_str("*"),
            Audience::One(platform) => fmt::Display::fmt(platform, f),
        }
    }
}

impl FromStr for Audience {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == "*" { Ok(Audience::All) } else { text.parse().map(Audience::One) }
    }
}

// === impl Lane ===

impl Lane {
    /// The lane as it stands in a journal id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Lane::Urgent => "urgent",
            Lane::Normal => "normal",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Lane {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "urgent" => Ok(Lane::Urgent),
            "normal" => Ok(Lane::Normal),
            _ => Err(IdError::new("Lane", "urgent or normal")),
        }
    }
}

impl From<sanheyi_proto::Lane> for Lane {
    fn from(lane: sanheyi_proto::Lane) -> Self {
        match lane {
            sanheyi_proto::Lane::Urgent => Lane::Urgent,
            sanheyi_proto::Lane::Normal => Lane::Normal,
        }
    }
}

// === impl JournalId ===

impl JournalId {
    /// The branch platform whose link this journal belongs to, as seen from a hub named `hub`: the
    /// author of what goes up, the reader of what comes down. A journal for everybody belongs to
    /// the hub itself.
    pub fn branch<'a>(&'a self, hub: &'a PlatformId) -> &'a PlatformId {
        match &self.audience {
            Audience::One(reader) if self.author == *hub => reader,
            _ => &self.author,
        }
    }

    /// Whether both name the same line of journals: author, audience and lane, whatever the
    /// incarnation.
    pub fn same_line(&self, other: &JournalId) -> bool {
        self.author == other.author && self.audience == other.audience && self.lane == other.lane
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}>{}/{}/{}", self.author, self.audience, self.lane, self.incarnation)
    }
}

impl fmt::Debug for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for JournalId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let shape = || IdError::new("JournalId", "author>audience/lane/incarnation");
        let (author, rest) = text.split_once('>').ok_or_else(shape)?;
        let mut parts = rest.split('/');
        let (Some(audience), Some(lane), Some(incarnation), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(shape());
        };
        Ok(JournalId {
            author: author.parse()?,
            audience: audience.parse()?,
            lane: lane.parse()?,
            incarnation: incarnation.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_id_survives_its_text() {
        let text = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";
        let id: JournalId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        let all: JournalId = "changzhou>*/urgent/000102030405060708090a0b0c0d0e0f".parse().unwrap();
        assert_eq!(all.audience, Audience::All);
    }

    #[test]
    fn ids_refuse_what_is_not_theirs() {
        for bad in [
            "",
            "a",
            "Jintan",
            "1jintan",
            "jin tan",
            "jintan-",
            &"j".repeat(limits::PLATFORM_ID_BYTES + 1),
        ] {
            assert!(bad.parse::<PlatformId>().is_err(), "{bad}");
        }
        assert!("j".repeat(limits::PLATFORM_ID_BYTES).parse::<PlatformId>().is_ok());
        for bad in ["case", "case.", ".step", "case.step.x", "Case.step", "case step"] {
            assert!(bad.parse::<DatasetName>().is_err(), "{bad}");
        }
        for bad in ["", "a b", "案", &"x".repeat(limits::RECORD_ID_BYTES + 1)] {
            assert!(bad.parse::<RecordId>().is_err(), "{bad}");
        }
        assert!("x".repeat(limits::RECORD_ID_BYTES).parse::<RecordId>().is_ok());
        for bad in [
            "jintan>changzhou/normal",
            "jintan>changzhou/slow/000102030405060708090a0b0c0d0e0f",
            "jintan>changzhou/normal/000102030405060708090A0B0C0D0E0F",
            "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f/",
        ] {
            assert!(bad.parse::<JournalId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_branch_of_a_journal_is_the_end_that_is_not_the_hub() {
        let hub: PlatformId = "changzhou".parse().unwrap();
        let up: JournalId =
            "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f".parse().unwrap();
        let down: JournalId =
            "changzhou>jintan/normal/000102030405060708090a0b0c0d0e0f".parse().unwrap();
        assert_eq!(up.branch(&hub).as_str(), "jintan");
        assert_eq!(down.branch(&hub).as_str(), "jintan");
    }
}
