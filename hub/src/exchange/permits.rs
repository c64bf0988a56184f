//! What an author may send (权限), asked of the policies once for each dataset and instant.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::gate::Verdict;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::reason::Reason;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::time::Timestamp;

/// Answers that are kept: an author may name what datasets it likes.
const ANSWERS: usize = 256;

/// What one author may send.
pub(super) struct Permits<'a> {
    rules: &'a Rulebook,
    author: &'a PlatformId,
    /// What was answered of a dataset, and for which instant.
    known: BTreeMap<String, (Timestamp, Option<Reason>)>,
}

// === impl Permits ===

impl<'a> Permits<'a> {
    pub(super) fn new(rules: &'a Rulebook, author: &'a PlatformId) -> Self {
        Self { rules, author, known: BTreeMap::new() }
    }

    /// The verdict on an entry whose author might not send it when the hub received it. While the
    /// broadcast is empty nobody has said anything of anybody, and policies do not judge.
    pub(super) fn refuse(&mut self, dataset: &str, received: Timestamp) -> Option<Verdict> {
        if self.rules.size() == 0 {
            return None;
        }
        let known = self.known.get(dataset).filter(|(at, _)| *at == received);
        let answer = match known {
            Some((_, answer)) => answer.clone(),
            None => {
                let answer = self.rules.refuses_to_send(self.author, dataset, received);
                if self.known.len() >= ANSWERS {
                    self.known.clear();
                }
                self.known.insert(dataset.to_owned(), (received, answer.clone()));
                answer
            }
        };
        answer.map(|reason| Verdict::quarantined(vec![reason]))
    }
}

#[cfg(test)]
mod tests;
