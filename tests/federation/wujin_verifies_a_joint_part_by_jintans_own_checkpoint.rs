//! Jintan asks Wujin to handle a part of a case. Wujin is shown the request and the parts, and
//! verifies each by Jintan's own checkpoint; Jintan is shown the answer in the same way. A hub that
//! changes anything on the way is refused, and what it changed is named.

use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::forward::{self, Enclosure, Forward};
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Salt, SigningKey, Suite};
use sanheyi_hub::exchange::LocalPort;
use sanheyi_node::branch::{seal, stored_rules, verify_shown};
use sanheyi_node::store::{Erased, ForeignKey, Store};
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall, Tail,
};
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_proto::standard::v1::PolicyScope;
use sanheyi_tests::fixtures::{CASE, POWER, case_no, new_case, new_item};
use sanheyi_tests::joint::{JOINT, OPINION, joint_no, may_see, new_joint, new_opinion};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{
    HUB, NodeMachine, World, assert_converged, assert_tenant_sound, id, told,
};

/// A revision of another platform's record.
fn foreign(author: &str, dataset: &str, record: &str) -> ForeignKey {
    let (dataset, record) = (dataset.to_owned(), record.to_owned());
    ForeignKey { author: id(author), dataset, record, revision: 1 }
}

async fn shown(store: &Store, key: &ForeignKey) {
    until("an entry of another platform is shown", async || {
        store.enclosure_get(key).await.unwrap().is_some()
    })
    .await;
}

/// Every enclosure of a store is proved, and there are so many.
async fn assert_proved(store: &Store, proved: u64) {
    let rules = stored_rules(store, &id(HUB)).await.unwrap();
    let report = verify_shown(store, &rules, &id(HUB)).await.unwrap();
    assert_eq!((report.difference, report.proved), (None, proved));
}

/// Two districts that may see what the other addresses to them.
async fn districts(seed: u64) -> (World, NodeMachine, NodeMachine) {
    let mut world = World::new(seed, &["jintan", "wujin"]).await;
    let (jintan, wujin) = (world.node("jintan").await, world.node("wujin").await);
    let addressed = PolicyScope::Addressed;
    let policies = vec![
        may_see("wujin-of-jintan", "wujin", "case.*", "jintan", addressed),
        may_see("jintan-of-wujin", "jintan", "case.*", "wujin", addressed),
    ];
    world.hub.exchange().dispatch(policies).await.unwrap();
    (world, jintan, wujin)
}

#[tokio::test]
async fn request_parts_and_answer_are_proved_by_their_authors() {
    let (world, mut jintan, mut wujin) = districts(610).await;
    jintan.dial_on().await;
    wujin.dial_on().await;
    jintan.submit(vec![new_item(POWER), new_case(1), new_case(2)]).await;
    jintan.submit(vec![new_joint(1, "wujin")]).await;
    let (request, part) =
        (foreign("jintan", JOINT, &joint_no(1)), foreign("jintan", CASE, &case_no(1)));
    for key in [&request, &part] {
        shown(wujin.store(), key).await;
        let row = wujin.store().enclosure_get(key).await.unwrap().unwrap();
        assert_eq!(row.erased, Erased::No);
        let key = jintan.parts().key.verifying();
        let signed = Checkpoint::open(&row.enclosure.checkpoint, &key).unwrap();
        assert_eq!((signed.journal.author.as_str(), signed.keeper), ("jintan", None));
    }
    let other = foreign("jintan", CASE, &case_no(2));
    assert_eq!(wujin.store().enclosure_get(&other).await.unwrap(), None, "it is no part");
    let place = wujin.store().incoming_get(&id("jintan"), CASE, &case_no(1), 1).await.unwrap();
    assert!(place.is_some(), "it is found under its author");

    wujin.submit(vec![new_opinion("jintan", 1)]).await;
    let answer = foreign("wujin", OPINION, &format!("jintan-{}", joint_no(1)));
    shown(jintan.store(), &answer).await;
    told(&world, &jintan).await;
    told(&world, &wujin).await;
    assert_proved(wujin.store(), 2).await;
    assert_proved(jintan.store(), 1).await;
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_tenant_is_shown_the_same_without_a_line() {
    let mut world = World::new(611, &["jintan"]).await;
    let mut jintan = world.node("jintan").await;
    let wujin = world.tenant("wujin").await;
    wujin.up().await;
    let addressed = PolicyScope::Addressed;
    let policies = vec![
        may_see("wujin-of-jintan", "wujin", "case.*", "jintan", addressed),
        may_see("jintan-of-wujin", "jintan", "case.*", "wujin", addressed),
    ];
    world.hub.exchange().dispatch(policies).await.unwrap();
    jintan.dial_on().await;
    jintan.submit(vec![new_item(POWER), new_case(1)]).await;
    jintan.submit(vec![new_joint(1, "wujin")]).await;
    let store = world.hub.store(&id("wujin"));
    shown(&store, &foreign("jintan", CASE, &case_no(1))).await;
    shown(&store, &foreign("jintan", JOINT, &joint_no(1))).await;
    let rules = world.hub.exchange().rulebook();
    let report = verify_shown(&store, &rules, &id(HUB)).await.unwrap();
    assert_eq!((report.difference, report.proved), (None, 2));

    wujin.submit(vec![new_opinion("jintan", 1)]).await;
    let answer = foreign("wujin", OPINION, &format!("jintan-{}", joint_no(1)));
    shown(jintan.store(), &answer).await;
    let row = jintan.store().enclosure_get(&answer).await.unwrap().unwrap();
    assert!(row.enclosure.checkpoint.contains("keeper changzhou"), "it says who holds the key");
    assert_proved(jintan.store(), 1).await;
    assert_tenant_sound(&world, &wujin).await;
    assert_converged(&world, &jintan).await;
}

/// What is changed on the way.
type Change = Box<dyn Fn(&mut Tail) + Send + Sync>;

/// A hub that changes what it serves.
struct Tampering<P> {
    port: P,
    change: Change,
}

/// Changes what is joined to forwards.
fn enclosed(change: fn(&mut Enclosure)) -> Change {
    Box::new(move |tail| tail.enclosures.iter_mut().for_each(|(_, one)| change(one)))
}

/// Writes the mailbox anew, with another header in each forward, and signs it as the hub's own: all
/// that a hub vouches for itself agrees.
fn forged(hub: SigningKey) -> Change {
    Box::new(move |tail| {
        if tail.enclosures.is_empty() {
            return;
        }
        assert_eq!(tail.first, 0, "its tree is made from the beginning");
        let mut reader = SegmentReader::new(Suite::Intl).unwrap();
        let mut tree = Tree::new(Suite::Intl);
        for bytes in &mut tail.segments {
            let mut writer = SegmentWriter::new().unwrap();
            for entry in reader.open(bytes).unwrap().iter() {
                let (salt, body) = entry.body.unwrap();
                let body = match entry.header.dataset {
                    forward::DATASET => another(body),
                    _ => Bytes::copy_from_slice(body),
                };
                let header = entry.header.to_header().unwrap();
                let sealed = seal(header, Salt(salt.0), body);
                tree.push(sealed.digest);
                writer.push(&sealed.header, &sealed.body.salt, &sealed.body.bytes);
            }
            *bytes = writer.finish().unwrap();
        }
        let signed = Checkpoint::open(&tail.checkpoint, &hub.verifying()).unwrap();
        assert_eq!(signed.size, tree.size());
        tail.checkpoint = Checkpoint { root: tree.root(), ..signed }.sign(&hub);
    })
}

/// The forward of an entry that happened at another time.
fn another(body: &[u8]) -> Bytes {
    let mut forward = Forward::decode(body).unwrap();
    let mut header = HeaderView::parse(&forward.header).unwrap().to_header().unwrap();
    header.occurred = header.occurred.plus_micros(1);
    forward.header = header.encode().into();
    forward.encode().into()
}

impl<P: HubPort> HubPort for Tampering<P> {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        self.port.greet(call).await
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        self.port.push(call).await
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        let mut answer = self.port.pull(call).await?;
        answer.tails.iter_mut().for_each(&self.change);
        Ok(answer)
    }
}

#[tokio::test]
async fn what_a_hub_changes_is_refused_and_named() {
    let (world, mut jintan, wujin) = districts(612).await;
    jintan.dial_on().await;
    jintan.submit(vec![new_item(POWER), new_case(1)]).await;
    jintan.submit(vec![new_joint(1, "wujin")]).await;
    told(&world, &jintan).await;
    until("both entries stand in Wujin's mailbox", async || {
        let hub = world.hub.store(&id("wujin"));
        let (of, limit) = (id("jintan"), 9);
        hub.incoming_revisions(&of, CASE, &case_no(1), limit).await.unwrap().len() == 1
            && hub.incoming_revisions(&of, JOINT, &joint_no(1), limit).await.unwrap().len() == 1
    })
    .await;
    let key = foreign("jintan", CASE, &case_no(1));
    let body = enclosed(|one| {
        if let Some(body) = &mut one.body {
            body.bytes = Bytes::from_static(b"changed");
        }
    });
    let proof = enclosed(|one| one.inclusion = vec![Digest::new([1; 32]); one.inclusion.len()]);
    let signed = enclosed(|one| one.checkpoint = one.checkpoint.replacen("\ntime ", "\ntime 9", 1));
    let header = forged(world.hub.key());
    let changes = [
        ("body:", body),
        ("inclusion:", proof),
        ("checkpoint:", signed),
        // Then it is no entry that its author ever signed.
        ("inclusion:", header),
    ];
    for (place, change) in changes {
        let port = LocalPort::new(world.hub.exchange(), id("wujin"));
        let port = Tampering { port, change };
        let mut session = Session::new(wujin.parts(), port);
        let why = loop {
            match session.step().await {
                Outcome::Going => {}
                Outcome::Reconnect { why, .. } => break why,
                other => panic!("{other:?}"),
            }
        };
        assert!(why.contains(place) && why.contains("jintan>changzhou/normal"), "{place} {why}");
        assert_eq!(wujin.store().enclosure_get(&key).await.unwrap(), None, "nothing is kept");
    }
    let mut wujin = wujin;
    wujin.dial_on().await;
    shown(wujin.store(), &key).await;
    assert_proved(wujin.store(), 2).await;
    assert_converged(&world, &wujin).await;
}
