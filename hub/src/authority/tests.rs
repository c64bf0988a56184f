//! What the authority signs, and what it refuses.

use std::os::unix::fs::PermissionsExt as _;

use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::tls::subject::subject_of_pem;

use super::request::request;
use super::*;

/// 2026-07-01.
const NOW: Timestamp = Timestamp::from_micros(1_782_864_000_000_000);

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

fn issued(
    authority: &Authority,
    platform: &str,
    names: &[&str],
    days: u32,
) -> Result<String, AuthorityError> {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let csr = request(&id(platform)).unwrap().csr_pem;
    authority.issue(&id(platform), &csr, &names, NOW, days, &SeededEntropy::new(7))
}

fn authority(dir: &Path) -> Authority {
    Authority::create(dir, &id("changzhou"), NOW, &SeededEntropy::new(1)).unwrap()
}

#[test]
fn an_authority_opens_again_and_names_what_it_signs() {
    let dir = tempfile::tempdir().unwrap();
    let made = authority(dir.path());
    let opened = Authority::open(dir.path()).unwrap();
    assert_eq!(opened.hub().as_str(), "changzhou");
    assert_eq!(opened.certificate_pem(), made.certificate_pem());

    let chain = issued(&opened, "jintan", &[], 365).unwrap();
    assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
    let subject = subject_of_pem(&chain).unwrap();
    assert_eq!((subject.hub.as_str(), subject.platform.as_str()), ("changzhou", "jintan"));
    assert_eq!(subject.serial.len(), 32);
    assert_eq!(NOW.micros_since(subject.not_before), 300_000_000);
    assert_eq!(subject.not_after, days_after(NOW, 365));
}

#[test]
fn the_key_is_for_its_owner_and_nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    authority(dir.path());
    let mode = fs::metadata(dir.path().join(KEY_FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = Authority::create(dir.path(), &id("changzhou"), NOW, &SeededEntropy::new(2));
    assert!(matches!(again, Err(AuthorityError::Exists { .. })));
    fs::remove_file(dir.path().join(CERTIFICATE_FILE)).unwrap();
    let again = Authority::create(dir.path(), &id("changzhou"), NOW, &SeededEntropy::new(2));
    assert!(matches!(again, Err(AuthorityError::Secret(SecretError::Exists { .. }))));
}

#[test]
fn files_of_two_authorities_are_no_pair() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    authority(one.path());
    authority(other.path());
    fs::copy(one.path().join(CERTIFICATE_FILE), other.path().join(CERTIFICATE_FILE)).unwrap();
    assert!(matches!(Authority::open(other.path()), Err(AuthorityError::NoPair { .. })));
}

#[test]
fn names_are_for_the_hub_only_and_days_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    assert!(issued(&authority, "changzhou", &["hub.example", "127.0.0.1"], 365).is_ok());
    let refused =
        |platform, names: &[&str], days| issued(&authority, platform, names, days).unwrap_err();
    assert!(matches!(refused("changzhou", &[], 365), AuthorityError::Names));
    assert!(matches!(refused("jintan", &["hub.example"], 365), AuthorityError::Names));
    assert!(matches!(refused("jintan", &[], 0), AuthorityError::Days));
    assert!(matches!(refused("jintan", &[], CERTIFICATE_DAYS + 1), AuthorityError::Days));
}

#[test]
fn no_certificate_outlives_its_authority() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let csr = request(&id("jintan")).unwrap().csr_pem;
    let issue = |now| authority.issue(&id("jintan"), &csr, &[], now, 365, &SeededEntropy::new(3));
    let last_year = days_after(NOW, AUTHORITY_DAYS - 100);
    let subject = subject_of_pem(&issue(last_year).unwrap()).unwrap();
    assert_eq!(subject.not_after, days_after(NOW, AUTHORITY_DAYS));
    for beyond in [days_after(NOW, AUTHORITY_DAYS), Timestamp::from_micros(i64::MAX)] {
        assert!(matches!(issue(beyond), Err(AuthorityError::Time)));
    }
    assert!(matches!(issue(Timestamp::from_micros(-1)), Err(AuthorityError::Time)));
}

#[test]
fn a_request_that_was_tampered_with_or_is_of_another_kind_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let issue = |csr: &str| {
        authority.issue(&id("jintan"), csr, &[], NOW, 365, &SeededEntropy::new(3)).unwrap_err()
    };
    assert!(matches!(issue("no request"), AuthorityError::Request(_)));

    // Another name in front of the same signature.
    let csr = request(&id("jintan")).unwrap().csr_pem;
    let mut der = pem_body(&csr);
    let at = der.windows(6).position(|bytes| bytes == b"jintan").unwrap();
    der[at] = b'k';
    assert!(matches!(issue(&to_pem(&der)), AuthorityError::Request(_)));

    let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    assert!(matches!(issue(&csr), AuthorityError::KeyKind));
}

#[test]
fn what_a_request_asks_for_is_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let authority = authority(dir.path());
    let key = request::key_pair().unwrap();
    let mut greedy = CertificateParams::new(vec!["hub.example".to_owned()]).unwrap();
    greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    greedy.subject_alt_names.push(uri("spiffe://changzhou/platform/wujin".to_owned()).unwrap());
    let csr = greedy.serialize_request(&key).unwrap().pem().unwrap();
    let chain =
        authority.issue(&id("jintan"), &csr, &[], NOW, 365, &SeededEntropy::new(3)).unwrap();
    // Exactly one URI, ours: `subject_of_pem` refuses two.
    assert_eq!(subject_of_pem(&chain).unwrap().platform.as_str(), "jintan");
    let der = pem_body(chain.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap());
    assert!(!der.windows(11).any(|bytes| bytes == b"hub.example"));
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn pem_body(pem: &str) -> Vec<u8> {
    let body: Vec<u8> = pem.lines().filter(|l| !l.starts_with('-')).flat_map(str::bytes).collect();
    let mut bytes = Vec::new();
    for quad in body.chunks(4) {
        let bits = quad.iter().fold(0_u32, |bits, letter| {
            let six = ALPHABET.iter().position(|known| known == letter).unwrap_or(0);
            bits << 6 | u32::try_from(six).unwrap()
        });
        let pad = quad.iter().filter(|letter| **letter == b'=').count();
        bytes.extend(&bits.to_be_bytes()[1..4 - pad]);
    }
    bytes
}

fn to_pem(der: &[u8]) -> String {
    let mut body = String::new();
    for three in der.chunks(3) {
        let mut bytes = [0; 4];
        bytes[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(bytes);
        for i in 0..4 {
            let six = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap();
            body.push(if i <= three.len() { char::from(ALPHABET[six]) } else { '=' });
        }
    }
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
}
