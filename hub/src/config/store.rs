//! Where the store lies, and the password of its server.

use std::fmt;
use std::path::{Path, PathBuf};

use sanheyi_node::process::config::{Problems, resolve};
use sanheyi_node::process::said::Said;
use sanheyi_node::process::secret::{Zeroizing, read_secret};
use sanheyi_node::store::Address;
use serde::Deserialize;

/// The store's file in the data folder, where nothing else is configured.
pub const STORE: &str = "hub.sqlite";

/// Where the store lies.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreAt {
    /// `postgres://user@host/database?…`, or a path; without it `hub.sqlite` in the data folder.
    pub address: Option<String>,
    /// File with the password of a server, mode 600.
    pub password_file: Option<PathBuf>,
}

/// A password: wiped from memory when dropped, and shown nowhere.
#[derive(Clone)]
pub(super) struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
}

impl Password {
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl StoreAt {
    /// The address, and the password of its server.
    pub(super) fn check(
        &self,
        path: &Path,
        data: &Path,
        problems: &mut Problems,
    ) -> (Address, Option<Password>) {
        let usual = Address::File(data.join(STORE));
        let base = resolve(path, Path::new(""));
        let given = self.address.as_deref().map(|text| Address::parse(text, &base));
        let address = given.unwrap_or(Ok(usual.clone())).unwrap_or_else(|error| {
            let said = Said::new("存储地址不可用", error.to_string());
            let remedy = Said::new(
                "例如 postgres://sanheyi@db.example.cn/hub?sslmode=verify-full&sslrootcert=/etc/sanheyi/db-ca.pem，或一个文件路径",
                "for example postgres://sanheyi@db.example.cn/hub?sslmode=verify-full&sslrootcert=/etc/sanheyi/db-ca.pem, or the path of a file",
            );
            problems.add("store.address", said, remedy);
            usual
        });
        let password = self.password_file.as_ref().and_then(|file| {
            let read = password(&resolve(path, file));
            read.map_err(|said| {
                let remedy = Said::new(
                    "文件中只放数据库口令，权限为 600",
                    "the file holds the password of the database and nothing else, with mode 600",
                );
                problems.add("store.password_file", said, remedy);
            })
            .ok()
        });
        (address, password)
    }
}

/// Reads a password: one line of text.
fn password(path: &Path) -> Result<Password, Said> {
    let unusable = |why: String| Said::new("口令文件不可用", why);
    let secret = read_secret(path).map_err(|error| unusable(error.to_string()))?;
    let text = std::str::from_utf8(&secret)
        .map_err(|_| Said::new("口令文件不是文本", format!("{} is no text", path.display())))?;
    match text.trim() {
        "" => Err(Said::new("口令文件为空", format!("{} is empty", path.display()))),
        password => Ok(Password(Zeroizing::new(password.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_node::process::config::parse;
    use sanheyi_node::process::secret::write_secret;

    use super::super::{CheckedConfig, EXAMPLE, HubConfig};
    use super::*;

    /// A hub's files in a folder, and what its configuration says about the store.
    fn configured(folder: &Path, store: &str) -> Result<CheckedConfig, String> {
        for file in ["signing.key", "ca.pem", "hub.pem", "hub.key"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let path = folder.join("hub.toml");
        let raw: HubConfig = parse(&path, &format!("{EXAMPLE}\n{store}")).unwrap();
        raw.check(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn the_store_lies_where_it_is_told_to() {
        let dir = tempfile::tempdir().unwrap();
        let at = |store: &str| configured(dir.path(), store).unwrap().database();
        let usual = dir.path().join("data").join(STORE);
        assert_eq!(at("").file(), Some(usual.as_path()));
        let other = dir.path().join("elsewhere.sqlite");
        assert_eq!(at("[store]\naddress = \"elsewhere.sqlite\"").file(), Some(other.as_path()));
        let server = "[store]\naddress = \"postgres://hub@localhost/hub?host=/run/postgresql\"";
        assert_eq!(at(server).to_string(), "postgres://hub@/run/postgresql/hub");
    }

    #[test]
    fn a_store_that_cannot_be_is_named_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let said = |store: &str| configured(dir.path(), store).unwrap_err();
        let text = said("[store]\naddress = \"postgres://hub@db.city/hub\"");
        assert!(text.contains("store.address") && text.contains("verify-full"), "{text}");
        let text = said("[store]\naddress = \"postgres://hub:geheim@db.city/hub\"");
        assert!(text.contains("password_file") && !text.contains("geheim"), "{text}");
        let text = said("[store]\npassword_file = \"absent\"");
        assert!(text.contains("store.password_file") && text.contains("600"), "{text}");
    }

    #[test]
    fn a_password_is_read_from_its_file_and_shown_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        write_secret(&dir.path().join("password"), b" geheim\n").unwrap();
        write_secret(&dir.path().join("empty"), b"\n").unwrap();
        let given = configured(dir.path(), "[store]\npassword_file = \"password\"").unwrap();
        assert_eq!(given.password.as_ref().unwrap().text(), "geheim");
        assert!(!format!("{given:?}").contains("geheim"));
        let refused = configured(dir.path(), "[store]\npassword_file = \"empty\"").unwrap_err();
        assert!(refused.contains("口令文件为空"), "{refused}");
    }
}
