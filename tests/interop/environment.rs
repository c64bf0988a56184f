//! The environment of Python that these tests share, and the files of the repository that they
//! hand to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use sanheyi_tests::python::{Python, succeed};

/// The top level of the repository.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file beside this one.
pub(crate) fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(name)
}

/// The environment, made by whoever asks first.
pub(crate) fn python() -> Python {
    Python::with(&here("requirements.txt"), Path::new(env!("CARGO_TARGET_TMPDIR")))
}

/// A script of this folder.
pub(crate) fn script(python: &Python, name: &str) -> Command {
    let mut command = python.command();
    command.arg(here(name));
    command
}

/// Every .proto file of the repository, as others name it: from the folder `proto/` on.
pub(crate) fn protos() -> Vec<PathBuf> {
    let root = top().join("proto");
    let (mut folders, mut files) = (vec![root.join("buf"), root.join("sanheyi")], Vec::new());
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                files.push(path.strip_prefix(&root).unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// Has protoc write Python's messages and stubs of the .proto files.
pub(crate) fn stubs(python: &Python, into: &Path) {
    let mut protoc = python.command();
    protoc.args(["-m", "grpc_tools.protoc"]).arg("-I").arg(top().join("proto"));
    for kind in ["python_out", "grpc_python_out"] {
        protoc.arg(format!("--{kind}={}", into.display()));
    }
    succeed("protoc", protoc.args(protos()));
}
