//! Damage that knows where decoders are weak: lengths, counts, ends, and what stands twice.

use crate::chance::Chance;

/// Numbers at which lengths and counts break.
const EDGES: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x3fff,
    0x4000,
    0xffff,
    0x1f_ffff,
    0x20_0001,
    u32::MAX as u64,
    1 << 63,
    u64::MAX,
];
/// Bytes with a meaning in texts.
const MARKS: &[u8] = b"\n\n\n /> +=-0A\xe2\x80\x94\x00\x7f\xff";
const MOST: usize = 16 * 1024;

/// An input out of the corpus with one to four injuries.
pub(crate) fn mutate(corpus: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = chance.pick(corpus).clone();
    for _ in 0..=chance.below(4) {
        injure(&mut input, corpus, chance);
    }
    input.truncate(MOST);
    input
}

fn injure(input: &mut Vec<u8>, corpus: &[Vec<u8>], chance: &mut Chance) {
    if input.is_empty() {
        input.push(chance.byte());
        return;
    }
    let at = chance.below(input.len());
    match chance.below(10) {
        0 => input[at] ^= 1 << chance.below(8),
        1 => input[at] = chance.byte(),
        2 => input[at] = *chance.pick(MARKS),
        3 => input.truncate(at),
        4 => {
            let end = at + chance.below(input.len() - at) + 1;
            input.drain(at..end);
        }
        5 => {
            let end = at + chance.below((input.len() - at).min(64)) + 1;
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        6 => {
            let other = chance.pick(corpus);
            let from = chance.below(other.len());
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        7 => number(input, at, chance),
        8 => varint(input, at, chance),
        _ => {
            let some: Vec<u8> = (0..=chance.below(8)).map(|_| chance.byte()).collect();
            input.splice(at..at, some);
        }
    }
}

/// Puts an edge, or the number that stands there moved by one, in place of four bytes.
fn number(input: &mut [u8], at: usize, chance: &mut Chance) {
    // Fields of a preamble stand at multiples of four.
    let at = if chance.below(2) == 0 { at } else { at.min(24) / 4 * 4 };
    let Some(place) = input[at..].first_chunk_mut::<4>() else { return };
    let stands = u32::from_le_bytes(*place);
    let edge = chance.pick(&EDGES).to_le_bytes();
    *place = match chance.below(3) {
        0 => stands.wrapping_add(1).to_le_bytes(),
        1 => stands.wrapping_sub(1).to_le_bytes(),
        _ => [edge[0], edge[1], edge[2], edge[3]],
    };
}

/// Puts an edge as a varint in place of the varint that may stand there.
fn varint(input: &mut Vec<u8>, at: usize, chance: &mut Chance) {
    let length = input[at..].iter().take(9).take_while(|byte| **byte >= 0x80).count() + 1;
    let end = (at + length).min(input.len());
    let mut value = *chance.pick(&EDGES);
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    input.splice(at..end, bytes);
}
