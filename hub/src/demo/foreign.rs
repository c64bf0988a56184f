//! A small foreign client: another vendor's node, as far as the public protocol goes. It knows the
//! stubs of `proto` and the codecs of `exchange-spec`, and nothing of our branch: it seals, packs,
//! signs, greets, pushes and pulls by itself. Among its records are faulty ones.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::ids::{Audience, EpochId, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::later::{self, Change, LaterVerdict};
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

use super::faults::{Due, Fault, faulty};
use super::parties::Guest;
use super::writer::Families;
use super::year::{District, Written, publication};
use crate::app::signing_key;

/// The dataset behind the catalogue: cases on an item are in order from here on.
const AFTER: &str = "catalogue.flow_chart";
/// How long the client waits for its receipts.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the hub answered.
pub(super) struct Answered {
    pub(super) entries: u64,
    pub(super) root: Digest,
    pub(super) receipts: u64,
    /// Excepted entries, as their receipts name them.
    pub(super) exceptions: Vec<receipt::Exception>,
    /// What was pending and is judged, in the order of the entries.
    pub(super) later: Vec<Change>,
    /// What was to become of the entries that break a rule on purpose, in order.
    pub(super) expected: Vec<Due>,
    /// The entries by family.
    pub(super) families: Families,
}

/// A journal of its own making.
struct Journal {
    id: JournalId,
    key: SigningKey,
    segment: Bytes,
    tree: Tree,
    families: Families,
}

/// What came through its mailbox.
#[derive(Default)]
struct Received {
    receipts: u64,
    exceptions: Vec<receipt::Exception>,
    later: Vec<Change>,
}

/// Plays the foreign vendor.
pub(super) async fn play(guest: &Guest, clock: &dyn Clock) -> anyhow::Result<Answered> {
    let (journal, expected) = write(guest, clock)?;
    let line = connect(&line(guest)?).await.context("foreign client: connect")?;
    let mut hub =
        ExchangeClient::new(line.channel.clone()).max_decoding_message_size(limits::MESSAGE_BYTES);
    let (greeted, grant) = greet(&mut hub, &journal, clock).await?;
    push(&mut hub, &journal, &greeted, &grant, clock).await?;
    let waiting = expected.iter().filter(|due| due.later.is_some()).count();
    let receiving = receive(&mut hub, &journal, greeted, waiting);
    let Received { receipts, exceptions, mut later } = tokio::time::timeout(PATIENCE, receiving)
        .await
        .map_err(|_| anyhow!("foreign client: no receipt came"))??;
    later.sort_by_key(|change| change.verdict.sequence);
    let (entries, root) = (journal.tree.size(), journal.tree.root());
    let families = journal.families;
    Ok(Answered { entries, root, receipts, exceptions, later, expected, families })
}

/// Where it is: a development zone, in the region of the city.
pub(super) fn zone(platform: PlatformId) -> District {
    District {
        platform,
        region: "0400",
        title_zh: "常州经开区",
        title_en: "Economic Development Zone",
    }
}

fn line(guest: &Guest) -> anyhow::Result<LineConfig> {
    let at = |name: &str| guest.folder.join(name);
    let identity = Identity::load(&at("node.pem"), &at("node.key"))?;
    let trust = Trust::load(&at("ca.pem"))?;
    let tls = client_config(&identity, &trust, std::sync::Arc::new(SystemClock))?;
    Ok(LineConfig::new(guest.hub.to_string(), "localhost", tls))
}

/// Good records; among those that follow the catalogue a faulty one after every tenth.
fn write(guest: &Guest, clock: &dyn Clock) -> anyhow::Result<(Journal, Vec<Due>)> {
    let zone = zone(guest.platform.clone());
    let mut faults = faulty(zone.region).into_iter();
    let mut expected = Vec::new();
    let mut journal = Journal {
        id: format!("{}>changzhou/normal/{}", guest.platform, OsEntropy.incarnation()).parse()?,
        key: signing_key(&guest.folder.join("signing.key"))?,
        segment: Bytes::new(),
        tree: Tree::new(Suite::Intl),
        families: Families::default(),
    };
    let mut packer = SegmentWriter::new()?;
    let mut since = None;
    for good in publication(&zone) {
        if since.is_some() || good.dataset == AFTER {
            since = Some(since.map_or(0, |since: usize| since + 1));
        }
        seal(&mut journal, &mut packer, (&good, None), clock)?;
        if since.is_some_and(|since| since % 10 == 9)
            && let Some(fault) = faults.next()
        {
            let Fault { written, follows, due } = fault;
            seal(&mut journal, &mut packer, (&written, follows), clock)?;
            expected.extend(due);
        }
    }
    if faults.next().is_some() {
        bail!("foreign client: fewer good records than the faulty ones need");
    }
    journal.segment = packer.finish()?;
    Ok((journal, expected))
}

fn seal(
    journal: &mut Journal,
    packer: &mut SegmentWriter,
    (one, follows): (&Written, Option<Digest>),
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let salt = OsEntropy.salt();
    let header = Header {
        dataset: one.dataset.parse()?,
        record: one.record.parse()?,
        revision: one.revision,
        follows,
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
    journal.families.count(one.dataset, one.revision);
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

/// Pulls its mailbox until every entry is answered, and so many of those that were pending are
/// judged.
async fn receive(
    hub: &mut ExchangeClient<Channel>,
    journal: &Journal,
    greeted: wire::GreetResponse,
    waiting: usize,
) -> anyhow::Result<Received> {
    let mut reader = SegmentReader::new(Suite::Intl)?;
    // It writes nothing urgent and is told nothing urgent; of what is for all it has no use.
    let own = |at: &wire::JournalSize| {
        let mailbox: Result<JournalId, _> = at.journal.parse();
        mailbox.is_ok_and(|id| id.lane == Lane::Normal && id.audience != Audience::All)
    };
    let cursors: Vec<_> = greeted.mailboxes.into_iter().filter(own).collect();
    let (mut letters, mut answered) = (0, 0);
    let mut received = Received::default();
    while answered < journal.tree.size() || received.later.len() < waiting {
        let request = wire::PullRequest {
            generation: greeted.generation.clone(),
            cursors: cursors
                .iter()
                .map(|at| wire::JournalSize { size: letters, ..at.clone() })
                .collect(),
            epochs: Vec::new(),
            wait_millis: limits::PULL_WAIT_MILLIS,
            max_bytes: u32::try_from(limits::WINDOW_BYTES)?,
        };
        let answer = hub.pull(request).await.context("foreign client: pull")?.into_inner();
        for tail in &answer.tails {
            for segment in &tail.segments {
                for entry in reader.open(segment)?.iter() {
                    letters += 1;
                    let Some((_, body)) = entry.body else { continue };
                    if entry.header.dataset == later::DATASET {
                        received.later.extend(LaterVerdict::decode(body)?.changes);
                        continue;
                    }
                    let receipt = Receipt::decode(body)?;
                    answered = receipt.to;
                    received.receipts += 1;
                    received.exceptions.extend(receipt.exceptions);
                }
            }
        }
    }
    Ok(received)
}
