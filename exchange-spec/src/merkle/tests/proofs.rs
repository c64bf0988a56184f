//! Proofs against the definition, and what becomes of them when a bit changes.

use super::*;

/// Sizes up to this are tried out completely.
const SMALL: u64 = 20;

fn at(leaves: &[Digest], index: u64) -> &Digest {
    &leaves[usize::try_from(index).unwrap()]
}

fn roots(leaves: &[Digest]) -> Vec<Digest> {
    (0..=leaves.len()).map(|size| mth(&leaves[..size])).collect()
}

fn flipped(digest: &Digest, bit: usize) -> Digest {
    let mut bytes = *digest.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Digest::new(bytes)
}

/// Whether the path turns right, from the root down to the leaf, as PATH of RFC 6962 section 2.1.1
/// defines.
fn turns(index: u64, size: u64) -> Vec<bool> {
    if size < 2 {
        return Vec::new();
    }
    let left = 1 << (size - 1).ilog2();
    let right = index >= left;
    let rest = if right { turns(index - left, size - left) } else { turns(index, left) };
    [vec![right], rest].concat()
}

#[test]
fn every_inclusion_proof_verifies_and_no_changed_one_does() {
    let leaves = leaves(SMALL);
    let roots = roots(&leaves);
    let store = Store::of(&leaves, 20);
    for (index, size) in (1..=SMALL).flat_map(|size| (0..size).map(move |index| (index, size))) {
        let proof = inclusion_proof(SUITE, index, size, store.read()).unwrap();
        assert_eq!(store.asked(), inclusion_tiles(index, size));
        let (leaf, root) = (at(&leaves, index), at(&roots, size));
        let verify = |leaf: &Digest, proof: &[Digest], root: &Digest| {
            verify_inclusion(SUITE, leaf, index, size, proof, root)
        };
        assert_eq!(verify(leaf, &proof, root), Ok(()), "{index} in {size}");
        for bit in 0..256 {
            assert_eq!(verify(&flipped(leaf, bit), &proof, root), Err(ProofError::Root));
            assert_eq!(verify(leaf, &proof, &flipped(root, bit)), Err(ProofError::Root));
            for step in 0..proof.len() {
                let mut proof = proof.clone();
                proof[step] = flipped(&proof[step], bit);
                assert_eq!(verify(leaf, &proof, root), Err(ProofError::Root));
            }
        }
        let longer = [&proof[..], &[*root]].concat();
        assert_eq!(verify(leaf, &longer, root), Err(ProofError::Length));
        if let Some((_, shorter)) = proof.split_last() {
            assert_eq!(verify(leaf, shorter, root), Err(ProofError::Length));
        }
    }
}

#[test]
fn an_inclusion_proof_verifies_for_another_index_or_size_only_on_the_same_path() {
    let leaves = leaves(SMALL);
    let store = Store::of(&leaves, 20);
    for (index, size) in (1..=SMALL).flat_map(|size| (0..size).map(move |index| (index, size))) {
        let proof = inclusion_proof(SUITE, index, size, store.read()).unwrap();
        let root = mth(&leaves[..usize::try_from(size).unwrap()]);
        let verify = |index: u64, size: u64, leaf: u64| {
            verify_inclusion(SUITE, at(&leaves, leaf), index, size, &proof, &root).is_ok()
        };
        for other in (0..2 * SMALL).chain([u64::MAX - 1, u64::MAX]) {
            assert_eq!(verify(other, size, index), other == index, "{index} as {other} in {size}");
            // A root does not bind its size: only the way from the leaf to the root counts.
            let same = index < other && turns(index, other) == turns(index, size);
            assert_eq!(verify(index, other, index), same, "{index} in {size} as in {other}");
        }
        for leaf in (0..SMALL).filter(|leaf| *leaf != index) {
            assert!(!verify(index, size, leaf), "leaf {leaf} as {index} in {size}");
        }
    }
}

#[test]
fn every_consistency_proof_verifies_and_no_changed_one_does() {
    let leaves = leaves(SMALL);
    let roots = roots(&leaves);
    let store = Store::of(&leaves, 20);
    for (old, new) in (1..=SMALL).flat_map(|new| (0..=new).map(move |old| (old, new))) {
        let proof = consistency_proof(SUITE, old, new, store.read()).unwrap();
        assert_eq!(store.asked(), consistency_tiles(old, new));
        let (old_root, new_root) = (at(&roots, old), at(&roots, new));
        let verify = |old_root: &Digest, new_root: &Digest, proof: &[Digest]| {
            verify_consistency(SUITE, old, old_root, new, new_root, proof)
        };
        assert_eq!(verify(old_root, new_root, &proof), Ok(()), "{old} to {new}");
        for bit in 0..256 {
            assert!(verify(&flipped(old_root, bit), new_root, &proof).is_err(), "{old} to {new}");
            // Every tree adds to the empty tree: there the new root is not checked.
            let new_root_flipped = verify(old_root, &flipped(new_root, bit), &proof);
            assert_eq!(new_root_flipped.is_ok(), old == 0, "{old} to {new}");
            for step in 0..proof.len() {
                let mut proof = proof.clone();
                proof[step] = flipped(&proof[step], bit);
                assert_eq!(verify(old_root, new_root, &proof), Err(ProofError::Root));
            }
        }
        let longer = [&proof[..], &[*new_root]].concat();
        assert_eq!(verify(old_root, new_root, &longer), Err(ProofError::Length));
        if let Some((_, shorter)) = proof.split_last() {
            assert_eq!(verify(old_root, new_root, shorter), Err(ProofError::Length));
        }
    }
}

#[test]
fn a_consistency_proof_proves_nothing_about_other_sizes() {
    let leaves = leaves(SMALL);
    let roots = roots(&leaves);
    let store = Store::of(&leaves, 20);
    let pairs: Vec<(u64, u64)> =
        (0..=SMALL).flat_map(|new| (0..=new).map(move |old| (old, new))).collect();
    let proof = |(old, new)| consistency_proof(SUITE, old, new, store.read()).unwrap();
    let proofs: Vec<Vec<Digest>> = pairs.iter().copied().map(proof).collect();
    for (offered, proof) in pairs.iter().zip(&proofs) {
        for ((old, new), needed) in pairs.iter().copied().zip(&proofs) {
            let verified =
                verify_consistency(SUITE, old, at(&roots, old), new, at(&roots, new), proof);
            assert_eq!(verified.is_ok(), proof == needed, "{offered:?} as {old} to {new}");
        }
    }
}

#[test]
fn equal_sizes_have_equal_roots_and_the_empty_tree_has_one_root() {
    let (empty, one, other) = (SUITE.empty_root(), SUITE.leaf(b"1"), SUITE.leaf(b"2"));
    let verify =
        |old: u64, a: &Digest, new: u64, b: &Digest| verify_consistency(SUITE, old, a, new, b, &[]);
    assert_eq!(verify(0, &empty, 0, &empty), Ok(()));
    assert_eq!(verify(0, &one, 0, &one), Err(ProofError::Root));
    assert_eq!(verify(0, &one, 1, &one), Err(ProofError::Root));
    assert_eq!(verify(1, &one, 1, &one), Ok(()));
    assert_eq!(verify(1, &one, 1, &other), Err(ProofError::Root));
    assert_eq!(verify(1, &one, 0, &empty), Err(ProofError::Range));
    assert_eq!(verify(1, &one, 2, &other), Err(ProofError::Length));
    assert_eq!(verify(3, &one, 4, &other), Err(ProofError::Length));
}

#[test]
fn proofs_out_of_range_are_refused_without_reading() {
    let store = Store::default();
    for (index, size) in [(0, 0), (5, 5), (6, 5), (0, SIZE_MAX + 1), (u64::MAX, u64::MAX)] {
        assert_eq!(inclusion_proof(SUITE, index, size, store.read()), Err(TreeError::Range));
        assert_eq!(inclusion_tiles(index, size), []);
    }
    for (old, new) in [(1, 0), (6, 5), (0, SIZE_MAX + 1), (u64::MAX, u64::MAX)] {
        assert_eq!(consistency_proof(SUITE, old, new, store.read()), Err(TreeError::Range));
        assert_eq!(consistency_tiles(old, new), []);
    }
    assert_eq!(store.asked(), []);
    // The largest tree: eight levels of tiles, one tile read per level.
    assert!(inclusion_tiles(0, SIZE_MAX).len() <= 64);
    let missing = inclusion_proof(SUITE, 0, SIZE_MAX, store.read());
    assert!(matches!(missing, Err(TreeError::Missing(_))));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn proofs_of_larger_trees_verify_from_exact_tiles_and_from_longer_ones(
        new in 1_u64..4000,
        more in 0_u64..600,
        (a, b) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        (step, bit) in (any::<prop::sample::Index>(), 0_usize..256),
    ) {
        let leaves = leaves(new + more);
        let ahead = Store::of(&leaves, 4600);
        let length = usize::try_from(new).unwrap();
        let (index, old) = (a.index(length) as u64, b.index(length + 1) as u64);
        let root = |size: u64| mth(&leaves[..usize::try_from(size).unwrap()]);
        for store in [&ahead, &ahead.cut(new)] {
            let path = inclusion_proof(SUITE, index, new, store.read()).unwrap();
            prop_assert_eq!(store.asked(), inclusion_tiles(index, new));
            let leaf = at(&leaves, index);
            let inclusion =
                |path: &[Digest]| verify_inclusion(SUITE, leaf, index, new, path, &root(new));
            prop_assert_eq!(inclusion(&path), Ok(()));

            let chain = consistency_proof(SUITE, old, new, store.read()).unwrap();
            prop_assert_eq!(store.asked(), consistency_tiles(old, new));
            let consistency = |chain: &[Digest]| {
                verify_consistency(SUITE, old, &root(old), new, &root(new), chain)
            };
            prop_assert_eq!(consistency(&chain), Ok(()));

            let change = |proof: &[Digest]| {
                let mut proof = proof.to_vec();
                let step = step.index(proof.len());
                proof[step] = flipped(&proof[step], bit);
                proof
            };
            if !path.is_empty() {
                prop_assert_eq!(inclusion(&change(&path)), Err(ProofError::Root));
            }
            if !chain.is_empty() {
                prop_assert_eq!(consistency(&change(&chain)), Err(ProofError::Root));
            }
        }
    }

    #[test]
    fn hostile_proofs_are_refused_and_never_panic(
        (index, size) in (any::<u64>(), any::<u64>()),
        bytes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<Digest> = bytes.into_iter().map(Digest::new).collect();
        let (leaf, root) = (SUITE.leaf(b"leaf"), SUITE.leaf(b"root"));
        prop_assert!(verify_inclusion(SUITE, &leaf, index, size, &proof, &root).is_err());
        let (old, new) = (index.min(size), index.max(size));
        prop_assume!(old != new);
        prop_assert!(verify_consistency(SUITE, old, &leaf, new, &root, &proof).is_err());
        prop_assert!(verify_consistency(SUITE, new, &leaf, old, &root, &proof).is_err());
    }
}
