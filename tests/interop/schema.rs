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
/// The .proto files of the last released standard, compiled: what a checkout without history has of
/// them.
const IMAGE: &str = "proto/released.binpb";

/// What buf finds: nothing, or a line for each finding.
fn buf(python: &Python, arguments: &[&str], folder: &Path) -> String {
    let output = python.program("buf").args(arguments).current_dir(folder).output().unwrap();
    let complained = String::from_utf8(output.stderr).unwrap();
    assert!(complained.is_empty(), "buf: {complained}");
    String::from_utf8(output.stdout).unwrap()
}

/// What git answers; nothing where there is no git, or no such history.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(top()).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// The commit whose .proto files were released last, if this checkout has it.
fn released() -> Option<String> {
    let tags = git(&["tag", "--list", TAGS, "--sort=-creatordate"])?;
    let text = fs::read_to_string(top().join(RELEASED)).unwrap();
    let noted = text.lines().last().and_then(|line| line.split(' ').next()).unwrap();
    let commit = tags.lines().next().unwrap_or(noted).to_owned();
    git(&["cat-file", "-e", &format!("{commit}^{{commit}}")]).map(|_| commit)
}

/// A copy of our files, in `ours/proto`.
fn ours() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("ours");
    fs::create_dir(&place).unwrap();
    copy_folder(&top().join("proto"), &place.join("proto"));
    folder
}

/// What breaks readers of the last released standard.
fn breaking(python: &Python, folder: &Path) -> String {
    let image = top().join(IMAGE);
    buf(python, &["breaking", "ours/proto", "--against", image.to_str().unwrap()], folder)
}

#[test]
fn nothing_stands_against_the_style_of_the_files() {
    assert_eq!(buf(&python(), &["lint", "proto"], &top()), "");
}

#[test]
fn nothing_breaks_who_has_read_the_last_released_files() {
    assert_eq!(breaking(&python(), ours().path()), "", "against {IMAGE}");
}

#[test]
fn the_released_image_is_that_of_the_last_tag() {
    let Some(commit) = released() else {
        println!("no history here: whether {IMAGE} is that of the last tag was NOT checked");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (archive, built) = (folder.path().join("proto.tar"), folder.path().join("built.binpb"));
    let output = format!("--output={}", archive.display());
    git(&["archive", "--format=tar", &output, &commit, "proto"]).unwrap();
    succeed("tar", Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder.path()));
    let built_at = built.to_str().unwrap();
    let arguments = ["build", "proto", "--exclude-source-info", "--output", built_at];
    assert_eq!(buf(&python(), &arguments, folder.path()), "");
    let same = fs::read(&built).unwrap() == fs::read(top().join(IMAGE)).unwrap();
    assert!(same, "{IMAGE} is not that of {commit}: copy {built_at} there\n{}", keep(folder));
}

/// Keeps a folder for whoever reads why a test failed.
fn keep(folder: TempDir) -> String {
    format!("kept: {}", folder.keep().display())
}

#[test]
fn a_name_out_of_style_and_a_field_renamed_are_found() {
    let (python, folder) = (python(), ours());
    let file = folder.path().join("ours/proto/sanheyi/exchange/v1/entry.proto");
    let text = fs::read_to_string(&file).unwrap();
    let renamed = text.replace("uint64 revision = 3;", "uint64 Version = 3;");
    assert_ne!(text, renamed);
    fs::write(&file, renamed).unwrap();
    let style = buf(&python, &["lint", "ours/proto"], folder.path());
    assert!(style.contains("\"Version\" should be lower_snake_case"), "{style}");
    let broken = breaking(&python, folder.path());
    assert!(broken.contains("changed name from \"revision\" to \"Version\""), "{broken}");
    // Not even a whole message may go.
    fs::remove_file(folder.path().join("ours/proto/sanheyi/exchange/v1/intake.proto")).unwrap();
    let broken = breaking(&python, folder.path());
    assert!(broken.contains("message \"SubmitRequest\""), "{broken}");
}
