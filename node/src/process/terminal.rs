//! A secret from whoever sits at the terminal, without showing it; or from standard input, where
//! that is no terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::secret::Zeroizing;

/// Longest line that is read, in bytes.
pub const LINE_BYTES: usize = 4096;

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Quiet(Termios);

/// Whether somebody sits at a terminal, to be asked.
pub fn is_there() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a secret; without a terminal a line of standard input is taken, and nothing is asked.
///
/// # Errors
/// If nothing can be read, or the terminal cannot be made to show nothing.
pub fn ask(question: &str) -> io::Result<Zeroizing<String>> {
    if !is_there() {
        return line();
    }
    let mut screen = io::stderr().lock();
    write!(screen, "{question}")?;
    screen.flush()?;
    let quiet = Quiet::new()?;
    let line = line();
    drop(quiet);
    writeln!(screen)?;
    line
}

/// A line of standard input without its end.
fn line() -> io::Result<Zeroizing<String>> {
    // The whole size at once: a growing text would leave copies behind that nobody wipes.
    let mut text = Zeroizing::new(String::with_capacity(LINE_BYTES));
    let mut input = io::stdin().lock();
    io::Read::take(&mut input, LINE_BYTES as u64).read_line(&mut text)?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Ok(text)
}

impl Quiet {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // If the terminal is gone, nobody is left to see its echo.
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
