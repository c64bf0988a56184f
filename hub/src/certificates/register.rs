//! Which certificates count: asked at every call, and changed by a revocation.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::StoreError;

use super::Certificates;
use crate::rpc::listener::Peer;
use crate::store::{
    AuthorityRow, CertificateRow, Origin, certificate_get, certificate_put, certificate_revoke,
    certificate_use_put,
};

/// How often it is written down that a certificate is in use, in microseconds.
const NOTE_EVERY: i64 = 600_000_000;

impl Certificates {
    /// Whether the certificate by which somebody calls counts: without the store where it was seen
    /// before.
    ///
    /// # Errors
    /// [`Code::Unauthorised`] if it was revoked, or if nobody has written it down.
    pub async fn check(&self, peer: &Peer) -> Result<(), Refusal> {
        if self.revoked.get().contains(&peer.serial) {
            return Err(revoked(peer));
        }
        let now = self.parts.clock.now();
        let fresh = self.known(|known| {
            let counts = known.counting.get(&peer.serial) == Some(&peer.platform);
            let noted = known.noted.get(&peer.serial).copied();
            counts && noted.is_some_and(|at| (0..NOTE_EVERY).contains(&now.micros_since(at)))
        });
        if fresh {
            return Ok(());
        }
        self.look_up(peer, now).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the register of certificates cannot be read");
            let (zh, en) = ("暂时无法核对证书", "certificates cannot be looked up now");
            Err(Refusal::new(Code::Unavailable, "certificate", zh, en))
        })
    }

    async fn look_up(
        &self,
        peer: &Peer,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let store = self.parts.database.of(&peer.platform);
        match certificate_get(&store, &peer.serial).await? {
            Some(row) if row.revoked.is_some() => {
                self.look_now();
                return Ok(Err(revoked(peer)));
            }
            Some(_) => {}
            None => match self.adoptable(peer).await? {
                Ok(row) => {
                    let mut tx = store.begin("certificate_adopt").await?;
                    certificate_put(&mut tx, &row).await?;
                    tx.commit().await?;
                    let (platform, serial) = (&peer.platform, &peer.serial);
                    tracing::warn!(%platform, serial, "a certificate from before the register was written down");
                }
                Err(refusal) => return Ok(Err(refusal)),
            },
        }
        let mut tx = store.begin("certificate_use_put").await?;
        certificate_use_put(&mut tx, &peer.serial, &store, &peer.key, now).await?;
        tx.commit().await?;
        self.known(|known| {
            known.counting.insert(peer.serial.clone(), peer.platform.clone());
            known.noted.insert(peer.serial.clone(), now);
        });
        Ok(Ok(()))
    }

    /// A certificate without a row counts only if it was issued before this store began to write
    /// them down: then it is written down with its first connection. That is safe, because only
    /// the authority can have signed its times; and it comes to an end by itself, with the last of
    /// those certificates. What was issued later without a row was not issued by this hub.
    async fn adoptable(&self, peer: &Peer) -> Result<Result<CertificateRow, Refusal>, StoreError> {
        let rows = self.authorities().await?;
        let before = |row: &&AuthorityRow| peer.issued <= row.made;
        let Some(first) = rows.first().filter(before) else {
            return Ok(Err(Refusal::new(
                Code::Unauthorised,
                "certificate",
                format!("证书 {} 未在市级平台登记，请重新登记本平台", peer.serial),
                format!(
                    "the certificate {} is not in the hub's register: enrol this platform again",
                    peer.serial
                ),
            )));
        };
        Ok(Ok(CertificateRow {
            platform: peer.platform.clone(),
            serial: peer.serial.clone(),
            issued: peer.issued,
            not_after: peer.not_after,
            authority: first.key,
            origin: Origin::Adopt,
            revoked: None,
            reason: String::new(),
        }))
    }

    /// Revokes certificates of a platform, by serial number. Lines that were made by them are cut
    /// within [`super::LOOK`] at every instance. Answers which of them counted until now.
    ///
    /// # Errors
    /// Of the store.
    pub async fn revoke(
        &self,
        platform: &PlatformId,
        serials: &[String],
        who: &str,
        reason: &str,
    ) -> Result<Vec<String>, StoreError> {
        let (store, now) = (self.parts.database.of(platform), self.parts.clock.now());
        let mut done = Vec::new();
        let mut tx = store.begin("certificate_revoke").await?;
        for serial in serials {
            if certificate_revoke(&mut tx, &store, serial, now, reason).await? {
                done.push(serial.clone());
            }
        }
        tx.commit().await?;
        if !done.is_empty() {
            let detail = format!("{}: {reason}", done.join(" "));
            self.changed(who, "certificate.revoke", platform.as_str(), detail).await?;
        }
        self.look_now();
        Ok(done)
    }
}

fn revoked(peer: &Peer) -> Refusal {
    Refusal::new(
        Code::Unauthorised,
        "certificate",
        format!("证书 {} 已被吊销，请联系市级平台管理员", peer.serial),
        format!("the certificate {} was revoked: ask the hub's operator", peer.serial),
    )
}
