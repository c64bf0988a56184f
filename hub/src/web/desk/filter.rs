//! The desk's filter: in the address, in a form, and back.

use std::str::FromStr;

use maud::{Markup, html};
use sanheyi_exchange_spec::calendar::{date_of, midnight};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::said::Said;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::{Fields, query};
use sanheyi_node::web::lang::Lang;

use super::state_words;
use crate::quarantine::{Filter, State};

/// All states, in the order in which they are offered.
const STATES: [State; 7] = [
    State::Unsettled,
    State::Handled(Handling::Open),
    State::Handled(Handling::Returned),
    State::Handled(Handling::Corrected),
    State::Handled(Handling::Withdrawn),
    State::Pending,
    State::All,
];

/// What is told where a field of an address is not understood.
pub(super) fn unread(field: &str) -> WebError {
    WebError::bad(
        Said::new(format!("地址中的“{field}”无法识别"), format!("`{field}` is not understood")),
        Said::new("请从隔离区页面重新筛选", "filter again on the page of the quarantine"),
    )
}

/// The filter that fields name.
///
/// # Errors
/// If one of them is not understood.
pub(super) fn filter_of(fields: &Fields) -> Result<Filter, WebError> {
    let text = |name: &str| Some(fields.get(name)).filter(|text| !text.is_empty());
    let owned = |name: &str| text(name).map(str::to_owned);
    Ok(Filter {
        platform: parsed::<PlatformId>("platform", text("platform"))?,
        dataset: owned("dataset"),
        record: owned("record"),
        revision: parsed("revision", text("revision"))?,
        rule: owned("rule"),
        field: owned("field"),
        since: match text("since") {
            Some(day) => Some(begin_of(day).ok_or_else(|| unread("since"))?),
            None => None,
        },
        state: parsed("state", text("state"))?.unwrap_or_default(),
    })
}

fn parsed<T: FromStr>(name: &str, text: Option<&str>) -> Result<Option<T>, WebError> {
    text.map(str::parse).transpose().map_err(|_| unread(name))
}

/// The first instant of a day in Beijing: `2010-11-23`.
fn begin_of(day: &str) -> Option<Timestamp> {
    Some(midnight(day.parse().ok()?))
}

/// The filter as fields; [`filter_of`] reads them back.
pub(super) fn pairs(filter: &Filter) -> Vec<(&'static str, String)> {
    let Filter { platform, dataset, record, revision, rule, field, since, state } = filter;
    let all = [
        ("platform", platform.as_ref().map(ToString::to_string)),
        ("dataset", dataset.clone()),
        ("record", record.clone()),
        ("revision", revision.map(|one| one.to_string())),
        ("rule", rule.clone()),
        ("field", field.clone()),
        ("since", since.map(|at| date_of(at).to_string())),
        ("state", Some(state.to_string()).filter(|_| *state != State::default())),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The filter as an address has it behind the question mark.
pub(super) fn address(filter: &Filter) -> String {
    let pairs = pairs(filter);
    query(pairs.iter().map(|(name, value)| (*name, value.as_str())))
}

/// The filter within another form.
pub(super) fn fields_of(filter: &Filter) -> Markup {
    html! { @for (name, value) in pairs(filter) { input type="hidden" name=(name) value=(value); } }
}

/// The form of the filter.
pub(super) fn form(lang: Lang, filter: &Filter, platforms: &[(String, String)]) -> Markup {
    let chosen = filter.platform.as_ref().map_or("", |one| one.as_str());
    let dataset = filter.dataset.as_deref().unwrap_or_default();
    let text = |name: &'static str,
                label: &'static str,
                value: Option<&String>,
                example: &'static str| {
        html! {
            label for=(name) { (label)
                input id=(name) name=(name) value=(value.map_or("", String::as_str)) placeholder=(example)
                    autocomplete="off" spellcheck="false";
            }
        }
    };
    html! {
        form.filter method="get" action="/quarantine" role="search" {
            label for="platform" { (lang.t("平台", "Platform"))
                select #platform name="platform" {
                    option value="" { (lang.t("全部", "all")) }
                    @for (id, title) in platforms { option value=(id) selected[id == chosen] { (title) } }
                }
            }
            label for="state" { (lang.t("状态", "State"))
                select #state name="state" {
                    @for one in STATES {
                        option value=(one) selected[one == filter.state] { (state_words(lang, one)) }
                    }
                }
            }
            label for="dataset" { (lang.t("数据集", "Dataset"))
                select #dataset name="dataset" {
                    option value="" { (lang.t("全部", "all")) }
                    @for one in sanheyi_proto::datasets() {
                        option value=(one.name) selected[one.name == dataset] { (lang.t(one.title_zh, one.title_en)) }
                    }
                }
            }
            (text("rule", lang.t("规则", "Rule"), filter.rule.as_ref(), "string.max_len"))
            (text("field", lang.t("字段", "Field"), filter.field.as_ref(), "parts[0].name"))
            label for="since" { (lang.t("收到于此日起", "Received since"))
                input #since name="since" type="date" value=(filter.since.map(|at| date_of(at).to_string()).unwrap_or_default());
            }
            button { (lang.t("筛选", "Filter")) }
            @if !address(filter).is_empty() { a href="/quarantine" { (lang.t("清除筛选", "Clear")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_is_written_back_the_same() {
        let text = "platform=jintan&dataset=case.case&rule=string.max_len&field=parts&since=2010-11-23&state=all";
        let filter = filter_of(&Fields::parse(text)).unwrap();
        assert_eq!(address(&filter), text);
        assert_eq!(filter.since, begin_of("2010-11-23"));
        assert_eq!(address(&Filter::default()), "");
        for wrong in ["platform=%20A!", "since=yesterday", "state=gone", "revision=x"] {
            assert!(filter_of(&Fields::parse(wrong)).is_err(), "{wrong}");
        }
    }
}
