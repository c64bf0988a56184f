//! What a branch refuses by the rulebook that it has.

use std::sync::Arc;

use prost::Message as _;
use sanheyi_exchange_spec::entry::{HeaderView, Operation};
use sanheyi_exchange_spec::ids::DatasetName;
use sanheyi_exchange_spec::rulebook::{Applied, Rulebook};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_proto::standard::v1::{CodeList, Platform, Policy, PolicyAction, PolicyEffect};

use super::{refused_by, rules};
use crate::branch::Draft;
use crate::tests::{DATASET, Home, MORNING, draft};

fn said(rules: &mut Rulebook, dataset: &str, record: &str, body: Option<&[u8]>) {
    let operation = if body.is_some() { Operation::Put } else { Operation::Withdraw };
    let header = HeaderView {
        dataset,
        record,
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation,
        standard: 1,
        occurred: MORNING,
        recorded: MORNING,
        body_digest: Digest::new([0; 32]),
    };
    let applied = rules.apply(rules.size(), &header, body);
    assert_eq!(applied, Applied::Taken);
}

fn policy(effect: PolicyEffect, platform: &str) -> Vec<u8> {
    let policy = Policy {
        id: "one".into(),
        title: "示例".into(),
        effect: effect.into(),
        action: PolicyAction::Send.into(),
        platform: platform.into(),
        dataset: "*".into(),
        ..Policy::default()
    };
    policy.encode_to_vec()
}

#[tokio::test]
async fn a_draft_is_held_against_the_rules_that_the_branch_has() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    // Never online: it works alone.
    home.submit(vec![draft("A")]).await;
    let own = home.branch.platform().to_string();
    let mut book = Rulebook::clone(&home.branch.rulebook());
    said(&mut book, "exchange.policy", "one", Some(&policy(PolicyEffect::Permit, "nobody")));
    home.branch.set_rulebook(Arc::new(book.clone()));
    // What it has of the broadcast does not list it yet, so its own policies may be still to come.
    home.submit(vec![draft("A2")]).await;
    let listed = Platform { platform: own.clone(), mode: 2, ..Platform::default() };
    said(&mut book, "exchange.platform", &own, Some(&listed.encode_to_vec()));
    home.branch.set_rulebook(Arc::new(book.clone()));
    let refused = home.branch.submit(vec![draft("B")]).await;
    assert_eq!(rules(refused), refused_by("policy.send"));
    let withdrawn = Draft { operation: Operation::Withdraw, ..draft("C") };
    assert_eq!(
        rules(home.branch.check(&[withdrawn]).map(|()| Vec::new())),
        refused_by("policy.send")
    );

    said(&mut book, "exchange.policy", "one", Some(&policy(PolicyEffect::Permit, &own)));
    home.branch.set_rulebook(Arc::new(book.clone()));
    home.submit(vec![draft("B")]).await;
    said(&mut book, "exchange.policy", "one", Some(&policy(PolicyEffect::Deny, &own)));
    home.branch.set_rulebook(Arc::new(book.clone()));
    let refused = home.branch.submit(vec![draft("C")]).await;
    assert_eq!(rules(refused), refused_by("policy.send"));
    // As of a hub that has taken every policy back.
    said(&mut book, "exchange.policy", "one", None);
    home.branch.set_rulebook(Arc::new(book));
    assert_eq!(rules(home.branch.submit(vec![draft("C")]).await), refused_by("policy.send"));
}

#[tokio::test]
async fn a_code_that_is_not_in_force_that_day_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let known = sanheyi_proto::dataset(DATASET).unwrap();
    let coded = known.fields.iter().filter(|field| !field.code_list.is_empty());
    let mut book = Rulebook::builtin();
    // From the next day on no code of any list that the dataset uses is in force.
    let day = sanheyi_exchange_spec::calendar::date_of(MORNING).tomorrow().unwrap();
    for (id, version) in coded.filter_map(|field| field.code_list.split_once('/')) {
        let version: u32 = version.parse().unwrap();
        let mut list = sanheyi_exchange_spec::codes::list(id, version).unwrap().record(day);
        list.entries.truncate(1);
        list.entries[0].code = "NONE".into();
        list.entries[0].number = 999_999;
        let list = CodeList { version: version + 1, ..list };
        let record = format!("{id}-{}", version + 1);
        said(&mut book, "codes.code_list", &record, Some(&list.encode_to_vec()));
    }
    home.branch.set_rulebook(Arc::new(book));
    let name: DatasetName = DATASET.parse().unwrap();
    let draft = Draft { dataset: name, occurred: MORNING, ..draft("A") };
    let next_day = Draft { occurred: MORNING.plus_micros(24 * 3_600_000_000), ..draft.clone() };
    home.branch.check(std::slice::from_ref(&draft)).unwrap();
    let refused = home.branch.check(&[next_day]).map(|()| Vec::new());
    assert!(rules(refused).iter().all(|(_, rule)| rule == "code.not_in_force"));
    home.submit(vec![draft]).await;
}
