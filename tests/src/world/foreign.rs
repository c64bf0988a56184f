//! A program of another vendor: it keeps its journal in memory and makes every call by hand, so
//! that a test can have it say what an honest branch never would.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::ids::{Audience, EpochId, Generation, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::{Digest, SigningKey, Suite};
use sanheyi_node::branch::{Sealed, seal};
use sanheyi_node::config::NodeConfig;
use sanheyi_node::process::clock::{Clock as _, ManualClock};
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::process::tls::ClientConfig;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, JournalClaim, PROTOCOL, PushAnswer, PushCall,
};
use sanheyi_node::uplink::transport::{Line, LineConfig, connect};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::exchange_client::ExchangeClient;
use tonic::Status;

use super::HUB;
use crate::fixtures::MORNING;
use crate::patience::within;

/// The program.
pub struct Foreign<P = GrpcPort> {
    /// Its platform.
    pub platform: PlatformId,
    /// Signs its checkpoints.
    pub key: SigningKey,
    /// Who its checkpoints say holds that key instead of it.
    pub keeper: Option<PlatformId>,
    /// Its calls.
    pub port: P,
    /// Its journal.
    pub journal: JournalId,
    /// Epoch ids that it may hold.
    pub holds: Vec<EpochId>,
    /// The last grant, or empty.
    pub grant: String,
    /// Position in force, after a Greet.
    pub position: Position,
    /// Size at which its epoch opened.
    pub opened: u64,
    /// The tree over what it has appended and the hub has.
    pub tree: Tree,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    packer: SegmentWriter,
    line: Option<(Line, LineConfig)>,
}

impl Foreign<GrpcPort> {
    pub(super) async fn new(
        folder: &Path,
        clock: Arc<ManualClock>,
        hub: SocketAddr,
        seed: u64,
    ) -> Self {
        let config = NodeConfig::load(&folder.join("node.toml")).expect("a configuration");
        let keys = config.read_keys(Arc::clone(&clock) as _).expect("keys");
        let tls: Arc<ClientConfig> = keys.tls;
        let line_config = LineConfig::new(hub.to_string(), "127.0.0.1", tls);
        let line = within("a line", connect(&line_config)).await.expect("a line");
        let port = GrpcPort::new(&line);
        let mut foreign = Self::on(port, config.platform, keys.signing, clock, seed);
        foreign.line = Some((line, line_config));
        foreign
    }

    /// Hangs up and connects again.
    ///
    /// # Panics
    /// If there is no line.
    pub async fn reconnect(&mut self) {
        let (_, config) = self.line.take().expect("it has a line");
        let line = within("a line", connect(&config)).await.expect("a line");
        self.port = GrpcPort::new(&line);
        self.line = Some((line, config));
    }

    /// A push by a client that knows no bound of its own.
    ///
    /// # Errors
    /// As the hub says.
    ///
    /// # Panics
    /// If there is no line.
    pub async fn unbounded_push(&self, call: PushCall) -> Result<(), Status> {
        let (line, _) = self.line.as_ref().expect("it has a line");
        let mut client =
            ExchangeClient::new(line.channel.clone()).max_encoding_message_size(usize::MAX);
        client.push(wire::PushRequest::from(call)).await.map(drop)
    }
}

impl<P: HubPort> Foreign<P> {
    /// A program on any port.
    ///
    /// # Panics
    /// If zstd has no memory.
    pub fn on(
        port: P,
        platform: PlatformId,
        key: SigningKey,
        clock: Arc<ManualClock>,
        seed: u64,
    ) -> Self {
        let entropy = Arc::new(SeededEntropy::new(seed));
        let journal = JournalId {
            author: platform.clone(),
            audience: Audience::One(HUB.parse().expect("the hub's id")),
            lane: Lane::Normal,
            incarnation: entropy.incarnation(),
        };
        Self {
            platform,
            key,
            keeper: None,
            port,
            journal,
            holds: vec![EpochId::ZERO],
            grant: String::new(),
            position: Position { generation: Generation::ZERO, epoch: EpochId::ZERO },
            opened: 0,
            tree: Tree::new(Suite::Intl),
            clock,
            entropy,
            packer: SegmentWriter::new().expect("zstd has memory"),
            line: None,
        }
    }

    /// The same program, its port behind something else.
    pub fn behind<Q: HubPort>(self, wrap: impl FnOnce(P) -> Q) -> Foreign<Q> {
        Foreign {
            platform: self.platform,
            key: self.key,
            keeper: self.keeper,
            port: wrap(self.port),
            journal: self.journal,
            holds: self.holds,
            grant: self.grant,
            position: self.position,
            opened: self.opened,
            tree: self.tree,
            clock: self.clock,
            entropy: self.entropy,
            packer: self.packer,
            line: self.line,
        }
    }

    /// A Greet that claims what it holds.
    pub fn greet_call(&self) -> GreetCall {
        GreetCall {
            protocol: PROTOCOL,
            standard: 1,
            software: "foreign 1".into(),
            now: self.clock.now(),
            journals: vec![JournalClaim {
                journal: self.journal.clone(),
                holds: self.holds.clone(),
                next: self.entropy.epoch(),
                size: self.tree.size(),
                root: self.tree.root(),
                last_grant: self.grant.clone(),
            }],
            copies: Vec::new(),
        }
    }

    /// Greets, and takes over what is granted.
    ///
    /// # Errors
    /// As the hub says.
    pub async fn greet(&mut self) -> Result<GreetAnswer, CallError> {
        let answer = self.port.greet(self.greet_call()).await?;
        self.take(&answer);
        Ok(answer)
    }

    /// Takes over what was granted.
    ///
    /// # Panics
    /// If its journal was not.
    pub fn take(&mut self, answer: &GreetAnswer) {
        let grant = answer.grants.iter().find(|one| one.journal == self.journal);
        let grant = grant.expect("the journal is granted");
        self.holds = vec![grant.epoch];
        self.grant = grant.grant.clone();
        self.position = Position { generation: answer.generation, epoch: grant.epoch };
        self.opened = grant.size;
    }

    /// An entry: the next revision after `follows`, or the first.
    ///
    /// # Panics
    /// If a name is none.
    pub fn entry(
        &self,
        dataset: &str,
        record: &str,
        follows: Option<(u64, Digest)>,
        body: impl Into<Bytes>,
    ) -> Sealed {
        self.entry_by(1, dataset, record, follows, body)
    }

    /// An entry written by another version of the standard.
    ///
    /// # Panics
    /// If a name is none.
    pub fn entry_by(
        &self,
        standard: u32,
        dataset: &str,
        record: &str,
        follows: Option<(u64, Digest)>,
        body: impl Into<Bytes>,
    ) -> Sealed {
        let header = Header {
            dataset: dataset.parse().expect("a dataset's name"),
            record: record.parse().expect("a record's id"),
            revision: follows.map_or(1, |(revision, _)| revision + 1),
            follows: follows.map(|(_, digest)| digest),
            custody_epoch: 0,
            operation: Operation::Put,
            standard,
            occurred: MORNING,
            recorded: self.clock.now(),
            body_digest: Digest::new([0; 32]),
        };
        seal(header, self.entropy.salt(), body.into())
    }

    /// The entries as one segment.
    ///
    /// # Panics
    /// If zstd has no memory.
    pub fn segment(&mut self, entries: &[Sealed]) -> Bytes {
        for entry in entries {
            self.packer.push(&entry.header, &entry.body.salt, &entry.body.bytes);
        }
        self.packer.finish().expect("zstd has memory")
    }

    /// A checkpoint of `size` and `root`, at the position in force.
    pub fn checkpoint(&self, size: u64, root: Digest) -> String {
        let checkpoint = Checkpoint {
            journal: self.journal.clone(),
            size,
            root,
            epoch: self.position.epoch,
            opened: self.opened,
            time: self.clock.now(),
            keeper: self.keeper.clone(),
        };
        checkpoint.sign(&self.key)
    }

    /// A push of entries after those that the hub has.
    pub fn push_call(&mut self, entries: &[Sealed]) -> PushCall {
        let mut tree = self.tree.clone();
        entries.iter().for_each(|entry| tree.push(entry.digest));
        PushCall {
            journal: self.journal.clone(),
            position: self.position,
            first: self.tree.size(),
            segments: vec![self.segment(entries)],
            checkpoint: self.checkpoint(tree.size(), tree.root()),
        }
    }

    /// Pushes entries; takes them into its tree when they are acknowledged.
    ///
    /// # Errors
    /// As the hub says.
    pub async fn push(&mut self, entries: &[Sealed]) -> Result<PushAnswer, CallError> {
        let call = self.push_call(entries);
        let answer = self.port.push(call).await?;
        entries.iter().for_each(|entry| self.tree.push(entry.digest));
        Ok(answer)
    }
}
