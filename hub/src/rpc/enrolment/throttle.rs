//! How often one address may ask: a token's secret has 128 bits, so this is not what keeps it, but
//! what keeps the hub from being asked all day.

use std::collections::BTreeMap;
use std::net::IpAddr;

use sanheyi_exchange_spec::time::Timestamp;

/// Most calls of one address in a minute: a machine that waits asks every five seconds, and two may
/// stand behind one address.
pub const CALLS_A_MINUTE: u32 = 30;
/// Most addresses that are counted apart. Where there are more, all wait for the next minute.
const ADDRESSES: usize = 1024;
const MINUTE: i64 = 60_000_000;

/// Counts calls, minute by minute.
#[derive(Debug, Default)]
pub struct Throttle {
    minute: i64,
    calls: BTreeMap<IpAddr, u32>,
}

impl Throttle {
    /// Whether one more call of an address is admitted now.
    pub fn admits(&mut self, address: IpAddr, now: Timestamp) -> bool {
        let minute = now.as_micros().div_euclid(MINUTE);
        if minute != self.minute {
            self.minute = minute;
            self.calls.clear();
        }
        if self.calls.len() >= ADDRESSES && !self.calls.contains_key(&address) {
            return false;
        }
        let calls = self.calls.entry(address).or_default();
        *calls = calls.saturating_add(1);
        *calls <= CALLS_A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from(number))
    }

    #[test]
    fn an_address_asks_so_often_and_another_one_all_the_same() {
        let mut throttle = Throttle::default();
        let now = Timestamp::from_micros(MINUTE * 5);
        for _ in 0..CALLS_A_MINUTE {
            assert!(throttle.admits(address(1), now));
        }
        assert!(!throttle.admits(address(1), now.plus_micros(MINUTE - 1)));
        assert!(throttle.admits(address(2), now));
        assert!(throttle.admits(address(1), now.plus_micros(MINUTE)), "a new minute");
    }

    #[test]
    fn no_more_addresses_are_counted_than_there_is_room_for() {
        let mut throttle = Throttle::default();
        let now = Timestamp::from_micros(MINUTE);
        for number in 0..u32::try_from(ADDRESSES).unwrap() {
            assert!(throttle.admits(address(number), now));
        }
        assert!(!throttle.admits(address(u32::MAX), now));
        assert!(throttle.admits(address(7), now), "one that is counted goes on");
        assert_eq!(throttle.calls.len(), ADDRESSES);
    }
}
