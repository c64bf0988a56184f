//! The folder of a machine that enrols. How it goes with a hub, `tests/federation` shows.

use std::fs;

use super::*;
use crate::process::entropy::SeededEntropy;

#[test]
fn keys_and_request_are_made_once_and_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(&folder.path().join("node"));
    let first = place.prepare(&SeededEntropy::new(1)).unwrap();
    let again = place.prepare(&SeededEntropy::new(2)).unwrap();
    assert_eq!(first.csr, again.csr);
    assert_eq!(first.epochs, again.epochs);
    assert_eq!(first.signing.verifying(), again.signing.verifying());
    assert_eq!(first.epochs.len(), 2);
    assert_eq!(place.enrolled().unwrap(), None);
}

#[test]
fn a_request_that_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    place.prepare(&SeededEntropy::new(1)).unwrap();
    let asked = folder.path().join("enrolment.json");
    fs::write(&asked, "{").unwrap();
    let error = place.prepare(&SeededEntropy::new(1)).err().unwrap();
    assert!(error.to_string().contains("enrolment.json"), "{error}");
    fs::remove_file(&asked).unwrap();
    place.prepare(&SeededEntropy::new(1)).unwrap();
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("node.toml"), "platform = \"wujin\"").unwrap();
    let error = Place::new(folder.path()).enrolled().unwrap_err();
    assert!(matches!(error, EnrolError::Occupied { what: "node.toml", .. }), "{error}");
}
