//! Violations: what the generated checks find, and how it is said. Only rejected bodies come here.

use crate::wire::Malformed;
use crate::wording;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field with positions in lists from 0: `applicant.name`, `legal_basis[2].title`;
    /// empty where the body as a whole is meant.
    pub field: String,
    /// Id of the rule: the name that protovalidate gives it (`required`, `string.max_len`,
    /// `uint32.gte_lte`), or one of ours: `wire` (malformed bytes), `repeated` (a single message
    /// that stands twice), `form.credit_code` and the other [`forms`](crate::forms::FORMS),
    /// `not_before` (two instants in the wrong order).
    pub rule: &'static str,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

/// Violations of one body, up to [`Violations::LIMIT`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    list: Vec<Violation>,
    more: bool,
}

impl Violations {
    /// How many violations are kept. An author mends a screenful at a time; a hostile body gains
    /// nothing.
    pub const LIMIT: usize = 16;

    /// None yet; allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a violation, or notes that it was left off.
    pub fn push(&mut self, violation: Violation) {
        if self.is_full() {
            self.more = true;
        } else {
            self.list.push(violation);
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many are kept, at most [`Violations::LIMIT`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether more were found than are kept.
    #[must_use]
    pub fn left_off(&self) -> bool {
        self.more
    }

    /// The violations in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.list.iter()
    }

    /// The violations in the order in which they were found.
    #[must_use]
    pub fn into_vec(self) -> Vec<Violation> {
        self.list
    }

    /// Forgets everything and keeps the memory for the next body.
    pub fn clear(&mut self) {
        self.list.clear();
        self.more = false;
    }

    fn is_full(&self) -> bool {
        self.list.len() == Self::LIMIT
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What the sentences need to know of a field.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: &'static str,
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
    /// Whether a sentence may quote the value.
    pub(crate) open: bool,
    /// Whether the number is an instant in microseconds.
    pub(crate) instant: bool,
    /// A value that keeps the rules, or empty.
    pub(crate) example: &'static str,
}

/// Where the check is: the message and the way to it, linked on the stack.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The message around, and the field in it that is this message.
    pub(crate) parent: Option<(&'a Place<'a>, &'static Label)>,
    /// Position in the list, where that field is one.
    pub(crate) index: Option<usize>,
    /// Whether every message on the way may be quoted from.
    pub(crate) open: bool,
}

impl Place<'_> {
    /// The body itself.
    pub(crate) const BODY: Place<'static> = Place { parent: None, index: None, open: true };

    /// The message in a field of this one.
    #[inline]
    pub(crate) fn within<'a>(&'a self, label: &'static Label, index: Option<usize>) -> Place<'a> {
        Place { parent: Some((self, label)), index, open: self.open && label.open }
    }
}

/// A broken rule with what its sentence needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Broken<'a> {
    /// Must be present.
    Required,
    /// A message that may stand once stands again.
    Repeated,
    /// At least so many characters.
    MinLen(usize, &'a str),
    /// At most so many characters.
    MaxLen(usize, &'a str),
    /// The form of the text.
    Pattern(&'a str),
    /// The form in [`forms::FORMS`](crate::forms::FORMS) by the id of its rule, and the text.
    Form(&'static str, &'a str),
    /// Must not be earlier than that instant.
    NotBefore(&'static Label),
    /// Bounds of a number (both inclusive), with the rule's id and the number.
    Range { rule: &'static str, low: Option<i64>, high: Option<i64>, number: i64 },
    /// A number that the code list does not have.
    Undefined(i32),
    /// A number of the code list that is not allowed here; 0 is the unspecified one.
    NotIn(i32),
    /// At least so many items, has so many.
    MinItems(usize, usize),
    /// At most so many items, has so many.
    MaxItems(usize, usize),
}

/// Adds the violation of a rule at a field, or at one item of it.
#[cold]
#[inline(never)]
pub(crate) fn fail(
    out: &mut Violations,
    place: &Place<'_>,
    label: &'static Label,
    index: Option<usize>,
    broken: Broken<'_>,
) {
    if out.is_full() {
        out.more = true;
        return;
    }
    out.push(wording::violation(place, label, index, broken));
}

/// Runs the check of one body: malformed bytes leave one violation, whatever was found before them
/// in the body.
pub(crate) fn run(
    out: &mut Violations,
    check: impl FnOnce(&mut Violations) -> Result<(), Malformed>,
) {
    let (kept, more) = (out.list.len(), out.more);
    if let Err(malformed) = check(out) {
        out.list.truncate(kept);
        out.more = more;
        out.push(wording::malformed(malformed));
    }
}

/// Whether a text has more than `most` characters; counts only where the bytes leave it open.
#[inline]
pub(crate) fn longer(text: &str, most: usize) -> bool {
    text.len() > most && text.chars().count() > most
}

/// Whether a text has fewer than `least` characters; counts only where the bytes leave it open.
#[inline]
pub(crate) fn shorter(text: &str, least: usize) -> bool {
    // A character has one to four bytes.
    text.len() < 4 * least && (text.len() < least || text.chars().count() < least)
}

/// A walk along an ASCII text for the generated matchers of `string.pattern`.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl Cursor<'_> {
    /// Passes over fixed bytes.
    #[inline]
    pub(crate) fn fixed(&mut self, bytes: &[u8]) -> bool {
        match self.0.strip_prefix(bytes) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Passes over as many bytes of a class as there are, at most `most`; says whether there were
    /// `least`.
    #[inline]
    pub(crate) fn run(&mut self, least: usize, most: usize, class: impl Fn(u8) -> bool) -> bool {
        let reach = most.min(self.0.len());
        let found = self.0[..reach].iter().take_while(|byte| class(**byte)).count();
        self.0 = &self.0[found..];
        found >= least
    }

    /// Whether nothing is left.
    #[inline]
    pub(crate) fn done(&self) -> bool {
        self.0.is_empty()
    }
}
