//! Bodies that keep all rules, at least one of each dataset. The decoders of `tests/` use them,
//! too: hence nothing but the standard's own types in here, and paths that are spelled out.

use prost::Message;
use sanheyi_proto::standard::v1::{Limit, LimitUnit};

#[path = "samples/activity.rs"]
mod activity;
#[path = "samples/case.rs"]
mod case;
#[path = "samples/catalogue.rs"]
mod catalogue;
#[path = "samples/codes.rs"]
mod codes;
#[path = "samples/custody.rs"]
mod custody;
#[path = "samples/exchange.rs"]
mod exchange;
#[path = "samples/joint.rs"]
mod joint;
#[path = "samples/organisation.rs"]
mod organisation;
#[path = "samples/penalty.rs"]
mod penalty;
#[path = "samples/supervision.rs"]
mod supervision;

pub(crate) use case::{case, step};
pub(crate) use catalogue::item;

/// Name of a dataset, and a body of it.
pub(crate) type Sample = (&'static str, Vec<u8>);

/// 2010-11-23, 08:00 in Beijing.
pub(crate) const MORNING: i64 = 1_290_470_400_000_000;

/// All of them.
pub(crate) fn samples() -> Vec<Sample> {
    let rooms = [
        activity::samples,
        case::samples,
        catalogue::samples,
        codes::samples,
        custody::samples,
        exchange::samples,
        joint::samples,
        organisation::samples,
        penalty::samples,
        supervision::samples,
    ];
    rooms.into_iter().flat_map(|samples| samples()).collect()
}

/// One of them.
fn sample(dataset: &'static str, body: &impl Message) -> Sample {
    (dataset, body.encode_to_vec())
}

fn limit(amount: u32) -> Limit {
    Limit { amount, unit: LimitUnit::WorkingDay.into() }
}
