//! Where PostgreSQL's programs are. Distributions keep them out of the path, a folder for each
//! version, and put wrappers into it; so the folder is looked for that has them all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What must be there.
const NEEDED: [&str; 3] = ["initdb", "postgres", "psql"];
/// Where Debian and its kin keep each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The programs of one installation.
pub(super) struct Programs(PathBuf);

impl Programs {
    /// Those of the path, else of the highest version, else those that `pg_config` knows.
    ///
    /// # Panics
    /// If there are none: tests of PostgreSQL run for real or fail.
    pub(super) fn find() -> Self {
        let found = of_path().or_else(|| of_versions(Path::new(VERSIONS))).or_else(of_pg_config);
        Self(found.expect(
            "PostgreSQL's server is needed and was not found: neither in the path, nor in \
             /usr/lib/postgresql/*/bin, nor by pg_config; install it, for instance by \
             `apt-get install postgresql`",
        ))
    }

    /// One of them, with nothing of the environment, and in a folder that everybody may enter.
    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join(name));
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        command
    }
}

fn whole(folder: &Path) -> bool {
    NEEDED.iter().all(|name| folder.join(name).is_file())
}

/// What is in the path may be a link to the place of the others.
fn of_path() -> Option<PathBuf> {
    let linked = said(Command::new("sh").args(["-c", "command -v initdb"]))?;
    let initdb = fs::canonicalize(linked).ok()?;
    initdb.parent().filter(|folder| whole(folder)).map(Path::to_owned)
}

fn of_versions(versions: &Path) -> Option<PathBuf> {
    let installed = fs::read_dir(versions).ok()?.filter_map(|version| {
        let version = version.ok()?;
        let numbers: Option<Vec<u32>> =
            version.file_name().to_str()?.split('.').map(|part| part.parse().ok()).collect();
        let folder = version.path().join("bin");
        whole(&folder).then_some((numbers?, folder))
    });
    installed.max().map(|(_, folder)| folder)
}

fn of_pg_config() -> Option<PathBuf> {
    said(Command::new("pg_config").arg("--bindir")).filter(|folder| whole(folder))
}

/// The one line that a command prints.
fn said(command: &mut Command) -> Option<PathBuf> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|line| line.trim_end().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_is_taken_that_has_all_programs() {
        let versions = tempfile::tempdir().unwrap();
        let install = |version: &str, programs: &[&str]| {
            let bin = versions.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in programs {
                fs::write(bin.join(program), "").unwrap();
            }
            bin
        };
        assert_eq!(of_versions(versions.path()), None);
        install("9.6", &NEEDED);
        let higher = install("15", &NEEDED);
        install("17", &["psql"]);
        install("backup", &NEEDED);
        assert_eq!(of_versions(versions.path()), Some(higher));
    }
}
