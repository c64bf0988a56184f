//! Every call and every answer carries its position; what is not of the present one changes
//! nothing.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::EpochId;
use sanheyi_exchange_spec::link::Position;
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall,
};
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaints};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{World, hub_rows, id, journal_of};

use crate::refused;

#[tokio::test]
async fn a_push_of_an_old_epoch_is_refused_and_nothing_is_admitted() {
    let mut world = World::new(60, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let one = foreign.entry(COMPLAINT, &complaint_no(1), None, vec![]);
    // The hub has the journal of this epoch in memory from now on.
    foreign.push(&[one]).await.unwrap();
    let two = foreign.entry(COMPLAINT, &complaint_no(2), None, vec![]);
    let late = foreign.push_call(std::slice::from_ref(&two));
    foreign.greet().await.unwrap();

    let refusal = refused(foreign.port.push(late).await, Code::EpochStale);
    assert_eq!(refusal.position, Some(foreign.position), "it says which is in force");
    assert_eq!(refusal.durable, Some(1));
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 1);
    foreign.push(&[two]).await.unwrap();
}

/// Answers the first push as if it were of another epoch, and by far too much.
struct LatePort(GrpcPort);

impl HubPort for LatePort {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        self.0.greet(call).await
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        let position = Position { epoch: EpochId::new([9; 16]), ..call.position };
        Ok(PushAnswer { position, durable: 1_000_000 })
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        let _ = call;
        std::future::pending().await
    }
}

#[tokio::test]
async fn an_answer_of_an_old_epoch_acknowledges_nothing() {
    let mut world = World::new(61, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..11)).await;
    let line = node.line().await.unwrap();
    let mut session = Session::new(node.parts(), LatePort(GrpcPort::new(&line)));
    let journal = journal_of(&node).await.head.journal;
    // The epoch is stored; the Greet is answered; the push is "answered".
    for _ in 0..3 {
        let outcome = within("the link steps", session.step()).await;
        assert_eq!(outcome, Outcome::Going);
    }
    assert_eq!(session.machine().acknowledged(&journal), Some(0));
    assert!(!session.machine().is_caught_up());
}
