"""The files of an export while they are written: compressed on the disk, counted, and with their digest."""

from __future__ import annotations

import gzip
import os
import tempfile
from hashlib import sha256

from transfers.cells import HEADER, line_of
from transfers.model import CSV
from utils.response import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any

MARK = "\ufeff"  # without it, Excel does not read UTF-8


class Compressed:
    """One file of users. After `close`, `file` is at its start."""

    def __init__(self, form: str) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._gzip = gzip.GzipFile(fileobj=self.file, mode="wb", mtime=0, compresslevel=6)
        self._csv = form == CSV
        self.count = self.size = 0
        self.digest = ""
        if self._csv:
            self._gzip.write((MARK + HEADER).encode())

    def __enter__(self) -> Compressed:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.file.close()

    def write(self, user: Mapping[str, Any]) -> None:
        """Add one user."""
        line = line_of(user) if self._csv else to_json(user) + "\n"
        self._gzip.write(line.encode("utf-8", "replace"))
        self.count += 1

    def close(self) -> None:
        """End the file: `size` and `digest` are those of its bytes."""
        self._gzip.close()
        self.size = self.file.seek(0, os.SEEK_END)
        self.file.seek(0)
        digest = sha256()
        while block := self.file.read(1 << 20):
            digest.update(block)
        self.digest = digest.hexdigest()
        self.file.seek(0)
