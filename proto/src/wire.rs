//! Reads protobuf's wire format in place: no owned structs, no allocation, offsets of the whole
//! body.
//!
//! It takes what prost takes and refuses what prost refuses, so that a body that the checks accept
//! can be decoded by every reader of this build. What it does not know it skips.

/// How deep messages and unknown groups may lie within each other.
const MAX_DEPTH: u8 = 32;

/// Wire types of protobuf: the low three bits of a key.
const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH: u32 = 2;
const GROUP: u32 = 3;
const GROUP_END: u32 = 4;
const FIXED32: u32 = 5;

/// Why bytes are not a protobuf message of the expected type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A number is cut off or longer than 64 bits.
    Number,
    /// A key names field 0, a wire type that does not exist, or is longer than 32 bits.
    Key,
    /// A length or a fixed number reaches past the end.
    Cut,
    /// A known field is written with another wire type than its own.
    Type,
    /// A text is not UTF-8.
    Text,
    /// A group ends that did not begin.
    Group,
    /// More than [`MAX_DEPTH`] levels.
    Depth,
}

/// Bytes that cannot be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Where, in bytes from the start of the body: the item that cannot be read begins here.
    pub(crate) offset: usize,
    pub(crate) flaw: Flaw,
}

/// A place in a message. Copies are cheap; a nested message gets its own reader over the same
/// bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    /// The body up to the end of the message that is being read: offsets are those of the body.
    bytes: &'a [u8],
    at: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Reader { bytes: body, at: 0, depth: 0 }
    }

    /// Whether anything is left of this message or packed list.
    #[inline]
    pub(crate) fn more(&self) -> bool {
        self.at < self.bytes.len()
    }

    /// The next key (field number and wire type), or nothing at the end of the message.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<Option<u32>, Malformed> {
        let start = self.at;
        match self.bytes.get(start) {
            None => Ok(None),
            Some(&byte) if (0x08..0x80).contains(&byte) => {
                self.at = start + 1;
                known_type(u32::from(byte), start).map(Some)
            }
            Some(_) => self.long_key(start).map(Some),
        }
    }

    fn long_key(&mut self, start: usize) -> Result<u32, Malformed> {
        let key = u32::try_from(self.varint()?).map_err(|_| flaw(start, Flaw::Key))?;
        if key >> 3 == 0 {
            return Err(flaw(start, Flaw::Key));
        }
        known_type(key, start)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for (index, &byte) in self.bytes[self.at..].iter().take(10).enumerate() {
            // Ten bytes hold 70 bits: of the tenth only the lowest bit may be set.
            if index == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.at += index + 1;
                return Ok(value);
            }
        }
        Err(flaw(self.at, Flaw::Number))
    }

    /// The bytes of a field that carries its length.
    #[inline]
    fn sized(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.at;
        let length = self.varint()?;
        let rest = self.bytes.len() - self.at;
        match usize::try_from(length) {
            Ok(length) if length <= rest => {
                let bytes = &self.bytes[self.at..self.at + length];
                self.at += length;
                Ok(bytes)
            }
            _ => Err(flaw(start, Flaw::Cut)),
        }
    }

    /// A field of type `string`.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        let bytes = self.sized()?;
        std::str::from_utf8(bytes).map_err(|_| flaw(start, Flaw::Text))
    }

    /// A field of type `bool`.
    #[inline]
    pub(crate) fn bool(&mut self) -> Result<bool, Malformed> {
        self.varint().map(|value| value != 0)
    }

    /// A field of type `uint32`; higher bits are dropped, as every protobuf reader does.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "protobuf drops the higher bits")]
    pub(crate) fn uint32(&mut self) -> Result<u32, Malformed> {
        self.varint().map(|value| value as u32)
    }

    /// A field of type `int64`.
    #[inline]
    pub(crate) fn int64(&mut self) -> Result<i64, Malformed> {
        self.varint().map(u64::cast_signed)
    }

    /// A field of an enum type; higher bits are dropped, as every protobuf reader does.
    #[inline]
    pub(crate) fn code(&mut self) -> Result<i32, Malformed> {
        self.uint32().map(u32::cast_signed)
    }

    /// A reader of a nested message.
    #[inline]
    pub(crate) fn message(&mut self) -> Result<Reader<'a>, Malformed> {
        let start = self.at;
        let depth = self.deeper(start)?;
        let mut inner = self.packed()?;
        inner.depth = depth;
        Ok(inner)
    }

    /// A reader of a packed list of numbers.
    #[inline]
    pub(crate) fn packed(&mut self) -> Result<Reader<'a>, Malformed> {
        let length = self.sized()?.len();
        let bytes = &self.bytes[..self.at];
        Ok(Reader { bytes, at: self.at - length, depth: self.depth })
    }

    fn deeper(&self, start: usize) -> Result<u8, Malformed> {
        if self.depth == MAX_DEPTH { Err(flaw(start, Flaw::Depth)) } else { Ok(self.depth + 1) }
    }

    /// Passes over a field that is not known; a known one with a strange wire type is malformed.
    #[cold]
    pub(crate) fn other(&mut self, key: u32, known: bool) -> Result<(), Malformed> {
        if known { Err(flaw(self.at, Flaw::Type)) } else { self.skip(key) }
    }

    /// Walks over the fields of this message: number and all bytes of each, key and value.
    pub(crate) fn each_field(
        mut self,
        mut with: impl FnMut(u32, &'a [u8]),
    ) -> Result<(), Malformed> {
        loop {
            let start = self.at;
            let Some(key) = self.key()? else { return Ok(()) };
            self.skip(key)?;
            with(key >> 3, &self.bytes[start..self.at]);
        }
    }

    /// Passes over the value behind a key.
    #[inline]
    pub(crate) fn skip(&mut self, key: u32) -> Result<(), Malformed> {
        match key & 7 {
            VARINT => self.varint().map(|_| ()),
            FIXED64 => self.step(8),
            LENGTH => self.sized().map(|_| ()),
            FIXED32 => self.step(4),
            GROUP => self.skip_group(key >> 3),
            _ => Err(flaw(self.at, Flaw::Group)),
        }
    }

    fn step(&mut self, bytes: usize) -> Result<(), Malformed> {
        if self.bytes.len() - self.at < bytes {
            return Err(flaw(self.at, Flaw::Cut));
        }
        self.at += bytes;
        Ok(())
    }

    fn skip_group(&mut self, number: u32) -> Result<(), Malformed> {
        let start = self.at;
        self.depth = self.deeper(start)?;
        loop {
            match self.key()? {
                None => return Err(flaw(start, Flaw::Cut)),
                Some(key) if key & 7 == GROUP_END => {
                    self.depth -= 1;
                    let ours = key >> 3 == number;
                    return if ours { Ok(()) } else { Err(flaw(start, Flaw::Group)) };
                }
                Some(key) => self.skip(key)?,
            }
        }
    }
}

#[inline]
fn known_type(key: u32, start: usize) -> Result<u32, Malformed> {
    if key & 7 > FIXED32 { Err(flaw(start, Flaw::Key)) } else { Ok(key) }
}

#[cold]
fn flaw(offset: usize, flaw: Flaw) -> Malformed {
    Malformed { offset, flaw }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(bytes: &[u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(bytes);
        while let Some(key) = reader.key()? {
            reader.other(key, false)?;
        }
        Ok(())
    }

    #[test]
    fn unknown_fields_of_every_wire_type_are_passed_over() {
        let mut bytes = vec![0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, 9, 9];
        bytes.extend([0x2d, 1, 2, 3, 4, 0x23, 0x08, 0x01, 0x24]);
        assert_eq!(walk(&bytes), Ok(()));
    }

    #[test]
    fn numbers_end_within_ten_bytes() {
        let mut most = vec![0x08];
        most.extend([0xff; 9]);
        most.push(0x01);
        assert_eq!(walk(&most), Ok(()));
        most[10] = 0x02;
        assert_eq!(walk(&most), Err(flaw(1, Flaw::Number)));
        assert_eq!(walk(&[0x08, 0x80]), Err(flaw(1, Flaw::Number)));
        assert_eq!(walk(&[0x08]), Err(flaw(1, Flaw::Number)));
    }

    #[test]
    fn keys_have_a_field_and_a_wire_type() {
        assert_eq!(walk(&[0x02]), Err(flaw(0, Flaw::Key)));
        assert_eq!(walk(&[0x0e]), Err(flaw(0, Flaw::Key)));
        assert_eq!(walk(&[0x80, 0x00]), Err(flaw(0, Flaw::Key)));
        assert_eq!(walk(&[0xf8, 0xff, 0xff, 0xff, 0x1f, 0x00]), Err(flaw(0, Flaw::Key)));
        assert_eq!(walk(&[0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00]), Ok(()));
    }

    #[test]
    fn lengths_stay_within_the_message() {
        assert_eq!(walk(&[0x0a, 0x01]), Err(flaw(1, Flaw::Cut)));
        assert_eq!(walk(&[0x0a, 0x00]), Ok(()));
        assert_eq!(walk(&[0x0d, 1, 2, 3]), Err(flaw(1, Flaw::Cut)));
        assert_eq!(walk(&[0x09, 1, 2, 3, 4, 5, 6, 7]), Err(flaw(1, Flaw::Cut)));
        let mut inner = Reader::new(&[0x0a, 0x02, 0x08, 0x96, 0x01]);
        inner.key().expect("a key");
        let mut inner = inner.message().expect("two bytes");
        assert_eq!(inner.key(), Ok(Some(0x08)));
        assert_eq!(inner.uint32(), Err(flaw(3, Flaw::Number)), "offsets are those of the body");
    }

    #[test]
    fn groups_end_as_they_begin_and_not_too_deep() {
        assert_eq!(walk(&[0x0b, 0x0c]), Ok(()));
        assert_eq!(walk(&[0x0b, 0x14]), Err(flaw(1, Flaw::Group)));
        assert_eq!(walk(&[0x0b]), Err(flaw(1, Flaw::Cut)));
        assert_eq!(walk(&[0x0c]), Err(flaw(1, Flaw::Group)));
        let deep = |levels: usize| [vec![0x0b; levels], vec![0x0c; levels]].concat();
        assert_eq!(walk(&deep(usize::from(MAX_DEPTH))), Ok(()));
        let over = walk(&deep(usize::from(MAX_DEPTH) + 1)).expect_err("too deep");
        assert_eq!(over.flaw, Flaw::Depth);
    }
}
