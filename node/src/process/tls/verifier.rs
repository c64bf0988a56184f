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

use super::subject::{SubjectError, subject_of};
use super::{TlsError, Trust};

#[derive(Debug)]
struct ClientsOf {
    hub: PlatformId,
    chains: Arc<dyn ClientCertVerifier>,
}

/// A verifier that accepts platforms of `hub` with a chain of `trust`.
pub(super) fn clients_of(
    hub: PlatformId,
    trust: &Trust,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let roots = Arc::clone(&trust.roots);
    let chains = WebPkiClientVerifier::builder_with_provider(roots, provider)
        .build()
        .map_err(TlsError::Verifier)?;
    Ok(Arc::new(ClientsOf { hub, chains }))
}

impl ClientsOf {
    fn names_ours(&self, certificate: &CertificateDer<'_>) -> Result<(), SubjectError> {
        let subject = subject_of(certificate)?;
        if subject.hub == self.hub {
            Ok(())
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
        self.names_ours(end_entity).map_err(|reason| {
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(reason))))
        })?;
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
