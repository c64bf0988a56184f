//! The doctor (体检) of a hub: the checks of a node's, over all platforms.

use std::path::Path;
use std::sync::Arc;

use sanheyi_exchange_spec::health::Finding;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_node::branch::{stored_rules, verify_shown};
use sanheyi_node::doctor::stored::opened;
use sanheyi_node::doctor::{Examined, files, journals, reach, stored};
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::config::ConfigError;
use sanheyi_node::process::disk::Disk;
use sanheyi_node::store::{Database, Store, StoreError};
use sanheyi_node::upkeep::room::disk_finding;

use crate::app::signing_key;
use crate::config::CheckedConfig;
use crate::store::{PlatformRow, STEPS, author_keys, former_key_list, platform_list};
use crate::tenants::{self, key_file};

/// Examines the hub of a configuration, as it was read from `path`. `quick`: what answers within a
/// second.
pub async fn examine(
    path: &Path,
    config: Result<CheckedConfig, ConfigError>,
    quick: bool,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
) -> Examined {
    let mut out = Examined::default();
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            out.add("configuration", files::configuration(path, &error));
            return out;
        }
    };
    out.add("configuration", []);
    let held = config.identity();
    let (own, line) = (files::seed(&config.signing), files::secret(&held.now().key));
    out.add("secrets", own.into_iter().chain(line));
    out.add("data", files::folder(&config.data));
    out.add("identity", files::identity(&held, &config.hub, &config.hub, clock.now()));
    let room = config.room(disk);
    let seen = room.look();
    out.add("disk", seen.and_then(|seen| disk_finding(&config.disk, &seen, config.hub.as_str())));
    let subject = config.hub.as_str();
    let looked = match opened(config.database(), STEPS, subject).await {
        Ok(database) => {
            let look = of_store(&mut out, &config, &database, quick, &clock);
            let looked = stored::looked(quick, subject, look).await;
            database.close().await;
            looked
        }
        Err(found) => Err(found),
    };
    out.add("store", looked.as_ref().err().cloned());
    let lives = looked.unwrap_or(false);
    if !quick {
        let mut listens = vec![("listen", config.listen)];
        listens.extend(config.health.listen.map(|at| ("health", at)));
        listens.extend(config.pages.listen.map(|at| ("pages", at)));
        out.add("ports", reach::ports(&listens, lives).await);
    }
    out
}

async fn of_store(
    out: &mut Examined,
    config: &CheckedConfig,
    database: &Database,
    quick: bool,
    clock: &Arc<dyn Clock>,
) -> Result<bool, StoreError> {
    let (own, now) = (database.of(&config.hub), clock.now());
    let lives = stored::processes(out, &own, now).await?;
    stored::backups(out, &own, &config.backup, &config.file, now).await?;
    if quick {
        return Ok(lives);
    }
    out.begin("integrity", "数据库自检");
    out.add("integrity", stored::damage(database, config.hub.as_str()).await?);
    let platforms = platform_list(database).await?;
    let hosted = platforms.iter().filter(|row| row.hosted);
    let keys = hosted.map(|row| key_file(&config.tenants, &row.platform));
    out.add("tenants", keys.filter_map(|key| files::seed(&key)));
    let mut waiting = Vec::new();
    for row in &platforms {
        waiting.extend(stored::quarantine(&database.of(&row.platform)).await?);
    }
    out.add("quarantine", waiting);
    let Ok(key) = signing_key(&config.signing) else { return Ok(lives) };
    out.begin("journals", "逐字节核验日志");
    let former = former_key_list(database).await?;
    let keys = author_keys(&platforms, &former, &config.hub, key.verifying());
    out.add("journals", of_journals(&own, &platforms, &keys).await?);
    Ok(lives)
}

/// What of the hub's journals, of every platform's, and of files contradicts itself.
async fn of_journals(
    own: &Store,
    platforms: &[PlatformRow],
    keys: &Keyring,
) -> Result<Vec<Finding>, StoreError> {
    let hub = own.platform();
    let rules = stored_rules(own, hub).await?;
    let mut found = journals::journals(own, keys).await?;
    for row in platforms {
        let store = own.database().of(&row.platform);
        let reports = tenants::verify(&store, row, hub, keys).await?;
        found.extend(journals::differences(reports));
        found.extend(journals::stored_files(&store).await?);
        // A node verifies what it was shown itself.
        if row.hosted {
            let shown = verify_shown(&store, &rules, hub).await?.difference;
            let differs = |one| journals::differs(row.platform.as_str(), &one);
            found.extend(shown.map(differs));
        }
    }
    Ok(found)
}
