"""Bodies of records: from JSON with the names of the standard to the bytes that travel."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.message import Message

# These are what protoc writes from the .proto files.
import sanheyi.standard.v1 as standard_v1
from sanheyi.options.v1 import options_pb2


def messages() -> dict[str, type[Message]]:
    """The message of each dataset: the standard says itself which it is."""
    found = {}
    for module in pkgutil.iter_modules(standard_v1.__path__, "sanheyi.standard.v1."):
        if not module.name.endswith("_pb2"):
            continue
        file = importlib.import_module(module.name).DESCRIPTOR
        for message in file.message_types_by_name.values():
            if message.GetOptions().HasExtension(options_pb2.dataset):
                dataset = message.GetOptions().Extensions[options_pb2.dataset]
                found[dataset.name] = message_factory.GetMessageClass(message)
    return found


def body_of(one: dict[str, Any], known: dict[str, type[Message]]) -> bytes:
    """The body: out of the record's fields, or as it stands there in hex."""
    if "hex" in one:
        return bytes.fromhex(one["hex"])
    return json_format.ParseDict(one["body"], known[one["dataset"]]()).SerializeToString()
