//! The hub's broadcast in vectors, and what policies decide.

use prost::Message as _;
use sanheyi_exchange_spec::entry::{HeaderView, Operation};
use sanheyi_exchange_spec::rulebook::{Applied, Decision, Rulebook, Scope};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::dataset;
use sanheyi_proto::standard::v1::{Policy, PolicyAction, PolicyEffect, PolicyScope};
use serde_json::{Value, json};

use crate::entries::MORNING;
use crate::{hex, hold};

/// What a broadcast of these bodies says.
pub(crate) fn read(broadcast: &[(&'static str, Vec<u8>)]) -> Rulebook {
    let mut rules = Rulebook::builtin();
    for (name, body) in broadcast {
        let record = named(name, body);
        let header = HeaderView {
            dataset: name,
            record: &record,
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: 1,
            occurred: Timestamp::from_micros(MORNING),
            recorded: Timestamp::from_micros(MORNING),
            body_digest: Digest::new([0; 32]),
        };
        assert_eq!(rules.apply(rules.size(), &header, Some(body)), Applied::Taken, "{record}");
    }
    rules
}

pub(crate) fn vector(broadcast: &[(&'static str, Vec<u8>)]) -> Value {
    broadcast.iter().map(|(name, body)| of_entry(name, body)).collect()
}

fn of_entry(name: &str, body: &[u8]) -> Value {
    json!({"dataset": name, "record": named(name, body), "body": hex(body)})
}

fn named(name: &str, body: &[u8]) -> String {
    let mut record = String::new();
    assert!(dataset(name).unwrap().record.name(body, &mut record), "{name}");
    record
}

fn policy(id: &str, effect: PolicyEffect, platform: &str, dataset: &str) -> Policy {
    Policy {
        id: id.into(),
        title: id.into(),
        effect: effect.into(),
        action: PolicyAction::Send.into(),
        platform: platform.into(),
        dataset: dataset.into(),
        reason: "示例".into(),
        decided_by: "示例".into(),
        ..Policy::default()
    }
}

fn see(of: Policy, author: &str, scope: PolicyScope) -> Policy {
    let (action, author) = (PolicyAction::See.into(), author.into());
    Policy { action, author, scope: scope.into(), ..of }
}

fn policies() -> Vec<Policy> {
    use PolicyEffect::{Deny, Permit};
    let unscoped = PolicyScope::Unspecified;
    vec![
        policy("send-jintan", Permit, "jintan", "*"),
        policy("no-penalties", Deny, "jintan", "case.penalty"),
        policy("cases-of-all", Permit, "*", "case.*"),
        Policy {
            valid_from: Some(MORNING),
            valid_until: Some(MORNING + 1000),
            ..policy("for-a-moment", Permit, "liyang", "activity.daily")
        },
        see(policy("joint", Permit, "wujin", "case.joint"), "jintan", PolicyScope::Addressed),
        see(policy("all-cases", Permit, "wujin", "case.case"), "*", PolicyScope::All),
        see(policy("some-cases", Permit, "wujin", "case.*"), "jintan", PolicyScope::Addressed),
        see(policy("not-liyang", Deny, "*", "*"), "liyang", unscoped),
    ]
}

fn answered(decision: &Decision) -> Value {
    let permitted = decision.permitted.map(|scope| match scope {
        Scope::All => "all",
        Scope::Addressed => "addressed",
    });
    json!({
        "permitted": permitted,
        "matched": decision.matched.iter().map(|rule| &*rule.id).collect::<Vec<_>>(),
        "decided": decision.decided.as_ref().map(|rule| &*rule.id),
        "free": decision.free,
    })
}

#[test]
fn policies_decide_as_in_the_golden_table() {
    let said: Vec<_> =
        policies().iter().map(|one| ("exchange.policy", one.encode_to_vec())).collect();
    let rules = read(&said);
    let sends = [
        ("jintan", "case.case", MORNING),
        ("jintan", "case.penalty", MORNING),
        ("jintan", "supervision.reply", MORNING),
        ("wujin", "case.penalty", MORNING),
        ("wujin", "supervision.reply", MORNING),
        ("wujin", "casework.case", MORNING),
        ("wujin", "custody.offer", MORNING),
        ("wujin", "exchange.conflict", MORNING),
        ("liyang", "activity.daily", MORNING - 1),
        ("liyang", "activity.daily", MORNING),
        ("liyang", "activity.daily", MORNING + 999),
        ("liyang", "activity.daily", MORNING + 1000),
    ];
    let sends = sends.map(|(platform, dataset, at)| {
        let when = Timestamp::from_micros(at);
        let decision = rules.policies().may_send(&platform.parse().unwrap(), dataset, when);
        let question = json!({"platform": platform, "dataset": dataset, "at": at});
        json!({"send": question, "decision": answered(&decision)})
    });
    let sees = [
        ("wujin", "case.joint", "jintan"),
        ("wujin", "case.case", "jintan"),
        ("wujin", "case.step", "jintan"),
        ("wujin", "case.case", "tianning"),
        ("wujin", "case.step", "tianning"),
        ("wujin", "case.case", "liyang"),
        ("wujin", "case.step", "wujin"),
        ("jintan", "case.case", "wujin"),
        ("liyang", "case.case", "liyang"),
    ];
    let sees = sees.map(|(platform, dataset, author)| {
        let (reader, of) = (platform.parse().unwrap(), author.parse().unwrap());
        let at = Timestamp::from_micros(MORNING);
        let decision = rules.policies().may_see(&reader, dataset, &of, at);
        let question =
            json!({"platform": platform, "dataset": dataset, "author": author, "at": MORNING});
        json!({"see": question, "decision": answered(&decision)})
    });
    let vector = json!({
        "broadcast": vector(&said),
        "questions": sends.into_iter().chain(sees).collect::<Vec<_>>(),
    });
    hold("policies", &vector);
}
