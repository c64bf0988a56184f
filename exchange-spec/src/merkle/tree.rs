//! The tree that grows: its right edge in memory, everything else in tiles that it hands out.

use std::mem;

use super::tiles::{
    HASH, LEVELS, TILE_BYTES, TILE_HEIGHT, TileId, edge_tiles, fold, join, read_tile, shift,
};
use super::{SIZE_MAX, TreeError};
use crate::suite::{Digest, Suite};

/// A tree that takes leaves at its right edge, knows its root, and hands out the tiles that
/// changed.
///
/// It holds one unfinished tile per level and the tiles not yet taken, so a copy to roll back to
/// costs some kilobytes.
#[derive(Clone, Debug)]
pub struct Tree {
    suite: Suite,
    size: u64,
    /// Roots of the complete subtrees that make up the tree, widest first: one per bit of `size`.
    peaks: Vec<Digest>,
    /// Per level, the tile that is not full yet.
    edge: [Vec<u8>; LEVELS],
    /// Tiles that became full since they were last taken.
    filled: Vec<(TileId, Vec<u8>)>,
    /// Size at which the changed tiles were last taken.
    taken: u64,
}

// === impl Tree ===

impl Tree {
    /// The empty tree.
    pub fn new(suite: Suite) -> Tree {
        let edge = [const { Vec::new() }; LEVELS];
        Tree { suite, size: 0, peaks: Vec::new(), edge, filled: Vec::new(), taken: 0 }
    }

    /// Opens a stored tree at `size`. Reads only [`edge_tiles`]; a tile that is longer than `size`
    /// needs counts with its first hashes. Compare [`Tree::root`] with the root stored beside the
    /// size: tiles carry no check of their own.
    ///
    /// # Errors
    /// If the store fails, or lacks a tile or a part of one.
    pub fn open<E>(
        suite: Suite,
        size: u64,
        mut read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Tree, TreeError<E>> {
        if size > SIZE_MAX {
            return Err(TreeError::Range);
        }
        let mut tree = Tree { size, taken: size, ..Tree::new(suite) };
        for tile in edge_tiles(size) {
            tree.edge[usize::from(tile.level)] = read_tile(tile, tile.width(size), &mut read)?;
        }
        for tile in tree.edge.iter().rev() {
            let (mut rest, _) = tile.as_chunks::<HASH>();
            while let Some(height) = rest.len().checked_ilog2() {
                let (peak, after) = rest.split_at(1 << height);
                tree.peaks.extend(fold(suite, peak));
                rest = after;
            }
        }
        Ok(tree)
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves.
    pub fn root(&self) -> Digest {
        join(self.suite, &self.peaks).unwrap_or_else(|| self.suite.empty_root())
    }

    /// Appends a leaf hash, as [`Suite::leaf`] gives it.
    pub fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        let mut height = 0;
        let mut level = 0;
        loop {
            if height == shift(level) {
                self.keep(level, &node);
                level += 1;
            }
            if (self.size >> height) & 1 == 0 {
                break;
            }
            let Some(left) = self.peaks.pop() else { break };
            node = self.suite.node(&left, &node);
            height += 1;
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The tiles that changed since the last call (or since the tree was made or opened), full or
    /// partial, by level and index.
    pub fn take_changed(&mut self) -> Vec<(TileId, Vec<u8>)> {
        let mut changed = mem::take(&mut self.filled);
        for (level, tile) in (0_u8..).zip(&self.edge) {
            let nodes = self.size >> shift(level);
            if nodes != self.taken >> shift(level) && !tile.is_empty() {
                changed.push((TileId { level, index: nodes >> TILE_HEIGHT }, tile.clone()));
            }
        }
        changed.sort_unstable_by_key(|(tile, _)| *tile);
        self.taken = self.size;
        changed
    }

    /// Puts the node that ends at leaf `self.size` into the tile of its level.
    fn keep(&mut self, level: u8, node: &Digest) {
        let tile = &mut self.edge[usize::from(level)];
        tile.extend_from_slice(node.as_bytes());
        if tile.len() == TILE_BYTES {
            let index = self.size >> shift(level) >> TILE_HEIGHT;
            self.filled.push((TileId { level, index }, mem::take(tile)));
        }
    }
}
