//! How every platform's line stands, for who stands beside the hub: a command. What instances know
//! of their own lines, and what their watchdogs see with time, they have noted.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::alerts::LINK_HELD;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::LinkStanding;
use sanheyi_node::health::beside::Seen;
use sanheyi_node::health::noted::{Noted, noted};
use sanheyi_node::health::still::Stills;
use sanheyi_node::store::{Database, HeardRow, StoreError};

use super::facts::{City, has_no_room};
use crate::store::{PlatformRow, platform_list, reached_list, reader_reached};

/// The lines of all platforms, by id.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// Each platform with its line.
    pub(crate) lines: Vec<(PlatformRow, Seen)>,
    /// What the instances have noted.
    pub(crate) noted: Noted,
}

/// Reads how all lines stand.
///
/// # Errors
/// Of the database.
pub(crate) async fn lines(
    database: &Database,
    hub: &PlatformId,
    now: Timestamp,
) -> Result<Lines, StoreError> {
    let store = database.of(hub);
    let noted = noted(&store, now).await?;
    let mut heard = store.heard_list().await?;
    for row in &mut heard {
        as_left(row, &noted);
    }
    let city = City {
        hub: hub.clone(),
        platforms: platform_list(database).await?,
        reached: reached_list(database).await?,
        readers: reader_reached(database).await?,
        known: BTreeMap::new(),
        elsewhere: heard,
        full: noted.findings.iter().any(|one| has_no_room(one, hub)),
    };
    let links = city.links(&mut Stills::default(), now);
    let seen = city.platforms.iter().zip(links).map(|(row, link)| {
        let seen = seen(row, link, &city.elsewhere, &noted).as_noted(&noted, now);
        (row.clone(), seen)
    });
    Ok(Lines { lines: seen.collect(), noted })
}

/// Of an instance that lives no more nobody is connected since it was last there.
fn as_left(row: &mut HeardRow, noted: &Noted) {
    let lives = noted.living.iter().any(|one| one.instance == row.instance);
    if row.connected && !lives {
        let last = noted.silent.iter().find(|one| one.instance == row.instance);
        (row.connected, row.since) = (false, last.map_or(row.heard, |one| one.at));
    }
}

fn seen(row: &PlatformRow, mut link: LinkStanding, heard: &[HeardRow], noted: &Noted) -> Seen {
    let platform = row.platform.as_str();
    let is_held = |name, subject: &str| name == LINK_HELD.name && subject == platform;
    if noted.findings.iter().any(|one| is_held(one.name, &one.subject)) {
        link.facts.held = Some(Code::IdentityHeld);
    }
    // In one look nothing stands still, and so nothing is old.
    for lane in link.facts.lanes.iter_mut().filter(|lane| lane.down) {
        lane.eldest = None;
    }
    let behind = |down: bool| {
        let lanes = link.facts.lanes.iter().filter(|lane| lane.down == down);
        lanes.map(|lane| lane.backlog).sum()
    };
    // Of a tenant there is nothing to send; what a platform has written its heartbeat says.
    let up = link.beat.as_ref().filter(|_| !row.hosted).map(|_| behind(false));
    let down = (!row.hosted).then(|| behind(true));
    let skew = link.beat.as_ref().map(|_| link.facts.skew);
    let ends = heard.iter().filter(|one| one.peer == row.platform);
    let last = ends.max_by_key(|one| (one.connected, one.heard));
    let address = last.map(|one| one.address.clone()).unwrap_or_default();
    Seen { link, since: None, up, down, address, skew, findings: Vec::new() }
}
