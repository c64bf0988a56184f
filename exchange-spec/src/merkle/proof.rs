//! Roots and proofs out of stored tiles (RFC 6962 sections 2.1.1 and 2.1.2).

use super::tiles::{Node, TileId, Tiles, edge_tiles};
use super::tree::Tree;
use super::{SIZE_MAX, TreeError};
use crate::suite::{Digest, Suite};

/// The tiles that [`root_at`] asks for, in that order.
pub fn root_tiles(size: u64) -> Vec<TileId> {
    edge_tiles(size)
}

/// The root that the tree had at `size`.
///
/// # Errors
/// If the store fails, or lacks a tile or a part of one.
pub fn root_at<E>(
    suite: Suite,
    size: u64,
    read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
) -> Result<Digest, TreeError<E>> {
    Tree::open(suite, size, read).map(|tree| tree.root())
}

/// The tiles that [`inclusion_proof`] asks for, in that order; none if `index` is not below `size`.
pub fn inclusion_tiles(index: u64, size: u64) -> Vec<TileId> {
    tiles(inclusion_ranges(index, size))
}

/// Proof that the leaf `index` stands in the tree of `size`: hashes from the leaf's neighbour
/// upwards.
///
/// # Errors
/// If the store fails, or lacks a tile or a part of one, or `index` is not below `size`.
pub fn inclusion_proof<E>(
    suite: Suite,
    index: u64,
    size: u64,
    read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<Digest>, TreeError<E>> {
    prove(suite, inclusion_ranges(index, size), read)
}

/// The tiles that [`consistency_proof`] asks for, in that order; none if `old` is beyond `new`.
pub fn consistency_tiles(old: u64, new: u64) -> Vec<TileId> {
    tiles(consistency_ranges(old, new))
}

/// Proof that the tree of size `new` only adds to the tree of size `old`. It is empty if both are
/// equal or `old` is zero.
///
/// # Errors
/// If the store fails, or lacks a tile or a part of one, or `old` is beyond `new`.
pub fn consistency_proof<E>(
    suite: Suite,
    old: u64,
    new: u64,
    read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<Digest>, TreeError<E>> {
    prove(suite, consistency_ranges(old, new), read)
}

/// Ranges of leaves, each the subtree of one hash of a proof.
type Ranges = Vec<(u64, u64)>;

fn tiles(ranges: Option<Ranges>) -> Vec<TileId> {
    let ranges = ranges.unwrap_or_default();
    let nodes = ranges.into_iter().flat_map(|(begin, end)| Node::of_range(begin, end));
    Tiles::of(nodes).into_keys().collect()
}

fn prove<E>(
    suite: Suite,
    ranges: Option<Ranges>,
    read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<Digest>, TreeError<E>> {
    let ranges = ranges.ok_or(TreeError::Range)?;
    let nodes: Vec<Vec<Node>> =
        ranges.into_iter().map(|(begin, end)| Node::of_range(begin, end)).collect();
    let tiles = Tiles::read(Tiles::of(nodes.iter().flatten().copied()), read)?;
    nodes.iter().map(|nodes| tiles.hash(suite, nodes).ok_or(TreeError::Range)).collect()
}

/// Splits `begin .. end`, two leaves or more, where RFC 6962 does: after the largest power of two
/// below its length.
fn split(begin: u64, end: u64) -> u64 {
    begin + (1 << (end - begin - 1).ilog2())
}

/// PATH of RFC 6962 section 2.1.1.
fn inclusion_ranges(index: u64, size: u64) -> Option<Ranges> {
    if index >= size || size > SIZE_MAX {
        return None;
    }
    let (mut begin, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - begin > 1 {
        let middle = split(begin, end);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((begin, middle));
            begin = middle;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// PROOF of RFC 6962 section 2.1.2.
fn consistency_ranges(old: u64, new: u64) -> Option<Ranges> {
    if old > new || new > SIZE_MAX {
        return None;
    }
    let mut ranges = Vec::new();
    if old == 0 {
        return Some(ranges);
    }
    let (mut begin, mut end) = (0, new);
    while old < end {
        let middle = split(begin, end);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((begin, middle));
            begin = middle;
        }
    }
    // A subtree that begins the tree is the old tree itself, whose root the verifier has.
    if begin > 0 {
        ranges.push((begin, end));
    }
    ranges.reverse();
    Some(ranges)
}
