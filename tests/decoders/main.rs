//! Every decoder under a seeded rain of damaged inputs: bounded, the same in every run, unless
//! `SANHEYI_SEED` says otherwise. The fuzzer in `tests/fuzz` goes on where this ends.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "in tests a panic is the report, and a seed is printed"
)]

mod chance;
mod corpus;
mod mutate;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use sanheyi_tests::decoders::{DECODERS, Decoder};
use sanheyi_tests::knobs;

use chance::Chance;

/// Inputs for each decoder.
const INPUTS: usize = 100_000;
/// Inputs for the decoder of segments, which inflates and packs anew.
const SEGMENTS: usize = 25_000;

#[test]
fn the_corpus_of_every_decoder_is_accepted() {
    for (name, decoder) in DECODERS {
        let corpus = corpus::of(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for input in corpus {
            assert!(decoder(&input), "{name} refuses {}", hex(&input));
        }
    }
}

#[test]
fn the_smallest_and_the_plainest_inputs_do_no_harm() {
    for (_, decoder) in DECODERS {
        decoder(&[]);
        for byte in 0..=255 {
            decoder(&[byte]);
            decoder(&[byte; 64]);
        }
    }
}

#[test]
fn every_decoder_has_a_fuzz_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let targets = fs::read_dir(fuzz.join("fuzz_targets")).unwrap().count();
    assert_eq!(targets, DECODERS.len());
    for (name, _) in DECODERS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let target = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("run(\"{name}\", bytes)")), "{name}");
    }
}

/// One test for each half, so that two cores share the work.
#[test]
fn damaged_bytes_keep_every_promise() {
    rain(&DECODERS[..DECODERS.len() / 2]);
}

#[test]
fn damaged_texts_and_bodies_keep_every_promise() {
    rain(&DECODERS[DECODERS.len() / 2..]);
}

fn rain(decoders: &[(&str, Decoder)]) {
    let seed = knobs::seed();
    println!("SANHEYI_SEED={seed:#x}");
    for (name, decoder) in decoders {
        // A stream of its own for each, so that a decoder more or less does not move the others.
        let mut chance = Chance::new(seed ^ name.bytes().fold(0, mix));
        let corpus = corpus::of(name);
        let inputs = if *name == "segment" { SEGMENTS } else { INPUTS };
        let mut accepted = 0;
        for number in 0..inputs {
            let input = mutate::mutate(&corpus, &mut chance);
            let Ok(ok) = catch_unwind(|| decoder(&input)) else {
                panic!("{name}, seed {seed:#x}, input {number}: {}", hex(&input));
            };
            accepted += usize::from(ok);
        }
        println!("{name}: {accepted} of {inputs} accepted");
        // Damage that nothing accepts would never reach what lies behind the first check.
        assert!(accepted > 0 && accepted < inputs, "{name}: {accepted} of {inputs} accepted");
    }
}

fn mix(sum: u64, byte: u8) -> u64 {
    sum.wrapping_mul(31).wrapping_add(u64::from(byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
