//! Telemetry: `tracing` events and spans to standard error, as text for people or as JSON for
//! collectors.
//!
//! A message is readable alone, and its values are fields too. Standard output stays free for what
//! a command answers.

use std::io::IsTerminal as _;

use serde::Deserialize;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A filter that cannot be read.
#[derive(Debug, Error)]
#[error(
    "日志过滤规则“{filter}”无法识别 / the log filter `{filter}` is not understood; \
     例如 / for example `info` or `info,sanheyi_node=debug`"
)]
pub struct FilterError {
    filter: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}

/// What is logged when nothing is said.
pub const DEFAULT_FILTER: &str = "info";

/// Starts logging to standard error. `filter` is a directive as `tracing` knows it; empty means
/// [`DEFAULT_FILTER`]. A second call, as tests make, changes nothing.
///
/// # Errors
/// If the filter cannot be read; nothing is started then.
pub fn init(format: LogFormat, filter: &str) -> Result<(), FilterError> {
    let filter = read_filter(filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // It fails only if somebody has started logging before: theirs stays.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}

/// Whether [`init`] would take a filter.
///
/// # Errors
/// If it cannot be read.
pub fn check_filter(filter: &str) -> Result<(), FilterError> {
    read_filter(filter).map(drop)
}

fn read_filter(filter: &str) -> Result<EnvFilter, FilterError> {
    let filter = match filter.trim() {
        "" => DEFAULT_FILTER,
        given => given,
    };
    EnvFilter::try_new(filter).map_err(|source| FilterError { filter: filter.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_is_no_fault_and_a_bad_filter_is_named() {
        init(LogFormat::Text, "").unwrap();
        init(LogFormat::Json, "warn").unwrap();
        let refused = init(LogFormat::Text, "sanheyi=loud").unwrap_err().to_string();
        assert!(refused.contains("sanheyi=loud") && refused.contains("info"), "{refused}");
    }
}
