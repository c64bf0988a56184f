//! Ports for what is stopped and started again at one address.
//!
//! A port the kernel picks lies in the range from which it also picks the near ends of
//! connections: while nobody listens there, a connection of any other test may get it, and the
//! start after that fails. So these lie outside that range, and one is given once to a process.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where looking begins: above what servers usually have.
const LOWEST: u16 = 10_240;

/// An address of this machine where nobody listens, and where no connection begins.
///
/// # Panics
/// If every port is taken.
#[must_use]
pub fn free() -> SocketAddr {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let usable = outside(
        &std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default(),
    );
    let count = u32::from(usable.end - usable.start);
    // Processes side by side begin at different places.
    let first = std::process::id().wrapping_mul(97);
    for _ in 0..count {
        let next = first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % count;
        let port = usable.start + u16::try_from(next).expect("a port");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port from {} to {} is free", usable.start, usable.end);
}

/// The ports from which the kernel takes none by itself; its usual range if it does not say.
fn outside(range: &str) -> Range<u16> {
    let mut ends = range.split_whitespace();
    let (low, high) = (ends.next(), ends.next());
    let low = low.and_then(|low| low.parse().ok()).unwrap_or(32_768);
    let high: u16 = high.and_then(|high| high.parse().ok()).unwrap_or(60_999);
    // The last port that it says is still one of its own.
    let (below, above) = (LOWEST..low, high.saturating_add(1)..u16::MAX);
    if below.len() >= above.len() { below } else { above }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_part_outside_the_kernels_range_is_used() {
        assert_eq!(outside(""), LOWEST..32_768);
        assert_eq!(outside("20000 60999"), LOWEST..20_000);
        assert_eq!(outside("11000 40000"), 40_001..u16::MAX);
        assert_eq!(outside("1024 40000"), 40_001..u16::MAX);
        assert_eq!(outside("12000 65535"), LOWEST..12_000);
    }

    #[test]
    fn no_address_is_given_twice() {
        let given: std::collections::BTreeSet<_> = (0..50).map(|_| free()).collect();
        assert_eq!(given.len(), 50);
    }
}
