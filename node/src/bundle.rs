//! The support bundle (支持包): one file for whoever is asked for help. It says how a process and its
//! machine stand, and holds nothing personal and no secret.
//!
//! ```text
//! rows, folders, doctor, status ─► JSON ─► hidden ─► Bundle ─► FILE (tar.zst, 0600, a new one)
//! ```
//!
//! Two walls: what is gathered names no body, record, person or key; and everything that goes in
//! passes [`hidden`], which takes out what looks like one all the same.

pub mod folders;
pub mod hidden;
pub mod parts;
pub mod rows;

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tar::{Builder, EntryType, Header};
use thiserror::Error as ThisError;

use self::parts::Part;
use crate::cli::local::rfc3339;
use crate::process::said::with_causes;

/// It is for its owner, until that hands it on.
const MODE: u32 = 0o600;
/// zstd's own default: it is text, and little of it.
const LEVEL: i32 = 3;
/// The folder in the archive.
const FOLDER: &str = "support-bundle";
/// Name of the manifest, the first file of the archive.
pub const MANIFEST: &str = "manifest.json";
/// What never goes in, as the manifest says it.
const NEVER: [&str; 2] = [
    "不含正文、记录编号、姓名、证件号码、电话、登录地址、口令、令牌和密钥；配置中的注释已去掉",
    "no bodies, record numbers, names, identity numbers, phones, addresses of sessions, passwords, tokens or keys; \
     comments of the configuration are taken out",
];

/// A bundle that is being gathered. Its file is there already, empty; it goes if the bundle is not
/// finished.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    file: Option<File>,
    manifest: Manifest,
    files: Vec<(&'static str, Vec<u8>)>,
}

/// What is in a bundle; its manifest, and what `support-bundle --json` answers as `manifest`.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// Program and version that made it.
    pub program: &'static str,
    /// When, by RFC 3339.
    pub made: Option<String>,
    /// The files in it beside the manifest.
    pub contents: Vec<Content>,
    /// What could not be gathered.
    pub missing: Vec<Missing>,
    /// What never goes in, in Chinese.
    pub never_zh: &'static str,
    /// What never goes in, in English.
    pub never_en: &'static str,
}

/// A file in a bundle.
#[derive(Clone, Debug, Serialize)]
pub struct Content {
    /// Its name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: u64,
    /// What it is and what for, in Chinese.
    pub why_zh: &'static str,
    /// What it is and what for, in English.
    pub why_en: &'static str,
}

/// A part that could not be gathered.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    /// The file that it would be.
    pub name: &'static str,
    /// Why it is not there.
    pub because: String,
}

/// A bundle that was written; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    /// The file.
    pub file: String,
    /// Its bytes.
    pub bytes: u64,
    /// What is in it.
    pub manifest: Manifest,
}

/// Why there is no bundle.
#[derive(Debug, ThisError)]
pub enum BundleError {
    /// Something has the name already.
    #[error(
        "文件 {path} 已存在，不会覆盖；请用 --out 另取名称 / {path} is there already and is never overwritten: \
         give another name by --out",
        path = path.display()
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("无法写入支持包 {path} / the support bundle {path} cannot be written", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A part cannot be written as JSON.
    #[error("支持包的一部分无法写成 JSON / a part of the bundle cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

// === impl Bundle ===

impl Bundle {
    /// Begins the bundle that is to stand at `path`.
    ///
    /// # Errors
    /// [`BundleError::Exists`] if something stands there; or if the system refuses.
    pub fn create(path: &Path, program: &'static str, now: Timestamp) -> Result<Self, BundleError> {
        let mut options = File::options();
        let file = options.write(true).create_new(true).mode(MODE).open(path);
        let file = file.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => BundleError::Exists { path: path.to_owned() },
            _ => BundleError::Io { path: path.to_owned(), source },
        })?;
        let [never_zh, never_en] = NEVER;
        let manifest = Manifest {
            program,
            made: rfc3339(now),
            contents: Vec::new(),
            missing: Vec::new(),
            never_zh,
            never_en,
        };
        Ok(Self { path: path.to_owned(), file: Some(file), manifest, files: Vec::new() })
    }

    /// Puts a part in, as JSON, without what is to be hidden.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn put(&mut self, part: &Part, value: &impl Serialize) -> Result<(), BundleError> {
        let mut value = serde_json::to_value(value)?;
        hidden::value(&mut value);
        self.add(part, pretty(&value)?);
        Ok(())
    }

    /// Puts a part in, or says why it is missing.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn take<T: Serialize, E: Error>(
        &mut self,
        part: &Part,
        outcome: Result<T, E>,
    ) -> Result<(), BundleError> {
        match outcome {
            Ok(value) => self.put(part, &value)?,
            Err(error) => self.missing(part, &with_causes(&error)),
        }
        Ok(())
    }

    /// Puts the configuration in, without comments and secrets.
    pub fn configuration(&mut self, path: &Path) {
        match fs::read_to_string(path) {
            Ok(text) => {
                let text = hidden::configuration(&text);
                self.add(&parts::CONFIGURATION, text.into_bytes());
            }
            Err(error) => self.missing(&parts::CONFIGURATION, &error.to_string()),
        }
    }

    /// Notes that a part could not be gathered.
    pub fn missing(&mut self, part: &Part, because: &str) {
        let because = hidden::text(because);
        self.manifest.missing.push(Missing { name: part.name, because });
    }

    /// Writes the file: it is durable when this answers.
    ///
    /// # Errors
    /// If the system refuses; then there is no file.
    pub fn finish(mut self) -> Result<Written, BundleError> {
        let manifest = self.manifest.clone();
        let bytes = pretty(&serde_json::to_value(&manifest)?)?;
        self.files.insert(0, (MANIFEST, bytes));
        let refused = |source| BundleError::Io { path: self.path.clone(), source };
        let bytes = self.write(manifest.made.as_deref()).map_err(refused)?;
        self.file = None;
        Ok(Written { file: self.path.display().to_string(), bytes, manifest })
    }

    fn add(&mut self, part: &Part, bytes: Vec<u8>) {
        let Part { name, why: [why_zh, why_en] } = *part;
        let content = Content { name, bytes: bytes.len() as u64, why_zh, why_en };
        self.manifest.contents.push(content);
        self.files.push((name, bytes));
    }

    fn write(&self, made: Option<&str>) -> io::Result<u64> {
        let file = self.file.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut archive = Builder::new(zstd::Encoder::new(file, LEVEL)?);
        let made = made.and_then(|made| made.parse::<jiff::Timestamp>().ok());
        let seconds = made.and_then(|made| u64::try_from(made.as_second()).ok()).unwrap_or(0);
        for (name, bytes) in &self.files {
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(MODE);
            header.set_mtime(seconds);
            header.set_entry_type(EntryType::Regular);
            archive.append_data(&mut header, format!("{FOLDER}/{name}"), bytes.as_slice())?;
        }
        archive.into_inner()?.finish()?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        if self.file.is_some() {
            // It is empty or cut off, and nobody else's: it was made here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn pretty(value: &Value) -> Result<Vec<u8>, BundleError> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_bundle_is_for_its_owner_and_never_stands_in_for_another_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle.tar.zst");
        let now = Timestamp::from_micros(1_290_470_400_000_000);
        let mut bundle = Bundle::create(&path, "sanheyi/0", now).unwrap();
        bundle.put(&parts::HOST, &serde_json::json!({ "cores": 2 })).unwrap();
        let written = bundle.finish().unwrap();
        let facts = fs::metadata(&path).unwrap();
        assert_eq!((facts.permissions().mode() & 0o777, facts.len()), (0o600, written.bytes));
        let before = fs::read(&path).unwrap();
        let again = Bundle::create(&path, "sanheyi/0", now).unwrap_err();
        assert!(matches!(&again, BundleError::Exists { .. }), "{again}");
        assert!(again.to_string().contains("--out"), "{again}");
        assert_eq!(fs::read(&path).unwrap(), before, "the file that was there stays");
    }

    #[test]
    fn one_that_is_not_finished_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle.tar.zst");
        drop(Bundle::create(&path, "sanheyi/0", Timestamp::default()).unwrap());
        assert!(!path.exists());
    }
}
