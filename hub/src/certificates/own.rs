//! The hub's own certificate, what it trusts, and the task that keeps both: it looks every few
//! seconds at the store and at the files, and swaps what the next handshake uses.

use std::convert::Infallible;
use std::sync::Arc;

use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::identity::health::Validity;
use sanheyi_node::identity::{Files, Held};
use sanheyi_node::process::clock::pause;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::process::said::with_causes;
use sanheyi_node::process::tls::enrol::enrolment_config;
use sanheyi_node::process::tls::request::request;
use sanheyi_node::process::tls::subject::names_of_pem;
use sanheyi_node::process::tls::swap::Swap;
use sanheyi_node::process::tls::{ServerConfig, Trust, revoking_config};

use super::{CertificateError, Certificates, LOOK};
use crate::authority::AuthorityError;
use crate::store::{CertificateRow, Origin, certificate_get, certificate_put, certificate_use_put};

/// How often an instance notes which certificate it shows, in microseconds.
const NOTE_EVERY: i64 = 600_000_000;

/// What the hub shows and trusts, kept fresh.
pub struct Own {
    certificates: Certificates,
    files: Files,
    tls: Swap<ServerConfig>,
    /// For machines that want to enrol.
    strangers: Swap<ServerConfig>,
    /// What the present configuration was made of.
    made_of: (Vec<Option<[u8; 32]>>, String),
    /// The serial number that was last noted as shown, and when.
    noted: Option<(String, Timestamp)>,
    /// Said once, not every few seconds.
    offline: bool,
}

// === impl Own ===

impl Own {
    /// Makes the first configuration. `files` are the hub's own.
    ///
    /// # Errors
    /// If certificate, key or authorities cannot be used, or the store cannot be read.
    pub async fn open(certificates: Certificates, files: Files) -> Result<Self, CertificateError> {
        let bundle = certificates.bundle().await?;
        let held = files.load()?;
        let tls = configuration(&certificates, &held, &bundle)?.into();
        let strangers = for_strangers(&certificates, &held)?.into();
        let made_of = (files.stamp(), bundle);
        Ok(Self { certificates, files, tls, strangers, made_of, noted: None, offline: false })
    }

    /// What handshakes use.
    pub fn tls(&self) -> Swap<ServerConfig> {
        self.tls.clone()
    }

    /// What handshakes with machines use that want to enrol.
    pub fn strangers(&self) -> Swap<ServerConfig> {
        self.strangers.clone()
    }

    /// Looks until shutdown.
    ///
    /// # Errors
    /// None: what fails is said and looked at again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let wake = Arc::clone(&self.certificates.wake);
        loop {
            if let Err(error) = self.tick().await {
                let why = with_causes(&error);
                tracing::error!(why, "certificates could not be looked at, and will be: {why}");
            }
            tokio::select! {
                () = pause(LOOK) => {}
                () = wake.notified() => {}
                () = shutdown.soft_asked() => return Ok(()),
            }
        }
    }

    /// Looks once: what was revoked, whom to trust, whether a rotation goes on, and whether the own
    /// certificate is to be renewed.
    ///
    /// # Errors
    /// Of the store, the files or the authority.
    pub async fn tick(&mut self) -> Result<(), CertificateError> {
        self.certificates.look().await?;
        self.certificates.step().await?;
        let renewed = self.renew_own().await;
        let bundle = self.certificates.bundle().await?;
        let made_of = (self.files.stamp(), bundle);
        if made_of != self.made_of {
            let held = self.files.load()?;
            self.tls.put(configuration(&self.certificates, &held, &made_of.1)?);
            self.strangers.put(for_strangers(&self.certificates, &held)?);
            self.made_of = made_of;
            let serial = held.subject.serial;
            tracing::info!(serial, "the hub shows and trusts something new from now on");
        }
        self.note().await?;
        renewed
    }

    /// Renews the hub's certificate in good time, and when the authority that it shows has ended.
    async fn renew_own(&mut self) -> Result<(), CertificateError> {
        let Certificates { parts, .. } = &self.certificates;
        let held = self.files.load()?;
        let showing = self.certificates.showing().await?;
        let validity =
            Validity { not_before: held.subject.not_before, not_after: held.subject.not_after };
        let other = held.identity.issuer() != showing.as_ref().map(|row| row.key);
        if !other && !validity.renewal_due(parts.clock.now()) {
            return Ok(());
        }
        let authority = match self.certificates.of_or_signing(showing.as_ref()).await {
            Err(CertificateError::Authority(AuthorityError::Offline { .. })) if self.offline => {
                return Ok(());
            }
            authority => authority,
        };
        self.offline = authority.is_err();
        let authority = authority?;
        let chain = std::fs::read_to_string(&held.certificate)
            .map_err(|source| AuthorityError::File { path: held.certificate.clone(), source })?;
        let names = names_of_pem(&chain)?;
        let made = request(&parts.hub)?;
        let (chain, subject) =
            self.certificates.sign(&authority, &parts.hub, &made.csr_pem, &names)?;
        self.certificates.write_down(&authority, &subject, Origin::Renew).await?;
        self.files.keep_pair(&chain, &made.key_pem)?;
        let detail = format!("{} → {}", held.subject.serial, subject.serial);
        self.certificates.changed("", "certificate.renew", parts.hub.as_str(), detail).await?;
        tracing::info!(serial = subject.serial, "the hub's own certificate was renewed");
        Ok(())
    }

    /// Notes in the store which certificate this instance shows, for whoever asks.
    async fn note(&mut self) -> Result<(), CertificateError> {
        let Certificates { parts, .. } = &self.certificates;
        let (held, now) = (self.files.load()?, parts.clock.now());
        let serial = held.subject.serial.clone();
        let fresh = |at: Timestamp| (0..NOTE_EVERY).contains(&now.micros_since(at));
        if self.noted.as_ref().is_some_and(|(noted, at)| *noted == serial && fresh(*at)) {
            return Ok(());
        }
        let store = parts.database.of(&parts.hub);
        let known = certificate_get(&store, &serial).await?.is_some();
        let mut tx = store.begin("certificate_use_put").await?;
        if !known && let Some(authority) = held.identity.issuer() {
            let row = CertificateRow {
                platform: parts.hub.clone(),
                serial: serial.clone(),
                issued: held.subject.not_before,
                not_after: held.subject.not_after,
                authority,
                origin: Origin::Init,
                revoked: None,
                reason: String::new(),
            };
            certificate_put(&mut tx, &row).await?;
        }
        certificate_use_put(&mut tx, &serial, &store, &held.subject.key, now).await?;
        if let Some((before, _)) = self.noted.take_if(|(before, _)| *before != serial) {
            let never = Timestamp::from_micros(0);
            certificate_use_put(&mut tx, &before, &store, &[0; 32], never).await?;
        }
        tx.commit().await?;
        self.noted = Some((serial, now));
        Ok(())
    }
}

fn for_strangers(
    certificates: &Certificates,
    held: &Held,
) -> Result<Arc<ServerConfig>, CertificateError> {
    Ok(enrolment_config(&held.identity, Arc::clone(&certificates.parts.clock))?)
}

fn configuration(
    certificates: &Certificates,
    held: &Held,
    bundle: &str,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let (clock, revoked) = (Arc::clone(&certificates.parts.clock), certificates.revoked());
    Ok(revoking_config(&held.identity, &Trust::from_pem(bundle)?, clock, &revoked)?)
}
