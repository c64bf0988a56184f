//! What a node asks about its identity: a certificate for its next key, and whom to trust.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::said::with_causes;
use sanheyi_node::process::tls::subject::{Subject, subject_of_pem, trust_digest};
use sanheyi_node::store::StoreError;

use super::{CertificateError, Certificates, bundle_of};
use crate::authority::{Authority, AuthorityError};
use crate::rpc::listener::Peer;
use crate::store::{
    AuthorityState, CertificateRow, Origin, certificate_list, certificate_put, certificate_use_of,
    certificate_use_put, platform_get, trusted_put,
};

/// Most certificates of one platform that may count at once: one in use and one before it, with
/// room for renewals whose answer was lost. A node that asks in a circle is stopped here.
pub const LIVING_MOST: usize = 16;

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The chain in PEM, own certificate first.
    pub chain: String,
    /// The authorities to trust, where the node does not trust exactly these.
    pub authorities: Option<String>,
}

/// Whom a node should trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusting {
    /// The authorities to trust, where the node does not trust exactly these.
    pub authorities: Option<String>,
    /// Whether it should renew now.
    pub due: bool,
}

impl Certificates {
    /// Notes which authorities a node trusts, and says which ones it should, and whether its
    /// certificate is to be renewed because its authority is being replaced.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub async fn trust(&self, peer: &Peer, trusts: [u8; 32]) -> Result<Trusting, Refusal> {
        self.trusting(peer, trusts).await.map_err(|error| unavailable(&error.into()))
    }

    async fn trusting(&self, peer: &Peer, trusts: [u8; 32]) -> Result<Trusting, StoreError> {
        let (store, now) = (self.parts.database.of(&peer.platform), self.parts.clock.now());
        let mut tx = store.begin("trusted_put").await?;
        trusted_put(&mut tx, &store, &trusts, now).await?;
        tx.commit().await?;
        let rows = self.authorities().await?;
        let bundle = bundle_of(&rows);
        let same = trust_digest(bundle.as_bytes()) == trusts;
        let signing = rows.iter().find(|row| row.state == AuthorityState::Signing);
        let own = certificate_list(&store).await?;
        let own = own.iter().find(|row| row.serial == peer.serial);
        let due = own.zip(signing).is_some_and(|(own, signing)| own.authority != signing.key);
        Ok(Trusting { authorities: (!same).then_some(bundle), due })
    }

    /// Issues a certificate for the next key of a platform, which shows its present one.
    ///
    /// # Errors
    /// [`Code::Unauthorised`] if the platform is not registered, or the key was used before;
    /// [`Code::Malformed`] if the request is none; [`Code::Unavailable`] if the authority's key
    /// does not lie here.
    pub async fn renew(
        &self,
        peer: &Peer,
        csr_pem: &str,
        trusts: [u8; 32],
    ) -> Result<Issued, Refusal> {
        match self.renewed(peer, csr_pem, trusts).await {
            Ok(issued) => issued,
            Err(CertificateError::Authority(
                error @ (AuthorityError::Request(_) | AuthorityError::KeyKind),
            )) => Err(refused(Code::Malformed, &error.to_string())),
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn renewed(
        &self,
        peer: &Peer,
        csr_pem: &str,
        trusts: [u8; 32],
    ) -> Result<Result<Issued, Refusal>, CertificateError> {
        let (platform, database) = (&peer.platform, &self.parts.database);
        let (store, now) = (database.of(platform), self.parts.clock.now());
        if platform_get(database, platform).await?.is_none_or(|row| row.hosted) {
            let said = "该平台未登记节点 / the platform is registered with no node";
            return Ok(Err(refused(Code::Unauthorised, said)));
        }
        let living = certificate_list(&store).await?;
        if living.iter().filter(|row| row.counts(now)).count() >= LIVING_MOST {
            let said = "有效证书过多，请先吊销不用的证书 / too many certificates count: have unused ones revoked";
            return Ok(Err(refused(Code::Unavailable, said)));
        }
        let authority = self.signing().await?;
        let (chain, subject) = self.sign(&authority, platform, csr_pem, &[])?;
        // A key is used for one certificate: who has stolen a key must not keep it alive.
        if certificate_use_of(&store).await?.iter().any(|one| one.key == subject.key) {
            let said = "该密钥已用过，请换用新密钥 / this key was used before: make a new one";
            return Ok(Err(refused(Code::Unauthorised, said)));
        }
        self.write_down(&authority, &subject, Origin::Renew).await?;
        let detail = format!("{} → {}", peer.serial, subject.serial);
        self.changed("", "certificate.renew", platform.as_str(), detail).await?;
        let bundle = self.bundle().await?;
        let same = trust_digest(bundle.as_bytes()) == trusts;
        Ok(Ok(Issued { chain, authorities: (!same).then_some(bundle) }))
    }

    /// Signs with an authority, for as long as is configured.
    pub(crate) fn sign(
        &self,
        authority: &Authority,
        platform: &PlatformId,
        csr_pem: &str,
        names: &[String],
    ) -> Result<(String, Subject), CertificateError> {
        let (now, days) = (self.parts.clock.now(), self.parts.days);
        let entropy = self.parts.entropy.as_ref();
        let chain = authority.issue(platform, csr_pem, names, now, days, entropy)?;
        let subject = subject_of_pem(&chain)?;
        Ok((chain, subject))
    }

    /// Writes an issued certificate and its key down, before anybody has it.
    pub(crate) async fn write_down(
        &self,
        authority: &Authority,
        subject: &Subject,
        origin: Origin,
    ) -> Result<(), StoreError> {
        let (store, now) = (self.parts.database.of(&subject.platform), self.parts.clock.now());
        let row = CertificateRow {
            platform: subject.platform.clone(),
            serial: subject.serial.clone(),
            issued: now,
            not_after: subject.not_after,
            authority: authority.key_digest(),
            origin,
            revoked: None,
            reason: String::new(),
        };
        let mut tx = store.begin("certificate_put").await?;
        certificate_put(&mut tx, &row).await?;
        // Not seen yet: it may never arrive.
        let never = Timestamp::from_micros(0);
        certificate_use_put(&mut tx, &subject.serial, &store, &subject.key, never).await?;
        tx.commit().await
    }
}

fn refused(code: Code, said: &str) -> Refusal {
    let (zh, en) = said.split_once(" / ").unwrap_or((said, said));
    Refusal::new(code, "certificate", zh, en)
}

fn unavailable(error: &CertificateError) -> Refusal {
    let why = with_causes(error);
    tracing::error!(why, "a certificate could not be issued or looked up: {why}");
    refused(Code::Unavailable, "市级平台暂时无法办理证书 / the hub cannot issue certificates now")
}
