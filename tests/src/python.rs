//! Python for tests that hold us against the software of others: a virtual environment with pinned
//! packages, made once and used by all tests that need it.
//!
//! It stands in a folder that the caller gives, in cargo's target folder, under a name drawn from
//! what it is made of. So a changed list of packages makes a new one. Of several that ask at the
//! same time one makes it and the others wait; one that was killed over it leaves nothing that
//! would be taken for whole.
//!
//! The packages come from wherever the machine's pip gets them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sanheyi_exchange_spec::suite::Suite;

/// What is looked for in the path: the plain name first.
const NAMES: [&str; 4] = ["python3", "python3.13", "python3.12", "python3.11"];
/// What the pinned packages are for: lowest and highest minor version of Python 3.
const MINORS: (u32, u32) = (11, 13);
/// Stands in an environment that is whole.
const WHOLE: &str = "whole";
/// Prints where it is and what it is, so that another Python makes another environment.
const WHO: &str = "import sys; print(sys.version_info[1], sys.executable, sys.version)";
/// Characters of a digest that tell environments apart.
const NAME_DIGITS: usize = 16;

/// An environment that is whole.
#[derive(Clone, Debug)]
pub struct Python(PathBuf);

impl Python {
    /// The environment with the packages of the file `requirements`, made in `folder` unless it is
    /// there.
    ///
    /// # Panics
    /// If there is no Python, or pip cannot get the packages: tests of interoperation run for real
    /// or fail. With what to do.
    pub fn with(requirements: &Path, folder: &Path) -> Self {
        let wanted = fs::read_to_string(requirements).expect("the list of packages");
        let (python, who) = find();
        let digest = Suite::Intl.leaf(format!("{who}\n{wanted}").as_bytes());
        let place = folder.join(format!("python-{:.NAME_DIGITS$}", digest.to_string()));
        fs::create_dir_all(folder).expect("cargo's folder for tests");
        let lock = File::create(place.with_extension("lock")).expect("a lock");
        // The lock goes with the file, however this process ends.
        lock.lock().expect("a lock");
        if !place.join(WHOLE).is_file() {
            make(&python, requirements, &place);
            fs::write(place.join(WHOLE), "").expect("a mark");
        }
        Self(place)
    }

    /// The interpreter: with nothing of the caller's Python, and leaving no files beside what it
    /// runs.
    pub fn command(&self) -> Command {
        self.program("python")
    }

    /// A program that a package brings.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join("bin").join(name));
        plain(&mut command);
        // buf would keep things in the home of whoever runs the tests.
        command.env("BUF_CACHE_DIR", self.0.join("cache"));
        command
    }

    /// Where the packages lie.
    ///
    /// # Panics
    /// If the interpreter does not say.
    pub fn packages(&self) -> PathBuf {
        let mut command = self.command();
        command.args(["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
        succeed("python", &mut command).trim_end().into()
    }
}

/// Runs a command that must succeed, and answers what it printed.
///
/// # Panics
/// If it fails: with all that it said.
pub fn succeed(what: &str, command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it can be started");
    let (said, complained) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{what}: {status}\n{said}{complained}");
    said.into_owned()
}

fn plain(command: &mut Command) {
    command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
}

/// A Python that the packages are for, and what it says of itself.
fn find() -> (PathBuf, String) {
    let found = NAMES.iter().find_map(|name| {
        let mut command = Command::new(name);
        plain(&mut command);
        let output = command.args(["-c", WHO]).output().ok()?;
        let said = String::from_utf8(output.stdout).ok()?;
        let fits = output.status.success() && suits(&said);
        fits.then(|| (PathBuf::from(name), said))
    });
    let (lowest, highest) = MINORS;
    found.unwrap_or_else(|| {
        panic!(
            "Python 3.{lowest} to 3.{highest} is needed and was not found in the path under any \
             of the names {}; install it, for instance by `apt-get install python3 python3-venv`",
            NAMES.join(", ")
        )
    })
}

/// Whether what a Python says of itself begins with a minor version that the packages are for.
fn suits(said: &str) -> bool {
    let minor = said.split(' ').next().and_then(|minor| minor.parse().ok());
    minor.is_some_and(|minor: u32| (MINORS.0..=MINORS.1).contains(&minor))
}

fn make(python: &Path, requirements: &Path, place: &Path) {
    if place.exists() {
        fs::remove_dir_all(place).expect("what a killed process left can be removed");
    }
    let mut venv = Command::new(python);
    plain(&mut venv);
    succeed("python's module venv (python3-venv)", venv.args(["-m", "venv"]).arg(place));
    let mut pip = Python(place.to_owned()).command();
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // The list is whole: what is not written there is not taken.
    pip.args(["--require-hashes", "--no-deps", "--only-binary", ":all:"]);
    pip.arg("--requirement").arg(requirements);
    succeed("pip, which must reach a package index or have the wheels", &mut pip);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_python_that_the_packages_are_for_suits() {
        let (lowest, highest) = MINORS;
        for minor in [lowest, highest] {
            assert!(suits(&format!("{minor} /usr/bin/python3 3.{minor}.1")));
        }
        for minor in [lowest - 1, highest + 1] {
            assert!(!suits(&format!("{minor} /usr/bin/python3 3.{minor}.1")));
        }
        assert!(!suits("") && !suits("Python was not found"));
    }
}
