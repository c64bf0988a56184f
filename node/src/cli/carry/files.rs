//! Carry files on a disk, and what stands in one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sanheyi_exchange_spec::carry::{CarryError, Reader};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits::CARRY_BYTES;
use sanheyi_exchange_spec::segment::peek_entries;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_proto::exchange::v1::carry_item::Item;
use sanheyi_proto::exchange::v1::{CarryItem, PushRequest, Tail};
use serde::Serialize;

use super::super::local::rfc3339;
use super::super::progress::Through;
use super::super::table::grouped;
use crate::uplink::carry::Medium;

/// Permissions of a carry file: it holds personal data.
const OWNER_ONLY: u32 = 0o600;
/// The least that `--bytes` may say: above the largest item.
pub const LEAST: u64 = 8_000_000;
/// A gigabyte.
pub const GB: u64 = 1_000_000_000;

/// Opens a file to be read; answers its length, too.
///
/// # Errors
/// If it cannot be opened.
pub fn source(path: &Path) -> anyhow::Result<(BufReader<File>, u64)> {
    let unreadable = || format!("无法读取 · cannot read {}", path.display());
    let file = File::open(path).with_context(unreadable)?;
    let length = file.metadata().with_context(unreadable)?.len();
    Ok((BufReader::new(file), length))
}

/// Makes a new file, for its owner only.
///
/// # Errors
/// If there is one already, or the disk refuses.
pub fn create(path: &Path) -> io::Result<BufWriter<File>> {
    let file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path);
    let named = |error: io::Error| {
        let what = format!("{}：{error} · cannot be written: {error}", path.display());
        io::Error::new(error.kind(), what)
    };
    file.map(BufWriter::new).map_err(named)
}

/// Makes a file durable: the medium may be taken out then.
///
/// # Errors
/// Of the disk.
pub fn settle(file: BufWriter<File>) -> io::Result<()> {
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// A size as people write it: `100M`, `2G`, or bytes.
///
/// # Errors
/// If it is none, or out of bounds.
pub fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'M') => (&text[..text.len() - 1], 1_000_000),
        Some(b'G') => (&text[..text.len() - 1], GB),
        _ => (text, 1),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    bytes.filter(|bytes| (LEAST..=CARRY_BYTES).contains(bytes)).ok_or_else(|| {
        format!("应为 {LEAST} 至 {CARRY_BYTES} 字节，如 100M、2G · {LEAST} to {CARRY_BYTES} bytes, as 100M or 2G")
    })
}

/// Files of one export: `up.carry`, `up-2.carry`, and so on.
pub struct OneByOne {
    first: PathBuf,
    made: Vec<PathBuf>,
}

// === impl OneByOne ===

impl OneByOne {
    /// Files of which the first is `first`.
    pub fn new(first: &Path) -> Self {
        Self { first: first.to_owned(), made: Vec::new() }
    }

    /// The files that were made.
    pub fn paths(&self) -> &[PathBuf] {
        &self.made
    }

    /// Takes away what was made: it is not whole.
    pub fn discard(self) {
        for path in self.made {
            // What cannot be removed is refused by whoever reads it.
            let _ = fs::remove_file(path);
        }
    }

    fn path(&self, part: u64) -> PathBuf {
        if part == 1 {
            return self.first.clone();
        }
        let stem = self.first.file_stem().unwrap_or_default().to_string_lossy();
        let name = match self.first.extension() {
            Some(extension) => format!("{stem}-{part}.{}", extension.to_string_lossy()),
            None => format!("{stem}-{part}"),
        };
        self.first.with_file_name(name)
    }
}

impl Medium for OneByOne {
    type File = Through<BufWriter<File>>;

    fn begin(&mut self, part: u64) -> io::Result<Self::File> {
        let path = self.path(part);
        let file = create(&path)?;
        let what = format!("导出 export {}", path.display());
        self.made.push(path);
        Ok(Through::new(file, &what, 0))
    }

    fn end(&mut self, file: Self::File) -> io::Result<()> {
        settle(file.into_inner())
    }
}

/// A file as it is shown; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Who wrote it.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// `up` or `down`.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Which file of an export it is.
    pub part: u64,
    /// The file that it answers, or null.
    pub answers: Option<String>,
    /// When it was written.
    pub time: Option<String>,
    /// `good`, `bad`, or `unchecked` where the writer's key is not known here.
    pub signature: &'static str,
    /// Items in it.
    pub items: u64,
    /// Bytes before the manifest.
    pub bytes: u64,
    /// Whether it ends with a Greet.
    pub greet: bool,
    /// Whether it answers one.
    pub granted: bool,
    /// Pushes that it says were refused.
    pub refused: u64,
    /// Entries that it carries.
    pub journals: Vec<Carried>,
}

/// Entries of a journal in a file.
#[derive(Clone, Debug, Serialize)]
pub struct Carried {
    /// The journal.
    pub journal: String,
    /// Sequence number of the first.
    pub first: u64,
    /// One past the last.
    pub past: u64,
}

/// Looks through a file without taking it in.
///
/// # Errors
/// If it is damaged.
pub fn inspect<R: Read>(
    source: R,
    length: u64,
    key_of: impl FnOnce(&PlatformId) -> Option<VerifyingKey>,
) -> Result<Shown, CarryError> {
    let mut reader = Reader::open(source, length)?;
    let (mut greet, mut granted, mut refused) = (false, false, 0);
    let mut journals: Vec<Carried> = Vec::new();
    while let Some(CarryItem { item }) = reader.next_item()? {
        match item {
            Some(Item::Push(PushRequest { journal, first, segments, .. })) => {
                carried(&mut journals, journal, first, &segments);
            }
            Some(Item::Tails(answer)) => {
                for Tail { journal, first, segments, .. } in answer.tails {
                    carried(&mut journals, journal, first, &segments);
                }
            }
            Some(Item::Greet(_)) => greet = true,
            Some(Item::Greeted(_)) => granted = true,
            Some(Item::Refusal(_)) => refused += 1,
            None => {}
        }
    }
    let claimed = reader.finish()?;
    let manifest = claimed.manifest().clone();
    let verified =
        key_of(&manifest.from).map(|key| claimed.verify(&manifest.to, manifest.kind, &key).is_ok());
    Ok(Shown {
        from: manifest.from.to_string(),
        to: manifest.to.to_string(),
        kind: manifest.kind.to_string(),
        number: manifest.number.to_string(),
        part: manifest.part,
        answers: manifest.answers.map(|id| id.to_string()),
        time: rfc3339(manifest.time),
        signature: match verified {
            Some(true) => "good",
            Some(false) => "bad",
            None => "unchecked",
        },
        items: manifest.items,
        bytes: manifest.bytes,
        greet,
        granted,
        refused,
        journals,
    })
}

fn carried(journals: &mut Vec<Carried>, journal: String, first: u64, segments: &[bytes::Bytes]) {
    let entries = segments.iter().map(|one| peek_entries(one).map_or(0, u64::from));
    let past = first + entries.sum::<u64>();
    match journals.iter_mut().find(|one| one.journal == journal && one.past == first) {
        Some(known) => known.past = past,
        None => journals.push(Carried { journal, first, past }),
    }
}

/// A file, for a terminal.
pub fn shown_text(shown: &Shown) -> String {
    let Shown { from, to, kind, number, part, signature, .. } = shown;
    let time = shown.time.clone().unwrap_or_default();
    let mut text = format!("摆渡文件 · carry file {number} · {kind} · {from} → {to} · {time}\n");
    let answers = shown.answers.as_deref().unwrap_or("—");
    text.push_str(&format!(
        "  第 {part} 个文件 part · 所答 answers {answers} · 签名 signature {signature}\n"
    ));
    let (items, bytes) = (grouped(shown.items), grouped(shown.bytes));
    text.push_str(&format!("  {items} 项 items · {bytes} 字节 bytes"));
    for (present, said) in [(shown.greet, "问候 Greet"), (shown.granted, "授权 grants")] {
        if present {
            text.push_str(&format!(" · {said}"));
        }
    }
    text.push('\n');
    for one in &shown.journals {
        let entries = grouped(one.past - one.first);
        text.push_str(&format!(
            "  {} · {} … {} · {entries} 条 entries\n",
            one.journal, one.first, one.past
        ));
    }
    if shown.refused > 0 {
        text.push_str(&format!("  被拒收 refused pushes: {}\n", shown.refused));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_people_write_them() {
        assert_eq!(size("100M"), Ok(100_000_000));
        assert_eq!(size("2G"), Ok(2 * GB));
        assert_eq!(size(&LEAST.to_string()), Ok(LEAST));
        assert_eq!(size(&CARRY_BYTES.to_string()), Ok(CARRY_BYTES));
        for bad in ["", "M", "G", "1K", "-1", "7M", "99999999999G", "18446744073709551615G"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert!(size(&(CARRY_BYTES + 1).to_string()).is_err());
    }

    #[test]
    fn files_of_one_export_are_numbered_and_none_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        for (first, third) in [("up.carry", "up-3.carry"), ("up", "up-3")] {
            let medium = OneByOne::new(&dir.path().join(first));
            assert_eq!(medium.path(1), dir.path().join(first));
            assert_eq!(medium.path(3), dir.path().join(third));
        }
        let path = dir.path().join("up.carry");
        settle(create(&path).unwrap()).unwrap();
        let refused = create(&path).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert!(refused.to_string().contains("up.carry"), "{refused}");
    }
}
