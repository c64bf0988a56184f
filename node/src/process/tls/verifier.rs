//! Which clients a hub lets in: the chain must be its authority's, the name must be one of its own
//! platforms.
//!
//! The name is checked inside the handshake and not after it, so that the client receives a TLS
//! alert and can tell *refused* from *unreachable*.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};
use sanheyi_exchange_spec::ids::PlatformId;

use super::subject::{Subject, SubjectError, subject_of};
use super::swap::Revoked;
use super::{TlsError, Trust};

#[derive(Debug)]
struct ClientsOf {
    hub: PlatformId,
    revoked: Revoked,
    chains: Arc<dyn ClientCertVerifier>,
}

/// A verifier that accepts platforms of `hub` with a chain of `trust` and a certificate that was
/// not revoked.
pub(super) fn clients_of(
    hub: PlatformId,
    trust: &Trust,
    revoked: Revoked,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let roots = Arc::clone(&trust.roots);
    let chains = WebPkiClientVerifier::builder_with_provider(roots, provider)
        .build()
        .map_err(TlsError::Verifier)?;
    Ok(Arc::new(ClientsOf { hub, revoked, chains }))
}

impl ClientsOf {
    fn names_ours(&self, certificate: &CertificateDer<'_>) -> Result<Subject, SubjectError> {
        let subject = subject_of(certificate)?;
        if subject.hub == self.hub {
            Ok(subject)
        } else {
            Err(SubjectError::OtherHub { named: subject.hub, own: self.hub.clone() })
        }
    }
}

impl ClientCertVerifier for ClientsOf {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // No hints: a client whose certificate is of another authority would then send none at all,
        // and would be told "certificate required" where "unknown authority" is the truth.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chains.verify_client_cert(end_entity, intermediates, now)?;
        let subject = self.names_ours(end_entity).map_err(|reason| {
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(reason))))
        })?;
        if self.revoked.get().contains(&subject.serial) {
            return Err(Error::InvalidCertificate(CertificateError::Revoked));
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}
