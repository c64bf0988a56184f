//! Carry (摆渡): the calls between a branch and its hub in files, for districts behind one-way gates
//! (网闸). The idea, the messages and the rules are those of a line; a file only says who wrote it,
//! for whom, and that it is whole.
//!
//! ```text
//! SHYC1 │ length item │ length item │ … │ 0 │ manifest (a signed note)
//!        └──────── CarryItem ────────┘        └─ digest of everything before it
//! ```
//!
//! ```text
//! sanheyi-carry/v1
//! from jintan
//! to changzhou
//! kind up
//! number 000102030405060708090a0b0c0d0e0f
//! part 1
//! answers none
//! digest CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! items 12
//! bytes 1048576
//! time 1767225600000000
//!
//! — jintan Az3grl…
//! ```
//!
//! The key name is the platform that wrote it. Further lines are allowed after these and ignored.
//! A reader goes through a file twice: [`Reader::finish`] and [`Claimed::verify`] hold the whole of
//! it against its manifest before the second time takes anything in.

mod container;
mod error;

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::{number, root, time};
use crate::ids::{CarryId, PlatformId};
use crate::note::{Lines, Note, decimal};
use crate::suite::{Digest, SigningKey, VerifyingKey};
use crate::text::base64;
use crate::time::Timestamp;

pub use container::{Reader, Writer};
pub use error::CarryError;

#[cfg(test)]
mod tests;

/// How a carry file begins.
pub const MAGIC: &[u8; 5] = b"SHYC1";
/// First line of a manifest. No checkpoint begins with it, since it is no journal id.
const HEADING: &str = "sanheyi-carry/v1";
/// What stands for the file that is answered, where none is.
const NONE: &str = "none";

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From a branch to its hub: pushes, and the Greet.
    Up,
    /// From a hub to a branch: the answers, and what the branch pulls.
    Down,
}

/// What a file says of itself, signed by its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Who wrote it.
    pub from: PlatformId,
    /// Whom it is for.
    pub to: PlatformId,
    /// Which way it goes.
    pub kind: Kind,
    /// Its number, drawn at random.
    pub number: CarryId,
    /// Which file of an export it is, from 1: files of one export are taken in in this order.
    pub part: u64,
    /// The file that it answers.
    pub answers: Option<CarryId>,
    /// SHA-256 of everything before the manifest.
    pub digest: Digest,
    /// How many items stand before it.
    pub items: u64,
    /// How many bytes stand before it.
    pub bytes: u64,
    /// When it was written, by the writer's clock.
    pub time: Timestamp,
}

/// What a writer says when a file ends; the rest is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Who writes it.
    pub from: PlatformId,
    /// Whom it is for.
    pub to: PlatformId,
    /// Which way it goes.
    pub kind: Kind,
    /// Its number, newly drawn.
    pub number: CarryId,
    /// Which file of an export it is, from 1.
    pub part: u64,
    /// The file that it answers.
    pub answers: Option<CarryId>,
    /// The writer's clock.
    pub time: Timestamp,
}

/// A manifest that fits the bytes before it, and is not verified yet: anybody may have written it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    note: Note,
    manifest: Manifest,
}

// === impl Kind ===

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Up => "up",
            Kind::Down => "down",
        })
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "up" => Ok(Kind::Up),
            "down" => Ok(Kind::Down),
            _ => Err(()),
        }
    }
}

// === impl Manifest ===

impl Manifest {
    /// Signs by the writer's key: the note that ends the file.
    pub fn sign(&self, key: &SigningKey) -> String {
        let answers = self.answers.map_or_else(|| NONE.to_owned(), |id| id.to_string());
        let text = format!(
            "{HEADING}\nfrom {}\nto {}\nkind {}\nnumber {}\npart {}\nanswers {answers}\n\
             digest {}\nitems {}\nbytes {}\ntime {}\n",
            self.from,
            self.to,
            self.kind,
            self.number,
            self.part,
            base64(self.digest.as_bytes()),
            self.items,
            self.bytes,
            self.time,
        );
        Note::sign_lines(text, self.from.as_str(), key).to_string()
    }

    /// Reads what a note says. Nothing is verified.
    fn read(note: &Note) -> Result<Manifest, CarryError> {
        use CarryError::Line;
        let mut lines = Lines::of(note);
        if lines.line() != Some(HEADING) {
            return Err(Line("heading"));
        }
        let manifest = Manifest {
            from: parsed(&mut lines, "from")?,
            to: parsed(&mut lines, "to")?,
            kind: parsed(&mut lines, "kind")?,
            number: parsed(&mut lines, "number")?,
            part: lines.value("part").and_then(decimal).ok_or(Line("part"))?,
            answers: match lines.value("answers").ok_or(Line("answers"))? {
                NONE => None,
                id => Some(id.parse().map_err(|_| Line("answers"))?),
            },
            digest: lines.value("digest").and_then(root).ok_or(Line("digest"))?,
            items: lines.value("items").and_then(number).ok_or(Line("items"))?,
            bytes: lines.value("bytes").and_then(number).ok_or(Line("bytes"))?,
            time: lines.value("time").and_then(time).ok_or(Line("time"))?,
        };
        if lines.rest_is_well_formed() { Ok(manifest) } else { Err(Line("extension")) }
    }
}

fn parsed<T: FromStr>(lines: &mut Lines<'_>, name: &'static str) -> Result<T, CarryError> {
    let value = lines.value(name).ok_or(CarryError::Line(name))?;
    value.parse().map_err(|_| CarryError::Line(name))
}

// === impl Claimed ===

impl Claimed {
    fn new(note: &str, digest: &Digest, items: u64, bytes: u64) -> Result<Self, CarryError> {
        let note = Note::parse(note)?;
        let manifest = Manifest::read(&note)?;
        if manifest.digest != *digest || manifest.items != items || manifest.bytes != bytes {
            return Err(CarryError::Changed);
        }
        Ok(Self { note, manifest })
    }

    /// What it says; it counts only after [`Claimed::verify`].
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Checks that the file is for `to`, goes the way that `to` takes in, and was signed by the
    /// platform that it names, whose key is `key`.
    ///
    /// # Errors
    /// With what is otherwise.
    pub fn verify(
        &self,
        to: &PlatformId,
        kind: Kind,
        key: &VerifyingKey,
    ) -> Result<&Manifest, CarryError> {
        let manifest = &self.manifest;
        if manifest.to != *to {
            return Err(CarryError::Recipient { to: manifest.to.clone(), own: to.clone() });
        }
        if manifest.kind != kind {
            return Err(CarryError::Direction { found: manifest.kind, due: kind });
        }
        self.note
            .verify(manifest.from.as_str(), key)
            .map_err(|_| CarryError::Writer(manifest.from.clone()))?;
        Ok(manifest)
    }
}
