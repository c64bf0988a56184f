//! A server that speaks TLS: its certificate, the authority that made it, and another authority
//! that did not.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_hub::authority::request::request;
use sanheyi_hub::authority::{Authority, CERTIFICATE_FILE};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_node::process::entropy::{Entropy as _, OsEntropy};
use sanheyi_node::process::secret::write_secret;

use super::folder::Folder;

/// The one name in the server's certificate. Its address is not in it.
const SERVER_NAME: &str = "localhost";
const DAYS: u32 = 2;
/// Over TCP nobody gets in without TLS, and nobody without a password: so not the superuser, who
/// has none.
const WHO_MAY_CONNECT: &str = "\
local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
";

/// What a client needs to know of a server that speaks TLS.
pub struct PgTls {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// The authority that issued the server's certificate: a file for `sslrootcert`.
    pub ca: PathBuf,
    /// An authority that did not.
    pub wrong_ca: PathBuf,
    /// Of every role of a test. Drawn, because other users of the machine reach the port.
    pub(super) password: String,
    certificate: PathBuf,
    key: PathBuf,
    who_may_connect: PathBuf,
}

impl PgTls {
    /// Makes both authorities, the certificate and the rules in `folder`.
    pub(super) fn new(folder: &Folder, port: u16) -> Self {
        let at = |name: &str| folder.path().join(name);
        let hub: PlatformId = "postgres".parse().expect("a name");
        let (now, entropy) = (SystemClock.now(), OsEntropy);
        let authority = |name: &str| {
            let dir = at(name);
            DirBuilder::new().mode(0o700).create(&dir).expect("a folder");
            let authority = Authority::create(&dir, &hub, now, &entropy).expect("an authority");
            (authority, dir.join(CERTIFICATE_FILE))
        };
        let ((issuer, ca), (_, wrong_ca)) = (authority("ca"), authority("wrong-ca"));
        let made = request(&hub).expect("a key");
        let names = [SERVER_NAME.to_owned()];
        let chain = issuer.issue(&hub, &made.csr_pem, &names, now, DAYS, &entropy);

        let (certificate, key) = (at("server.pem"), at("server.key"));
        let who_may_connect = at("hba.conf");
        fs::write(&certificate, chain.expect("a certificate")).expect("a file");
        fs::write(&who_may_connect, WHO_MAY_CONNECT).expect("a file");
        write_secret(&key, made.key_pem.as_bytes()).expect("a file");
        for file in [&certificate, &key, &who_may_connect] {
            folder.give(file);
        }
        let password = entropy.bytes16().map(|byte| format!("{byte:02x}")).concat();
        Self { port, ca, wrong_ca, password, certificate, key, who_may_connect }
    }

    /// What the server is told.
    pub(super) fn settings(&self) -> Vec<String> {
        let file = |name: &str, path: &Path| format!("{name}={}", path.display());
        vec![
            "listen_addresses=127.0.0.1".to_owned(),
            "ssl=on".to_owned(),
            file("ssl_cert_file", &self.certificate),
            file("ssl_key_file", &self.key),
            file("hba_file", &self.who_may_connect),
        ]
    }
}
