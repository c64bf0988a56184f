//! A branch believes only what its hub has signed, and only about its own history.

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::Body;
use sanheyi_exchange_spec::ids::Audience;
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::receipt::Receipt;
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, SigningKey, Suite};
use sanheyi_node::branch::seal;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall, Tail,
};
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, node_rows};

/// What is done to a tail before it arrives.
type Forge = fn(Tail, &SigningKey) -> Tail;

/// A hub's line with somebody on it who has taken a key.
struct ForgingPort {
    port: GrpcPort,
    forge: Forge,
    key: SigningKey,
}

impl HubPort for ForgingPort {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        self.port.greet(call).await
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        self.port.push(call).await
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        let mut answer = self.port.pull(call).await?;
        // Receipts come in the mailbox; the broadcast has none.
        let forged = |tail: Tail| match tail.journal.audience {
            Audience::All => tail,
            Audience::One(_) => (self.forge)(tail, &self.key),
        };
        answer.tails = answer.tails.into_iter().map(forged).collect();
        Ok(answer)
    }
}

/// The same checkpoint, signed by another key.
fn signed_by_another(tail: Tail, key: &SigningKey) -> Tail {
    let signed = Checkpoint::open(&tail.checkpoint, &key.verifying()).unwrap();
    let other = SigningKey::from_seed(&[7; 32]);
    Tail { checkpoint: signed.sign(&other), ..tail }
}

/// A receipt about another root than the branch has; everything around it is as it should be.
fn about_another_root(tail: Tail, key: &SigningKey) -> Tail {
    rewritten(tail, key, |receipt| receipt.root = Digest::new([3; 32]))
}

/// A receipt for more than there is.
fn about_too_much(tail: Tail, key: &SigningKey) -> Tail {
    rewritten(tail, key, |receipt| receipt.to += 1)
}

fn rewritten(tail: Tail, key: &SigningKey, change: fn(&mut Receipt)) -> Tail {
    let signed = Checkpoint::open(&tail.checkpoint, &key.verifying()).unwrap();
    let mut tree = Tree::new(Suite::Intl);
    let mut writer = SegmentWriter::new().unwrap();
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    for bytes in &tail.segments {
        for entry in reader.open(bytes).unwrap().iter() {
            let (salt, body) = entry.body.unwrap();
            let mut receipt = Receipt::decode(body).unwrap();
            change(&mut receipt);
            let header = entry.header.to_header().unwrap();
            let made = seal(header, salt, receipt.encode().into());
            let Body { salt, bytes } = &made.body;
            writer.push(&made.header, salt, bytes);
            tree.push(made.digest);
        }
    }
    let signed = Checkpoint { root: tree.root(), ..signed };
    let segments = vec![writer.finish().unwrap()];
    Tail { segments, checkpoint: signed.sign(key), ..tail }
}

async fn refuses(world: &World, node: &NodeMachine, forge: Forge, word: &str) {
    let line = node.line().await.unwrap();
    let key = world.hub.key();
    let port = ForgingPort { port: GrpcPort::new(&line), forge, key };
    let mut session = Session::new(node.parts(), port);
    let ended = within("the link ends", async {
        loop {
            match session.step().await {
                Outcome::Going => {}
                ended => return ended,
            }
        }
    })
    .await;
    let (Outcome::Reconnect { why, .. } | Outcome::Held(_, why)) = ended else { unreachable!() };
    assert!(why.contains(word), "{why}");
    for row in node_rows(node).await {
        let (_, judged) = node.store().receipt_counts(row.number).await.unwrap();
        assert_eq!(judged, 0, "nothing was believed");
        let broadcast = row.head.journal.audience == Audience::All;
        assert!(row.home || broadcast || row.head.size == 0, "nothing was stored");
    }
}

#[tokio::test]
async fn what_is_not_is_refused_and_the_link_says_why() {
    let mut world = World::new(190, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..11)).await;
    refuses(&world, &node, signed_by_another, "checkpoint").await;
    refuses(&world, &node, about_another_root, "root").await;
    refuses(&world, &node, about_too_much, "beyond").await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}
