//! Since when something has not changed, as far as one watcher has seen.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::time::Timestamp;

/// Values that were seen, and since when each is as it is.
#[derive(Clone, Debug, Default)]
pub struct Stills(BTreeMap<String, (u64, Timestamp)>);

impl Stills {
    /// Since when `key` has had `value`: from now on, if it had another one, or none.
    pub fn since(&mut self, key: &str, value: u64, now: Timestamp) -> Timestamp {
        match self.0.get_mut(key) {
            Some((held, since)) if *held == value => {
                // A clock that was set back must not make a standstill look young for ever.
                *since = (*since).min(now);
                *since
            }
            _ => {
                self.0.insert(key.to_owned(), (value, now));
                now
            }
        }
    }

    /// The same, where it is known to be so since an earlier time.
    pub fn since_at_least(
        &mut self,
        key: &str,
        value: u64,
        earlier: Timestamp,
        now: Timestamp,
    ) -> Timestamp {
        if self.0.get(key).is_none_or(|(held, _)| *held != value) {
            self.0.insert(key.to_owned(), (value, earlier.min(now)));
        }
        self.since(key, value, now)
    }

    /// Since when nothing of `backlog` was done, `done` being how much is; nothing while there is
    /// nothing to do.
    pub fn still(
        &mut self,
        key: &str,
        done: u64,
        backlog: u64,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if backlog == 0 {
            self.0.remove(key);
            return None;
        }
        Some(self.since(key, done, now))
    }

    /// Since when `key` is as it was seen last; nothing where it was not seen.
    pub fn held_since(&self, key: &str) -> Option<Timestamp> {
        self.0.get(key).map(|(_, since)| *since)
    }

    /// Forgets what `keep` does not name.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| keep(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::MORNING;

    #[test]
    fn a_backlog_stands_still_from_when_nothing_more_was_done() {
        let mut stills = Stills::default();
        let at = |seconds: i64| MORNING.plus_micros(seconds * 1_000_000);
        assert_eq!(stills.still("a", 0, 0, at(0)), None);
        assert_eq!(stills.still("a", 0, 5, at(5)), Some(at(5)));
        assert_eq!(stills.still("a", 0, 9, at(10)), Some(at(5)), "more came, none went");
        assert_eq!(stills.still("a", 1, 8, at(15)), Some(at(15)), "one went");
        assert_eq!(stills.still("a", 9, 0, at(20)), None);
        assert_eq!(stills.still("a", 9, 1, at(25)), Some(at(25)), "a new backlog is young");
        assert_eq!(stills.still("a", 9, 1, at(1)), Some(at(1)), "the clock was set back");
        assert_eq!(stills.since_at_least("b", 1, at(-9), at(0)), at(-9));
        assert_eq!(stills.since_at_least("b", 1, at(-2), at(1)), at(-9));
    }
}
