//! Which files belong to a platform beside its store, what they are called in a backup, and how a
//! configuration is pointed to where they lie after a restore.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::seal::IDENTITY_FILE;
use super::{BackupError, EXTENSION};

/// Folder of the configuration and of what lies beside it, in a backup.
pub const CONFIG_FOLDER: &str = "config";
/// Folder of what lies in the data folder beside the store, in a backup.
pub const DATA_FOLDER: &str = "data";
/// Largest file that is taken along because it lies beside the configuration, in bytes: keys and
/// certificates are small.
pub const NAMED_BYTES: u64 = 64 * 1024;
/// What such files end with.
const KINDS: [&str; 9] = ["toml", "pem", "key", "crt", "cer", "csr", "crl", "password", "json"];

/// Folders in the data folder that belong into a backup: renewed certificates with their keys, and
/// what was archived out of the store.
const KEPT: [&str; 2] = ["identity", "archive"];
/// So deep they are looked at.
const DEPTH: u32 = 2;

/// A file or folder that the configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key that names it, with dots; empty where it lies beside something that a key names.
    pub key: &'static str,
    /// Where it lies after a restore, relative to the configuration.
    pub name: Cow<'static, str>,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is a file that belongs into a backup.
    pub packed: bool,
}

/// The files to pack beside the store: names in the backup, and where they lie. Of the
/// data folder only what is named above, no backup, and never the private key of backups.
pub(super) fn files(
    config: &Path,
    name: &str,
    data: &Path,
    places: &[Place],
) -> Result<BTreeMap<String, PathBuf>, BackupError> {
    let folder = match config.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut found = BTreeMap::new();
    found.insert(packed(name), config.to_owned());
    for place in places.iter().filter(|place| place.packed) {
        found.insert(packed(&place.name), place.path.clone());
    }
    let known: Vec<_> = found.values().filter_map(|path| path.canonicalize().ok()).collect();
    let mut beside = Vec::new();
    for item in listed(folder)? {
        if item.is_dir() && !same(&item, data) {
            let inner = listed(&item)?;
            beside.extend(inner.into_iter().filter(|path| path.is_file()));
        } else if item.is_file() {
            beside.push(item);
        }
    }
    for path in beside {
        let Ok(relative) = path.strip_prefix(folder) else { continue };
        let there = path.canonicalize().is_ok_and(|path| known.contains(&path));
        if let (false, true, Some(text)) = (there, belongs(&path), relative.to_str()) {
            found.entry(packed(text)).or_insert(path);
        }
    }
    for kept in KEPT {
        within(&data.join(kept), &format!("{DATA_FOLDER}/{kept}"), DEPTH, &mut found)?;
    }
    Ok(found)
}

/// Every file in a folder that may not be there, with the name that it has in a backup.
fn within(
    folder: &Path,
    name: &str,
    depth: u32,
    found: &mut BTreeMap<String, PathBuf>,
) -> Result<(), BackupError> {
    if depth == 0 || !folder.is_dir() {
        return Ok(());
    }
    for item in listed(folder)? {
        let inner = item.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let inner = format!("{name}/{inner}");
        if item.is_dir() {
            within(&item, &inner, depth - 1, found)?;
        } else if item.is_file() {
            found.insert(inner, item);
        }
    }
    Ok(())
}

fn packed(name: &str) -> String {
    format!("{CONFIG_FOLDER}/{name}")
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let at = || BackupError::at(folder);
    let mut found = Vec::new();
    for item in fs::read_dir(folder).map_err(at())? {
        let item = item.map_err(at())?;
        let name = item.file_name();
        let plain = name.to_str().is_some_and(|name| {
            let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !name.starts_with('.') && name.chars().all(good)
        });
        // A link may lead anywhere: only what the configuration names is followed.
        if plain && !item.file_type().map_err(at())?.is_symlink() {
            found.push(item.path());
        }
    }
    found.sort();
    Ok(found)
}

fn same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn belongs(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    let small = fs::metadata(path).is_ok_and(|facts| facts.len() <= NAMED_BYTES);
    KINDS.contains(&kind) && small && name != IDENTITY_FILE && !name.ends_with(EXTENSION)
}

/// A configuration's text, pointed to where files lie after a restore: relative to itself. What a
/// key does not say stays at its default.
///
/// # Errors
/// [`BackupError::Relocate`] with the first key that cannot be changed.
pub fn relocated(text: &str, changes: &[(&str, &str)]) -> Result<String, BackupError> {
    let mut text = text.to_owned();
    for (key, to) in changes {
        let lost = || BackupError::Relocate { key: (*key).to_owned() };
        let Some(is) = value(&text, key).ok_or_else(lost)? else { continue };
        if is == **to {
            continue;
        }
        for quote in ['"', '\''] {
            text = text.replace(&format!("{quote}{is}{quote}"), &format!("\"{to}\""));
        }
        if value(&text, key).flatten().as_deref() != Some(*to) {
            return Err(lost());
        }
    }
    Ok(text)
}

/// The text of a key, if it is there; `None` if the document cannot be read.
fn value(text: &str, key: &str) -> Option<Option<String>> {
    let document: toml::Table = toml::from_str(text).ok()?;
    let mut at = &toml::Value::Table(document);
    for part in key.split('.') {
        match at.get(part) {
            Some(inner) => at = inner,
            None => return Some(None),
        }
    }
    Some(at.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_certificates_beside_the_configuration_go_along_and_no_private_key_of_backups() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for folder in ["data", "tenants", "backups"] {
            fs::create_dir(at(folder)).unwrap();
        }
        for name in [
            "node.toml",
            "ca.pem",
            "ca.key",
            IDENTITY_FILE,
            "notes.txt",
            ".hidden.key",
            "tenants/liyang.key",
            "data/node.key",
            "backups/x.sanheyi-backup",
        ] {
            fs::write(at(name), name).unwrap();
        }
        let edge = |name: &str, bytes: u64| {
            fs::write(at(name), vec![0; usize::try_from(bytes).unwrap()]).unwrap();
        };
        edge("edge.pem", NAMED_BYTES);
        edge("large.pem", NAMED_BYTES + 1);
        let elsewhere = tempfile::tempdir().unwrap();
        let seed = elsewhere.path().join("seed");
        fs::write(&seed, "seed").unwrap();
        fs::create_dir_all(at("data/identity/0a")).unwrap();
        fs::write(at("data/identity/0a/node.key"), "renewed").unwrap();
        let place = |key, name: &'static str, path: &Path, packed| {
            let (name, path) = (name.into(), path.into());
            Place { key, name, path, packed }
        };
        let places = [
            place("keys.signing", "signing.key", &seed, true),
            place("tls.ca", "ca.pem", &at("ca.pem"), true),
            place("data", "data", &at("data"), false),
        ];
        let found = files(&at("node.toml"), "node.toml", &at("data"), &places).unwrap();
        let names: Vec<_> = found.keys().map(String::as_str).collect();
        let due = [
            "config/ca.key",
            "config/ca.pem",
            "config/edge.pem",
            "config/node.toml",
            "config/signing.key",
            "config/tenants/liyang.key",
            "data/identity/0a/node.key",
        ];
        assert_eq!(names, due);
        assert_eq!(found["config/signing.key"], seed);
    }

    #[test]
    fn a_configuration_is_pointed_to_its_new_place() {
        let text =
            "data = '/var/lib/sanheyi'\n[keys]\nsigning = \"/etc/s.key\" # the seed\n[tls]\n";
        let changes = [("data", "data"), ("keys.signing", "signing.key"), ("tls.ca", "ca.pem")];
        let due = "data = \"data\"\n[keys]\nsigning = \"signing.key\" # the seed\n[tls]\n";
        assert_eq!(relocated(text, &changes).unwrap(), due);
        let odd = "data = \"/var/lib/\\u0073anheyi\"\n";
        let refused = relocated(odd, &changes).unwrap_err();
        assert!(matches!(refused, BackupError::Relocate { key } if key == "data"));
    }
}
