use std::collections::BTreeMap;

use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_node::web::viewer::Role;

use super::super::tests::item;
use super::*;
use crate::quarantine::{Filter, RuleCount};
use crate::web::planted::{Ground, NOW};

fn plan(act: Act) -> Plan {
    let what = Outcome { accepted: 1, stays: 1, ..Outcome::default() };
    let items = ["A1", "A2"].map(|record| item(record, Some(Handling::Open)));
    let each = [Reviewed::Accepted, Reviewed::Stays];
    let rule = RuleCount { entries: 2, outcome: what };
    Plan {
        act,
        filter: Filter::default(),
        entries: items.iter().map(|one| one.cursor.clone()).zip(each).collect(),
        more: false,
        outcome: what,
        rules: BTreeMap::from([("string.max_len".to_owned(), rule)]),
        examples: items.into_iter().zip(each).collect(),
    }
}

/// The fields of the form on a page.
fn form_of(html: &str) -> Fields {
    let (_, form) = html.split_once("action=\"/quarantine/reviews\"").unwrap();
    let value = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let tags = form.split("<input ").skip(1);
    let pairs: Vec<_> = tags.map(|tag| (value(tag, "name"), value(tag, "value"))).collect();
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Fields::parse(&sanheyi_node::web::form::query(pairs))
}

#[tokio::test]
async fn what_is_carried_out_is_what_was_tried() {
    let ground = Ground::new().await;
    for text in [
        "act=release&which=ticked&entry=jintan/3/17&entry=jintan/3/19",
        "act=return&note=请核对&days=5&which=all&platform=jintan&rule=string.max_len&state=open",
    ] {
        let asked = Asked::of(&Fields::parse(text)).unwrap();
        for lang in [Lang::Zh, Lang::En] {
            let viewer = ground.viewer(Role::Operator, lang);
            let html = shown(&viewer, &asked, &plan(asked.act.clone())).render().into_string();
            let again = Asked::of(&form_of(&html)).unwrap();
            assert_eq!((&again.act, &again.ticked), (&asked.act, &asked.ticked), "{text}");
            assert_eq!(again.filter, asked.filter, "{text}");
        }
    }
}

#[tokio::test]
async fn nothing_to_do_is_said_and_offers_no_button() {
    let ground = Ground::new().await;
    let viewer = ground.viewer(Role::Operator, Lang::Zh);
    let asked = Asked::of(&Fields::parse("act=release&which=ticked")).unwrap();
    let empty = Plan { entries: Vec::new(), ..plan(Act::Release) };
    let html = shown(&viewer, &asked, &empty).render().into_string();
    assert!(html.contains("没有可处理的条目") && !html.contains("action=\"/quarantine/reviews\""));
}

#[tokio::test]
async fn a_review_under_way_says_what_is_left() {
    let ground = Ground::new().await;
    let viewer = ground.viewer(Role::Viewer, Lang::En);
    let done = Outcome { accepted: 3, ..Outcome::default() };
    let progress = Progress { entries: 5, done, begun: NOW };
    let html = told(&viewer, &progress).render().into_string();
    assert!(html.contains("Under way, still to be looked at: 2"), "{html}");
    let over = Progress { entries: 3, ..progress };
    assert!(told(&viewer, &over).render().into_string().contains("It is done."));
}

#[test]
fn a_form_that_is_not_understood_does_nothing() {
    for text in ["act=accept", "act=return&days=x", "act=release&which=ticked&entry=nonsense"] {
        assert!(Asked::of(&Fields::parse(text)).is_err(), "{text}");
    }
}
