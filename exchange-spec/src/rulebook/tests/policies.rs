//! Who may send and see what.

use sanheyi_proto::standard::v1::{Policy, PolicyAction, PolicyEffect, PolicyScope};

use super::*;

const NAME: &str = "exchange.policy";

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

fn see(id: &str, effect: PolicyEffect, dataset: &str, author: &str, scope: PolicyScope) -> Policy {
    Policy {
        action: PolicyAction::See.into(),
        author: author.into(),
        scope: scope.into(),
        ..policy(id, effect, "wujin", dataset)
    }
}

fn ids(decision: &Decision) -> (Vec<&str>, Option<&str>) {
    let matched = decision.matched.iter().map(|rule| &*rule.id).collect();
    (matched, decision.decided.as_ref().map(|rule| &*rule.id))
}

#[test]
fn nothing_is_permitted_by_default_and_a_denial_wins() {
    use PolicyEffect::{Deny, Permit};
    let mut broadcast = Broadcast::default();
    let (jintan, wujin) = (platform("jintan"), platform("wujin"));
    let send = |rules: &Rulebook, who: &PlatformId, name: &str| {
        rules.policies().may_send(who, name, MORNING)
    };
    let none = send(&broadcast.rules, &jintan, "case.case");
    assert_eq!((none.is_permitted(), ids(&none)), (false, (vec![], None)));
    assert_eq!(none.refusal().rule, "policy.send");
    // What the exchange itself needs is free.
    for free in ["custody.offer", "exchange.conflict"] {
        let decision = send(&broadcast.rules, &jintan, free);
        assert!(decision.is_permitted() && decision.free, "{free}");
    }
    broadcast.put(NAME, &policy("b-cases", Permit, "jintan", "case.*"));
    broadcast.put(NAME, &policy("c-all", Permit, "*", "*"));
    broadcast.put(NAME, &policy("a-no-steps", Deny, "jintan", "case.step"));
    let rules = &broadcast.rules;
    assert_eq!(
        ids(&send(rules, &jintan, "case.case")),
        (vec!["b-cases", "c-all"], Some("b-cases"))
    );
    let step = send(rules, &jintan, "case.step");
    assert_eq!(ids(&step), (vec!["a-no-steps", "b-cases", "c-all"], Some("a-no-steps")));
    assert!(!step.is_permitted() && step.refusal().zh.contains("a-no-steps"));
    assert!(send(rules, &wujin, "case.step").is_permitted());
    assert_eq!(ids(&send(rules, &wujin, "casework.step")).0, ["c-all"]);
    // A later revision takes the place of the earlier, also where it is about somebody else.
    broadcast.put(NAME, &policy("a-no-steps", Deny, "wujin", "case.step"));
    assert!(send(&broadcast.rules, &jintan, "case.step").is_permitted());
    assert!(!send(&broadcast.rules, &wujin, "case.step").is_permitted());
    assert_eq!(broadcast.withdraw(NAME, "a-no-steps"), Applied::Taken);
    assert!(send(&broadcast.rules, &wujin, "case.step").is_permitted());
    assert_eq!(broadcast.withdraw(NAME, "a-no-steps"), Applied::PassedOver);
    let placed = broadcast.rules.policies().rule("c-all").unwrap().place;
    assert_eq!((placed.sequence, placed.revision, placed.recorded), (1, 2, MORNING));
}

#[test]
fn what_is_seen_is_the_most_that_is_permitted() {
    use PolicyEffect::{Deny, Permit};
    let mut broadcast = Broadcast::default();
    let (jintan, wujin) = (platform("jintan"), platform("wujin"));
    let shown = |rules: &Rulebook, of: &PlatformId, name: &str| {
        rules.policies().may_see(&wujin, name, of, MORNING).permitted
    };
    assert_eq!(shown(&broadcast.rules, &jintan, "case.case"), None);
    assert_eq!(shown(&broadcast.rules, &wujin, "case.case"), Some(Scope::All), "its own");
    broadcast.put(NAME, &see("a", Permit, "case.*", "jintan", PolicyScope::Addressed));
    assert_eq!(shown(&broadcast.rules, &jintan, "case.case"), Some(Scope::Addressed));
    broadcast.put(NAME, &see("b", Permit, "case.case", "*", PolicyScope::All));
    assert_eq!(shown(&broadcast.rules, &jintan, "case.case"), Some(Scope::All));
    assert_eq!(shown(&broadcast.rules, &jintan, "case.step"), Some(Scope::Addressed));
    assert_eq!(shown(&broadcast.rules, &platform("liyang"), "case.step"), None);
    broadcast.put(NAME, &see("c", Deny, "*", "jintan", PolicyScope::Unspecified));
    assert_eq!(shown(&broadcast.rules, &jintan, "case.case"), None);
    let refused = broadcast.rules.policies().may_see(&wujin, "case.case", &jintan, MORNING);
    assert_eq!(refused.refusal().rule, "policy.see");
    assert_eq!(shown(&broadcast.rules, &platform("liyang"), "case.case"), Some(Scope::All));
    // To see is not to send.
    assert!(broadcast.rules.refuses_to_send(&wujin, "case.case", MORNING).is_some());
}

#[test]
fn a_policy_holds_from_its_first_instant_to_before_its_last() {
    let mut broadcast = Broadcast::default();
    let jintan = platform("jintan");
    let (from, until) = (MORNING.as_micros(), MORNING.as_micros() + 10);
    let limited = Policy {
        valid_from: Some(from),
        valid_until: Some(until),
        ..policy("a", PolicyEffect::Permit, "jintan", "*")
    };
    broadcast.put(NAME, &limited);
    for (at, expected) in [(from - 1, false), (from, true), (until - 1, true), (until, false)] {
        let at = Timestamp::from_micros(at);
        let refused = broadcast.rules.refuses_to_send(&jintan, "case.case", at);
        assert_eq!(refused.is_none(), expected, "{at}");
    }
}

#[test]
fn patterns_cover_names_families_and_all() {
    use super::super::policies::covers;
    for (pattern, dataset, expected) in [
        ("*", "case.case", true),
        ("case.*", "case.case", true),
        ("case.*", "casework.case", false),
        ("case.case", "case.case", true),
        ("case.case", "case.case_file", false),
        ("case*", "case.case", false),
    ] {
        assert_eq!(covers(pattern, dataset), expected, "{pattern} {dataset}");
    }
}
