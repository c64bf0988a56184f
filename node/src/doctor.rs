//! The doctor (体检): named checks of a process and all that it stands on, while it runs and while
//! it does not. Nothing is changed. What it finds has a name of [`table`] or of the alerts.
//!
//! ```text
//! files ─► store ─► what processes noted ─► ports, hub ─► every byte    (quick: the first three)
//!              └────────────► Examined { checks, findings } ─► report, exit code
//! ```

pub mod files;
pub mod journals;
pub mod node;
pub mod reach;
pub mod report;
pub mod stored;
pub mod table;

use std::io::{self, IsTerminal as _, Write as _};

use sanheyi_exchange_spec::health::{Finding, in_order};

/// What was looked at, and what is wrong.
#[derive(Debug, Default)]
pub struct Examined {
    /// Names of the checks that were made, in their order.
    pub checks: Vec<&'static str>,
    /// What they found.
    findings: Vec<Finding>,
}

impl Examined {
    /// A check was made, and found this.
    pub fn add(&mut self, check: &'static str, found: impl IntoIterator<Item = Finding>) {
        self.checks.push(check);
        self.findings.extend(found);
    }

    /// A check that may take long begins: said on standard error, so that nobody thinks it hangs.
    pub fn begin(&self, check: &'static str, zh: &str) {
        let mut out = io::stderr();
        let end = if out.is_terminal() { " …\r" } else { "\n" };
        // Where nobody listens nothing can be said.
        let _ = write!(out, "体检 doctor: {zh} {check}{end}");
    }

    /// What is wrong, the gravest first.
    pub fn findings(self) -> (Vec<&'static str>, Vec<Finding>) {
        (self.checks, in_order(self.findings))
    }
}
