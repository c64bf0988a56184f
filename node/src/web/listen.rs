//! Where pages are served: `[pages]` of a node and of a hub, checked, and the listener.
//!
//! Pages show what platforms exchange, and passwords travel to them. So they listen on this machine
//! alone unless there is a certificate; plain HTTP on a network is an error of the configuration.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;
use tokio::net::TcpListener;

use crate::process::clock::Clock;
use crate::process::config::{Problems, resolve};
use crate::process::said::Said;
use crate::process::tls::{Identity, ServerConfig, TlsError, pages_config};

/// Port of a node's pages, unless told otherwise.
pub const NODE_PORT: u16 = 7446;
/// Port of a hub's pages, unless told otherwise.
pub const HUB_PORT: u16 = 7445;
/// File in the data folder with the address of the pages: with port 0 the system chooses it.
pub const ADDRESS_FILE: &str = "pages";

/// `[pages]` as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PagesFile {
    listen: Option<String>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// `[pages]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagesConfig {
    /// `listen`: address and port; nothing where there are to be no pages.
    pub listen: Option<SocketAddr>,
    /// Whether that was written down: then a port that is taken is a fault, else a warning.
    pub chosen: bool,
    /// `certificate` and `key`: PEM files of the server's certificate chain and its private key,
    /// mode 0600. Without them pages are plain HTTP, on this machine alone.
    pub tls: Option<PagesTls>,
}

/// Who the pages are to a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagesTls {
    /// The chain, own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A listener for pages that is bound.
pub struct Listening {
    /// It takes connections from now on; they are answered once it is served.
    pub listener: TcpListener,
    /// Its address.
    pub address: SocketAddr,
    /// TLS, unless it listens on this machine alone.
    pub tls: Option<Arc<ServerConfig>>,
}

/// Why pages cannot be served.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address is taken, or not this machine's.
    #[error(
        "页面地址 {address} 无法监听，请修改 [pages] listen，或设为 \"\" 不提供页面 / the pages cannot \
         listen at {address}: change [pages] listen, or set it to \"\" for no pages"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Certificate or key.
    #[error("页面证书无法使用 / the certificate of the pages cannot be used")]
    Tls(#[from] TlsError),
    /// The file with the address.
    #[error("无法写入 {} / cannot write {}", path.display(), path.display())]
    Address {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

// === impl PagesFile ===

impl PagesFile {
    /// The files of certificate and key, as they are written, where both are.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        self.certificate.as_deref().zip(self.key.as_deref())
    }

    /// Gives the values their meaning; what is wrong with them is added to `problems`. Paths are
    /// relative to `file`.
    pub fn check(self, file: &Path, port: u16, problems: &mut Problems) -> PagesConfig {
        let usual = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let chosen = self.listen.is_some();
        let listen = match self.listen.as_deref() {
            None => Some(usual),
            Some("") => None,
            Some(text) => address(text, usual, problems),
        };
        let tls = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some(PagesTls {
                certificate: resolve(file, &certificate),
                key: resolve(file, &key),
            }),
            (None, None) => None,
            (certificate, _) => {
                let missing = if certificate.is_none() { "pages.certificate" } else { "pages.key" };
                problems.add(
                    missing,
                    Said::new("证书与私钥须同时给出", "certificate and key go together"),
                    Said::new("请补上另一项，或两项都删去", "add it, or leave out both"),
                );
                None
            }
        };
        let open = listen.filter(|address| !address.ip().is_loopback());
        if let (Some(address), None, true) = (open, &tls, problems.is_empty()) {
            problems.add("pages.listen", in_the_clear(address), certificate_remedy(usual));
        }
        PagesConfig { listen, chosen, tls }
    }
}

fn address(text: &str, usual: SocketAddr, problems: &mut Problems) -> Option<SocketAddr> {
    let read = text.parse().ok();
    if read.is_none() {
        problems.add(
            "pages.listen",
            Said::new(format!("“{text}”不是 地址:端口"), format!("`{text}` is no address:port")),
            Said::new(
                format!("例如 \"{usual}\"；不提供页面则写 \"\""),
                format!("for example \"{usual}\", or \"\" for no pages"),
            ),
        );
    }
    read
}

fn in_the_clear(address: SocketAddr) -> Said {
    Said::new(
        format!("{address} 不是本机地址，而没有证书：口令会以明文经过网络"),
        format!(
            "{address} is not this machine alone, and without a certificate passwords would travel in the clear"
        ),
    )
}

fn certificate_remedy(usual: SocketAddr) -> Said {
    Said::new(
        format!(
            "请在 [pages] 给出 certificate 与 key，或改为 \"{usual}\" 并经 SSH 隧道或反向代理访问"
        ),
        format!(
            "give certificate and key in [pages], or listen at \"{usual}\" and come by an SSH tunnel or a reverse proxy"
        ),
    )
}

/// Removes the address of an earlier run: it would send people to nowhere.
fn forget(path: PathBuf) -> Result<(), ListenError> {
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(ListenError::Address { path, source })
        }
        _ => Ok(()),
    }
}

// === impl PagesConfig ===

impl PagesConfig {
    /// No pages.
    pub const NONE: Self = Self { listen: None, chosen: true, tls: None };

    /// Reads certificate and key and binds the listener, if there are to be pages; its address is
    /// written to [`ADDRESS_FILE`] in `data`. Where nobody chose the address and another process
    /// has it, there are none.
    ///
    /// # Errors
    /// If any of that fails.
    pub async fn bind(
        &self,
        data: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Listening>, ListenError> {
        let path = data.join(ADDRESS_FILE);
        let Some(address) = self.listen else { return forget(path).map(|()| None) };
        let tls = match &self.tls {
            Some(PagesTls { certificate, key }) => {
                Some(pages_config(&Identity::load(certificate, key)?, clock)?)
            }
            None => None,
        };
        let bind = |source| ListenError::Bind { address, source };
        let listener = match TcpListener::bind(address).await {
            Err(taken) if !self.chosen && taken.kind() == io::ErrorKind::AddrInUse => {
                tracing::warn!(%address, "another process listens at {address}: there are no pages; choose an address in [pages]");
                return forget(path).map(|()| None);
            }
            bound => bound.map_err(bind)?,
        };
        let address = listener.local_addr().map_err(bind)?;
        let written = fs::write(&path, format!("{address}\n"));
        written.map_err(|source| ListenError::Address { path, source })?;
        Ok(Some(Listening { listener, address, tls }))
    }
}

// === impl Listening ===

impl Listening {
    /// The address as one types it into a browser.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/", self.address)
    }
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listening").field("url", &self.url()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::clock::SystemClock;
    use crate::process::config::parse;

    fn checked(text: &str) -> (PagesConfig, Vec<String>) {
        let file = Path::new("/etc/sanheyi/node.toml");
        let mut problems = Problems::new(file);
        let pages: PagesFile = parse(file, text).unwrap();
        let config = pages.check(file, NODE_PORT, &mut problems);
        (config, problems.list().iter().map(|one| one.place.clone()).collect())
    }

    #[test]
    fn pages_are_on_for_this_machine_unless_told_otherwise() {
        let (usual, wrong) = checked("");
        assert_eq!(usual.listen, Some("127.0.0.1:7446".parse().unwrap()));
        assert!(wrong.is_empty() && usual.tls.is_none());
        assert!(!usual.chosen);
        assert_eq!(checked("listen = ''").0, PagesConfig::NONE);
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let pair = "\ncertificate = 'p.pem'\nkey = 'p.key'";
        for (address, alone) in [
            ("127.0.0.1:0", true),
            ("127.8.0.1:80", true),
            ("[::1]:7446", true),
            ("0.0.0.0:7446", false),
            ("[::]:7446", false),
            ("10.1.2.3:443", false),
        ] {
            let plain = checked(&format!("listen = '{address}'"));
            assert_eq!(plain.1.is_empty(), alone, "{address}");
            let (config, wrong) = checked(&format!("listen = '{address}'{pair}"));
            assert!(wrong.is_empty(), "{address}");
            assert_eq!(config.tls.unwrap().key, Path::new("/etc/sanheyi/p.key"));
        }
        assert_eq!(checked("listen = '7446'").1, ["pages.listen"]);
        assert_eq!(checked("key = 'p.key'").1, ["pages.certificate"]);
        assert_eq!(checked("certificate = 'p.pem'").1, ["pages.key"]);
    }

    #[tokio::test]
    async fn the_address_is_written_where_scripts_find_it() {
        let dir = tempfile::tempdir().unwrap();
        let config = checked("listen = '127.0.0.1:0'").0;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let listening = config.bind(dir.path(), Arc::clone(&clock)).await.unwrap().unwrap();
        let file = dir.path().join(ADDRESS_FILE);
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n", listening.address));
        assert_ne!(listening.address.port(), 0);
        let taken = PagesConfig { listen: Some(listening.address), chosen: true, tls: None };
        let refused = taken.bind(dir.path(), Arc::clone(&clock)).await.unwrap_err();
        assert!(matches!(refused, ListenError::Bind { .. }), "{refused}");
        let usual = PagesConfig { chosen: false, ..taken };
        assert!(usual.bind(dir.path(), Arc::clone(&clock)).await.unwrap().is_none());
        assert!(!file.exists(), "it would send people to somebody else");
        assert!(PagesConfig::NONE.bind(dir.path(), clock).await.unwrap().is_none());
    }
}
