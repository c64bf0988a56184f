//! Talking to whoever watches.

/// One line to whoever watches.
#[expect(clippy::print_stdout, reason = "the demonstration talks to a person")]
pub(super) fn say(line: &str) {
    println!("{line}");
}
