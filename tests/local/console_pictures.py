"""The pictures of the page about the console: `python -m tests.local.console_pictures --write` makes them again.

The fonts are those of the machine, so nothing compares the pixels, and the invented people have names in Latin letters.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.demo import PEOPLE
from tests.api.client import send
from tests.local.test_sources import until
from tests.support.console import Person
from tests.support.pictures import picture
from tests.support.server import ROOT, Server

FOLDER = ROOT / "docs" / "images"
LATIN = 0x250  # the first code point after the extended Latin letters
SHOWN = "Björn Åkesson"


def pictures(server: Server) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each picture."""
    users = fill(server)
    person = Person(server.url)
    try:
        path = f"#/users/{users[SHOWN]}"
        person.browser.look(1280, 800, calm=True)
        person.open(path)
        person.has("name", SHOWN)
        person.sees("Live", "#live")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "picture.png")
            file.write_bytes(picture("steelblue", "PNG"))
            person.browser.type("#picture", str(file))
            person.browser.until("return document.querySelector('.picture img')?.complete")
        person.open(path)
        person.browser.until("return document.querySelector('.picture img')?.complete")
        person.sees("Live", "#live")
        yield "console.png", person.browser.picture()
        conflict(server, person, users[SHOWN])
        person.browser.look(1280, 800, dark=True, calm=True)
        yield "console-conflict.png", person.browser.picture()
        person.browser.look(320, 640, calm=True)
        person.open()
        person.browser.until("return document.querySelector('#rows tr')")
        person.sees("Live", "#live")
        yield "console-narrow.png", person.browser.picture()
    finally:
        person.leave()


def fill(server: Server) -> dict[str, str]:
    """Create the people whose names every machine can show; their ids by name."""
    users = {}
    for name, email, age in PEOPLE:
        if all(ord(letter) < LATIN for letter in name):
            body = {"name": name, "email": email} | ({"age": age} if age else {})
            users[name] = str(send(server.url, "POST", "/users", body).json["userId"])
    until(lambda: send(server.url, "GET", "/users?total=true&limit=1").json["total"], lambda total: total == len(users))
    return users


def conflict(server: Server, person: Person, user: str) -> None:
    """Let two people change the same user."""
    person.fill(name="Björn Åkesson-Lind", age="64")
    send(server.url, "PATCH", f"/users/{user}", {"age": 65, "email": "bjorn@example.org"})
    person.sees("Somebody else has changed this user meanwhile")
    person.browser.run("document.querySelector('.conflict').scrollIntoView({ block: 'center' })")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    with Server() as running:
        for name, content in pictures(running):
            (FOLDER / name).write_bytes(content)
            print(f"{name}: {len(content)} bytes")
