//! Suites of cryptography. A journal belongs to one suite for life; `intl` is SHA-256 and Ed25519.
//!
//! Hashing is separated by a leading byte: `0x00` leaf and `0x01` node as in RFC 6962 section 2.1,
//! `0x02` salted body.

use std::fmt;
use std::hash::{Hash, Hasher};

use ed25519_dalek::{
    Signer as _, SigningKey as DalekSigningKey, VerifyingKey as DalekVerifyingKey,
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::error::IdError;
use crate::limits::SALT_BYTES;

/// A suite of cryptography.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// SHA-256 (FIPS 180-4) and Ed25519 (RFC 8032).
    Intl,
}

/// A digest of 32 bytes. Compared in constant time.
#[derive(Clone, Copy, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// Salt of a body (盐值): random, kept with the body, erased with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(pub [u8; SALT_BYTES]);

/// A plain hash over bytes that come one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Running(Sha256);

/// Key that signs a platform's checkpoints. Its seed is wiped when dropped.
#[derive(Clone)]
pub struct SigningKey(DalekSigningKey);

/// Key that verifies a platform's checkpoints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(DalekVerifyingKey);

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;
const BODY: u8 = 0x02;

// === impl Suite ===

impl Suite {
    /// Name of the suite in configuration and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Suite::Intl => "intl",
        }
    }

    /// Root of the empty tree: the hash of nothing (RFC 6962 section 2.1).
    pub fn empty_root(self) -> Digest {
        Digest(Sha256::digest([]).into())
    }

    /// Leaf hash of a header, which is also the digest of the entry.
    pub fn leaf(self, header: &[u8]) -> Digest {
        let mut hash = Sha256::new();
        hash.update([LEAF]);
        hash.update(header);
        Digest(hash.finalize().into())
    }

    /// Hash of an inner node.
    pub fn node(self, left: &Digest, right: &Digest) -> Digest {
        let mut block = [0; 65];
        block[0] = NODE;
        block[1..33].copy_from_slice(&left.0);
        block[33..].copy_from_slice(&right.0);
        Digest(Sha256::digest(block).into())
    }

    /// Digest of a salted body.
    pub fn body(self, salt: &Salt, body: &[u8]) -> Digest {
        let mut hash = Sha256::new();
        hash.update([BODY]);
        hash.update(salt.0);
        hash.update(body);
        Digest(hash.finalize().into())
    }

    /// Plain hash, as C2SP key ids use it.
    pub(crate) fn plain(self, parts: &[&[u8]]) -> Digest {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Digest(hash.finalize().into())
    }
}

// === impl Running ===

impl Running {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

// === impl Digest ===

impl Digest {
    /// Takes 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads a digest from the wire or from a column.
    ///
    /// # Errors
    /// If there are not exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
        bytes.try_into().map(Self).map_err(|_| IdError::new("Digest", "32 bytes"))
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::write_hex(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Digest {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        crate::text::parse_hex(text)
            .map(Self)
            .ok_or_else(|| IdError::new("Digest", "64 lower-case hex digits"))
    }
}

// === impl keys ===

impl SigningKey {
    /// From a seed of 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(DalekSigningKey::from_bytes(seed))
    }

    /// From a seed as it stands in a key file: 64 lower-case hex digits.
    ///
    /// # Errors
    /// If it has another shape; the error does not quote it.
    pub fn from_hex(text: &str) -> Result<Self, IdError> {
        let seed: Zeroizing<[u8; 32]> = crate::text::parse_hex(text)
            .map(Zeroizing::new)
            .ok_or_else(|| IdError::new("SigningKey", "64 lower-case hex digits"))?;
        Ok(Self::from_seed(&seed))
    }

    /// The seed as it stands in a key file.
    pub fn seed_hex(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new(self.0.to_bytes());
        Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The key that verifies what this one signs.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl VerifyingKey {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Reads a key.
    ///
    /// # Errors
    /// If the bytes are not a point of the curve.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
        let shape = || IdError::new("VerifyingKey", "the 32 bytes of an Ed25519 public key");
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| shape())?;
        DalekVerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| shape())
    }

    /// Whether `signature` is this key's over `message`; small-order keys and malleable signatures
    /// are refused.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::write_hex(f, self.as_bytes())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for VerifyingKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes: [u8; 32] = crate::text::parse_hex(text)
            .ok_or_else(|| IdError::new("VerifyingKey", "64 lower-case hex digits"))?;
        Self::from_slice(&bytes)
    }
}
