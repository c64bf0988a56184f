//! Chance is given, never fetched: salts, epochs, incarnations, keys and the jitter of retries come
//! from here, so that a simulation with a seed draws the same ones again.
//!
//! One draw is outside: key pairs for TLS are made by the cryptography library from its own source,
//! because it accepts no other.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sanheyi_exchange_spec::ids::{EpochId, Generation, Incarnation};
use sanheyi_exchange_spec::limits::SALT_BYTES;
use sanheyi_exchange_spec::suite::Salt;
use zeroize::Zeroizing;

/// A source of random bytes. It never fails: a process without chance cannot go on.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// Salt of a body.
    fn salt(&self) -> Salt {
        let mut bytes = [0; SALT_BYTES];
        self.fill(&mut bytes);
        Salt(bytes)
    }

    /// Epoch that a Greet asks for.
    fn epoch(&self) -> EpochId {
        EpochId::new(self.bytes16())
    }

    /// Incarnation of a journal that is opened.
    fn incarnation(&self) -> Incarnation {
        Incarnation::new(self.bytes16())
    }

    /// Generation of a hub's store that is made or restored.
    fn generation(&self) -> Generation {
        Generation::new(self.bytes16())
    }

    /// Seed of a signing key; wiped when dropped.
    fn seed32(&self) -> Zeroizing<[u8; 32]> {
        let mut seed = Zeroizing::new([0; 32]);
        self.fill(&mut seed[..]);
        seed
    }

    /// 16 bytes, the width of every drawn id.
    fn bytes16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes
    }

    /// A number, every one of them equally likely.
    fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// The operating system's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

/// A source that repeats itself: for tests, the simulation and the demonstration's year. Never for
/// a real key.
pub struct SeededEntropy(Mutex<ChaCha20Rng>);

// === impl OsEntropy ===

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one door of chance")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // A predictable salt or key would be worse than a process that is down. Written past
            // the logger, which may not be there yet; nothing is left to do if standard error is
            // closed.
            let _ = writeln!(
                std::io::stderr(),
                "操作系统无法提供随机数，程序中止 / the operating system gives no random bytes, aborting: {error}"
            );
            std::process::abort();
        }
    }
}

// === impl SeededEntropy ===

impl SeededEntropy {
    /// A source whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // The generator has no state that a panic elsewhere could leave half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_sequence_and_another_seed_another() {
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            (entropy.epoch(), entropy.incarnation(), entropy.seed32(), entropy.u64())
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn the_operating_system_does_not_repeat_itself() {
        assert_ne!(OsEntropy.generation(), OsEntropy.generation());
        assert_ne!(OsEntropy.salt(), OsEntropy.salt());
    }
}
