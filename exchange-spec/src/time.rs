//! Times of the form: microseconds since 1970-01-01T00:00:00Z in a signed 64-bit integer. Clocks
//! order and merge nothing.

use std::fmt;

/// A point in time, in microseconds since 1970-01-01T00:00:00Z (negative before).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// How far the clocks of Beijing are ahead of UTC.
pub(crate) const BEIJING_MICROS: i64 = 8 * 3_600_000_000;
/// A day.
pub(crate) const DAY_MICROS: i64 = 24 * 3_600_000_000;

impl Timestamp {
    /// From microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Microseconds from `earlier` to `self`, saturating.
    pub const fn micros_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Days from 1970-01-01 to the day that it lies in, in Beijing (UTC+8, without summer time).
    pub const fn beijing_day(self) -> i64 {
        self.0.saturating_add(BEIJING_MICROS).div_euclid(DAY_MICROS)
    }

    /// This time and `micros` more, saturating.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
