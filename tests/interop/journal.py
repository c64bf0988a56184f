"""What a platform must not forget: its journal, its epochs, and its copy of the hub's answers.

An example: everything stands in one JSON file that is written whole. A program for every day keeps
it in a database; what must be durable before what is the same.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

from form import SALT_BYTES, Entry, digest_of_body, digest_of_entry, encode_header

STANDARD = 1  # the version in which bodies are written
PUT = 1
NONE_YET = "00" * 16  # the zero id (1.4)


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class Journal:
    """A platform's journal to its hub, in a file."""

    def __init__(self, file: Path, platform: str, hub: str) -> None:
        self.file = file
        self.name = f"{platform}>{hub}/normal/{secrets.token_hex(16)}"
        self.holds, self.grant = [NONE_YET], ""
        self.entries: list[Entry] = []
        self.mailbox, self.mailbox_leaves, self.mailbox_checkpoint = "", [], ""
        # What became of the entries below `judged`: those that were not simply accepted.
        self.judged, self.answers = 0, {}
        self.recorded, self.heads = 0, {}
        if file.exists():
            state: dict[str, Any] = json.loads(file.read_text())
            entries = [Entry(*map(bytes.fromhex, one)) for one in state.pop("entries")]
            self.__dict__ |= state | {"entries": entries}
        self.leaves = [digest_of_entry(one.header) for one in self.entries]

    def save(self) -> None:
        """Makes it durable; returns when it is."""
        state = {name: kept for name, kept in vars(self).items() if name not in ("file", "leaves")}
        state["entries"] = [[part.hex() for part in one] for one in self.entries]
        beside = self.file.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.file)

    def append(self, one: dict[str, Any], body: bytes) -> None:
        """Appends the next revision of a record (2)."""
        record = f"{one['dataset']} {one['record']}"
        revision, follows = self.heads.get(record, (0, ""))
        # It never decreases, whatever the clock does (2.6).
        self.recorded = max(now(), self.recorded)
        salt = secrets.token_bytes(SALT_BYTES)
        header = encode_header(
            dataset=one["dataset"],
            record=one["record"],
            revision=revision + 1,
            follows=bytes.fromhex(follows),
            operation=one.get("operation", PUT),
            standard=one.get("standard", STANDARD),
            occurred=one.get("occurred", 0),
            recorded=self.recorded,
            body_digest=digest_of_body(salt, body),
        )
        self.entries.append(Entry(header, salt, body))
        self.leaves.append(digest_of_entry(header))
        self.heads[record] = [revision + 1, self.leaves[-1].hex()]
