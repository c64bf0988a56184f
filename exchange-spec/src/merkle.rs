//! The tree of a journal: RFC 6962 section 2.1 over the entries' leaf hashes, kept as tiles.
//!
//! Tiles are those of C2SP `tlog-tiles`: 256 hashes of 32 bytes. The tile at level L holds nodes of
//! tree level 8 L, so a proof among 10^7 entries reads three or four tiles. Everything here is
//! pure: a function named `…_tiles` says which tiles its sister will ask for, so that an
//! asynchronous store can fetch them first.

mod proof;
mod tiles;
pub mod tlog_proof;
mod tree;
mod verify;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub use proof::{
    consistency_proof, consistency_tiles, inclusion_proof, inclusion_tiles, root_at, root_tiles,
};
pub use tiles::{TILE_HEIGHT, TILE_WIDTH, TileId, edge_tiles};
pub use tree::Tree;
pub use verify::{verify_consistency, verify_inclusion};

/// Largest size of a journal: sizes are stored in signed columns of 64 bits.
pub const SIZE_MAX: u64 = u64::MAX >> 1;

/// Why stored tiles do not give what was asked.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TreeError<E> {
    /// The store failed.
    #[error("tile {tile} cannot be read")]
    Read {
        /// The tile asked for.
        tile: TileId,
        /// What the store said.
        #[source]
        source: E,
    },
    /// The store has no such tile.
    #[error("tile {0} is missing")]
    Missing(TileId),
    /// The tile is no sequence of whole hashes, or holds more than a tile can.
    #[error("tile {tile} has {bytes} bytes: not 1 to 256 whole hashes")]
    Ragged {
        /// The tile.
        tile: TileId,
        /// Its length.
        bytes: usize,
    },
    /// The tile ends before what the size asked for needs.
    #[error("tile {tile} has {have} hashes where {need} are needed")]
    Short {
        /// The tile.
        tile: TileId,
        /// Hashes it has.
        have: usize,
        /// Hashes it must have.
        need: usize,
    },
    /// The index is not below the size, the old size is beyond the new one, or the size is beyond
    /// [`SIZE_MAX`].
    #[error("no such index or size in the tree")]
    Range,
}

/// Why a proof does not prove.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ProofError {
    /// The index is not below the size, or the old size is beyond the new one.
    #[error("the proof is for no such index or size")]
    Range,
    /// The proof has not as many hashes as its index and sizes ask for.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof leads to another root")]
    Root,
}
