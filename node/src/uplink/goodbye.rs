//! Whether the hub has said goodbye: HTTP/2's GOAWAY without an error, by which a server ends a
//! connection in order, because of its age or because it stops.
//!
//! The channel keeps that to itself: a call made afterwards fails like one on a broken line. So the
//! frames are watched as they pass. Only their heads are read, and of a GOAWAY its code (RFC 9113,
//! 4.1 and 6.8).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a frame's head: length (3), type, flags, stream (4).
const HEAD_BYTES: usize = 9;
/// Bytes of a GOAWAY before its debug data: last stream (4), code (4).
const GOAWAY_BYTES: usize = 8;
/// Type of the frame GOAWAY.
const GOAWAY: u8 = 0x7;
/// Its code for an end in order.
const NO_ERROR: [u8; 4] = [0; 4];

/// Remembers a goodbye; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Goodbye(Arc<AtomicBool>);

/// Reads the frames that come from a hub, however they are cut into pieces.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The head of the present frame, and of a GOAWAY its beginning, as far as they have come.
    kept: [u8; HEAD_BYTES + GOAWAY_BYTES],
    have: usize,
    /// Bytes of the present frame that are of no interest.
    passing: usize,
    goodbye: Goodbye,
}

// === impl Goodbye ===

impl Goodbye {
    /// Whether it was said.
    pub fn said(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

// === impl Frames ===

impl Frames {
    /// Frames that tell `goodbye`.
    pub(super) fn new(goodbye: Goodbye) -> Self {
        Self { goodbye, ..Self::default() }
    }

    /// Looks at the next bytes that have come.
    pub(super) fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.passing > 0 {
                let gone = self.passing.min(bytes.len());
                self.passing -= gone;
                bytes = &bytes[gone..];
                continue;
            }
            let wanted = if self.is_goaway() { self.kept.len() } else { HEAD_BYTES };
            let taken = (wanted - self.have).min(bytes.len());
            self.kept[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have == wanted {
                self.filled();
            }
        }
    }

    /// Whether the head is there, and is that of a GOAWAY as it should be.
    fn is_goaway(&self) -> bool {
        self.have >= HEAD_BYTES && self.kept[3] == GOAWAY && self.length() >= GOAWAY_BYTES
    }

    fn length(&self) -> usize {
        let [high, middle, low] = [self.kept[0], self.kept[1], self.kept[2]].map(usize::from);
        high << 16 | middle << 8 | low
    }

    fn filled(&mut self) {
        let whole = self.have == self.kept.len();
        if self.is_goaway() && !whole {
            return;
        }
        if whole && self.kept.ends_with(&NO_ERROR) {
            self.goodbye.0.store(true, Ordering::Release);
        }
        self.passing = self.length() - if whole { GOAWAY_BYTES } else { 0 };
        self.have = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend([kind, 0, 0, 0, 0, 0]);
        bytes.extend(payload);
        bytes
    }

    fn goaway(code: u8, debug: &[u8]) -> Vec<u8> {
        frame(GOAWAY, &[&[0x7f, 255, 255, 255, 0, 0, 0, code], debug].concat())
    }

    /// Whether a goodbye is heard in `bytes`, whatever pieces they come in.
    fn heard(bytes: &[u8]) -> bool {
        let in_pieces = |size: usize| {
            let goodbye = Goodbye::default();
            let mut frames = Frames::new(goodbye.clone());
            bytes.chunks(size).for_each(|piece| frames.pass(piece));
            goodbye.said()
        };
        let whole = in_pieces(bytes.len());
        assert!((1..bytes.len()).all(|size| in_pieces(size) == whole));
        whole
    }

    #[test]
    fn a_goodbye_is_heard_among_other_frames_in_whatever_pieces() {
        let settings = frame(4, &[0; 18]);
        let data = frame(0, &[GOAWAY; 300]);
        let bye = goaway(0, b"max_age");
        assert!(heard(&[&settings[..], &data, &frame(4, &[]), &bye, &data].concat()));
        assert!(heard(&goaway(0, b"")));
        assert!(!heard(&[&settings[..], &data, &bye[..16]].concat()), "it has not all come");
    }

    #[test]
    fn an_end_with_an_error_and_what_looks_like_a_goodbye_are_none() {
        assert!(!heard(&goaway(11, b"too_many_pings")));
        assert!(!heard(&frame(0, &goaway(0, b""))), "inside a body");
        assert!(!heard(&[frame(GOAWAY, &[0; 4]), frame(6, &[0; 8])].concat()), "too short");
        assert!(!heard(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    }
}
