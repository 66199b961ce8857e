"""A terminal with somebody at it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def talk(
    command: Sequence[str | Path], environment: Mapping[str, str], answers: Mapping[str, str], seconds: float = 60
) -> tuple[int, str]:
    """Run a command on a terminal; its exit status and all that stood on the screen.

    Whenever it stops after a line with one of the questions of `answers`, the answer is typed; any other question, a
    line that ends in a colon, is answered with the Return key alone.
    """
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, cwd="/", env=environment, stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    )
    os.close(follower)
    screen, last = b"", time.monotonic() + seconds
    while time.monotonic() < last:
        try:
            if select.select([leader], [], [], 0.5)[0]:
                screen += os.read(leader, 4096)
                continue
        except OSError:  # the last one has closed the terminal
            break
        question = screen.decode(errors="replace").rpartition("\n")[2].rstrip()
        if question.endswith(":"):
            typed = next((answer for words, answer in answers.items() if words in question), "")
            os.write(leader, f"{typed}\n".encode())
    os.close(leader)
    if time.monotonic() >= last:
        process.kill()
    return process.wait(30), screen.decode(errors="replace")
