//! `operator`: who may sign in to the hub's pages. The commands are the node's; here is where the
//! hub keeps its operators.

use sanheyi_node::cli::operator::{House, Housed};
use sanheyi_node::process::folder;

use super::Listing;
use crate::store::open;

impl Housed for Listing {
    fn json(&self) -> bool {
        self.json
    }

    async fn house(&self) -> anyhow::Result<House> {
        let config = self.at.load()?;
        folder::private(&config.data)?;
        let database = open(&config.database(), &config.hub).await?;
        Ok(House { store: database.of(&config.hub), data: config.data })
    }
}
