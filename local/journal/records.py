"""The file format of the journal: records with a length and a checksum, and how to tell a torn end from damage.

A file is a header line, which names the format, and records:

    magic (2 bytes), flush number (4), records left in that flush (4), length (4), CRC-32 (4), payload

The checksum is over everything behind the magic; flushes are counted from 1 in each file. All records of one flush
reach the disk before the next flush begins. Therefore a crash can tear only the last flush of a file, which no client
has seen. Whole records of a later flush behind a torn one prove damage.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

FORMAT = 1
NAME = re.compile(r"(\d{8})\.(log|snapshot)")
HEADER = b"users-api journal %d\n" % FORMAT
MAGIC = b"\xabJ"
HEAD = struct.Struct(">2sIIII")


class JournalError(Exception):
    """The journal cannot be used; its text is one sentence that says why and what to do."""


@dataclass(frozen=True)
class Record:
    """One whole record of a file; `left` records of its flush follow it, `end` is the offset behind it."""

    flush: int
    left: int
    payload: bytes
    end: int


def frames(flush: int, payloads: Sequence[bytes]) -> bytes:
    """The records of one flush in the form of the file."""
    return b"".join(
        frame(flush, left, payload) for left, payload in zip(range(len(payloads) - 1, -1, -1), payloads, strict=True)
    )


def frame(flush: int, left: int, payload: bytes) -> bytes:
    """One record in the form of the file."""
    return HEAD.pack(MAGIC, flush, left, len(payload), checksum(flush, left, payload)) + payload


def checksum(flush: int, left: int, payload: bytes) -> int:
    """CRC-32 over everything a record says."""
    return zlib.crc32(payload, zlib.crc32(struct.pack(">III", flush, left, len(payload))))


def record_at(data: bytes, offset: int) -> Record | None:
    """The record at `offset` of a file's bytes; None when there is none, or not a whole one."""
    if len(data) - offset < HEAD.size:
        return None
    magic, flush, left, length, crc = HEAD.unpack_from(data, offset)
    start = offset + HEAD.size
    payload = data[start : start + length]
    if magic != MAGIC or len(payload) != length or checksum(flush, left, payload) != crc:
        return None
    return Record(flush, left, payload, start + length)


def records(data: bytes, offset: int) -> Iterator[Record]:
    """The whole records from `offset` on, up to the first that is not."""
    while (record := record_at(data, offset)) is not None:
        yield record
        offset = record.end


def first_payload(path: Path) -> bytes | None:
    """The payload of a file's first record, without reading the others; None when there is none."""
    with path.open("rb") as stream:
        beginning = stream.read(len(HEADER) + HEAD.size)
        if len(beginning) < len(HEADER) + HEAD.size:
            return None
        record = record_at(beginning + stream.read(HEAD.unpack_from(beginning, len(HEADER))[3]), len(HEADER))
    return record.payload if record else None


def is_damage(data: bytes, offset: int, last: Record | None) -> bool:
    """Whether the bytes at `offset`, behind the record `last`, are no torn end: a record of a later flush follows."""
    torn = 1 if last is None else last.flush + (last.left == 0)
    while (offset := data.find(MAGIC, offset + 1)) >= 0:
        record = record_at(data, offset)
        if record is not None and record.flush > torn:
            return True
    return False


def body_of(path: Path, data: bytes) -> int:
    """Where the records of a file begin; JournalError when another version wrote it."""
    if data.startswith(HEADER):
        return len(HEADER)
    if HEADER.startswith(data):
        return 0  # torn while being made: nothing was ever in it
    raise JournalError(
        f"{path} was not written by this version; run the version that wrote it,"
        f" or move the folder {path.parent} away to start from scratch"
    )


def check_versions(folder: Path) -> None:
    """JournalError when another version wrote one of the files in a folder, before anything reads them all."""
    for path in sorted(folder.glob("*")):
        if NAME.fullmatch(path.name):
            with contextlib.suppress(OSError), path.open("rb") as stream:  # `recover` raises it, with the reason
                body_of(path, stream.read(len(HEADER)))


def write_all(stream: BinaryIO, data: bytes) -> None:
    """Write all of `data`, or raise OSError; the file may then end in a part of it."""
    view = memoryview(data)
    while view:
        view = view[stream.write(view) or 0 :]


def truncate(path: Path, size: int) -> None:
    """Cut a file to `size` bytes and see that on the disk."""
    with path.open("rb+") as stream:
        stream.truncate(size)
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """See new, renamed and removed names of a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
