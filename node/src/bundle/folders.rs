//! The files of a process by size and mode. Names are shown of what the programs make themselves;
//! what somebody else has put there may be called after a person, and has a number.

use std::fs::{self, DirEntry, Metadata};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Files listed of one folder at most: a hub has some dozens, and a few for each tenant.
pub const FILES: usize = 2000;
/// How deep it is looked.
const DEPTH: usize = 4;
/// Endings of files that the programs make.
const ENDINGS: [&str; 13] = [
    ".toml",
    ".pem",
    ".key",
    ".sqlite",
    ".sqlite-wal",
    ".sqlite-shm",
    ".sock",
    ".part",
    ".sanheyi-backup",
    ".carry",
    ".jsonl.zst",
    ".tar.zst",
    ".identity",
];
/// Names of files and folders that they make and that have no such ending.
const NAMES: [&str; 14] = [
    "lock",
    "enrolment.json",
    "archive",
    "tenants",
    "authority",
    "authorities",
    "identity",
    "current",
    "backup",
    "backups",
    "drills",
    "data",
    "restored",
    ".restoring",
];

/// A folder, and what lies in it.
#[derive(Clone, Debug, Serialize)]
pub struct Folder {
    /// What it is: `data` or `configuration`.
    pub what: &'static str,
    /// Where it lies.
    pub path: String,
    /// Why it cannot be read, or nothing.
    pub problem: Option<String>,
    /// Its mode, octal.
    pub mode: Option<String>,
    /// What lies in it, by name.
    pub files: Vec<Listed>,
    /// Whether there is more than is listed.
    pub more: bool,
}

/// A file, or a folder in a folder.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its name below the folder.
    pub name: String,
    /// `file`, `folder`, `link` or `other`.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: u64,
    /// Its mode, octal.
    pub mode: String,
}

/// What lies in the data folder and in that of the configuration.
pub fn listed(data: Option<&Path>, configuration: &Path) -> Vec<Folder> {
    let beside = configuration.parent().filter(|path| !path.as_os_str().is_empty());
    let beside = beside.unwrap_or(Path::new("."));
    let data = data.map(|data| folder("data", data, None));
    let skipped = data.as_ref().map(|one| PathBuf::from(&one.path));
    data.into_iter().chain([folder("configuration", beside, skipped.as_deref())]).collect()
}

/// What lies in a folder but for what lies in `skipped`.
fn folder(what: &'static str, path: &Path, skipped: Option<&Path>) -> Folder {
    let mut out = Folder {
        what,
        path: path.display().to_string(),
        problem: None,
        mode: fs::metadata(path).ok().map(|facts| mode(&facts)),
        files: Vec::new(),
        more: false,
    };
    let skipped = skipped.and_then(|path| fs::canonicalize(path).ok());
    if let Err(error) = walk(path, "", DEPTH, skipped.as_deref(), &mut out) {
        out.problem = Some(error.to_string());
    }
    out
}

fn walk(
    at: &Path,
    below: &str,
    depth: usize,
    skipped: Option<&Path>,
    out: &mut Folder,
) -> std::io::Result<()> {
    let mut entries = fs::read_dir(at)?.collect::<Result<Vec<DirEntry>, _>>()?;
    entries.sort_by_key(DirEntry::file_name);
    for (number, entry) in entries.iter().enumerate() {
        if out.files.len() >= FILES {
            out.more = true;
            break;
        }
        // One that went meanwhile is none.
        let Ok(facts) = fs::symlink_metadata(entry.path()) else { continue };
        let name = match entry.file_name().to_str() {
            Some(name) if is_ours(name) => format!("{below}{name}"),
            _ => format!("{below}other-{}", number + 1),
        };
        let kind = match facts.file_type() {
            one if one.is_symlink() => "link",
            one if one.is_dir() => "folder",
            one if one.is_file() => "file",
            _ => "other",
        };
        let deeper = format!("{name}/");
        out.files.push(Listed { name, kind, bytes: facts.len(), mode: mode(&facts) });
        let again =
            skipped.is_some_and(|one| fs::canonicalize(entry.path()).is_ok_and(|at| at == one));
        if kind != "folder" || again {
            continue;
        }
        if depth == 1 || walk(&entry.path(), &deeper, depth - 1, skipped, out).is_err() {
            out.more = true;
        }
    }
    Ok(())
}

fn mode(facts: &Metadata) -> String {
    format!("{:o}", facts.permissions().mode() & 0o7777)
}

/// Whether a name is such as the programs give.
fn is_ours(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let ends = ENDINGS.iter().any(|ending| name.ends_with(ending));
    NAMES.contains(&name) || (ends && name.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_ours_have_their_names_and_others_a_number() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join("archive")).unwrap();
        for name in
            ["node.toml", "王小明.pdf", "wang.txt", "data/node.sqlite", "data/archive/李.key"]
        {
            fs::write(dir.path().join(name), "12345").unwrap();
        }
        let found = listed(Some(&data), &dir.path().join("node.toml"));
        let names =
            |at: usize| found[at].files.iter().map(|one| one.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names(0), ["archive", "archive/other-1", "node.sqlite"]);
        // The data folder is named, and listed once.
        assert_eq!(names(1), ["data", "node.toml", "other-3", "other-4"]);
        assert!(found[1].files.iter().skip(1).all(|one| one.bytes == 5 && one.mode == "644"));
        let absent = listed(Some(&dir.path().join("nothing")), &dir.path().join("node.toml"));
        assert!(absent[0].problem.is_some() && absent[0].files.is_empty());
    }

    #[test]
    fn no_more_are_listed_than_the_bound() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..FILES {
            fs::write(dir.path().join(format!("a{number:04}.key")), "").unwrap();
        }
        let config = dir.path().join("node.toml");
        let found = listed(None, &config);
        assert_eq!((found[0].files.len(), found[0].more), (FILES, false));
        fs::write(&config, "").unwrap();
        let found = listed(None, &config);
        assert_eq!((found[0].files.len(), found[0].more), (FILES, true));
    }
}
