//! Only what is published runs (standard, decision 4): a case is held against its power item. What
//! happened all the same is never lost: it is accepted with a warning, and is a matter for
//! supervision.

use prost::Message as _;
use sanheyi_proto::standard::v1::{FlowChart, Limit, Penalty};

use super::{Facts, Findings};
use crate::gate::content::{ITEM, Item};
use crate::time::Timestamp;

/// The fields of a [`Case`](sanheyi_proto::standard::v1::Case) that the rules need, under their own
/// numbers: cases come by the hundred thousand, and the rest of them is passed over.
#[derive(Clone, PartialEq, prost::Message)]
struct CaseRun {
    #[prost(string, tag = "5")]
    power_code: String,
    #[prost(uint32, tag = "6")]
    power_version: u32,
    #[prost(message, optional, tag = "12")]
    promise: Option<Limit>,
    #[prost(int64, tag = "14")]
    created_at: i64,
}

/// What the rules need of a record that runs on a power item.
struct Run {
    item: String,
    at: i64,
    promise: Option<Limit>,
}

/// Holds a record against the power item that it names.
pub(in crate::gate) fn judge(dataset: &str, body: &[u8], facts: &Facts, out: &mut Findings) {
    let run = match dataset {
        "case.case" => CaseRun::decode(body).ok().map(|case| Run {
            item: name(&case.power_code, case.power_version),
            at: case.created_at,
            promise: case.promise,
        }),
        "case.penalty" => Penalty::decode(body).ok().map(|case| Run {
            item: name(&case.power_code, case.power_version),
            at: case.created_at,
            promise: case.promise,
        }),
        "catalogue.flow_chart" => return flow(body, facts, out),
        _ => None,
    };
    let Some(run) = run else { return };
    let Some(item) = facts.content(ITEM, &run.item).and_then(|content| content.item()) else {
        return;
    };
    // An item that stands quarantined has been said already.
    if item.is_empty() {
        return;
    }
    let at = Timestamp::from_micros(run.at);
    if !item.in_force(at) {
        not_in_force(&run.item, out);
    }
    if let Some((zh, en)) = item.promise(at).and_then(|promised| longer(run.promise, promised)) {
        out.warning("promise", "power.promise", zh, en);
    }
}

/// As the template of a power item names it.
fn name(code: &str, version: u32) -> String {
    let version = version.to_string();
    let mut name = String::with_capacity(code.len() + 1 + version.len());
    name.push_str(code);
    name.push('-');
    name.push_str(&version);
    name
}

fn not_in_force(item: &str, out: &mut Findings) {
    out.warning(
        "power_code",
        "power.not_in_force",
        format!("办件开办之日权力事项 {item} 未公布或不在有效期内，未上网的权力不得行使"),
        format!(
            "on the day on which the case was opened power item {item} was not published or not in force: what is not online is not exercised"
        ),
    );
}

/// A case promises no more time than its item. Limits of different units are not compared.
fn longer(promise: Option<Limit>, promised: Limit) -> Option<(String, String)> {
    let promise = promise.filter(|promise| promise.unit == promised.unit)?;
    (promise.amount > promised.amount).then(|| {
        let (amount, limit) = (promise.amount, promised.amount);
        (
            format!("承诺期限 {amount} 长于权力事项公布的 {limit}，请按公布的期限承诺"),
            format!(
                "the promise of {amount} is longer than the {limit} that the power item states"
            ),
        )
    })
}

/// A flow chart is drawn for the promise of its item.
fn flow(body: &[u8], facts: &Facts, out: &mut Findings) {
    let Ok(chart) = FlowChart::decode(body) else { return };
    let content = facts.content(ITEM, &name(&chart.power_code, chart.power_version));
    let promised = content.and_then(|content| content.item()).and_then(Item::latest_promise);
    if let (Some(drawn), Some(promised)) = (chart.promise, promised)
        && drawn != promised
    {
        out.warning(
            "promise",
            "flow.promise",
            "流程图所依据的承诺期限与权力事项现行承诺期限不同，请重新绘制",
            "the flow chart is drawn for another promise than the power item states: draw it anew",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanheyi_proto::standard::v1::{Case, LimitUnit};

    #[test]
    fn what_is_read_of_a_case_is_what_the_standard_has_there() {
        let case = Case {
            power_code: "JS048100JT-XK-1030".into(),
            power_version: 3,
            promise: Some(Limit { amount: 7, unit: LimitUnit::WorkingDay.into() }),
            created_at: 11,
            applied_at: 12,
            updated_at: 13,
            ..Case::default()
        };
        let run = CaseRun::decode(&*case.encode_to_vec()).unwrap();
        let Case { power_code, power_version, promise, created_at, .. } = case;
        assert_eq!(run, CaseRun { power_code, power_version, promise, created_at });
    }
}
