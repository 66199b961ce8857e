"""The data folder: what else is in it stays, and one run at a time has it, from the very first start."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.aws.start import start
from tests.support.kills import Victim
from tests.support.server import ROOT, Server, free_port

pytestmark = [pytest.mark.slow, pytest.mark.local_only]
FOLDERS = ("tmp", "photos", "journal", "journal/mine", "state/mine", "s3/mine")
SERVES = "The API is running at"
FILES = ("letter.txt", "letter.new", "letter.log", "letter")


def filled(data: Path) -> dict[str, str]:
    """Put somebody's own files into a folder; their texts by path."""
    for name in FOLDERS:
        (data / name).mkdir(parents=True, exist_ok=True)
        for file in FILES:
            (data / name / file).write_text(name)
    return texts(data)


def texts(data: Path) -> dict[str, str]:
    """The texts of all files that are somebody's own."""
    return {str(path): path.read_text() for path in data.rglob("letter*")}


@pytest.mark.parametrize("clean", [True, False], ids=["stopped", "killed"])
def test_what_somebody_else_put_there_stays(tmp_path, clean):
    before = filled(tmp_path)
    if clean:
        start(tmp_path).stop()
    else:
        Victim(tmp_path).end()
    start(tmp_path).stop()
    assert texts(tmp_path) == before


def test_nothing_temporary_is_left_after_a_stop(tmp_path):
    Victim(tmp_path).end()
    start(tmp_path).stop()
    assert {path.name for path in tmp_path.iterdir()} == {"journal", "state", "s3", "port", "lock"}


class Run:
    """`make run` over a folder on a port of its own; what it prints is in files."""

    def __init__(self, data: Path, printed: Path) -> None:
        self.printed = [printed.with_suffix(".out"), printed.with_suffix(".err")]
        with self.printed[0].open("w") as out, self.printed[1].open("w") as error:
            environment = {**os.environ, "DATA": str(data), "PARAMETERS": "", "PORT": str(free_port())}
            command = [sys.executable, "-m", "local.serve"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=error)

    @property
    def said(self) -> tuple[str, str]:
        """Both outputs so far."""
        output, error = (path.read_text() for path in self.printed)
        return output, error

    @property
    def settled(self) -> bool:
        """Whether it serves or has ended."""
        return SERVES in self.said[0] or self.process.poll() is not None

    def end(self) -> int:
        """Stop it if it still runs; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def settled(*runs: Run) -> None:
    """Wait until every run serves or has ended."""
    last = time.monotonic() + 90
    while not all(run.settled for run in runs) and time.monotonic() < last:
        time.sleep(0.05)


def is_refused(run: Run, data: Path) -> bool:
    """Whether it ended with one line that says that another run has the folder."""
    output, error = run.said
    return (run.end(), output, error.count("\n")) == (1, "", 1) and f"{data} is in use by another run" in error


def test_of_several_first_starts_at_once_one_serves_and_the_others_say_why_not(tmp_path):
    data = tmp_path / "new" / "data"
    runs = [Run(data, tmp_path / str(number)) for number in range(3)]
    settled(*runs)
    serving = [run for run in runs if run.process.poll() is None]
    refused = [run for run in runs if run not in serving]
    assert [run.end() for run in serving] == [0]
    assert [is_refused(run, data) for run in refused] == [True, True]


def test_a_run_that_is_refused_changes_nothing_in_the_folder(tmp_path):
    (data := tmp_path / "data").mkdir(mode=0o755)
    with (data / "lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        (data / ".users-api-tmp").mkdir()
        (data / ".users-api-tmp" / "in use").touch()
        before = everything(data)
        settled(run := Run(data, tmp_path / "printed"))
        assert is_refused(run, data)
        assert everything(data) == before


def everything(data: Path) -> dict[str, tuple[int, bytes]]:
    """The mode of the folder and of all in it, and the bytes of the files."""
    return {
        str(path): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in (data, *data.rglob("*"))
    }


def test_another_run_over_the_folder_loses_nothing(tmp_path):
    with Server(data=str(tmp_path)) as server:
        table = server.client("dynamodb")
        names = table.list_tables()["TableNames"]
        settled(second := Run(tmp_path, tmp_path.parent / "second"))
        assert is_refused(second, tmp_path)
        assert table.list_tables()["TableNames"] == names
    with Server(data=str(tmp_path)) as again:
        assert again.client("dynamodb").list_tables()["TableNames"] == names
