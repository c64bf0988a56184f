//! `[backup]`: where backups go, who may open them, when they are made and which stay. The same for
//! a node and a hub.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::backup::schedule::Daily;
use crate::backup::{Keep, Pace, Recipient};
use crate::process::config::{Problems, resolve};
use crate::process::said::Said;

/// When a backup is made unless told otherwise, in Beijing time.
const AT: &str = "02:30";
/// Folder of backups unless told otherwise, beside the configuration.
const FOLDER: &str = "backups";
/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_000_000;
/// At least one is kept of the latest days: else each backup would remove the one before.
const LEAST_DAYS: u32 = 1;

/// The section as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BackupFile {
    folder: PathBuf,
    recipients: Vec<String>,
    at: String,
    keep_daily: u32,
    keep_weekly: u32,
    keep_monthly: u32,
    megabytes_per_second: u64,
}

/// How backups are made.
#[derive(Clone, Debug)]
pub struct BackupConfig {
    /// `folder`: where they go. Default `backups`.
    pub folder: PathBuf,
    /// `recipients`: who may open them, `age1…`. Without any none is made.
    pub recipients: Vec<Recipient>,
    /// `at`: when one is made every day, Beijing time; `""` = by hand only. Default `02:30`.
    pub at: Option<Daily>,
    /// `keep_daily`, `keep_weekly`, `keep_monthly`: which stay. Defaults 7, 4, 12.
    pub keep: Keep,
    /// `megabytes_per_second`: how much is read and packed at most; 0 = no bound. Default 0.
    pub pace: Pace,
}

impl Default for BackupFile {
    fn default() -> Self {
        let Keep { daily, weekly, monthly } = Keep::default();
        Self {
            folder: FOLDER.into(),
            recipients: Vec::new(),
            at: AT.to_owned(),
            keep_daily: daily,
            keep_weekly: weekly,
            keep_monthly: monthly,
            megabytes_per_second: 0,
        }
    }
}

impl BackupFile {
    /// Gives the values their meaning; `path` is the configuration.
    pub fn check(&self, path: &Path, problems: &mut Problems) -> BackupConfig {
        let recipients = self.recipients.iter().filter_map(|text| {
            let read = Recipient::parse(text);
            if read.is_err() {
                problems.add(
                    "backup.recipients",
                    Said::new(
                        format!("“{text}”不是 age 公钥"),
                        format!("`{text}` is no recipient of age"),
                    ),
                    Said::new(
                        "应为 age1… 公钥（不是私钥），见 backup.identity 文件中的 public key 一行",
                        "give the public key age1…, never the private one: the line `public key` of the file backup.identity",
                    ),
                );
            }
            read.ok()
        });
        let recipients = recipients.collect();
        let at = match self.at.as_str() {
            "" => None,
            text => text.parse().map(Some).unwrap_or_else(|()| {
                problems.add(
                    "backup.at",
                    Said::new(
                        format!("“{text}”不是时刻"),
                        format!("`{text}` is no time of the day"),
                    ),
                    Said::new(
                        "例如 \"02:30\"（北京时间）；\"\" 表示不定时备份",
                        "for example \"02:30\", Beijing time; \"\" for none by itself",
                    ),
                );
                None
            }),
        };
        if self.keep_daily < LEAST_DAYS {
            problems.add(
                "backup.keep_daily",
                Said::new("至少为 1", "it must be at least 1"),
                Said::new("一般用 7", "usually 7"),
            );
        }
        let Self { keep_daily, keep_weekly, keep_monthly, megabytes_per_second, .. } = *self;
        BackupConfig {
            folder: resolve(path, &self.folder),
            recipients,
            at,
            keep: Keep { daily: keep_daily, weekly: keep_weekly, monthly: keep_monthly },
            pace: Pace {
                bytes_per_second: megabytes_per_second.saturating_mul(MEGABYTE),
                room: None,
            },
        }
    }
}

/// The section as `init` and `enrol` write it: who may open backups.
pub fn section(recipient: &Recipient) -> String {
    format!("\n[backup]\nrecipients = [\"{recipient}\"]\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::config::parse;

    fn checked(text: &str) -> (BackupConfig, String) {
        let path = Path::new("/etc/sanheyi/node.toml");
        let mut problems = Problems::new(path);
        let config = parse::<BackupFile>(path, text).unwrap().check(path, &mut problems);
        (config, problems.to_string())
    }

    #[test]
    fn by_itself_it_is_every_night_beside_the_configuration() {
        let (config, _) = checked("");
        assert_eq!(config.folder, Path::new("/etc/sanheyi/backups"));
        assert_eq!(config.at, Some("02:30".parse().unwrap()));
        assert_eq!(config.keep, Keep { daily: 7, weekly: 4, monthly: 12 });
        assert!(config.recipients.is_empty() && config.pace.bytes_per_second == 0);
        assert_eq!(checked("at = \"\"").0.at, None);
        assert_eq!(checked("megabytes_per_second = 5").0.pace.bytes_per_second, 5_000_000);
    }

    #[test]
    fn what_is_wrong_is_named_with_a_remedy() {
        let secret = "recipients = [\"AGE-SECRET-KEY-1QQ\"]\nat = \"2:30\"\nkeep_daily = 0";
        let (_, said) = checked(secret);
        for place in ["backup.recipients", "backup.at", "backup.keep_daily", "never the private"] {
            assert!(said.contains(place), "{said}");
        }
    }
}
