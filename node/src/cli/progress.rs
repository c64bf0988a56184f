//! How far a long command is, told on standard error: a bar on a terminal, plain lines elsewhere.
//! Standard output holds the answer alone, so that `--json` stays one document.

use std::io::{self, IsTerminal as _, Read, Seek, SeekFrom, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::process::clock::Deadline;

/// How often a log has a line while the same thing is being done: often enough to see that it
/// moves, seldom enough to be read afterwards.
pub const EVERY: Duration = Duration::from_secs(10);

/// Tells how far a command is, until it is dropped.
pub struct Progress {
    bar: Option<ProgressBar>,
    log: Box<dyn Write + Send>,
    every: Duration,
    what: String,
    next: Deadline,
}

/// What is read or written, with a [`Progress`] that is told of its bytes.
pub struct Through<T> {
    inner: T,
    progress: Progress,
    what: String,
    done: u64,
    of: u64,
}

// === impl Progress ===

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// On standard error; nothing is told yet.
    pub fn new() -> Self {
        let mut progress = Self::in_lines(io::stderr(), EVERY);
        if !io::stderr().is_terminal() {
            return progress;
        }
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{msg:24} {bar:40} {pos}/{len} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        progress.bar = Some(bar);
        progress
    }

    /// In plain lines: one when something else begins, and one every so often.
    pub fn in_lines(log: impl Write + Send + 'static, every: Duration) -> Self {
        let next = Deadline::after(every);
        Self { bar: None, log: Box::new(log), every, what: String::new(), next }
    }

    /// So much of `what` is done, of so much; 0 = it is not known of how much.
    pub fn tell(&mut self, what: &str, done: u64, of: u64) {
        let new = self.what != what;
        if new {
            what.clone_into(&mut self.what);
        }
        if let Some(bar) = &self.bar {
            bar.set_length(of.max(done));
            bar.set_position(done);
            if new {
                bar.set_message(what.to_owned());
            }
        } else if new || self.next.left().is_zero() {
            self.next = Deadline::after(self.every);
            // Where nobody listens nothing can be said.
            let _ = match (done, of) {
                (0, 0) => writeln!(self.log, "{what}"),
                (_, 0) => writeln!(self.log, "{what} {done}"),
                _ => writeln!(self.log, "{what} {done}/{of}"),
            };
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

// === impl Through ===

impl<T> Through<T> {
    /// Bytes of `what`, of so many; 0 = it is not known of how many.
    pub fn new(inner: T, what: &str, of: u64) -> Self {
        Self { inner, progress: Progress::new(), what: what.to_owned(), done: 0, of }
    }

    /// What was read or written; nothing more is told.
    pub fn into_inner(self) -> T {
        self.inner
    }

    fn passed(&mut self, bytes: usize) {
        self.done = self.done.saturating_add(bytes as u64);
        self.progress.tell(&self.what, self.done, self.of);
    }
}

impl<T: Read> Read for Through<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(into)?;
        self.passed(bytes);
        Ok(bytes)
    }
}

impl<T: Seek> Seek for Through<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.done = self.inner.seek(to)?;
        Ok(self.done)
    }
}

impl<T: Write> Write for Through<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = self.inner.write(bytes)?;
        self.passed(bytes);
        Ok(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(every: Duration) -> String {
        let log = Log::default();
        let mut progress = Progress::in_lines(log.clone(), every);
        progress.tell("复制 copy", 0, 0);
        for done in 0..1000 {
            progress.tell("核验 verify", done, 1000);
        }
        progress.tell("写出 write", 7, 0);
        drop(progress);
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_log_has_a_line_when_something_begins_and_one_every_so_often() {
        let seldom = told(Duration::from_secs(3600));
        assert_eq!(seldom, "复制 copy\n核验 verify 0/1000\n写出 write 7\n");
        let always = told(Duration::ZERO);
        assert_eq!(always.lines().count(), 1002);
        assert!(always.contains("\n核验 verify 999/1000\n"), "{always}");
        assert!(!always.contains('\r') && !always.contains('\u{1b}'), "plain lines");
    }

    #[test]
    fn what_passes_through_is_not_changed() {
        let mut source = Through::new(io::Cursor::new(b"abcdef".to_vec()), "读 read", 6);
        let mut text = String::new();
        source.read_to_string(&mut text).unwrap();
        source.seek(SeekFrom::Start(3)).unwrap();
        source.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), source.done), ("abcdefdef", 6));
        let mut sink = Through::new(Vec::new(), "写 write", 0);
        sink.write_all(b"abc").unwrap();
        assert_eq!((sink.done, sink.into_inner()), (3, b"abc".to_vec()));
    }
}
