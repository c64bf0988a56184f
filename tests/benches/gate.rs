//! W5: one core. What the hub does with a segment before it touches its store, against decoding the
//! same bodies with prost alone.

use std::hint::black_box;

use anyhow::{Context as _, bail};
use prost::Message as _;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::gate::{Standing, judge};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_node::branch::seal;
use sanheyi_proto::standard::v1::CaseStep;
use sanheyi_proto::{STANDARD, Violations, dataset};
use sanheyi_tests::fixtures::{MORNING, STEP};

use super::load::{body, record};
use super::machine::seconds;
use super::plan::Plan;
use super::table::Table;

/// Records of a segment.
const SEGMENT: u64 = 500;

/// Measures one run.
///
/// # Errors
/// If a record is not accepted.
pub(crate) fn run(plan: &Plan, table: &mut Table) -> anyhow::Result<()> {
    let bodies: Vec<_> = (0..plan.records).map(body).collect();
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    let segments = segments(&bodies)?;
    let lane = Lane::from(dataset(STEP).context("the dataset is known")?.lane);
    let count = plan.records as f64;

    let began = seconds();
    for body in &bodies {
        black_box(CaseStep::decode(body.as_slice())?);
    }
    let decoding = (seconds() - began) / count * 1e6;

    let mut reader = SegmentReader::new(Suite::Intl)?;
    let mut tree = Tree::new(Suite::Intl);
    let mut scratch = Violations::default();
    let (mut opening, mut judging, mut accepted) = (0.0, 0.0, 0);
    for segment in &segments {
        let began = seconds();
        let opened = reader.open(segment)?;
        opened.digests().for_each(|digest| tree.push(*digest));
        let between = seconds();
        for entry in opened.iter() {
            let body = entry.body.map(|(_, body)| body);
            let verdict = judge(&entry.header, body, lane, &mut scratch);
            accepted += u64::from(verdict.standing == Standing::Accepted);
        }
        opening += between - began;
        judging += seconds() - between;
    }
    black_box(tree.root());
    if accepted != plan.records {
        bail!("{accepted} of {} records are accepted", plan.records);
    }
    let all = (opening + judging) / count * 1e6;
    table.add("W5 body", "B/record", bytes as f64 / count);
    table.add("W5 prost decodes the body", "µs/record", decoding);
    table.add("W5 inflate, read, digest, leaf, tree", "µs/record", opening / count * 1e6);
    table.add("W5 validate and judge", "µs/record", judging / count * 1e6);
    table.add("W5 all of it, one core", "records/s", 1e6 / all);
    table.add("W5 all of it against prost alone", "times", all / decoding);
    table.add("W5 judging against prost alone", "times", judging / count * 1e6 / decoding);
    Ok(())
}

fn segments(bodies: &[Vec<u8>]) -> anyhow::Result<Vec<bytes::Bytes>> {
    let mut writer = SegmentWriter::new()?;
    let mut segments = Vec::new();
    for (number, body) in (0..).zip(bodies) {
        let header = Header {
            dataset: STEP.parse()?,
            record: record(number).parse()?,
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
        salt.copy_from_slice(&u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
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
