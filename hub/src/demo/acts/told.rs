//! What is said of an act, and what in it is not as it should be.

/// An act as the report tells it.
#[derive(Debug)]
pub(in crate::demo) struct Told {
    /// In both languages.
    pub(in crate::demo) title: String,
    /// What the stores show.
    pub(in crate::demo) lines: Vec<String>,
    /// What differs from what should be.
    pub(in crate::demo) wrong: Vec<String>,
}

// === impl Told ===

impl Told {
    pub(super) fn new(zh: &str, en: &str) -> Self {
        Self { title: format!("{zh} · {en}"), lines: Vec::new(), wrong: Vec::new() }
    }

    pub(super) fn say(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Notes what is wrong, unless it holds.
    pub(super) fn check(&mut self, holds: bool, otherwise: impl Into<String>) {
        if !holds {
            self.wrong.push(otherwise.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_hold_is_wrong() {
        let mut told = Told::new("甲", "one");
        told.check(true, "no");
        assert!(told.wrong.is_empty());
        told.check(false, "yes");
        assert_eq!((told.title.as_str(), told.wrong), ("甲 · one", vec!["yes".to_owned()]));
    }
}
