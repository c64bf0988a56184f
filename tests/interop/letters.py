"""The hub's journal to a platform, and what its letters say of the platform's own entries."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from form import digest_of_entry, open_note, root_of, unpack
from journal import Journal
from sanheyi.exchange.v1 import entry_pb2, exchange_pb2

STANDINGS = {
    entry_pb2.STANDING_ACCEPTED: "accepted",
    entry_pb2.STANDING_QUARANTINED: "quarantined",
}  # What is not known here counts as pending (7.5).


def claim(journal: Journal) -> list[exchange_pb2.CopyClaim]:
    """What is held of the mailbox: by it a hub that was set back finds out."""
    if not journal.mailbox_leaves:
        return []
    leaves = [bytes.fromhex(leaf) for leaf in journal.mailbox_leaves]
    return [
        exchange_pb2.CopyClaim(
            journal=journal.mailbox,
            size=len(leaves),
            root=root_of(leaves),
            checkpoint=journal.mailbox_checkpoint,
        )
    ]


def take(journal: Journal, tail: exchange_pb2.Tail, hub_key: bytes) -> None:
    """Takes the next letters in, if the hub has signed just these."""
    entries = [entry for segment in tail.segments for entry in unpack(segment)]
    leaves = [bytes.fromhex(leaf) for leaf in journal.mailbox_leaves]
    leaves += [digest_of_entry(entry.header) for entry in entries]
    lines = open_note(journal.mailbox, hub_key, tail.checkpoint)
    root = b64encode(root_of(leaves)).decode()
    if lines[:3] != [journal.mailbox, str(len(leaves)), root]:
        raise ValueError("the hub's checkpoint is not about what it sent")
    for entry in entries:
        read_letter(journal, entry_pb2.Header.FromString(entry.header).dataset, entry.body)
    journal.mailbox_leaves = [leaf.hex() for leaf in leaves]
    journal.mailbox_checkpoint = tail.checkpoint
    journal.save()


def read_letter(journal: Journal, dataset: str, body: bytes) -> None:
    """Keeps what a receipt (7.3) or a later verdict says."""
    if dataset == "exchange.receipt":
        receipt = entry_pb2.Receipt.FromString(body)
        known = receipt.journal == journal.name and receipt.to <= len(journal.leaves)
        if not known or root_of(journal.leaves[: receipt.to]) != receipt.root:
            raise ValueError("a receipt is about another history (7.5)")
        verdicts, journal.judged = list(receipt.exceptions), receipt.to
    elif dataset == "exchange.later_verdict":
        later = entry_pb2.LaterVerdict.FromString(body)
        verdicts = [one.verdict for one in later.changes if later.journal == journal.name]
    else:
        return  # a letter of a later version
    for one in verdicts:
        reasons = [
            {"field": reason.field, "rule": reason.rule, "zh": reason.zh, "en": reason.en}
            for reason in one.reasons
        ]
        standing = STANDINGS.get(one.standing, "pending")
        journal.answers[str(one.sequence)] = {"standing": standing, "reasons": reasons}


def answers(journal: Journal) -> list[dict[str, Any]]:
    """What became of each entry."""
    report = []
    for sequence, entry in enumerate(journal.entries):
        header = entry_pb2.Header.FromString(entry.header)
        usual = "accepted" if sequence < journal.judged else "not judged yet"
        named = {
            "sequence": sequence,
            "dataset": header.dataset,
            "record": header.record,
            "revision": header.revision,
        }
        answer = {"standing": usual, "reasons": []} | journal.answers.get(str(sequence), {})
        report.append(named | answer)
    return report
