//! A crowd (众节点): many platforms with a light link each, to see what a hub bears. A light link is
//! one real connection with mutual TLS, a chain of epochs of its own and a pull that waits for each
//! lane; what a branch keeps on its disk it keeps in memory, and it verifies what it is told.

mod link;
mod weight;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::segment::{Opened, SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{SigningKey, Suite, VerifyingKey};
use sanheyi_hub::authority::request::request;
use sanheyi_hub::authority::{Authority, CERTIFICATE_DAYS};
use sanheyi_hub::setup::Setup;
use sanheyi_hub::store::{PlatformRow, open, platform_put};
use sanheyi_node::branch::Sealed;
use sanheyi_node::process::folder;
use sanheyi_node::process::tls::{ClientConfig, Identity, Trust, client_config};
use sanheyi_node::store::Reach;
use tokio::task::JoinSet;

pub use link::{Link, Pulls};
pub use weight::{Weight, handles};

/// Links that connect at the same time: half of the handshakes that a hub has under way.
const AT_ONCE: usize = 32;

/// A registered platform: who it is, and by what it connects.
#[derive(Clone)]
pub struct Member {
    /// Its id.
    pub platform: PlatformId,
    /// Signs its checkpoints.
    pub key: SigningKey,
    /// Its certificate.
    pub tls: Arc<ClientConfig>,
}

/// What all links of a crowd share, so that a link stays light.
pub struct Commons {
    /// The hub's address.
    pub address: String,
    /// The hub.
    pub hub: PlatformId,
    /// Verifies what the hub signs.
    pub hub_key: VerifyingKey,
    setup: Setup,
    packer: Mutex<SegmentWriter>,
    reader: Mutex<SegmentReader>,
}

/// Registers so many platforms, all in one transaction where the database lets it be one, and makes
/// their keys and certificates. The hub need not run.
///
/// # Errors
/// If one of them cannot be registered.
pub async fn enrol(setup: &Setup, count: usize) -> anyhow::Result<Vec<Member>> {
    let authority = Authority::open(&setup.folder)?;
    let trust = Trust::from_pem(authority.certificate_pem())?;
    let (now, entropy) = (setup.clock.now(), setup.entropy.as_ref());
    let mut members = Vec::with_capacity(count);
    for number in 0..count {
        let platform: PlatformId = format!("p{number:05}").parse()?;
        let own = request(&platform)?;
        let days = CERTIFICATE_DAYS;
        let chain = authority.issue(&platform, &own.csr_pem, &[], now, days, entropy)?;
        let identity = Identity::from_pem(&chain, &own.key_pem)?;
        let tls = client_config(&identity, &trust, Arc::clone(&setup.clock))?;
        members.push(Member { platform, key: SigningKey::from_seed(&entropy.seed32()), tls });
    }
    register(setup, &members).await?;
    Ok(members)
}

async fn register(setup: &Setup, members: &[Member]) -> anyhow::Result<()> {
    folder::private(&setup.data)?;
    let database = open(&setup.store, &setup.hub).await?;
    let together = match database.reach() {
        Reach::Everything => members.len().max(1),
        Reach::OnePlatform => 1,
    };
    for chunk in members.chunks(together) {
        let Some(first) = chunk.first() else { continue };
        let mut tx = database.of(&first.platform).begin("platform_put").await?;
        for member in chunk {
            let row = PlatformRow {
                platform: member.platform.clone(),
                title_zh: member.platform.to_string(),
                title_en: member.platform.to_string(),
                key: member.key.verifying(),
                added: setup.clock.now(),
                hosted: false,
                quota: 0,
            };
            platform_put(&mut tx, &row).await?;
        }
        tx.commit().await?;
    }
    database.close().await;
    Ok(())
}

// === impl Commons ===

impl Commons {
    /// For links to the hub of `setup`, which listens at `address`.
    ///
    /// # Errors
    /// If the hub's key cannot be read, or zstd has no memory.
    pub fn new(setup: &Setup, address: String) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            address,
            hub: setup.hub.clone(),
            hub_key: setup.hub_key()?,
            setup: setup.clone(),
            packer: Mutex::new(SegmentWriter::new()?),
            reader: Mutex::new(SegmentReader::new(Suite::Intl)?),
        }))
    }

    /// Connects and greets with all members, and lets their pulls wait in `pulls`. Answers the
    /// links in the members' order.
    ///
    /// # Errors
    /// With the first that does not stand.
    pub async fn connect(
        self: &Arc<Self>,
        members: &[Member],
        pulls: &mut Pulls,
    ) -> anyhow::Result<Vec<Link>> {
        let mut links = Vec::with_capacity(members.len());
        for chunk in members.chunks(AT_ONCE) {
            let mut greeting = JoinSet::new();
            for (place, member) in chunk.iter().cloned().enumerate() {
                let commons = Arc::clone(self);
                greeting.spawn(async move { (place, Link::greeted(commons, member).await) });
            }
            let mut stand = Vec::with_capacity(chunk.len());
            while let Some(ended) = greeting.join_next().await {
                let (place, link) = ended?;
                stand.push((place, link.with_context(|| format!("link {}", links.len() + place))?));
            }
            stand.sort_by_key(|(place, _)| *place);
            for (_, mut link) in stand {
                link.wait(pulls);
                links.push(link);
            }
        }
        Ok(links)
    }

    fn open(&self, segment: &[u8]) -> anyhow::Result<Opened> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(reader.open(segment)?)
    }

    fn pack(&self, entry: &Sealed) -> anyhow::Result<bytes::Bytes> {
        let mut packer = self.packer.lock().unwrap_or_else(PoisonError::into_inner);
        packer.push(&entry.header, &entry.body.salt, &entry.body.bytes);
        Ok(packer.finish()?)
    }
}
