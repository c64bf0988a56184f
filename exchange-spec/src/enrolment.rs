//! Enrolment (入网) as values: the token 入网令牌 that an operator hands over, and what a new machine
//! signs when it comes with it. No private key and no clock here.
//!
//! A token is `shy1-<id>-<secret>-<pin>` in lower-case hex. The hub knows the id and a digest of
//! the secret; the pin lets the machine know the hub before it says the secret: it is the beginning
//! of the digest of the hub's authority certificate.

use std::fmt;

use crate::error::IdError;
use crate::ids::{EpochId, Lane};
use crate::suite::{Digest, SigningKey, Suite, VerifyingKey};
use crate::text::{parse_hex, write_hex};

/// With what a token begins: its form, version 1.
const PREFIX: &str = "shy1";
/// With what the signed text begins: it is about nothing else.
const SIGNED: &str = "sanheyi/enrol/v1";
/// Name of the protocol inside TLS by which a machine without certificate is told apart.
pub const ALPN: &[u8] = b"sanheyi-enrol/1";
/// Most lanes in one request: both.
pub const LANES: usize = 2;

/// An enrolment token (入网令牌). Its `Debug` keeps the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Names it at the hub.
    pub id: TokenId,
    /// The beginning of SHA-256 over the DER of the hub's authority certificate.
    pub pin: [u8; 16],
    secret: [u8; 16],
}

/// The id of a token: 8 random bytes, as text 16 hex digits. No secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenId(pub [u8; 8]);

/// What a machine signs with its new key: so nobody enrols a key that he does not hold, nor takes
/// somebody else's request for his own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The token's id.
    pub token: TokenId,
    /// The token's pin: the hub that it is meant for.
    pub pin: [u8; 16],
    /// Fingerprint of the certificate request.
    pub request: Digest,
    /// The epoch ids drawn, in the order of the request.
    pub epochs: Vec<(Lane, EpochId)>,
}

/// SHA-256 over bytes: of the DER of a certificate or of a request, of a file of authorities, of a
/// public key.
pub fn digest(bytes: &[u8]) -> Digest {
    Suite::Intl.plain(&[bytes])
}

/// The pin of an authority's certificate, given as DER.
pub fn pin_of(authority: &[u8]) -> [u8; 16] {
    let whole = digest(authority);
    let mut pin = [0; 16];
    pin.copy_from_slice(&whole.as_bytes()[..16]);
    pin
}

/// Whether the epochs of a request are in shape: at least one, each lane once, ascending, no zero.
pub fn epochs_are_sound(epochs: &[(Lane, EpochId)]) -> bool {
    let ascending = epochs.windows(2).all(|pair| pair[0].0 < pair[1].0);
    (1..=LANES).contains(&epochs.len()) && ascending && epochs.iter().all(|(_, id)| !id.is_zero())
}

// === impl Token ===

impl Token {
    /// A token of what was drawn.
    pub const fn new(id: TokenId, secret: [u8; 16], pin: [u8; 16]) -> Self {
        Self { id, pin, secret }
    }

    /// What the hub keeps instead of the secret: SHA-256 over its 16 bytes.
    pub fn secret_digest(&self) -> Digest {
        digest(&self.secret)
    }

    /// The token as it is handed over, secret and all. It goes to whoever sets up the machine, and
    /// into no log.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}-{}-{}-{}", self.id, Hex(&self.secret), Hex(&self.pin))
    }
}

impl std::str::FromStr for Token {
    type Err = IdError;

    /// Reads a token; blanks around it are forgiven, nothing else.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let shape = || IdError::new("Token", "shy1-<16>-<32>-<32> lower-case hex digits");
        let mut parts = text.trim().split('-');
        let mut next = || parts.next().ok_or_else(shape);
        if next()? != PREFIX {
            return Err(shape());
        }
        let id = TokenId(parse_hex(next()?).ok_or_else(shape)?);
        let secret = parse_hex(next()?).ok_or_else(shape)?;
        let pin = parse_hex(next()?).ok_or_else(shape)?;
        if parts.next().is_some() {
            return Err(shape());
        }
        Ok(Self { id, pin, secret })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, ..)", self.id)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl std::str::FromStr for TokenId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_hex(text).map(Self).ok_or_else(|| IdError::new("TokenId", "16 lower-case hex digits"))
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, self.0)
    }
}

// === impl Proof ===

impl Proof {
    /// The text that is signed: one line for each thing, each ended.
    pub fn text(&self) -> String {
        let Self { token, pin, request, epochs } = self;
        let mut text = format!("{SIGNED}\n{token}\n{}\n{request}\n", Hex(pin));
        for (lane, epoch) in epochs {
            text.push_str(&format!("{lane} {epoch}\n"));
        }
        text
    }

    /// Signs it.
    pub fn sign(&self, key: &SigningKey) -> [u8; 64] {
        key.sign(self.text().as_bytes())
    }

    /// Whether `signature` is that of `key`.
    pub fn holds(&self, key: &VerifyingKey, signature: &[u8]) -> bool {
        signature.try_into().is_ok_and(|signature| key.verifies(self.text().as_bytes(), signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "shy1-0001020304050607-101112131415161718191a1b1c1d1e1f-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";

    fn proof() -> Proof {
        let token: Token = TEXT.parse().unwrap();
        Proof {
            token: token.id,
            pin: token.pin,
            request: digest(b"request"),
            epochs: vec![
                (Lane::Urgent, EpochId::new([2; 16])),
                (Lane::Normal, EpochId::new([1; 16])),
            ],
        }
    }

    #[test]
    fn a_token_has_one_form_and_survives_it() {
        let token: Token = TEXT.parse().unwrap();
        assert_eq!(token.reveal(), TEXT);
        assert_eq!(format!(" {TEXT}\n").parse::<Token>().unwrap(), token);
        let secret: [u8; 16] = std::array::from_fn(|at| 0x10 + u8::try_from(at).unwrap());
        assert_eq!(token, Token::new(token.id, secret, token.pin));
        assert_eq!(token.id.to_string().parse::<TokenId>().unwrap(), token.id);
        for bad in [
            "",
            "shy1",
            &TEXT[..TEXT.len() - 1],
            &TEXT.to_uppercase(),
            &TEXT.replace("shy1", "shy2"),
            &TEXT.replace('-', "_"),
            &format!("{TEXT}-00"),
            &TEXT.replace("0001", "00 1"),
            &TEXT.replace("-10", "--10"),
        ] {
            assert!(bad.parse::<Token>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_is_not_told_by_what_is_logged_or_kept_of_it() {
        let token: Token = TEXT.parse().unwrap();
        let secret = TEXT.split('-').nth(2).unwrap();
        assert!(!format!("{token:?}").contains(secret));
        let kept = token.secret_digest();
        // SHA-256 of the sixteen bytes 10 to 1f.
        assert_eq!(
            kept.to_string(),
            "fc2e2c73072bfa2bda03ff9307472debd3cc8105028a8a9e235e35ba8d2e37f4"
        );
    }

    #[test]
    fn a_proof_holds_for_what_was_signed_and_for_nothing_else() {
        let key = SigningKey::from_seed(&[7; 32]);
        let (proof, signature) = (proof(), proof().sign(&key));
        assert!(proof.holds(&key.verifying(), &signature));
        assert!(!proof.holds(&SigningKey::from_seed(&[8; 32]).verifying(), &signature));
        assert!(!proof.holds(&key.verifying(), &signature[..63]));
        let changes: [fn(&mut Proof); 4] = [
            |proof| proof.token.0[0] ^= 1,
            |proof| proof.pin[0] ^= 1,
            |proof| proof.request = digest(b"another"),
            |proof| proof.epochs[1].1 = EpochId::new([3; 16]),
        ];
        for change in changes {
            let mut other = proof.clone();
            change(&mut other);
            assert!(!other.holds(&key.verifying(), &signature), "{other:?}");
        }
    }

    #[test]
    fn the_signed_text_is_line_by_line() {
        let text = proof().text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[..2], ["sanheyi/enrol/v1", "0001020304050607"]);
        assert_eq!(lines[4], format!("urgent {}", "02".repeat(16)));
        assert!(text.ends_with(&format!("normal {}\n", "01".repeat(16))));
    }

    #[test]
    fn epochs_are_of_each_lane_once_and_drawn() {
        let (normal, urgent) = ((Lane::Normal, EpochId::new([1; 16])), Lane::Urgent);
        let urgent = (urgent, EpochId::new([2; 16]));
        assert!(epochs_are_sound(&[urgent, normal]));
        assert!(epochs_are_sound(&[normal]));
        for bad in [
            vec![],
            vec![normal, urgent],
            vec![normal, normal],
            vec![urgent, (Lane::Normal, EpochId::ZERO)],
            vec![urgent, normal, normal],
        ] {
            assert!(!epochs_are_sound(&bad), "{bad:?}");
        }
        assert_eq!(LANES, 2);
    }
}
