//! W5: one core. What the hub does with a segment before and between the questions that it asks its
//! store, against decoding the same bodies with prost alone: of cases on one power item, and of
//! steps of cases that are there. The answers of the store cost nothing here.

use std::collections::BTreeSet;
use std::hint::black_box;

use anyhow::{Context as _, bail};
use prost::Message;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::gate::{
    Candidate, Content, Edition, Facts, Head, Key, Needs, Standing, Version, judge, needs,
};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::segment::{Opened, SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_node::branch::seal;
use sanheyi_proto::standard::v1::{Case, CaseStep};
use sanheyi_proto::{STANDARD, Violations, dataset};
use sanheyi_tests::fixtures::{CASE, ITEM, MORNING, POWER, STEP, item};

use super::load::{FAMILY, record};
use super::machine::seconds;
use super::plan::Plan;
use super::table::Table;

/// Records of a segment.
const SEGMENT: u64 = 500;

/// Records of one dataset: ids and bodies.
type Records = Vec<(String, Vec<u8>)>;

/// Measures one run of both datasets.
///
/// # Errors
/// If a record is not accepted.
pub(crate) fn run(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let count = plan.records;
    let cases: Records = (0..count).map(|number| record(number * FAMILY)).collect();
    let steps = (0..).filter(|number| number % FAMILY != 0);
    let steps: Records = steps.take(usize::try_from(count)?).map(record).collect();
    measure::<Case>("W5 cases", CASE, &cases, table)?;
    measure::<CaseStep>("W5 steps", STEP, &steps, table)
}

fn measure<M: Message + Default>(
    name: &str,
    dataset_name: &'static str,
    records: &[(String, Vec<u8>)],
    table: &mut Table,
) -> anyhow::Result<()> {
    let bytes: usize = records.iter().map(|(_, body)| body.len()).sum();
    let segments = segments(dataset_name, records)?;
    let lane = Lane::from(dataset(dataset_name).context("the dataset is known")?.lane);
    let count = records.len() as f64;

    let began = seconds();
    for (_, body) in records {
        black_box(M::decode(body.as_slice())?);
    }
    let decoding = (seconds() - began) / count * 1e6;

    let item = item(POWER).encode_to_vec();
    let mut reader = SegmentReader::new(Suite::Intl)?;
    let mut tree = Tree::new(Suite::Intl);
    let (mut opening, mut judging, mut accepted) = (0.0, 0.0, 0);
    for segment in &segments {
        let began = seconds();
        let opened = reader.open(segment)?;
        opened.digests().for_each(|digest| tree.push(*digest));
        let between = seconds();
        accepted += judged(&opened, lane, &item);
        opening += between - began;
        judging += seconds() - between;
    }
    black_box(tree.root());
    if accepted != records.len() {
        bail!("{name}: {accepted} of {count} records are accepted");
    }
    let all = (opening + judging) / count * 1e6;
    table.add(format!("{name}: body"), "B/record", bytes as f64 / count);
    table.add(format!("{name}: prost decodes the body"), "µs/record", decoding);
    table.add(
        format!("{name}: inflate, read, digest, leaf, tree"),
        "µs/record",
        opening / count * 1e6,
    );
    table.add(format!("{name}: ask and judge"), "µs/record", judging / count * 1e6);
    table.add(format!("{name}: all of it, one core"), "records/s", 1e6 / all);
    table.add(format!("{name}: all of it against prost alone"), "times", all / decoding);
    let ratio = judging / count * 1e6 / decoding;
    table.add(format!("{name}: asking and judging against prost alone"), "times", ratio);
    Ok(())
}

/// Judges a segment as the hub judges a range: asks, takes the answers, judges and learns. Answers
/// how many are accepted without a warning.
fn judged(opened: &Opened, lane: Lane, item: &[u8]) -> usize {
    let edition = Edition::CURRENT;
    let (mut asked, mut new) = (Needs::default(), BTreeSet::new());
    for entry in opened.iter() {
        let header = &entry.header;
        needs(header, entry.body.map(|(_, body)| body), &edition, &mut asked);
        let known = edition.dataset(header.dataset).filter(|one| one.referable);
        if let Some(dataset) = known.filter(|_| header.revision == 1) {
            new.insert(Key { dataset: dataset.name, record: header.record.to_owned() });
        }
    }
    let mut facts = answers(&asked, item);
    black_box(new);
    let mut scratch = Violations::default();
    let mut accepted = 0;
    for entry in opened.iter() {
        let (header, body) = (&entry.header, entry.body.map(|(_, body)| body));
        let verdict = judge(&Candidate { header, body, lane }, &edition, &facts, &mut scratch);
        let plain = verdict.standing == Standing::Accepted && verdict.reasons.is_empty();
        accepted += usize::from(plain);
        facts.learn(header, body, entry.digest, verdict.standing);
    }
    accepted
}

/// What the hub's store would say: all that they refer to is there, once, and accepted.
fn answers(asked: &Needs, item: &[u8]) -> Facts {
    let mut facts = Facts::default();
    for key in &asked.records {
        facts.know_record(key, Some(Head { revision: 1, standing: Standing::Accepted }));
    }
    for key in asked.contents.iter().filter(|key| key.dataset == ITEM) {
        if let Some(mut content) = Content::empty(key.dataset) {
            let (operation, body) = (Operation::Put, Some(item));
            content.add(&Version { revision: 1, occurred: MORNING, operation, body });
            facts.know_content(key, content);
        }
    }
    facts
}

fn segments(dataset: &str, records: &[(String, Vec<u8>)]) -> anyhow::Result<Vec<bytes::Bytes>> {
    let mut writer = SegmentWriter::new()?;
    let mut segments = Vec::new();
    for (number, (record, body)) in (0u64..).zip(records) {
        let header = Header {
            dataset: dataset.parse()?,
            record: record.parse()?,
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: STANDARD,
            occurred: MORNING,
            recorded: MORNING,
            body_digest: Digest::new([0; 32]),
        };
        let mut salt = [0; 16];
        let mixed = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        salt.copy_from_slice(&mixed.to_le_bytes());
        let entry = seal(header, Salt(salt), body.clone().into());
        writer.push(&entry.header, &entry.body.salt, &entry.body.bytes);
        if writer.len() as u64 == SEGMENT {
            segments.push(writer.finish()?);
        }
    }
    if !writer.is_empty() {
        segments.push(writer.finish()?);
    }
    Ok(segments)
}
