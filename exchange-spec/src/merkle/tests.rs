//! The tree against published vectors, against the definition, and against changed proofs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use super::tiles::{HASH, TILE_BYTES};
use super::*;
use crate::suite::{Digest, Suite};

mod proofs;
mod vectors;

const SUITE: Suite = Suite::Intl;

/// Stored tiles, which remember what was asked of them.
#[derive(Default)]
struct Store {
    tiles: BTreeMap<TileId, Vec<u8>>,
    asked: RefCell<Vec<TileId>>,
}

impl Store {
    /// The tiles of a tree over `leaves`, taken out whenever `every` leaves were pushed.
    fn of(leaves: &[Digest], every: usize) -> Store {
        let mut store = Store::default();
        let mut tree = Tree::new(SUITE);
        for batch in leaves.chunks(every) {
            batch.iter().for_each(|leaf| tree.push(*leaf));
            store.put(&mut tree);
        }
        store
    }

    fn put(&mut self, tree: &mut Tree) {
        self.tiles.extend(tree.take_changed());
    }

    /// The tiles as they were at `size`.
    fn cut(&self, size: u64) -> Store {
        let cut = |(tile, bytes): (&TileId, &Vec<u8>)| {
            let width = tile.width(size);
            (width > 0).then(|| (*tile, bytes[..width * HASH].to_vec()))
        };
        Store { tiles: self.tiles.iter().filter_map(cut).collect(), ..Store::default() }
    }

    fn read(&self) -> impl FnMut(TileId) -> Result<Option<Vec<u8>>, Infallible> {
        |tile| {
            self.asked.borrow_mut().push(tile);
            Ok(self.tiles.get(&tile).cloned())
        }
    }

    /// What was asked since the last call.
    fn asked(&self) -> Vec<TileId> {
        self.asked.take()
    }
}

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|n| SUITE.leaf(&n.to_be_bytes())).collect()
}

/// MTH of RFC 6962 section 2.1, word by word.
fn mth(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => SUITE.empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            SUITE.node(&mth(left), &mth(right))
        }
    }
}

#[test]
fn a_growing_tree_has_the_defined_root_at_every_size() {
    let leaves = leaves(1100);
    let mut tree = Tree::new(SUITE);
    for size in 0..leaves.len() {
        assert_eq!(tree.root(), mth(&leaves[..size]), "size {size}");
        assert_eq!(tree.size(), size as u64);
        tree.push(leaves[size]);
    }
}

#[test]
fn a_tree_of_three_levels_of_tiles_has_the_defined_root() {
    let leaves = leaves(65_540);
    let store = Store::of(&leaves, 1000);
    let mut tree = Tree::new(SUITE);
    for (size, leaf) in leaves.iter().enumerate() {
        if [65_279, 65_280, 65_281, 65_535, 65_536, 65_537].contains(&size) {
            let root = mth(&leaves[..size]);
            assert_eq!(tree.root(), root, "size {size}");
            assert_eq!(root_at(SUITE, size as u64, store.read()).unwrap(), root, "size {size}");
            let exact = store.cut(size as u64);
            assert_eq!(root_at(SUITE, size as u64, exact.read()).unwrap(), root, "size {size}");
        }
        tree.push(*leaf);
    }
}

#[test]
fn a_tree_opened_at_any_size_is_the_tree_that_grew_to_it_even_if_the_store_was_ahead() {
    let leaves = leaves(2000);
    let ahead = Store::of(&leaves, 7);
    let mut tree = Tree::new(SUITE);
    for size in 0..2000 {
        let opened = Tree::open(SUITE, size, ahead.read()).unwrap();
        assert_eq!(opened.root(), tree.root(), "size {size}");
        assert_eq!(ahead.asked(), edge_tiles(size), "size {size}");
        if size % 37 == 0 || size % 256 < 2 {
            let exact = ahead.cut(size);
            assert_eq!(Tree::open(SUITE, size, exact.read()).unwrap().root(), tree.root());
        }
        tree.push(leaves[usize::try_from(size).unwrap()]);
    }
}

#[test]
fn a_tree_goes_on_from_where_it_was_opened_and_leaves_the_same_tiles() {
    let leaves = leaves(1300);
    let whole = Store::of(&leaves, 1300);
    for size in [0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 1023, 1024, 1299, 1300] {
        let mut store = whole.cut(size);
        let mut tree = Tree::open(SUITE, size, store.read()).unwrap();
        assert!(tree.take_changed().is_empty(), "nothing changed by opening at {size}");
        for leaf in &leaves[usize::try_from(size).unwrap()..] {
            tree.push(*leaf);
        }
        store.put(&mut tree);
        assert_eq!(store.tiles, whole.tiles, "opened at {size}");
    }
}

#[test]
fn a_copy_of_a_tree_is_a_place_to_roll_back_to() {
    let leaves = leaves(600);
    let mut tree = Tree::new(SUITE);
    leaves[..250].iter().for_each(|leaf| tree.push(*leaf));
    let mut kept = tree.clone();
    // A batch that is given up, beyond the end of a tile.
    (0..300).for_each(|_| tree.push(SUITE.leaf(b"given up")));
    tree.take_changed();
    leaves[250..].iter().for_each(|leaf| kept.push(*leaf));
    let mut store = Store::default();
    store.put(&mut kept);
    assert_eq!(kept.root(), mth(&leaves));
    assert_eq!(store.tiles, Store::of(&leaves, 600).tiles);
}

#[test]
fn changed_tiles_are_handed_out_once_full_or_partial_and_in_order() {
    let leaves = leaves(258);
    let mut tree = Tree::new(SUITE);
    assert!(tree.take_changed().is_empty());
    let mut take = |range: std::ops::Range<usize>| -> Vec<(u8, u64, usize)> {
        leaves[range].iter().for_each(|leaf| tree.push(*leaf));
        let changed = tree.take_changed();
        assert!(tree.take_changed().is_empty());
        changed.iter().map(|(tile, bytes)| (tile.level, tile.index, bytes.len() / HASH)).collect()
    };
    assert_eq!(take(0..255), [(0, 0, 255)]);
    assert_eq!(take(255..256), [(0, 0, 256), (1, 0, 1)]);
    assert_eq!(take(256..257), [(0, 1, 1)]);
    assert_eq!(take(257..258), [(0, 1, 2)]);
}

#[test]
fn tiles_have_the_widths_and_the_paths_of_the_public_format() {
    // The example of C2SP tlog-tiles: a tree of 70,000.
    let size = 70_000;
    let tile = |level, index| TileId { level, index };
    assert_eq!(tile(0, 272).width(size), 256);
    assert_eq!(tile(0, 273).width(size), 112);
    assert_eq!(tile(0, 274).width(size), 0);
    assert_eq!(tile(1, 0).width(size), 256);
    assert_eq!(tile(1, 1).width(size), 17);
    assert_eq!(tile(2, 0).width(size), 1);
    assert_eq!(tile(3, 0).width(size), 0);
    assert_eq!(edge_tiles(size), [tile(0, 273), tile(1, 1), tile(2, 0)]);
    assert_eq!(tile(9, u64::MAX).width(u64::MAX), 0);
    assert_eq!(tile(0, 1_234_067).path(256), "tile/0/x001/x234/067");
    assert_eq!(tile(0, 1_000_000).path(256), "tile/0/x001/x000/000");
    assert_eq!(tile(1, 3).path(17), "tile/1/003.p/17");
    assert_eq!(tile(0, u64::MAX).path(256), "tile/0/x018/x446/x744/x073/x709/x551/615");
}

#[test]
fn a_store_that_lacks_something_is_told_what() {
    let leaves = leaves(300);
    let store = Store::of(&leaves, 300);
    let right = TileId { level: 0, index: 1 };
    let open = |tile: Option<Vec<u8>>| {
        Tree::open(SUITE, 300, |id| {
            let stored = || store.tiles.get(&id).cloned();
            Ok::<_, &str>(if id == right { tile.clone() } else { stored() })
        })
        .map(|tree| tree.root())
    };
    assert_eq!(open(None), Err(TreeError::Missing(right)));
    let short = open(Some(vec![0; 43 * HASH]));
    assert_eq!(short, Err(TreeError::Short { tile: right, have: 43, need: 44 }));
    for bytes in [44 * HASH + 1, TILE_BYTES + HASH] {
        let ragged = open(Some(vec![0; bytes]));
        assert_eq!(ragged, Err(TreeError::Ragged { tile: right, bytes }));
    }
    assert!(open(Some(vec![0; TILE_BYTES])).is_ok());
    let failed = Tree::open(SUITE, 300, |_| Err("no disk")).map(|tree| tree.root());
    assert_eq!(failed, Err(TreeError::Read { tile: right, source: "no disk" }));
    let beyond = root_at(SUITE, SIZE_MAX + 1, store.read());
    assert_eq!(beyond, Err(TreeError::Range));
    assert!(matches!(root_at(SUITE, SIZE_MAX, store.read()), Err(TreeError::Missing(_))));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn batches_of_any_size_leave_the_same_tiles_and_root(
        count in 0_u64..5000,
        every in 1_usize..700,
        size in 0_u64..5000,
    ) {
        let leaves = leaves(count);
        let store = Store::of(&leaves, every);
        prop_assert_eq!(&store.tiles, &Store::of(&leaves, 5000).tiles);
        let size = size.min(count);
        let root = root_at(SUITE, size, store.read()).unwrap();
        prop_assert_eq!(root, mth(&leaves[..usize::try_from(size).unwrap()]));
        prop_assert_eq!(store.asked(), root_tiles(size));
    }
}
