//! The .proto files as others read them: buf finds nothing against their style, and nothing in them
//! breaks who has read the last released ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use sanheyi_tests::python::{Python, succeed};
use sanheyi_tests::world::copy_folder;
use tempfile::TempDir;

use crate::environment::{python, top};

/// Tags of released standards.
const TAGS: &str = "standard-*";
/// Says which commit stands for the last released standard as long as there is no such tag: the
/// first word of its last line.
const RELEASED: &str = "proto/released";

/// What buf finds: nothing, or a line for each finding.
fn buf(python: &Python, arguments: &[&str], folder: &Path) -> String {
    let output = python.program("buf").args(arguments).current_dir(folder).output().unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(complained.is_empty(), "buf: {complained}");
    String::from_utf8(output.stdout).unwrap()
}

fn git(arguments: &[&str]) -> String {
    let what =
        "git, which must have the history: a shallow clone is completed by git fetch --unshallow";
    succeed(what, Command::new("git").args(arguments).current_dir(top()))
}

/// The commit whose .proto files were released last.
fn released() -> String {
    let tags = git(&["tag", "--list", TAGS, "--sort=-creatordate"]);
    if let Some(tag) = tags.lines().next() {
        return tag.to_owned();
    }
    let text = fs::read_to_string(top().join(RELEASED)).unwrap();
    let line = text.lines().last().unwrap();
    line.split(' ').next().unwrap().to_owned()
}

/// The released files, and a copy of ours: `released/proto` and `ours/proto`.
fn both() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let place = folder.path().join(name);
        fs::create_dir(&place).unwrap();
        place
    };
    let (then, now) = (place("released"), place("ours"));
    let (archive, commit) = (then.join("proto.tar"), released());
    let output = format!("--output={}", archive.display());
    git(&["archive", "--format=tar", &output, &commit, "proto"]);
    succeed("tar", Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&then));
    copy_folder(&top().join("proto"), &now.join("proto"));
    folder
}

const BREAKING: [&str; 4] = ["breaking", "ours/proto", "--against", "released/proto"];

#[test]
fn nothing_stands_against_the_style_of_the_files() {
    assert_eq!(buf(&python(), &["lint", "proto"], &top()), "");
}

#[test]
fn nothing_breaks_who_has_read_the_last_released_files() {
    let folder = both();
    assert_eq!(buf(&python(), &BREAKING, folder.path()), "", "against {}", released());
}

#[test]
fn a_name_out_of_style_and_a_field_renamed_are_found() {
    let (python, folder) = (python(), both());
    let file = folder.path().join("ours/proto/sanheyi/exchange/v1/entry.proto");
    let text = fs::read_to_string(&file).unwrap();
    let renamed = text.replace("uint64 revision = 3;", "uint64 Version = 3;");
    assert_ne!(text, renamed);
    fs::write(&file, renamed).unwrap();
    let style = buf(&python, &["lint", "ours/proto"], folder.path());
    assert!(style.contains("\"Version\" should be lower_snake_case"), "{style}");
    let broken = buf(&python, &BREAKING, folder.path());
    assert!(broken.contains("changed name from \"revision\" to \"Version\""), "{broken}");
    // Not even a whole message may go.
    fs::remove_file(folder.path().join("ours/proto/sanheyi/exchange/v1/intake.proto")).unwrap();
    let broken = buf(&python, &BREAKING, folder.path());
    assert!(broken.contains("message \"SubmitRequest\""), "{broken}");
}
