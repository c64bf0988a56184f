//! Where a store lies: a file, or a PostgreSQL server. A password never stands in it, and a server
//! beyond this machine is believed only by its certificate.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use thiserror::Error;

/// Where a store lies.
#[derive(Clone, Debug)]
pub enum Address {
    /// A file of SQLite.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(ServerAddress),
}

/// A database of a PostgreSQL server.
#[derive(Clone)]
pub struct ServerAddress(Box<PgConnectOptions>);

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It is no `postgres://` address.
    #[error("无法识别的数据库地址：{0} · not understood as postgres://user@host/database?…: {0}")]
    Malformed(String),
    /// A password stands in it, where logs and process lists would show it.
    #[error(
        "数据库地址中不得含口令，请改用口令文件（store.password_file 或 ~/.pgpass）· no password may stand in a database's address: use a password file (store.password_file, or ~/.pgpass)"
    )]
    Password,
    /// It leads over a network without checking who answers.
    #[error(
        "经网络连接数据库须核验其证书，请加 sslmode=verify-full&sslrootcert=… · a server reached over a network is checked by its certificate: add sslmode=verify-full&sslrootcert=…"
    )]
    Unverified,
    /// It names no database.
    #[error("数据库地址未写库名 · the address names no database: postgres://user@host/database")]
    NoDatabase,
}

// === impl Address ===

impl Address {
    /// Reads an address: `postgres://user@host/database?…`, or else a path, taken from `base`.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str, base: &Path) -> Result<Self, AddressError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            text.parse().map(Self::Server)
        } else if let Some((scheme, _)) = text.split_once("://") {
            Err(AddressError::Malformed(format!("{scheme}://")))
        } else {
            Ok(Self::File(base.join(text)))
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Server(_) => None,
        }
    }

    /// The same with a password, which is shown nowhere.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        match self {
            Self::Server(ServerAddress(options)) => {
                Self::Server(ServerAddress(Box::new(options.password(password))))
            }
            file @ Self::File(_) => file,
        }
    }
}

impl From<PathBuf> for Address {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for Address {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Server(server) => server.fmt(out),
        }
    }
}

// === impl ServerAddress ===

impl ServerAddress {
    pub(super) fn options(&self) -> PgConnectOptions {
        (*self.0).clone()
    }
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if has_password(text)? {
            return Err(AddressError::Password);
        }
        let options = PgConnectOptions::from_str(text)
            .map_err(|error| AddressError::Malformed(error.to_string()))?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err(AddressError::NoDatabase);
        }
        let here = options.get_socket().is_some() || options.get_host().starts_with('/');
        match options.get_ssl_mode() {
            PgSslMode::VerifyFull => {}
            _ if here => {}
            _ => return Err(AddressError::Unverified),
        }
        Ok(Self(Box::new(options)))
    }
}

/// Whether a password stands in the text of an address, before anything could log it.
fn has_password(text: &str) -> Result<bool, AddressError> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = authority.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    let keys: Vec<_> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    if keys.iter().any(|key| key.contains('%')) {
        return Err(AddressError::Malformed("a key with %".to_owned()));
    }
    Ok(user.contains(':') || keys.contains(&"password"))
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(options) = self;
        let (user, database) = (options.get_username(), options.get_database().unwrap_or_default());
        match options.get_socket() {
            Some(socket) => write!(out, "postgres://{user}@{}/{database}", socket.display()),
            None => write!(
                out,
                "postgres://{user}@{}:{}/{database}",
                options.get_host(),
                options.get_port()
            ),
        }
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Address, AddressError> {
        Address::parse(text, Path::new("/srv/hub"))
    }

    #[test]
    fn a_path_is_a_file_and_an_address_a_server() {
        assert_eq!(
            read("data/hub.sqlite").unwrap().file().unwrap().to_str(),
            Some("/srv/hub/data/hub.sqlite")
        );
        let there = read("postgres://sanheyi@db.city/hub?sslmode=verify-full").unwrap();
        assert_eq!(there.to_string(), "postgres://sanheyi@db.city:5432/hub");
        let here = read("postgres://sanheyi@localhost/hub?host=/run/postgresql").unwrap();
        assert_eq!(here.to_string(), "postgres://sanheyi@/run/postgresql/hub");
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_shown_nowhere() {
        for text in [
            "postgres://sanheyi:geheim@db.city/hub?sslmode=verify-full",
            "postgres://sanheyi@db.city/hub?sslmode=verify-full&password=geheim",
        ] {
            let refused = read(text).unwrap_err();
            assert_eq!(refused, AddressError::Password);
            assert!(!refused.to_string().contains("geheim"));
        }
        let given = read("postgres://sanheyi@db.city/hub?sslmode=verify-full").unwrap();
        assert!(!format!("{:?}", given.with_password("geheim")).contains("geheim"));
    }

    #[test]
    fn a_server_over_a_network_must_show_its_certificate() {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
            let text = format!("postgres://sanheyi@127.0.0.1/hub?sslmode={mode}");
            assert_eq!(read(&text).unwrap_err(), AddressError::Unverified, "{mode}");
        }
        assert_eq!(read("postgres://sanheyi@db.city/hub").unwrap_err(), AddressError::Unverified);
        let nameless = "postgres://sanheyi@db.city/?sslmode=verify-full";
        assert_eq!(read(nameless).unwrap_err(), AddressError::NoDatabase);
        assert_eq!(
            read("mysql://a@b/c").unwrap_err(),
            AddressError::Malformed("mysql://".to_owned())
        );
        for text in ["postgres://[", "postgres://a@b/c?sslmode=verify-full&p%61ssword=geheim"] {
            assert!(matches!(read(text).unwrap_err(), AddressError::Malformed(_)), "{text}");
        }
    }
}
