//! How one authority follows another while everything runs (根证书轮换). Each step is one row that
//! changes; a crash between two leaves the one before it.
//!
//! 1. `rotate` makes the next authority. From then on everybody is told to trust both.
//! 2. When every node that was seen lately has said that it does, the next one signs (by itself, or
//!    at once where the operator says so), and nodes are told to renew. The hub itself goes on
//!    showing a certificate of the former one: so a node that slept through all this still trusts
//!    the hub, connects, and hears of it.
//! 3. `finish` ends the former one, once nobody lives on its certificates any more. Then the hub
//!    shows a certificate of the new one, which everybody trusts by now.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::tls::subject::{authority_of_pem, trust_digest};
use sanheyi_node::store::StoreError;
use thiserror::Error;

use super::{CertificateError, Certificates, bundle_of};
use crate::authority;
use crate::store::{
    AuthorityRow, AuthorityState, CertificateRow, PlatformRow, UseRow, authority_turn,
    certificate_living, certificate_use_list, platform_list, trusted_list,
};

/// A node that was not seen for so many days is not waited for before the next authority signs: it
/// still connects while the former one is trusted.
pub const SEEN_DAYS: i64 = 30;
const DAY_MICROS: i64 = 86_400_000_000;

/// Why a step of a rotation is refused.
#[derive(Debug, Error)]
pub enum RotationError {
    /// Of the store, the files or the authority.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// One is under way.
    #[error(
        "已有一次根证书轮换在进行，请先完成 · a rotation is under way: finish it first (authority status)"
    )]
    UnderWay,
    /// None is under way.
    #[error("没有进行中的根证书轮换 · no rotation is under way")]
    None,
    /// The next authority does not sign yet.
    #[error(
        "新根证书尚未开始签发，还在等待：{} · the next authority does not sign yet, it waits for: {}",
        .0.join("、"), .0.join(", ")
    )]
    NotSigning(Vec<String>),
    /// Platforms would be cut off.
    #[error(
        "以下平台仍使用旧根证书签发的证书，结束将使其断开：{}；确认放弃的用 --without 逐一指明 · these still live \
         on certificates of the former authority and would be cut off: {}; name those that shall be with --without",
        .0.join("、"), .0.join(", ")
    )]
    Living(Vec<String>),
}

/// An authority, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityReport {
    /// Its row.
    pub row: AuthorityRow,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whether its private key lies here.
    pub key_here: bool,
}

/// A platform, as far as a rotation goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformReport {
    /// The platform.
    pub platform: PlatformId,
    /// When its certificate last came with a connection.
    pub seen: Option<Timestamp>,
    /// Whether it has said that it trusts exactly what it should.
    pub confirmed: bool,
    /// Whether the certificate that it uses is of the authority that signs now.
    pub renewed: bool,
    /// Whether a certificate of it counts at all: a revoked platform is waited for by nobody.
    pub living: bool,
    /// Whether it was seen within [`SEEN_DAYS`].
    pub lately: bool,
}

/// How a rotation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationReport {
    /// The authorities, the oldest first.
    pub authorities: Vec<AuthorityReport>,
    /// The platforms with nodes.
    pub platforms: Vec<PlatformReport>,
}

// === impl RotationReport ===

impl RotationReport {
    /// Whether one is in that state.
    pub fn has(&self, state: AuthorityState) -> bool {
        self.authorities.iter().any(|one| one.row.state == state)
    }

    /// Who is waited for before the next authority signs.
    pub fn unconfirmed(&self) -> Vec<String> {
        self.named(|one| one.living && one.lately && !one.confirmed)
    }

    /// Who would be cut off if the former authority ended.
    pub fn unrenewed(&self) -> Vec<String> {
        self.named(|one| one.living && !one.renewed)
    }

    fn named(&self, which: impl Fn(&PlatformReport) -> bool) -> Vec<String> {
        let of = self.platforms.iter().filter(|one| which(one));
        of.map(|one| one.platform.to_string()).collect()
    }
}

impl Certificates {
    /// How the authorities and whoever trusts them stand.
    ///
    /// # Errors
    /// Of the store.
    pub async fn rotation(&self) -> Result<RotationReport, CertificateError> {
        let (database, now) = (&self.parts.database, self.parts.clock.now());
        let rows = self.authorities().await?;
        let digest = trust_digest(bundle_of(&rows).as_bytes());
        let signing = rows.iter().find(|row| row.state == AuthorityState::Signing);
        let signing = signing.map(|row| row.key);
        let living = by_platform(certificate_living(database, now).await?, now);
        let mut seen: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for used in certificate_use_list(database).await? {
            seen.entry(used.platform.clone()).or_default().push(used);
        }
        let trusted = trusted_list(database).await?.into_iter();
        let trusted: BTreeMap<_, _> = trusted.map(|row| (row.platform, row.digest)).collect();

        let nodes = platform_list(database).await?.into_iter().filter(|row| !row.hosted);
        let never = Timestamp::from_micros(0);
        let platforms = nodes.map(|PlatformRow { platform, .. }| {
            let own = living.get(&platform).map(Vec::as_slice).unwrap_or_default();
            let used = seen.get(&platform).map(Vec::as_slice).unwrap_or_default();
            let of = |serial: &str| own.iter().find(|row| row.serial == serial);
            // Of two that were seen at one moment the later one is in use.
            let newest = |one: &&UseRow| (one.seen, of(&one.serial).map(|row| row.issued));
            let last = used.iter().filter(|one| one.seen > never).max_by_key(newest);
            let at = last.map(|one| one.seen);
            let in_use = last.and_then(|one| of(&one.serial)).or_else(|| own.last());
            PlatformReport {
                seen: at,
                confirmed: trusted.get(&platform) == Some(&digest),
                renewed: in_use.is_some_and(|row| Some(row.authority) == signing),
                living: !own.is_empty(),
                lately: at.is_some_and(|at| now.micros_since(at) <= SEEN_DAYS * DAY_MICROS),
                platform,
            }
        });
        let platforms = platforms.collect();
        Ok(RotationReport { authorities: self.shown(rows), platforms })
    }

    /// The authorities, and whether their keys lie here.
    ///
    /// # Errors
    /// Of the store.
    pub async fn authority_reports(&self) -> Result<Vec<AuthorityReport>, StoreError> {
        Ok(self.shown(self.authorities().await?))
    }

    fn shown(&self, rows: Vec<AuthorityRow>) -> Vec<AuthorityReport> {
        let here = authority::found(&self.parts.folder, &self.parts.hub);
        let shown = rows.into_iter().map(|row| {
            let subject = authority_of_pem(&row.certificate);
            AuthorityReport {
                not_after: subject.map_or(row.made, |subject| subject.not_after),
                key_here: here.iter().any(|found| found.key == row.key && found.signs),
                row,
            }
        });
        shown.collect()
    }

    /// Makes the next authority; from then on everybody is told to trust it, too.
    ///
    /// # Errors
    /// [`RotationError::UnderWay`] if there is one; if it cannot be written.
    pub async fn rotate(&self, who: &str) -> Result<(), RotationError> {
        let report = self.rotation().await?;
        if report.has(AuthorityState::Next) || report.has(AuthorityState::Former) {
            return Err(RotationError::UnderWay);
        }
        let parts = self.parts.as_ref();
        let now = parts.clock.now();
        // Files first: what is interrupted here is taken up when the store is next opened.
        let made = authority::make_next(&parts.folder, &parts.hub, now, parts.entropy.as_ref());
        let made = made.map_err(CertificateError::from)?;
        let pem = made.certificate_pem().to_owned();
        let added = self.add_authority(made.key_digest(), pem, AuthorityState::Next).await;
        added.map_err(CertificateError::from)?;
        let done = self.changed(who, "authority.rotate", parts.hub.as_str(), String::new()).await;
        done.map_err(CertificateError::from)?;
        self.look_now();
        Ok(())
    }

    /// Goes on with a rotation by itself: once every node that was seen lately trusts the next
    /// authority, that one signs.
    pub(super) async fn step(&self) -> Result<(), CertificateError> {
        if !self.authorities().await?.iter().any(|row| row.state == AuthorityState::Next) {
            return Ok(());
        }
        let report = self.rotation().await?;
        if report.unconfirmed().is_empty() { self.switch(&report, "").await } else { Ok(()) }
    }

    /// Has the next authority sign, whoever trusts it.
    ///
    /// # Errors
    /// [`RotationError::None`] if there is none.
    pub async fn sign_with_next(&self, who: &str) -> Result<(), RotationError> {
        let report = self.rotation().await?;
        if !report.has(AuthorityState::Next) {
            return Err(RotationError::None);
        }
        self.switch(&report, who).await?;
        self.look_now();
        Ok(())
    }

    async fn switch(&self, report: &RotationReport, who: &str) -> Result<(), CertificateError> {
        let of = |state| report.authorities.iter().find(|one| one.row.state == state);
        let (Some(signing), Some(next)) = (of(AuthorityState::Signing), of(AuthorityState::Next))
        else {
            return Ok(());
        };
        let (own, now) = (self.own(), self.parts.clock.now());
        let mut tx = own.begin("authority_turn").await?;
        let (from, to) = (AuthorityState::Signing, AuthorityState::Former);
        authority_turn(&mut tx, &own, &signing.row.key, from, to, now);
        let (from, to) = (AuthorityState::Next, AuthorityState::Signing);
        authority_turn(&mut tx, &own, &next.row.key, from, to, now);
        match tx.commit().await {
            // Another instance, or a command, was first.
            Err(StoreError::Raced(_)) => return Ok(()),
            done => done?,
        }
        tracing::info!("another authority signs from now on; nodes are told to renew");
        let hub = self.parts.hub.as_str();
        self.changed(who, "authority.sign", hub, String::new()).await?;
        Ok(())
    }

    /// Ends the former authority: whoever lives on its certificates is cut off.
    ///
    /// # Errors
    /// [`RotationError::Living`] with everybody who would be, and is not among `without`.
    pub async fn finish(&self, without: &[PlatformId], who: &str) -> Result<(), RotationError> {
        let report = self.rotation().await?;
        if report.has(AuthorityState::Next) {
            return Err(RotationError::NotSigning(report.unconfirmed()));
        }
        let former: Vec<_> = report.authorities.iter().map(|one| &one.row).collect();
        let former = former.into_iter().find(|row| row.state == AuthorityState::Former);
        let Some(former) = former else { return Err(RotationError::None) };
        let mut living = report.unrenewed();
        living.retain(|name| !without.iter().any(|one| one.as_str() == name));
        if !living.is_empty() {
            return Err(RotationError::Living(living));
        }
        let (own, now) = (self.own(), self.parts.clock.now());
        let ended = async {
            let mut tx = own.begin("authority_turn").await?;
            let (from, to) = (AuthorityState::Former, AuthorityState::Ended);
            authority_turn(&mut tx, &own, &former.key, from, to, now);
            tx.commit().await?;
            let names: Vec<_> = without.iter().map(ToString::to_string).collect();
            let (hub, names) = (self.parts.hub.as_str(), names.join(" "));
            self.changed(who, "authority.finish", hub, names).await
        };
        ended.await.map_err(CertificateError::from)?;
        self.look_now();
        Ok(())
    }
}

fn by_platform(
    rows: Vec<CertificateRow>,
    now: Timestamp,
) -> BTreeMap<PlatformId, Vec<CertificateRow>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.counts(now)) {
        found.entry(row.platform.clone()).or_default().push(row);
    }
    found
}
