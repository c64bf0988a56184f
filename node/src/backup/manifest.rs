//! What a backup holds, as its platform signs it: the manifest 清单, a signed note, and the list of
//! contents 目录 that it names by its digest. The list may be long: a hub has a line for every
//! journal of every platform.
//!
//! ```text
//! sanheyi-backup/v1
//! kind node
//! platform jintan
//! hub changzhou
//! program 0.1.0
//! schema 11
//! time 1767225600000000
//! contents 9f86d0…0a08 412
//! files 7
//! bytes 1234567
//! journals 4
//! entries 4000
//! generation 00112233445566778899aabbccddeeff
//!
//! — jintan Az3grl…
//! ```
//!
//! Only a hub has a line `generation`. Further lines are allowed after these and ignored.

use std::fmt::Write as _;
use std::str::FromStr;

use sanheyi_exchange_spec::ids::{Generation, JournalId, PlatformId};
use sanheyi_exchange_spec::note::Note;
use sanheyi_exchange_spec::suite::{Digest, SigningKey, VerifyingKey};
use sanheyi_exchange_spec::time::Timestamp;

use super::BackupError;

/// First line of a manifest.
const HEADING: &str = "sanheyi-backup/v1";

/// Of what a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A node.
    Node,
    /// A hub.
    Hub,
}

/// What a platform says about a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Of what it is.
    pub kind: Kind,
    /// Whose it is.
    pub platform: PlatformId,
    /// The hub of that platform; of a hub, itself.
    pub hub: PlatformId,
    /// Version of the program that made it.
    pub program: String,
    /// Latest step of the schema in its store.
    pub schema: i64,
    /// When it was begun, by the clock of its machine.
    pub time: Timestamp,
    /// SHA-256 of the list of contents.
    pub contents: Digest,
    /// Bytes of the list of contents.
    pub contents_bytes: u64,
    /// How many files it has, the list and this note not counted.
    pub files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// How many journals its store has.
    pub journals: u64,
    /// Entries of all of them.
    pub entries: u64,
    /// Generation of a hub's store.
    pub generation: Option<Generation>,
}

/// A file in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// Its name in the backup.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// A journal in a backup's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Among whose rows it stands.
    pub platform: PlatformId,
    /// Its id.
    pub journal: JournalId,
    /// Its size, recomputed from the bytes.
    pub size: u64,
    /// Its root, recomputed from the bytes.
    pub root: Digest,
    /// Of a platform's own journal: up to where its hub had acknowledged it.
    pub acknowledged: Option<u64>,
}

/// The list of contents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Files.
    pub files: Vec<FileLine>,
    /// Journals.
    pub journals: Vec<JournalLine>,
    /// Where its configuration lay on the machine that was backed up.
    pub config: String,
}

// === impl Kind ===

impl Kind {
    /// The word in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Node => "node",
            Kind::Hub => "hub",
        }
    }
}

// === impl Manifest ===

impl Manifest {
    /// Signs it by the platform's key.
    ///
    /// # Errors
    /// If the name of the program is no single line.
    pub fn sign(&self, key: &SigningKey) -> Result<String, BackupError> {
        let Self { kind, platform, hub, program, schema, time, .. } = self;
        let mut text = format!(
            "{HEADING}\nkind {}\nplatform {platform}\nhub {hub}\nprogram {program}\n\
             schema {schema}\ntime {time}\ncontents {} {}\nfiles {}\nbytes {}\njournals {}\n\
             entries {}\n",
            kind.as_str(),
            self.contents,
            self.contents_bytes,
            self.files,
            self.bytes,
            self.journals,
            self.entries,
        );
        if let Some(generation) = &self.generation {
            // Writing to a string does not fail.
            let _ = writeln!(text, "generation {generation}");
        }
        let note = Note::sign(text, platform.as_str(), key);
        Ok(note.map_err(|error| BackupError::Manifest(error.to_string()))?.to_string())
    }

    /// Reads a manifest. It counts only after [`Manifest::verify`].
    ///
    /// # Errors
    /// [`BackupError::Manifest`] if it is none.
    pub fn parse(note: &str) -> Result<Self, BackupError> {
        let note = Note::parse(note).map_err(|error| BackupError::Manifest(error.to_string()))?;
        let mut lines = note.text().lines();
        if lines.next() != Some(HEADING) {
            return Err(BackupError::Manifest("heading".to_owned()));
        }
        let mut next = |name: &str| value(lines.next(), name);
        let kind = match next("kind")? {
            "node" => Kind::Node,
            "hub" => Kind::Hub,
            other => return Err(BackupError::Manifest(format!("kind {other}"))),
        };
        let (platform, hub) = (read(next("platform")?)?, read(next("hub")?)?);
        let program = next("program")?.to_owned();
        let (schema, time) = (read(next("schema")?)?, read::<i64>(next("time")?)?);
        let (contents, contents_bytes) = pair(next("contents")?)?;
        Ok(Self {
            kind,
            platform,
            hub,
            program,
            schema,
            time: Timestamp::from_micros(time),
            contents: read(contents)?,
            contents_bytes: read(contents_bytes)?,
            files: read(next("files")?)?,
            bytes: read(next("bytes")?)?,
            journals: read(next("journals")?)?,
            entries: read(next("entries")?)?,
            generation: match next("generation") {
                Ok(generation) => Some(read(generation)?),
                Err(_) => None,
            },
        })
    }

    /// Holds the note that it was read from against the key of its platform.
    ///
    /// # Errors
    /// [`BackupError::Manifest`] if the platform's key has not signed exactly this.
    pub fn verify(&self, note: &str, key: &VerifyingKey) -> Result<(), BackupError> {
        let wrong = |error: &dyn std::fmt::Display| BackupError::Manifest(error.to_string());
        let note = Note::parse(note).map_err(|error| wrong(&error))?;
        note.verify(self.platform.as_str(), key).map_err(|error| wrong(&error))
    }
}

fn value<'a>(line: Option<&'a str>, name: &str) -> Result<&'a str, BackupError> {
    let value = line.and_then(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.ok_or_else(|| BackupError::Manifest(format!("{name} ?")))
}

fn read<T: FromStr>(text: &str) -> Result<T, BackupError> {
    text.parse().map_err(|_| BackupError::Manifest(format!("“{text}”")))
}

fn pair(text: &str) -> Result<(&str, &str), BackupError> {
    text.split_once(' ').ok_or_else(|| BackupError::Manifest(format!("“{text}”")))
}

// === impl Contents ===

impl Contents {
    /// The list as it stands in the backup.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for FileLine { name, bytes, digest } in &self.files {
            let _ = writeln!(text, "file {digest} {bytes} {name}");
        }
        for JournalLine { platform, journal, size, root, acknowledged } in &self.journals {
            let known = acknowledged.map_or_else(|| "-".to_owned(), |size| size.to_string());
            let _ = writeln!(text, "journal {platform} {size} {root} {known} {journal}");
        }
        let _ = writeln!(text, "config {}", self.config);
        text
    }

    /// Reads a list.
    ///
    /// # Errors
    /// [`BackupError::Manifest`] if it is none.
    pub fn parse(text: &str) -> Result<Self, BackupError> {
        let mut found = Self::default();
        for line in text.lines() {
            let (word, rest) = pair(line)?;
            match word {
                "file" => {
                    let (digest, rest) = pair(rest)?;
                    let (bytes, name) = pair(rest)?;
                    let (digest, bytes) = (read(digest)?, read(bytes)?);
                    found.files.push(FileLine { name: name.to_owned(), bytes, digest });
                }
                "journal" => found.journals.push(journal(rest)?),
                "config" => found.config = rest.to_owned(),
                // A later version may list more.
                _ => {}
            }
        }
        Ok(found)
    }

    /// Entries of all journals.
    pub fn entries(&self) -> u64 {
        self.journals.iter().map(|journal| journal.size).sum()
    }
}

fn journal(text: &str) -> Result<JournalLine, BackupError> {
    let (platform, rest) = pair(text)?;
    let (size, rest) = pair(rest)?;
    let (root, rest) = pair(rest)?;
    let (known, journal) = pair(rest)?;
    let acknowledged = if known == "-" { None } else { Some(read(known)?) };
    let (platform, journal) = (read(platform)?, read(journal)?);
    Ok(JournalLine { platform, journal, size: read(size)?, root: read(root)?, acknowledged })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: &str) -> Digest {
        byte.repeat(32).parse().unwrap()
    }

    fn manifest(kind: Kind) -> Manifest {
        Manifest {
            kind,
            platform: "jintan".parse().unwrap(),
            hub: "changzhou".parse().unwrap(),
            program: "0.1.0".to_owned(),
            schema: 11,
            time: Timestamp::from_micros(1_290_470_400_000_000),
            contents: digest("ab"),
            contents_bytes: 412,
            files: 7,
            bytes: 1_234_567,
            journals: 4,
            entries: 4000,
            generation: (kind == Kind::Hub).then(|| Generation::new([7; 16])),
        }
    }

    #[test]
    fn a_manifest_reads_back_and_counts_only_by_its_platforms_key() {
        let key = SigningKey::from_seed(&[3; 32]);
        for kind in [Kind::Node, Kind::Hub] {
            let note = manifest(kind).sign(&key).unwrap();
            let back = Manifest::parse(&note).unwrap();
            assert_eq!(back, manifest(kind));
            back.verify(&note, &key.verifying()).unwrap();
            let other = SigningKey::from_seed(&[4; 32]).verifying();
            assert!(matches!(back.verify(&note, &other), Err(BackupError::Manifest(_))));
            let changed = note.replace("entries 4000", "entries 4001");
            let read = Manifest::parse(&changed).unwrap();
            let refused = read.verify(&changed, &key.verifying()).unwrap_err();
            assert!(refused.to_string().contains("签名清单"), "{refused}");
        }
    }

    #[test]
    fn contents_read_back_and_what_is_no_list_is_refused() {
        let journal = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f".parse().unwrap();
        let platform: PlatformId = "jintan".parse().unwrap();
        let line = JournalLine {
            platform: platform.clone(),
            journal,
            size: 100,
            root: digest("cd"),
            acknowledged: Some(90),
        };
        let copy = JournalLine { acknowledged: None, size: 5, ..line.clone() };
        let file = FileLine { name: "keys/tenants/a.key".into(), bytes: 65, digest: digest("ef") };
        let config = "/etc/san he yi/node.toml".to_owned();
        let contents = Contents { files: vec![file], journals: vec![line, copy], config };
        assert_eq!(Contents::parse(&contents.text()).unwrap(), contents);
        assert_eq!(contents.entries(), 105);
        assert!(Contents::parse("file nothing\n").is_err());
        assert_eq!(Contents::parse("later 1\n").unwrap(), Contents::default());
    }
}
