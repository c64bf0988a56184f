//! Policies (策略): who may send which dataset, and who may see which of whose entries. What nobody
//! has permitted is denied, and a denial wins.

use std::collections::BTreeMap;
use std::sync::Arc;

use sanheyi_proto::standard::v1 as standard;

use super::Place;
use crate::ids::PlatformId;
use crate::reason::Reason;
use crate::time::Timestamp;

/// Families of datasets that need no policy to be sent: what platforms owe each other by the rules
/// of the exchange itself.
pub const FREE_FAMILIES: [&str; 2] = ["custody.", "exchange."];

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// 允许.
    Permit,
    /// 禁止: wins over every permission.
    Deny,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// 报送: the platform sends entries of the dataset.
    Send,
    /// 查看: the platform is shown entries of the dataset that another platform wrote.
    See,
}

/// How much of a dataset a platform is shown; the order is from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// 限发给本平台的: entries that name the reader, and what their author shows it.
    Addressed,
    /// 全部: every entry that was accepted.
    All,
}

/// A rule: one policy, as its last revision says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id, which is its record's.
    pub id: Box<str>,
    /// Its title.
    pub title: Box<str>,
    /// What it does.
    pub effect: Effect,
    /// What it is about.
    pub action: Action,
    /// Who sends or sees: an id, or `*`.
    pub platform: Box<str>,
    /// Datasets: a name, `family.*`, or `*`.
    pub dataset: Box<str>,
    /// Whose entries are seen: an id, or `*`; empty where it is about sending.
    pub author: Box<str>,
    /// How much a permission to see shows.
    pub scope: Scope,
    /// First instant at which it holds.
    pub valid_from: Option<Timestamp>,
    /// First instant at which it no longer does.
    pub valid_until: Option<Timestamp>,
    /// Why it was decided.
    pub reason: Box<str>,
    /// Who decided it.
    pub decided_by: Box<str>,
    /// Where it stands in the broadcast.
    pub place: Place,
}

/// All policies in force or to come, each in its last revision.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// By record.
    rules: BTreeMap<Box<str>, Arc<Rule>>,
    /// The same by action and platform, so that one platform's answer does not cost the rules of
    /// three thousand others.
    about: BTreeMap<(Action, Box<str>), Vec<Arc<Rule>>>,
}

/// What the policies say of one question, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer: what is shown, where it is permitted; of sending always [`Scope::All`].
    pub permitted: Option<Scope>,
    /// Every rule that matched, by id.
    pub matched: Vec<Arc<Rule>>,
    /// The rule that decided; `None` where none matched, or none was needed.
    pub decided: Option<Arc<Rule>>,
    /// Whether no policy was asked: the datasets of the exchange itself, and one's own entries.
    pub free: bool,
    question: Question,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    action: Action,
    platform: PlatformId,
    dataset: Box<str>,
    author: Option<PlatformId>,
}

// === impl Policies ===

impl Policies {
    /// Whether a platform may send a dataset at an instant.
    pub fn may_send(&self, platform: &PlatformId, dataset: &str, at: Timestamp) -> Decision {
        let free = FREE_FAMILIES.iter().any(|family| dataset.starts_with(family));
        let (platform, dataset) = (platform.clone(), dataset.into());
        self.decide(Question { action: Action::Send, platform, dataset, author: None }, at, free)
    }

    /// Whether a platform may see the entries of a dataset that `author` wrote, and how many of
    /// them. Its own it may always see.
    pub fn may_see(
        &self,
        reader: &PlatformId,
        dataset: &str,
        author: &PlatformId,
        at: Timestamp,
    ) -> Decision {
        let (platform, dataset, author) = (reader.clone(), dataset.into(), Some(author.clone()));
        let free = author.as_ref() == Some(&platform);
        self.decide(Question { action: Action::See, platform, dataset, author }, at, free)
    }

    /// All rules, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.values()
    }

    /// A rule by its id.
    pub fn rule(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.get(id)
    }

    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn decide(&self, question: Question, at: Timestamp, free: bool) -> Decision {
        let mut matched: Vec<_> = [question.platform.as_str(), "*"]
            .into_iter()
            .filter_map(|platform| self.about.get(&(question.action, platform.into())))
            .flatten()
            .filter(|rule| rule.matches(&question, at))
            .cloned()
            .collect();
        matched.sort_by(|a, b| a.id.cmp(&b.id));
        let denies = matched.iter().find(|rule| rule.effect == Effect::Deny);
        let widest = matched.iter().rev().max_by_key(|rule| rule.scope);
        let decided = if free { None } else { denies.or(widest).cloned() };
        let permitted = match &decided {
            None => free.then_some(Scope::All),
            Some(rule) => (rule.effect == Effect::Permit).then_some(rule.scope),
        };
        Decision { permitted, matched, decided, free, question }
    }

    pub(super) fn put(&mut self, rule: Rule) {
        self.withdraw(&rule.id);
        let rule = Arc::new(rule);
        let about = self.about.entry((rule.action, rule.platform.clone())).or_default();
        about.push(Arc::clone(&rule));
        self.rules.insert(rule.id.clone(), rule);
    }

    pub(super) fn withdraw(&mut self, id: &str) -> bool {
        let Some(rule) = self.rules.remove(id) else { return false };
        let key = (rule.action, rule.platform.clone());
        if let Some(about) = self.about.get_mut(&key) {
            about.retain(|one| one.id != rule.id);
            if about.is_empty() {
                self.about.remove(&key);
            }
        }
        true
    }
}

// === impl Rule ===

impl Rule {
    /// A policy as the broadcast says it; `None` where it says nothing that this build knows.
    pub(super) fn read(policy: &standard::Policy, place: Place) -> Option<Self> {
        Some(Self {
            id: policy.id.as_str().into(),
            title: policy.title.as_str().into(),
            effect: match policy.effect() {
                standard::PolicyEffect::Permit => Effect::Permit,
                standard::PolicyEffect::Deny => Effect::Deny,
                standard::PolicyEffect::Unspecified => return None,
            },
            action: match policy.action() {
                standard::PolicyAction::Send => Action::Send,
                standard::PolicyAction::See => Action::See,
                standard::PolicyAction::Unspecified => return None,
            },
            platform: policy.platform.as_str().into(),
            dataset: policy.dataset.as_str().into(),
            author: policy.author.as_str().into(),
            scope: match policy.scope() {
                standard::PolicyScope::Addressed => Scope::Addressed,
                standard::PolicyScope::Unspecified | standard::PolicyScope::All => Scope::All,
            },
            valid_from: policy.valid_from.map(Timestamp::from_micros),
            valid_until: policy.valid_until.map(Timestamp::from_micros),
            reason: policy.reason.as_str().into(),
            decided_by: policy.decided_by.as_str().into(),
            place,
        })
    }

    /// Whether it holds at an instant.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at)
            && self.valid_until.is_none_or(|until| at < until)
    }

    fn matches(&self, question: &Question, at: Timestamp) -> bool {
        let author = match &question.author {
            Some(author) => &*self.author == "*" || *self.author == *author.as_str(),
            None => true,
        };
        author && covers(&self.dataset, &question.dataset) && self.holds_at(at)
    }
}

/// Whether a pattern of datasets covers one: `*`, `family.*`, or its very name.
pub fn covers(pattern: &str, dataset: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(family) => family.ends_with('.') && dataset.starts_with(family),
        None => pattern == dataset,
    }
}

// === impl Decision ===

impl Decision {
    /// Whether it is permitted at all.
    pub const fn is_permitted(&self) -> bool {
        self.permitted.is_some()
    }

    /// Why not, for whoever was refused: rule `policy.send` or `policy.see`.
    pub fn refusal(&self) -> Reason {
        let Question { action, platform, dataset, author } = &self.question;
        match action {
            Action::Send => {
                let what = (format!("报送 {dataset}"), format!("send {dataset}"));
                let (zh, en) = self.sentences(platform, &what);
                Reason::new("", "policy.send", zh, en)
            }
            Action::See => {
                let of = author.as_ref().map_or("", PlatformId::as_str);
                let what = (format!("查看 {of} 的 {dataset}"), format!("see {dataset} of {of}"));
                let (zh, en) = self.sentences(platform, &what);
                Reason::new("", "policy.see", zh, en)
            }
        }
    }

    fn sentences(&self, who: &PlatformId, (zh, en): &(String, String)) -> (String, String) {
        match &self.decided {
            Some(by) => (
                format!("策略 {} 禁止 {who} {zh}，请与市级平台联系", by.id),
                format!("policy {} denies {who} to {en}: ask the hub's operators", by.id),
            ),
            None => (
                format!("没有策略允许 {who} {zh}，请与市级平台联系"),
                format!("no policy permits {who} to {en}: ask the hub's operators"),
            ),
        }
    }
}
