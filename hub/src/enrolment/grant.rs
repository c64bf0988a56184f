//! A machine is let in: certificate, key, epochs, in one transaction of its platform. Then the
//! broadcast says it.

use sanheyi_exchange_spec::ids::{EpochId, Lane};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::tls::subject::Subject;
use sanheyi_node::store::{JournalRow, Store, StoreError, Tx};

use super::{EnrolmentError, Enrolments};
use crate::exchange::Outbox;
use crate::store::{
    Asked, CertificateRow, EnrolmentRow, EnrolmentState, FormerKeyRow, Origin, PlatformRow,
    certificate_put, certificate_revoke_others, certificate_use_put, enrolment_decide,
    former_key_of, former_key_put, generation_get, platform_get, platform_lock, platform_put,
    platform_rekey,
};

/// How often it is tried again where a push of the machine before, or another instance, is faster.
const TRIES: usize = 8;

/// A certificate that is not written down yet.
struct Fresh {
    row: CertificateRow,
    key: [u8; 32],
    chain: String,
}

// === impl Enrolments ===

impl Enrolments {
    /// Grants an enrolment that waits.
    pub(super) async fn grant(
        &self,
        row: &EnrolmentRow,
        who: &str,
    ) -> Result<EnrolmentRow, EnrolmentError> {
        let asked = row.asked.as_ref().ok_or(EnrolmentError::Decided)?;
        let known = platform_get(self.database(), &row.platform).await?;
        if known.as_ref().is_some_and(|known| known.hosted) {
            return Err(EnrolmentError::Hosted(row.platform.clone()));
        }
        let fresh = self.issue(row, asked).await?;
        let mut tries = 0;
        let decided = loop {
            tries += 1;
            match self.write(row, asked, &fresh).await {
                Err(EnrolmentError::Store(StoreError::Raced(_))) if tries < TRIES => {}
                written => break written?,
            }
        };
        self.certificates.look_now();
        let serial = &fresh.row.serial;
        self.changed(who, "enrolment.grant", row, format!("certificate {serial}"), true).await?;
        let granted = EnrolmentRow {
            state: EnrolmentState::Granted,
            decided: Some(decided),
            chain: fresh.chain,
            ..row.clone()
        };
        self.present(&granted).await?;
        tracing::info!(platform = %row.platform, serial, "a machine of {} is enrolled", row.platform);
        Ok(granted)
    }

    async fn issue(&self, row: &EnrolmentRow, asked: &Asked) -> Result<Fresh, EnrolmentError> {
        let authority = self.certificates.signing().await?;
        let (chain, subject) =
            self.certificates.sign(&authority, &row.platform, &asked.csr, &[])?;
        let Subject { serial, not_after, key, .. } = subject;
        let row = CertificateRow {
            platform: row.platform.clone(),
            serial,
            issued: self.parts.clock.now(),
            not_after,
            authority: authority.key_digest(),
            origin: Origin::Enrol,
            revoked: None,
            reason: String::new(),
        };
        Ok(Fresh { row, key, chain })
    }

    async fn write(
        &self,
        row: &EnrolmentRow,
        asked: &Asked,
        fresh: &Fresh,
    ) -> Result<Timestamp, EnrolmentError> {
        let now = self.parts.clock.now();
        let store = self.database().of(&row.platform);
        let known = platform_get(self.database(), &row.platform).await?;
        let former = former_key_of(&store).await?;
        let own = self.database().of(&self.parts.hub);
        let generation = generation_get(&own).await?;
        let mut tx = store.begin("enrolment_grant").await?;
        platform_lock(&mut tx, &store).await?;
        let (granted, chain) = (EnrolmentState::Granted, &fresh.chain);
        if !enrolment_decide(&mut tx, &store, row.token, granted, now, chain).await? {
            return Err(EnrolmentError::Decided);
        }
        match known {
            None => {
                let new = PlatformRow {
                    platform: row.platform.clone(),
                    title_zh: row.title_zh.clone(),
                    title_en: row.title_en.clone(),
                    key: asked.verifying,
                    added: now,
                    hosted: false,
                    quota: 0,
                };
                if !platform_put(&mut tx, &new).await? {
                    return Err(StoreError::Raced("platform").into());
                }
            }
            Some(known) => {
                // A machine takes over only what the hub of this generation knows of.
                let generation = generation.ok_or(StoreError::Raced("setting"))?;
                let position = |epoch| Position { generation, epoch };
                let journals = take_over(&mut tx, &store, asked, position).await?;
                if known.key != asked.verifying {
                    let last = former.last().map_or(0, |last| last.number);
                    let given_up = FormerKeyRow {
                        platform: row.platform.clone(),
                        number: last + 1,
                        key: known.key,
                        normal: size_of(&journals, Lane::Normal),
                        urgent: size_of(&journals, Lane::Urgent),
                    };
                    former_key_put(&mut tx, &given_up).await?;
                    let next = asked.verifying;
                    if !platform_rekey(&mut tx, &row.platform, known.key, next).await? {
                        return Err(StoreError::Raced("platform").into());
                    }
                }
            }
        }
        certificate_put(&mut tx, &fresh.row).await?;
        let never = Timestamp::from_micros(0);
        certificate_use_put(&mut tx, &fresh.row.serial, &store, &fresh.key, never).await?;
        if row.replaces {
            let serial = &fresh.row.serial;
            let reason = format!("replaced by {serial}");
            certificate_revoke_others(&mut tx, &store, serial, now, &reason).await?;
        }
        tx.commit().await?;
        Ok(now)
    }

    /// Says in the broadcast who takes part, with which keys. What is said already is not said
    /// again.
    pub(super) async fn present(&self, row: &EnrolmentRow) -> Result<(), EnrolmentError> {
        let Some(known) = platform_get(self.database(), &row.platform).await? else {
            return Ok(());
        };
        let outbox = Outbox::of(self.parts.clone()).await?;
        outbox.announce(std::slice::from_ref(&known), &row.may_send).await?;
        outbox.list_keys(&known).await?;
        Ok(())
    }
}

/// Puts the epochs that the machine drew in force, for one Greet, as an operator's word would
/// (`readmit`). From then on nothing of the machine before is taken, so the sizes stand.
async fn take_over(
    tx: &mut Tx,
    store: &Store,
    asked: &Asked,
    position: impl Fn(EpochId) -> Position,
) -> Result<Vec<JournalRow>, StoreError> {
    let own = |row: &JournalRow| !row.home && row.head.journal.author == *store.platform();
    let mut before: Vec<_> = tx.journal_list(store).await?.into_iter().filter(own).collect();
    for row in &before {
        let lane = row.head.journal.lane;
        let Some((_, epoch)) = asked.epochs.iter().find(|(of, _)| *of == lane) else { continue };
        let (serial, size) = (row.serial, row.head.size);
        tx.journal_epoch(store, row.number, serial, serial + 1, position(*epoch), size).await?;
    }
    let mut after: Vec<_> = tx.journal_list(store).await?.into_iter().filter(own).collect();
    before.sort_by_key(|row| row.number);
    after.sort_by_key(|row| row.number);
    let grown = before.iter().zip(&after).any(|(was, is)| was.head.size != is.head.size);
    match grown || before.len() != after.len() {
        // A push came between the two looks.
        true => Err(StoreError::Raced("journal")),
        false => Ok(after),
    }
}

fn size_of(journals: &[JournalRow], lane: Lane) -> u64 {
    let of_lane = journals.iter().filter(|row| row.head.journal.lane == lane);
    of_lane.map(|row| row.head.size).max().unwrap_or(0)
}
