//! Custody: who has which record, and offers; and the one transaction in the rows of two platforms.

use sanheyi_exchange_spec::custody::{Custody, Decision, Offer, OfferName, Outcome};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_hub::store::{CUSTODY, PlatformRow, platform_lock, platform_put};
use sanheyi_node::store::{CustodyRow, HOLDINGS, OfferRow, Reach, Store};
use sanheyi_tests::fixtures::{CASE, MORNING, case_no};
use sanheyi_tests::world::id;

use super::ground::{Ground, raced};

const NO: &str = "YJ-2026-0001";
const AT: Timestamp = Timestamp::from_micros(50);

fn offer() -> OfferRow {
    OfferRow {
        from: id("jintan"),
        no: NO.into(),
        revision: 1,
        offer: Offer {
            dataset: CASE.parse().unwrap(),
            record: case_no(1).parse().unwrap(),
            revision: 3,
            digest: Digest::new([3; 32]),
            to: id("wujin"),
            expires: MORNING,
            reason: "管辖".into(),
        },
        epoch: 1,
        outcome: Some(Outcome::Offered),
        answered: 0,
        at: AT,
    }
}

fn row(serial: u64, custody: Custody) -> CustodyRow {
    CustodyRow { dataset: CASE.into(), record: case_no(serial), custody }
}

fn frozen() -> Custody {
    let offer = OfferName { offerer: None, no: NO.into(), revision: 1 };
    Custody { frozen: Some(offer), ..Custody::default() }
}

fn handed_on() -> Custody {
    let other = Some(id("wujin"));
    Custody { epoch: 1, ours: false, other, base: None, frozen: None }
}

fn taken_over() -> Custody {
    let (other, base) = (Some(id("jintan")), Some((3, Digest::new([3; 32]))));
    Custody { epoch: 1, ours: true, other, base, frozen: None }
}

async fn both(ground: &Ground) -> (Store, Store) {
    let database = ground.open().await;
    for name in ["jintan", "wujin"] {
        let platform: PlatformId = id(name);
        let store = database.of(&platform);
        let key = sanheyi_exchange_spec::suite::SigningKey::from_seed(&[3; 32]).verifying();
        let (title_zh, title_en) = ("平台".into(), "platform".into());
        let (added, hosted, quota) = (MORNING, false, 0);
        let row = PlatformRow { platform, title_zh, title_en, key, added, hosted, quota };
        let mut tx = store.begin("platform_put").await.unwrap();
        platform_put(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }
    (database.of(&id("jintan")), database.of(&id("wujin")))
}

/// An open offer in the rows of the platform that made it.
async fn offered(jintan: &Store) {
    let mut tx = jintan.begin("offered").await.unwrap();
    tx.offer_new(jintan, &CUSTODY, &offer());
    tx.custody_put(jintan, &CUSTODY, &row(1, frozen()));
    tx.commit().await.unwrap();
}

pub(crate) async fn what_was_written_of_custody_comes_back(ground: &Ground) {
    let (jintan, _) = both(ground).await;
    for register in [&CUSTODY, &HOLDINGS] {
        assert!(!jintan.custody_any(register).await.unwrap());
        let rows = [row(1, frozen()), row(2, handed_on()), row(3, taken_over())];
        let mut tx = jintan.begin("custody_put").await.unwrap();
        rows.iter().for_each(|row| tx.custody_put(&jintan, register, row));
        tx.offer_put(&jintan, register, &offer());
        tx.offer_answered(&jintan, register, &id("jintan"), NO, 1, 2);
        tx.commit().await.unwrap();
        assert!(jintan.custody_any(register).await.unwrap());
        assert_eq!(jintan.custody_list(register, None, 9).await.unwrap(), rows);
        let (second, third) = (case_no(2), case_no(3));
        let behind = jintan.custody_list(register, Some((CASE, &second)), 9).await.unwrap();
        assert_eq!(behind, rows[2..]);
        let among = jintan.custody_among(register, CASE, &[&third, "other"]).await.unwrap();
        assert_eq!(among, rows[2..]);
        let due = OfferRow { answered: 2, ..offer() };
        assert_eq!(jintan.offer_open(register, None, 9).await.unwrap(), [due]);
        assert_eq!(jintan.offer_open(register, Some(&id("wujin")), 9).await.unwrap(), []);

        let mut tx = jintan.begin("custody_forget").await.unwrap();
        tx.custody_forget(&jintan, register, CASE, &case_no(1));
        tx.offer_forget(&jintan, register, &id("jintan"), NO, 1);
        tx.commit().await.unwrap();
        assert_eq!(jintan.custody_get(register, CASE, &case_no(1)).await.unwrap(), None);
        assert_eq!(jintan.offer_open(register, None, 9).await.unwrap(), []);
    }
}

pub(crate) async fn of_two_decisions_one_has_raced(ground: &Ground) {
    let (jintan, _) = both(ground).await;
    offered(&jintan).await;
    for (decision, late) in [(Decision::Accept, false), (Decision::Withdraw, true)] {
        let mut tx = jintan.begin("offer_decide").await.unwrap();
        tx.offer_decide(&jintan, &CUSTODY, &offer(), decision, AT);
        match late {
            true => raced(tx.commit().await, "offer"),
            false => tx.commit().await.unwrap(),
        }
    }
    let row = jintan.offer_get(&CUSTODY, &id("jintan"), NO, 1).await.unwrap().unwrap();
    assert_eq!(row.outcome, Some(Outcome::Decided(Decision::Accept)));
    let mut again = jintan.begin("offer_new").await.unwrap();
    again.offer_new(&jintan, &CUSTODY, &offer());
    raced(again.commit().await, "offer");
}

pub(crate) async fn a_decision_is_one_transaction_in_the_rows_of_two_platforms(ground: &Ground) {
    let (jintan, wujin) = both(ground).await;
    offered(&jintan).await;
    for kept in [false, true] {
        let mut tx = wujin.begin("decision").await.unwrap();
        for store in [&jintan, &wujin] {
            tx.turn_to(store).await.unwrap();
            platform_lock(&mut tx, store).await.unwrap();
        }
        tx.turn_to(&jintan).await.unwrap();
        let before = tx.custody_get(&jintan, &CUSTODY, CASE, &case_no(1)).await.unwrap();
        assert_eq!(before, Some(frozen()));
        tx.offer_decide(&jintan, &CUSTODY, &offer(), Decision::Accept, AT);
        tx.custody_put(&jintan, &CUSTODY, &row(1, handed_on()));
        tx.turn_to(&wujin).await.unwrap();
        tx.custody_put(&wujin, &CUSTODY, &row(1, taken_over()));
        if kept {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        let found = [&jintan, &wujin].map(|store| {
            let store = store.clone();
            async move { store.custody_get(&CUSTODY, CASE, &case_no(1)).await.unwrap() }
        });
        let [from, to] = found;
        let due =
            if kept { (Some(handed_on()), Some(taken_over())) } else { (Some(frozen()), None) };
        assert_eq!((from.await, to.await), due, "both or neither");
    }
}

/// What a transaction is not about it does not see: only where it turns to another platform.
pub(crate) async fn only_who_turns_to_another_platform_sees_its_rows(ground: &Ground) {
    let (jintan, wujin) = both(ground).await;
    offered(&jintan).await;
    let bound = wujin.database().reach() == Reach::OnePlatform;
    let mut tx = wujin.begin("crossing").await.unwrap();
    let seen = tx.custody_get(&jintan, &CUSTODY, CASE, &case_no(1)).await.unwrap();
    assert_eq!(seen.is_none(), bound, "one server keeps platforms apart, one file has one writer");
    tx.turn_to(&jintan).await.unwrap();
    assert!(tx.custody_get(&jintan, &CUSTODY, CASE, &case_no(1)).await.unwrap().is_some());
    tx.turn_to(&wujin).await.unwrap();
    let seen = tx.custody_get(&jintan, &CUSTODY, CASE, &case_no(1)).await.unwrap();
    assert_eq!(seen.is_none(), bound, "and afterwards no more");
}
