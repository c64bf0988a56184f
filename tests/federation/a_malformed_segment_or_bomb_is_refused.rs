//! Whatever bytes come, they are held against every bound before anything is stored; the refusal
//! names the place, and the connection goes on.

use bytes::Bytes;
use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits::{
    BODY_BYTES, FRAME_BYTES, FRAME_RATIO, FRAME_RATIO_FREE_BYTES, JOURNALS_PER_CALL, MESSAGE_BYTES,
    SEGMENT_ENTRIES, WINDOW_BYTES, WINDOW_SEGMENTS,
};
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_node::branch::{Sealed, seal};
use sanheyi_node::uplink::port::{HubPort as _, PullCall, PushCall};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::world::{Foreign, World, hub_rows, id};

use crate::{refusal, refused};

async fn greeted(world: &mut World) -> Foreign {
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    foreign
}

/// A good push with other segments.
fn with(foreign: &mut Foreign, segments: Vec<Bytes>) -> PushCall {
    let one = foreign.entry(COMPLAINT, &complaint_no(1), None, vec![]);
    PushCall { segments, ..foreign.push_call(&[one]) }
}

/// A segment's beginning: entries, then lengths of headers and bodies, inflated and packed.
fn preamble(lengths: [usize; 5]) -> Vec<u8> {
    let mut bytes = b"SHY1".to_vec();
    for length in lengths {
        bytes.extend_from_slice(&u32::try_from(length).unwrap().to_le_bytes());
    }
    bytes
}

fn bad_segments(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let bomb = FRAME_RATIO_FREE_BYTES + 1;
    let packed = bomb / FRAME_RATIO;
    let mut ratio = preamble([1, bomb, packed, 0, 0]);
    ratio.resize(ratio.len() + packed, 0);
    let mut longer = good.to_vec();
    longer.push(0);
    vec![
        ("empty", Vec::new()),
        ("another magic", b"SHY2".to_vec()),
        ("truncated", good[..good.len() - 1].to_vec()),
        ("longer than it says", longer),
        ("a bomb by its ratio", ratio),
        ("a bomb by its size", preamble([1, FRAME_BYTES + 1, 9, 0, 0])),
        ("no entries", preamble([0, 0, 0, 0, 0])),
        ("too many entries", preamble([SEGMENT_ENTRIES + 1, 9, 9, 9, 9])),
        ("noise", (0..200).map(|n: u8| n.wrapping_mul(37)).collect()),
    ]
}

/// A header that does not follow the form: revision 2 that follows nothing.
fn unformed(foreign: &Foreign) -> Sealed {
    let good = foreign.entry(COMPLAINT, &complaint_no(1), None, vec![]);
    let view = sanheyi_exchange_spec::entry::HeaderView::parse(&good.header).unwrap();
    let header = Header { revision: 2, ..view.to_header().unwrap() };
    seal(header, good.body.salt, Bytes::new())
}

#[tokio::test]
async fn and_the_connection_goes_on() {
    let mut world = World::new(200, &["jintan"]).await;
    let mut foreign = greeted(&mut world).await;
    let one = foreign.entry(COMPLAINT, &complaint_no(1), None, vec![]);
    let good = foreign.segment(std::slice::from_ref(&one));
    for (what, bytes) in bad_segments(&good) {
        let call = with(&mut foreign, vec![bytes.into()]);
        let refusal = refused(foreign.port.push(call).await, Code::Malformed);
        assert!(refusal.place.contains(&foreign.journal.to_string()), "{what}: {refusal}");
    }
    let bad = unformed(&foreign);
    let segment = foreign.segment(&[bad]);
    let call = with(&mut foreign, vec![segment]);
    let refusal = refused(foreign.port.push(call).await, Code::Malformed);
    assert!(refusal.en.contains("follows"), "{refusal}");

    let large = foreign.entry(COMPLAINT, &complaint_no(2), None, vec![b'x'; BODY_BYTES + 1]);
    let call = foreign.push_call(&[large]);
    refused(foreign.port.push(call).await, Code::Malformed);
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 0);
    foreign.push(&[one]).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_in_the_middle_takes_the_whole_push_back() {
    let mut world = World::new(201, &["jintan"]).await;
    let mut foreign = greeted(&mut world).await;
    let one = foreign.entry(COMPLAINT, &complaint_no(1), None, vec![]);
    let good = foreign.segment(std::slice::from_ref(&one));
    let call = with(&mut foreign, vec![good.clone(), good.slice(..10)]);
    refused(foreign.port.push(call).await, Code::Malformed);
    let call = with(&mut foreign, Vec::new());
    refused(foreign.port.push(call).await, Code::Malformed);
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 0);
}

#[tokio::test]
async fn at_and_beyond_the_bounds_of_a_call() {
    let mut world = World::new(202, &["jintan"]).await;
    let mut foreign = greeted(&mut world).await;
    let count = u64::try_from(WINDOW_SEGMENTS).unwrap();
    let entries: Vec<_> =
        (1..=count).map(|n| foreign.entry(COMPLAINT, &complaint_no(n), None, vec![])).collect();
    let singly: Vec<_> =
        entries.iter().map(|entry| foreign.segment(std::slice::from_ref(entry))).collect();

    let mut beyond = singly.clone();
    beyond.push(singly[0].clone());
    let call = with(&mut foreign, beyond);
    let refusal = refused(foreign.port.push(call).await, Code::Malformed);
    assert_eq!(refusal.place, "segments");

    let call = PushCall { segments: singly, ..foreign.push_call(&entries) };
    assert_eq!(foreign.port.push(call).await.unwrap().durable, count);

    let cursors = |many| vec![(foreign.journal.clone(), count); many];
    let pull = |many| PullCall {
        epochs: Vec::new(),
        generation: foreign.position.generation,
        cursors: cursors(many),
        wait: std::time::Duration::ZERO,
        max_bytes: WINDOW_BYTES,
    };
    foreign.port.pull(pull(JOURNALS_PER_CALL)).await.unwrap();
    let refusal = refused(foreign.port.pull(pull(JOURNALS_PER_CALL + 1)).await, Code::Malformed);
    assert_eq!(refusal.place, "cursors");
}

/// Well-formed segments of noise: `bytes` in all, with bodies of `body_bytes`.
fn noise(foreign: &Foreign, bytes: usize, body_bytes: usize) -> (Vec<Sealed>, Vec<Bytes>) {
    let mut state = 1_u64;
    let mut body = || -> Vec<u8> {
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u8::try_from(state >> 56).unwrap()
        };
        (0..body_bytes).map(|_| draw()).collect()
    };
    let mut writer = SegmentWriter::new().unwrap();
    let (mut entries, mut segments) = (Vec::new(), Vec::<Bytes>::new());
    while segments.iter().map(Bytes::len).sum::<usize>() < bytes {
        let serial = u64::try_from(entries.len()).unwrap();
        let entry = foreign.entry(COMPLAINT, &complaint_no(serial), None, body());
        writer.push(&entry.header, &entry.body.salt, &entry.body.bytes);
        segments.push(writer.finish().unwrap());
        entries.push(entry);
    }
    (entries, segments)
}

#[tokio::test]
async fn an_answer_keeps_its_bound_however_many_journals_are_asked_for() {
    let mut world = World::new(204, &["jintan"]).await;
    let mut foreign = greeted(&mut world).await;
    let (entries, segments) = noise(&foreign, WINDOW_BYTES, BODY_BYTES / 4);
    let call = PushCall { segments, ..foreign.push_call(&entries) };
    foreign.port.push(call).await.unwrap();
    let pull = PullCall {
        epochs: Vec::new(),
        generation: foreign.position.generation,
        cursors: vec![(foreign.journal.clone(), 0); JOURNALS_PER_CALL],
        wait: std::time::Duration::ZERO,
        max_bytes: WINDOW_BYTES,
    };
    let answer = foreign.port.pull(pull).await.unwrap();
    let bytes: usize = answer.tails.iter().flat_map(|tail| &tail.segments).map(Bytes::len).sum();
    assert!(!answer.tails.is_empty() && bytes <= WINDOW_BYTES + 2 * FRAME_BYTES, "{bytes}");
}

#[tokio::test]
async fn a_push_beyond_the_window_is_refused_and_a_message_beyond_its_bound_is_not_even_read() {
    let mut world = World::new(203, &["jintan"]).await;
    let mut foreign = greeted(&mut world).await;
    let (entries, segments) = noise(&foreign, WINDOW_BYTES + 2 * FRAME_BYTES, BODY_BYTES);
    let call = PushCall { segments, ..foreign.push_call(&entries[..1]) };
    let refusal = refusal(foreign.port.push(call).await);
    assert_eq!(refusal.code, Code::Malformed, "{refusal}");

    let (entries, segments) = noise(&foreign, MESSAGE_BYTES, BODY_BYTES);
    let call = PushCall { segments, ..foreign.push_call(&entries[..1]) };
    let line = foreign.unbounded_push(call).await.unwrap_err();
    assert!(matches!(line.code(), tonic::Code::OutOfRange), "{line}");

    let one = foreign.entry(COMPLAINT, &complaint_no(1), None, vec![]);
    foreign.push(&[one]).await.unwrap();
}
