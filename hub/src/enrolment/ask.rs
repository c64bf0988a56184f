//! A machine comes with a token.

use sanheyi_exchange_spec::enrolment::{Proof, Token, epochs_are_sound};
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{EpochId, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::{Digest, VerifyingKey};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::said::with_causes;
use sanheyi_node::process::tls::request::fingerprint;

use super::{Approval, EnrolmentError, Enrolments};
use crate::authority::is_usable;
use crate::store::{
    Asked, EnrolmentRow, EnrolmentState, enrolment_ask, enrolment_find, platform_list,
};

/// What a machine brings.
#[derive(Clone, Debug)]
pub struct EnrolCall {
    /// Its token, as it came.
    pub token: String,
    /// Its certificate request, PEM.
    pub csr: String,
    /// Verifies what it will sign.
    pub verifying: VerifyingKey,
    /// Its signature over [`Proof`].
    pub proof: Vec<u8>,
    /// The epoch ids that it drew.
    pub epochs: Vec<(Lane, EpochId)>,
    /// Its software.
    pub software: String,
    /// From where it comes.
    pub address: String,
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrolAnswer {
    /// It is the platform's node from now on.
    Enrolled(Box<Enrolled>),
    /// A person has to approve it.
    Waiting {
        /// The fingerprint of its request.
        fingerprint: Digest,
        /// Since when.
        since: Timestamp,
    },
}

/// What a machine goes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The platform.
    pub platform: PlatformId,
    /// Its hub.
    pub hub: PlatformId,
    /// Its chain, PEM.
    pub chain: String,
    /// Whom it shall trust, PEM.
    pub authorities: String,
    /// Verifies what the hub signs.
    pub hub_key: VerifyingKey,
    /// The platform's journals that the hub has copies of.
    pub journals: Vec<JournalId>,
}

/// Why a token is not good; the machine is not told which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Unreadable,
    Unknown,
    Secret,
    Ended,
    Used,
    Rejected,
    Withdrawn,
    Key,
    Proof,
}

impl Why {
    const fn said(self) -> &'static str {
        match self {
            Why::Unreadable => "is no token",
            Why::Unknown => "is not known",
            Why::Secret => "has another secret",
            Why::Ended => "has ended",
            Why::Used => "was used for another request",
            Why::Rejected => "was rejected",
            Why::Withdrawn => "was replaced by a later one",
            Why::Key => "came with the signing key of another platform",
            Why::Proof => "came with a proof that does not hold",
        }
    }
}

// === impl Enrolments ===

impl Enrolments {
    /// Answers a machine. The same request again has the same answer.
    ///
    /// # Errors
    /// [`Code::EnrolmentRefused`] for a token that is not good, whatever is wrong with it;
    /// [`Code::Malformed`] for what is out of shape; [`Code::Unavailable`] where the hub cannot
    /// issue now.
    pub async fn enrol(&self, call: &EnrolCall) -> Result<EnrolAnswer, Refusal> {
        let request = shape(call)?;
        let row = match self.good(call, request).await {
            Ok(Ok(row)) => row,
            Ok(Err((why, row))) => return Err(self.turn_away(call, why, row).await),
            Err(error) => return Err(unavailable(&error)),
        };
        match self.answer(call, request, row).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(refused()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// The enrolment of the call's token, if it is good for this very request.
    async fn good(
        &self,
        call: &EnrolCall,
        request: Digest,
    ) -> Result<Result<EnrolmentRow, (Why, Option<EnrolmentRow>)>, EnrolmentError> {
        let Ok(token) = call.token.parse::<Token>() else {
            return Ok(Err((Why::Unreadable, None)));
        };
        let found = enrolment_find(self.database(), token.id).await?;
        let Some(row) = found else { return Ok(Err((Why::Unknown, None))) };
        // Digests are compared in constant time.
        if token.secret_digest() != row.secret {
            return Ok(Err((Why::Secret, Some(row))));
        }
        let same = row.asked.as_ref().is_some_and(|asked| {
            asked.request == request
                && asked.verifying == call.verifying
                && asked.epochs == call.epochs
        });
        let platforms = platform_list(self.database()).await?;
        let mut others = platforms.iter().filter(|other| other.platform != row.platform);
        let why = match row.state {
            // A key says who somebody is, and nobody is two.
            EnrolmentState::Open if others.any(|other| other.key == call.verifying) => {
                Some(Why::Key)
            }
            EnrolmentState::Open if row.expires <= self.parts.clock.now() => Some(Why::Ended),
            EnrolmentState::Withdrawn => Some(Why::Withdrawn),
            EnrolmentState::Waiting | EnrolmentState::Granted if !same => Some(Why::Used),
            EnrolmentState::Rejected => Some(Why::Rejected),
            _ => None,
        };
        let epochs = call.epochs.clone();
        let proof = Proof { token: token.id, pin: token.pin, request, epochs };
        let holds = proof.holds(&call.verifying, &call.proof);
        Ok(match why.or((!holds).then_some(Why::Proof)) {
            Some(why) => Err((why, Some(row))),
            None => Ok(row),
        })
    }

    async fn answer(
        &self,
        call: &EnrolCall,
        request: Digest,
        mut row: EnrolmentRow,
    ) -> Result<Option<EnrolAnswer>, EnrolmentError> {
        if row.state == EnrolmentState::Open {
            let asked = Asked {
                at: self.parts.clock.now(),
                csr: call.csr.clone(),
                request,
                verifying: call.verifying,
                epochs: call.epochs.clone(),
                software: call.software.clone(),
                address: call.address.clone(),
            };
            let store = self.database().of(&row.platform);
            let mut tx = store.begin("enrolment_ask").await?;
            let first = enrolment_ask(&mut tx, &store, row.token, &asked).await?;
            tx.commit().await?;
            row = if first {
                let detail = format!("{request} {}", call.address);
                self.changed("", "enrolment.ask", &row, detail, true).await?;
                EnrolmentRow { state: EnrolmentState::Waiting, asked: Some(asked), ..row }
            } else {
                // Of two that come with one token at once one is late: the same machine again, or
                // another one.
                match self.good(call, request).await? {
                    Ok(now) => now,
                    Err(_) => return Ok(None),
                }
            };
        }
        if row.state == EnrolmentState::Waiting && self.approval == Approval::Token {
            row = match self.grant(&row, "").await {
                // Somebody else was faster with the same request: an answer before this one was
                // lost.
                Err(EnrolmentError::Decided) => {
                    match enrolment_find(self.database(), row.token).await? {
                        Some(now) => now,
                        None => return Ok(None),
                    }
                }
                granted => granted?,
            };
        }
        match (row.state, &row.asked) {
            (EnrolmentState::Granted, _) => Ok(Some(self.enrolled(&row).await?)),
            (EnrolmentState::Waiting, Some(asked)) => {
                Ok(Some(EnrolAnswer::Waiting { fingerprint: request, since: asked.at }))
            }
            _ => Ok(None),
        }
    }

    async fn enrolled(&self, row: &EnrolmentRow) -> Result<EnrolAnswer, EnrolmentError> {
        // What a crash left out the first time.
        self.present(row).await?;
        Ok(EnrolAnswer::Enrolled(Box::new(Enrolled {
            platform: row.platform.clone(),
            hub: self.parts.hub.clone(),
            chain: row.chain.clone(),
            authorities: self.certificates.bundle().await?,
            hub_key: self.hub_key(),
            journals: self.journals(&row.platform).await?,
        })))
    }

    /// Writes down why, and says what everybody is told. What nobody has made leaves no row, or a
    /// stranger could fill the store.
    async fn turn_away(&self, call: &EnrolCall, why: Why, row: Option<EnrolmentRow>) -> Refusal {
        let (address, said) = (&call.address, why.said());
        tracing::warn!(%address, said, "an enrolment from {address} is refused: its token {said}");
        if let Some(row) = row.filter(|_| why != Why::Proof) {
            let detail = format!("{said} {address}");
            if let Err(error) = self.changed("", "enrolment.ask", &row, detail, false).await {
                tracing::error!(%error, "a refused enrolment could not be written down");
            }
        }
        refused()
    }
}

/// Holds what came against its bounds; answers the request's fingerprint.
fn shape(call: &EnrolCall) -> Result<Digest, Refusal> {
    let malformed = |zh: &str, en: &str| Refusal::new(Code::Malformed, "enrol", zh, en);
    if call.token.len() > limits::TOKEN_BYTES {
        return Err(malformed("令牌过长", "the token is too long"));
    }
    if call.csr.len() > limits::CSR_BYTES {
        return Err(malformed("证书申请过大", "the certificate request is too large"));
    }
    let found = fingerprint(&call.csr).ok().filter(|_| is_usable(&call.csr));
    let request = found.ok_or_else(|| {
        malformed(
            "证书申请无效，须为 ECDSA P-256 密钥的 PKCS #10（PEM）",
            "the certificate request is not valid: PKCS #10 in PEM with a key ECDSA P-256",
        )
    })?;
    if !epochs_are_sound(&call.epochs) {
        return Err(malformed("纪元不合规", "the epochs are out of shape"));
    }
    if call.software.len() > limits::SOFTWARE_BYTES {
        return Err(malformed("软件名称过长", "the name of the software is too long"));
    }
    Ok(request)
}

fn refused() -> Refusal {
    Refusal::new(
        Code::EnrolmentRefused,
        "token",
        "令牌无效、已用过或已过期",
        "the token is wrong, was used, or has ended",
    )
}

fn unavailable(error: &EnrolmentError) -> Refusal {
    let why = with_causes(error);
    tracing::error!(why, "a machine could not be enrolled: {why}");
    let (zh, en) = ("市级平台暂时无法办理入网", "the hub cannot enrol machines now");
    Refusal::new(Code::Unavailable, "enrol", zh, en)
}
