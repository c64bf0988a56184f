//! TLS for a machine that has no certificate yet: it is told apart by its ALPN name, and it knows
//! the hub by the pin in its token.
//!
//! Everything else goes the usual way: who does not say that name must show a certificate, and is
//! refused in the handshake if there is none.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{Acceptor, NoServerSessionStorage};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    ServerConfig, SignatureScheme,
};
use sanheyi_exchange_spec::enrolment::{ALPN, pin_of};
use thiserror::Error as ThisError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::LazyConfigAcceptor;

use super::handshake::{AcceptError, ServerStream, finish};
use super::subject::Subject;
use super::{Identity, RustlsClock, TlsError, provider};
use crate::process::clock::Clock;

/// Who has come.
pub enum Accepted<T> {
    /// Somebody with a certificate.
    Named(Box<ServerStream<T>>, Subject),
    /// Somebody who wants to enrol.
    Stranger(Box<ServerStream<T>>),
}

/// The hub is not the one that made the token.
#[derive(Debug, ThisError)]
#[error(
    "对方不是签发该令牌的市级平台，请核对地址；令牌尚未发出 / this is not the hub that made the token: check the \
     address; the token was not sent"
)]
struct OtherHub;

/// How a hub accepts those who want to enrol: they show no certificate.
///
/// # Errors
/// If keys and certificates cannot be used.
pub fn enrolment_config(
    identity: &Identity,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(RustlsClock(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Protocol)?
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// How a machine connects that has a token: it accepts the hub whose authority has the pin, under
/// the name that it dials, and nobody else.
///
/// # Errors
/// If the cryptography library has no TLS 1.3.
pub fn pinned_config(pin: [u8; 16], clock: Arc<dyn Clock>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(RustlsClock(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Protocol)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pin, provider: provider() }))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

/// Finishes a handshake as server with whoever comes: by `strangers` with who says the name of
/// enrolment, by `platforms` with everybody else. It has no time limit of its own.
///
/// # Errors
/// If the other end is not let in.
pub async fn accept_either<T>(
    platforms: Arc<ServerConfig>,
    strangers: Option<Arc<ServerConfig>>,
    stream: T,
) -> Result<Accepted<T>, AcceptError>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let started = LazyConfigAcceptor::new(Acceptor::default(), stream).await;
    let started = started.map_err(AcceptError::Handshake)?;
    let says = |name: &[u8]| {
        started.client_hello().alpn().is_some_and(|mut names| names.any(|one| one == name))
    };
    match strangers.filter(|_| says(ALPN)) {
        Some(strangers) => {
            let stream = started.into_stream(strangers).await.map_err(AcceptError::Handshake)?;
            Ok(Accepted::Stranger(Box::new(stream)))
        }
        None => {
            let (stream, subject) = finish(started.into_stream(platforms)).await?;
            Ok(Accepted::Named(Box::new(stream), subject))
        }
    }
}

/// Accepts the server whose authority has the pin: the pin alone says which root to trust, and the
/// rest is verified as ever.
#[derive(Debug)]
struct Pinned {
    pin: [u8; 16],
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn root(&self, shown: &[CertificateDer<'_>]) -> Result<Arc<RootCertStore>, Error> {
        let other =
            || Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(OtherHub))));
        let authority = shown.iter().find(|one| pin_of(one) == self.pin).ok_or_else(other)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        Ok(Arc::new(roots))
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let roots = self.root(intermediates)?;
        let chains = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&self.provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
