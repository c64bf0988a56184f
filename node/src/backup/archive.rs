//! The file of a backup: tar, compressed, encrypted, written as a stream. Nothing of it is in
//! memory but a piece at a time, and nothing stands under its name before it is durable.
//!
//! Whoever has the private key and the public tools reads it without us:
//! `age -d -i backup.identity FILE | zstd -d | tar x`.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use age::stream::StreamWriter;
use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::suite::Digest;
use tar::{Archive, EntryType, Header};

use super::manifest::FileLine;
use super::seal::{Identities, opened, sealed};
use super::{BackupError, Recipient, Stage, Teller};
use crate::process::clock::{Deadline, pause};

/// Bytes read, compressed and encrypted at a time: some milliseconds of work, after which others
/// have their turn.
const PIECE: usize = 256 * 1024;
/// zstd's own default: segments are compressed already, and what else there is compresses well.
const LEVEL: i32 = 3;
/// A block of tar.
const BLOCK: usize = 512;
/// Files of a backup at most: a hub has two for each of its tenants, and a dozen of its own.
pub const FILES: usize = 20_000;
/// Bytes of a file that is read whole: the manifest and the list of contents.
pub const LIST_BYTES: u64 = 64 * 1024 * 1024;
/// Longest name of a file in a backup, in bytes: what every tar can hold.
pub const NAME_BYTES: usize = 96;
/// A backup is for its owner, although it is encrypted.
const MODE: u32 = 0o600;

/// How a file is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// Bytes a second at most that are read and packed; 0 = no bound.
    pub bytes_per_second: u64,
    /// Bytes that the file may have, as a full disk would say it.
    pub room: Option<u64>,
}

/// A file that is being written, under a name that nobody takes for a backup.
pub(super) struct Packer {
    /// Until it is finished.
    out: Option<zstd::Encoder<'static, StreamWriter<BufWriter<Sink>>>>,
    part: PathBuf,
    path: PathBuf,
    pace: Pace,
    files: Vec<FileLine>,
}

/// The file on disk, which is full after `room` bytes.
struct Sink {
    file: File,
    room: Option<u64>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(room) = &mut self.room {
            let left = room.checked_sub(bytes.len() as u64);
            *room = left.ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

// === impl Packer ===

impl Packer {
    /// Begins the file that is to stand at `path`.
    pub(super) fn new(
        path: &Path,
        recipients: &[Recipient],
        pace: Pace,
    ) -> Result<Self, BackupError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = path.with_file_name(format!(".{name}.part"));
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(MODE);
        let file = options.open(&part).map_err(BackupError::at(&part))?;
        let sink = BufWriter::with_capacity(PIECE, Sink { file, room: pace.room });
        let begun = sealed(recipients, sink, &part)
            .and_then(|out| zstd::Encoder::new(out, LEVEL).map_err(BackupError::at(&part)));
        let out = begun.inspect_err(|_| drop(fs::remove_file(&part)))?;
        Ok(Self { out: Some(out), part, path: path.to_owned(), pace, files: Vec::new() })
    }

    /// Puts the file at `from` in, as `name`.
    pub(super) async fn file(
        &mut self,
        name: &str,
        from: &Path,
        told: Teller<'_>,
    ) -> Result<(), BackupError> {
        let mut file = File::open(from).map_err(BackupError::at(from))?;
        let bytes = file.metadata().map_err(BackupError::at(from))?.len();
        self.head(name, bytes)?;
        let (mut hash, mut done, mut piece) = (Hasher::default(), 0, vec![0; PIECE]);
        while done < bytes {
            let turn = Deadline::after(self.pace.of(PIECE as u64));
            let want = usize::try_from(bytes - done).unwrap_or(PIECE).min(PIECE);
            // It has the size that was written into its head, or it is no backup.
            file.read_exact(&mut piece[..want]).map_err(BackupError::at(from))?;
            hash.update(&piece[..want]);
            self.write(&piece[..want])?;
            done += want as u64;
            told(Stage::Pack, done, bytes);
            match turn.left() {
                Duration::ZERO => tokio::task::yield_now().await,
                left => pause(left).await,
            }
        }
        self.pad(bytes)?;
        self.files.push(FileLine { name: name.to_owned(), bytes, digest: hash.finish() });
        Ok(())
    }

    /// Puts a file in that is not among the contents: its bytes are at hand.
    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.head(name, bytes.len() as u64)?;
        self.write(bytes)?;
        self.pad(bytes.len() as u64)
    }

    /// The files that were put in.
    pub(super) fn files(&self) -> &[FileLine] {
        &self.files
    }

    /// Ends the file: it is durable, and then stands under its name. Answers its bytes.
    pub(super) fn finish(mut self) -> Result<u64, BackupError> {
        self.write(&[0; 2 * BLOCK])?;
        let at = || BackupError::at(&self.part);
        let gone = || at()(io::ErrorKind::BrokenPipe.into());
        let out = self.out.take().ok_or_else(gone)?;
        let out = out.finish().and_then(StreamWriter::finish).map_err(at())?;
        let sink = out.into_inner().map_err(|error| at()(error.into_error()))?;
        sink.file.sync_all().map_err(at())?;
        let bytes = sink.file.metadata().map_err(at())?.len();
        fs::rename(&self.part, &self.path).map_err(BackupError::at(&self.path))?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(BackupError::at(folder))?;
        Ok(bytes)
    }

    fn head(&mut self, name: &str, bytes: u64) -> Result<(), BackupError> {
        let mut header = Header::new_gnu();
        header.set_path(name).map_err(BackupError::at(&self.part))?;
        header.set_size(bytes);
        header.set_mode(MODE);
        header.set_entry_type(EntryType::Regular);
        header.set_cksum();
        self.write(header.as_bytes())
    }

    fn pad(&mut self, bytes: u64) -> Result<(), BackupError> {
        let over = usize::try_from(bytes % BLOCK as u64).unwrap_or(0);
        if over == 0 { Ok(()) } else { self.write(&[0; BLOCK][over..]) }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let done = self.out.as_mut().ok_or_else(gone).and_then(|out| out.write_all(bytes));
        done.map_err(BackupError::at(&self.part))
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        // Gone already where it was finished; else what cannot be removed now the next backup
        // removes.
        let _ = fs::remove_file(&self.part);
    }
}

impl Pace {
    fn of(self, bytes: u64) -> Duration {
        match self.bytes_per_second {
            0 => Duration::ZERO,
            rate => Duration::from_micros(bytes.saturating_mul(1_000_000) / rate),
        }
    }
}

/// Takes everything out of a backup, into the empty folder `into`; answers what it took. Nothing
/// is believed yet: the names are such as cannot leave the folder, and that is all.
pub(super) fn unpack(
    file: &Path,
    identities: &Identities,
    into: &Path,
    told: Teller<'_>,
) -> Result<Vec<FileLine>, BackupError> {
    let source = File::open(file).map_err(BackupError::at(file))?;
    let damaged = |problem: String| BackupError::Damaged { path: file.to_owned(), problem };
    let wrong = |error: io::Error| damaged(error.to_string());
    let reader = opened(identities, BufReader::with_capacity(PIECE, source), file)?;
    let reader = zstd::Decoder::new(reader).map_err(wrong)?;
    let mut archive = Archive::new(reader);
    let mut files = Vec::new();
    let mut done = 0;
    for entry in archive.entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let path = entry.path().map_err(wrong)?.into_owned();
        let name = path.to_str().filter(|name| is_name(name)).map(str::to_owned);
        let regular = entry.header().entry_type() == EntryType::Regular;
        let (Some(name), true) = (name, regular && files.len() < FILES) else {
            return Err(damaged(format!("{}", path.display())));
        };
        let bytes = entry.header().size().map_err(wrong)?;
        let digest = take(&mut entry, &into.join(&name), bytes, &mut |piece| {
            done += piece;
            told(Stage::Unpack, done, 0);
        });
        let digest = digest.map_err(|error| match error {
            Taken::Source(error) => wrong(error),
            Taken::Disk(error) => error,
        })?;
        files.push(FileLine { name, bytes, digest });
    }
    // To its very end, or a file that was cut off behind its last entry would pass.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(wrong)?;
    Ok(files)
}

enum Taken {
    Source(io::Error),
    Disk(BackupError),
}

fn take(
    from: &mut impl Read,
    to: &Path,
    bytes: u64,
    told: &mut dyn FnMut(u64),
) -> Result<Digest, Taken> {
    let disk = |error| Taken::Disk(BackupError::at(to)(error));
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(disk)?;
    }
    let mut options = File::options();
    let mut file = options.write(true).create_new(true).mode(MODE).open(to).map_err(disk)?;
    let (mut hash, mut left, mut piece) = (Hasher::default(), bytes, vec![0; PIECE]);
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        from.read_exact(&mut piece[..want]).map_err(Taken::Source)?;
        hash.update(&piece[..want]);
        file.write_all(&piece[..want]).map_err(disk)?;
        left -= want as u64;
        told(want as u64);
    }
    file.sync_all().map_err(disk)?;
    Ok(hash.finish())
}

/// Names of files in a backup: up to four parts, none of which begins with a dot.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && !part.starts_with('.') && part.chars().all(good)
    };
    let parts: Vec<_> = name.split('/').collect();
    parts.len() <= 4 && name.len() <= NAME_BYTES && parts.into_iter().all(is_part)
}
