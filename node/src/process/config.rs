//! Configuration files: TOML, strict, and with errors that a person can act on.
//!
//! A misspelt key that is silently ignored is a setting that its author believes in. So unknown
//! keys are errors, with the nearest known key as the remedy; every struct that is read here says
//! `#[serde(deny_unknown_fields)]`. What is wrong with a file is told all at once: all syntax
//! errors, or all unknown keys and the first value of a wrong type; after that the rooms check what
//! the values mean and collect that in [`Problems`] too.
//!
//! Paths inside a file are relative to the file, not to wherever the process was started
//! ([`resolve`]).

mod read;

use std::error::Error as StdError;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

use super::said::Said;

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "无法读取配置文件 {path}，请核对路径和权限 / cannot read the configuration {path}: check path \
         and permissions",
        path = path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// All that is wrong in it.
    #[error(transparent)]
    Problems(#[from] Problems),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a key as `uplink.hub`, with `line 3` in front of it as far as known.
    pub place: String,
    /// What is wrong: the rule that is broken.
    pub problem: Said,
    /// What to do.
    pub remedy: Said,
}

/// Everything that is wrong in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    file: PathBuf,
    list: Vec<Problem>,
}

/// Reads a configuration file.
///
/// # Errors
/// If it cannot be read, or does not fit `T`; all at once as far as possible.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads a configuration from text; `path` is what errors call it.
///
/// # Errors
/// If it does not fit `T`; all at once as far as possible.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    let mut problems = Problems::new(path);
    match read::read(text, &mut problems) {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(problems.into()),
    }
}

/// A path inside the configuration file `base`: absolute as it is, else relative to the folder of
/// that file.
pub fn resolve(base: &Path, path: &Path) -> PathBuf {
    match base.parent() {
        Some(folder) => folder.join(path),
        None => path.to_owned(),
    }
}

// === impl Problems ===

impl Problems {
    /// Nothing wrong yet in `file`.
    pub fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    /// Adds one.
    pub fn add(&mut self, place: impl Into<String>, problem: Said, remedy: Said) {
        self.list.push(Problem { place: place.into(), problem, remedy });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What is wrong, in the order in which it was found.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// The end of a check.
    ///
    /// # Errors
    /// If anything is wrong.
    pub fn finish(self) -> Result<(), ConfigError> {
        if self.is_empty() { Ok(()) } else { Err(self.into()) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, count) = (self.file.display(), self.list.len());
        write!(f, "配置文件 {file} 有 {count} 处错误 / {count} problems in {file}")?;
        for Problem { place, problem, remedy } in &self.list {
            write!(f, "\n  {place}\n    {problem}\n    → {remedy}")?;
        }
        Ok(())
    }
}

impl StdError for Problems {}

#[cfg(test)]
mod tests;
