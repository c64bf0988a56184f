//! Metrics (指标) for Prometheus. Every metric is a row of a list in the room that knows it, and that
//! list makes the document, too; there is no global registry. Labels are platforms, states and
//! names of tables in the code: of bounded number, and nothing personal.

mod node;

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

pub use self::node::{BranchMetrics, StandingMetrics};
use super::spread::Read;

/// What a metric counts or shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How long something takes.
    Histogram,
}

/// A metric as it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// `sanheyi_…` with its unit.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says, in Chinese.
    pub zh: &'static str,
    /// What it says, in English.
    pub en: &'static str,
}

/// Declares metrics once: a constant each, and the list of all.
#[macro_export]
macro_rules! metrics {
    ($list:ident: $($constant:ident = $name:literal, $kind:ident, [$($label:literal),*],
        $zh:literal, $en:literal;)*) => {
        $(const $constant: $crate::health::metrics::Metric = $crate::health::metrics::Metric {
            name: $name,
            kind: $crate::health::metrics::Kind::$kind,
            labels: &[$($label),*],
            zh: $zh,
            en: $en,
        };)*
        const $list: &[$crate::health::metrics::Metric] = &[$($constant),*];
    };
}

/// Somebody who knows metrics.
pub trait Source: Send + Sync {
    /// All that it knows.
    fn metrics(&self) -> &'static [Metric];

    /// What they are now. It waits for nothing.
    fn samples(&self, into: &mut Samples);
}

/// What metrics are at one moment.
#[derive(Debug, Default)]
pub struct Samples(Vec<Sample>);

#[derive(Debug)]
struct Sample {
    metric: Metric,
    labels: Vec<String>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Number(f64),
    Spread(Read),
}

/// The metrics of a process.
#[derive(Clone, Default)]
pub struct Metrics(Vec<Arc<dyn Source>>);

// === impl Samples ===

impl Samples {
    /// A counter or gauge; a value for each of its labels, in order.
    pub fn put(&mut self, metric: Metric, labels: &[&str], value: f64) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        self.0.push(Sample { metric, labels, value: Value::Number(value) });
    }

    /// A histogram without labels.
    pub fn put_spread(&mut self, metric: Metric, read: Read) {
        self.0.push(Sample { metric, labels: Vec::new(), value: Value::Spread(read) });
    }
}

// === impl Metrics ===

impl Metrics {
    /// One more source.
    #[must_use]
    pub fn with(mut self, source: impl Source + 'static) -> Self {
        self.0.push(Arc::new(source));
        self
    }

    /// The text that a scrape is answered with.
    pub fn text(&self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Reading(self.clone())));
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = text::encode(&mut text, &registry);
        text
    }
}

/// A reading of all sources, as the registry takes it.
struct Reading(Metrics);

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reading").field(&self.0.0.len()).finish()
    }
}

impl Collector for Reading {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for source in &self.0.0 {
            let mut samples = Samples::default();
            source.samples(&mut samples);
            for metric in source.metrics() {
                let of = |sample: &&Sample| sample.metric.name == metric.name;
                let own: Vec<_> = samples.0.iter().filter(of).collect();
                if !own.is_empty() {
                    encode(&mut encoder, metric, &own)?;
                }
            }
        }
        Ok(())
    }
}

fn encode(encoder: &mut DescriptorEncoder<'_>, metric: &Metric, own: &[&Sample]) -> fmt::Result {
    let kind = match metric.kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
    };
    // The encoder adds that ending itself.
    let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
    let help = format!("{} · {}", metric.zh, metric.en);
    let mut family = encoder.encode_descriptor(name, &help, None, kind)?;
    for Sample { labels, value, .. } in own {
        let labels: Vec<_> = metric.labels.iter().copied().zip(labels.iter().cloned()).collect();
        if labels.is_empty() {
            // Without braces: some readers of the text do not expect empty ones.
            encode_value(&mut family, metric.kind, value)?;
        } else {
            encode_value(&mut family.encode_family(&labels)?, metric.kind, value)?;
        }
    }
    Ok(())
}

fn encode_value(one: &mut MetricEncoder<'_>, kind: Kind, value: &Value) -> fmt::Result {
    type NoLabels = [(&'static str, &'static str); 0];
    match value {
        Value::Spread(read) => {
            one.encode_histogram::<NoLabels>(read.sum_seconds, read.count, &read.buckets, None)
        }
        Value::Number(value) if kind == Kind::Counter => {
            one.encode_counter::<NoLabels, f64, f64>(value, None)
        }
        Value::Number(value) => one.encode_gauge(value),
    }
}

/// The document of some rooms: a table each.
pub fn document(rooms: &[(&str, &[Metric])]) -> String {
    let mut text = String::new();
    for (title, metrics) in rooms {
        text.push_str(&format!("\n## {title}\n\n"));
        text.push_str(
            "| 指标 metric | 类型 kind | 标签 labels | 含义 meaning |\n|---|---|---|---|\n",
        );
        for Metric { name, kind, labels, zh, en } in *metrics {
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let labels = labels.join(", ");
            text.push_str(&format!("| `{name}` | {kind} | {labels} | {zh} · {en} |\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
