//! What is a node's own about its backups.

use std::path::Path;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::keyring::Keyring;

use super::manifest::{JournalLine, Kind};
use super::{BackupError, Configured, Form, Place, Proved, Teller, Who};
use crate::branch::attachment::verify_files;
use crate::branch::{JournalReport, stored_rules, verify, verify_shown};
use crate::config::NodeConfig;
use crate::store::{Database, Step, Store, StoreError};
use crate::web::listen::PagesTls;

/// A node.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfNode;

impl OfNode {
    /// What a node's configuration says about where files lie.
    pub fn places(config: &NodeConfig) -> Vec<Place> {
        let place = |key, name: &'static str, path: &Path, packed| {
            let (name, path) = (name.into(), path.into());
            Place { key, name, path, packed }
        };
        let mut places = vec![
            place("data", "data", &config.data, false),
            place("keys.signing", "signing.key", &config.keys.signing, true),
            place("tls.ca", "ca.pem", &config.tls.ca, true),
            place("tls.certificate", "node.pem", &config.tls.certificate, true),
            place("tls.key", "node.key", &config.tls.key, true),
        ];
        if let Some(PagesTls { certificate, key }) = &config.pages.tls {
            places.push(place("pages.certificate", "pages.pem", certificate, true));
            places.push(place("pages.key", "pages.key", key, true));
        }
        places
    }
}

impl Form for OfNode {
    const KIND: Kind = Kind::Node;
    const CONFIG: &'static str = "node.toml";

    fn steps(&self) -> &'static [Step] {
        &[]
    }

    async fn copy(
        &self,
        database: &Database,
        _hub: &PlatformId,
        to: &Path,
        _told: Teller<'_>,
    ) -> Result<(), BackupError> {
        database.copy_file(to).await?;
        Ok(())
    }

    async fn prove(&self, copy: &Database, who: &Who) -> Result<Proved, BackupError> {
        let store = copy.of(&who.platform);
        let keys = Keyring::from([(who.platform.clone(), who.key), (who.hub.clone(), who.hub_key)]);
        let mut proved = Proved::default();
        of_branch(&store, &keys, &mut proved).await?;
        let rules = stored_rules(&store, &who.hub).await?;
        let shown = verify_shown(&store, &rules, &who.hub).await?;
        proved.differences.extend(shown.difference.map(|found| found.to_string()));
        Ok(proved)
    }

    fn configured(&self, path: &Path, text: &str) -> Result<Configured, BackupError> {
        let config = NodeConfig::parse(path, text)?;
        let (places, store) = (Self::places(&config), config.database());
        Ok(Configured { places, store, hub_key: Some(config.keys.hub_key) })
    }
}

/// Recomputes the journals and files of one platform.
async fn of_branch(store: &Store, keys: &Keyring, proved: &mut Proved) -> Result<(), StoreError> {
    let reports = verify(store, keys).await?;
    Proved::add(proved, store, &reports).await?;
    let files = verify_files(store).await?;
    proved.differences.extend(files.differences.iter().map(|(_, found)| found.to_string()));
    Ok(())
}

impl Proved {
    /// Adds what was found of a platform's journals.
    ///
    /// # Errors
    /// Of the database.
    pub async fn add(
        &mut self,
        store: &Store,
        reports: &[JournalReport],
    ) -> Result<(), StoreError> {
        let rows = store.journal_list().await?;
        for report in reports {
            let row = rows.iter().find(|row| row.head.journal == report.journal);
            let (mut acknowledged, platform) = (None, store.platform());
            if let Some(row) = row.filter(|row| row.home && row.head.journal.author == *platform) {
                acknowledged = Some(store.greeting_get(row.number).await?.acknowledged);
            }
            let differs = report.difference.as_ref().map(ToString::to_string).or_else(|| {
                let same = row.is_some_and(|row| {
                    row.head.size == report.entries && row.head.root == report.root
                });
                (!same).then(|| format!("journal.root {}", report.root))
            });
            let journal = &report.journal;
            self.differences.extend(differs.map(|found| format!("{platform} {journal}: {found}")));
            self.journals.push(JournalLine {
                platform: platform.clone(),
                journal: journal.clone(),
                size: report.entries,
                root: report.root,
                acknowledged,
            });
        }
        Ok(())
    }
}
