//! Files and folders that a process stands on: configuration, secrets, data, certificate.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sanheyi_exchange_spec::health::Finding;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;

use super::table;
use crate::identity::Files;
use crate::identity::health::{Validity, certificate_finding};
use crate::process::config::ConfigError;
use crate::process::said::with_causes;
use crate::process::secret::{SecretError, read_secret, read_seed};
use crate::process::tls::Trust;

/// A configuration that cannot be used: everything that is wrong, at its place.
pub fn configuration(path: &Path, error: &ConfigError) -> Vec<Finding> {
    match error {
        ConfigError::Problems(problems) => problems
            .list()
            .iter()
            .map(|one| {
                let (zh, en) = (one.problem.zh.to_string(), one.problem.en.to_string());
                Finding::new(&table::CONFIG_INVALID, one.place.as_str(), zh, en)
                    .remedied(one.remedy.zh.to_string(), one.remedy.en.to_string())
            })
            .collect(),
        ConfigError::Unreadable { source, .. } => {
            let (subject, en) = (path.display().to_string(), source.to_string());
            let zh = format!("无法读取：{source}");
            vec![Finding::new(&table::CONFIG_INVALID, subject, zh, en)]
        }
    }
}

/// A secret that others may read, or that cannot be read.
pub fn secret(path: &Path) -> Option<Finding> {
    unreadable(path, &read_secret(path).err()?)
}

fn unreadable(path: &Path, error: &SecretError) -> Option<Finding> {
    let fault = match error {
        SecretError::Exposed { .. } => &table::SECRET_EXPOSED,
        _ => &table::SECRET_UNREADABLE,
    };
    let said = with_causes(error);
    let (subject, zh) = (path.display().to_string(), format!("{}：{said}", fault.zh));
    Some(Finding::new(fault, subject, zh, said))
}

/// A key of the form that others may read, or that cannot be read as one.
pub fn seed(path: &Path) -> Option<Finding> {
    secret(path).or_else(|| unreadable(path, &read_seed(path).err()?))
}

/// A data folder that is absent, or open to others.
pub fn folder(path: &Path) -> Option<Finding> {
    let subject = path.display().to_string();
    let Ok(facts) = std::fs::metadata(path) else {
        return Some(Finding::new(&table::DATA_ABSENT, subject, "没有找到", "it is not there"));
    };
    let mode = facts.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let zh = format!("权限为 {mode:o}，应为 700");
        let en = format!("its mode is {mode:o}, it should be 700");
        Finding::new(&table::DATA_EXPOSED, subject, zh, en)
    })
}

/// Certificate, key and authorities that count now: whether they can be used, whose they are, and
/// until when.
pub fn identity(
    files: &Files,
    hub: &PlatformId,
    platform: &PlatformId,
    now: Timestamp,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let at = files.now();
    if let Err(error) = Trust::load(&at.ca) {
        let (subject, said) = (at.ca.display().to_string(), with_causes(&error));
        let zh = format!("无法使用：{said}");
        found.push(Finding::new(&table::AUTHORITY_BROKEN, subject, zh, said));
        return found;
    }
    let held = files.load().and_then(|held| held.identity.check().map(|()| held));
    let subject = match held {
        Ok(held) => held.subject,
        Err(error) => {
            let (subject, said) = (at.certificate.display().to_string(), with_causes(&error));
            let zh = format!("无法使用：{said}");
            found.push(Finding::new(&table::IDENTITY_BROKEN, subject, zh, said));
            return found;
        }
    };
    if subject.platform != *platform || subject.hub != *hub {
        let whose = format!("{}/{}", subject.hub, subject.platform);
        let (zh, en) = (format!("证书属于 {whose}"), format!("it is the certificate of {whose}"));
        found.push(Finding::new(&table::IDENTITY_OTHER, platform.as_str(), zh, en));
    }
    let validity = Validity { not_before: subject.not_before, not_after: subject.not_after };
    found.extend(certificate_finding(platform.as_str(), validity, now));
    found
}
