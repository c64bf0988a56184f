//! Golden vectors: what the code computes is what stands in `vectors/*.json`, and the tables of
//! `FORM.md` are those of the code.
//!
//! A vector that differs is not overwritten. The text that the code gives is put into cargo's
//! folder for such files and the test names both; whoever means to change the form copies it.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod answers;
mod broadcast;
mod calendar;
mod carry;
mod codes;
mod entries;
mod form;
mod forwards;
mod gate;
mod link;
mod orders;
mod segments;
mod signed;
mod tree;

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The file of a vector in the repository.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(format!("{name}.json"))
}

/// The vector as it stands in the repository; null if there is none.
fn stored(name: &str) -> Value {
    let text = fs::read_to_string(file(name)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Holds what the code computes against the stored vector.
#[track_caller]
fn hold(name: &str, computed: &Value) {
    if stored(name) == *computed {
        return;
    }
    let other = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    fs::write(&other, format!("{computed:#}\n")).unwrap();
    let (stored, other) = (file(name).display().to_string(), other.display().to_string());
    panic!(
        "{stored} differs from what the code computes, which is in {other}: mend the code, or copy the file if the form is meant to change"
    );
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// Name of an error's variant: what its debug text begins with.
fn variant(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}
