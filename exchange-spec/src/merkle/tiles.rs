//! Tiles: their names, how much of one a size needs, and how nodes of the tree are read out of
//! them.

use std::collections::BTreeMap;
use std::fmt;

use super::TreeError;
use crate::suite::{Digest, Suite};

/// Levels of the tree in one tile.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;

/// Bytes of a hash.
pub(super) const HASH: usize = 32;
/// Bytes of a full tile.
pub(super) const TILE_BYTES: usize = TILE_WIDTH * HASH;
/// Levels of tiles that a tree of 64-bit size can have.
pub(super) const LEVELS: usize = 8;

/// Name of a tile: the one at `level` holds the nodes `256 index ..` of tree level `8 level`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct TileId {
    /// Level of the tile, 0 to 7; tiles of level 0 hold leaf hashes.
    pub level: u8,
    /// Which tile of its level.
    pub index: u64,
}

/// A node whose subtree is complete: it covers `1 << height` leaves from `index << height` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Node {
    height: u32,
    index: u64,
}

/// Where a node stands in the tiles: its tile, and which run of the tile's hashes folds into it.
struct Place {
    tile: TileId,
    first: usize,
    count: usize,
}

/// Tiles in memory, each cut to what was needed of it.
pub(super) struct Tiles(BTreeMap<TileId, Vec<u8>>);

/// The tiles on the right edge of a tree of `size`: what [`super::Tree::open`] asks for, in that
/// order.
pub fn edge_tiles(size: u64) -> Vec<TileId> {
    (0_u8..)
        .take(LEVELS)
        .map(|level| TileId { level, index: size >> shift(level) >> TILE_HEIGHT })
        .filter(|tile| tile.width(size) > 0)
        .collect()
}

/// Levels of the tree below the hashes of a tile at `level`.
pub(super) fn shift(level: u8) -> u32 {
    u32::from(level) * TILE_HEIGHT
}

// === impl TileId ===

impl TileId {
    /// How many hashes of this tile belong to a tree of `size`.
    pub fn width(self, size: u64) -> usize {
        let nodes = size.checked_shr(shift(self.level)).unwrap_or(0);
        let before = self.index.saturating_mul(TILE_WIDTH as u64);
        usize::try_from(nodes.saturating_sub(before)).map_or(TILE_WIDTH, |n| n.min(TILE_WIDTH))
    }

    /// The path of C2SP `tlog-tiles` under which the first `width` hashes of this tile are served,
    /// such as `tile/0/x001/x234/067` or, for a partial tile, `tile/1/003.p/17`.
    pub fn path(self, width: usize) -> String {
        if width < TILE_WIDTH { format!("{self}.p/{width}") } else { self.to_string() }
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        // 2^64 has 20 digits: seven groups of three, the first ones left out while they are zero.
        for power in (1..=6).rev().map(|groups| 1000_u64.pow(groups)) {
            if self.index >= power {
                write!(f, "x{:03}/", self.index / power % 1000)?;
            }
        }
        write!(f, "{:03}", self.index % 1000)
    }
}

// === impl Node ===

impl Node {
    /// The complete subtrees that make up the leaves `begin .. end` of a tree, widest first.
    /// `begin` is the first leaf of a subtree of the tree.
    pub(super) fn of_range(mut begin: u64, end: u64) -> Vec<Node> {
        let mut nodes = Vec::new();
        while let Some(height) = end.saturating_sub(begin).checked_ilog2() {
            nodes.push(Node { height, index: begin >> height });
            begin += 1 << height;
        }
        nodes
    }

    fn place(self) -> Place {
        let inside = self.height % TILE_HEIGHT;
        let mut level = 0;
        let mut height = self.height;
        while height >= TILE_HEIGHT {
            height -= TILE_HEIGHT;
            level += 1;
        }
        let first = self.index << inside;
        Place {
            tile: TileId { level, index: first >> TILE_HEIGHT },
            first: (first & 0xff) as usize,
            count: 1 << inside,
        }
    }
}

// === impl Tiles ===

impl Tiles {
    /// Which tiles hold `nodes`, in order, and how many hashes of each are needed.
    pub(super) fn of(nodes: impl IntoIterator<Item = Node>) -> BTreeMap<TileId, usize> {
        let mut widths = BTreeMap::new();
        for place in nodes.into_iter().map(Node::place) {
            let width: &mut usize = widths.entry(place.tile).or_default();
            *width = (*width).max(place.first + place.count);
        }
        widths
    }

    /// Reads tiles, each once.
    pub(super) fn read<E>(
        widths: BTreeMap<TileId, usize>,
        mut read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Tiles, TreeError<E>> {
        widths
            .into_iter()
            .map(|(tile, need)| Ok((tile, read_tile(tile, need, &mut read)?)))
            .collect::<Result<_, _>>()
            .map(Tiles)
    }

    /// Hash of the leaves that `nodes` cover, widest first; none if a tile was not read.
    pub(super) fn hash(&self, suite: Suite, nodes: &[Node]) -> Option<Digest> {
        let hashes: Option<Vec<Digest>> =
            nodes.iter().map(|node| self.node(suite, *node)).collect();
        join(suite, &hashes?)
    }

    fn node(&self, suite: Suite, node: Node) -> Option<Digest> {
        let place = node.place();
        let (hashes, _) = self.0.get(&place.tile)?.as_chunks::<HASH>();
        fold(suite, hashes.get(place.first..place.first + place.count)?)
    }
}

/// Reads one tile and cuts it to the `need` hashes that count: a store that was ahead has more.
pub(super) fn read_tile<E>(
    tile: TileId,
    need: usize,
    mut read: impl FnMut(TileId) -> Result<Option<Vec<u8>>, E>,
) -> Result<Vec<u8>, TreeError<E>> {
    let mut bytes = read(tile)
        .map_err(|source| TreeError::Read { tile, source })?
        .ok_or(TreeError::Missing(tile))?;
    if bytes.len() % HASH != 0 || bytes.len() > TILE_BYTES {
        return Err(TreeError::Ragged { tile, bytes: bytes.len() });
    }
    let have = bytes.len() / HASH;
    if have < need {
        return Err(TreeError::Short { tile, have, need });
    }
    bytes.truncate(need * HASH);
    Ok(bytes)
}

/// Root of a complete subtree: folds a power of two of neighbours, row by row.
pub(super) fn fold(suite: Suite, hashes: &[[u8; HASH]]) -> Option<Digest> {
    let mut row: Vec<Digest> = hashes.iter().copied().map(Digest::new).collect();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| suite.node(&pair[0], &pair[1])).collect();
    }
    row.pop()
}

/// Joins the complete subtrees of a range, widest first, from the right.
pub(super) fn join(suite: Suite, peaks: &[Digest]) -> Option<Digest> {
    peaks.iter().rev().copied().reduce(|right, left| suite.node(&left, &right))
}
