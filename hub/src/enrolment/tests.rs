//! What an enrolment is held against, at its edges. How it goes as a whole, `tests/federation`
//! shows.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::enrolment::Proof;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::{EpochId, Lane};
use sanheyi_exchange_spec::limits::{CSR_BYTES, ENROL_MESSAGE_BYTES, SOFTWARE_BYTES, TOKEN_BYTES};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::process::clock::ManualClock;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::tls::request::{fingerprint, request};
use sanheyi_proto::exchange::v1 as wire;

use super::*;
use crate::authority::CERTIFICATE_DAYS;
use crate::certificates::CertificateParts;
use crate::setup::Setup;
use crate::store::{open, platform_list};

struct Hall {
    enrolments: Enrolments,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

async fn hall(approval: Approval) -> Hall {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1_782_864_000_000_000)));
    let entropy = Arc::new(SeededEntropy::new(5));
    let (hub, at) = (id("changzhou"), folder.path().join("hub"));
    let setup = Setup::new(at, hub.clone(), Arc::clone(&clock) as _, Arc::clone(&entropy) as _);
    setup.init(&["127.0.0.1".to_owned()], "127.0.0.1:0").unwrap();
    std::fs::create_dir_all(&setup.data).unwrap();
    let database = open(&setup.store, &hub).await.unwrap();
    let parts = CertificateParts {
        database: database.clone(),
        hub: hub.clone(),
        folder: setup.folder.clone(),
        days: CERTIFICATE_DAYS,
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as _,
    };
    let certificates = Certificates::open(parts).await.unwrap();
    let key = SigningKey::from_seed(&[1; 32]);
    let edition = Edition::CURRENT;
    let (clocked, entropy) = (Arc::clone(&clock) as _, entropy as _);
    let parts = ExchangeParts { hub, database, key, clock: clocked, entropy, edition };
    Hall { enrolments: Enrolments::new(parts, certificates, approval), clock, _folder: folder }
}

fn first(platform: &str) -> NewToken {
    NewToken {
        platform: id(platform),
        titles: Some(("金坛".to_owned(), "Jintan".to_owned())),
        may_send: vec!["*".to_owned()],
        hours: VALID_HOURS,
        replaces: false,
        pin: [7; 16],
        who: "cli:1000".to_owned(),
    }
}

/// A machine's call; `seed` tells machines apart.
fn call(token: &Token, seed: u8) -> EnrolCall {
    let key = SigningKey::from_seed(&[seed; 32]);
    let csr = request(&id("node")).unwrap().csr_pem;
    let epochs =
        vec![(Lane::Urgent, EpochId::new([seed; 16])), (Lane::Normal, EpochId::new([seed; 16]))];
    let request = fingerprint(&csr).unwrap();
    let proof = Proof { token: token.id, pin: token.pin, request, epochs: epochs.clone() };
    EnrolCall {
        token: token.reveal(),
        csr,
        verifying: key.verifying(),
        proof: proof.sign(&key).to_vec(),
        epochs,
        software: "sanheyi-node test".to_owned(),
        address: "192.0.2.7".to_owned(),
    }
}

fn code(answer: Result<EnrolAnswer, Refusal>) -> Code {
    answer.unwrap_err().code
}

#[tokio::test]
async fn the_same_request_has_the_same_answer_and_another_one_none() {
    let hall = hall(Approval::Token).await;
    let (token, _) = hall.enrolments.token(&first("jintan")).await.unwrap();
    let call_1 = call(&token, 1);
    let answer = hall.enrolments.enrol(&call_1).await.unwrap();
    let EnrolAnswer::Enrolled(enrolled) = &answer else { panic!("{answer:?}") };
    assert_eq!(enrolled.platform, id("jintan"));
    // Much later, too: the answer may have been lost.
    hall.clock.advance(Duration::from_secs(90 * 3600));
    assert_eq!(hall.enrolments.enrol(&call_1).await.unwrap(), answer);
    assert_eq!(code(hall.enrolments.enrol(&call(&token, 2)).await), Code::EnrolmentRefused);
    let mut other = call_1.clone();
    other.epochs[0].1 = EpochId::new([9; 16]);
    assert_eq!(code(hall.enrolments.enrol(&other).await), Code::EnrolmentRefused);
}

#[tokio::test]
async fn a_proof_that_does_not_hold_leaves_the_token_as_good_as_it_was() {
    let hall = hall(Approval::Token).await;
    let (token, _) = hall.enrolments.token(&first("jintan")).await.unwrap();
    let good = call(&token, 1);
    let mut stolen = call(&token, 2);
    // Somebody else's key, without its private half.
    stolen.verifying = good.verifying;
    assert_eq!(code(hall.enrolments.enrol(&stolen).await), Code::EnrolmentRefused);
    assert!(platform_list(hall.enrolments.database()).await.unwrap().is_empty());
    hall.enrolments.enrol(&good).await.unwrap();
}

#[tokio::test]
async fn of_two_machines_at_once_one_is_enrolled() {
    let hall = hall(Approval::Token).await;
    let (token, _) = hall.enrolments.token(&first("jintan")).await.unwrap();
    let (one, other) = (call(&token, 1), call(&token, 2));
    let (one_said, other_said) =
        tokio::join!(hall.enrolments.enrol(&one), hall.enrolments.enrol(&other));
    assert_ne!(one_said.is_ok(), other_said.is_ok());
    // The same machine twice at once is one machine.
    let (token, _) = hall.enrolments.token(&first("wujin")).await.unwrap();
    let same = call(&token, 3);
    let (one, other) = tokio::join!(hall.enrolments.enrol(&same), hall.enrolments.enrol(&same));
    assert_eq!(one.unwrap(), other.unwrap());
}

#[tokio::test]
async fn what_is_out_of_bounds_is_malformed() {
    let hall = hall(Approval::Token).await;
    let (token, _) = hall.enrolments.token(&first("jintan")).await.unwrap();
    let good = call(&token, 1);
    let with = |change: fn(&mut EnrolCall)| {
        let mut call = good.clone();
        change(&mut call);
        call
    };
    let bad: [fn(&mut EnrolCall); 5] = [
        |call| call.token = "x".repeat(TOKEN_BYTES + 1),
        |call| call.csr.push_str(&"\n".repeat(CSR_BYTES + 1 - call.csr.len())),
        |call| call.csr = "no request".to_owned(),
        |call| call.epochs.clear(),
        |call| call.software = "x".repeat(SOFTWARE_BYTES + 1),
    ];
    for change in bad {
        assert_eq!(code(hall.enrolments.enrol(&with(change)).await), Code::Malformed);
    }
    let no_token = with(|call| call.token = "x".repeat(TOKEN_BYTES));
    assert_eq!(code(hall.enrolments.enrol(&no_token).await), Code::EnrolmentRefused);
    let widest = with(|call| {
        call.csr.push_str(&"\n".repeat(CSR_BYTES - call.csr.len()));
        call.software = "x".repeat(SOFTWARE_BYTES);
        call.token.push_str(&" ".repeat(TOKEN_BYTES - call.token.len()));
    });
    hall.enrolments.enrol(&widest).await.unwrap();
}

#[tokio::test]
async fn a_message_of_enrolment_has_room_for_all_that_may_be_in_it() {
    let hall = hall(Approval::Token).await;
    let (token, _) = hall.enrolments.token(&first("jintan")).await.unwrap();
    let answer = hall.enrolments.enrol(&call(&token, 1)).await.unwrap();
    let EnrolAnswer::Enrolled(enrolled) = answer else { panic!("{answer:?}") };
    // While authorities follow one another there are two or three.
    let message = wire::Enrolled {
        chain_pem: enrolled.chain,
        authorities_pem: enrolled.authorities.repeat(8),
        ..wire::Enrolled::default()
    };
    assert!(message.encoded_len() < ENROL_MESSAGE_BYTES / 2);
    let request = wire::EnrolRequest { csr_pem: "x".repeat(CSR_BYTES), ..Default::default() };
    assert!(request.encoded_len() < ENROL_MESSAGE_BYTES / 2);
}

#[tokio::test]
async fn a_token_is_made_for_who_can_have_one() {
    let hall = hall(Approval::Token).await;
    let made = async |new: NewToken| hall.enrolments.token(&new).await.map(|(token, _)| token);
    assert!(matches!(made(first("changzhou")).await, Err(EnrolmentError::Itself(_))));
    for (hours, good) in
        [(0, false), (1, true), (VALID_HOURS_MOST, true), (VALID_HOURS_MOST + 1, false)]
    {
        let new = NewToken { hours, ..first("jintan") };
        assert_eq!(made(new).await.is_ok(), good, "{hours}");
    }
    let nameless = NewToken { titles: None, ..first("wujin") };
    assert!(matches!(made(nameless).await, Err(EnrolmentError::Unnamed(_))));
    // Again before anybody came: the name is known, and the one before is withdrawn.
    let again = NewToken { titles: None, ..first("jintan") };
    let token = made(again.clone()).await.unwrap();
    hall.enrolments.enrol(&call(&token, 1)).await.unwrap();
    assert!(matches!(made(first("jintan")).await, Err(EnrolmentError::Registered(_))));
    let other = made(again).await.unwrap();
    assert_ne!(token.reveal(), other.reveal());
    let states: Vec<_> = enrolment_list(hall.enrolments.database(), None, LISTED)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.state)
        .collect();
    let count = |state| states.iter().filter(|one| **one == state).count();
    let (open, withdrawn) = (EnrolmentState::Open, EnrolmentState::Withdrawn);
    assert_eq!((count(open), count(withdrawn)), (1, 2), "{states:?}");
}
