//! Quarantined entries that nobody has dealt with, platform by platform.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::Check;
use sanheyi_node::health::check::Found;
use sanheyi_node::health::quarantine::{Last, Memory};
use sanheyi_node::store::Store;

use crate::store::quarantined_platforms;

/// Looks at the quarantines of all platforms that have one.
#[derive(Debug, Default)]
pub struct Waiting {
    last: Last,
    known: Mutex<BTreeMap<PlatformId, Memory>>,
}

impl Check for Waiting {
    fn findings<'a>(&'a self, store: &'a Store, now: Timestamp) -> Found<'a> {
        Box::pin(async move {
            if let Some(found) = self.last.get(now) {
                return Ok(found);
            }
            let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
            // A look that fails or is dropped forgets, and the next one begins from nothing.
            let mut before = std::mem::take(&mut *known());
            let (mut after, mut found) = (BTreeMap::new(), Vec::new());
            for platform in quarantined_platforms(store.database()).await? {
                let mut memory = before.remove(&platform).unwrap_or_default();
                found.extend(memory.waiting(&store.database().of(&platform), now).await?);
                after.insert(platform, memory);
            }
            *known() = after;
            self.last.set(now, &found);
            Ok(found)
        })
    }
}
