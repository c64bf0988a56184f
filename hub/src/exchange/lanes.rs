//! Lanes of work: admission and gate take platforms side by side where the database lets many write
//! (PostgreSQL), and one after another where there is one writer anyhow (SQLite). A platform always
//! has the same lane, so nothing of it is done twice at once in this process.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::Reach;

/// Lanes where platforms commit side by side: commits wait for the disk together, so more than
/// there are cores are of use.
const LANES: usize = 8;

/// How many lanes there are.
pub(crate) fn lanes(reach: Reach) -> usize {
    match reach {
        Reach::Everything => 1,
        Reach::OnePlatform => LANES,
    }
}

/// The lane of a platform, of so many.
pub(crate) fn lane_of(platform: &PlatformId, lanes: usize) -> usize {
    let sum = platform
        .as_str()
        .bytes()
        .fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    sum % lanes.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_of_platforms_is_spread_over_all_lanes() {
        let mut used = [0; LANES];
        for name in [
            "jintan",
            "liyang",
            "wujin",
            "tianning",
            "zhonglou",
            "qishuyan",
            "xinbei",
            "shizhi",
            "changzhou",
            "jingkai",
            "kejiao",
            "wuxi",
            "suzhou",
            "nantong",
            "yangzhou",
            "zhenjiang",
        ] {
            used[lane_of(&name.parse().unwrap(), LANES)] += 1;
        }
        assert!(used.iter().all(|one| *one <= 5), "{used:?}");
        assert_eq!(lane_of(&"jintan".parse().unwrap(), lanes(Reach::Everything)), 0);
    }
}
