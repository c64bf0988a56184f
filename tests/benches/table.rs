//! Numbers of several runs, and how they are printed: median, least and greatest.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;

/// Figures by name, in the order in which they first came.
#[derive(Default)]
pub(crate) struct Table {
    order: Vec<String>,
    figures: BTreeMap<String, (Vec<f64>, &'static str)>,
}

/// Prints a line.
///
/// # Errors
/// If nobody reads it.
pub(crate) fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

impl Table {
    /// Adds a figure of one run.
    pub(crate) fn add(&mut self, name: impl Into<String>, unit: &'static str, figure: f64) {
        let name = name.into();
        if !self.figures.contains_key(&name) {
            self.order.push(name.clone());
        }
        self.figures.entry(name).or_insert_with(|| (Vec::new(), unit)).0.push(figure);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<64} {:>12} {:>12} {:>12}  {:<10} runs",
            "figure", "median", "least", "greatest", "unit"
        )?;
        for name in &self.order {
            let Some((figures, unit)) = self.figures.get(name) else { continue };
            let mut sorted = figures.clone();
            sorted.sort_by(f64::total_cmp);
            let at = |place: usize| sorted.get(place).copied().map_or_else(String::new, figure);
            let (median, last) = (sorted.len() / 2, sorted.len().saturating_sub(1));
            let (low, middle, high) = (at(0), at(median), at(last));
            writeln!(f, "{name:<64} {middle:>12} {low:>12} {high:>12}  {unit:<10} {}", last + 1)?;
        }
        Ok(())
    }
}

fn figure(number: f64) -> String {
    if number.abs() >= 1000.0 { format!("{number:.0}") } else { format!("{number:.2}") }
}
