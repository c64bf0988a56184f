"""Holds the example's bytes (form.py) against the golden vectors.

Run: python vectors.py exchange-spec/vectors
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from zstandard import ZstdError

import form

# form.py writes headers and leaves reading them to protobuf, which is less strict than 2.3.
READ_BY_PROTOBUF = "a header that breaks a rule"


def unhex(text: str | None) -> bytes:
    """Bytes; null is none."""
    return bytes.fromhex(text or "")


def bodies(vectors: Any) -> None:
    """Clause 2.2."""
    for one in vectors["bodies"]:
        digest = form.digest_of_body(unhex(one["salt"]), unhex(one["body"]))
        assert digest == unhex(one["digest"]), one


def headers(vectors: Any) -> None:
    """Clauses 2.3 to 2.7."""
    names = ("dataset", "record", "revision", "operation", "standard", "occurred", "recorded")
    for one in vectors["headers"]:
        header = unhex(one["header"])
        assert form.digest_of_entry(header) == unhex(one["digest"]), one["name"]
        if one["custody_epoch"] == 0 and "later version" not in one["name"]:
            digests = {name: unhex(one[name]) for name in ("follows", "body_digest")}
            written = form.encode_header(**{name: one[name] for name in names}, **digests)
            assert written == header, one["name"]


def segments(vectors: Any) -> None:
    """Clause 3."""
    for one in vectors["opened"]:
        entries = form.unpack(unhex(one["segment"]))
        found = [(entry.header.hex(), entry.body.hex()) for entry in entries]
        assert found == [(entry["header"], entry["body"] or "") for entry in one["entries"]]
        whole = [entry for entry in entries if entry.salt]
        assert form.unpack(form.pack(whole)) == whole, one["name"]
    for one in vectors["refused"]:
        try:
            form.unpack(unhex(one["segment"]))
        except (ValueError, ZstdError):
            continue
        assert one["name"] == READ_BY_PROTOBUF, f"not refused: {one['name']}"


def roots(vectors: Any) -> None:
    """Clause 4.1. Leaf n is that of the eight bytes of n, as the first three say."""
    numbers = [number.to_bytes(8, "big") for number in range(257)]
    for number, one in zip(numbers, vectors["leaves"], strict=False):
        assert (number, form.digest_of_entry(number)) == (unhex(one["data"]), unhex(one["leaf"]))
    for one in vectors["roots"]:
        leaves = [form.digest_of_entry(number) for number in numbers[: one["size"]]]
        assert form.root_of(leaves) == unhex(one["root"]), one


def checkpoints(vectors: Any) -> None:
    """Clauses 4.3 to 4.5: the notes, and who has signed them."""
    key = Ed25519PrivateKey.from_private_bytes(unhex(vectors["seed"]))
    public = unhex(vectors["public_key"])
    for one in vectors["checkpoints"]:
        lines = form.open_note(one["journal"], public, one["note"])
        assert lines[:2] == [one["journal"], str(one["size"])], one
        assert form.sign_note(one["journal"], key, lines) == one["note"], one
    name = vectors["checkpoints"][0]["journal"]
    for one in vectors["refused"]:
        try:
            form.open_note(name, public, one["note"])
        except (ValueError, InvalidSignature):
            continue
        # What the lines say is held by whoever reads them.
        assert one["error"].startswith("Line"), f"not refused: {one['name']}"


def main() -> None:
    """Each file in turn; an assertion that fails names the vector."""
    folder = Path(sys.argv[1])
    for hold in (bodies, headers, segments, roots, checkpoints):
        hold(json.loads((folder / f"{hold.__name__}.json").read_text()))


if __name__ == "__main__":
    main()
