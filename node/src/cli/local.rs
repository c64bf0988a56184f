//! Times as people in Changzhou write them: Beijing time, wherever the machine stands.

use jiff::Timestamp as Instant;
use jiff::tz::TimeZone;
use sanheyi_exchange_spec::time::Timestamp;

/// The time zone of the city.
const ZONE: &str = "Asia/Shanghai";

/// For a terminal: `2010-11-23 08:00:00`; `—` where nothing has happened yet.
pub fn shown(time: Timestamp) -> String {
    written(time, "%Y-%m-%d %H:%M:%S").unwrap_or_else(|| "—".to_owned())
}

/// For JSON, by RFC 3339: `2010-11-23T08:00:00.000000+08:00`; nothing where nothing has happened
/// yet.
pub fn rfc3339(time: Timestamp) -> Option<String> {
    written(time, "%Y-%m-%dT%H:%M:%S.%6f%:z")
}

fn written(time: Timestamp, format: &str) -> Option<String> {
    if time == Timestamp::default() {
        return None;
    }
    let zone = TimeZone::get(ZONE).ok()?;
    let instant = Instant::from_microsecond(time.as_micros()).ok()?;
    Some(instant.to_zoned(zone).strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_city() {
        let morning = Timestamp::from_micros(1_290_470_400_000_000);
        assert_eq!(shown(morning), "2010-11-23 08:00:00");
        assert_eq!(rfc3339(morning).unwrap(), "2010-11-23T08:00:00.000000+08:00");
        assert_eq!(
            (shown(Timestamp::default()).as_str(), rfc3339(Timestamp::default())),
            ("—", None)
        );
    }
}
