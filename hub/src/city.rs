//! The city's view (市级总览): what stands over all platforms, for an operator who says what for.
//!
//! Everybody else sees the rows of one platform. A [`CityView`] sees those of all, and so it is
//! made from an [`Authorisation`] only, leaves a row in the audit before it reads anything, and
//! another one before each read, naming the view. It writes nothing else: it has no function for
//! it, and on PostgreSQL its transactions are read-only under a policy that lets it change no row.
//! It reads no bodies.
//! Its fields are private, and there is no other way to one than `open`.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::store::{Database, StoreError};
use thiserror::Error;

use crate::store::{AuditRow, audit_add, city_find, city_quarantined, city_totals};
pub use crate::store::{CityException, CityRecord, CityTotal};

/// Longest name of an operator, in bytes: a name and an account, not a letter.
pub const WHO_BYTES: usize = 128;
/// Longest purpose, in bytes: about 340 Chinese characters, a reason and a file number.
pub const PURPOSE_BYTES: usize = 1024;
/// Longest name of a view with what it asks for, in bytes: a record's dataset and id with room.
const VIEW_BYTES: usize = 512;
/// Most rows of one view: what a person reads, and what fits into memory many times over.
pub const ROWS: u64 = 10_000;

/// A view of the city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// How every platform stands.
    Totals,
    /// One record, whosever it is.
    Find,
    /// What was quarantined.
    Quarantined,
}

/// Who may look at what, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorisation {
    who: String,
    purpose: String,
    scope: BTreeSet<View>,
}

/// Why nothing is shown.
#[derive(Debug, Error)]
pub enum CityError {
    /// It does not say who, or what for, or is too long.
    #[error("须写明{what_zh}，最多 {most} 字节 · {what_en} must be given, in at most {most} bytes")]
    Unsaid {
        /// What is missing, in Chinese.
        what_zh: &'static str,
        /// What is missing.
        what_en: &'static str,
        /// Most bytes.
        most: usize,
    },
    /// The authorisation is for something else.
    #[error("本次授权不含视图 {0} · this authorisation does not cover the view {0}")]
    OutOfScope(View),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All platforms, to be read.
pub struct CityView {
    database: Database,
    hub: PlatformId,
    by: Authorisation,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

// === impl View ===

impl View {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            View::Totals => "totals",
            View::Find => "find",
            View::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

// === impl Authorisation ===

impl Authorisation {
    /// An operator's word: who it is, what for, and at which views. That `who` is true, the caller
    /// answers for; it is written down as it is given.
    ///
    /// # Errors
    /// [`CityError::Unsaid`] if `who` or `purpose` is empty or too long.
    pub fn new(
        who: &str,
        purpose: &str,
        scope: impl IntoIterator<Item = View>,
    ) -> Result<Self, CityError> {
        Ok(Self {
            who: said(who, ("操作人", "the operator"), WHO_BYTES)?,
            purpose: said(purpose, ("用途", "the purpose"), PURPOSE_BYTES)?,
            scope: scope.into_iter().collect(),
        })
    }
}

fn said(
    text: &str,
    (what_zh, what_en): (&'static str, &'static str),
    most: usize,
) -> Result<String, CityError> {
    let text = text.trim();
    if text.is_empty() || text.len() > most || text.contains('\0') {
        return Err(CityError::Unsaid { what_zh, what_en, most });
    }
    Ok(text.to_owned())
}

// === impl CityView ===

impl CityView {
    /// Opens the view: first a row in the audit, then anything else.
    ///
    /// # Errors
    /// Of the database: whoever cannot be written down sees nothing.
    pub async fn open(
        database: &Database,
        hub: &PlatformId,
        by: Authorisation,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, CityError> {
        let view = Self { database: database.clone(), hub: hub.clone(), by, clock, entropy };
        let scope: Vec<_> = view.by.scope.iter().map(|one| one.name()).collect();
        view.note(format!("open {}", scope.join(" "))).await?;
        Ok(view)
    }

    /// Writes down what is about to be read. It stands whatever becomes of the read.
    async fn note(&self, view: String) -> Result<(), StoreError> {
        let row = AuditRow {
            at: self.clock.now(),
            id: self.entropy.bytes16(),
            who: self.by.who.clone(),
            purpose: self.by.purpose.clone(),
            view,
        };
        let store = self.database.of(&self.hub);
        let mut tx = store.begin("audit_add").await?;
        audit_add(&mut tx, &store, &row).await?;
        tx.commit().await
    }

    async fn look(&self, view: View, at: &str) -> Result<(), CityError> {
        if !self.by.scope.contains(&view) {
            return Err(CityError::OutOfScope(view));
        }
        let mut text = format!("{view} {at}").trim_end().to_owned();
        // What is asked for comes from outside; no record has so long a name.
        text.truncate(text.floor_char_boundary(VIEW_BYTES));
        Ok(self.note(text).await?)
    }

    /// How every platform stands.
    ///
    /// # Errors
    /// See [`CityError`]; so for all views.
    pub async fn totals(&self) -> Result<Vec<CityTotal>, CityError> {
        self.look(View::Totals, "").await?;
        Ok(city_totals(&self.database).await?)
    }

    /// Every revision of a record, whosever it is, as far as [`ROWS`] go.
    ///
    /// # Errors
    /// As [`CityView::totals`].
    pub async fn find(&self, dataset: &str, record: &str) -> Result<Vec<CityRecord>, CityError> {
        self.look(View::Find, &format!("{dataset} {record}")).await?;
        Ok(city_find(&self.database, dataset, record, ROWS).await?)
    }

    /// Up to `limit` quarantined entries, and no more than [`ROWS`].
    ///
    /// # Errors
    /// As [`CityView::totals`].
    pub async fn quarantined(&self, limit: u64) -> Result<Vec<CityException>, CityError> {
        let limit = limit.min(ROWS);
        self.look(View::Quarantined, &limit.to_string()).await?;
        Ok(city_quarantined(&self.database, limit).await?)
    }
}

#[cfg(test)]
mod tests;
