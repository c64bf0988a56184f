//! Why a backup was not made, is not believed, or was not restored.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::process::config::ConfigError;
use crate::process::folder::FolderError;
use crate::process::secret::SecretError;
use crate::store::StoreError;

/// Why something about a backup failed.
#[derive(Debug, Error)]
pub enum BackupError {
    /// Nobody is named who could open it.
    #[error(
        "未配置备份公钥，不做未加密的备份：请在配置的 [backup] 中填写 recipients = [\"age1…\"] / \
         no backup is made that is not encrypted: name who may open it in the configuration, \
         [backup] recipients = [\"age1…\"]"
    )]
    NoRecipients,
    /// A text is no public key of `age`.
    #[error("“{0}”不是 age 公钥，例如 age1… / `{0}` is no recipient of age, such as age1…")]
    Recipient(String),
    /// A file holds no private key of `age`.
    #[error(
        "{path} 中没有 age 私钥（AGE-SECRET-KEY-1…），请核对文件 / {path} holds no identity of age \
         (AGE-SECRET-KEY-1…): check the file",
        path = .0.display()
    )]
    Identity(PathBuf),
    /// The identity does not open the file.
    #[error(
        "此私钥打不开 {path}：请换用制作该备份时所配公钥对应的私钥 / this identity does not open {path}: \
         use the one whose recipient was configured when it was made",
        path = .0.display()
    )]
    WrongIdentity(PathBuf),
    /// It is no file of ours, was cut off, or its bytes were changed.
    #[error(
        "{path} 已损坏、被截断或不是备份文件（{problem}），请改用另一份备份 / {path} is damaged, cut off or \
         no backup ({problem}): use another one",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was noticed first.
        problem: String,
    },
    /// It opens, but is not what its platform signed.
    #[error(
        "备份内容与其签名清单不符：{0}，请改用另一份备份 / the backup is not what its signed manifest \
         says: {0}; use another one"
    )]
    Manifest(String),
    /// It is somebody else's.
    #[error(
        "这是 {is} 的备份，不是 {due} 的，未恢复任何内容 / this is a backup of {is}, not of {due}: nothing \
         was restored"
    )]
    Foreign {
        /// Whose it must be.
        due: String,
        /// Whose it is.
        is: String,
    },
    /// A newer program has made it.
    #[error(
        "备份的存储结构为第 {0} 步，比本程序新，请使用制作它的版本或更新的版本 / the backup's schema is at \
         step {0}, newer than this program: use the version that made it, or a later one"
    )]
    Newer(i64),
    /// What was copied differs from what its rows say.
    #[error(
        "存储与其字节不符，备份不予采用：{0}；请执行 verify，并保留先前的备份 / the store differs from its \
         bytes and the backup does not count: {0}; run `verify`, and keep earlier backups"
    )]
    Differs(String),
    /// Another one is being made.
    #[error(
        "另一个备份正在进行，请待其结束 / another backup is being made: wait until it has ended"
    )]
    Busy,
    /// The folder for a restore holds something.
    #[error(
        "{path} 不是空目录，请给出新的目录 / {path} is not empty: give a new folder",
        path = .0.display()
    )]
    NotEmpty(PathBuf),
    /// The configuration cannot be put where the files will lie.
    #[error(
        "无法把备份中的配置改到新目录（{key}），请解开备份后手工修改 / the configuration in the backup cannot \
         be pointed to the new folder ({key}): take it out with age and tar, and edit it by hand"
    )]
    Relocate {
        /// The key whose value could not be changed.
        key: String,
    },
    /// The machine that was backed up still runs.
    #[error(
        "原来的市级平台仍在运行（{0}），未恢复：请先停止 / the hub that was backed up still runs ({0}): \
         stop it first; nothing was started"
    )]
    StillRuns(String),
    /// No backup is there.
    #[error("{folder} 中没有 {platform} 的备份 / there is no backup of {platform} in {folder}", folder = folder.display())]
    None {
        /// Where was looked.
        folder: PathBuf,
        /// Whose.
        platform: String,
    },
    /// The disk refuses.
    #[error("无法读写 {path}，请检查磁盘空间与权限 / cannot use {path}: check space and permissions", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A secret cannot be read or written.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Moving the rows to a server failed.
    #[error("{0}")]
    Moving(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BackupError {
    /// An error of the file system at `path`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
        let path = path.to_owned();
        move |source| BackupError::Io { path, source }
    }
}
