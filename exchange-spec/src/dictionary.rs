//! The standard as data (数据字典), and all that is derived of it: documents, JSON, schemas,
//! templates, samples, projections.
//!
//! Nothing here is written by hand for a dataset. [`Dictionary`] reads the descriptors that the
//! build carries, with the rules and options beside the fields, and the rest is text made of it:
//!
//! ```text
//!   DESCRIPTORS ──► Dictionary ─┬─► words: bounds in two languages
//!                               ├─► document: HTML, Markdown
//!                               ├─► json ◄──► body       schema: JSON Schema, OpenAPI
//!                               ├─► template: sheets for departments, CSV, and back to bodies
//!                               ├─► sample: bodies that keep all rules
//!                               └─► public: what everybody may see; masks for who may see more
//! ```
//!
//! ```
//! use sanheyi_exchange_spec::dictionary::{Dictionary, json, public, sample};
//!
//! let dictionary = Dictionary::new()?;
//! let case = dictionary.dataset("case.case")?;
//! let body = sample::body(case);
//! let shown = json::to_json(case, &public::project(case, &body)?, json::Unknown::Refuse)?;
//! assert!(shown.contains("\"no\":") && !shown.contains("\"applicant\":"));
//! # Ok::<(), sanheyi_exchange_spec::dictionary::DictionaryError>(())
//! ```

pub mod document;
mod error;
mod html;
pub mod instant;
pub mod json;
pub mod lines;
mod markdown;
mod model;
mod node;
pub mod public;
mod read;
pub mod sample;
pub mod schema;
pub mod template;
pub mod words;

pub use document::Lang;
pub use error::DictionaryError;
pub use model::{Dataset, Dictionary, Field, Kind, Reference, Rules};

#[cfg(test)]
mod tests;
