//! When a certificate is to be renewed, and what is said while it has not been: pure functions of
//! its times.

use sanheyi_exchange_spec::health::{Finding, Severity, alerts};
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::LinkRow;

const DAY: i64 = 86_400_000_000;
/// A certificate is renewed at the latest when so much of its life is left, in microseconds: three
/// months are time enough for every fault of a line.
pub const RENEW_AT_MOST: i64 = 90 * DAY;
/// It is said, and said again more gravely, when so much of a certificate's life is left, in
/// microseconds.
pub const EXPIRES_NOTICE: i64 = 30 * DAY;
/// See [`EXPIRES_NOTICE`].
pub const EXPIRES_WARNING: i64 = 7 * DAY;
/// See [`EXPIRES_NOTICE`].
pub const EXPIRES_CRITICAL: i64 = DAY;

/// From when to when something is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From then.
    pub not_before: Timestamp,
    /// Until then.
    pub not_after: Timestamp,
}

impl Validity {
    fn life(self) -> i64 {
        self.not_after.micros_since(self.not_before).max(0)
    }

    /// What is left at `now`, in microseconds; below nothing once it has ended.
    pub fn left(self, now: Timestamp) -> i64 {
        self.not_after.micros_since(now)
    }

    /// Whether it is to be renewed: a third of the life is left, or [`RENEW_AT_MOST`].
    pub fn renewal_due(self, now: Timestamp) -> bool {
        self.left(now) <= (self.life() / 3).min(RENEW_AT_MOST)
    }

    /// How grave it is that it has not been renewed: at 30, 7 and 1 days. One that lives for weeks
    /// only renews itself later than that, and is spoken of at a sixth, a twelfth and a
    /// twenty-fourth of its life.
    pub fn severity(self, now: Timestamp) -> Option<Severity> {
        let (left, life) = (self.left(now), self.life());
        let within = |bound: i64, part: i64| left <= bound.min(life / part);
        if within(EXPIRES_CRITICAL, 24) {
            Some(Severity::Critical)
        } else if within(EXPIRES_WARNING, 12) {
            Some(Severity::Warning)
        } else if within(EXPIRES_NOTICE, 6) || long(life, left) {
            Some(Severity::Notice)
        } else {
            None
        }
    }
}

/// Those that live for three months or longer are spoken of at 30 days.
fn long(life: i64, left: i64) -> bool {
    life >= 90 * DAY && left <= EXPIRES_NOTICE
}

/// What is wrong with the certificate of `subject`, a platform.
pub fn certificate_finding(subject: &str, validity: Validity, now: Timestamp) -> Option<Finding> {
    let severity = validity.severity(now)?;
    let left = validity.left(now);
    if left <= 0 {
        let (zh, en) = ("证书已过期", "its certificate has expired");
        let found = Finding::new(&alerts::CERTIFICATE_EXPIRED, subject, zh, en);
        return Some(found.since(validity.not_after));
    }
    let (zh, en) = remaining(left);
    let found = Finding::new(
        &alerts::CERTIFICATE_EXPIRES,
        subject,
        format!("证书还有{zh}到期，尚未续期"),
        format!("its certificate ends in {en} and was not renewed yet"),
    );
    Some(found.as_grave_as(severity))
}

/// How long something lasts, in words.
pub fn remaining(left: i64) -> (String, String) {
    let days = left / DAY;
    if days >= 1 {
        let s = if days == 1 { "" } else { "s" };
        return (format!(" {days} 天"), format!("{days} day{s}"));
    }
    let hours = left / (DAY / 24);
    (format!(" {hours} 小时"), format!("{hours} h"))
}

/// At a node: whether the hub has told it that its certificate was revoked.
pub fn revoked_finding(subject: &str, link: &LinkRow) -> Option<Finding> {
    let held = link.phase.starts_with("held:");
    let said = link.detail.contains("CertificateRevoked") || link.detail.contains("吊销");
    (held && said).then(|| {
        let (zh, en) = ("市级平台已吊销本平台证书", "the hub has revoked this certificate");
        Finding::new(&alerts::CERTIFICATE_REVOKED, subject, zh, en).since(link.since)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_micros(1_782_864_000_000_000 + days * DAY)
    }

    fn lived(days: i64) -> Validity {
        Validity { not_before: at(0), not_after: at(days) }
    }

    #[test]
    fn a_certificate_is_renewed_when_a_third_of_its_life_is_left_and_three_months_at_most() {
        for (life, due) in [(90, 60), (30, 20), (3, 2), (270, 180), (730, 640)] {
            assert!(!lived(life).renewal_due(at(due).plus_micros(-1)), "{life}");
            assert!(lived(life).renewal_due(at(due)), "{life}");
        }
        assert!(lived(90).renewal_due(at(900)));
    }

    #[test]
    fn it_is_spoken_of_at_thirty_seven_and_one_days() {
        let said = |life: i64, day: i64| {
            let found = certificate_finding("jintan", lived(life), at(day));
            found.map(|found| (found.name, found.severity))
        };
        let expires = |severity| Some(("certificate.expires", severity));
        for life in [90, 730] {
            assert_eq!(said(life, life - 31), None);
            assert_eq!(said(life, life - 30), expires(Severity::Notice));
            assert_eq!(said(life, life - 8), expires(Severity::Notice));
            assert_eq!(said(life, life - 7), expires(Severity::Warning));
            assert_eq!(said(life, life - 2), expires(Severity::Warning));
            assert_eq!(said(life, life - 1), expires(Severity::Critical));
            assert_eq!(said(life, life), Some(("certificate.expired", Severity::Critical)));
        }
        // One of twelve days has renewed itself when four are left.
        assert_eq!(said(12, 9), None);
        assert_eq!(said(12, 10), expires(Severity::Notice));
        assert_eq!(said(12, 11), expires(Severity::Warning));
    }

    #[test]
    fn a_held_link_says_whether_the_certificate_was_revoked() {
        let mut link = LinkRow { phase: "held:unauthorised".to_owned(), ..LinkRow::default() };
        assert_eq!(revoked_finding("jintan", &link), None);
        link.detail = "the hub refused this platform's certificate (CertificateRevoked)".to_owned();
        assert_eq!(revoked_finding("jintan", &link).unwrap().name, "certificate.revoked");
        link.phase = "live".to_owned();
        assert_eq!(revoked_finding("jintan", &link), None);
    }
}
