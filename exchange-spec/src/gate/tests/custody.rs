//! Custody, rule by rule: who may write, what may be offered, and whose answer counts.

use prost::Message as _;
use sanheyi_proto::standard::v1::{CustodyAnswer, CustodyDecision, CustodyOffer};
use sanheyi_proto::{STANDARD, Violations};

use super::{header, held, samples, why};
use crate::custody::{
    ANSWER, Answer, Custody, Decision, OFFER, Offer, OfferFact, OfferName, OfferState, Outcome,
    ruling,
};
use crate::entry::{Header, HeaderView, Operation};
use crate::gate::{Candidate, Edition, Facts, Head, Key, Needs, Standing, Verdict, Wait, needs};
use crate::ids::{Lane, PlatformId};
use crate::suite::Digest;
use crate::time::Timestamp;

const CASE: &str = "case.case";
const NO: &str = "JS048100JT0000000217";
const OFFER_NO: &str = "YJ-2010-0001";
const DAY: i64 = 24 * 3_600_000_000;
const NOW: Timestamp = Timestamp::from_micros(samples::MORNING);

fn platform(name: &str) -> PlatformId {
    name.parse().unwrap()
}

fn key() -> Key {
    Key { dataset: CASE, record: NO.to_owned() }
}

fn digest(n: u8) -> Digest {
    Digest::new([n; 32])
}

/// A journal of Jintan's, or of `author`, in which revision 1 of the case is accepted.
fn facts(author: &str) -> Facts {
    let mut facts = Facts::default();
    facts.custody.know_author(&platform(author), NOW);
    facts.custody.know_platform(&platform("jintan"));
    facts.custody.know_platform(&platform("wujin"));
    facts.know_record(&key(), Some(Head { revision: 1, standing: Standing::Accepted }));
    facts.know_revision(&key(), 1, Some(digest(1)));
    facts
}

fn offer() -> CustodyOffer {
    CustodyOffer {
        no: OFFER_NO.into(),
        dataset: CASE.into(),
        record: NO.into(),
        revision: 1,
        digest: digest(1).to_string(),
        to: "wujin".into(),
        expires_at: samples::MORNING + DAY,
        reason: "管辖".into(),
        operator: "王建国".into(),
    }
}

fn answer(decision: CustodyDecision) -> CustodyAnswer {
    CustodyAnswer {
        offer_no: OFFER_NO.into(),
        offer_revision: 1,
        offerer: "jintan".into(),
        decision: decision.into(),
        reason: "理由".into(),
        operator: "李明".into(),
        answered_at: samples::MORNING,
    }
}

fn known(state: OfferState) -> OfferFact {
    let offer = Offer::read(&offer().encode_to_vec()).unwrap();
    OfferFact { from: platform("jintan"), offer, epoch: 1, state, name_taken: false }
}

fn own(revision: u64) -> OfferName {
    OfferName { offerer: None, no: OFFER_NO.to_owned(), revision }
}

fn judged(header: &Header, body: Option<&[u8]>, lane: Lane, facts: &Facts) -> Verdict {
    let bytes = header.encode();
    let view = HeaderView::parse(&bytes).unwrap();
    held(&Candidate { header: &view, body, lane }, facts, &mut Violations::new())
}

fn urgent(dataset: &str, body: &[u8], facts: &Facts) -> Verdict {
    let header = header(dataset, Operation::Put, STANDARD, body);
    judged(&header, Some(body), Lane::Urgent, facts)
}

fn offered(change: impl FnOnce(&mut CustodyOffer), facts: &Facts) -> Verdict {
    let mut offer = offer();
    change(&mut offer);
    urgent(OFFER, &offer.encode_to_vec(), facts)
}

fn answered(decision: CustodyDecision, facts: &Facts) -> Verdict {
    urgent(ANSWER, &answer(decision).encode_to_vec(), facts)
}

fn error(verdict: &Verdict) -> &str {
    assert_eq!(verdict.standing, Standing::Quarantined, "{verdict:?}");
    assert_eq!(verdict.reasons.len(), 1, "{verdict:?}");
    &verdict.reasons[0].rule
}

/// A withdrawal of the case: it needs no body, and so nothing else is judged.
fn revision(revision: u64, follows: Option<Digest>, custody_epoch: u64, facts: &Facts) -> Verdict {
    let header = header(CASE, Operation::Withdraw, STANDARD, b"");
    let header = Header { record: NO.parse().unwrap(), revision, follows, custody_epoch, ..header };
    judged(&header, None, Lane::Normal, facts)
}

fn with(author: &str, custody: Custody) -> Facts {
    let mut facts = facts(author);
    facts.custody.know_record(&key(), custody);
    facts
}

fn frozen() -> Custody {
    Custody { frozen: Some(own(1)), ..Custody::default() }
}

fn handed_on() -> Custody {
    let other = Some(platform("wujin"));
    Custody { epoch: 1, ours: false, other, base: None, frozen: None }
}

fn taken_over() -> Custody {
    let other = Some(platform("jintan"));
    Custody { epoch: 1, ours: true, other, base: Some((1, digest(1))), frozen: None }
}

#[test]
fn who_has_the_record_revises_it_and_nobody_else() {
    let second = |custody| revision(2, Some(digest(1)), 0, &with("jintan", custody));
    assert_eq!(second(Custody::default()), Verdict::accepted());
    assert_eq!(error(&second(handed_on())), "custody.lost");
    assert!(second(handed_on()).reasons[0].zh.contains("wujin"), "it names who has it");
    let third = |epoch| revision(2, Some(digest(1)), epoch, &with("jintan", handed_on()));
    assert_eq!(error(&third(1)), "custody.lost");
    let later = third(2);
    assert_eq!((later.standing, why(&later)), (Standing::Pending, vec![("", "custody.unknown")]));
}

#[test]
fn what_is_written_in_a_past_epoch_is_quarantined() {
    let back = Custody { epoch: 2, base: Some((1, digest(1))), ..Custody::default() };
    let facts = with("jintan", back);
    assert_eq!(error(&revision(2, Some(digest(1)), 1, &facts)), "custody.epoch");
    assert_eq!(revision(2, Some(digest(1)), 2, &facts), Verdict::accepted());
}

#[test]
fn while_an_offer_is_open_revisions_wait_for_its_decision() {
    let waits = revision(2, Some(digest(1)), 0, &with("jintan", frozen()));
    assert_eq!((waits.standing, why(&waits)), (Standing::Pending, vec![("", "custody.frozen")]));
    let decision = Wait::Decision { offer: OFFER_NO.into(), revision: 1 };
    assert_eq!(waits.waits, Some(decision));
}

#[test]
fn what_was_taken_over_goes_on_from_what_was_offered() {
    let mut facts = Facts::default();
    facts.custody.know_record(&key(), taken_over());
    let second = |n, follows, facts: &Facts| revision(n, Some(digest(follows)), 1, facts);
    assert_eq!(second(2, 1, &facts), Verdict::accepted(), "it has no revision of its own yet");
    assert_eq!(error(&second(2, 7, &facts)), "revision.follows");
    assert_eq!(why(&second(3, 2, &facts)), [("", "revision.absent")]);
    let again = revision(1, None, 1, &facts);
    assert_eq!(error(&again), "custody.revision");
    facts.know_revision(&key(), 2, Some(digest(2)));
    assert_eq!(second(3, 2, &facts), Verdict::accepted());
}

#[test]
fn what_was_taken_over_leans_on_what_has_stayed_behind() {
    let case = samples::case().encode_to_vec();
    let written = |facts: &Facts, epoch| {
        let header = header(CASE, Operation::Put, STANDARD, &case);
        let follows = Some(digest(1));
        let header = Header { revision: 2, follows, custody_epoch: epoch, ..header };
        judged(&header, Some(&case), Lane::Normal, facts)
    };
    let mut facts = Facts::default();
    facts.know_revision(&key(), 1, Some(digest(1)));
    assert_eq!(why(&written(&facts, 0)), [("power_code", "reference.absent")]);
    facts.custody.know_record(&key(), taken_over());
    assert_eq!(written(&facts, 1), Verdict::accepted());
}

#[test]
fn a_head_that_was_accepted_is_offered_to_another_platform() {
    assert_eq!(offered(|_| (), &facts("jintan")), Verdict::accepted());
    let to = |to: &str| {
        let verdict = offered(|offer| offer.to = to.into(), &facts("jintan"));
        error(&verdict).to_owned()
    };
    assert_eq!(to("jintan"), "custody.to");
    assert_eq!(to("nobody"), "custody.to");
}

#[test]
fn an_offer_waits_until_what_it_freezes_is_judged() {
    let mut facts = facts("jintan");
    facts.know_revision(&key(), 1, None);
    facts.know_record(&key(), None);
    let waits = offered(|_| (), &facts);
    let due = (Standing::Pending, vec![("revision", "custody.absent")]);
    assert_eq!((waits.standing, why(&waits)), due);
    let (dataset, record) = (CASE.to_owned(), NO.to_owned());
    assert_eq!(waits.waits, Some(Wait::Revision { dataset, record, revision: 1 }));
}

#[test]
fn an_offer_freezes_what_was_accepted_and_is_the_last() {
    let other = offered(|offer| offer.digest = digest(7).to_string(), &facts("jintan"));
    assert_eq!(error(&other), "custody.digest");
    let head = |revision, standing| {
        let mut facts = facts("jintan");
        facts.know_record(&key(), Some(Head { revision, standing }));
        offered(|_| (), &facts)
    };
    assert_eq!(error(&head(2, Standing::Accepted)), "custody.superseded");
    assert_eq!(error(&head(1, Standing::Quarantined)), "custody.not_accepted");
    assert_eq!(error(&head(1, Standing::Pending)), "custody.not_accepted");
    assert_eq!(head(1, Standing::Accepted), Verdict::accepted());
}

#[test]
fn what_has_expired_is_offered_to_nobody() {
    let until = |at: i64| offered(|offer| offer.expires_at = at, &facts("jintan"));
    assert_eq!(error(&until(samples::MORNING)), "custody.expired");
    assert_eq!(until(samples::MORNING + 1), Verdict::accepted());
}

#[test]
fn what_another_has_or_what_is_offered_already_is_not_offered() {
    let by = |custody| {
        let verdict = offered(|_| (), &with("jintan", custody));
        error(&verdict).to_owned()
    };
    assert_eq!(by(handed_on()), "custody.lost");
    assert_eq!(by(frozen()), "custody.offered");
    // What was taken over may be handed on as it came.
    let mut facts = Facts::default();
    facts.custody.know_author(&platform("wujin"), NOW);
    facts.custody.know_platform(&platform("jintan"));
    facts.custody.know_record(&key(), taken_over());
    assert_eq!(offered(|offer| offer.to = "jintan".into(), &facts), Verdict::accepted());
}

#[test]
fn records_of_the_exchange_and_of_custody_stay() {
    let of = |dataset: &str| {
        let verdict = offered(|offer| offer.dataset = dataset.into(), &facts("jintan"));
        error(&verdict).to_owned()
    };
    for dataset in [OFFER, ANSWER, "exchange.bulletin", "weather.report"] {
        assert_eq!(of(dataset), "custody.dataset", "{dataset}");
    }
}

#[test]
fn of_several_answers_the_first_that_is_judged_counts() {
    let by = |author: &str, decision, state| {
        let mut facts = facts(author);
        let fact = known(state);
        facts
            .custody
            .know_offer(&Answer::read(&answer(decision).encode_to_vec()).unwrap().offer(), fact);
        answered(decision, &facts)
    };
    let open = OfferState::Open;
    assert_eq!(by("wujin", CustodyDecision::Accept, open), Verdict::accepted());
    assert_eq!(by("wujin", CustodyDecision::Refuse, open), Verdict::accepted());
    assert_eq!(by("jintan", CustodyDecision::Withdraw, open), Verdict::accepted());
    let decided = OfferState::Decided(Decision::Withdraw);
    let late = by("wujin", CustodyDecision::Accept, decided);
    assert_eq!(error(&late), "custody.decided");
    assert!(late.reasons[0].zh.contains("已撤回") && late.reasons[0].en.contains("withdrawn"));
    // Nobody but the two, and each only what is its to say.
    for (author, decision) in [
        ("jintan", CustodyDecision::Accept),
        ("jintan", CustodyDecision::Refuse),
        ("wujin", CustodyDecision::Withdraw),
        ("liyang", CustodyDecision::Accept),
    ] {
        assert_eq!(error(&by(author, decision, open)), "custody.not_party", "{author}");
    }
}

#[test]
fn an_offer_that_does_not_stand_is_not_answered() {
    assert_eq!(error(&answered(CustodyDecision::Accept, &facts("wujin"))), "custody.no_offer");
    let name = Answer::read(&answer(CustodyDecision::Accept).encode_to_vec()).unwrap().offer();
    let mut pending = facts("wujin");
    pending.custody.know_offer(&name, known(OfferState::Pending));
    let early = answered(CustodyDecision::Accept, &pending);
    assert_eq!(error(&early), "custody.no_offer", "nobody has seen it yet");
}

#[test]
fn an_offer_may_be_taken_back_before_it_was_judged() {
    let name = Answer::read(&answer(CustodyDecision::Withdraw).encode_to_vec()).unwrap().offer();
    let mut pending = facts("jintan");
    pending.custody.know_offer(&name, known(OfferState::Pending));
    assert_eq!(answered(CustodyDecision::Withdraw, &pending), Verdict::accepted());
    // And freezes nothing when it is judged afterwards.
    let mut decided = facts("jintan");
    decided.custody.know_offer(&own(1), known(OfferState::Decided(Decision::Withdraw)));
    assert_eq!(error(&offered(|_| (), &decided)), "custody.decided");
}

#[test]
fn who_has_a_record_of_that_name_takes_no_other() {
    let by = |decision| {
        let name = Answer::read(&answer(decision).encode_to_vec()).unwrap().offer();
        let mut facts = facts("wujin");
        facts.custody.know_offer(&name, OfferFact { name_taken: true, ..known(OfferState::Open) });
        answered(decision, &facts)
    };
    assert_eq!(error(&by(CustodyDecision::Accept)), "custody.name_taken");
    assert_eq!(by(CustodyDecision::Refuse), Verdict::accepted());
}

#[test]
fn offers_and_answers_are_not_withdrawn_as_records() {
    for (dataset, record) in [(OFFER, OFFER_NO), (ANSWER, "jintan-YJ-2010-0001")] {
        let header = header(dataset, Operation::Withdraw, STANDARD, b"");
        let header = Header { record: record.parse().unwrap(), ..header };
        let verdict = judged(&header, None, Lane::Urgent, &facts("jintan"));
        assert_eq!(error(&verdict), "custody.operation");
    }
}

#[test]
fn custody_is_asked_about_where_something_has_happened() {
    let ask = |dataset: &str, body: &[u8], custody_epoch: u64, everywhere: bool| {
        let mut asked = Needs::default();
        asked.custody.everywhere = everywhere;
        let header = header(dataset, Operation::Put, STANDARD, body);
        let bytes = Header { custody_epoch, ..header }.encode();
        let view = HeaderView::parse(&bytes).unwrap();
        needs(&view, Some(body), &Edition::CURRENT, &mut asked);
        asked
    };
    let case = samples::case().encode_to_vec();
    assert!(ask(CASE, &case, 0, false).custody.records.is_empty());
    assert_eq!(ask(CASE, &case, 1, false).custody.records, [key()].into());
    assert_eq!(ask(CASE, &case, 0, true).custody.records, [key()].into());
    let offers = ask(OFFER, &offer().encode_to_vec(), 0, false);
    assert_eq!(offers.custody.records, [key()].into());
    assert_eq!(offers.custody.offers, [own(1)].into());
    assert_eq!(offers.custody.platforms, [platform("wujin")].into());
    assert_eq!(offers.revisions, [(key(), 1)].into());
    let answers = ask(ANSWER, &answer(CustodyDecision::Refuse).encode_to_vec(), 0, false);
    assert_eq!(answers.custody.offers.first().unwrap().offerer, Some(platform("jintan")));
}

#[test]
fn what_follows_of_an_accepted_entry_is_a_ruling() {
    let body = offer().encode_to_vec();
    let bytes = header(OFFER, Operation::Put, STANDARD, &body).encode();
    let view = HeaderView::parse(&bytes).unwrap();
    let one = ruling(&view, Some(&body), &facts("jintan").custody).unwrap();
    assert_eq!((one.outcome, one.epoch, one.revision), (Outcome::Offered, 1, 1));
    assert_eq!((one.from.as_str(), one.offer.to.as_str()), ("jintan", "wujin"));

    let body = answer(CustodyDecision::Accept).encode_to_vec();
    let bytes = header(ANSWER, Operation::Put, STANDARD, &body).encode();
    let view = HeaderView::parse(&bytes).unwrap();
    let mut facts = facts("wujin");
    let name = Answer::read(&body).unwrap().offer();
    facts.custody.know_offer(&name, known(OfferState::Open));
    let two = ruling(&view, Some(&body), &facts.custody).unwrap();
    assert_eq!((two.outcome, two.epoch), (Outcome::Decided(Decision::Accept), 1));
    assert_eq!(two.reason, "理由");
    let case = samples::case().encode_to_vec();
    let bytes = header(CASE, Operation::Put, STANDARD, &case).encode();
    let view = HeaderView::parse(&bytes).unwrap();
    assert_eq!(ruling(&view, Some(&case), &facts.custody), None);
}
