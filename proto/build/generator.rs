//! Writes the checks of the standard: `model` reads messages and options, `codes` enumerations,
//! `template` how records are named, `rules` the rules of a field, `pattern` the expressions in
//! them; `emit` writes Rust.
//!
//! Whatever the generator does not know stops the build with file, message and field: a rule that
//! nobody enforces would be worse than none.

mod codes;
mod emit;
mod emit_codes;
mod emit_field;
#[path = "../src/forms.rs"]
#[expect(unreachable_pub, reason = "shared with the library, where it is public")]
mod forms;
mod model;
mod options;
mod pattern;
mod rules;
mod template;

use prost_reflect::DescriptorPool;

/// Why the standard cannot be turned into checks.
#[derive(Debug)]
pub(crate) struct Fault(String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// The Rust text of the checks of all datasets of a package.
pub(crate) fn generate(pool: &DescriptorPool, package: &str) -> Result<String, Fault> {
    model::read(pool, package).map(|standard| emit::emit(&standard))
}
