//! An offer of custody is refused, withdrawn, or expires: the record stays where it was, and is
//! revised again. Expiry decides nothing by itself: it makes the one that offered withdraw.

use std::time::Duration;

use sanheyi_exchange_spec::custody::{Decision, Outcome};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Appended, Draft, SubmitError};
use sanheyi_node::store::HOLDINGS;
use sanheyi_proto::standard::v1::CustodyDecision;
use sanheyi_tests::custody::{DAY, answer, expiry, heard, offer};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaint, next_complaint};
use sanheyi_tests::world::{NodeMachine, World, assert_converged, id, rules, told};

const NO: &str = "YJ-2026-0001";

struct Districts {
    world: World,
    jintan: NodeMachine,
    wujin: NodeMachine,
    head: Appended,
}

/// Jintan has offered a complaint to Wujin, and Wujin has seen the offer.
async fn districts(seed: u64) -> Districts {
    let mut world = World::new(seed, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let head = jintan.submit(vec![new_complaint(1)]).await.remove(0);
    jintan.submit(vec![offered(&head)]).await;
    jintan.dial_on().await;
    wujin.dial_on().await;
    heard(wujin.store(), &id("jintan"), NO, |_| true).await;
    heard(jintan.store(), &id("jintan"), NO, |row| row.outcome.is_some()).await;
    Districts { world, jintan, wujin, head }
}

fn offered(head: &Appended) -> Draft {
    offer(NO, COMPLAINT, &complaint_no(1), head, "wujin")
}

impl Districts {
    /// The record is where it was, both know why, and it goes on.
    async fn goes_on(&self, decision: Decision) {
        let due = Some(Outcome::Decided(decision));
        for node in [&self.jintan, &self.wujin] {
            heard(node.store(), &id("jintan"), NO, |row| row.outcome == due).await;
        }
        assert!(!self.jintan.store().custody_any(&HOLDINGS).await.unwrap(), "nothing has happened");
        self.jintan.submit(vec![next_complaint(1, &self.head, "续办")]).await;
        told(&self.world, &self.jintan).await;
        assert_eq!(rules(self.jintan.store()).await, []);
        assert_converged(&self.world, &self.jintan).await;
        assert_converged(&self.world, &self.wujin).await;
    }
}

#[tokio::test]
async fn it_is_refused() {
    let districts = districts(510).await;
    districts.wujin.submit(vec![answer("jintan", NO, CustodyDecision::Refuse)]).await;
    districts.goes_on(Decision::Refuse).await;
}

#[tokio::test]
async fn it_is_withdrawn() {
    let districts = districts(511).await;
    districts.jintan.submit(vec![answer("jintan", NO, CustodyDecision::Withdraw)]).await;
    districts.goes_on(Decision::Withdraw).await;
    // Whoever answers afterwards is told so at once.
    let late =
        districts.wujin.try_submit(vec![answer("jintan", NO, CustodyDecision::Accept)]).await;
    let Err(SubmitError::Refused(refused)) = late else { panic!("a refusal: {late:?}") };
    assert_eq!(refused[0].reasons[0].rule, "custody.decided");
}

#[tokio::test]
async fn it_expires_and_is_withdrawn_for_that() {
    let districts = districts(512).await;
    let branch = districts.jintan.branch();
    let before = Timestamp::from_micros(expiry().as_micros() - 1);
    assert_eq!(branch.withdraw_expired(before).await.unwrap(), 0);
    assert_eq!(branch.withdraw_expired(expiry()).await.unwrap(), 1);
    assert_eq!(branch.withdraw_expired(expiry()).await.unwrap(), 0, "once is enough");
    districts.goes_on(Decision::Withdraw).await;
    assert_eq!(branch.withdraw_expired(expiry()).await.unwrap(), 0, "none is open");
}

#[tokio::test]
async fn one_that_had_expired_before_it_was_judged_freezes_nothing() {
    let mut world = World::new(513, &["jintan", "wujin"]).await;
    let mut jintan = world.node("jintan").await;
    let head = jintan.submit(vec![new_complaint(1)]).await.remove(0);
    jintan.submit(vec![offered(&head)]).await;
    world.clock.advance(Duration::from_micros(u64::try_from(6 * DAY).unwrap()));
    jintan.dial_on().await;
    told(&world, &jintan).await;
    let jintan_id = id("jintan");
    assert_eq!(jintan.store().offer_get(&HOLDINGS, &jintan_id, NO, 1).await.unwrap(), None);
    jintan.submit(vec![next_complaint(1, &head, "续办")]).await;
    told(&world, &jintan).await;
    assert_eq!(rules(jintan.store()).await, []);
}
