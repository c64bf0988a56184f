//! Enrolment (入网): an operator makes a token, a machine comes with it and a key of its own, and
//! goes with a certificate. No private key of a platform is ever seen here.
//!
//! ```text
//!   platform add ──► open ──► a machine comes ──► waiting ──► granted
//!                     │                              └──────► rejected      (by a person)
//!                     └──► withdrawn (a later token), or it ends by its time
//! ```
//!
//! A token is good for one request, and for that one always: an answer that was lost is given
//! again. Whoever shows a wrong, used, ended or unknown token hears the same thing each time; which
//! it was, the log and the list of changes say.

mod ask;
mod grant;

use std::sync::Arc;

use sanheyi_exchange_spec::enrolment::{Token, TokenId};
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::suite::{Digest, VerifyingKey};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::tls::subject::SubjectError;
use sanheyi_node::store::{ChangeRow, Database, StoreError};
use thiserror::Error;

pub use ask::{EnrolAnswer, EnrolCall, Enrolled};

use crate::certificates::{CertificateError, Certificates};
use crate::exchange::ExchangeParts;
use crate::store::{
    EnrolmentRow, EnrolmentState, enrolment_decide, enrolment_list, enrolment_put,
    enrolment_withdraw, platform_get,
};

/// How long a token is good unless it is said otherwise, in hours: over a weekend.
pub const VALID_HOURS: u32 = 72;
/// Longest life of a token, in hours: thirty days.
pub const VALID_HOURS_MOST: u32 = 720;
/// Most enrolments that are listed: a city has tens of platforms.
pub const LISTED: u64 = 1000;
const HOUR_MICROS: i64 = 3_600_000_000;

/// Who lets a machine in that came with a good token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// The token itself.
    #[default]
    Token,
    /// A person, who compares the request's fingerprint.
    Manual,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The platform that it is for.
    pub platform: PlatformId,
    /// Its names in Chinese and English; those of a platform that is registered stay.
    pub titles: Option<(String, String)>,
    /// Datasets that it may send; heeded when the platform is registered.
    pub may_send: Vec<String>,
    /// For how many hours it is good.
    pub hours: u32,
    /// Whether earlier certificates are revoked when it is granted.
    pub replaces: bool,
    /// The pin of the hub.
    pub pin: [u8; 16],
    /// Who makes it, as [`ChangeRow::who`].
    pub who: String,
}

/// Enrolments of a hub, beside a hub that may be running.
#[derive(Clone)]
pub struct Enrolments {
    parts: ExchangeParts,
    certificates: Certificates,
    approval: Approval,
}

/// Why something about enrolments could not be done.
#[derive(Debug, Error)]
pub enum EnrolmentError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The authority.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate that says nothing.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The platform lives in the hub.
    #[error("平台 {0} 由市级平台托管，不设节点 / {0} is hosted by the hub and has no node")]
    Hosted(PlatformId),
    /// The platform is registered, and a first token was asked for.
    #[error(
        "平台 {0} 已登记；更换机器请用 platform token {0} --replace / {0} is registered: for another machine use platform token {0} --replace"
    )]
    Registered(PlatformId),
    /// The platform is not registered, and has no name yet.
    #[error(
        "平台 {0} 尚未登记，请先用 platform add {0} / {0} is not registered: begin with platform add {0}"
    )]
    Unnamed(PlatformId),
    /// The hub's own platform.
    #[error("{0} 是市级平台自身，不能入网 / {0} is the hub itself and cannot enrol")]
    Itself(PlatformId),
    /// A life of a token out of bounds.
    #[error(
        "有效时间须为 1 至 {VALID_HOURS_MOST} 小时 / a token is good for 1 to {VALID_HOURS_MOST} hours"
    )]
    Hours,
    /// Nobody waits.
    #[error("{0} 没有待批准的入网申请 / no request of {0} waits for approval")]
    NobodyWaits(PlatformId),
    /// Somebody else waits than was meant.
    #[error(
        "{platform} 待批准的申请指纹是 {waits}，与所给不符，请向机房核对 / the request of {platform} that waits \
         has the fingerprint {waits}, another one than was given: ask whoever set the machine up"
    )]
    Fingerprint {
        /// The platform.
        platform: PlatformId,
        /// What waits.
        waits: Digest,
    },
    /// It was decided meanwhile, or the same was done at another place at once.
    #[error(
        "该申请刚被他人处理，请重新查看 / it was decided by somebody else meanwhile: look again"
    )]
    Decided,
}

// === impl Enrolments ===

impl Enrolments {
    /// Enrolments in the store of `parts`, with certificates of `certificates`.
    pub fn new(parts: ExchangeParts, certificates: Certificates, approval: Approval) -> Self {
        Self { parts, certificates, approval }
    }

    /// The time by which tokens end.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    fn database(&self) -> &Database {
        &self.parts.database
    }

    /// Makes a token. Earlier ones of the platform that nobody came with are withdrawn. The secret
    /// is in the token that is answered, and nowhere else.
    ///
    /// # Errors
    /// If the platform cannot have one.
    pub async fn token(&self, new: &NewToken) -> Result<(Token, EnrolmentRow), EnrolmentError> {
        let platform = &new.platform;
        if *platform == self.parts.hub {
            return Err(EnrolmentError::Itself(platform.clone()));
        }
        if !(1..=VALID_HOURS_MOST).contains(&new.hours) {
            return Err(EnrolmentError::Hours);
        }
        let (title_zh, title_en) = self.titles(new).await?;
        let (drawn, secret) = (self.parts.entropy.bytes16(), self.parts.entropy.bytes16());
        let mut id = [0; 8];
        id.copy_from_slice(&drawn[..8]);
        let token = Token::new(TokenId(id), secret, new.pin);
        let created = self.parts.clock.now();
        let row = EnrolmentRow {
            platform: platform.clone(),
            token: token.id,
            secret: token.secret_digest(),
            created,
            expires: created.plus_micros(i64::from(new.hours) * HOUR_MICROS),
            title_zh,
            title_en,
            may_send: new.may_send.clone(),
            replaces: new.replaces,
            state: EnrolmentState::Open,
            asked: None,
            decided: None,
            chain: String::new(),
        };
        let store = self.database().of(platform);
        let mut tx = store.begin("enrolment_put").await?;
        enrolment_withdraw(&mut tx, &store).await?;
        enrolment_put(&mut tx, &row).await?;
        tx.commit().await?;
        self.changed(&new.who, "enrolment.token", &row, String::new(), true).await?;
        Ok((token, row))
    }

    async fn titles(&self, new: &NewToken) -> Result<(String, String), EnrolmentError> {
        let platform = &new.platform;
        let known = platform_get(self.database(), platform).await?;
        match (known, &new.titles) {
            (Some(row), _) if row.hosted => Err(EnrolmentError::Hosted(platform.clone())),
            (Some(_), Some(_)) => Err(EnrolmentError::Registered(platform.clone())),
            (Some(row), None) => Ok((row.title_zh, row.title_en)),
            (None, Some(titles)) => Ok(titles.clone()),
            (None, None) => {
                let before = enrolment_list(self.database(), Some(platform), 1).await?;
                let before = before.into_iter().next().map(|row| (row.title_zh, row.title_en));
                before.ok_or_else(|| EnrolmentError::Unnamed(platform.clone()))
            }
        }
    }

    /// Lets the machine in that waits for approval. `fingerprint`: only if it is this one.
    ///
    /// # Errors
    /// If nobody waits, or somebody else.
    pub async fn approve(
        &self,
        platform: &PlatformId,
        fingerprint: Option<Digest>,
        who: &str,
    ) -> Result<EnrolmentRow, EnrolmentError> {
        let row = self.waiting(platform, fingerprint).await?;
        self.grant(&row, who).await
    }

    /// Sends the machine away that waits for approval. Its token is used.
    ///
    /// # Errors
    /// If nobody waits, or somebody else.
    pub async fn reject(
        &self,
        platform: &PlatformId,
        fingerprint: Option<Digest>,
        who: &str,
    ) -> Result<EnrolmentRow, EnrolmentError> {
        let row = self.waiting(platform, fingerprint).await?;
        let (store, now) = (self.database().of(platform), self.parts.clock.now());
        let mut tx = store.begin("enrolment_reject").await?;
        let state = EnrolmentState::Rejected;
        if !enrolment_decide(&mut tx, &store, row.token, state, now, "").await? {
            return Err(EnrolmentError::Decided);
        }
        tx.commit().await?;
        self.changed(who, "enrolment.reject", &row, String::new(), true).await?;
        Ok(EnrolmentRow { state, decided: Some(now), ..row })
    }

    async fn waiting(
        &self,
        platform: &PlatformId,
        fingerprint: Option<Digest>,
    ) -> Result<EnrolmentRow, EnrolmentError> {
        let rows = enrolment_list(self.database(), Some(platform), LISTED).await?;
        let row = rows.into_iter().find(|row| row.state == EnrolmentState::Waiting);
        let row = row.ok_or_else(|| EnrolmentError::NobodyWaits(platform.clone()))?;
        let waits = row.asked.as_ref().map(|asked| asked.request);
        match (fingerprint, waits) {
            (Some(meant), Some(waits)) if meant != waits => {
                Err(EnrolmentError::Fingerprint { platform: platform.clone(), waits })
            }
            _ => Ok(row),
        }
    }

    /// The journals of a platform that the hub has copies of, the latest of each lane.
    async fn journals(&self, platform: &PlatformId) -> Result<Vec<JournalId>, StoreError> {
        let mut found: Vec<JournalId> = Vec::new();
        for row in self.database().of(platform).journal_list().await? {
            let journal = row.head.journal;
            if row.home || journal.author != *platform {
                continue;
            }
            found.retain(|known| !known.same_line(&journal));
            found.push(journal);
        }
        Ok(found)
    }

    fn hub_key(&self) -> VerifyingKey {
        self.parts.key.verifying()
    }

    /// Writes down who did what, in the hub's own rows.
    async fn changed(
        &self,
        who: &str,
        what: &str,
        row: &EnrolmentRow,
        detail: String,
        done: bool,
    ) -> Result<(), StoreError> {
        let (clock, entropy): (Arc<_>, Arc<_>) =
            (Arc::clone(&self.parts.clock), Arc::clone(&self.parts.entropy));
        let subject = row.platform.as_str();
        let change = ChangeRow::done(clock.as_ref(), entropy.as_ref(), who, what, subject);
        let change = change.with(format!("{} {detail}", row.token).trim_end().to_owned());
        let own = self.database().of(&self.parts.hub);
        let mut tx = own.begin("change_add").await?;
        tx.change_add(&own, &if done { change } else { change.refused() }).await?;
        tx.commit().await
    }
}

/// Whether a token can no longer be used, although nobody has come with it.
pub fn is_over(row: &EnrolmentRow, now: Timestamp) -> bool {
    row.state == EnrolmentState::Open && row.expires <= now
}

#[cfg(test)]
mod tests;
