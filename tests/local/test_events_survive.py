"""Nothing that was answered is without its event, whenever `make run` is killed, and whatever comes twice."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import pytest

from tests.api.client import send
from tests.local.test_events_end_to_end import trail
from tests.local.test_sources import until
from tests.support.server import Server

pytestmark = pytest.mark.local_only


class Writers:
    """Clients that create and change users until the server is gone, and remember the answered versions."""

    def __init__(self, url: str, mark: str) -> None:
        self.url, self.mark = url, mark
        self.answered: set[tuple[str, int]] = set()
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(3)]
        for thread in self.threads:
            thread.start()

    def work(self, number: int) -> None:
        """One user after the other: create it, change it."""
        for count in range(1000):
            try:
                body = {"name": "Ann", "email": f"{self.mark}-{number}-{count}@example.com"}
                user = send(self.url, "POST", "/users", body).json
                self.answered.add((user["userId"], 1))
                send(self.url, "PUT", f"/users/{user['userId']}", {"name": f"Ann {count}"})
                self.answered.add((user["userId"], 2))
            except (OSError, ValueError, KeyError):
                return

    def join(self) -> set[tuple[str, int]]:
        """What was answered, once all have seen the end."""
        for thread in self.threads:
            thread.join(20)
        return self.answered


def recorded(server: Server, answered: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of the answered versions that are in the trail, each of which is there once."""
    found = []
    for user_id in {user_id for user_id, _ in answered}:
        found += [(user_id, entry["userVersion"]) for entry in trail(server, user_id)]
    assert len(found) == len(set(found)), "an event has two entries"
    return set(found) & answered


@pytest.mark.deep
@pytest.mark.timeout(400)
def test_no_event_is_missing_after_kills_at_any_moment(tmp_path: Path):
    answered: set[tuple[str, int]] = set()
    for kill in range(3):
        server = Server(data=str(tmp_path))
        writers = Writers(server.url, str(kill))
        threading.Event().wait(random.uniform(0.3, 2.0))
        os.killpg(server.process.pid, signal.SIGKILL)
        server.stop()
        answered |= writers.join()
    with Server(data=str(tmp_path)) as server:
        # a message that a killed function held comes again after its visibility timeout of 60 s, perhaps twice
        until(lambda: answered - recorded(server, answered), lambda missing: not missing, patience=200)
    assert len(answered) > 10
