//! Checking proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2). Needs no store.

use super::ProofError;
use crate::suite::{Digest, Suite};

/// Checks that `leaf` stands at `index` in the tree of `size` with `root`.
///
/// A root does not bind its size: the proof of one size can verify for another in which the leaf
/// lies on the same path. Take size and root together, out of one checkpoint.
///
/// # Errors
/// If it is not proved.
pub fn verify_inclusion(
    suite: Suite,
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = suite.node(step, &hash);
            (node, last) = up_to_right_child(node, last);
        } else {
            hash = suite.node(&hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of size `new` with `new_root` only adds to the tree of size `old` with
/// `old_root`.
///
/// Take each size and its root together, out of one checkpoint: a root does not bind its size.
///
/// # Errors
/// If it is not proved.
pub fn verify_consistency(
    suite: Suite,
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Range);
    }
    if old == 0 || old == new {
        return verify_without_proof(suite, old, old_root, new, new_root, proof);
    }
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    // If the old tree is one complete subtree, the proof leaves its root out.
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::Length)?;
        (*first, rest)
    };
    let (mut old_hash, mut new_hash) = (first, first);
    for step in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old_hash = suite.node(step, &old_hash);
            new_hash = suite.node(step, &new_hash);
            (node, last) = up_to_right_child(node, last);
        } else {
            new_hash = suite.node(&new_hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(ProofError::Root) }
}

/// Equal sizes have equal roots; the empty tree is the beginning of every tree.
fn verify_without_proof(
    suite: Suite,
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length);
    }
    let empty = suite.empty_root();
    let known = |size: u64, root: &Digest| size > 0 || *root == empty;
    let same = old != new || old_root == new_root;
    if known(old, old_root) && known(new, new_root) && same {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// Skips the levels on which a left child at the right edge has no neighbour.
fn up_to_right_child(mut node: u64, mut last: u64) -> (u64, u64) {
    while node != 0 && node & 1 == 0 {
        (node, last) = (node >> 1, last >> 1);
    }
    (node, last)
}
