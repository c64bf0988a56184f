//! Instants as a cell of a sheet holds them: the clock of Beijing, UTC+8 all year, on whole seconds
//! or with six decimals.

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Seconds of a day.
const DAY: i64 = 86_400;
/// How far Beijing's clock is ahead, in seconds.
const BEIJING: i64 = 8 * 3_600;
/// The first day of the years counted here, 1 March of year 0, before 1970-01-01.
const EPOCH: i64 = 719_468;
/// Days of 400 years.
const ERA: i64 = 146_097;

/// `2010-11-23 08:00:00` in Beijing; with six decimals where it is between two seconds.
pub fn beijing(micros: i64) -> String {
    written(micros.saturating_add(BEIJING * SECOND), ' ', "")
}

/// `2010-11-23T00:00:00Z`, by RFC 3339.
pub fn utc(micros: i64) -> String {
    written(micros, 'T', "Z")
}

fn written(micros: i64, between: char, zone: &str) -> String {
    let (seconds, part) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
    let (days, clock) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    let part = if part == 0 { String::new() } else { format!(".{part:06}") };
    format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}{part}{zone}")
}

/// Reads what [`beijing`] writes; the time of day may be absent or without seconds.
pub fn read_beijing(text: &str) -> Option<i64> {
    let (date, clock) = text.trim().split_once([' ', 'T']).unwrap_or((text.trim(), "00:00:00"));
    let mut parts = date.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let days = days(year, month, day);
    if civil(days) != (year, month, day) || !(1..=9_999).contains(&year) {
        return None;
    }
    let (clock, part) = clock.split_once('.').unwrap_or((clock, "0"));
    let part = digits(&format!("{part:0<6}")).filter(|part| *part < SECOND)?;
    let mut parts = clock.splitn(3, ':').map(digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days * DAY + hour * 3_600 + minute * 60 + second - BEIJING;
    seconds.checked_mul(SECOND)?.checked_add(part)
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Year, month and day, so many days after 1970-01-01 in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(EPOCH);
    let (era, of_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / (ERA - 1)) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Months from March on, so that the leap day is the last.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// The reverse of [`civil`]; for days that do not exist, some other day.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = (month + 9).rem_euclid(12);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
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
    }

    #[test]
    fn what_is_written_is_read() {
        for day in (0..60_000).step_by(7) {
            let micros = (day * DAY + day % DAY) * SECOND + day % 3;
            assert_eq!(read_beijing(&beijing(micros)), Some(micros), "{}", beijing(micros));
        }
        assert_eq!(read_beijing("2010-11-23 08:00"), Some(1_290_470_400_000_000));
        assert_eq!(read_beijing("2010-11-23"), Some(1_290_441_600_000_000));
    }

    #[test]
    fn what_is_no_instant_is_not_read() {
        for text in ["", "2010", "2010-02-29", "2010-13-01", "2010-01-01 24:00:00", "今天"] {
            assert_eq!(read_beijing(text), None, "{text}");
        }
    }
}
