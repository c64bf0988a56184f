//! The hub's certificate authority: small, on disk, and good for exactly one thing.
//!
//! It signs certificates that say *this key is platform X of this hub*, for keys that it has never
//! seen the private half of: a platform makes its key at home and sends a request ([`request`]),
//! which proves that it holds the key. From the request only the public key is taken. Names, uses
//! and times are the authority's to say; whatever the request asks for is ignored.
//!
//! The authority is two files, `ca.pem` (give it to every platform) and `ca.key` (mode 0600, never
//! leaves the hub, belongs into the offline backup). One that is to follow it lies beside it under
//! a number ([`make_next`]); which of them signs, the store says.

mod folder;
pub mod request;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SanType, SerialNumber,
};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::secret::{SecretError, read_secret, write_secret};
use sanheyi_node::process::tls::subject::{
    SubjectError, authority_of_pem, authority_uri, key_digest, platform_uri,
};
use thiserror::Error;

use folder::Files;
pub(crate) use folder::files_of;
pub use folder::{Found, found, make_next, of_key};

/// File of the authority's certificate.
pub const CERTIFICATE_FILE: &str = "ca.pem";
/// File of the authority's private key.
pub const KEY_FILE: &str = "ca.key";

/// How long an authority lives: ten years. Its renewal touches every platform.
const AUTHORITY_DAYS: u32 = 3652;
/// Longest life of a certificate: two years, so that a lost key ends by itself.
pub const CERTIFICATE_DAYS: u32 = 730;
/// How far validity is backdated: a platform whose clock is a little slow can connect at once.
const BACKDATED: Duration = Duration::from_secs(5 * 60);
/// The same in microseconds.
pub const BACKDATED_MICROS: i64 = 5 * 60 * 1_000_000;
/// 9999-01-01: the year is written with four digits.
const LATEST_MICROS: i64 = 253_370_764_800_000_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// A certificate authority, ready to sign.
pub struct Authority {
    hub: PlatformId,
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    not_after: Timestamp,
}

/// Why the authority cannot be made, opened or used.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// The certificate's file.
    #[error("无法读写 {path} / cannot read or write {path}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// There is an authority already.
    #[error(
        "{path} 已存在，不会覆盖；更换根证书会使所有平台断开，确需更换请先移走原文件 / {path} exists and is \
         never overwritten: a new authority cuts off every platform; move the old one away if you mean it",
        path = path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The key's file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A certificate that is not an authority's.
    #[error(
        "{path} 不是本系统的根证书，请核对文件 / {path} is not an authority of this system: check the file",
        path = path.display()
    )]
    NotAnAuthority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: SubjectError,
    },
    /// The key of the authority that signs does not lie here.
    #[error(
        "签发用的根证书私钥不在 {dir} 中，可能已离线保存；请放回后再试 / the private key of the authority \
         that signs is not in {dir}, perhaps it is kept offline: put it back and try again",
        dir = dir.display()
    )]
    Offline {
        /// The folder.
        dir: PathBuf,
    },
    /// Certificate and key are of two authorities.
    #[error(
        "{dir} 中的 ca.pem 与 ca.key 不是一对，请从同一份备份恢复 / ca.pem and ca.key in {dir} are no pair: \
         restore both from the same backup",
        dir = dir.display()
    )]
    NoPair {
        /// The folder.
        dir: PathBuf,
    },
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] request::RequestError),
    /// A request that cannot be read, or whose signature does not show that the sender holds the
    /// key.
    #[error(
        "证书申请无效，请在平台上重新生成 / the certificate request is not valid: make it again at the platform"
    )]
    Request(#[source] rcgen::Error),
    /// A key of another kind.
    #[error(
        "证书申请的密钥须为 ECDSA P-256，请在平台上重新生成 / the request's key must be ECDSA P-256: make it \
         again at the platform"
    )]
    KeyKind,
    /// A hub without a name to dial, or a platform with one.
    #[error(
        "仅市级平台自身的证书须有域名或 IP 地址 / the hub's own certificate needs DNS names or addresses, \
         and no other may have any"
    )]
    Names,
    /// No days, or too many.
    #[error(
        "有效期须为 1 至 {CERTIFICATE_DAYS} 天 / validity must be 1 to {CERTIFICATE_DAYS} days"
    )]
    Days,
    /// The authority itself has ended, or the clock is beyond all reason.
    #[error(
        "根证书已过期，或本机时钟有误，请核对时钟 / the authority has expired, or this machine's clock is wrong: \
         check the clock"
    )]
    Time,
    /// rcgen cannot write the certificate.
    #[error("无法签发证书 / the certificate cannot be made")]
    Issue(#[source] rcgen::Error),
}

// === impl Authority ===

impl Authority {
    /// Makes an authority for `hub` in `dir`. The key pair comes from the cryptography library's
    /// own source of chance.
    ///
    /// # Errors
    /// If there is one already, or it cannot be written.
    pub fn create(
        dir: &Path,
        hub: &PlatformId,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        Self::create_at(&Files::first(dir), hub, now, entropy)
    }

    fn create_at(
        files: &Files,
        hub: &PlatformId,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, AuthorityError> {
        let certificate_path = files.certificate.clone();
        if certificate_path.exists() {
            return Err(AuthorityError::Exists { path: certificate_path });
        }
        let key = request::key_pair()?;
        let not_after = days_after(now, AUTHORITY_DAYS);
        let mut params = params(now, not_after, entropy)?;
        params.distinguished_name.push(DnType::CommonName, format!("Sanheyi authority of {hub}"));
        params.subject_alt_names = vec![uri(authority_uri(hub))?];
        // It signs platforms, not further authorities.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate_pem = params.self_signed(&key).map_err(AuthorityError::Issue)?.pem();

        // The key first: it refuses to overwrite, and a certificate without its key would look like
        // an authority.
        let key_pem = request::private_pem(&key);
        write_secret(&files.key, key_pem.as_bytes())?;
        write_new(&certificate_path, &certificate_pem)?;
        let issuer = Issuer::new(params, key);
        Ok(Self { hub: hub.clone(), issuer, certificate_pem, not_after })
    }

    /// Opens the authority in `dir`.
    ///
    /// # Errors
    /// If a file is missing, exposed or wrong, or the two are no pair.
    pub fn open(dir: &Path) -> Result<Self, AuthorityError> {
        Self::open_at(&Files::first(dir))
    }

    fn open_at(files: &Files) -> Result<Self, AuthorityError> {
        let path = files.certificate.clone();
        let dir = path.parent().unwrap_or(Path::new("."));
        let certificate_pem = fs::read_to_string(&path)
            .map_err(|source| AuthorityError::File { path: path.clone(), source })?;
        let key_pem = read_secret(&files.key)?;
        let no_pair = || AuthorityError::NoPair { dir: dir.to_owned() };
        let key_text = std::str::from_utf8(&key_pem).map_err(|_| no_pair())?;
        let key = KeyPair::from_pem(key_text).map_err(|_| no_pair())?;

        let subject = authority_of_pem(&certificate_pem)
            .map_err(|source| AuthorityError::NotAnAuthority { path: path.clone(), source })?;
        if subject.public_key != key.public_key_raw() {
            return Err(no_pair());
        }
        let issuer =
            Issuer::from_ca_cert_pem(&certificate_pem, key).map_err(AuthorityError::Issue)?;
        let (hub, not_after) = (subject.hub, subject.not_after);
        Ok(Self { hub, issuer, certificate_pem, not_after })
    }

    /// The hub whose authority this is.
    pub fn hub(&self) -> &PlatformId {
        &self.hub
    }

    /// The authority's certificate, for every platform to trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Until when it is valid.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// SHA-256 of the authority's public key: names it in the table of certificates.
    pub fn key_digest(&self) -> [u8; 32] {
        key_digest(self.issuer.key().public_key_raw())
    }

    /// Signs a certificate for `platform` with the key of `request_pem`, valid from five minutes
    /// before `now` for `days` days. `names` are the DNS names and addresses of the hub's own
    /// certificate; for every other platform there are none. Answers the chain as PEM, the
    /// platform's own certificate first.
    ///
    /// # Errors
    /// If the request is not valid, or names, days or time are not allowed.
    pub fn issue(
        &self,
        platform: &PlatformId,
        request_pem: &str,
        names: &[String],
        now: Timestamp,
        days: u32,
        entropy: &dyn Entropy,
    ) -> Result<String, AuthorityError> {
        let request = CertificateSigningRequestParams::from_pem(request_pem)
            .map_err(AuthorityError::Request)?;
        if *request.public_key.algorithm() != PKCS_ECDSA_P256_SHA256 {
            return Err(AuthorityError::KeyKind);
        }
        let is_hub = *platform == self.hub;
        if is_hub == names.is_empty() {
            return Err(AuthorityError::Names);
        }
        if !(1..=CERTIFICATE_DAYS).contains(&days) {
            return Err(AuthorityError::Days);
        }
        let not_after = days_after(now, days).min(self.not_after);
        let mut params = params(now, not_after, entropy)?;
        params.distinguished_name.push(DnType::CommonName, platform.as_str());
        params.subject_alt_names =
            CertificateParams::new(names).map_err(AuthorityError::Issue)?.subject_alt_names;
        params.subject_alt_names.push(uri(platform_uri(&self.hub, platform))?);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        if is_hub {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        let own: Certificate =
            params.signed_by(&request.public_key, &self.issuer).map_err(AuthorityError::Issue)?;
        Ok(own.pem() + &self.certificate_pem)
    }
}

/// What every certificate of ours has: a random serial number, and its times.
fn params(
    now: Timestamp,
    not_after: Timestamp,
    entropy: &dyn Entropy,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_epoch(now)? - BACKDATED;
    params.not_after = epoch + since_epoch(not_after)?;
    if not_after <= now {
        return Err(AuthorityError::Time);
    }
    let mut serial = entropy.bytes16();
    // A positive number of full length, as DER counts.
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Whether a request can be read, shows that its sender holds the key, and has a key of the kind
/// that is signed.
pub fn is_usable(request_pem: &str) -> bool {
    let request = CertificateSigningRequestParams::from_pem(request_pem);
    request.is_ok_and(|request| *request.public_key.algorithm() == PKCS_ECDSA_P256_SHA256)
}

fn uri(uri: String) -> Result<SanType, AuthorityError> {
    Ok(SanType::URI(uri.try_into().map_err(AuthorityError::Issue)?))
}

fn days_after(now: Timestamp, days: u32) -> Timestamp {
    now.plus_micros(i64::from(days).saturating_mul(DAY_MICROS))
}

/// A time as far from 1970 as rcgen's own type is moved.
fn since_epoch(time: Timestamp) -> Result<Duration, AuthorityError> {
    let micros = time.as_micros();
    // Below a day after 1970 backdating would leave the range; beyond the year 9999 there is no
    // notation.
    if !(DAY_MICROS..LATEST_MICROS).contains(&micros) {
        return Err(AuthorityError::Time);
    }
    u64::try_from(micros).map(Duration::from_micros).map_err(|_| AuthorityError::Time)
}

fn write_new(path: &Path, text: &str) -> Result<(), AuthorityError> {
    let written =
        OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
