//! TLS: who speaks, and who may. Mutual TLS 1.3 by rustls with ring; nothing else of the house
//! names rustls.
//!
//! Every platform has a key of its own and a certificate from its hub's authority. The certificate
//! says in one URI `spiffe://<hub>/platform/<platform>` whose it is ([`subject`]). A hub reads its
//! own hub id from its own certificate and accepts only certificates that name a platform of that
//! hub: the refusal is part of the handshake, so the refused side receives an alert that says so,
//! and not merely a broken line.
//!
//! Three choices, with their reasons:
//! - *TLS 1.3 only*: both ends are ours, so there is nothing older to please.
//! - *No resumption*: a resumed session skips the certificates, and a certificate may have ended
//!   meanwhile. Links last for days; a full handshake costs nothing.
//! - *Our clock*: validity is checked by the [`Clock`] that everything else uses.

pub mod enrol;
pub mod handshake;
pub mod request;
pub mod subject;
pub mod swap;
mod verifier;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
pub use rustls::{ClientConfig, ServerConfig};
use sanheyi_exchange_spec::ids::PlatformId;
use thiserror::Error;

use self::subject::{Subject, SubjectError};
use self::swap::Revoked;
use super::clock::Clock;
use super::secret::{SecretError, read_secret};

/// The one protocol spoken inside TLS between platforms.
const ALPN_H2: &[u8] = b"h2";
/// The one spoken with browsers.
const ALPN_HTTP1: &[u8] = b"http/1.1";

/// A process's own certificate chain and private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// The authorities whose certificates are accepted.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

/// Why keys and certificates cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file that cannot be read.
    #[error("无法读取证书文件 / cannot read the certificate file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A private key that cannot be read or is exposed.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Not the PEM that is expected.
    #[error(
        "{place} 中没有可用的 PEM {what}，请核对该文件 / {place} holds no usable PEM {what}: \
         check that it is the right file"
    )]
    Pem {
        /// The file.
        place: String,
        /// What should be in it.
        what: &'static str,
    },
    /// A certificate of an authority that rustls does not understand.
    #[error(
        "{place} 中的根证书无法使用，请向市级平台重新索取 / an authority's certificate in {place} \
         cannot be used: ask the hub's operator for it again"
    )]
    Authority {
        /// The file.
        place: String,
        /// What rustls says.
        #[source]
        source: rustls::Error,
    },
    /// Chain and key do not belong together, or cannot be used.
    #[error(
        "证书与私钥不匹配或无法使用，请核对两个文件是否同一次签发 / certificate and private key \
         do not belong together or cannot be used: check that both are of one enrolment"
    )]
    Pair(#[source] rustls::Error),
    /// The roots of trust cannot be made into a verifier.
    #[error("根证书不足以核验对方 / the authorities given cannot verify anybody")]
    Verifier(#[source] rustls::client::VerifierBuilderError),
    /// TLS 1.3 is not offered by the cryptography library: a fault of the build.
    #[error("本程序的加密库不支持 TLS 1.3 / this build's cryptography has no TLS 1.3")]
    Protocol(#[source] rustls::Error),
    /// A name of a server that is neither a DNS name nor an address.
    #[error(
        "“{name}”既不是域名也不是 IP 地址，请修改配置 / `{name}` is neither a DNS name nor an \
         address: correct the configuration"
    )]
    ServerName {
        /// The name.
        name: String,
    },
    /// A certificate that names no platform.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

// === impl Identity ===

impl Identity {
    /// Reads the chain, own certificate first, and the private key.
    ///
    /// # Errors
    /// If either file cannot be read or used; the key also if others may read it.
    pub fn load(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain_pem = read_pem(chain)?;
        let key_pem = read_secret(key)?;
        Ok(Self {
            chain: certificates(&chain_pem, &chain.display().to_string())?,
            key: PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| TlsError::Pem {
                place: key.display().to_string(),
                what: "private key",
            })?,
        })
    }

    /// Takes both from PEM in memory.
    ///
    /// # Errors
    /// If either is not PEM of its kind.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| TlsError::Pem { place: "memory".to_owned(), what: "private key" })?;
        Ok(Self { chain: certificates(chain.as_bytes(), "memory")?, key })
    }

    /// Whose identity this is, and until when: worth a look when a process starts.
    ///
    /// # Errors
    /// If the certificate names no platform.
    pub fn subject(&self) -> Result<Subject, TlsError> {
        let own = self.chain.first().ok_or(SubjectError::NotX509)?;
        Ok(subject::subject_of(own)?)
    }

    /// SHA-256 of the public key of the authority that the chain ends with, if it comes with one.
    pub fn issuer(&self) -> Option<[u8; 32]> {
        subject::public_key_digest(self.chain.get(1)?)
    }

    /// Whether certificate and key belong together.
    ///
    /// # Errors
    /// If they do not, or cannot be used.
    pub fn check(&self) -> Result<(), TlsError> {
        CertifiedKey::from_der(self.chain.clone(), self.key.clone_key(), &provider())
            .map(drop)
            .map_err(TlsError::Pair)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

// === impl Trust ===

impl Trust {
    /// Reads the certificates of one or more authorities.
    ///
    /// # Errors
    /// If the file cannot be read or used.
    pub fn load(path: &Path) -> Result<Self, TlsError> {
        Self::from_bytes(&read_pem(path)?, &path.display().to_string())
    }

    /// Takes them from PEM in memory.
    ///
    /// # Errors
    /// If there is no usable certificate.
    pub fn from_pem(authorities: &str) -> Result<Self, TlsError> {
        Self::from_bytes(authorities.as_bytes(), "memory")
    }

    fn from_bytes(pem: &[u8], place: &str) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem, place)? {
            roots
                .add(certificate)
                .map_err(|source| TlsError::Authority { place: place.to_owned(), source })?;
        }
        Ok(Self { roots: Arc::new(roots) })
    }
}

fn read_pem(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

fn certificates(pem: &[u8], place: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let none = || TlsError::Pem { place: place.to_owned(), what: "certificate" };
    let list: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| none())?;
    if list.is_empty() { Err(none()) } else { Ok(list) }
}

// === configurations ===

/// Makes ring the process's default, for whatever library asks for a default. May be called often.
pub fn install_provider() {
    // It fails only if there is a default already; a second provider is banned from the tree, so
    // that one is ring too.
    let _ = ring::default_provider().install_default();
}

/// How a hub accepts: clients must show a certificate of `trust` that names a platform of the hub
/// named in `identity`.
///
/// # Errors
/// If the identity names no hub, or keys and certificates cannot be used.
pub fn server_config(
    identity: &Identity,
    trust: &Trust,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, TlsError> {
    revoking_config(identity, trust, clock, &Revoked::default())
}

/// The same, where certificates may be revoked: those in `revoked` at the time of a handshake are
/// refused in it.
///
/// # Errors
/// As [`server_config`].
pub fn revoking_config(
    identity: &Identity,
    trust: &Trust,
    clock: Arc<dyn Clock>,
    revoked: &Revoked,
) -> Result<Arc<ServerConfig>, TlsError> {
    let hub = identity.subject()?.hub;
    let verifier = verifier::clients_of(hub, trust, revoked.clone(), provider())?;
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(RustlsClock(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Protocol)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![ALPN_H2.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// How pages are served: whoever looks needs no certificate, and signs in instead. TLS 1.3,
/// HTTP/1.1.
///
/// # Errors
/// If keys and certificates cannot be used.
pub fn pages_config(
    identity: &Identity,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(RustlsClock(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Protocol)?
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![ALPN_HTTP1.to_vec()];
    Ok(Arc::new(config))
}

/// How a node connects: it shows `identity` and accepts servers of `trust` that have the name it
/// dials.
///
/// # Errors
/// If keys and certificates cannot be used.
pub fn client_config(
    identity: &Identity,
    trust: &Trust,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(RustlsClock(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Protocol)?
        .with_root_certificates(Arc::clone(&trust.roots))
        .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![ALPN_H2.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The platform that a certificate names; the hub id beside it is checked for its shape.
/// [`subject::subject_of`] tells all.
///
/// # Errors
/// If the certificate does not name exactly one platform.
pub fn platform_of(certificate: &CertificateDer<'_>) -> Result<PlatformId, TlsError> {
    Ok(subject::subject_of(certificate)?.platform)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Our clock as rustls asks for it.
struct RustlsClock(Arc<dyn Clock>);

impl fmt::Debug for RustlsClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RustlsClock")
    }
}

impl TimeProvider for RustlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        // A clock before 1970 has no time to offer: rustls then refuses every certificate, which is
        // right.
        let micros = u64::try_from(self.0.now().as_micros()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_micros(micros)))
    }
}
