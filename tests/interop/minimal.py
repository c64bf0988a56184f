"""The whole exchange in one file of under 200 lines: greets, pushes, pulls.

Run: python minimal.py FOLDER RECORDS [HOST:PORT]

FOLDER is what the hub's operator hands over for a platform; RECORDS a JSON list of {"dataset",
"record", "hex"}: bodies in hex. It appends them to its journal, greets the hub, pushes, pulls the
receipts, and prints what became of each entry as JSON. Numbers in brackets are the clauses of
exchange-spec/FORM.md. It checks signatures and roots; `client.py` is the longer one, which reads
hostile bytes and later verdicts, too.
"""

from __future__ import annotations

import json
import secrets
import struct
import sys
import time
import tomllib
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import grpc
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sanheyi.exchange.v1 import exchange_pb2 as wire
from sanheyi.exchange.v1.entry_pb2 import Receipt
from sanheyi.exchange.v1.exchange_pb2_grpc import ExchangeStub

PUT, STANDARD, PROTOCOL, DIGEST_FIELD_BYTES = 1, 1, 1, 34
STANDINGS = {1: "accepted", 2: "quarantined", 3: "pending"}


def now() -> int:
    return time.time_ns() // 1000


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def sized(data: bytes) -> bytes:
    return varint(len(data)) + data


def header(one: dict, revision: int, follows: bytes, salt: bytes, body: bytes) -> bytes:
    """The one encoding of a header (2.3); its last field says what the body is (2.2)."""
    parts = [
        b"\x0a" + sized(one["dataset"].encode()) + b"\x12" + sized(one["record"].encode()),
        b"\x18" + varint(revision) + (b"\x22" + sized(follows) if follows else b""),
        b"\x30" + varint(PUT) + b"\x38" + varint(STANDARD),
        b"\x41" + struct.pack("<q", now()) + b"\x49" + struct.pack("<q", now()),
    ]
    return b"".join(parts) + body_field(salt, body)


def body_field(salt: bytes, body: bytes) -> bytes:
    return b"\x7a" + sized(sha256(b"\x02" + salt + body).digest())


def leaf(header: bytes) -> bytes:
    """The identity of an entry (2.7)."""
    return sha256(b"\x00" + header).digest()


def root(leaves: list[bytes]) -> bytes:
    """The root of a tree (4.1; RFC 6962)."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:])).digest()


def pack(entries: list[tuple[bytes, bytes, bytes]]) -> bytes:
    """A segment whose frames stand as they are (3.5)."""
    heads = b"".join(b"\0" + sized(head[:-DIGEST_FIELD_BYTES]) for head, _, _ in entries)
    bodies = b"".join(salt + sized(body) for _, salt, body in entries)
    lengths = (len(entries), len(heads), len(heads), len(bodies), len(bodies))
    return b"SHY1" + struct.pack("<5I", *lengths) + heads + bodies


def unpack(segment: bytes) -> list[tuple[bytes, bytes]]:
    """Header and body of each entry of a segment (3.1 to 3.6)."""
    count, whole, here, bodies_whole, _ = struct.unpack("<5I", segment[4:24])
    heads = inflate(segment[24 : 24 + here], whole)
    bodies = inflate(segment[24 + here :], bodies_whole)
    entries, at, past = [], 0, 0
    for _ in range(count):
        head, at = take(heads, at + 1)  # the byte before it: 0, the body is there
        salt = bodies[past : past + 16]
        body, past = take(bodies, past + 16)
        entries.append((head + body_field(salt, body), body))
    return entries


def inflate(frame: bytes, whole: int) -> bytes:
    return frame if len(frame) == whole else zstandard.decompress(frame, max_output_size=whole)


def take(data: bytes, at: int) -> tuple[bytes, int]:
    """The bytes behind the length at `at`, and where they end."""
    length, shift, byte = 0, 0, 128
    while byte > 127:
        byte, at = data[at], at + 1
        length, shift = length | (byte & 127) << shift, shift + 7
    return data[at : at + length], at + length


def key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def sign(name: str, key: Ed25519PrivateKey, lines: list[str]) -> str:
    """A signed note (4.3)."""
    text = "".join(f"{line}\n" for line in lines)
    signature = key_id(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n\u2014 {name} {b64encode(signature).decode()}\n"


def opened(name: str, public: bytes, note: str) -> list[str]:
    """The lines of a note that bears the hub's signature (4.5); raises if it does not."""
    text, _, signatures = note.rpartition("\n\n")
    lines = [line.removeprefix(f"\u2014 {name} ") for line in signatures.splitlines()]
    raw = next(b64decode(one) for one in lines if b64decode(one)[:4] == key_id(name, public))
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())
    return text.split("\n")


def main(folder: Path, records: Path, address: str | None = None) -> None:
    config = tomllib.loads((folder / "node.toml").read_text())
    seed = (folder / config["keys"]["signing"]).read_text().strip()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    hub, hub_key = config["hub"], bytes.fromhex(config["keys"]["hub_key"])
    tls = [(folder / config["tls"][name]).read_bytes() for name in ("ca", "key", "certificate")]
    target, credentials = address or config["uplink"]["address"], grpc.ssl_channel_credentials(*tls)
    calls = ExchangeStub(grpc.secure_channel(target, credentials))

    # Append: durable before anything is sent. A file that is there is gone on with.
    file = folder / "minimal.json"
    name = f"{config['platform']}>{hub}/normal/{secrets.token_hex(16)}"
    fresh = {"name": name, "holds": ["00" * 16], "entries": [], "heads": {}}
    state = json.loads(file.read_text()) if file.exists() else fresh
    for one in json.loads(records.read_text()):
        revision, follows = state["heads"].get(one["record"], (0, ""))
        salt, body = secrets.token_bytes(16), bytes.fromhex(one["hex"])
        head = header(one, revision + 1, bytes.fromhex(follows), salt, body)
        state["entries"].append([head.hex(), salt.hex(), body.hex()])
        state["heads"][one["record"]] = [revision + 1, leaf(head).hex()]
    entries = [tuple(map(bytes.fromhex, one)) for one in state["entries"]]
    leaves = [leaf(head) for head, _, _ in entries]
    name, epoch = state["name"], secrets.token_bytes(16)
    claim = wire.JournalClaim(journal=name, next=epoch, size=len(leaves), root=root(leaves))
    claim.holds.extend(map(bytes.fromhex, state["holds"]))
    file.write_text(json.dumps(state | {"holds": [*state["holds"], epoch.hex()]}))

    # Greet: the epoch moves, and the hub says how much it has (5).
    greet = wire.GreetRequest(protocol=PROTOCOL, standard=STANDARD, software="minimal", now=now())
    greet.journals.append(claim)
    answer = calls.Greet(greet)
    grant, mailbox = answer.grants[0], answer.mailboxes[0].journal
    if opened(hub, hub_key, grant.grant)[2] != f"epoch {epoch.hex()}":
        raise ValueError("the grant is not about this epoch")
    if root(leaves[: grant.size]) != grant.root:
        raise ValueError("the hub has another history, which must be adopted (5.10)")
    file.write_text(json.dumps(state | {"holds": [epoch.hex()]}))

    # Push what it has not, with a checkpoint (6.3, 4.6). More than a window goes in several.
    if grant.size < len(entries):
        words = [name, str(len(leaves)), b64encode(root(leaves)).decode()]
        words += [f"epoch {epoch.hex()} {grant.size}", f"time {now()}"]
        push = wire.PushRequest(journal=name, epoch=epoch, first=grant.size)
        push.generation, push.checkpoint = answer.generation, sign(name, key, words)
        push.segments.append(pack(entries[grant.size :]))
        calls.Push(push)

    # Pull the receipts until every entry is judged (6.6, 7).
    letters, standings = [], {}
    while len(standings) < len(entries):
        pull = wire.PullRequest(generation=answer.generation, wait_millis=25000, max_bytes=1 << 19)
        pull.cursors.append(wire.JournalSize(journal=mailbox, size=len(letters)))
        pull.epochs.append(wire.JournalEpoch(journal=name, epoch=epoch))
        for tail in calls.Pull(pull).tails:
            new = [entry for segment in tail.segments for entry in unpack(segment)]
            letters += [leaf(head) for head, _ in new]
            signed = b64encode(root(letters)).decode()
            if new and opened(mailbox, hub_key, tail.checkpoint)[2] != signed:
                raise ValueError("the hub has not signed what it sent")
            told = [body for head, body in new if b"exchange.receipt" in head]
            for one in map(Receipt.FromString, told):
                standings |= {at: "accepted" for at in range(getattr(one, "from"), one.to)}
                standings |= {it.sequence: STANDINGS[it.standing] for it in one.exceptions}
    report = {"root": root(leaves).hex(), "standings": [standings[at] for at in sorted(standings)]}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
