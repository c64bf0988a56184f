//! The machine: its name, for telling instances on one store apart, and what it is, for whoever
//! helps from afar.

use std::fs;
use std::thread::available_parallelism;

use serde::Serialize;

/// Where the system says it.
const NAME: &str = "/proc/sys/kernel/hostname";

/// What a machine is; what the system does not say is empty or null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Release of its kernel.
    pub kernel: String,
    /// Its distribution.
    pub distribution: String,
    /// Threads that run at once.
    pub cores: Option<usize>,
    /// Its memory, in bytes.
    pub memory_bytes: Option<u64>,
    /// What of it can be had, in bytes.
    pub memory_available_bytes: Option<u64>,
}

/// What this machine is.
pub fn machine() -> Machine {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let release = read("/etc/os-release");
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let memory = read("/proc/meminfo");
    Machine {
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        distribution: pretty.unwrap_or_default().trim_matches('"').to_owned(),
        cores: available_parallelism().ok().map(usize::from),
        memory_bytes: kilobytes(&memory, "MemTotal:"),
        memory_available_bytes: kilobytes(&memory, "MemAvailable:"),
    }
}

/// A line such as `MemTotal:  4028440 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The name of the machine; `host` where the system does not say it.
pub fn name() -> String {
    let said = fs::read_to_string(NAME).unwrap_or_default();
    match said.trim() {
        "" => "host".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_machine_has_a_name_without_spaces() {
        let name = super::name();
        assert!(!name.is_empty() && !name.contains(char::is_whitespace), "{name}");
    }

    #[test]
    fn the_machine_says_what_it_is() {
        let machine = super::machine();
        assert!(!machine.kernel.is_empty() && machine.cores.is_some(), "{machine:?}");
        assert!(machine.memory_available_bytes <= machine.memory_bytes, "{machine:?}");
        assert!(machine.memory_bytes.is_some_and(|bytes| bytes > 1 << 20), "{machine:?}");
        assert_eq!(super::kilobytes("MemTotal:   12 kB\n", "MemTotal:"), Some(12 * 1024));
        assert_eq!(super::kilobytes("MemTotal:   12\n", "MemTotal:"), None);
    }
}
