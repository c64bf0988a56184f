//! Certificates, live: who is let in by which, how they are renewed and revoked, and how one
//! authority follows another. Nothing of it stops the hub.
//!
//! ```text
//!   certificate, authority, trusted (store) ◄── every instance, every command
//!            │ a look every few seconds
//!            ▼
//!      Certificates ──► revoked serials ──► handshakes, connections that stand
//!            │      ──► trust, own pair ──► Swap<ServerConfig>
//!            └─ check (every call), renew, trust (calls of nodes)
//! ```
//!
//! The store is what several instances have in common, so it says which certificates count and
//! which authorities are trusted. Private keys never enter it: an instance without the key of the
//! authority that signs cannot issue, says so, and everything else goes on.

pub mod health;
mod issue;
mod own;
mod register;
mod rotation;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::identity::FilesError;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::tls::TlsError;
use sanheyi_node::process::tls::request::RequestError;
use sanheyi_node::process::tls::subject::SubjectError;
use sanheyi_node::process::tls::swap::Revoked;
use sanheyi_node::store::{ChangeRow, Database, Store, StoreError};
use thiserror::Error;
use tokio::sync::Notify;

pub use issue::{Issued, LIVING_MOST, Trusting};
pub use own::Own;
pub use rotation::{AuthorityReport, PlatformReport, RotationError, RotationReport, SEEN_DAYS};

use crate::authority::{self, Authority, AuthorityError};
use crate::store::{
    AuthorityRow, AuthorityState, authority_list, authority_put, certificate_living,
};

/// How often every instance looks at what was revoked and which authorities are trusted: a
/// revocation cuts within this and a moment.
pub const LOOK: Duration = Duration::from_secs(5);
/// How long a certificate of a node lives unless configured otherwise, in days: it renews itself
/// when a month is left.
pub const NODE_DAYS: u32 = 90;

/// What certificates are kept with.
#[derive(Clone)]
pub struct CertificateParts {
    /// The store.
    pub database: Database,
    /// The hub's own platform.
    pub hub: PlatformId,
    /// Folder of the authorities.
    pub folder: PathBuf,
    /// Life of what is renewed, in days.
    pub days: u32,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// Certificates and authorities of a hub; clones share what they know.
#[derive(Clone)]
pub struct Certificates {
    parts: Arc<CertificateParts>,
    revoked: Revoked,
    known: Arc<Mutex<Known>>,
    wake: Arc<Notify>,
}

/// What was read out of the store at the last look, and since.
#[derive(Default)]
struct Known {
    /// Serial numbers that count, with whose they are.
    counting: BTreeMap<String, PlatformId>,
    /// When a certificate was last written down as seen.
    noted: BTreeMap<String, Timestamp>,
}

/// Why something about certificates could not be done.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The files of the hub's own identity.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Keys and certificates that cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A certificate that says nothing.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A key could not be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The store knows of no authority, and none lies in the folder.
    #[error(
        "{path} 中没有本市级平台的根证书，请从备份恢复 / there is no authority of this hub in {path}: restore it from the backup",
        path = .0.display()
    )]
    NoAuthority(PathBuf),
}

// === impl Certificates ===

impl Certificates {
    /// Opens the register, beside a hub that may be running, and writes down the authorities that
    /// lie in the folder and that the store does not know yet.
    ///
    /// # Errors
    /// Of the store, or if there is no authority at all.
    pub async fn open(parts: CertificateParts) -> Result<Self, CertificateError> {
        let (revoked, known) = (Revoked::default(), Arc::default());
        let wake = Arc::new(Notify::new());
        let certificates = Self { parts: Arc::new(parts), revoked, known, wake };
        certificates.adopt_authorities().await?;
        certificates.look().await?;
        Ok(certificates)
    }

    /// Serial numbers that are refused in handshakes, as the last look found them.
    pub fn revoked(&self) -> Revoked {
        self.revoked.clone()
    }

    /// Has the task look at once: something in this process has changed what counts.
    pub fn look_now(&self) {
        self.wake.notify_one();
    }

    /// The hub's own rows.
    fn own(&self) -> Store {
        self.parts.database.of(&self.parts.hub)
    }

    fn known<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads which certificates count and which were revoked.
    ///
    /// # Errors
    /// Of the store.
    pub async fn look(&self) -> Result<(), StoreError> {
        let rows = certificate_living(&self.parts.database, self.parts.clock.now()).await?;
        let (off, on): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.revoked.is_some());
        let off: BTreeSet<_> = off.into_iter().map(|row| row.serial).collect();
        self.known(|known| {
            known.counting = on.into_iter().map(|row| (row.serial, row.platform)).collect();
            known.noted.retain(|serial, _| known.counting.contains_key(serial));
        });
        if *self.revoked.get() != off {
            tracing::info!(count = off.len(), "certificates are revoked; their lines are cut");
            self.revoked.put(Arc::new(off));
        }
        Ok(())
    }

    /// The authorities that the store knows, the oldest first.
    ///
    /// # Errors
    /// Of the store.
    pub async fn authorities(&self) -> Result<Vec<AuthorityRow>, StoreError> {
        authority_list(&self.own()).await
    }

    /// The authorities that everybody shall trust, in PEM: the same bytes at every instance, for
    /// nodes say by their digest what they trust.
    ///
    /// # Errors
    /// Of the store.
    pub async fn bundle(&self) -> Result<String, StoreError> {
        Ok(bundle_of(&self.authorities().await?))
    }

    /// The authority that signs now.
    ///
    /// # Errors
    /// [`AuthorityError::Offline`] if its key does not lie here; of the store.
    pub async fn signing(&self) -> Result<Authority, CertificateError> {
        let CertificateParts { folder, hub, .. } = self.parts.as_ref();
        let rows = self.authorities().await?;
        let signing = rows.iter().find(|row| row.state == AuthorityState::Signing);
        let Some(row) = signing else {
            return Err(CertificateError::NoAuthority(folder.clone()));
        };
        Ok(authority::of_key(folder, hub, &row.key)?)
    }

    /// The authority whose certificate the hub shows: the former one until it ends, for everybody
    /// trusts that one, then the one that signs. Tokens of enrolment pin it.
    ///
    /// # Errors
    /// Of the store.
    pub async fn showing(&self) -> Result<Option<AuthorityRow>, StoreError> {
        let rows = self.authorities().await?;
        let of = |state| rows.iter().find(|row| row.state == state);
        Ok(of(AuthorityState::Former).or_else(|| of(AuthorityState::Signing)).cloned())
    }

    /// The authority of a row, or the one that signs where its key does not lie here.
    async fn of_or_signing(
        &self,
        row: Option<&AuthorityRow>,
    ) -> Result<Authority, CertificateError> {
        let CertificateParts { folder, hub, .. } = self.parts.as_ref();
        match row.map(|row| authority::of_key(folder, hub, &row.key)) {
            Some(Ok(authority)) => Ok(authority),
            _ => self.signing().await,
        }
    }

    /// Writes down authorities that lie in the folder: at first the one that signs; later, what a
    /// rotation has begun before it was interrupted, or what a restored store does not know.
    async fn adopt_authorities(&self) -> Result<(), CertificateError> {
        let CertificateParts { folder, hub, .. } = self.parts.as_ref();
        let rows = self.authorities().await?;
        let mut first = rows.is_empty();
        for found in authority::found(folder, hub) {
            if rows.iter().any(|row| row.key == found.key) {
                continue;
            }
            let state = if first { AuthorityState::Signing } else { AuthorityState::Next };
            first = false;
            self.add_authority(found.key, found.certificate, state).await?;
        }
        if first { Err(CertificateError::NoAuthority(folder.clone())) } else { Ok(()) }
    }

    async fn add_authority(
        &self,
        key: [u8; 32],
        certificate: String,
        state: AuthorityState,
    ) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let row = AuthorityRow { key, certificate, state, made: now, since: now };
        let own = self.own();
        let mut tx = own.begin("authority_put").await?;
        authority_put(&mut tx, &own, &row).await?;
        tx.commit().await
    }

    /// Writes a change down, in the hub's own rows.
    async fn changed(
        &self,
        who: &str,
        what: &str,
        subject: &str,
        detail: String,
    ) -> Result<(), StoreError> {
        let CertificateParts { clock, entropy, .. } = self.parts.as_ref();
        let row = ChangeRow::done(clock.as_ref(), entropy.as_ref(), who, what, subject);
        let own = self.own();
        let mut tx = own.begin("change_add").await?;
        tx.change_add(&own, &row.with(detail)).await?;
        tx.commit().await
    }
}

/// The certificates of all authorities that are trusted.
fn bundle_of(rows: &[AuthorityRow]) -> String {
    let trusted = rows.iter().filter(|row| row.state != AuthorityState::Ended);
    trusted.map(|row| row.certificate.as_str()).collect()
}
