//! Whose certificate it is. A platform's certificate carries exactly one URI,
//! `spiffe://<hub>/platform/<platform>`, in the shape of a SPIFFE id; the certificate of a hub's
//! authority carries `spiffe://<hub>`. Common names are for people only.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::enrolment::pin_of;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

/// What a platform's certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The hub whose authority issued it.
    pub hub: PlatformId,
    /// The platform it names.
    pub platform: PlatformId,
    /// Its serial number, in lower-case hex.
    pub serial: String,
    /// SHA-256 of its public key as it stands in the certificate, without algorithm.
    pub key: [u8; 32],
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// What the certificate of a hub's authority says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthoritySubject {
    /// The hub.
    pub hub: PlatformId,
    /// Its public key as it stands in the certificate, without algorithm.
    pub public_key: Vec<u8>,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// Why a certificate does not say whose it is.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SubjectError {
    /// Not a certificate.
    #[error("不是有效的 X.509 证书 / not an X.509 certificate")]
    NotX509,
    /// No URI, or several.
    #[error(
        "证书中应有且仅有一个 URI 名称，实有 {found} 个，请使用市级平台签发的证书 / the certificate must \
         carry exactly one URI name and carries {found}: use the one issued by the hub"
    )]
    Uris {
        /// How many there are.
        found: usize,
    },
    /// A URI of another shape.
    #[error(
        "证书中的名称“{uri}”不符合 {shape}，请使用市级平台签发的证书 / the certificate's name `{uri}` is not \
         of the shape {shape}: use the one issued by the hub"
    )]
    Shape {
        /// What it says.
        uri: String,
        /// What it should look like.
        shape: &'static str,
    },
    /// A platform of another hub.
    #[error(
        "证书属于市级平台“{named}”的下级，而本平台是“{own}”，请核对连接地址 / the certificate is of hub \
         `{named}`, this hub is `{own}`: check which hub it should connect to"
    )]
    OtherHub {
        /// The hub in the certificate.
        named: PlatformId,
        /// The hub that read it.
        own: PlatformId,
    },
}

const SCHEME: &str = "spiffe://";
const PLATFORM_SHAPE: &str = "spiffe://<hub>/platform/<platform>";
const AUTHORITY_SHAPE: &str = "spiffe://<hub>";

/// The URI that names `platform` of `hub` in a certificate.
pub fn platform_uri(hub: &PlatformId, platform: &PlatformId) -> String {
    format!("{SCHEME}{hub}/platform/{platform}")
}

/// The URI that names the authority of `hub` in its certificate.
pub fn authority_uri(hub: &PlatformId) -> String {
    format!("{SCHEME}{hub}")
}

/// Reads a platform's certificate. It does not verify anything.
///
/// # Errors
/// If it is no certificate or does not name exactly one platform.
pub fn subject_of(certificate: &CertificateDer<'_>) -> Result<Subject, SubjectError> {
    let x509 = parse(certificate)?;
    let (hub, platform) = parse_platform_uri(only_uri(&x509)?)?;
    let validity = x509.validity();
    Ok(Subject {
        hub,
        platform,
        serial: hex(x509.raw_serial()),
        key: key_digest(&x509.public_key().subject_public_key.data),
        not_before: seconds(validity.not_before.timestamp()),
        not_after: seconds(validity.not_after.timestamp()),
    })
}

/// Reads the first certificate of a chain in PEM, as [`subject_of`] does.
///
/// # Errors
/// If there is none, or it does not name exactly one platform.
pub fn subject_of_pem(chain: &str) -> Result<Subject, SubjectError> {
    subject_of(&first_of_pem(chain)?)
}

/// The DNS names and addresses of the first certificate of a chain in PEM.
///
/// # Errors
/// If there is none.
pub fn names_of_pem(chain: &str) -> Result<Vec<String>, SubjectError> {
    let certificate = first_of_pem(chain)?;
    let x509 = parse(&certificate)?;
    let names = x509.subject_alternative_name().map_err(|_| SubjectError::NotX509)?;
    let names = names.iter().flat_map(|names| &names.value.general_names);
    Ok(names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress([a, b, c, d]) => Some(Ipv4Addr::new(*a, *b, *c, *d).to_string()),
            GeneralName::IPAddress(bytes) => {
                <[u8; 16]>::try_from(*bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string())
            }
            _ => None,
        })
        .collect())
}

/// Reads the certificate of a hub's authority, in PEM. It does not verify anything.
///
/// # Errors
/// If it is no certificate or does not name exactly one hub.
pub fn authority_of_pem(certificate: &str) -> Result<AuthoritySubject, SubjectError> {
    let certificate = first_of_pem(certificate)?;
    let x509 = parse(&certificate)?;
    let uri = only_uri(&x509)?;
    let hub = uri.strip_prefix(SCHEME).and_then(|hub| hub.parse().ok());
    Ok(AuthoritySubject {
        hub: hub.ok_or_else(|| shape(uri, AUTHORITY_SHAPE))?,
        public_key: x509.public_key().subject_public_key.data.to_vec(),
        not_after: seconds(x509.validity().not_after.timestamp()),
    })
}

/// SHA-256 of the public key of a certificate, if it is one.
pub(super) fn public_key_digest(certificate: &CertificateDer<'_>) -> Option<[u8; 32]> {
    let x509 = parse(certificate).ok()?;
    Some(key_digest(&x509.public_key().subject_public_key.data))
}

/// SHA-256 of a public key as it stands in a certificate, without algorithm: what keys of
/// certificates are known by.
pub fn key_digest(public_key: &[u8]) -> [u8; 32] {
    sha256(public_key)
}

/// SHA-256 of a file of authorities: by it a node says which ones it trusts.
pub fn trust_digest(authorities_pem: &[u8]) -> [u8; 32] {
    sha256(authorities_pem)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    *hasher.finish().as_bytes()
}

/// The pin that an enrolment token has of a hub: by the last certificate of the hub's own chain, in
/// PEM, which is that of its authority.
///
/// # Errors
/// If there is none.
pub fn pin_of_chain(chain: &str) -> Result<[u8; 16], SubjectError> {
    let all: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    let all = all.map_err(|_| SubjectError::NotX509)?;
    all.last().map(|authority| pin_of(authority)).ok_or(SubjectError::NotX509)
}

fn first_of_pem(pem: &str) -> Result<CertificateDer<'static>, SubjectError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| SubjectError::NotX509)
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, SubjectError> {
    match x509_parser::parse_x509_certificate(certificate) {
        Ok(([], x509)) => Ok(x509),
        Ok(_) | Err(_) => Err(SubjectError::NotX509),
    }
}

fn only_uri<'a>(x509: &X509Certificate<'a>) -> Result<&'a str, SubjectError> {
    let names = x509.subject_alternative_name().map_err(|_| SubjectError::NotX509)?;
    let uris: Vec<&str> = names
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        })
        .collect();
    match uris.as_slice() {
        [only] => Ok(only),
        others => Err(SubjectError::Uris { found: others.len() }),
    }
}

fn parse_platform_uri(uri: &str) -> Result<(PlatformId, PlatformId), SubjectError> {
    uri.strip_prefix(SCHEME)
        .and_then(|rest| rest.split_once("/platform/"))
        .and_then(|(hub, platform)| Some((hub.parse().ok()?, platform.parse().ok()?)))
        .ok_or_else(|| shape(uri, PLATFORM_SHAPE))
}

fn shape(uri: &str, shape: &'static str) -> SubjectError {
    // It comes from outside and goes into a log: bounded, and without control characters.
    SubjectError::Shape { uri: uri.escape_debug().take(128).collect(), shape }
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_uri_names_hub_and_platform() {
        let hub: PlatformId = "changzhou".parse().unwrap();
        let platform: PlatformId = "jintan".parse().unwrap();
        let uri = platform_uri(&hub, &platform);
        assert_eq!(uri, "spiffe://changzhou/platform/jintan");
        assert_eq!(parse_platform_uri(&uri).unwrap(), (hub, platform));
    }

    #[test]
    fn other_uris_are_refused() {
        for bad in [
            "spiffe://changzhou",
            "spiffe://changzhou/platform/",
            "spiffe://changzhou/platform/jintan/",
            "spiffe://changzhou/platform/jintan?x",
            "spiffe:///platform/jintan",
            "https://changzhou/platform/jintan",
            "spiffe://changzhou/platform/JINTAN",
            "spiffe://changzhou/node/platform/jintan",
        ] {
            let refused = parse_platform_uri(bad).unwrap_err().to_string();
            assert!(refused.contains(bad) && refused.contains("spiffe://<hub>"), "{refused}");
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_are_refused() {
        let garbage = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
        assert_eq!(subject_of(&garbage), Err(SubjectError::NotX509));
    }
}
