//! Across records: every rule fires, and beside it what just passes.

use prost::Message as _;
use sanheyi_exchange_spec::conflict::{self, Conflict};
use sanheyi_exchange_spec::entry::{Body, Operation};
use sanheyi_exchange_spec::erasure::{self, Erasure};
use sanheyi_exchange_spec::gate::{Head, Standing};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_proto::STANDARD;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Benchmark, BenchmarkGrade, Case, CaseStep, Decision, DiscretionRange,
    FlowChart, Limit, LimitUnit, Penalty, PenaltyKind, PowerItem, PowerState, RangeType,
    StandardVersion,
};

use super::{Accepted, Known, Scene, sample};
use crate::entries::{MORNING, salt};

const ITEM: &str = "catalogue.power_item";
const BENCHMARK: &str = "catalogue.benchmark";
const CODE: &str = "JS048100JT-XK-1030-3";
const NO: &str = "JS048100JT0000000217";
const DAY: i64 = 24 * 3_600_000_000;

pub(super) fn scenes() -> Vec<Scene> {
    let mut scenes = readers();
    scenes.extend(exchange());
    scenes.extend(erasures());
    scenes.extend(names_and_custody());
    scenes.extend(super::custody::scenes());
    scenes.extend(references());
    scenes.extend(items());
    scenes.extend(promises());
    scenes.extend(discretion());
    scenes
}

fn case_at(at: i64, change: impl FnOnce(&mut Case)) -> Vec<u8> {
    sample("case.case", 1, |case: &mut Case| {
        (case.applied_at, case.created_at, case.updated_at) = (at, at, at);
        change(case);
    })
}

fn case() -> Vec<u8> {
    case_at(MORNING, |_| ())
}

fn step() -> Vec<u8> {
    sample("case.step", 1, |_: &mut CaseStep| ())
}

fn item(change: impl FnOnce(&mut PowerItem)) -> Vec<u8> {
    sample(ITEM, 0, |item: &mut PowerItem| {
        item.state = PowerState::Published.into();
        item.valid_until = None;
        change(item);
    })
}

/// What the city's reader does not know yet, or may not have from a branch.
fn readers() -> Vec<Scene> {
    let of_the_hub = sample("codes.standard_version", 0, |_: &mut StandardVersion| ());
    vec![
        Scene::new("a dataset that is not known yet", "weather.report", case()),
        Scene::new("a version of the standard that is not known yet", "case.case", case())
            .with(|header| header.standard = STANDARD + 1),
        Scene::new("an older version of the standard", "case.case", case())
            .among()
            .with(|header| header.standard = 1),
        Scene { lane: Lane::Urgent, ..Scene::new("the wrong lane", "case.case", case()).among() },
        Scene::new("what the hub alone writes", "codes.standard_version", of_the_hub).among(),
        Scene { body: None, ..Scene::new("a put whose body is erased", "case.case", case()) },
        Scene::new("a withdrawal says what it likes", "case.case", b"\xff".to_vec())
            .with(|header| header.operation = Operation::Withdraw),
        Scene::new("bytes that are not protobuf", "case.case", b"\xff".to_vec()),
    ]
}

/// Entries of the exchange's own family in an author's journal.
fn exchange() -> Vec<Scene> {
    let inside = Scene::new("inside", "case.case", b"first".to_vec());
    let body = Body { salt: salt(0x11), bytes: (&b"first"[..]).into() };
    let kept = Conflict::new(inside.header.encode().into(), body, None).unwrap();
    vec![
        Scene::new("a conflict entry", conflict::DATASET, kept.encode()),
        Scene::new("a conflict entry that is none", conflict::DATASET, b"\xff".to_vec()),
        Scene::new("a receipt by an author", "exchange.receipt", Vec::new()),
    ]
}

/// What an author says of an entry of its own whose body is gone.
fn erasures() -> Vec<Scene> {
    let digest = Digest::new([7; 32]);
    let said = |dataset: &str| Erasure {
        dataset: dataset.parse().unwrap(),
        record: NO.parse().unwrap(),
        revision: 2,
        digest,
        reason: "保存期限届满".into(),
        basis: "档案保管期限表第三条".into(),
        decided_by: "数据管理科".into(),
    };
    let scene = |name, erasure: &Erasure, there: Option<Digest>| {
        let mut scene = Scene::new(name, erasure::DATASET, erasure.encode())
            .with(|header| header.record = erasure.record_id().parse().unwrap());
        let known = there.map(|digest| ("case.case", NO.into(), 2, digest));
        scene.known.revisions.extend(known);
        scene
    };
    let other = Some(Digest::new([8; 32]));
    let (case, there) = (said("case.case"), Some(digest));
    let of_conflict = said(conflict::DATASET);
    let mut inside = scene("an erasure of a conflict entry", &of_conflict, None);
    inside.known.revisions.push((conflict::DATASET, NO.into(), 2, digest));
    let named = scene("an erasure by another name than its digest", &case, there);
    let again = scene("an erasure has one revision", &case, there);
    let mut none = scene("an erasure that is none", &case, there);
    none.body = Some(b"\xff".to_vec());
    vec![
        scene("an erasure of an entry that is there", &case, there),
        inside,
        scene("an erasure of an entry that is not there", &case, None),
        scene("an erasure of another entry than stands there", &case, other),
        scene("an erasure in a dataset that is not known yet", &said("weather.report"), None),
        named.with(|header| header.record = NO.parse().unwrap()),
        again.with(|header| (header.revision, header.follows) = (2, Some(digest))),
        none,
    ]
}

fn names_and_custody() -> Vec<Scene> {
    let before = Digest::new([2; 32]);
    let second = |name, follows: Digest, known: bool| {
        let mut scene = Scene::new(name, "case.case", case()).among().with(|header| {
            header.revision = 2;
            header.follows = Some(follows);
        });
        if known {
            scene.known.revisions.push(("case.case", NO.into(), 1, before));
        }
        scene
    };
    let mut taken = Scene::new("a revision that another entry has", "case.case", case());
    taken.known.taken = true;
    let mut withdrawn = second("a withdrawal follows the revision before it, too", before, false);
    withdrawn.header.operation = Operation::Withdraw;
    vec![
        Scene::new("a record with another name than its body's", "case.case", case())
            .among()
            .with(|header| header.record = "JS048100JT0000000218".parse().unwrap()),
        taken,
        second("a revision that comes before its predecessor", before, false),
        second("a revision that follows the one before it", before, true),
        second("a revision that follows another content", Digest::new([3; 32]), true),
        withdrawn,
        Scene::new("a custody epoch whose opening has not come", "case.case", case())
            .among()
            .with(|header| header.custody_epoch = 1),
    ]
}

fn references() -> Vec<Scene> {
    let beside = |name, standing, revision| {
        let mut scene = Scene::new(name, "case.step", step());
        let head = Head { revision, standing };
        scene.known.records.push(("case.case", NO.into(), head));
        scene
    };
    let wrong = sample("case.step", 1, |step: &mut CaseStep| step.ordinal = 10_000);
    vec![
        Scene::new("a step whose case is absent", "case.step", step()),
        beside("a step whose case is accepted", Standing::Accepted, 1),
        beside("a step whose case is pending", Standing::Pending, 1),
        beside("a step whose case is quarantined", Standing::Quarantined, 1),
        beside("a step whose case was corrected", Standing::Accepted, 2),
        Scene::new("an error counts although the case is absent", "case.step", wrong),
        Scene::new("a decision waits for the first that is absent", "case.decision", simple()),
    ]
}

fn accepted(revision: u64, occurred: i64, body: Vec<u8>) -> Accepted {
    Accepted { revision, occurred, operation: Operation::Put, body: Some(body) }
}

/// A record that runs on an item of which this is known.
fn on(name: &'static str, of: &'static str, body: Vec<u8>, revisions: Vec<Accepted>) -> Scene {
    let mut scene = Scene::new(name, of, body).among();
    let key = scene.asks().contents.into_iter().next().unwrap();
    scene.known.contents.push((key.dataset, key.record, revisions));
    scene
}

fn items() -> Vec<Scene> {
    let state = |state: PowerState| item(|item| item.state = state.into());
    let open = |name, at, revisions| on(name, "case.case", case_at(at, |_| ()), revisions);
    let story = || {
        vec![
            accepted(1, MORNING, item(|_| ())),
            accepted(2, MORNING + DAY, state(PowerState::Suspended)),
        ]
    };
    let ends = || vec![accepted(1, MORNING, item(|one| one.valid_until = Some(MORNING + DAY)))];
    let early = || vec![accepted(1, MORNING, item(|one| one.valid_from = MORNING - 30 * DAY))];
    let withdraw =
        Accepted { revision: 2, occurred: MORNING, operation: Operation::Withdraw, body: None };
    let gone = vec![accepted(1, MORNING, item(|_| ())), withdraw];
    let mut unknown = Scene::new("a case on an item that stands quarantined", "case.case", case());
    let head = Head { revision: 1, standing: Standing::Quarantined };
    unknown.known.records.push((ITEM, CODE.into(), head));
    unknown.known.contents.push((ITEM, CODE.into(), Vec::new()));
    let penalty = sample("case.penalty", 1, |_: &mut Penalty| ());
    let draft = sample(ITEM, 2, |item: &mut PowerItem| {
        item.code = "JS048100JT-CF-2040".into();
        item.state = PowerState::Draft.into();
    });
    vec![
        open("a case on a published item", MORNING, vec![accepted(1, MORNING, item(|_| ()))]),
        open("a case on a draft", MORNING, vec![accepted(1, MORNING, state(PowerState::Draft))]),
        open("just before the item is suspended", MORNING + DAY - 1, story()),
        open("as the item is suspended", MORNING + DAY, story()),
        open("just before the item ends", MORNING + DAY - 1, ends()),
        open("as the item ends", MORNING + DAY, ends()),
        open("before the item was first reported, within its validity", MORNING - DAY, early()),
        open("before the item is valid", MORNING - 31 * DAY, early()),
        open("a case on an item that was withdrawn", MORNING, gone),
        unknown,
        on("a penalty case on a draft", "case.penalty", penalty, vec![accepted(1, MORNING, draft)]),
    ]
}

fn promises() -> Vec<Scene> {
    let limit = |amount, unit: LimitUnit| Some(Limit { amount, unit: unit.into() });
    let published = || vec![accepted(1, MORNING, item(|_| ()))];
    let promise = |name, amount, unit| {
        let body = case_at(MORNING, |case| case.promise = limit(amount, unit));
        on(name, "case.case", body, published())
    };
    let drawn = |name, amount, unit| {
        let chart = sample("catalogue.flow_chart", 1, |chart: &mut FlowChart| {
            chart.promise = limit(amount, unit);
        });
        on(name, "catalogue.flow_chart", chart, published())
    };
    vec![
        promise("a promise longer than that of the item", 8, LimitUnit::WorkingDay),
        promise("a promise in another unit is not compared", 8, LimitUnit::CalendarDay),
        drawn("a flow chart drawn for the promise of its item", 7, LimitUnit::WorkingDay),
        drawn("a flow chart drawn for another promise", 8, LimitUnit::WorkingDay),
    ]
}

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: unit.into() })
}

fn simple() -> Vec<u8> {
    sample("case.decision", 1, |_: &mut Decision| ())
}

/// 65,000 to 85,000 yuan, or 13 to 17 times the worth of the goods; detention up to five days.
fn benchmark() -> Vec<u8> {
    let range = |kind: PenaltyKind, r#type: RangeType| DiscretionRange {
        penalty_kind: kind.into(),
        r#type: r#type.into(),
        ..DiscretionRange::default()
    };
    let money = DiscretionRange {
        low: amount("65000", AmountUnit::Yuan),
        high: amount("8.5", AmountUnit::WanYuan),
        ..range(PenaltyKind::Fine, RangeType::Bounds)
    };
    let multiples = DiscretionRange {
        base_name: "货值金额".into(),
        low_multiple: "13".into(),
        high_multiple: "17".into(),
        ..range(PenaltyKind::Fine, RangeType::Base)
    };
    let days = DiscretionRange {
        high: amount("5", AmountUnit::Day),
        ..range(PenaltyKind::Detention, RangeType::Bounds)
    };
    let ranges = vec![money, multiples, days];
    let grade = BenchmarkGrade {
        id: "YB".into(),
        name: "一般".into(),
        ranges,
        ..BenchmarkGrade::default()
    };
    let body = Benchmark {
        power_code: "JS048100JT-CF-2040".into(),
        power_version: 1,
        serial: 1,
        grades: vec![grade],
        valid_from: MORNING,
        valid_until: Some(MORNING + DAY),
        ..Benchmark::default()
    };
    body.encode_to_vec()
}

/// With a reason and a second person.
fn leave(decision: &mut Decision) {
    decision.outside_benchmark = true;
    decision.outside_reason = "主动消除危害后果，从轻处罚。".into();
    decision.second_person = "JT0002".into();
    decision.fine = amount("60000", AmountUnit::Yuan);
}

fn discretion() -> Vec<Scene> {
    let decided = |name, change: fn(&mut Decision)| {
        let body = sample("case.decision", 1, |decision: &mut Decision| {
            decision.classes = vec![PenaltyKind::Fine.into()];
            decision.procedure = 2;
            decision.last_step = 7;
            decision.benchmark_serial = 1;
            decision.benchmark_grade = "YB".into();
            decision.fine = amount("70000", AmountUnit::Yuan);
            change(decision);
        });
        let mut scene = Scene::new(name, "case.decision", body).among();
        let record = "JS048100JT-CF-2040-1-001".to_owned();
        let known = vec![accepted(1, MORNING, benchmark())];
        scene.known = Known { contents: vec![(BENCHMARK, record, known)], ..scene.known };
        scene
    };
    vec![
        decided("a fine within its grade", |_| ()),
        decided("a fine at the upper edge, in ten thousand yuan", |one| {
            one.fine = amount("8.5", AmountUnit::WanYuan);
        }),
        decided("a fine above its grade", |one| one.fine = amount("85000.01", AmountUnit::Yuan)),
        decided("a fine by multiples of the goods", |one| {
            one.fine = amount("26", AmountUnit::WanYuan);
            one.base = amount("20000", AmountUnit::Yuan);
        }),
        decided("days of detention above its grade", |one| {
            one.classes = vec![PenaltyKind::Detention.into()];
            one.fine = None;
            one.detention_days = 6;
        }),
        decided("a grade that the benchmark does not have", |one| {
            one.benchmark_grade = "YZ".into();
        }),
        decided("a benchmark that has ended", |one| {
            (one.decided_at, one.updated_at) = (MORNING + DAY, MORNING + DAY);
        }),
        decided("the benchmark is left, and it is said why", leave),
        decided("it is said that the benchmark is left, but it is not", |one| {
            leave(one);
            one.fine = amount("70000", AmountUnit::Yuan);
        }),
    ]
}
