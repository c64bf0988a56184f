//! The bounds of the three calls: the same whether a call came over a wire or was made in the hub's
//! own process.

use std::time::Duration;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;

use super::convert::Malformed;
use super::port::{GreetCall, PullCall, PushCall};

/// Letters kept of the name and version of a branch's software.
const SOFTWARE_LETTERS: usize = 128;

/// A field that is not as it must be.
#[expect(
    clippy::needless_pass_by_value,
    reason = "made where an error is at hand, and errors are not needed after"
)]
pub(super) fn malformed(place: &str, problem: impl ToString) -> Malformed {
    let problem = problem.to_string();
    Box::new(Refusal::new(
        Code::Malformed,
        place,
        format!("字段 {place} 不合规：{problem}"),
        format!("field {place}: {problem}"),
    ))
}

pub(super) fn at_most(place: &str, count: usize, bound: usize) -> Result<(), Malformed> {
    if count <= bound { Ok(()) } else { Err(malformed(place, format!("{count} > {bound}"))) }
}

impl GreetCall {
    /// The call, if it keeps the bounds of the form.
    ///
    /// # Errors
    /// [`Code::Malformed`] with the field that does not.
    pub fn bounded(mut self) -> Result<Self, Malformed> {
        at_most("journals", self.journals.len(), limits::JOURNALS_PER_CALL)?;
        at_most("copies", self.copies.len(), limits::JOURNALS_PER_CALL)?;
        for claim in &self.journals {
            at_most("holds", claim.holds.len(), limits::EPOCHS_HELD)?;
        }
        if let Some((end, _)) = self.software.char_indices().nth(SOFTWARE_LETTERS) {
            self.software.truncate(end);
        }
        Ok(self)
    }
}

impl PushCall {
    /// The call, if it keeps the bounds of the form.
    ///
    /// # Errors
    /// [`Code::Malformed`] with the field that does not.
    pub fn bounded(self) -> Result<Self, Malformed> {
        at_most("segments", self.segments.len(), limits::WINDOW_SEGMENTS)?;
        Ok(self)
    }
}

impl PullCall {
    /// The call, if it keeps the bounds of the form; with a longer wait or a larger window than
    /// there is, with the longest and the largest.
    ///
    /// # Errors
    /// [`Code::Malformed`] with the field that does not.
    pub fn bounded(mut self) -> Result<Self, Malformed> {
        at_most("cursors", self.cursors.len(), limits::JOURNALS_PER_CALL)?;
        at_most("epochs", self.epochs.len(), limits::JOURNALS_PER_CALL)?;
        self.wait = self.wait.min(Duration::from_millis(u64::from(limits::PULL_WAIT_MILLIS)));
        self.max_bytes = self.max_bytes.min(limits::WINDOW_BYTES);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::ids::Generation;
    use sanheyi_exchange_spec::time::Timestamp;

    use super::*;

    #[test]
    fn the_longest_wait_and_the_largest_window_are_what_a_pull_gets() {
        let longest = Duration::from_millis(u64::from(limits::PULL_WAIT_MILLIS));
        let pull = |wait, max_bytes| PullCall {
            generation: Generation::ZERO,
            cursors: Vec::new(),
            epochs: Vec::new(),
            wait,
            max_bytes,
        };
        let largest = pull(longest, limits::WINDOW_BYTES);
        assert_eq!(largest.clone().bounded().unwrap(), largest);
        let more = pull(longest + Duration::from_millis(1), limits::WINDOW_BYTES + 1);
        assert_eq!(more.bounded().unwrap(), largest);
    }

    #[test]
    fn of_a_softwares_name_so_many_letters_are_kept() {
        let greet = |software: String| GreetCall {
            protocol: 1,
            standard: 1,
            software,
            now: Timestamp::default(),
            journals: Vec::new(),
            copies: Vec::new(),
        };
        let longest = "软".repeat(SOFTWARE_LETTERS);
        for given in [longest.clone(), format!("{longest}件")] {
            assert_eq!(greet(given).bounded().unwrap().software, longest);
        }
    }
}
