"""A platform's program as another vendor would write it, from exchange-spec/FORM.md alone.

Run: python client.py FOLDER RECORDS [--hub HOST:PORT]

FOLDER is what the hub's operator hands over for a platform: node.toml, certificates, keys. RECORDS
is a JSON file, a list of records to append. The client appends them, greets the hub, pushes, reads
from its mailbox what became of each entry, and prints that as JSON. Run again with other records it
goes on where it ended. It is an example: it does not adopt (5.10) but stops and says so.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tomllib
from base64 import b64encode
from pathlib import Path

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import letters
from form import SEGMENT_ENTRIES, open_note, pack, root_of, sign_note, unpack
from journal import STANDARD, Journal, now
from records import body_of, messages
from sanheyi.exchange.v1 import exchange_pb2
from sanheyi.exchange.v1.exchange_pb2_grpc import ExchangeStub

PROTOCOL = 1
WINDOW_BYTES, MESSAGE_BYTES, PULL_WAIT_MILLIS = 524288, 4784128, 25000  # 9
PULLS_WITHOUT_NEWS = 3


class Client:
    """The calls of a platform to its hub (6)."""

    def __init__(self, folder: Path, address: str | None) -> None:
        config = tomllib.loads((folder / "node.toml").read_text())
        seed = (folder / config["keys"]["signing"]).read_text().strip()
        self.key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        self.hub, self.hub_key = config["hub"], bytes.fromhex(config["keys"]["hub_key"])
        self.journal = Journal(folder / "journal.json", config["platform"], self.hub)
        files = [
            (folder / config["tls"][name]).read_bytes() for name in ("ca", "key", "certificate")
        ]
        limit = ("grpc.max_receive_message_length", MESSAGE_BYTES)
        channel = grpc.secure_channel(
            address or config["uplink"]["address"], grpc.ssl_channel_credentials(*files), [limit]
        )
        self.calls = ExchangeStub(channel)

    def greet(self) -> None:
        """Opens a new epoch, and learns up to where the hub has the journal (5)."""
        journal, drawn = self.journal, secrets.token_bytes(16)
        claim = exchange_pb2.JournalClaim(
            journal=journal.name,
            holds=[bytes.fromhex(one) for one in journal.holds],
            next=drawn,
            size=len(journal.leaves),
            root=root_of(journal.leaves),
            last_grant=journal.grant,
        )
        journal.holds.append(drawn.hex())
        journal.save()  # before it is sent (5.2)
        answer = self.calls.Greet(
            exchange_pb2.GreetRequest(
                protocol=PROTOCOL,
                standard=STANDARD,
                software="example client in Python",
                now=now(),
                journals=[claim],
                copies=letters.claim(journal),
            )
        )
        granted = answer.grants[0]
        expected = {
            1: journal.name,
            2: f"epoch {drawn.hex()}",
            4: f"opened {granted.size}",
            5: f"root {b64encode(granted.root).decode()}",
            6: f"generation {answer.generation.hex()}",
        }
        lines = open_note(self.hub, self.hub_key, granted.grant)
        if any(lines[place] != line for place, line in expected.items()):
            raise ValueError("the grant is not the answer to what was asked")
        self.generation, self.epoch, self.opened = answer.generation, drawn, granted.size
        journal.holds, journal.grant = [drawn.hex()], granted.grant
        mailbox = answer.mailboxes[0]
        self.letters = mailbox.size
        if journal.mailbox != mailbox.journal:
            journal.mailbox = mailbox.journal
            journal.mailbox_leaves, journal.mailbox_checkpoint = [], ""
        journal.save()  # before anything is signed (5.6)
        shared = journal.leaves[: granted.size]
        if len(shared) < granted.size or root_of(shared) != granted.root:
            raise ValueError("the hub has another history, which must be adopted (5.10)")

    def push(self) -> None:
        """Offers what the hub does not have, window by window (6.3)."""
        first, entries = self.opened, self.journal.entries
        while first < len(entries):
            past, taken = first, 0
            while past < min(len(entries), first + SEGMENT_ENTRIES) and taken < WINDOW_BYTES:
                taken += sum(map(len, entries[past]))
                past += 1
            answer = self.calls.Push(
                exchange_pb2.PushRequest(
                    journal=self.journal.name,
                    generation=self.generation,
                    epoch=self.epoch,
                    first=first,
                    segments=[pack(entries[first:past])],
                    checkpoint=self.checkpoint(past),
                )
            )
            first = answer.durable

    def checkpoint(self, size: int) -> str:
        """The author's word on the first `size` entries (4.6)."""
        root = b64encode(root_of(self.journal.leaves[:size])).decode()
        epoch = f"epoch {self.epoch.hex()} {self.opened}"
        lines = [self.journal.name, str(size), root, epoch, f"time {now()}"]
        return sign_note(self.journal.name, self.key, lines)

    def pull(self, name: str, first: int) -> exchange_pb2.Tail | None:
        """The next entries of a journal, or none within the time that a call waits (6.6)."""
        own = exchange_pb2.JournalEpoch(journal=self.journal.name, epoch=self.epoch)
        answer = self.calls.Pull(
            exchange_pb2.PullRequest(
                generation=self.generation,
                cursors=[exchange_pb2.JournalSize(journal=name, size=first)],
                wait_millis=PULL_WAIT_MILLIS,
                max_bytes=WINDOW_BYTES,
                epochs=[own],
            )
        )
        return next((tail for tail in answer.tails if tail.segments), None)

    def read_mailbox(self) -> None:
        """Reads what was there when it greeted, and on until every entry is answered (7)."""
        journal, without_news = self.journal, 0
        while without_news < PULLS_WITHOUT_NEWS:
            read = len(journal.mailbox_leaves)
            if read >= self.letters and journal.judged >= len(journal.entries):
                break
            tail = self.pull(journal.mailbox, read)
            if tail is None:
                without_news += 1
                continue
            letters.take(journal, tail, self.hub_key)

    def read_back(self) -> bool:
        """Whether the hub has the own journal byte for byte."""
        kept = []
        while len(kept) < len(self.journal.entries):
            tail = self.pull(self.journal.name, len(kept))
            kept += [entry for segment in tail.segments for entry in unpack(segment)]
        return kept == self.journal.entries


def main() -> None:
    """Appends, greets, pushes, pulls, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("records", type=Path)
    parser.add_argument("--hub")
    asked = parser.parse_args()
    client, known = Client(asked.folder, asked.hub), messages()
    for one in json.loads(asked.records.read_text()):
        client.journal.append(one, body_of(one, known))
    client.journal.save()
    try:
        client.greet()
        client.push()
        client.read_mailbox()
        report = {
            "journal": client.journal.name,
            "size": len(client.journal.leaves),
            "root": root_of(client.journal.leaves).hex(),
            "opened": client.opened,
            "read_back": client.read_back(),
            "entries": letters.answers(client.journal),
        }
        json.dump(report, sys.stdout, ensure_ascii=False, indent=2)
    except grpc.RpcError as error:
        for key, value in error.trailing_metadata() or ():
            if key == "sanheyi-refusal-bin":  # 6.9
                sys.exit(str(exchange_pb2.Refusal.FromString(value)))
        raise


if __name__ == "__main__":
    main()
