//! The estate of a node: the rows of its one platform.

use super::merge::{Mergeable, mergeable_of_branch};
use super::tasks::Estate;
use crate::store::tables::{TABLES, Table};
use crate::store::{Store, StoreError};

/// A node's rows.
#[derive(Clone, Debug)]
pub struct NodeEstate(pub Store);

/// The table of that name among the tables of branches.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

impl Estate for NodeEstate {
    fn home(&self) -> Store {
        self.0.clone()
    }

    async fn stores(&self) -> Result<Vec<Store>, StoreError> {
        Ok(vec![self.0.clone()])
    }

    async fn mergeable(&self, store: &Store) -> Result<Vec<Mergeable>, StoreError> {
        mergeable_of_branch(store).await
    }

    fn audits(&self) -> Vec<&'static Table> {
        table("change").into_iter().collect()
    }
}
