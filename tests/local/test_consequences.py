"""One life of a user at `make run`, and all that follows from it: mail, messages, a webhook, a picture, the trail."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.client import send
from tests.local.consequences import Consequences, depths, hooked
from tests.local.test_live_updates import following
from tests.local.test_pictures import form, objects, shown
from tests.local.test_sources import until
from tests.support.pictures import picture
from tests.support.receiver import Receiver
from tests.support.server import Server
from tests.support.uploads import upload

pytestmark = pytest.mark.local_only
BEFORE, AFTER = "ann@example.com", "ann.lee@example.com"


class Life:
    """Create a user, give it a picture, change its name and its email, delete it; wait for what follows from each."""

    def __init__(self, server: Server, receiver: Receiver) -> None:
        self.all = Consequences(server, receiver, hooked(server, receiver))
        connection, _ = following(server, "users")
        self.user = str(send(server.url, "POST", "/users", {"name": "Ann", "email": BEFORE}).json["userId"])
        until(self.all.letters, lambda letters: len(letters) == 1)
        self.picture = self.pictured(server)
        self.change(server, {"name": "Ann Lee"})
        self.change(server, {"email": AFTER})
        until(self.all.letters, lambda letters: len(letters) == 3)
        assert send(server.url, "DELETE", f"/users/{self.user}").status == 200
        self.changes = {(self.user, version) for version in range(1, 5)}
        until(lambda: self.all.missing(self.changes), lambda missing: not missing)
        until(self.all.letters, lambda letters: len(letters) == 4)
        self.messages = [connection.told("update") for _ in self.changes]
        connection.close()

    def change(self, server: Server, fields: dict[str, Any]) -> None:
        assert send(server.url, "PATCH", f"/users/{self.user}", fields).status == 200

    def pictured(self, server: Server) -> tuple[str, tuple[int, int]]:
        """The format and the size of the picture that came of a JPEG."""
        path = f"/users/{self.user}/avatar"
        assert upload(form(server, path), picture()) == 204
        image = until(lambda: shown(server, path), lambda found: found is not None)
        return str(image.format), image.size


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    receiver = Receiver()
    with Server() as server:
        yield Life(server, receiver)
    receiver.stop()


def test_each_letter_is_in_the_outbox_once(life):
    page = send(life.all.server.url, "GET", "/outbox").body.decode()
    assert Counter(re.findall(r"<h2><bdi>(.*?)</bdi></h2>\n<p>.*?, to <bdi>(.*?)</bdi>", page)) == {
        ("Welcome", BEFORE): 1,
        ("The email of your account is changed", BEFORE): 1,
        ("The email of your account is changed", AFTER): 1,
        ("Your account is deleted", AFTER): 1,
    }


def test_the_messages_and_the_deliveries_are_about_the_same_events(life):
    told, posted = (
        {(it["id"], it["userVersion"]) for it in found} for found in (life.messages, life.all.verified.values())
    )
    assert told == posted
    assert {each["userVersion"] for each in life.messages} == {1, 2, 3, 4}


def test_the_receiver_verified_each_change_once(life):
    assert life.all.received() == life.all.delivered() == dict.fromkeys(life.changes, 1)


def test_the_picture_was_encoded_again_and_went_with_its_user(life):
    assert life.picture == ("WEBP", (512, 512))
    until(lambda: objects(life.all.server, f"/users/{life.user}/avatar"), lambda keys: keys == [])


def test_the_trail_has_each_change_once_and_verifies(life):
    assert life.all.audited() == dict.fromkeys(life.changes, 1)
    assert life.all.faults_of_the_trail() == 0


def test_no_queue_has_a_message_left(life):
    assert until(lambda: depths(life.all.server), lambda found: not found) == {}
