"""Live updates of `make run` in a burst and after a kill: a client misses no change, or learns that there is a gap."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from wsproto.events import TextMessage
from wsproto.utilities import LocalProtocolError

from tests.local.test_consequences_survive import Answered, Writer
from tests.local.test_events_burst import CHANGES, CLIENTS, life
from tests.local.test_live_updates import connected
from tests.local.test_sources import until
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.local_only]


class Follower:
    """A client of the list. `shown` has the version of each user that a page would show, `told` all that came."""

    def __init__(self) -> None:
        self.told: set[tuple[str, int]] = set()
        self.shown: dict[str, int] = {}
        self.place: int | None = None
        self.gap = False

    def follow(self, server: Server) -> None:
        """Connect and subscribe, with the last place if there is one; then read until the connection breaks."""
        self.connection = connected(server)
        after = {} if self.place is None else {"after": self.place}
        self.connection.ask(action="subscribe", to="users", **after)
        subscribed = threading.Event()
        threading.Thread(target=self.read, args=(subscribed,), daemon=True).start()
        assert subscribed.wait(120)

    def read(self, subscribed: threading.Event) -> None:
        """Take what comes."""
        text = ""
        with contextlib.suppress(OSError, LocalProtocolError):
            while isinstance(event := self.connection.next(), TextMessage):
                text += event.data
                if event.message_finished:
                    self.take(json.loads(text), subscribed)
                    text = ""

    def take(self, message: dict[str, Any], subscribed: threading.Event) -> None:
        """A message, or the response to the subscription with what was missed."""
        if message["type"] == "subscribed":
            self.gap = message["gap"]
            for missed in message["missed"]:
                self.take(missed, subscribed)
            subscribed.set()
        else:
            user, version = message["userId"], message["userVersion"]
            self.told.add((user, version))
            self.shown[user] = max(version, self.shown.get(user, 0))
        self.place = max(message["place"], self.place or 0)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("changes", [100, pytest.param(1000, marks=pytest.mark.deep)])
def test_a_burst_arrives_whole_and_the_newest_version_wins(changes: int) -> None:
    with Server() as server:
        client = Follower()
        client.follow(server)
        with ThreadPoolExecutor(CLIENTS) as pool:
            users = list(pool.map(lambda number: life(server.url, number), range(changes // CHANGES)))
        expected = set(itertools.product(users, range(1, CHANGES + 1)))
        until(lambda: expected - client.told, lambda missing: not missing, patience=300 + changes)
        assert client.shown == dict.fromkeys(users, CHANGES)
        client.connection.close()


def killed_under_load(server: Server, mark: str, answered: Answered, writers: int = 3) -> None:
    """Let clients write, and kill all processes of the server at some moment after the first response."""
    before = len(answered.changes)
    threads = [Writer(server.url, f"{mark}-{number}", answered) for number in range(writers)]
    for thread in threads:
        thread.start()
    until(lambda: len(answered.changes), lambda count: count > before)
    threading.Event().wait(random.uniform(0, 1.7))
    os.killpg(server.process.pid, signal.SIGKILL)
    server.stop()
    for thread in threads:
        thread.join(20)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.deep)])
def test_a_client_misses_nothing_when_the_server_is_killed(tmp_path: Path, kills: int) -> None:
    client, answered = Follower(), Answered()
    for kill in range(kills):
        server = Server(data=str(tmp_path))
        client.follow(server)
        assert not client.gap
        killed_under_load(server, f"live-{kill}", answered)
        client.connection.cut()
    with Server(data=str(tmp_path)) as server:
        client.follow(server)
        assert not client.gap
        until(lambda: answered.changes - client.told, lambda missing: not missing, patience=300)
        client.connection.close()
    assert len(answered.changes) > kills
