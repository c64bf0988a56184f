//! Enrolment (入网) as a machine does it: it makes its keys in a folder, shows the public halves to
//! the hub with its token, and writes down what it is given.
//!
//! ```text
//!   signing.key, node.key ──► enrolment.json ──► ask … ask ──► store, ca.pem, node.toml ──►
//! node.pem
//!   made here, never sent     what is asked, always the same    whatever a crash left       the
//! last one
//! ```
//!
//! The machine is enrolled when `node.pem` stands, and not before. Whatever a crash has left, the
//! same command again goes on: keys that are there are used, the request that was made is sent
//! again, the hub gives the same answer, and what is written a second time is the same.

mod again;
mod files;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::enrolment::{Proof, Token};
use sanheyi_exchange_spec::error::{Code, Remedy};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{Digest, SigningKey};
use sanheyi_proto::exchange::v1::Enrolled;
use thiserror::Error;

use crate::backup::{BackupError, Recipient, first_keys};
use crate::identity::files::FilesError;
use crate::process::clock::{Clock, pause};
use crate::process::entropy::Entropy;
use crate::process::folder::FolderError;
use crate::process::secret::SecretError;
use crate::process::tls::TlsError;
use crate::process::tls::request::{RequestError, fingerprint};
use crate::store::StoreError;
use crate::uplink::enrol::{AskError, EnrolAsk, Told, ask};
use crate::uplink::transport::LineError;
pub use again::enrol_again;
pub use files::{Asking, CONFIG, Place};

/// Pause between two questions while a person has not approved yet, and after a line that was lost.
pub const ASK_EVERY: Duration = Duration::from_secs(5);

/// What a machine is told to do.
#[derive(Clone)]
pub struct EnrolParts {
    /// The hub, `host:port`.
    pub hub: String,
    /// The name in the hub's certificate.
    pub server_name: String,
    /// The token.
    pub token: Token,
    /// The folder of the node: keys, certificates, `node.toml`, and `data` in it.
    pub folder: PathBuf,
    /// Pause between two questions: [`ASK_EVERY`].
    pub ask_every: Duration,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// A machine that is enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its platform.
    pub platform: PlatformId,
    /// Its configuration.
    pub config: PathBuf,
    /// How many journals it takes over from the machine before.
    pub takes_over: usize,
    /// Whether it was enrolled before this command.
    pub already: bool,
}

/// What is worth telling whoever waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Keys and request are there.
    Asking {
        /// The request's fingerprint.
        fingerprint: Digest,
    },
    /// A person has to approve it.
    Waiting {
        /// The request's fingerprint, as the hub has it.
        fingerprint: String,
    },
    /// The hub does not answer now, and is asked again.
    Again {
        /// Why.
        why: String,
    },
}

/// Why a machine was not enrolled.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// Something else stands in the folder.
    #[error(
        "目录 {folder} 中已有 {what}，不是本命令所留；请换一个空目录 / the folder {folder} has {what}, which is not of this \
         command: use an empty folder",
        folder = folder.display()
    )]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// A file cannot be read or written.
    #[error("无法读写 {path}；修复后再次运行同一命令即可继续 / cannot read or write {path}: mend it and run the same command again", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What is asked cannot be read.
    #[error("{path} 已损坏，请移走后再次运行同一命令 / {path} is damaged: move it away and run the same command again", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The hub gave an answer that does not fit.
    #[error(
        "市级平台的答复有误：{0}；没有启用任何内容 / the hub's answer does not fit ({0}): nothing of it counts"
    )]
    Answer(String),
    /// A key or a request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The keys of backups.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The configuration of a machine that enrols once more, or its signing key.
    #[error(transparent)]
    Config(Box<dyn std::error::Error + Send + Sync>),
    /// The new certificate.
    #[error(transparent)]
    Identity(#[from] FilesError),
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keys and certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The hub, or the way to it.
    #[error("{source} → {remedy}")]
    Ask {
        /// What happened.
        source: AskError,
        /// What to do.
        remedy: String,
    },
}

/// Enrols this machine; tells each step. It may be dropped at any moment and run again.
///
/// # Errors
/// See [`EnrolError`]. A hub that cannot be reached is asked again for ever, one that refuses is
/// not.
pub async fn enrol(parts: &EnrolParts, mut tell: impl FnMut(Step)) -> Result<Done, EnrolError> {
    let place = Place::new(&parts.folder);
    if let Some(done) = place.enrolled()? {
        return Ok(done);
    }
    let asking = place.prepare(parts.entropy.as_ref())?;
    let opens = first_keys(&parts.folder)?;
    let request = fingerprint(&asking.csr)?;
    tell(Step::Asking { fingerprint: request });
    let question = question(parts, &asking, request);
    let enrolled = answer(parts, &question, tell).await?;
    finish(parts, &place, &asking, &enrolled, &opens).await
}

fn question(parts: &EnrolParts, asking: &Asking, request: Digest) -> EnrolAsk {
    let Asking { signing, csr, epochs, .. } = asking;
    let Token { id, pin, .. } = parts.token;
    let proof = Proof { token: id, pin, request, epochs: epochs.clone() };
    EnrolAsk {
        hub: parts.hub.clone(),
        server_name: parts.server_name.clone(),
        token: parts.token.clone(),
        csr: csr.clone(),
        verifying: *signing.verifying().as_bytes(),
        proof: proof.sign(signing),
        epochs: epochs.clone(),
    }
}

/// Asks until there is an answer that counts.
async fn answer(
    parts: &EnrolParts,
    question: &EnrolAsk,
    mut tell: impl FnMut(Step),
) -> Result<Enrolled, EnrolError> {
    loop {
        match ask(question, Arc::clone(&parts.clock)).await {
            Ok(Told::Enrolled(enrolled)) => return Ok(enrolled),
            Ok(Told::Waiting(waiting)) => tell(Step::Waiting { fingerprint: waiting.fingerprint }),
            Err(error) if lasts(&error) => {
                let remedy = remedy(&error);
                return Err(EnrolError::Ask { source: error, remedy });
            }
            Err(error) => tell(Step::Again { why: format!("{error} → {}", remedy(&error)) }),
        }
        pause(parts.ask_every).await;
    }
}

/// Whether asking again does not help.
fn lasts(error: &AskError) -> bool {
    match error {
        AskError::Tls(_) => true,
        AskError::Line(line) => {
            let other = matches!(line, LineError::NotAHub { .. } | LineError::Address { .. });
            // No host:port at all, as the system reads it.
            let shape = matches!(line, LineError::Unreachable { source, .. }
                if source.kind() == ErrorKind::InvalidInput);
            line.fault().is_some() || other || shape
        }
        AskError::Refused(refusal) => refusal.code.remedy() == Remedy::Operator,
        AskError::Lost(_) => false,
    }
}

fn remedy(error: &AskError) -> String {
    match error {
        AskError::Line(line) => line.remedy().to_string(),
        AskError::Refused(refusal) => {
            let code: Code = refusal.code;
            format!("{} / {}", code.remedy_zh(), code.remedy_en())
        }
        AskError::Tls(_) => "请核对本机的程序文件 / check this machine's program".to_owned(),
        AskError::Lost(_) => "会自动再试 / it is tried again".to_owned(),
    }
}

async fn finish(
    parts: &EnrolParts,
    place: &Place,
    asking: &Asking,
    enrolled: &Enrolled,
    opens: &Recipient,
) -> Result<Done, EnrolError> {
    let given = files::Given::read(enrolled, asking, Arc::clone(&parts.clock))?;
    place.open_store(&given, &asking.epochs).await?;
    place.write(&given, &parts.hub, &parts.server_name, opens)?;
    let takes_over = given.journals.len();
    Ok(Done { platform: given.platform, config: place.config(), takes_over, already: false })
}

/// The signing key of a seed file.
fn signing_key(path: &Path) -> Result<SigningKey, SecretError> {
    crate::process::secret::read_seed(path).map(|seed| SigningKey::from_seed(&seed))
}

#[cfg(test)]
mod tests;
