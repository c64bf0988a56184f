//! How the federation stands, as the pages show it: plain values, gathered elsewhere, so that a page
//! is a function of them.

use sanheyi_exchange_spec::health::{Finding, LinkState};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::is_about;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::parts::Tone;

/// How a platform stands towards the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// By its link.
    Link(LinkState),
    /// Its branch lives in the hub: there is no line.
    Hosted,
}

/// One platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its id.
    pub platform: String,
    /// Its name in Chinese.
    pub title_zh: String,
    /// Its name in English.
    pub title_en: String,
    /// Regions that it answers for, by code.
    pub regions: Vec<String>,
    /// How it stands.
    pub stand: Stand,
    /// Since when, as far as known.
    pub since: Option<Timestamp>,
    /// When it was last heard.
    pub heard: Option<Timestamp>,
    /// Entries that one side has and the other has not, as far as the hub knows.
    pub behind: u64,
    /// Entries that the hub has of it.
    pub entries: u64,
    /// Entries that have come in the last minutes: the weight of its line.
    pub recent: u64,
    /// Entries in quarantine that nobody has dealt with, as the desk counts them; not above
    /// [`COUNTED`](sanheyi_node::health::quarantine::COUNTED).
    pub quarantined: u64,
    /// Entries that wait for others.
    pub pending: u64,
    /// Entries that the gate has not seen yet.
    pub unjudged: u64,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Federation {
    /// The hub's own id.
    pub hub: String,
    /// The platforms, by id.
    pub stops: Vec<Stop>,
    /// What is wrong, the gravest first.
    pub findings: Vec<Finding>,
}

// === impl Stand ===

impl Stand {
    /// The word for addresses, classes and filters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stand::Link(state) => state.as_str(),
            Stand::Hosted => "hosted",
        }
    }

    /// The word for readers.
    pub fn title(self, lang: Lang) -> String {
        match self {
            Stand::Link(LinkState::Held(code)) => {
                format!("{} {code}", lang.t("扣留", "held"))
            }
            Stand::Link(state) => lang.t(state.zh(), state.en()).to_owned(),
            Stand::Hosted => lang.t("托管", "hosted").to_owned(),
        }
    }

    /// How grave it is.
    pub const fn tone(self) -> Tone {
        match self {
            Stand::Link(LinkState::Live) | Stand::Hosted => Tone::Good,
            Stand::Link(LinkState::Behind) => Tone::Warn,
            Stand::Link(LinkState::Offline | LinkState::Never) => Tone::Off,
            Stand::Link(LinkState::Stuck | LinkState::Held(_) | LinkState::Full) => Tone::Bad,
        }
    }
}

// === impl Stop ===

impl Stop {
    /// Its name in a language.
    pub fn title(&self, lang: Lang) -> &str {
        lang.t(&self.title_zh, &self.title_en)
    }

    /// Where its page is.
    pub fn path(&self) -> String {
        format!("/platforms/{}", self.platform)
    }
}

// === impl Federation ===

impl Federation {
    /// The platform of an id.
    pub fn stop(&self, platform: &str) -> Option<&Stop> {
        self.stops.iter().find(|stop| stop.platform == platform)
    }

    /// What is wrong with one platform: its own findings, and those about its lines of journals.
    pub fn findings_of<'a>(&'a self, platform: &'a str) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |one| is_about(&one.subject, platform))
    }

    /// A sum over all platforms.
    pub fn sum(&self, of: impl Fn(&Stop) -> u64) -> u64 {
        self.stops.iter().map(of).fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_of_the_platform_or_of_its_lines_and_of_no_namesake() {
        assert!(is_about("jintan", "jintan"));
        assert!(is_about("jintan>changzhou/normal", "jintan"));
        assert!(is_about("changzhou>jintan/normal", "jintan"));
        assert!(!is_about("jintan-2>changzhou/normal", "jintan"));
    }
}
