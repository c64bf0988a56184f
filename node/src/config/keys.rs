//! Reading the files that a configuration names: keys and certificates, and whether they are this
//! platform's.

use std::error::Error as StdError;
use std::sync::Arc;

use sanheyi_exchange_spec::suite::SigningKey;

use super::{NodeConfig, TlsFiles};
use crate::identity::Files;
use crate::process::clock::Clock;
use crate::process::config::{ConfigError, Problems};
use crate::process::said::{Said, with_causes};
use crate::process::secret::read_seed;
use crate::process::tls::{ClientConfig, Identity, TlsError, Trust, client_config};

/// What the files of a configuration hold.
#[derive(Clone, Debug)]
pub struct NodeKeys {
    /// Signs this platform's checkpoints.
    pub signing: SigningKey,
    /// How this process connects.
    pub tls: Arc<ClientConfig>,
}

// === impl NodeConfig ===

impl NodeConfig {
    /// Reads this platform's signing key alone, as commands need it that do not connect.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn read_signing_key(&self) -> Result<SigningKey, ConfigError> {
        let mut problems = Problems::new(&self.file);
        let key = self.signing_key(&mut problems);
        finish(key, problems)
    }

    /// Reads all keys and certificates, and checks that they are this platform's.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn read_keys(&self, clock: Arc<dyn Clock>) -> Result<NodeKeys, ConfigError> {
        let mut problems = Problems::new(&self.file);
        let signing = self.signing_key(&mut problems);
        let TlsFiles { ca, certificate, key } = self.identity().now();
        let trust = noted("tls.ca", Trust::load(&ca), &mut problems);
        let identity = Identity::load(&certificate, &key);
        let identity = noted("tls.certificate", identity, &mut problems);
        if let Some(identity) = &identity {
            self.check_subject(identity, &mut problems);
        }
        let tls = match (&identity, &trust) {
            (Some(identity), Some(trust)) => {
                noted("tls", client_config(identity, trust, clock), &mut problems)
            }
            _ => None,
        };
        let keys = signing.zip(tls).map(|(signing, tls)| NodeKeys { signing, tls });
        finish(keys, problems)
    }

    /// Where the certificate that counts lies: the configured one, or what it was renewed to.
    pub fn identity(&self) -> Files {
        Files::new(&self.data, self.tls.clone())
    }

    fn signing_key(&self, problems: &mut Problems) -> Option<SigningKey> {
        match read_seed(&self.keys.signing) {
            Ok(seed) => Some(SigningKey::from_seed(&seed)),
            Err(error) => {
                let remedy = Said::new(
                    "请核对文件，或从备份恢复本平台的签名密钥",
                    "check the file, or restore this platform's signing key from its backup",
                );
                problems.add("keys.signing", unusable(&error), remedy);
                None
            }
        }
    }

    fn check_subject(&self, identity: &Identity, problems: &mut Problems) {
        let Some(subject) = noted("tls.certificate", identity.subject(), problems) else { return };
        let named =
            [("platform", &subject.platform, &self.platform), ("hub", &subject.hub, &self.hub)];
        for (key, certified, configured) in named {
            if certified != configured {
                problems.add(
                    key,
                    Said::new(
                        format!("配置为 {configured}，证书为 {certified}"),
                        format!("it is {configured} here and {certified} in the certificate"),
                    ),
                    Said::new(
                        "请改用本平台的证书，或修正编号",
                        "use this platform's certificate, or correct the id",
                    ),
                );
            }
        }
    }
}

fn noted<T>(place: &str, read: Result<T, TlsError>, problems: &mut Problems) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            let remedy = Said::new(
                "请核对文件及其权限，必要时向市级平台重新申请证书",
                "check the file and its mode; if need be, ask the hub for a new certificate",
            );
            problems.add(place, unusable(&error), remedy);
            None
        }
    }
}

/// An error with its causes. Its sentences are in both languages already.
fn unusable(error: &dyn StdError) -> Said {
    Said::new("文件无法使用", with_causes(error))
}

fn finish<T>(value: Option<T>, problems: Problems) -> Result<T, ConfigError> {
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(problems.into()),
    }
}
