//! Custody: every rule fires, and beside it what just passes.

use sanheyi_exchange_spec::custody::{
    ANSWER, Custody, Decision, OFFER, Offer, OfferFact, OfferName, OfferState,
};
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::{Head, Standing};
use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision, CustodyOffer};
use serde_json::{Value, json};

use super::{Scene, sample};
use crate::entries::MORNING;

const CASE: &str = "case.case";
const NO: &str = "JS048100JT0000000217";
const OFFER_NO: &str = "YJ-2010-0001";

/// What is known of custody.
#[derive(Default)]
pub(super) struct Known {
    /// Whose journal it is.
    author: Option<&'static str>,
    /// What the author is to the record.
    custody: Option<Custody>,
    /// Its offers, and those that it answers.
    offers: Vec<(OfferName, OfferFact)>,
    /// Platforms that take part.
    platforms: Vec<&'static str>,
}

// === impl Known ===

impl Known {
    pub(super) fn tell(&self, facts: &mut sanheyi_exchange_spec::custody::Known) {
        let Some(author) = self.author else { return };
        facts.know_author(&platform(author), Timestamp::from_micros(MORNING));
        self.platforms.iter().for_each(|one| facts.know_platform(&platform(one)));
        let key = sanheyi_exchange_spec::custody::key(CASE, NO).unwrap();
        if let Some(custody) = &self.custody {
            facts.know_record(&key, custody.clone());
        }
        for (name, fact) in &self.offers {
            facts.know_offer(name, fact.clone());
        }
    }

    pub(super) fn vector(&self) -> Option<Value> {
        let author = self.author?;
        let custody = self.custody.as_ref().map(|held| {
            json!({
                "dataset": CASE,
                "record": NO,
                "epoch": held.epoch,
                "ours": held.ours,
                "other": held.other.as_ref().map(PlatformId::as_str),
                "base": held.base.map(|(base, digest)| {
                    json!({"revision": base, "digest": digest.to_string()})
                }),
                "offer": held.frozen.as_ref().map(|offer| {
                    json!({"no": offer.no, "revision": offer.revision})
                }),
            })
        });
        let offers = self.offers.iter().map(|(name, fact)| {
            json!({
                "offerer": name.offerer.as_ref().unwrap_or(&fact.from).as_str(),
                "no": name.no,
                "revision": name.revision,
                "to": fact.offer.to.as_str(),
                "state": match fact.state {
                    OfferState::Pending => "pending".to_owned(),
                    OfferState::Open => "open".to_owned(),
                    OfferState::Decided(decision) => decision.to_string(),
                },
                "name_taken": fact.name_taken,
            })
        });
        Some(json!({
            "author": author,
            "now": MORNING,
            "record": custody,
            "offers": offers.collect::<Vec<_>>(),
            "platforms": self.platforms,
        }))
    }
}

fn platform(name: &str) -> PlatformId {
    name.parse().unwrap()
}

fn digest() -> Digest {
    Digest::new([2; 32])
}

fn named(offerer: Option<&str>) -> OfferName {
    OfferName { offerer: offerer.map(platform), no: OFFER_NO.into(), revision: 1 }
}

fn handed_on() -> Custody {
    let other = Some(platform("wujin"));
    Custody { epoch: 1, ours: false, other, base: None, frozen: None }
}

fn taken_over() -> Custody {
    let (other, base) = (Some(platform("wujin")), Some((1, digest())));
    Custody { epoch: 1, ours: true, other, base, frozen: None }
}

fn frozen() -> Custody {
    Custody { frozen: Some(named(None)), ..Custody::default() }
}

/// The second revision of the case, withdrawn: it needs no body.
fn second(name: &'static str, epoch: u64, custody: Custody) -> Scene {
    let mut scene = Scene::new(name, CASE, Vec::new()).with(|header| {
        header.record = NO.parse().unwrap();
        header.revision = 2;
        header.follows = Some(digest());
        header.custody_epoch = epoch;
        header.operation = Operation::Withdraw;
    });
    scene.known.revisions.push((CASE, NO.into(), 1, digest()));
    scene.known.custody =
        Known { author: Some("jintan"), custody: Some(custody), ..Known::default() };
    scene
}

fn offer_body(change: impl FnOnce(&mut CustodyOffer)) -> Vec<u8> {
    sample(OFFER, 0, |offer: &mut CustodyOffer| {
        (offer.record, offer.revision) = (NO.into(), 1);
        offer.digest = digest().to_string();
        offer.expires_at = MORNING + 1;
        change(offer);
    })
}

/// An offer of the first revision, which is accepted.
fn offer(name: &'static str, change: impl FnOnce(&mut CustodyOffer)) -> Scene {
    let mut scene = Scene::new(name, OFFER, offer_body(change));
    scene.lane = Lane::Urgent;
    scene.known.revisions.push((CASE, NO.into(), 1, digest()));
    let head = Head { revision: 1, standing: Standing::Accepted };
    scene.known.records.push((CASE, NO.into(), head));
    let platforms = vec!["jintan", "wujin"];
    scene.known.custody = Known { author: Some("jintan"), platforms, ..Known::default() };
    scene
}

fn known(state: OfferState) -> OfferFact {
    let offer = Offer::read(&offer_body(|_| ())).unwrap();
    OfferFact { from: platform("jintan"), offer, epoch: 1, state, name_taken: false }
}

/// An answer to it, by `author`.
fn answer(
    name: &'static str,
    author: &'static str,
    decision: CustodyDecision,
    fact: Option<OfferFact>,
) -> Scene {
    let body = sample(ANSWER, 0, |answer: &mut CustodyAnswer| answer.decision = decision.into());
    let mut scene = Scene::new(name, ANSWER, body);
    scene.lane = Lane::Urgent;
    let offers = fact.into_iter().map(|fact| (named(Some("jintan")), fact)).collect();
    scene.known.custody = Known { author: Some(author), offers, ..Known::default() };
    scene
}

pub(super) fn scenes() -> Vec<Scene> {
    let mut scenes = revisions();
    scenes.extend(offers());
    scenes.extend(answers());
    scenes
}

fn revisions() -> Vec<Scene> {
    let mut again = second("what was taken over is not written again", 1, taken_over());
    (again.header.revision, again.header.follows) = (1, None);
    let mut first = second("what was taken over goes on from what was offered", 1, taken_over());
    first.known.revisions.clear();
    let mut other = second("what was taken over follows nothing else", 1, taken_over());
    other.header.follows = Some(Digest::new([3; 32]));
    vec![
        second("a revision by who has handed the record on", 0, handed_on()),
        second("a revision in a custody epoch that is over", 0, taken_over()),
        second("a revision of a record that is offered", 0, frozen()),
        again,
        first,
        other,
    ]
}

fn offers() -> Vec<Scene> {
    let with = |name, custody: Custody| {
        let mut scene = offer(name, |_| ());
        scene.known.custody.custody = Some(custody);
        scene
    };
    let head = |name, revision, standing| {
        let mut scene = offer(name, |_| ());
        scene.known.records = vec![(CASE, NO.into(), Head { revision, standing })];
        scene
    };
    let mut unjudged = offer("an offer of what is not judged yet", |_| ());
    (unjudged.known.revisions, unjudged.known.records) = (Vec::new(), Vec::new());
    let mut forestalled = offer("an offer that was withdrawn before it was judged", |_| ());
    let withdrawn = known(OfferState::Decided(Decision::Withdraw));
    forestalled.known.custody.offers.push((named(None), withdrawn));
    let mut withdrawal = offer("an offer is not withdrawn as a record", |_| ());
    withdrawal.header.operation = Operation::Withdraw;
    vec![
        offer("an offer of what was accepted", |_| ()),
        offer("an offer to oneself", |offer| offer.to = "jintan".into()),
        offer("an offer to nobody", |offer| offer.to = "nobody".into()),
        offer("an offer of an offer", |offer| offer.dataset = OFFER.into()),
        offer("an offer of another content", |offer| offer.digest = "03".repeat(32)),
        offer("an offer that has expired", |offer| offer.expires_at = MORNING),
        with("an offer of what was handed on", handed_on()),
        with("an offer of what is offered already", frozen()),
        head("an offer of what is not the last", 2, Standing::Accepted),
        head("an offer of what is quarantined", 1, Standing::Quarantined),
        unjudged,
        forestalled,
        withdrawal,
    ]
}

fn answers() -> Vec<Scene> {
    let open = || Some(known(OfferState::Open));
    let (accept, refuse) = (CustodyDecision::Accept, CustodyDecision::Refuse);
    let withdraw = CustodyDecision::Withdraw;
    let decided = Some(known(OfferState::Decided(Decision::Withdraw)));
    let pending = || Some(known(OfferState::Pending));
    let taken = Some(OfferFact { name_taken: true, ..known(OfferState::Open) });
    vec![
        answer("an offer is accepted", "wujin", accept, open()),
        answer("an offer is refused", "wujin", refuse, open()),
        answer("an offer is withdrawn", "jintan", withdraw, open()),
        answer("an offer is withdrawn before it is judged", "jintan", withdraw, pending()),
        answer("an answer to no offer", "wujin", accept, None),
        answer("an answer to an offer that nobody has seen", "wujin", accept, pending()),
        answer("an acceptance by who offered", "jintan", accept, open()),
        answer("a withdrawal by the other", "wujin", withdraw, open()),
        answer("an answer by a stranger", "liyang", refuse, open()),
        answer("an answer that comes second", "wujin", accept, decided),
        answer("an acceptance by who has such a record", "wujin", accept, taken),
    ]
}
