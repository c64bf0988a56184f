//! A small foreign client: another vendor's node, as far as the public protocol goes. It knows the
//! stubs of `proto` and the codecs of `exchange-spec`, and nothing of our branch: it seals, packs,
//! signs, greets, pushes and pulls by itself. Among its records are faulty ones.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::ids::{EpochId, JournalId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, SigningKey, Suite};
use sanheyi_node::process::clock::{Clock, SystemClock};
use sanheyi_node::process::entropy::{Entropy as _, OsEntropy};
use sanheyi_node::process::tls::{Identity, Trust, client_config};
use sanheyi_node::uplink::transport::{LineConfig, connect};
use sanheyi_proto::STANDARD;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::exchange_client::ExchangeClient;
use tonic::transport::Channel;

use super::faults::faulty;
use super::parties::Guest;
use super::year::{District, Written, publication};
use crate::app::signing_key;

/// How long the client waits for its receipts.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the hub answered.
pub(super) struct Answered {
    pub(super) entries: u64,
    pub(super) root: Digest,
    pub(super) receipts: u64,
    /// Excepted entries, as their receipts name them.
    pub(super) exceptions: Vec<receipt::Exception>,
    /// Rules that were broken on purpose, in order.
    pub(super) expected: Vec<&'static str>,
}

/// A journal of its own making.
struct Journal {
    id: JournalId,
    key: SigningKey,
    segment: Bytes,
    tree: Tree,
}

/// Plays the foreign vendor.
pub(super) async fn play(guest: &Guest, clock: &dyn Clock) -> anyhow::Result<Answered> {
    let (journal, expected) = write(guest, clock)?;
    let line = connect(&line(guest)?).await.context("foreign client: connect")?;
    let mut hub =
        ExchangeClient::new(line.channel.clone()).max_decoding_message_size(limits::MESSAGE_BYTES);
    let (greeted, grant) = greet(&mut hub, &journal, clock).await?;
    push(&mut hub, &journal, &greeted, &grant, clock).await?;
    let receiving = receive(&mut hub, &journal, greeted);
    let (receipts, exceptions) = tokio::time::timeout(PATIENCE, receiving)
        .await
        .map_err(|_| anyhow!("foreign client: no receipt came"))??;
    let (entries, root) = (journal.tree.size(), journal.tree.root());
    Ok(Answered { entries, root, receipts, exceptions, expected })
}

fn line(guest: &Guest) -> anyhow::Result<LineConfig> {
    let at = |name: &str| guest.folder.join(name);
    let identity = Identity::load(&at("node.pem"), &at("node.key"))?;
    let trust = Trust::load(&at("ca.pem"))?;
    let tls = client_config(&identity, &trust, std::sync::Arc::new(SystemClock))?;
    Ok(LineConfig::new(guest.hub.to_string(), "localhost", tls))
}

/// Good records, with a faulty one after every tenth.
fn write(guest: &Guest, clock: &dyn Clock) -> anyhow::Result<(Journal, Vec<&'static str>)> {
    let zone = District {
        platform: guest.platform.clone(),
        region: "0400",
        title_zh: "常州经开区",
        title_en: "Economic Development Zone",
    };
    let mut faults = faulty(zone.region).into_iter();
    let mut expected = Vec::new();
    let mut journal = Journal {
        id: format!("{}>changzhou/normal/{}", guest.platform, OsEntropy.incarnation()).parse()?,
        key: signing_key(&guest.folder.join("signing.key"))?,
        segment: Bytes::new(),
        tree: Tree::new(Suite::Intl),
    };
    let mut packer = SegmentWriter::new()?;
    for (place, good) in publication(&zone).into_iter().enumerate() {
        seal(&mut journal, &mut packer, &good, clock)?;
        if place % 10 == 9
            && let Some((fault, rule)) = faults.next()
        {
            seal(&mut journal, &mut packer, &fault, clock)?;
            expected.push(rule);
        }
    }
    journal.segment = packer.finish()?;
    Ok((journal, expected))
}

fn seal(
    journal: &mut Journal,
    packer: &mut SegmentWriter,
    one: &Written,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let salt = OsEntropy.salt();
    let header = Header {
        dataset: one.dataset.parse()?,
        record: one.record.parse()?,
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: one.operation,
        standard: STANDARD,
        occurred: one.occurred,
        recorded: clock.now(),
        body_digest: Suite::Intl.body(&salt, &one.body),
    }
    .encode();
    packer.push(&header, &salt, &one.body);
    journal.tree.push(Suite::Intl.leaf(&header));
    Ok(())
}

async fn greet(
    hub: &mut ExchangeClient<Channel>,
    journal: &Journal,
    clock: &dyn Clock,
) -> anyhow::Result<(wire::GreetResponse, wire::JournalGrant)> {
    let claim = wire::JournalClaim {
        journal: journal.id.to_string(),
        holds: vec![Bytes::from_static(EpochId::ZERO.as_bytes())],
        next: OsEntropy.epoch().as_bytes().to_vec().into(),
        size: journal.tree.size(),
        root: journal.tree.root().as_bytes().to_vec().into(),
        last_grant: String::new(),
    };
    let request = wire::GreetRequest {
        protocol: 1,
        standard: STANDARD,
        software: "foreign vendor's client".into(),
        now: clock.now().as_micros(),
        journals: vec![claim],
        copies: Vec::new(),
    };
    let answer = hub.greet(request).await.context("foreign client: greet")?.into_inner();
    let grant = answer.grants.first().cloned().context("foreign client: no grant")?;
    Ok((answer, grant))
}

async fn push(
    hub: &mut ExchangeClient<Channel>,
    journal: &Journal,
    greeted: &wire::GreetResponse,
    grant: &wire::JournalGrant,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let checkpoint = Checkpoint {
        journal: journal.id.clone(),
        size: journal.tree.size(),
        root: journal.tree.root(),
        epoch: EpochId::from_slice(&grant.epoch)?,
        opened: grant.size,
        time: clock.now(),
        keeper: None,
    };
    let request = wire::PushRequest {
        journal: journal.id.to_string(),
        generation: greeted.generation.clone(),
        epoch: grant.epoch.clone(),
        first: 0,
        segments: vec![journal.segment.clone()],
        checkpoint: checkpoint.sign(&journal.key),
    };
    let answer = hub.push(request).await.context("foreign client: push")?.into_inner();
    if answer.durable != journal.tree.size() {
        bail!("foreign client: only {} of {} are durable", answer.durable, journal.tree.size());
    }
    Ok(())
}

/// Pulls its mailbox until every entry is answered.
async fn receive(
    hub: &mut ExchangeClient<Channel>,
    journal: &Journal,
    greeted: wire::GreetResponse,
) -> anyhow::Result<(u64, Vec<receipt::Exception>)> {
    let mut reader = SegmentReader::new(Suite::Intl)?;
    let mut cursors = greeted.mailboxes;
    let (mut receipts, mut answered) = (0, 0);
    let mut exceptions = Vec::new();
    while answered < journal.tree.size() {
        let request = wire::PullRequest {
            generation: greeted.generation.clone(),
            cursors: cursors
                .iter()
                .map(|at| wire::JournalSize { size: receipts, ..at.clone() })
                .collect(),
            epochs: Vec::new(),
            wait_millis: limits::PULL_WAIT_MILLIS,
            max_bytes: u32::try_from(limits::WINDOW_BYTES)?,
        };
        let answer = hub.pull(request).await.context("foreign client: pull")?.into_inner();
        for tail in &answer.tails {
            for segment in &tail.segments {
                for entry in reader.open(segment)?.iter() {
                    receipts += 1;
                    let Some((_, body)) = entry.body else { continue };
                    let receipt = Receipt::decode(body)?;
                    answered = receipt.to;
                    exceptions.extend(receipt.exceptions);
                }
            }
        }
        cursors.truncate(1);
    }
    Ok((receipts, exceptions))
}
