//! What the authority issues, and where the hub's own certificate lies.

use std::path::Path;
use std::sync::Arc;

use sanheyi_node::config::TlsFiles;
use sanheyi_node::identity::Files;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::config::Problems;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::said::Said;
use sanheyi_node::store::Database;
use serde::Deserialize;

use super::CheckedConfig;
use crate::authority::CERTIFICATE_DAYS;
use crate::certificates::{CertificateParts, NODE_DAYS};

/// `[authority]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorityFile {
    /// How many days a certificate lives that is renewed or enrolled: 1 to 730, usually 90.
    pub certificate_days: u32,
}

impl Default for AuthorityFile {
    fn default() -> Self {
        Self { certificate_days: NODE_DAYS }
    }
}

impl AuthorityFile {
    pub(super) fn check(self, problems: &mut Problems) -> u32 {
        let days = self.certificate_days;
        if !(1..=CERTIFICATE_DAYS).contains(&days) {
            problems.add(
                "authority.certificate_days",
                Said::new(
                    format!("应为 1 至 {CERTIFICATE_DAYS} 天，实为 {days}"),
                    format!("must be 1 to {CERTIFICATE_DAYS} days, not {days}"),
                ),
                Said::new(
                    format!("一般用 {NODE_DAYS}，也可删去此项"),
                    format!("usually {NODE_DAYS}; it may be left out"),
                ),
            );
        }
        days
    }
}

impl CheckedConfig {
    /// Where the hub's own certificate lies: the configured one, or what it was renewed to.
    pub fn identity(&self) -> Files {
        let (ca, certificate) = (self.tls.ca.clone(), self.tls.certificate.clone());
        Files::new(&self.data, TlsFiles { ca, certificate, key: self.tls.key.clone() })
    }

    /// What the register of certificates is opened with.
    pub fn certificates(
        &self,
        database: &Database,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> CertificateParts {
        CertificateParts {
            database: database.clone(),
            hub: self.hub.clone(),
            folder: self.tls.ca.parent().unwrap_or(Path::new(".")).to_owned(),
            days: self.certificate_days,
            clock: Arc::clone(clock),
            entropy: Arc::clone(entropy),
        }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_node::process::config::parse;

    use super::super::{EXAMPLE, HubConfig};
    use super::*;

    #[test]
    fn the_life_of_certificates_has_a_default_and_bounds() {
        let path = Path::new("/nowhere/hub.toml");
        let shown = format!("# [authority]\n# certificate_days = {NODE_DAYS}\n");
        assert!(EXAMPLE.contains(&shown), "the example shows the default");
        for (days, good) in [(0, false), (1, true), (730, true), (731, false)] {
            let given = format!("[authority]\ncertificate_days = {days}\n");
            let given: HubConfig = parse(path, &EXAMPLE.replace(&shown, &given)).unwrap();
            let said = given.check(path).unwrap_err().to_string();
            assert_eq!(!said.contains("authority.certificate_days"), good, "{said}");
        }
    }
}
