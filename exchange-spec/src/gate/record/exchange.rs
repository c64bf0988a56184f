//! What the hub says of the exchange: platforms, policies (策略) and bulletins (通报).

use std::collections::BTreeSet;

use sanheyi_proto::standard::v1::{
    Bulletin, Platform, Policy, PolicyAction, PolicyEffect, PolicyScope,
};

use super::interval;
use crate::ids::{DatasetName, PlatformId};
use crate::reason::Findings;
use crate::suite::VerifyingKey;

/// Rules of a platform.
pub(super) fn platform(platform: &Platform, out: &mut Findings) {
    for (at, region) in platform.regions.iter().enumerate() {
        let path = format!("regions[{at}].");
        interval::days(&path, &region.valid_from, &region.valid_until, out);
    }
    let mut ranges = BTreeSet::new();
    for (at, range) in platform.keys.iter().enumerate() {
        if range.key.parse::<VerifyingKey>().is_err() {
            out.error(
                format!("keys[{at}].key"),
                "record.platform_key",
                format!("第 {} 项不是 Ed25519 公钥，请核对后改正", at + 1),
                format!("key {} is no public key of Ed25519: correct it", at + 1),
            );
        }
        if !ranges.insert((range.lane, range.from, range.key.as_str())) {
            out.error(
                format!("keys[{at}].from"),
                "record.platform_ranges",
                format!("第 {} 项与前面的密钥区间相同，请删去或改正", at + 1),
                format!("key range {} stands twice: take it out, or correct it", at + 1),
            );
        }
    }
}

/// Rules of a policy.
pub(super) fn policy(policy: &Policy, out: &mut Findings) {
    let platform = |name: &str| name == "*" || name.parse::<PlatformId>().is_ok();
    let dataset = match policy.dataset.strip_suffix(".*") {
        Some(family) => format!("{family}.x").parse::<DatasetName>().is_ok(),
        None => policy.dataset == "*" || policy.dataset.parse::<DatasetName>().is_ok(),
    };
    let author = policy.author.is_empty() || platform(&policy.author);
    let patterns =
        [("platform", platform(&policy.platform)), ("dataset", dataset), ("author", author)];
    for (field, _) in patterns.iter().filter(|(_, good)| !good) {
        out.error(
            *field,
            "record.policy_pattern",
            "应为名称本身或“*”；数据集还可写作“类别.*”，请改正",
            "it is a name or “*”, and of datasets also “family.*”: correct it",
        );
    }
    match policy.action() {
        PolicyAction::See => {
            let scoped = policy.scope() != PolicyScope::Unspecified;
            if policy.author.is_empty() || scoped != (policy.effect() == PolicyEffect::Permit) {
                out.error(
                    if policy.author.is_empty() { "author" } else { "scope" },
                    "record.policy_see",
                    "查看策略应写明查看谁的条目；允许的写明范围，禁止的不写范围，请改正",
                    "a policy on seeing names whose entries; a permission has a scope, a denial none: correct it",
                );
            }
        }
        PolicyAction::Send | PolicyAction::Unspecified => {
            let unscoped = policy.scope() == PolicyScope::Unspecified;
            if !policy.author.is_empty() || !unscoped {
                out.error(
                    if unscoped { "author" } else { "scope" },
                    "record.policy_send",
                    "报送策略不写条目所属平台和查看范围，请删去",
                    "a policy on sending has neither author nor scope: take them out",
                );
            }
        }
    }
    interval::instants(policy.valid_from.unwrap_or(i64::MIN), policy.valid_until, out);
}

/// Rules of a bulletin.
pub(super) fn bulletin(bulletin: &Bulletin, out: &mut Findings) {
    // Days as records write them order as texts.
    if bulletin.period_until < bulletin.period_from {
        out.error(
            "period_until",
            "record.bulletin_period",
            "截止日期不得早于起始日期，请改正其中之一",
            "the last day of the period is not before its first: correct one of them",
        );
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_proto::standard::v1::{PlatformKey, PlatformRegion};

    use super::*;
    use crate::gate::record::tests::rules;
    use crate::suite::SigningKey;

    const NONE: [&str; 0] = [];

    #[test]
    fn a_platform_stands_for_a_region_for_some_time() {
        let of = |from: &str, until: &str| {
            let (valid_from, valid_until) = (from.into(), until.into());
            let region = PlatformRegion { valid_from, valid_until, ..PlatformRegion::default() };
            let one = Platform { regions: vec![region], ..Platform::default() };
            rules(|out| platform(&one, out))
        };
        assert_eq!(of("", "2015-06-01"), NONE);
        assert_eq!(of("2015-05-31", "2015-06-01"), NONE);
        let never = ["error regions[0].valid_until record.valid_interval"];
        assert_eq!(of("2015-06-01", "2015-06-01"), never);
    }

    #[test]
    fn a_platform_has_keys_that_are_some_each_range_once() {
        const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let of = |keys: &[(&str, i64)]| {
            let range = |(key, from): &(&str, i64)| PlatformKey {
                key: (*key).into(),
                from: *from,
                ..PlatformKey::default()
            };
            let keys = keys.iter().map(range).collect();
            rules(|out| platform(&Platform { keys, ..Platform::default() }, out))
        };
        assert_eq!(of(&[(KEY, 0), (KEY, 1)]), NONE);
        assert_eq!(of(&[(KEY, 0), (KEY, 0)]), ["error keys[1].from record.platform_ranges"]);
        // Another key from there on: the first has signed nothing (12.3).
        let other = SigningKey::from_seed(&[2; 32]).verifying().to_string();
        assert_eq!(of(&[(KEY, 0), (&other, 0)]), NONE);
        // A number that is the ordinate of no point of the curve.
        let none = "0200000000000000000000000000000000000000000000000000000000000000";
        assert_eq!(of(&[(none, 0)]), ["error keys[0].key record.platform_key"]);
    }

    fn send(dataset: &str) -> Policy {
        Policy {
            effect: PolicyEffect::Permit.into(),
            action: PolicyAction::Send.into(),
            platform: "jintan".into(),
            dataset: dataset.into(),
            ..Policy::default()
        }
    }

    #[test]
    fn patterns_of_a_policy_are_names_families_or_all() {
        let of = |one: Policy| rules(|out| policy(&one, out));
        for good in ["*", "case.*", "case.step"] {
            assert_eq!(of(send(good)), NONE, "{good}");
        }
        let wrong = ["error dataset record.policy_pattern"];
        for bad in ["case", "case*", "*.step", "c*.step", "case.s*", ".*", "**", "case.*.*"] {
            assert_eq!(of(send(bad)), wrong, "{bad}");
        }
        let platform = |platform: &str| Policy { platform: platform.into(), ..send("*") };
        assert_eq!(of(platform("*")), NONE);
        assert_eq!(of(platform("jin*")), ["error platform record.policy_pattern"]);
        let until = Policy { valid_until: Some(1), ..send("*") };
        assert_eq!(of(until.clone()), NONE);
        let never = Policy { valid_from: Some(1), ..until };
        assert_eq!(of(never), ["error valid_until record.valid_interval"]);
    }

    #[test]
    fn a_policy_on_seeing_says_whose_and_how_much() {
        let of = |one: Policy| rules(|out| policy(&one, out));
        let see = |effect: PolicyEffect, author: &str, scope: PolicyScope| Policy {
            effect: effect.into(),
            action: PolicyAction::See.into(),
            author: author.into(),
            scope: scope.into(),
            ..send("*")
        };
        let (permit, deny) = (PolicyEffect::Permit, PolicyEffect::Deny);
        assert_eq!(of(see(permit, "wujin", PolicyScope::Addressed)), NONE);
        assert_eq!(of(see(deny, "*", PolicyScope::Unspecified)), NONE);
        let scope = ["error scope record.policy_see"];
        assert_eq!(of(see(permit, "wujin", PolicyScope::Unspecified)), scope);
        assert_eq!(of(see(deny, "wujin", PolicyScope::All)), scope);
        let author = ["error author record.policy_see"];
        assert_eq!(of(see(permit, "", PolicyScope::All)), author);
        let of_nobody = Policy { author: "jin*".into(), ..see(permit, "", PolicyScope::All) };
        assert_eq!(of(of_nobody), ["error author record.policy_pattern"]);
        let named = Policy { author: "wujin".into(), ..send("*") };
        assert_eq!(of(named), ["error author record.policy_send"]);
        let scoped = Policy { scope: PolicyScope::All.into(), ..send("*") };
        assert_eq!(of(scoped), ["error scope record.policy_send"]);
    }

    #[test]
    fn the_period_of_a_bulletin_is_in_order() {
        let of = |from: &str, until: &str| {
            let (period_from, period_until) = (from.into(), until.into());
            let one = Bulletin { period_from, period_until, ..Bulletin::default() };
            rules(|out| bulletin(&one, out))
        };
        assert_eq!(of("2010-10-01", "2010-12-31"), NONE);
        assert_eq!(of("2010-10-01", "2010-10-01"), NONE, "one day");
        let backwards = ["error period_until record.bulletin_period"];
        assert_eq!(of("2010-10-01", "2010-09-30"), backwards);
    }
}
