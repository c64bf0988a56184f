//! A node is examined.

use std::path::Path;
use std::sync::Arc;

use sanheyi_exchange_spec::keyring::Keyring;

use super::stored::opened;
use super::{Examined, files, journals, reach, stored};
use crate::branch::{stored_rules, verify_shown};
use crate::config::NodeConfig;
use crate::process::clock::Clock;
use crate::process::disk::Disk;
use crate::store::{Database, StoreError};
use crate::upkeep::room::{Room, disk_finding};

/// Examines the node of a configuration file. `quick`: what answers within a second.
pub async fn examine(
    path: &Path,
    quick: bool,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
) -> Examined {
    let mut out = Examined::default();
    let config = match NodeConfig::load(path) {
        Ok(config) => config,
        Err(error) => {
            out.add("configuration", files::configuration(path, &error));
            return out;
        }
    };
    out.add("configuration", []);
    let held = config.identity();
    let (own, line) = (files::seed(&config.keys.signing), files::secret(&held.now().key));
    out.add("secrets", own.into_iter().chain(line));
    out.add("data", files::folder(&config.data));
    let now = clock.now();
    out.add("identity", files::identity(&held, &config.hub, &config.platform, now));
    let room = Room::new(disk, config.data.clone(), config.disk, true);
    let seen = room.look();
    out.add(
        "disk",
        seen.and_then(|seen| disk_finding(&config.disk, &seen, config.platform.as_str())),
    );
    let subject = config.platform.as_str();
    let looked = match opened(config.database(), &[], subject).await {
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
        let listens = [("health", config.health.listen), ("pages", config.pages.listen)];
        let listens = listens.iter().filter_map(|(key, at)| Some((*key, (*at)?)));
        out.add("ports", reach::ports(&listens.collect::<Vec<_>>(), lives).await);
        // Without keys nothing can be dialled, and that was said already.
        if let Ok(keys) = config.read_keys(clock) {
            out.begin("hub", "连接市级平台");
            let line = &config.uplink;
            out.add("hub", reach::hub(&line.address, &line.server_name, keys.tls).await);
        }
    }
    out
}

async fn of_store(
    out: &mut Examined,
    config: &NodeConfig,
    database: &Database,
    quick: bool,
    clock: &Arc<dyn Clock>,
) -> Result<bool, StoreError> {
    let (store, now) = (database.of(&config.platform), clock.now());
    let lives = stored::processes(out, &store, now).await?;
    stored::backups(out, &store, &config.backup, &config.file, now).await?;
    if quick {
        return Ok(lives);
    }
    out.begin("integrity", "数据库自检");
    out.add("integrity", stored::damage(database, config.platform.as_str()).await?);
    out.add("quarantine", stored::quarantine(&store).await?);
    let Ok(key) = config.read_signing_key() else { return Ok(lives) };
    out.begin("journals", "逐字节核验日志");
    let own = (config.platform.clone(), key.verifying());
    let keys = Keyring::from([own, (config.hub.clone(), config.keys.hub_key)]);
    let mut found = journals::journals(&store, &keys).await?;
    let rules = stored_rules(&store, &config.hub).await?;
    let shown = verify_shown(&store, &rules, &config.hub).await?.difference;
    found.extend(shown.map(|difference| journals::differs(config.platform.as_str(), &difference)));
    out.add("journals", found);
    Ok(lives)
}
