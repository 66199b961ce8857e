"""The data folder: one run at a time has it, only its owner can read what is ours, and what else is there stays."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from local import private
from local.aws.emulator.errors import AWSError
from local.journal.log import lock
from local.journal.records import check_versions

LOCK_SECONDS = 3.0
FOLDERS = ("journal", "state", "s3")
SCRATCH = ".users-api-tmp"  # deleted with its contents, so nobody else may have a folder of that name
PORT = "port"
OURS = frozenset({*FOLDERS, SCRATCH, PORT, "lock", "access.log", "access.1.log", "api-keys.json"})


@contextlib.contextmanager
def held(data: Path) -> Iterator[None]:
    """Create the folder or take the one that is there, for this run alone. Raises AWSError, JournalError.

    A run that is refused changes nothing: another run may use the folder, or another version may have written it.
    """
    with told(data):
        data.mkdir(parents=True, exist_ok=True)
        lock_file = take_lock(data)
    with lock_file:
        check_versions(data / "journal")
        try:
            with told(data):
                prepare(data)
            yield
        finally:
            shutil.rmtree(data / SCRATCH, ignore_errors=True)


@contextlib.contextmanager
def told(data: Path) -> Iterator[None]:
    """Turn an OSError into the AWSError of a folder that cannot be created or written."""
    try:
        yield
    except OSError as error:
        raise AWSError(
            f"the data folder {data} cannot be written ({error.strerror}); free some space or choose another with DATA"
        ) from error


def take_lock(data: Path) -> BinaryIO:
    """The lock of the data folder, which a run that is just ending may hold a little longer."""
    until = time.monotonic() + LOCK_SECONDS
    while (lock_file := lock(data / "lock")) is None:
        if time.monotonic() > until:
            raise AWSError(
                f"the data folder {data} is in use by another run; stop that run or choose another folder with DATA"
            )
        time.sleep(0.05)
    return lock_file


def prepare(data: Path) -> None:
    """The folders of the state, private, and an empty one for temporary files: a killed run may have left some."""
    for name in FOLDERS:
        (data / name).mkdir(exist_ok=True)
    shutil.rmtree(data / SCRATCH, ignore_errors=True)
    (data / SCRATCH).mkdir()
    private.narrow(data, OURS)
    with tempfile.TemporaryFile(dir=data) as probe:
        probe.write(bytes(4096))


def remember_port(data: Path, port: int) -> None:
    """Let the next run have the same port. Raises AWSError."""
    with told(data):
        (data / PORT).write_text(str(port))


def last_port(data: Path) -> int:
    """The port of the last run, which addresses made then (queue URLs) hold; 0 when there is none."""
    try:
        return int((data / PORT).read_text())
    except (OSError, ValueError):
        return 0
