//! What is wrong with certificates, seen from the hub: a pure function of what the store knows.

use sanheyi_exchange_spec::health::{Finding, Severity, alerts};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::Check;
use sanheyi_node::health::check::Found;
use sanheyi_node::identity::health::{Validity, certificate_finding, remaining};
use sanheyi_node::store::Store;

use super::{AuthorityReport, Certificates};
use crate::store::{AuthorityState, CertificateRow};

const DAY_MICROS: i64 = 86_400_000_000;
/// An authority is spoken of when so much of its life is left, in microseconds: a year, for every
/// node has to hear of the next one, and what it signs ends with it.
pub const AUTHORITY_NOTICE: i64 = 365 * DAY_MICROS;
/// See [`AUTHORITY_NOTICE`]: three months, the life of a certificate.
pub const AUTHORITY_WARNING: i64 = 90 * DAY_MICROS;
/// See [`AUTHORITY_NOTICE`].
pub const AUTHORITY_CRITICAL: i64 = 30 * DAY_MICROS;

/// Of each platform the certificate that lasts longest is looked at: an old one that ends beside
/// its successor is nobody's business. `rows` have not ended or ended lately.
pub fn certificate_findings(rows: &[CertificateRow], now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let many = rest.iter().take_while(|row| row.platform == first.platform).count();
        let (own, others) = rest.split_at(many);
        found.extend(of_platform(&first.platform, own, now));
        rest = others;
    }
    found
}

fn of_platform(platform: &PlatformId, own: &[CertificateRow], now: Timestamp) -> Option<Finding> {
    let last = own.iter().filter(|row| row.revoked.is_none()).max_by_key(|row| row.not_after);
    if let Some(row) = last {
        let validity = Validity { not_before: row.issued, not_after: row.not_after };
        return certificate_finding(platform.as_str(), validity, now);
    }
    let row = own.iter().max_by_key(|row| row.revoked)?;
    let found = Finding::new(
        &alerts::CERTIFICATE_REVOKED,
        platform.as_str(),
        format!("其证书均已吊销：{}", row.reason),
        format!("all its certificates are revoked: {}", row.reason),
    );
    Some(found.since(row.revoked?))
}

/// Looks at the authorities whenever the watchdog does.
pub struct Authorities(pub Certificates);

impl Check for Authorities {
    fn findings<'a>(&'a self, store: &'a Store, now: Timestamp) -> Found<'a> {
        Box::pin(async move {
            let known = self.0.authority_reports().await?;
            Ok(authority_findings(store.platform(), &known, now))
        })
    }
}

/// What is wrong with the authorities: one that ends, and one that signs without its key here.
pub fn authority_findings(
    hub: &PlatformId,
    authorities: &[AuthorityReport],
    now: Timestamp,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let signing = authorities.iter().filter(|one| one.row.state == AuthorityState::Signing);
    for one in signing {
        let left = one.not_after.micros_since(now);
        let severity = match left {
            left if left <= AUTHORITY_CRITICAL => Some(Severity::Critical),
            left if left <= AUTHORITY_WARNING => Some(Severity::Warning),
            left if left <= AUTHORITY_NOTICE => Some(Severity::Notice),
            _ => None,
        };
        if let Some(severity) = severity {
            let (zh, en) = remaining(left.max(0));
            let ends = Finding::new(
                &alerts::AUTHORITY_EXPIRES,
                hub.as_str(),
                format!("签发用的根证书还有{zh}到期"),
                format!("the authority that signs ends in {en}"),
            );
            found.push(ends.as_grave_as(severity));
        }
        if !one.key_here {
            let (zh, en) = (
                "签发用的根证书私钥不在本机，证书无法签发和续期",
                "the key of the authority that signs is not here: nothing is issued or renewed",
            );
            found.push(Finding::new(&alerts::AUTHORITY_OFFLINE, hub.as_str(), zh, en));
        }
    }
    found
}
