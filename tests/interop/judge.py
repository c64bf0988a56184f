"""Judges bodies by protovalidate, the official library, and by the .proto files alone.

Run: python judge.py proto CASES VERDICTS

A line of CASES is a message's name, a tab, and a body in hex; the line of VERDICTS in the same
place lists what it breaks, as JSON: pairs of field path and rule id, sorted.

protoc compiles the files with the declaration of buf.validate that comes with the library, not with
the part of it in proto/buf: so it shows, too, that our part says what the whole says.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc_tools
import protovalidate
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from protobuf import DescFile


def take_in(file: DescFile, found: descriptor_pb2.FileDescriptorSet) -> None:
    """Adds a file behind what it imports, unless it is there."""
    for imported in file.dependencies:
        take_in(imported, found)
    if all(known.name != file.name for known in found.file):
        found.file.add().ParseFromString(file.proto.to_binary())


def compiled(root: Path, beside: Path) -> descriptor_pool.DescriptorPool:
    """The .proto files of the standard, read by protoc."""
    official = descriptor_pb2.FileDescriptorSet()
    take_in(protovalidate.ViolationPb.desc().file, official)
    public, whole = beside / "official.binpb", beside / "whole.binpb"
    public.write_bytes(official.SerializeToString())
    # Only our own packages can be seen under this root.
    (beside / "root").mkdir()
    (beside / "root" / "sanheyi").symlink_to(root.resolve() / "sanheyi")
    known = Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(str(file.relative_to(root)) for file in root.glob("sanheyi/**/*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{beside / 'root'}", f"-I{known}"]
    command += [f"--descriptor_set_in={public}", f"--descriptor_set_out={whole}"]
    subprocess.run([*command, "--include_imports", *files], check=True)
    read = descriptor_pb2.FileDescriptorSet.FromString(whole.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in read.file:
        pool.Add(file)
    return pool


def judge(pool: descriptor_pool.DescriptorPool, message: str, body: bytes) -> list[list[str]]:
    """What a body breaks."""
    known = message_factory.GetMessageClass(pool.FindMessageTypeByName(message))
    found = protovalidate.collect_violations(known.FromString(body))
    return sorted([path(violation.proto), violation.proto.rule_id] for violation in found)


def path(violation: protovalidate.ViolationPb) -> str:
    """The way to a field as we write it: `legal_basis[2].title`."""
    names = []
    for element in violation.field.elements:
        subscript = element.subscript
        index = f"[{subscript.value}]" if subscript is not None else ""
        names.append(f"{element.field_name}{index}")
    return ".".join(names)


def main() -> None:
    """Judges each case in turn."""
    root, cases, verdicts = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as beside:
        pool = compiled(root, Path(beside))
    with cases.open() as lines, verdicts.open("w") as judged:
        for line in lines:
            message, body = line.rstrip("\n").split("\t")
            print(json.dumps(judge(pool, message, bytes.fromhex(body))), file=judged)


if __name__ == "__main__":
    main()
