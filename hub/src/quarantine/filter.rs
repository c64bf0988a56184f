//! Which entries are meant: filters, names and cursors, each with its text.

use std::fmt;
use std::str::FromStr;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::Quarantined;
use sanheyi_node::store::JournalNumber;

/// Which entries of the quarantine; what is left out lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this platform.
    pub platform: Option<PlatformId>,
    /// Of this dataset.
    pub dataset: Option<String>,
    /// Of this record.
    pub record: Option<String>,
    /// Of this revision.
    pub revision: Option<u64>,
    /// Breaking this rule.
    pub rule: Option<String>,
    /// With a reason at this field, or inside it.
    pub field: Option<String>,
    /// Received by the hub at this instant or later.
    pub since: Option<Timestamp>,
    /// Handled so.
    pub state: State,
}

/// How the entries that are meant are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// 未了结: open, returned or pending.
    #[default]
    Unsettled,
    /// In one of the four ways.
    Handled(Handling),
    /// 待判: judged when what they wait for has come.
    Pending,
    /// All of them.
    All,
}

/// An entry by its record, as people name it: `PLATFORM DATASET/RECORD/REVISION`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName {
    /// Whose.
    pub platform: PlatformId,
    /// Dataset.
    pub dataset: String,
    /// Record.
    pub record: String,
    /// Revision.
    pub revision: u64,
}

/// Where a page ends, and the place of an entry: `PLATFORM/JOURNAL/SEQUENCE`, the journal by its
/// number in the hub's store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Whose.
    pub platform: PlatformId,
    /// In which journal.
    pub journal: JournalNumber,
    /// Where.
    pub sequence: u64,
}

/// A text that names no state, entry or place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{zh} · {en}")]
pub struct Unread {
    zh: &'static str,
    en: &'static str,
}

// === impl Filter ===

impl Filter {
    /// One entry, by its name, however it is handled.
    pub fn one(name: &EntryName) -> Self {
        Self {
            platform: Some(name.platform.clone()),
            dataset: Some(name.dataset.clone()),
            record: Some(name.record.clone()),
            revision: Some(name.revision),
            state: State::All,
            ..Self::default()
        }
    }

    /// Whether entries of a platform may pass.
    pub(crate) fn is_of(&self, platform: &PlatformId) -> bool {
        self.platform.as_ref().is_none_or(|one| one == platform)
    }

    /// Whether an entry passes, but for when it was received.
    pub(crate) fn passes(&self, one: &Quarantined) -> bool {
        let verdict = &one.verdict;
        self.state.has(one.handling)
            && is(self.dataset.as_ref(), &verdict.dataset)
            && is(self.record.as_ref(), &verdict.record)
            && self.revision.is_none_or(|revision| revision == verdict.revision)
            && self.names_reason(verdict)
    }

    fn names_reason(&self, verdict: &Exception) -> bool {
        let Self { rule, field, .. } = self;
        let meant = |why: &sanheyi_exchange_spec::gate::Reason| {
            is(rule.as_ref(), &why.rule)
                && field.as_ref().is_none_or(|field| is_inside(&why.field, field))
        };
        (rule.is_none() && field.is_none()) || verdict.reasons.iter().any(meant)
    }
}

fn is(wanted: Option<&String>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted == found)
}

/// Whether a path is that of a field or of something inside it: `parts[3].name` is inside `parts`.
fn is_inside(path: &str, field: &str) -> bool {
    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl fmt::Display for Filter {
    /// As options of a command, and as the audit keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, dataset, record, revision, rule, field, since, state } = self;
        write!(f, "--state {state}")?;
        for (name, value) in [
            ("platform", platform.as_ref().map(ToString::to_string)),
            ("dataset", dataset.clone()),
            ("record", record.clone()),
            ("revision", revision.map(|one| one.to_string())),
            ("rule", rule.clone()),
            ("field", field.clone()),
            ("since", since.map(|at| at.to_string())),
        ] {
            if let Some(value) = value {
                write!(f, " --{name} {value}")?;
            }
        }
        Ok(())
    }
}

// === impl State ===

impl State {
    /// Whether entries that are handled so are meant; `None`: they are pending.
    pub fn has(self, handling: Option<Handling>) -> bool {
        match (self, handling) {
            (State::All, _) | (State::Pending | State::Unsettled, None) => true,
            (State::Unsettled, Some(one)) => !one.is_settled(),
            (State::Handled(wanted), Some(one)) => wanted == one,
            (State::Pending, Some(_)) | (State::Handled(_), None) => false,
        }
    }

    /// Whether pending entries are meant, too.
    pub(crate) fn has_pending(self) -> bool {
        self.has(None)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Unsettled => "unsettled",
            State::Handled(handling) => handling.en(),
            State::Pending => "pending",
            State::All => "all",
        })
    }
}

impl FromStr for State {
    type Err = Unread;

    fn from_str(text: &str) -> Result<Self, Unread> {
        match text {
            "unsettled" => Ok(State::Unsettled),
            "pending" => Ok(State::Pending),
            "all" => Ok(State::All),
            other => Handling::parse(other).map(State::Handled).ok_or(Unread {
                zh: "应为 unsettled、open、returned、corrected、withdrawn、pending 或 all",
                en: "it should be unsettled, open, returned, corrected, withdrawn, pending or all",
            }),
        }
    }
}

// === impl EntryName ===

impl EntryName {
    /// Reads `DATASET/RECORD/REVISION` of a platform.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(platform: &PlatformId, text: &str) -> Result<Self, Unread> {
        // A record id may hold a slash; a dataset and a revision hold none.
        let parts = text
            .split_once('/')
            .and_then(|(dataset, rest)| Some((dataset, rest.rsplit_once('/')?)))
            .and_then(|(dataset, (record, number))| Some((dataset, record, number.parse().ok()?)));
        let (dataset, record, revision) = parts.ok_or(Unread {
            zh: "应为 数据集/记录/版本",
            en: "it should be dataset/record/revision",
        })?;
        let (dataset, record) = (dataset.to_owned(), record.to_owned());
        Ok(Self { platform: platform.clone(), dataset, record, revision })
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { platform, dataset, record, revision } = self;
        write!(f, "{platform} {dataset}/{record}/{revision}")
    }
}

// === impl Cursor ===

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.platform, self.journal.to_column(), self.sequence)
    }
}

impl FromStr for Cursor {
    type Err = Unread;

    fn from_str(text: &str) -> Result<Self, Unread> {
        let mut parts = text.split('/');
        let read = (|| {
            let platform = parts.next()?.parse().ok()?;
            let journal = JournalNumber::from_column(parts.next()?.parse().ok()?);
            let sequence = parts.next()?.parse().ok()?;
            Some(Self { platform, journal, sequence })
        })();
        read.filter(|_| parts.next().is_none()).ok_or(Unread {
            zh: "应为上一页给出的位置：平台/日志号/序号",
            en: "it should be the place that the page before gave: platform/journal/sequence",
        })
    }
}

#[cfg(test)]
mod tests;
