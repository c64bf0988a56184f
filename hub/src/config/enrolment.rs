//! `[enrolment]`: whether machines may enrol over the network, and who lets them in.

use serde::Deserialize;

use crate::enrolment::Approval;

/// How machines enrol (入网).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnrolmentConfig {
    /// Whether they may at all.
    pub enabled: bool,
    /// Who lets in a machine that came with a good token.
    pub approval: Approval,
}

impl Default for EnrolmentConfig {
    fn default() -> Self {
        Self { enabled: true, approval: Approval::Token }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sanheyi_node::process::config::parse;

    use super::super::{EXAMPLE, HubConfig};
    use super::*;

    #[test]
    fn the_token_lets_in_unless_a_person_is_asked_for() {
        let shown = "# [enrolment]\n# enabled = true\n# approval = \"token\"\n";
        assert!(EXAMPLE.contains(shown), "the example shows the default");
        let path = Path::new("/nowhere/hub.toml");
        let without: HubConfig = parse(path, EXAMPLE).unwrap();
        assert_eq!(without.enrolment, EnrolmentConfig::default());
        let given = "[enrolment]\nenabled = false\napproval = \"manual\"\n";
        let given: HubConfig = parse(path, &EXAMPLE.replace(shown, given)).unwrap();
        let manual = EnrolmentConfig { enabled: false, approval: Approval::Manual };
        assert_eq!(given.enrolment, manual);
        let wrong = "[enrolment]\napproval = \"nobody\"\n";
        assert!(parse::<HubConfig>(path, &EXAMPLE.replace(shown, wrong)).is_err());
    }
}
