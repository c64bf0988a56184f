//! ... whole, before anything of it is taken in.

use std::io::Cursor;

use sanheyi_exchange_spec::carry::CarryError;
use sanheyi_exchange_spec::limits::CARRY_BYTES;
use sanheyi_hub::carry::CarryFault as HubFault;
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::uplink::carry::{Carrier, CarryFault};
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::knobs::seed;
use sanheyi_tests::world::{
    ALL, NodeMachine, World, answer, assert_converged, bring, carrier, export, ferry, hub_rows, id,
    node_rows, round_trip, take,
};

/// Regions of a file in each of which some byte is changed.
const REGIONS: usize = 40;

async fn with_entries(world: &mut World, name: &str) -> NodeMachine {
    let node = world.node(name).await;
    round_trip(world, &node).await;
    node.submit(new_complaints(1..101)).await;
    node
}

/// The file with one byte changed in each of its regions, then cut off in each.
fn damaged(file: &[u8]) -> Vec<Vec<u8>> {
    let chance = SeededEntropy::new(seed());
    let mut damaged = Vec::new();
    for region in 0..REGIONS {
        let (from, to) = (file.len() * region / REGIONS, file.len() * (region + 1) / REGIONS);
        let at = from + usize::try_from(chance.u64()).unwrap() % (to - from);
        let mut changed = file.to_vec();
        changed[at] ^= 1 << (chance.u64() % 8);
        damaged.push(changed);
        damaged.push(file[..at].to_vec());
    }
    damaged.push([file, b"\n"].concat());
    damaged
}

#[tokio::test]
async fn whatever_byte_was_changed_nothing_of_the_file_is_taken_in() {
    let mut world = World::new(710, &["jintan"]).await;
    let node = with_entries(&mut world, "jintan").await;
    let up = export(&node, ALL).await.remove(0);
    let mut there = ferry(&world).await;
    let before = hub_rows(&world, &id("jintan")).await;
    for file in damaged(&up) {
        let refused = take(&mut there, &file).await.unwrap_err();
        let by_file = matches!(refused, HubFault::File(_) | HubFault::Unknown(_));
        assert!(by_file, "{refused}");
        assert!(refused.to_string().contains(" · "), "both languages: {refused}");
    }
    assert_eq!(hub_rows(&world, &id("jintan")).await, before);

    let taken = take(&mut there, &up).await.unwrap();
    let down = answer(&there, &taken).await;
    let before = node_rows(&node).await;
    for file in damaged(&down) {
        let refused = bring(&node, &file).await.unwrap_err();
        assert!(matches!(refused, CarryFault::File(_)), "{refused}");
    }
    assert_eq!(node_rows(&node).await, before);
    bring(&node, &down).await.unwrap();
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_file_is_for_one_reader_and_goes_one_way() {
    let mut world = World::new(711, &["jintan", "wujin"]).await;
    let jintan = with_entries(&mut world, "jintan").await;
    let wujin = with_entries(&mut world, "wujin").await;
    let up = export(&jintan, ALL).await.remove(0);
    let mut there = ferry(&world).await;
    let taken = take(&mut there, &up).await.unwrap();
    let down = answer(&there, &taken).await;
    let refused = bring(&wujin, &down).await.unwrap_err();
    assert!(matches!(refused, CarryFault::File(CarryError::Recipient { .. })), "{refused}");
    for file in [&up, &down] {
        // What goes up is for the hub, and the hub takes in nothing that goes down.
        let (here, hub) = (bring(&jintan, file).await, take(&mut there, file).await);
        let wrong = |error: &CarryError| {
            matches!(error, CarryError::Recipient { .. } | CarryError::Direction { .. })
        };
        if file == &up {
            assert!(matches!(&here, Err(CarryFault::File(error)) if wrong(error)), "{here:?}");
        } else {
            assert!(hub.is_err(), "{hub:?}");
            here.unwrap();
        }
    }
    let mut last = export(&wujin, ALL).await.remove(0);
    let taken = take(&mut there, &last).await.unwrap();
    last = answer(&there, &taken).await;
    bring(&wujin, &last).await.unwrap();
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_file_counts_only_with_the_signature_of_the_platform_it_names() {
    let mut world = World::new(712, &["jintan", "wujin"]).await;
    let jintan = with_entries(&mut world, "jintan").await;
    let wujin = with_entries(&mut world, "wujin").await;
    // Wujin's machine writes in the name of Jintan.
    let forged = Carrier { key: wujin.parts().key, ..carrier(&jintan) };
    let mut files: Vec<Vec<u8>> = Vec::new();
    forged.export(ALL, &mut files).await.unwrap();
    let mut there = ferry(&world).await;
    let before = hub_rows(&world, &id("jintan")).await;
    let refused = take(&mut there, &files[0]).await.unwrap_err();
    assert!(matches!(refused, HubFault::File(CarryError::Writer(_))), "{refused}");
    assert_eq!(hub_rows(&world, &id("jintan")).await, before);
    round_trip(&world, &jintan).await;
    assert_converged(&world, &jintan).await;
}

#[tokio::test]
async fn a_stranger_and_a_file_beyond_the_bound_are_refused() {
    let mut world = World::new(713, &["jintan", "wujin"]).await;
    let node = with_entries(&mut world, "jintan").await;
    let up = export(&node, ALL).await.remove(0);
    let other = World::new(714, &[]).await;
    let mut there = ferry(&other).await;
    let refused = take(&mut there, &up).await.unwrap_err();
    assert!(matches!(refused, HubFault::Unknown(_)), "{refused}");

    let mut there = ferry(&world).await;
    let refused = there.take(Cursor::new(&up), CARRY_BYTES + 1).await.unwrap_err();
    assert!(matches!(refused, HubFault::File(CarryError::TooLong)), "{refused}");
    let refused = there.take(Cursor::new(&up), CARRY_BYTES).await.unwrap_err();
    assert!(matches!(refused, HubFault::File(CarryError::Truncated(_) | CarryError::Note(_))));
}
