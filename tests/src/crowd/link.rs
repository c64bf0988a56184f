//! A light link: its own journal in memory, its mailboxes as trees, one connection.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::ids::{Audience, EpochId, Generation, JournalId, Lane};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_node::branch::{Draft, seal};
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{
    GreetAnswer, GreetCall, HubPort as _, JournalClaim, PROTOCOL, PullCall, PushCall, Tail,
};
use sanheyi_node::uplink::transport::{Line, LineConfig, connect};
use sanheyi_proto::STANDARD;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Commons, Member};

/// Everything that pulls, of all links: who asks it hears of the first that failed.
#[derive(Default)]
pub struct Pulls(JoinSet<anyhow::Result<()>>);

/// A link that was greeted.
pub struct Link {
    /// Its platform.
    pub member: Member,
    /// Its own journal, of the normal lane. It has one of the urgent lane, too, and says nothing in
    /// it.
    pub journal: JournalId,
    /// The tree over what it has appended and the hub has.
    pub tree: Tree,
    commons: Arc<Commons>,
    port: GrpcPort,
    /// Of the hub's store, and of the epoch in force.
    position: Position,
    /// The epochs in force of both its journals.
    epochs: Vec<(JournalId, EpochId)>,
    copies: Vec<Copy>,
    /// One past its last entry that a receipt accepts.
    accepted: watch::Receiver<u64>,
    told: watch::Sender<u64>,
    broadcast: watch::Sender<u64>,
    _line: Line,
}

/// What the hub writes and this link reads.
struct Copy {
    journal: JournalId,
    cursor: u64,
    /// Of a mailbox, which is read from its beginning; what is said to all is taken up at its end,
    /// as by a branch that was here before.
    tree: Option<Tree>,
}

/// One pull that waits, again and again, for the journals of one lane.
struct Waiter {
    commons: Arc<Commons>,
    port: GrpcPort,
    generation: Generation,
    epochs: Vec<(JournalId, EpochId)>,
    copies: Vec<Copy>,
    journal: JournalId,
    told: watch::Sender<u64>,
    broadcast: watch::Sender<u64>,
}

// === impl Pulls ===

impl Pulls {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fails if a pull has ended: none ends while its link stands.
    ///
    /// # Errors
    /// With why the first of them ended.
    pub fn hold(&mut self) -> anyhow::Result<()> {
        match self.0.try_join_next() {
            None => Ok(()),
            Some(ended) => ended?.and_then(|()| bail!("a pull has ended")),
        }
    }
}

// === impl Link ===

impl Link {
    /// Connects as `member` and greets with a new journal.
    ///
    /// # Errors
    /// If there is no line, or the hub refuses.
    pub async fn greeted(commons: Arc<Commons>, member: Member) -> anyhow::Result<Self> {
        let entropy = &commons.setup.entropy;
        let [urgent, journal] = [Lane::Urgent, Lane::Normal].map(|lane| JournalId {
            author: member.platform.clone(),
            audience: Audience::One(commons.hub.clone()),
            lane,
            incarnation: entropy.incarnation(),
        });
        let line = LineConfig::new(&commons.address, "localhost", Arc::clone(&member.tls));
        let line = connect(&line).await?;
        let port = GrpcPort::new(&line);
        let tree = Tree::new(Suite::Intl);
        let claim = |journal: JournalId| JournalClaim {
            journal,
            holds: vec![EpochId::ZERO],
            next: entropy.epoch(),
            size: 0,
            root: tree.root(),
            last_grant: String::new(),
        };
        let call = GreetCall {
            protocol: PROTOCOL,
            standard: STANDARD,
            software: "crowd".to_owned(),
            now: commons.setup.clock.now(),
            journals: vec![claim(urgent), claim(journal.clone())],
            copies: Vec::new(),
        };
        let answer = port.greet(call).await?;
        let epochs = answer.grants.iter().map(|one| (one.journal.clone(), one.epoch));
        let epochs: Vec<_> = epochs.collect();
        let granted = epochs.iter().find(|(one, _)| *one == journal);
        let (_, epoch) = *granted.context("the journal is granted")?;
        let position = Position { generation: answer.generation, epoch };
        let (told, accepted) = watch::channel(0);
        let (copies, broadcast) = (copies(answer), watch::Sender::new(0));
        let _line = line;
        Ok(Self {
            member,
            journal,
            tree,
            commons,
            port,
            position,
            epochs,
            copies,
            accepted,
            told,
            broadcast,
            _line,
        })
    }

    /// Lets its pulls wait: one for each lane in which the hub writes.
    pub fn wait(&mut self, pulls: &mut Pulls) {
        let copies = std::mem::take(&mut self.copies);
        let (urgent, rest): (Vec<_>, Vec<_>) =
            copies.into_iter().partition(|copy| copy.journal.lane == Lane::Urgent);
        for copies in [urgent, rest].into_iter().filter(|copies| !copies.is_empty()) {
            let waiter = Waiter {
                commons: Arc::clone(&self.commons),
                port: self.port.clone(),
                generation: self.position.generation,
                epochs: self.epochs.clone(),
                copies,
                journal: self.journal.clone(),
                told: self.told.clone(),
                broadcast: self.broadcast.clone(),
            };
            pulls.0.spawn(waiter.pull_on());
        }
    }

    /// Waits until it has so many entries of what the hub says to all.
    ///
    /// # Errors
    /// If its pull has ended.
    pub async fn has_heard(&self, size: u64) -> anyhow::Result<()> {
        let mut heard = self.broadcast.subscribe();
        heard.wait_for(|heard| *heard >= size).await.context("its pull has ended").map(drop)
    }

    /// Appends a draft, pushes it, and waits until a receipt in the mailbox accepts it.
    ///
    /// # Errors
    /// If the hub refuses it, or says of it anything but *accepted*.
    pub async fn hand_in(&mut self, draft: Draft) -> anyhow::Result<()> {
        let setup = &self.commons.setup;
        let now = setup.clock.now();
        let header = Header {
            dataset: draft.dataset,
            record: draft.record,
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: draft.operation,
            standard: STANDARD,
            occurred: draft.occurred,
            recorded: now,
            body_digest: Digest::new([0; 32]),
        };
        let entry = seal(header, setup.entropy.salt(), draft.body);
        let mut tree = self.tree.clone();
        tree.push(entry.digest);
        let checkpoint = Checkpoint {
            journal: self.journal.clone(),
            size: tree.size(),
            root: tree.root(),
            epoch: self.position.epoch,
            opened: 0,
            time: now,
            keeper: None,
        };
        let call = PushCall {
            journal: self.journal.clone(),
            position: self.position,
            first: self.tree.size(),
            segments: vec![self.commons.pack(&entry)?],
            checkpoint: checkpoint.sign(&self.member.key),
        };
        let answer = self.port.push(call).await?;
        ensure!(answer.durable == tree.size(), "{}: pushed, not durable", self.journal);
        self.tree = tree;
        let size = self.tree.size();
        self.accepted.wait_for(|accepted| *accepted >= size).await.context("its pull has ended")?;
        Ok(())
    }
}

/// The journals to be read, as a Greet names them.
fn copies(answer: GreetAnswer) -> Vec<Copy> {
    let copy = |(journal, size): (JournalId, u64)| match journal.audience {
        Audience::All => Copy { journal, cursor: size, tree: None },
        Audience::One(_) => Copy { journal, cursor: 0, tree: Some(Tree::new(Suite::Intl)) },
    };
    answer.mailboxes.into_iter().map(copy).collect()
}

// === impl Waiter ===

impl Waiter {
    async fn pull_on(mut self) -> anyhow::Result<()> {
        loop {
            let cursors = self.copies.iter().map(|copy| (copy.journal.clone(), copy.cursor));
            let call = PullCall {
                generation: self.generation,
                cursors: cursors.collect(),
                epochs: self.epochs.clone(),
                wait: Duration::from_millis(limits::PULL_WAIT_MILLIS.into()),
                max_bytes: limits::WINDOW_BYTES,
            };
            let answer = self.port.pull(call).await?;
            for tail in answer.tails {
                self.take(&tail)?;
            }
        }
    }

    fn take(&mut self, tail: &Tail) -> anyhow::Result<()> {
        let copy = self.copies.iter_mut().find(|copy| copy.journal == tail.journal);
        let copy = copy.context("a journal that was not asked for")?;
        ensure!(copy.cursor == tail.first, "{}: a gap", tail.journal);
        for segment in &tail.segments {
            let opened = self.commons.open(segment)?;
            for entry in opened.iter() {
                copy.cursor += 1;
                if let Some(tree) = &mut copy.tree {
                    tree.push(entry.digest);
                }
                if entry.header.dataset == receipt::DATASET {
                    let (_, body) = entry.body.context("a receipt has a body")?;
                    let receipt = Receipt::decode(body)?;
                    ensure!(receipt.journal == self.journal, "a receipt of another's journal");
                    ensure!(receipt.exceptions.is_empty(), "{:?}", receipt.exceptions);
                    self.told.send_modify(|accepted| *accepted = receipt.to.max(*accepted));
                }
            }
        }
        let word = Checkpoint::open(&tail.checkpoint, &self.commons.hub_key)?;
        let same = match &copy.tree {
            Some(tree) => (word.size, word.root) == (tree.size(), tree.root()),
            None => word.size == copy.cursor,
        };
        ensure!(same, "{}: not what the hub has signed", tail.journal);
        if copy.tree.is_none() {
            self.broadcast.send_replace(copy.cursor);
        }
        Ok(())
    }
}
