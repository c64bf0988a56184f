"""The bytes of the exchange, from exchange-spec/FORM.md; numbers in brackets are its clauses.

An example for whoever takes part with a program of their own; `vectors.py` holds it against the
golden vectors.
"""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import NamedTuple

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEGMENT_ENTRIES, FRAME_BYTES, BODY_BYTES = 1024, 2097152, 262144  # 9
SALT_BYTES, DIGEST_FIELD_BYTES = 16, 34
FRAME_RATIO, FRAME_RATIO_FREE_BYTES = 256, 65536
MAGIC, PREAMBLE_BYTES = b"SHY1", 24


class Entry(NamedTuple):
    """An entry (2.1). Salt and body are empty where the body was erased."""

    header: bytes
    salt: bytes
    body: bytes


def varint(number: int) -> bytes:
    """A number in protobuf's shortest form."""
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


def sized(data: bytes) -> bytes:
    """Bytes behind their length."""
    return varint(len(data)) + data


def encode_header(
    dataset: str,
    record: str,
    revision: int,
    follows: bytes,
    operation: int,
    standard: int,
    occurred: int,
    recorded: int,
    body_digest: bytes,
) -> bytes:
    """The one encoding of a header (2.3). `follows` is empty in revision 1."""
    parts = [
        b"\x0a" + sized(dataset.encode()),
        b"\x12" + sized(record.encode()),
        b"\x18" + varint(revision),
        b"\x22" + sized(follows) if follows else b"",
        b"\x30" + varint(operation),
        b"\x38" + varint(standard),
        b"\x41" + struct.pack("<q", occurred) if occurred else b"",
        b"\x49" + struct.pack("<q", recorded) if recorded else b"",
        b"\x7a" + sized(body_digest),
    ]
    return b"".join(parts)


def digest_of_body(salt: bytes, body: bytes) -> bytes:
    """What a header says of its body (2.2)."""
    return sha256(b"\x02" + salt + body).digest()


def digest_of_entry(header: bytes) -> bytes:
    """The identity of an entry, and its leaf in the tree (2.7)."""
    return sha256(b"\x00" + header).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """The root of a tree (4.1; RFC 6962, 2.1)."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root_of(leaves[:left]) + root_of(leaves[left:])).digest()


def pack(entries: list[Entry]) -> bytes:
    """A segment whose frames stand as they are, which is always allowed (3.5)."""
    headers = b"".join(b"\0" + sized(one.header[:-DIGEST_FIELD_BYTES]) for one in entries)
    bodies = b"".join(one.salt + sized(one.body) for one in entries)
    lengths = (len(entries), len(headers), len(headers), len(bodies), len(bodies))
    return MAGIC + struct.pack("<5I", *lengths) + headers + bodies


def unpack(segment: bytes) -> list[Entry]:
    """The entries of a segment (3.1 to 3.6)."""
    if len(segment) < PREAMBLE_BYTES or segment[:4] != MAGIC:
        raise ValueError("this is no segment")
    frames = segment[PREAMBLE_BYTES:]
    numbers = struct.unpack("<5I", segment[4:PREAMBLE_BYTES])
    count, headers_whole, headers_here, bodies_whole, bodies_here = numbers
    if not 0 < count <= SEGMENT_ENTRIES:
        raise ValueError("a segment has not so many entries")
    if len(frames) != headers_here + bodies_here:
        raise ValueError("a segment is as long as its frames")
    headers = Reader(inflate(frames[:headers_here], headers_whole))
    bodies = Reader(inflate(frames[headers_here:], bodies_whole))
    entries = [read_entry(headers, bodies) for _ in range(count)]
    if headers.rest or bodies.rest:
        raise ValueError("nothing stands behind the last entry")
    return entries


def inflate(frame: bytes, whole: int) -> bytes:
    """A frame as it was before it was packed (3.4, 3.5)."""
    if len(frame) == whole <= FRAME_BYTES:
        return frame
    ratio = FRAME_RATIO if whole > FRAME_RATIO_FREE_BYTES else whole
    if not len(frame) < whole <= min(FRAME_BYTES, len(frame) * ratio):
        raise ValueError("a frame is not of the length that it may have")
    opener = zstandard.ZstdDecompressor(max_window_size=1 << 21).decompressobj()
    inflated = opener.decompress(frame)
    if len(inflated) != whole or not opener.eof or opener.unused_data:
        raise ValueError("a frame is not what it announces")
    return inflated


class Reader:
    """Takes bytes from the front of a frame."""

    def __init__(self, rest: bytes) -> None:
        self.rest = memoryview(rest)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self.rest):
            raise ValueError("a frame ends early")
        taken, self.rest = bytes(self.rest[:count]), self.rest[count:]
        return taken

    def sized(self) -> bytes:
        """The next bytes behind their length."""
        length, shift, byte = 0, 0, 128
        while byte > 127:
            byte = self.take(1)[0]
            length, shift = length | (byte & 127) << shift, shift + 7
            if length > FRAME_BYTES or (shift > 7 and byte == 0):
                raise ValueError("a length is too large or not in its shortest form")
        return self.take(length)


def read_entry(headers: Reader, bodies: Reader) -> Entry:
    """The next entry of both frames (3.2, 3.3)."""
    kind, header = headers.take(1)[0], headers.sized()
    if kind == 1:
        return Entry(header, b"", b"")
    salt, body = bodies.take(SALT_BYTES), bodies.sized()
    if kind != 0 or len(body) > BODY_BYTES:
        raise ValueError("an entry is whole or erased, and its body within its bound")
    return Entry(header + b"\x7a" + sized(digest_of_body(salt, body)), salt, body)


def key_id(name: str, public: bytes) -> bytes:
    """What names a key in a note (4.4)."""
    return sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def sign_note(name: str, key: Ed25519PrivateKey, lines: list[str]) -> str:
    """A signed note (4.3)."""
    text = "".join(f"{line}\n" for line in lines)
    signature = key_id(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n\u2014 {name} {b64encode(signature).decode()}\n"


def open_note(name: str, public: bytes, note: str) -> list[str]:
    """The lines of a note that `name` has signed by that key (4.5)."""
    text, _, signatures = note.rpartition("\n\n")
    signed = False
    for line in signatures.splitlines():
        _, _, raw = line.removeprefix("\u2014 ").partition(f"{name} ")
        if raw and b64decode(raw)[:4] == key_id(name, public):
            key = Ed25519PublicKey.from_public_bytes(public)
            key.verify(b64decode(raw)[4:], f"{text}\n".encode())
            signed = True
    if not signed:
        raise ValueError(f"{name} has not signed this")
    return text.split("\n")
