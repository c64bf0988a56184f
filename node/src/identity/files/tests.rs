//! A crash at each thing that is written, and who is obeyed.

use std::os::unix::fs::PermissionsExt as _;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, SerialNumber,
};

use super::*;

/// An authority that lasts as long as the test, and the folder of a node.
struct Ground {
    ca: CertifiedIssuer<'static, KeyPair>,
    dir: tempfile::TempDir,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl Ground {
    fn new() -> Self {
        let ground = Self { ca: authority(), dir: tempfile::tempdir().unwrap() };
        let (chain, key) = ground.pair(1);
        ground.configure(&chain, &key);
        fs::write(ground.at("ca.pem"), ground.ca.pem()).unwrap();
        ground
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn configure(&self, chain: &str, key: &str) {
        fs::write(self.at("node.pem"), chain).unwrap();
        let _ = fs::remove_file(self.at("node.key"));
        write_secret(&self.at("node.key"), key.as_bytes()).unwrap();
    }

    fn pair(&self, serial: u8) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        let uri = "spiffe://changzhou/platform/jintan".try_into().unwrap();
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.serial_number = Some(SerialNumber::from_slice(&[serial]));
        let own = params.signed_by(&key, &self.ca).unwrap();
        (own.pem(), key.serialize_pem())
    }

    fn files(&self) -> Files {
        let [ca, certificate, key] = ["ca.pem", "node.pem", "node.key"].map(|name| self.at(name));
        Files::new(&self.at("data"), TlsFiles { ca, certificate, key })
    }

    /// The serial number of what counts; it must be a pair.
    fn counts(&self) -> String {
        let held = self.files().load().unwrap();
        held.identity.check().unwrap();
        held.subject.serial
    }
}

#[test]
fn a_renewal_that_ends_at_any_write_leaves_a_pair_that_works() {
    let ground = Ground::new();
    assert_eq!(ground.counts(), "01");
    let mut ended = 0;
    for stop in 0.. {
        let (chain, key) = ground.pair(7);
        let mut writes = 0;
        let done = ground.files().pair_guarded(&chain, &key, &mut || {
            writes += 1;
            if writes > stop { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        });
        if done.is_ok() {
            break;
        }
        ended += 1;
        // The pointer is the fourth write: until then the old pair counts, after it the new one.
        assert_eq!(ground.counts(), if stop < 4 { "01" } else { "07" }, "after {stop} writes");
        // A machine that starts again renews anew: what lies there is not in its way.
        let again = u8::try_from(stop).unwrap() + 16;
        let (chain, key) = ground.pair(again);
        ground.files().keep_pair(&chain, &key).unwrap();
        assert_eq!(ground.counts(), format!("{again:02x}"));
        fs::remove_dir_all(ground.files().folder()).unwrap();
    }
    assert_eq!(ended, 5, "every write was one at which it ended");
    assert_eq!(ground.counts(), "07");
    let key = ground.files().now().key;
    assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_pair_before_stays_and_older_ones_go() {
    let ground = Ground::new();
    for serial in 1..5 {
        let (chain, key) = ground.pair(serial);
        ground.files().keep_pair(&chain, &key).unwrap();
    }
    let folders = fs::read_dir(ground.files().folder()).unwrap().flatten();
    let mut kept: Vec<_> = folders.filter(|item| item.path().is_dir()).collect();
    kept.sort_by_key(fs::DirEntry::file_name);
    let names: Vec<_> = kept.iter().map(fs::DirEntry::file_name).collect();
    assert_eq!(names, ["03", "04"]);
}

#[test]
fn whoever_replaces_a_configured_file_is_obeyed() {
    let ground = Ground::new();
    let (chain, key) = ground.pair(2);
    ground.files().keep_pair(&chain, &key).unwrap();
    let other = authority();
    ground.files().keep_trust(&(ground.ca.pem() + &other.pem())).unwrap();
    let learned = ground.files().load().unwrap().trusts;
    assert_eq!(ground.counts(), "02");

    let (chain, key) = ground.pair(9);
    ground.configure(&chain, &key);
    assert_eq!(ground.counts(), "09", "enrolled again by hand");
    assert_eq!(ground.files().load().unwrap().trusts, learned, "and trusts what it learned");
    fs::write(ground.at("ca.pem"), other.pem()).unwrap();
    let held = ground.files().load().unwrap();
    assert_eq!(held.trusts, trust_digest(other.pem().as_bytes()));
}

#[test]
fn a_renewed_pair_that_is_damaged_does_not_count_and_nor_does_a_strange_one() {
    let ground = Ground::new();
    let (chain, key) = ground.pair(2);
    ground.files().keep_pair(&chain, &key).unwrap();
    let (_, strange) = ground.pair(3);
    let refused = ground.files().keep_pair(&chain, &strange);
    assert!(matches!(refused, Err(FilesError::Tls(TlsError::Pair(_)))), "{refused:?}");
    assert_eq!(ground.counts(), "02");
    fs::write(ground.files().now().certificate, "damaged").unwrap();
    assert_eq!(ground.counts(), "01");
    assert!(matches!(ground.files().keep_trust("nothing"), Err(FilesError::Tls(_))));
}
