//! What a process weighs, as the system says.

use anyhow::Context as _;

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Resident now.
    pub now: u64,
    /// Most that was ever resident.
    pub most: u64,
}

impl Weight {
    /// What the process with this id weighs.
    ///
    /// # Errors
    /// If the system does not say: it is gone, or this is no Linux.
    pub fn of(process: u32) -> anyhow::Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        Ok(Self { now: kilobytes(&status, "VmRSS:")?, most: kilobytes(&status, "VmHWM:")? })
    }
}

fn kilobytes(status: &str, name: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number: u64 = number.with_context(|| format!("{name} is not said"))?.parse()?;
    Ok(number * 1024)
}

/// How many files and connections this process, and those that it starts, may have open at once.
///
/// # Errors
/// If the system does not say.
pub fn handles() -> anyhow::Result<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).context("no such limit")?;
    if soft == "unlimited" { Ok(u64::MAX) } else { Ok(soft.parse()?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_weighs_something_and_never_more_than_it_did() {
        let weight = Weight::of(std::process::id()).unwrap();
        assert!(weight.now > 1 << 20 && weight.now <= weight.most, "{weight:?}");
        assert!(handles().unwrap() > 0);
        assert_eq!(kilobytes("VmRSS:\t   12 kB\n", "VmRSS:").unwrap(), 12 * 1024);
    }
}
