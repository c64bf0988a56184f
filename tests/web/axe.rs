//! The library that pages are held against.

use std::path::Path;

use sanheyi_tests::python::Python;

/// The text of axe-core, from the pinned package.
pub(crate) fn text() -> String {
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/requirements.txt");
    let python = Python::with(&wanted, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let file = python.packages().join("axe_playwright_python/axe.min.js");
    std::fs::read_to_string(file).expect("the package carries axe-core")
}
