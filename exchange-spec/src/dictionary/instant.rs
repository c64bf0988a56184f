//! Instants as a cell of a sheet holds them: the clock of Beijing, UTC+8 all year, on whole seconds
//! or with six decimals.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// How far Beijing's clock is ahead.
const BEIJING: Offset = Offset::constant(8);
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// `2010-11-23 08:00:00` in Beijing; with six decimals where it is between two seconds. The number
/// itself beyond the years of four digits.
pub fn beijing(micros: i64) -> String {
    written(micros, BEIJING, ' ', "")
}

/// `2010-11-23T00:00:00Z`, by RFC 3339; the number itself beyond the years of four digits.
pub fn utc(micros: i64) -> String {
    written(micros, Offset::UTC, 'T', "Z")
}

fn written(micros: i64, clock: Offset, between: char, zone: &str) -> String {
    let Ok(instant) = Timestamp::from_microsecond(micros) else { return micros.to_string() };
    let there = clock.to_datetime(instant);
    let (date, time) = (there.date(), there.time());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let part = micros.rem_euclid(SECOND);
    let part = if part == 0 { String::new() } else { format!(".{part:06}") };
    format!("{date}{between}{hour:02}:{minute:02}:{second:02}{part}{zone}")
}

/// Reads what [`beijing`] writes, from the year 1 on; the time of day may be absent or without
/// seconds.
pub fn read_beijing(text: &str) -> Option<i64> {
    let (date, clock) = text.trim().split_once([' ', 'T']).unwrap_or((text.trim(), "00:00:00"));
    let mut parts = date.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
    let (clock, part) = clock.split_once('.').unwrap_or((clock, "0"));
    let nanos = digits(&format!("{part:0<6}")).filter(|micros| *micros < SECOND)? * 1_000;
    let mut parts = clock.splitn(3, ':').map(|part| digits(part)?.try_into().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let time = Time::new(hour, minute, second, nanos.try_into().ok()?);
    let there = DateTime::from_parts(date.ok().filter(|_| year > 0)?, time.ok()?);
    Some(BEIJING.to_timestamp(there).ok()?.as_microsecond())
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_by_both_clocks() {
        assert_eq!(beijing(1_290_470_400_000_000), "2010-11-23 08:00:00");
        assert_eq!(utc(1_290_470_400_000_000), "2010-11-23T00:00:00Z");
        assert_eq!(utc(631_152_000_000_000), "1990-01-01T00:00:00Z");
        assert_eq!(utc(4_102_444_799_999_999), "2099-12-31T23:59:59.999999Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(
            (utc(i64::MAX), beijing(i64::MIN)),
            (i64::MAX.to_string(), i64::MIN.to_string())
        );
    }

    #[test]
    fn what_is_written_is_read() {
        for day in (0..60_000).step_by(7) {
            let micros = day * 86_401 * SECOND + day % 3;
            assert_eq!(read_beijing(&beijing(micros)), Some(micros), "{}", beijing(micros));
        }
        assert_eq!(read_beijing("2010-11-23 08:00"), Some(1_290_470_400_000_000));
        assert_eq!(read_beijing("2010-11-23"), Some(1_290_441_600_000_000));
    }

    #[test]
    fn what_is_no_instant_is_not_read() {
        for text in [
            "",
            "2010",
            "2010-02-29",
            "2010-13-01",
            "2010-01-01 24:00:00",
            "今天",
            "0000-01-01",
            "2010-01-01 08:60",
            "2010-01-01 08:00:00.1234567",
        ] {
            assert_eq!(read_beijing(text), None, "{text}");
        }
    }
}
