//! A key made where it will live, and the request that shows its public half to the hub.
//!
//! The private key never leaves the machine; the request is no secret and may be sent by any way.
//! It proves that its sender holds the key. What the certificate will say, the hub decides.

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::CertificateSigningRequestDer;
use rustls::pki_types::pem::PemObject as _;
use sanheyi_exchange_spec::enrolment::digest;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use thiserror::Error;

use crate::process::secret::Zeroizing;

/// A new key and the request for its certificate.
pub struct Request {
    /// For the hub: PKCS #10 as PEM.
    pub csr_pem: String,
    /// For this machine only; write it by `write_secret`.
    pub key_pem: Zeroizing<String>,
}

/// The library cannot make or read a key, or there is none.
#[derive(Debug, Error)]
pub enum RequestError {
    /// A key or a request cannot be made.
    #[error("无法生成密钥或证书申请 / the key or its certificate request cannot be made")]
    Make(#[source] rcgen::Error),
    /// A private key that cannot be used.
    #[error(
        "私钥无法使用，应为 PEM 格式的 ECDSA P-256 密钥 / not a private key in PEM, ECDSA P-256"
    )]
    Key,
    /// Bytes that are no request.
    #[error("不是 PEM 格式的证书申请 / not a certificate request in PEM")]
    NotARequest,
}

/// Makes a key pair (ECDSA P-256) and a request in the name of `platform`. The name is for people.
/// The key comes from the cryptography library's own source of chance.
///
/// # Errors
/// If the library cannot make a key.
pub fn request(platform: &PlatformId) -> Result<Request, RequestError> {
    let key = key_pair()?;
    let csr_pem = request_of(&key, platform.as_str())?;
    Ok(Request { csr_pem, key_pem: private_pem(&key) })
}

/// A private key (ECDSA P-256, PEM), for a request that is made later by [`request_for`].
///
/// # Errors
/// If the library cannot make one.
pub fn private_key() -> Result<Zeroizing<String>, RequestError> {
    key_pair().map(|key| private_pem(&key))
}

/// A request for a key that is there. Two requests for one key differ: keep the first.
///
/// # Errors
/// [`RequestError::Key`] if the key cannot be used.
pub fn request_for(key_pem: &[u8], name: &str) -> Result<String, RequestError> {
    let text = std::str::from_utf8(key_pem).map_err(|_| RequestError::Key)?;
    let key = KeyPair::from_pem(text).map_err(|_| RequestError::Key)?;
    if !key.is_compatible(&PKCS_ECDSA_P256_SHA256) {
        return Err(RequestError::Key);
    }
    request_of(&key, name)
}

/// The fingerprint of a request: SHA-256 over its DER.
///
/// # Errors
/// [`RequestError::NotARequest`] if it is no PEM of one.
pub fn fingerprint(csr_pem: &str) -> Result<Digest, RequestError> {
    let der = CertificateSigningRequestDer::from_pem_slice(csr_pem.as_bytes())
        .map_err(|_| RequestError::NotARequest)?;
    Ok(digest(&der))
}

/// A new key pair, ECDSA P-256.
///
/// # Errors
/// If the library cannot make one.
pub fn key_pair() -> Result<KeyPair, RequestError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(RequestError::Make)
}

/// The private half as PEM, wiped when dropped.
pub fn private_pem(key: &KeyPair) -> Zeroizing<String> {
    Zeroizing::new(key.serialize_pem())
}

fn request_of(key: &KeyPair, name: &str) -> Result<String, RequestError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let request = params.serialize_request(key).and_then(|request| request.pem());
    request.map_err(RequestError::Make)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_for_the_key_that_is_there_and_has_a_fingerprint_of_its_own() {
        let key = private_key().unwrap();
        let one = request_for(key.as_bytes(), "node").unwrap();
        let other = request_for(key.as_bytes(), "node").unwrap();
        assert_eq!(fingerprint(&one).unwrap(), fingerprint(&one).unwrap());
        assert_ne!(fingerprint(&one).unwrap(), fingerprint(&other).unwrap(), "keep the first");
        assert!(matches!(request_for(b"no key", "node"), Err(RequestError::Key)));
        assert!(matches!(fingerprint(&key), Err(RequestError::NotARequest)));
    }
}
