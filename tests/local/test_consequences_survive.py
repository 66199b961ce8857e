"""Each answered change has each of its consequences once in effect, whenever `make run` is killed."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.api.client import send
from tests.local.consequences import Change, Consequences, Letter, Order, depths, failed, hooked
from tests.local.test_sources import until
from tests.support.receiver import Receiver
from tests.support.server import Server

pytestmark = pytest.mark.local_only
SENT = re.compile(r"mail_sent .*letter=(\S+)")  # what the console says of a letter


@dataclass
class Answered:
    """What was answered to clients: changes, and the letters that follow from them."""

    changes: set[Change] = field(default_factory=set)
    letters: set[Letter] = field(default_factory=set)


class Writer(threading.Thread):
    """Gives users their lives, one after the other, until the server is gone. Every other user is deleted."""

    def __init__(self, url: str, mark: str, answered: Answered) -> None:
        super().__init__()
        self.url, self.mark, self.answered = url, mark, answered

    def run(self) -> None:
        """All lives."""
        try:
            for count in range(1000):
                self.life(f"{self.mark}-{count}", deleted=count % 2 == 1)
        except (OSError, ValueError, KeyError):
            return

    def life(self, name: str, deleted: bool) -> None:
        """Create, rename, move to another address, and delete."""
        user = send(self.url, "POST", "/users", {"name": "Ann", "email": f"{name}@example.com"}).json["userId"]
        self.answered.changes.add((user, 1))
        self.change("PATCH", user, 2, {"name": name})
        self.change("PATCH", user, 3, {"email": f"{name}@example.org"})
        self.answered.letters.add((user, 3, "changed_from"))
        if deleted:
            self.change("DELETE", user, 4)
            self.answered.letters.add((user, 4, "deleted"))
        else:  # nobody writes anything else to a user who is gone meanwhile
            self.answered.letters |= {(user, 1, "welcome"), (user, 3, "changed_to")}

    def change(self, method: str, user: str, version: int, body: Any = None) -> None:
        """One change, remembered once it is answered."""
        assert send(self.url, method, f"/users/{user}", body).json["userId"] == user
        self.answered.changes.add((user, version))


def killed_under_load(everything: Consequences, mark: str, answered: Answered, writers: int = 3) -> None:
    """Let clients write, and kill all processes of the server at some moment."""
    server = everything.server
    threads = [Writer(server.url, f"{mark}-{number}", answered) for number in range(writers)]
    for thread in threads:
        thread.start()
    until(lambda: [purpose for _, _, purpose in list(answered.letters) if purpose == "welcome"], bool)
    end = time.monotonic() + random.uniform(0, 2)
    while time.monotonic() < end:
        everything.letters()  # the next process does not remember them
    os.killpg(server.process.pid, signal.SIGKILL)
    server.stop()
    for thread in threads:
        thread.join(20)
    everything.told.update(SENT.findall(server.output))


def lost_letters(everything: Consequences, answered: Answered) -> set[Letter]:
    """The letters that were not sent, but for those whose sender was killed while it asked SES."""
    return answered.letters - everything.letters_in("sent") - everything.letters_in("sending")


def renamed(server: Server, answered: Answered) -> Change:
    """A change of a user that was there before the last kill: its trail goes on."""
    user = next(user for user, _, purpose in answered.letters if purpose == "welcome")
    tag = send(server.url, "PATCH", f"/users/{user}", {"name": "Ann Lee"}).headers["etag"]
    return user, int(tag.strip('"'))


def twice(found: Counter[Any]) -> dict[Any, int]:
    """What is there more than once."""
    return {each: count for each, count in found.items() if count > 1}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("folders", "kills"), [(1, 1), pytest.param(6, 2, marks=pytest.mark.deep)])
def test_each_answered_change_has_each_consequence_once(tmp_path: Path, folders: int, kills: int) -> None:
    for folder in range(folders):  # each kill is one of the five tries that a message has
        receiver = Receiver()
        survive(tmp_path / str(folder), receiver, kills)
        receiver.stop()


def survive(data: Path, receiver: Receiver, kills: int) -> None:
    """Kill the server some times over one folder, and look at what is there in the end."""
    answered = Answered()
    server = Server(data=str(data))
    everything, order = Consequences(server, receiver, hooked(server, receiver)), Order(server)
    for kill in range(kills):
        killed_under_load(everything, str(kill), answered)
        server = everything.server = order.server = Server(data=str(data))
    assert len(answered.changes) > kills
    with server:
        answered.changes.add(renamed(server, answered))
        until(lambda: everything.missing(answered.changes), lambda missing: not missing, patience=300)
        until(lambda: lost_letters(everything, answered), lambda lost: not lost, patience=300)
        told = everything.told + Counter(SENT.findall(server.output))
        for found in (everything.audited(), everything.delivered(), everything.received(), everything.letters(), told):
            assert twice(found) == {}
        assert everything.faults_of_the_trail() == 0
        unsettled = {(user, version) for user, version, _ in everything.letters_in("sending")}
        assert set(failed(server, "SendMailDeadLetters")) <= unsettled  # for a person to decide
        assert [name for name in depths(server) if "DeadLetters" in name and "SendMail" not in name] == []
        assert order.wrong() == []
        assert order.seen >= answered.changes
