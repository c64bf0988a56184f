//! Who signs what: the key of each author, and the keys that it had before.

use std::collections::BTreeMap;

use crate::ids::{Lane, PlatformId};
use crate::suite::VerifyingKey;

/// The keys of authors. A platform that enrolled a new machine has a new key; what it signed before
/// goes on being verified by the key of then.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    current: BTreeMap<PlatformId, VerifyingKey>,
    /// Each up to a size of the author's journals of a lane, in the order in which they were given
    /// up.
    former: BTreeMap<(PlatformId, Lane), Vec<(u64, VerifyingKey)>>,
}

// === impl Keyring ===

impl Keyring {
    /// The key that an author signs with now.
    pub fn put(&mut self, author: PlatformId, key: VerifyingKey) {
        self.current.insert(author, key);
    }

    /// A key that an author signed with before, up to size `until` of its journals of a lane. Given
    /// in the order in which they were given up.
    pub fn put_former(&mut self, author: PlatformId, lane: Lane, until: u64, key: VerifyingKey) {
        self.former.entry((author, lane)).or_default().push((until, key));
    }

    /// The key that an author signs with now.
    pub fn current(&self, author: &PlatformId) -> Option<VerifyingKey> {
        self.current.get(author).copied()
    }

    /// The key that verifies an author's checkpoint at `size` of a journal of a lane.
    pub fn key_of(&self, author: &PlatformId, lane: Lane, size: u64) -> Option<VerifyingKey> {
        let former = self.former.get(&(author.clone(), lane));
        let then = former.into_iter().flatten().find(|(until, _)| size <= *until);
        then.map(|(_, key)| *key).or_else(|| self.current(author))
    }
}

impl FromIterator<(PlatformId, VerifyingKey)> for Keyring {
    fn from_iter<T: IntoIterator<Item = (PlatformId, VerifyingKey)>>(keys: T) -> Self {
        Self { current: keys.into_iter().collect(), former: BTreeMap::new() }
    }
}

impl<const N: usize> From<[(PlatformId, VerifyingKey); N]> for Keyring {
    fn from(keys: [(PlatformId, VerifyingKey); N]) -> Self {
        keys.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::SigningKey;

    #[test]
    fn what_was_signed_before_is_verified_by_the_key_of_then() {
        let key = |seed| SigningKey::from_seed(&[seed; 32]).verifying();
        let (jintan, wujin): (PlatformId, PlatformId) =
            ("jintan".parse().unwrap(), "wujin".parse().unwrap());
        let mut keys: Keyring = [(jintan.clone(), key(4))].into_iter().collect();
        for (until, seed) in [(120, 1), (120, 2), (130, 3)] {
            keys.put_former(jintan.clone(), Lane::Normal, until, key(seed));
        }
        let of = |lane, size| keys.key_of(&jintan, lane, size);
        assert_eq!(of(Lane::Normal, 0), Some(key(1)));
        assert_eq!(of(Lane::Normal, 120), Some(key(1)));
        assert_eq!(of(Lane::Normal, 121), Some(key(3)), "the second signed nothing");
        assert_eq!(of(Lane::Normal, 130), Some(key(3)));
        assert_eq!(of(Lane::Normal, 131), Some(key(4)));
        assert_eq!(of(Lane::Urgent, 7), Some(key(4)), "another lane");
        assert_eq!(keys.current(&jintan), Some(key(4)));
        assert_eq!(keys.key_of(&wujin, Lane::Normal, 1), None);
    }
}
