//! Backups 备份 of a hub: what is its own about them beside what every platform has
//! (`sanheyi_node::backup`). Its store may lie on a server; it holds the journals of all platforms;
//! and when it is restored, others know more than it does.
//!
//! - `copy.rs`: all rows of all platforms in one snapshot of a server, into a file of SQLite
//! - `restore.rs`: a hub out of a backup, into a file or an empty database of a server

mod copy;
mod restore;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::backup::manifest::Kind;
use sanheyi_node::backup::{BackupError, Configured, Form, Place, Proved, Subject, Teller, Who};
use sanheyi_node::branch::attachment::verify_files;
use sanheyi_node::branch::{stored_rules, verify, verify_shown};
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::config::{parse, resolve};
use sanheyi_node::store::{Address, Database, Step, StoreError};
use sanheyi_node::web::form::Fields;

use crate::app::{BuildError, signing_key};
use crate::authority::{CERTIFICATE_FILE, files_of};
use crate::config::{CheckedConfig, HubConfig, STORE, TENANTS};
use crate::store::{STEPS, author_keys, former_key_list, generation_get, platform_list};
use crate::tenants;
pub use restore::{HubGrounds, HubRestored, restore, still_runs, where_it_lay};

/// A hub.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfHub;

impl OfHub {
    /// Whom a hub's backups are of.
    ///
    /// # Errors
    /// If its key or its configuration cannot be read.
    pub fn subject(
        config: &CheckedConfig,
        database: Database,
        clock: Arc<dyn Clock>,
    ) -> Result<Subject, BuildError> {
        let key = signing_key(&config.signing)?;
        let raw: HubConfig = sanheyi_node::process::config::load(&config.file)?;
        let mut places = places(&raw, &config.file);
        places.extend(raw.store.address.as_deref().into_iter().flat_map(server_files));
        Ok(Subject {
            platform: config.hub.clone(),
            hub: config.hub.clone(),
            hub_key: key.verifying(),
            key,
            database,
            data: config.data.clone(),
            config: config.file.clone(),
            places,
            settings: config.backup.clone(),
            clock,
        })
    }
}

/// What a hub's configuration says about where files lie.
fn places(raw: &HubConfig, file: &Path) -> Vec<Place> {
    let place = |key, name: &'static str, path: &Path, packed| {
        let path = resolve(file, path);
        Place { key, name: name.into(), path, packed }
    };
    let mut places = vec![
        place("data", "data", &raw.data, false),
        place("keys.signing", "signing.key", &raw.keys.signing, true),
        place("tls.ca", CERTIFICATE_FILE, &raw.tls.ca, true),
        place("tls.certificate", "hub.pem", &raw.tls.certificate, true),
        place("tls.key", "hub.key", &raw.tls.key, true),
    ];
    if let Some(password) = &raw.store.password_file {
        places.push(place("store.password_file", "db.password", password, true));
    }
    if let Some((certificate, key)) = raw.pages.files() {
        places.push(place("pages.certificate", "pages.pem", certificate, true));
        places.push(place("pages.key", "pages.key", key, true));
    }
    // No key names these: they lie in a folder that may be elsewhere, or a link to there.
    let ca = resolve(file, &raw.tls.ca);
    let authorities = files_of(ca.parent().unwrap_or(Path::new(".")));
    let own = authorities.into_iter().filter(|path| !path.ends_with(CERTIFICATE_FILE));
    places.extend(own.filter_map(|path| unnamed("", path)));
    places.extend(tenants_keys(file).into_iter().filter_map(|path| unnamed("tenants/", path)));
    places
}

/// Files that the address of a server names, taken as they are written there: who reaches the
/// server again needs them. A restored configuration has another address, so no key is pointed to
/// them. What is not a file is none that a connection reads: over a socket nobody looks for it.
fn server_files(address: &str) -> Vec<Place> {
    let Some((_, query)) = address.split_once('?') else { return Vec::new() };
    let fields = Fields::parse(query);
    let named = fields.iter().filter_map(|(key, path)| {
        let name = match key {
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "db-ca.pem",
            "sslcert" | "ssl-cert" => "db.pem",
            "sslkey" | "ssl-key" => "db.key",
            _ => return None,
        };
        Some(Place { key: "", name: name.into(), path: path.into(), packed: true })
    });
    named.filter(|place| place.path.is_file()).collect()
}

/// A file that keeps its name, in a folder beside the configuration.
fn unnamed(folder: &str, path: PathBuf) -> Option<Place> {
    let name = format!("{folder}{}", path.file_name()?.to_str()?).into();
    Some(Place { key: "", name, path, packed: true })
}

/// The keys of tenants, whose folder may be a link.
fn tenants_keys(file: &Path) -> Vec<PathBuf> {
    let Ok(items) = fs::read_dir(resolve(file, Path::new(TENANTS))) else { return Vec::new() };
    let paths = items.flatten().map(|item| item.path());
    paths.filter(|path| path.extension().is_some_and(|kind| kind == "key")).collect()
}

impl Form for OfHub {
    const KIND: Kind = Kind::Hub;
    const CONFIG: &'static str = "hub.toml";

    fn steps(&self) -> &'static [Step] {
        STEPS
    }

    async fn copy(
        &self,
        database: &Database,
        hub: &PlatformId,
        to: &Path,
        told: Teller<'_>,
    ) -> Result<(), BackupError> {
        if !database.copy_file(to).await? {
            copy::rows(database, hub, to, told).await?;
        }
        Ok(())
    }

    async fn prove(&self, copy: &Database, who: &Who) -> Result<Proved, BackupError> {
        Ok(Box::pin(prove(copy, who)).await?)
    }

    fn configured(&self, path: &Path, text: &str) -> Result<Configured, BackupError> {
        let raw: HubConfig = parse(path, text)?;
        let data = resolve(path, &raw.data);
        let base = resolve(path, Path::new(""));
        let given = raw.store.address.as_deref().map(|text| Address::parse(text, &base));
        let store = match given {
            Some(Ok(Address::File(file))) => file,
            _ => data.join(STORE),
        };
        Ok(Configured { places: places(&raw, path), store, hub_key: None })
    }
}

/// As `verify` does, platform by platform.
async fn prove(copy: &Database, who: &Who) -> Result<Proved, StoreError> {
    let mut proved = Proved::default();
    let platforms = platform_list(copy).await?;
    let keys = author_keys(&platforms, &former_key_list(copy).await?, &who.hub, who.hub_key);
    let own = copy.of(&who.hub);
    let rules = stored_rules(&own, &who.hub).await?;
    proved.generation = generation_get(&own).await?;
    let reports = verify(&own, &keys).await?;
    proved.add(&own, &reports).await?;
    let files = verify_files(&own).await?;
    proved.differences.extend(files.differences.iter().map(|(_, found)| found.to_string()));
    for row in &platforms {
        let store = copy.of(&row.platform);
        let reports = tenants::verify(&store, row, &who.hub, &keys).await?;
        proved.add(&store, &reports).await?;
        let files = verify_files(&store).await?;
        proved.differences.extend(files.differences.iter().map(|(_, found)| found.to_string()));
        if row.hosted {
            let shown = verify_shown(&store, &rules, &who.hub).await?;
            proved.differences.extend(shown.difference.map(|found| found.to_string()));
        }
    }
    Ok(proved)
}
