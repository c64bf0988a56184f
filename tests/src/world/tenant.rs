//! A tenant of a world: a platform that the hub hosts. Its records go in where a department's
//! system hands them in.

use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_hub::exchange::EVERYTHING;
use sanheyi_hub::setup::NewTenant;
use sanheyi_hub::store::{PlatformRow, hosted_list, platform_get};
use sanheyi_hub::tenants::verify;
use sanheyi_node::branch::{Appended, Draft, JournalReport};
use sanheyi_node::gateway::client::{IntakeClient, IntakeError};
use sanheyi_node::gateway::socket::answers;
use sanheyi_node::store::{JournalRow, Store};
use sanheyi_proto::exchange::v1 as wire;

use super::{World, id};
use crate::patience::{until, within};

/// A platform that the hub hosts, as a department's system sees it.
pub struct Tenant {
    /// Its id.
    pub platform: PlatformId,
    socket: PathBuf,
}

/// A draft as it travels to an intake.
pub fn wire_draft(draft: Draft) -> wire::Draft {
    let (follows_revision, follows_digest) = draft.follows.map_or_else(
        || (0, Vec::new()),
        |(revision, digest)| (revision, digest.as_bytes().to_vec()),
    );
    wire::Draft {
        dataset: draft.dataset.to_string(),
        record: draft.record.to_string(),
        operation: i32::try_from(draft.operation.number()).expect("a small number"),
        occurred: draft.occurred.as_micros(),
        body: draft.body,
        follows_revision,
        follows_digest: follows_digest.into(),
        reads: draft.reads,
    }
}

// === impl Tenant ===

impl Tenant {
    /// Where its records are handed in.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Waits until its intake answers.
    pub async fn up(&self) {
        until("the tenant's intake answers", async || answers(&self.socket).await).await;
    }

    /// Hands drafts in.
    ///
    /// # Panics
    /// If they are not appended.
    pub async fn submit(&self, drafts: Vec<Draft>) -> Vec<Appended> {
        let answer = self.try_submit(drafts).await.expect("the intake answers");
        assert_eq!(answer.refused, [], "nothing is refused");
        let appended = answer.appended.into_iter().map(|one| Appended {
            sequence: one.sequence,
            revision: one.revision,
            digest: Digest::from_slice(&one.digest).expect("a digest"),
        });
        appended.collect()
    }

    /// Hands drafts in, and gives the answer whatever it is.
    ///
    /// # Errors
    /// As the intake says.
    pub async fn try_submit(
        &self,
        drafts: Vec<Draft>,
    ) -> Result<wire::SubmitResponse, IntakeError> {
        let client = within("the intake is reached", IntakeClient::connect(&self.socket)).await?;
        let drafts = drafts.into_iter().map(wire_draft).collect();
        within("a submission is answered", client.submit(drafts)).await
    }
}

impl World {
    /// A tenant of this world that runs; registered if it is not yet.
    pub async fn tenant(&mut self, name: &str) -> Tenant {
        self.tenant_with(name, 0).await
    }

    /// A tenant that may submit so many records a second.
    ///
    /// # Panics
    /// If it cannot be registered.
    pub async fn tenant_with(&mut self, name: &str, quota: u64) -> Tenant {
        let platform = id(name);
        if self.registered(&platform).await.is_none() {
            let (title_zh, title_en) = (name.to_owned(), name.to_owned());
            let new = NewTenant {
                platform: platform.clone(),
                title_zh,
                title_en,
                quota,
                may_send: vec![EVERYTHING.to_owned()],
            };
            self.setup().tenant_add(&new).await.expect("a tenant is added");
        }
        let socket = self.setup().tenant_files(&platform).socket;
        let tenant = Tenant { platform, socket };
        tenant.up().await;
        tenant
    }

    /// A platform as it is registered.
    ///
    /// # Panics
    /// If the store cannot be read.
    pub async fn registered(&self, platform: &PlatformId) -> Option<PlatformRow> {
        platform_get(&self.hub.database(), platform).await.expect("the registry")
    }
}

/// The journal of a tenant at its home, and as the hub has admitted it.
///
/// # Panics
/// If there is none.
pub async fn home_and_admitted(store: &Store) -> (JournalRow, JournalRow) {
    let admitted = hosted_list(store).await.expect("hosted journals").into_iter().next();
    let admitted = admitted.expect("a journal of which something may be admitted");
    let home = store.journal_get(&admitted.head.journal).await.expect("the journals");
    (home.expect("a journal at its home"), admitted)
}

/// All that a tenant has written is admitted, answered, and sound: recomputed from the bytes.
///
/// # Panics
/// With what does not hold.
pub async fn assert_tenant_sound(world: &World, tenant: &Tenant) -> Vec<JournalReport> {
    let store = world.hub.store(&tenant.platform);
    let row = world.registered(&tenant.platform).await.expect("it is registered");
    let hub = world.setup().hub.clone();
    let keys = [(hub.clone(), world.hub.key().verifying()), (tenant.platform.clone(), row.key)];
    let reports = verify(&store, &row, &hub, &keys.into()).await.expect("the store is read");
    for report in &reports {
        assert!(report.difference.is_none(), "{}: {:?}", report.journal, report.difference);
    }
    let (home, admitted) = home_and_admitted(&store).await;
    assert_eq!((home.head.size, home.head.root), (admitted.head.size, admitted.head.root));
    let (counts, received) = store.receipt_counts(home.number).await.expect("receipts");
    assert_eq!((counts.total(), received), (home.head.size, home.head.size), "all is answered");
    reports
}
