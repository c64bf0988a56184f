//! The platform's side of enrolment: a key pair made where it will live, and a request that shows
//! it to the hub.
//!
//! The key never leaves the platform; the request is no secret and may be sent by any way.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::process::secret::Zeroizing;

use super::AuthorityError;

/// A new key and the request for its certificate.
pub struct Request {
    /// For the hub's operator: PKCS #10 as PEM.
    pub csr_pem: String,
    /// For this machine only; write it by `write_secret`.
    pub key_pem: Zeroizing<String>,
}

/// Makes a key pair (ECDSA P-256) and a request in the name of `platform`. The name is for people:
/// what the certificate will say, the hub decides. The key comes from the cryptography library's
/// own source of chance.
///
/// # Errors
/// If the library cannot make a key.
pub fn request(platform: &PlatformId) -> Result<Request, AuthorityError> {
    let key = key_pair()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, platform.as_str());
    let csr_pem = params
        .serialize_request(&key)
        .and_then(|request| request.pem())
        .map_err(AuthorityError::Issue)?;
    Ok(Request { csr_pem, key_pem: private_pem(&key) })
}

pub(super) fn key_pair() -> Result<KeyPair, AuthorityError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AuthorityError::Issue)
}

pub(super) fn private_pem(key: &KeyPair) -> Zeroizing<String> {
    Zeroizing::new(key.serialize_pem())
}
