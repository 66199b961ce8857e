"""The journal of an import, beside its file, so that the import can go on after any end.

The first line says which import it is, and each further line what became of a row: the id of its user, or the problem.
The values of the file are not in it. A line is written after the response to its row. If the process ends between both,
the row is sent again with the same idempotency key, and the API returns its first response.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from pathlib import Path
from typing import IO, Any

from users_cli.failures import WrongUsage

SUFFIX = ".users-import"


class Journal:
    """The journal of one import. `done` has what became of each row: the id of a user, or the problem."""

    def __init__(self, path: Path, head: dict[str, Any], done: dict[int, dict[str, Any]]) -> None:
        self.path = path
        self.head = head
        self.done = done
        self.refused = sum("code" in it for it in done.values())  # how many rows the API has refused
        self._file: IO[str] | None = None

    def key(self, row: int) -> str:
        """The idempotency key of a row."""
        return f"{self.head['import']}-{row}"

    def start(self) -> None:
        """Write the journal from now on. It is on the disk before the first row is sent."""
        try:
            new = not self.path.exists()
            self._file = self.path.open("a", encoding="utf-8")
            if new:
                self._write(self.head)
                os.fsync(self._file.fileno())
        except OSError as error:
            raise WrongUsage(f"{self.path} cannot be written: {error.strerror}.") from None

    def settle(self, row: int, outcome: dict[str, Any]) -> None:
        """Write down what became of a row. One thread at a time."""
        self.done[row] = outcome
        self.refused += "code" in outcome
        self._write({"row": row, **outcome})

    def close(self) -> None:
        """End."""
        if self._file:
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        assert self._file
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()


def opened(file: Path, url: str, *, restart: bool) -> Journal:
    """The journal of a file: the one that is there, or a new one. Raises WrongUsage where both do not fit."""
    path = file.with_name(file.name + SUFFIX)
    if restart:
        path.unlink(missing_ok=True)
    digest = digest_of(file)
    if not path.exists():
        return Journal(path, {"import": str(uuid.uuid4()), "url": url, "sha256": digest}, {})
    head, done = read(path)
    for name, value, what in (
        ("url", url, "is of another API"),
        ("sha256", digest, "is of another content of the file"),
    ):
        if head.get(name) != value:
            raise WrongUsage(f"{path} {what}. To import all rows of the file from the beginning, add --restart.")
    return Journal(path, head, done)


def read(path: Path) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    """The head and the rows of a journal. A last line that a crash has cut off is removed. Raises WrongUsage."""
    try:
        whole, _, cut = path.read_bytes().rpartition(b"\n")
        if cut:
            os.truncate(path, len(whole) + 1 if whole else 0)
        head, *lines = [json.loads(line) for line in whole.splitlines()]
        return head, {line.pop("row"): line for line in lines}
    except (OSError, ValueError, KeyError) as error:
        raise WrongUsage(f"{path} cannot be read: {error}. To import from the beginning, add --restart.") from None


def digest_of(file: Path) -> str:
    """The SHA-256 of a file. Raises WrongUsage."""
    try:
        with file.open("rb") as opened_file:
            return hashlib.file_digest(opened_file, "sha256").hexdigest()
    except OSError as error:
        raise WrongUsage(f"{file} cannot be read: {error.strerror}.") from None
