//! What a pending entry waits for: one thing at a time, in bytes that a store can look up.

/// What a pending entry waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// A reader that knows this version of the standard.
    Standard(u32),
    /// A reader that knows this dataset.
    Dataset(String),
    /// A record of the same platform, at any revision and however it stands.
    Record {
        /// Its dataset.
        dataset: String,
        /// Its id.
        record: String,
    },
    /// One revision of a record of the same platform.
    Revision {
        /// Its dataset.
        dataset: String,
        /// Its id.
        record: String,
        /// Which.
        revision: u64,
    },
    /// A change of custodian that opens this custody epoch of a record.
    Custody {
        /// Its dataset.
        dataset: String,
        /// Its id.
        record: String,
        /// Which.
        epoch: u64,
    },
    /// The decision on an offer of custody of the same platform: the record is frozen until then.
    Decision {
        /// Its number.
        offer: String,
        /// Its revision.
        revision: u64,
    },
}

// === impl Wait ===

impl Wait {
    /// As bytes: a letter, then the parts, each but the last ended by a zero byte; numbers in
    /// decimal.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = match self {
            Wait::Standard(version) => format!("s\0{version}"),
            Wait::Dataset(name) => format!("d\0{name}"),
            Wait::Record { dataset, record } => format!("r\0{dataset}\0{record}"),
            Wait::Revision { dataset, record, revision } => {
                format!("v\0{dataset}\0{record}\0{revision}")
            }
            Wait::Custody { dataset, record, epoch } => format!("c\0{dataset}\0{record}\0{epoch}"),
            Wait::Decision { offer, revision } => format!("o\0{offer}\0{revision}"),
        };
        text.into_bytes()
    }

    /// Reads the bytes; nothing if they are none of these.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(bytes).ok()?.split('\0');
        let mut next = || parts.next().map(str::to_owned);
        let wait = match next()?.as_str() {
            "s" => Wait::Standard(next()?.parse().ok()?),
            "d" => Wait::Dataset(next()?),
            "r" => Wait::Record { dataset: next()?, record: next()? },
            "v" => Wait::Revision {
                dataset: next()?,
                record: next()?,
                revision: next()?.parse().ok()?,
            },
            "c" => {
                Wait::Custody { dataset: next()?, record: next()?, epoch: next()?.parse().ok()? }
            }
            "o" => Wait::Decision { offer: next()?, revision: next()?.parse().ok()? },
            _ => return None,
        };
        parts.next().is_none().then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_survives_its_bytes() {
        let (dataset, record) = ("case.case".to_owned(), "JS048100JT0000000217".to_owned());
        let waits = [
            Wait::Standard(3),
            Wait::Dataset("weather.report".into()),
            Wait::Record { dataset: dataset.clone(), record: record.clone() },
            Wait::Revision { dataset: dataset.clone(), record: record.clone(), revision: 70 },
            Wait::Custody { dataset, record, epoch: 1 },
            Wait::Decision { offer: "YJ-2010-0001".into(), revision: 2 },
        ];
        for wait in waits {
            assert_eq!(Wait::from_bytes(&wait.to_bytes()), Some(wait));
        }
        for bytes in [&b""[..], b"x\0y", b"s\0many", b"d\0a\0b", b"r\0a", b"\xff"] {
            assert_eq!(Wait::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
