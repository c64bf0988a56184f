//! Signed notes (C2SP `signed-note`): a text and the signatures of named keys. Ed25519, signature
//! type `0x01`.
//!
//! What a note says counts only after [`Note::verify`].

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::error::Code;
use crate::limits::{NOTE_BYTES, NOTE_SIGNATURES};
use crate::suite::{SigningKey, Suite, VerifyingKey};
use crate::text::{base64, parse_base64};

#[cfg(test)]
mod tests;

/// Signature type of plain Ed25519.
const ED25519: u8 = 0x01;
/// Em dash and space: how a signature line begins.
const DASH: &str = "\u{2014} ";

/// A text and its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signature {
    name: String,
    /// Key id and signature, as they stand in the line.
    bytes: Vec<u8>,
}

/// Why a note is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES`].
    #[error("the note is longer than {NOTE_BYTES} bytes")]
    TooLong,
    /// More signatures than [`NOTE_SIGNATURES`].
    #[error("the note has more than {NOTE_SIGNATURES} signatures")]
    TooManySignatures,
    /// The text holds a control character other than newline, or does not end with a newline.
    #[error("the note's text must be lines without control characters")]
    Text,
    /// There is no blank line with signatures after it.
    #[error("the note has no signatures")]
    Unsigned,
    /// A signature line is not `— name base64`.
    #[error("a signature line of the note is malformed")]
    SignatureLine,
    /// A key name is empty or holds a space or a plus.
    #[error("a key name must not be empty nor hold a space or a plus")]
    KeyName,
    /// The verifier key is not `name+id+base64` of an Ed25519 key.
    #[error("the verifier key is malformed")]
    VerifierKey,
    /// The key has not signed.
    #[error("the note is not signed by the expected key")]
    UnknownKey,
    /// The key's signature does not fit the text.
    #[error("the signature does not verify")]
    Signature,
}

// === impl NoteError ===

impl NoteError {
    /// The code under which a surface refuses.
    pub const fn code(self) -> Code {
        match self {
            NoteError::UnknownKey | NoteError::Signature => Code::SignatureInvalid,
            _ => Code::Malformed,
        }
    }
}

// === impl Note ===

impl Note {
    /// Signs `text`, which ends with a newline, by a key under a name.
    ///
    /// # Errors
    /// If text or name have not the shape of a note's, or the note would be too long.
    pub fn sign(text: String, key_name: &str, key: &SigningKey) -> Result<Note, NoteError> {
        if !text.ends_with('\n') || !is_lines(&text) {
            return Err(NoteError::Text);
        }
        if !is_key_name(key_name) {
            return Err(NoteError::KeyName);
        }
        let note = Note::sign_lines(text, key_name, key);
        if note.to_string().len() > NOTE_BYTES { Err(NoteError::TooLong) } else { Ok(note) }
    }

    /// Signs a text that is known to be short lines, under a name that is known to be a key name.
    pub(crate) fn sign_lines(text: String, key_name: &str, key: &SigningKey) -> Note {
        let mut bytes = key_id(key_name, &key.verifying()).to_vec();
        bytes.extend_from_slice(&key.sign(text.as_bytes()));
        Note { text, signatures: vec![Signature { name: key_name.to_owned(), bytes }] }
    }

    /// Reads a note. Nothing is verified yet.
    ///
    /// # Errors
    /// If it is no note, or beyond a bound.
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        if note.len() > NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        if !is_lines(note) {
            return Err(NoteError::Text);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Unsigned)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Unsigned)?;
        if lines.split('\n').nth(NOTE_SIGNATURES).is_some() {
            return Err(NoteError::TooManySignatures);
        }
        let signatures = lines.split('\n').map(Signature::parse).collect::<Result<_, _>>()?;
        Ok(Note { text: format!("{text}\n"), signatures })
    }

    /// The text, with its final newline. It counts only after [`Note::verify`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that the named key signed exactly this text. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// If it did not sign, or any signature in its name and id does not verify.
    pub fn verify(&self, key_name: &str, key: &VerifyingKey) -> Result<(), NoteError> {
        let id = key_id(key_name, key);
        let mut found = false;
        for signature in self.signatures.iter().filter(|s| s.name == key_name) {
            let Some(rest) = signature.bytes.strip_prefix(&id) else { continue };
            let bytes: &[u8; 64] = rest.try_into().map_err(|_| NoteError::Signature)?;
            if !key.verifies(self.text.as_bytes(), bytes) {
                return Err(NoteError::Signature);
            }
            found = true;
        }
        if found { Ok(()) } else { Err(NoteError::UnknownKey) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|s| writeln!(f, "{DASH}{} {}", s.name, base64(&s.bytes)))
    }
}

// === impl Signature ===

impl Signature {
    fn parse(line: &str) -> Result<Signature, NoteError> {
        let (name, bytes) = line
            .strip_prefix(DASH)
            .and_then(|line| line.split_once(' '))
            .ok_or(NoteError::SignatureLine)?;
        if !is_key_name(name) {
            return Err(NoteError::KeyName);
        }
        // Four bytes of key id and something signed.
        let bytes =
            parse_base64(bytes).filter(|bytes| bytes.len() > 4).ok_or(NoteError::SignatureLine)?;
        Ok(Signature { name: name.to_owned(), bytes })
    }
}

/// The key as public tools take it: `name+id+base64`.
pub fn verifier_key(key_name: &str, key: &VerifyingKey) -> String {
    let id = u32::from_be_bytes(key_id(key_name, key));
    let key = [&[ED25519][..], key.as_bytes()].concat();
    format!("{key_name}+{id:08x}+{}", base64(&key))
}

/// Reads what [`verifier_key`] writes: name and key.
///
/// # Errors
/// If it is not `name+id+base64` of an Ed25519 key, or the id is another key's.
pub fn parse_verifier_key(text: &str) -> Result<(String, VerifyingKey), NoteError> {
    let (name, rest) = text.split_once('+').ok_or(NoteError::VerifierKey)?;
    if !is_key_name(name) {
        return Err(NoteError::KeyName);
    }
    let key = rest
        .split_once('+')
        .and_then(|(_, key)| parse_base64(key))
        .and_then(|key| VerifyingKey::from_slice(key.strip_prefix(&[ED25519])?).ok())
        .filter(|key| verifier_key(name, key) == text)
        .ok_or(NoteError::VerifierKey)?;
    Ok((name.to_owned(), key))
}

/// The first four bytes of the hash over name, newline, type and key: an identifier, no protection.
fn key_id(key_name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Suite::Intl.plain(&[key_name.as_bytes(), b"\n", &[ED25519], key.as_bytes()]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c < ' ')
}

fn is_lines(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' || byte == b'\n')
}

// === lines of a note's text ===

/// Reads the lines of a note's text one after another; every line must be there, and none may be
/// empty.
pub(crate) struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    pub(crate) fn of(note: &'a Note) -> Self {
        Lines(&note.text)
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> Option<&'a str> {
        let (line, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        (!line.is_empty()).then_some(line)
    }

    /// The value of the next line, which is `name value`.
    pub(crate) fn value(&mut self, name: &str) -> Option<&'a str> {
        self.line()?.strip_prefix(name)?.strip_prefix(' ')
    }

    /// The value of the next line if that is `name value` or `name`; another line stays.
    pub(crate) fn optional(&mut self, name: &str) -> Option<&'a str> {
        let (line, rest) = self.0.split_once('\n')?;
        let value = line.strip_prefix(name)?;
        let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
        self.0 = rest;
        Some(value)
    }

    /// Whether the lines that are left, which a later version may have added, are none of them
    /// empty.
    pub(crate) fn rest_is_well_formed(mut self) -> bool {
        while !self.0.is_empty() {
            if self.line().is_none() {
                return false;
            }
        }
        true
    }
}

/// Reads a number in its only form: no plus, no leading zeros.
pub(crate) fn decimal<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number: &T| number.to_string() == text)
}
