//! What a branch foresees, and what it carries on: the content of its own records decides, and
//! fields that it does not know go on.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Benchmark, BenchmarkGrade, Decision, DiscretionRange, PenaltyKind,
    PenaltyOutcome, PenaltyProcedure, RangeType, Target, TargetType,
};

use super::{refused_by, rules};
use crate::branch::{Appended, Draft};
use crate::tests::{DATASET, Home, MORNING, draft, next, record};

const CODE: &str = "JS048100JT-CF-2040";
const CASE: &str = "JS048100JT0000000218";

fn yuan(value: &str) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: AmountUnit::Yuan.into() })
}

fn put(dataset: &str, record: &str, body: Vec<u8>, head: Option<Appended>) -> Draft {
    Draft {
        dataset: dataset.parse().unwrap(),
        record: record.parse().unwrap(),
        operation: Operation::Put,
        occurred: MORNING,
        body: body.into(),
        follows: head.map(|head| (head.revision, head.digest)),
        reads: Vec::new(),
    }
}

/// A benchmark whose one grade ranges up to `high` yuan.
fn benchmark(high: &str, head: Option<Appended>) -> Draft {
    let range = |high: &str| DiscretionRange {
        penalty_kind: PenaltyKind::Fine.into(),
        r#type: RangeType::Bounds.into(),
        low: yuan("1000"),
        high: yuan(high),
        ..DiscretionRange::default()
    };
    let grade = BenchmarkGrade {
        id: "YB".into(),
        name: "一般".into(),
        circumstances: "初次违法".into(),
        ranges: vec![range(high)],
    };
    let body = Benchmark {
        power_code: CODE.into(),
        power_version: 1,
        serial: 1,
        violation: "未按批准的客运站点停靠".into(),
        basis: "《中华人民共和国道路运输条例》第七十条".into(),
        statutory: vec![range("30000")],
        grades: vec![grade],
        valid_from: MORNING.as_micros(),
        ..Benchmark::default()
    };
    put("catalogue.benchmark", &format!("{CODE}-1-001"), body.encode_to_vec(), head)
}

fn decision(serial: u32, fine: &str) -> Draft {
    let body = Decision {
        case_no: CASE.into(),
        serial,
        change_number: 1,
        power_code: CODE.into(),
        power_version: 1,
        last_step: 7,
        procedure: PenaltyProcedure::Ordinary.into(),
        outcome: PenaltyOutcome::Penalty.into(),
        classes: vec![PenaltyKind::Fine.into()],
        target: Some(Target {
            r#type: TargetType::Organisation.into(),
            name: "演禾运输有限公司".into(),
            ..Target::default()
        }),
        document_no: "坛交罚决〔2010〕218号".into(),
        basis: "《中华人民共和国道路运输条例》第七十条".into(),
        fine: yuan(fine),
        benchmark_serial: 1,
        benchmark_grade: "YB".into(),
        decided_by: "JT0001".into(),
        decided_at: MORNING.as_micros(),
        updated_at: MORNING.as_micros(),
        ..Decision::default()
    };
    put("case.decision", &format!("{CASE}-{serial:02}"), body.encode_to_vec(), None)
}

#[tokio::test]
async fn a_decision_outside_its_grade_is_refused_where_it_is_handed_in() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    // As long as the benchmark is not there, its gate is the hub's.
    home.submit(vec![decision(1, "9000")]).await;
    let head = home.submit(vec![benchmark("3000", None)]).await[0];
    home.submit(vec![decision(2, "3000")]).await;
    let refused = home.branch.submit(vec![decision(3, "3000.01")]).await;
    assert_eq!(rules(refused), refused_by("discretion.range"));
    // The next revision counts from when it is appended.
    home.submit(vec![benchmark("5000", Some(head))]).await;
    home.submit(vec![decision(3, "3000.01")]).await;
    let refused = home.branch.submit(vec![decision(4, "5000.01")]).await;
    assert_eq!(rules(refused), refused_by("discretion.range"));
}

/// Field 9999, as a later version may have it.
const LATER: &[u8] = b"\xfa\xf0\x04\x05later";

async fn body_of(home: &Home, revision: u64) -> Bytes {
    let history = home.store().record_revisions(DATASET, &record("A"), 10).await.unwrap();
    let place = history.iter().find(|found| found.revision == revision).unwrap().place;
    let entry = home.store().entry_get(place.journal, place.sequence).await.unwrap().unwrap();
    entry.body.unwrap()
}

#[tokio::test]
async fn a_revision_starts_from_the_bytes_of_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let plain = draft("A");
    let newer = Draft { body: [&plain.body[..], LATER].concat().into(), ..plain.clone() };
    let first = home.submit(vec![newer]).await[0];
    let second = home.submit(vec![next("A", first)]).await[0];
    let third = home.submit(vec![next("A", second)]).await[0];
    for head in [first, second, third] {
        let body = body_of(&home, head.revision).await;
        assert!(body.ends_with(LATER), "revision {} has lost a field", head.revision);
        assert_eq!(body.len(), plain.body.len() + LATER.len());
    }
}
