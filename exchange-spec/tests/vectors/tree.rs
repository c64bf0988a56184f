//! Roots, tiles and proofs. The leaf of number n is the leaf hash of n as eight bytes, big-endian.

use std::collections::BTreeMap;
use std::convert::Infallible;

use sanheyi_exchange_spec::merkle::{
    TileId, Tree, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion,
};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use serde_json::{Value, json};

use crate::{hex, hold};

const SUITE: Suite = Suite::Intl;

pub(crate) fn leaf(number: u64) -> Digest {
    SUITE.leaf(&number.to_be_bytes())
}

/// The tree over the first leaves, and its tiles.
pub(crate) fn tree(size: u64) -> (Tree, BTreeMap<TileId, Vec<u8>>) {
    let mut tree = Tree::new(SUITE);
    (0..size).for_each(|number| tree.push(leaf(number)));
    let tiles = tree.take_changed().into_iter().collect();
    (tree, tiles)
}

pub(crate) fn root(size: u64) -> Digest {
    tree(size).0.root()
}

pub(crate) fn read(
    tiles: &BTreeMap<TileId, Vec<u8>>,
) -> impl FnMut(TileId) -> Result<Option<Vec<u8>>, Infallible> {
    |tile| Ok(tiles.get(&tile).cloned())
}

fn texts(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().map(Digest::to_string).collect()
}

#[test]
fn roots_are_the_golden_ones() {
    let leaves: Vec<Value> = (0..3)
        .map(|n: u64| json!({"data": hex(n.to_be_bytes()), "leaf": leaf(n).to_string()}))
        .collect();
    let roots: Vec<Value> = (0..=9)
        .chain(255..=257)
        .map(|size| json!({"size": size, "root": root(size).to_string()}))
        .collect();
    hold("roots", &json!({"leaves": leaves, "roots": roots}));
}

#[test]
fn tiles_are_the_golden_ones() {
    let paths: Vec<Value> = [
        (0, 0, 1),
        (0, 0, 256),
        (0, 999, 256),
        (0, 1000, 256),
        (0, 1_234_067, 256),
        (1, 3, 17),
        (7, 127, 255),
        (0, (1 << 55) - 1, 255),
    ]
    .iter()
    .map(|&(level, index, width)| {
        let path = TileId { level, index }.path(width);
        json!({"level": level, "index": index, "width": width, "path": path})
    })
    .collect();
    let stored = |size: u64| -> Vec<Value> {
        tree(size)
            .1
            .iter()
            .map(|(tile, bytes)| json!({"path": tile.path(bytes.len() / 32), "bytes": hex(bytes)}))
            .collect()
    };
    // Of the larger tree the full tile is left out: 8192 bytes that say no more.
    let large: Vec<Value> =
        stored(257).into_iter().filter(|tile| tile["path"] != "tile/0/000").collect();
    let trees = json!([
        {"size": 9, "tiles": stored(9)},
        {"size": 257, "tiles": large},
    ]);
    hold("tiles", &json!({"paths": paths, "trees": trees}));
}

#[test]
fn inclusion_proofs_are_the_golden_ones() {
    let mut proofs = Vec::new();
    for (index, size) in
        [(0, 1), (0, 2), (1, 2), (2, 3), (0, 8), (5, 8), (8, 9), (3, 9), (254, 255), (7, 257)]
    {
        let (tree, tiles) = tree(size);
        let proof = inclusion_proof(SUITE, index, size, read(&tiles)).unwrap();
        let root = tree.root();
        assert_eq!(verify_inclusion(SUITE, &leaf(index), index, size, &proof, &root), Ok(()));
        let wrong = if index > 0 { index - 1 } else { size };
        assert!(verify_inclusion(SUITE, &leaf(index), wrong, size, &proof, &root).is_err());
        proofs.push(json!({
            "index": index,
            "size": size,
            "leaf": leaf(index).to_string(),
            "root": root.to_string(),
            "proof": texts(&proof),
        }));
    }
    hold("inclusion", &json!({ "proofs": proofs }));
}

#[test]
fn consistency_proofs_are_the_golden_ones() {
    let mut proofs = Vec::new();
    for (old, new) in
        [(0, 5), (1, 1), (1, 8), (2, 5), (3, 7), (4, 8), (6, 8), (8, 9), (255, 257), (256, 257)]
    {
        let (tree, tiles) = tree(new);
        let (old_root, new_root) = (root(old), tree.root());
        let proof = consistency_proof(SUITE, old, new, read(&tiles)).unwrap();
        let verify = |old_root| verify_consistency(SUITE, old, old_root, new, &new_root, &proof);
        assert_eq!(verify(&old_root), Ok(()));
        assert!(verify(&leaf(1000)).is_err());
        proofs.push(json!({
            "old": old,
            "new": new,
            "old_root": old_root.to_string(),
            "new_root": new_root.to_string(),
            "proof": texts(&proof),
        }));
    }
    hold("consistency", &json!({ "proofs": proofs }));
}
