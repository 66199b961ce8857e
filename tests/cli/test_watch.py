"""Live updates at the command line, and the pages that it opens."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from typing import Any

import pytest
from websockets.sync.server import Server as Sockets
from websockets.sync.server import ServerConnection, serve

from tests.api.client import address, send
from tests.cli.conftest import Run
from tests.cli.stand_in import StandIn
from tests.support.server import Server
from users_cli import live, waits
from users_cli.client import Api
from users_cli.identity import Identity
from users_cli.live import GAP, Live, Message
from users_cli.profiles import Profile


def create(server: Server) -> str:
    return str(send(server.url, "POST", "/users", {"name": "Ada", "email": address()}).json["userId"])


def test_changes_are_shown_as_they_happen_and_missed_ones_after_a_break(users: Run, server: Server, program) -> None:
    command, environment = program
    user = create(server)
    with subprocess.Popen(
        [*command, "watch", user, "--json", "--count", "3"], env=environment, stdout=subprocess.PIPE, text=True
    ) as watching:
        changer = threading.Thread(target=change_until_seen, args=(server, user, watching), daemon=True)
        changer.start()
        assert watching.stdout
        lines = [json.loads(line) for line in watching.stdout]
    assert watching.returncode == 0
    changer.join(10)
    assert [it["userId"] for it in lines] == [user] * 3
    # the creation may still be on its way when the watcher subscribes, and messages come in any order
    seen = {(it["event"], *it["changed"]) for it in lines}
    assert seen - {("UserCreated", "name", "email", "createdAt")} == {("UserUpdated", "name")}
    send(server.url, "PATCH", f"/users/{user}", {"age": 36})
    changes = Live(Api(server.url, Identity(Profile("", server.url))), f"users/{user}", lines[-1]["place"]).changes()
    assert next(it for it in changes if it.get("changed") == ["age"])["event"] == "UserUpdated"
    [first, *_] = users("watch", user, "--after", str(lines[0]["place"]), "--count", "1").out.splitlines()
    assert re.fullmatch(rf"\S+Z  User(Created|Updated)  {user}  [\w, ]+", first)


def change_until_seen(server: Server, user: str, watching: subprocess.Popen[str]) -> None:
    """Change a user until the watcher has seen enough: nobody knows when it has subscribed."""
    for number in range(200):
        if watching.poll() is not None:
            return
        send(server.url, "PATCH", f"/users/{user}", {"name": f"Ada {number}"})
        threading.Event().wait(0.2)


# -- against a scripted server ---------------------------------------------------------------------------------------


def update(number: int, **more: Any) -> Message:
    return {"type": "update", "id": str(number), "userId": "1", "event": "UserUpdated", "place": number, **more}


def subscribed(place: int, missed: list[Message] | None = None, gap: bool = False) -> Message:
    return {"type": "subscribed", "to": "users", "place": place, "missed": missed or [], "gap": gap}


class Script:
    """A server of WebSockets that plays one part for each connection; `asked` is what it was asked."""

    def __init__(self, *parts: list[Message]) -> None:
        self.parts = list(parts)
        self.asked: list[Message] = []
        self.sockets: Sockets = serve(self.play, "127.0.0.1", 0, subprotocols=["users-api.v1"])  # type: ignore[list-item]
        threading.Thread(target=self.sockets.serve_forever, daemon=True).start()
        self.url = f"ws://127.0.0.1:{self.sockets.socket.getsockname()[1]}"

    def play(self, socket: ServerConnection) -> None:
        part = self.parts.pop(0) if self.parts else []
        self.asked.append(json.loads(socket.recv()))
        for message in part:
            socket.send(json.dumps(message))
        if not part or part[-1].get("silent"):
            self.asked.append(json.loads(socket.recv()))  # and is silent


def told(*parts: list[Message], count: int) -> tuple[list[Message], list[Message]]:
    """The first changes that a client tells of, and what it has asked for."""
    script = Script(*parts)
    ticket = {"url": script.url, "protocols": ["users-api.v1"]}
    with StandIn(lambda method, number: (201, {}, ticket)) as api:
        changes = Live(Api(api.url, Identity(Profile("", api.url))), "users").changes()
        found = [next(changes) for _ in range(count)]
        changes.close()  # type: ignore[attr-defined]
    script.sockets.shutdown()
    return found, script.asked


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "FIRST_SECONDS", 0.001)


def test_a_broken_connection_is_replaced_and_resumes_after_the_last_place() -> None:
    found, asked = told([subscribed(1), update(2)], [subscribed(4, [update(2), update(3)]), update(4)], count=3)
    assert [it["place"] for it in found] == [2, 3, 4]
    assert asked == [{"action": "subscribe", "to": "users"}, {"action": "subscribe", "to": "users", "after": 2}]


def test_a_gap_is_told() -> None:
    found, _ = told([subscribed(1, gap=True), update(2)], count=2)
    assert found == [GAP, update(2)]


def test_a_request_that_the_gateway_could_not_pass_on_is_sent_again() -> None:
    for failed in ({"message": "Internal server error"}, {"type": "error", "code": "internal_error"}):
        found, asked = told([failed], [subscribed(1), update(2)], count=1)
        assert (found, len(asked)) == ([update(2)], 2)


def test_a_silent_connection_is_asked_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_SECONDS", 0.05)
    monkeypatch.setattr(live, "PONG_SECONDS", 0.05)
    found, asked = told([], [subscribed(1), update(2)], count=1)
    assert found == [update(2)]
    assert asked[1] == {"action": "ping"}


@pytest.mark.parametrize(
    ("name", "value"), [("_move", lambda self, place: None), ("_change", lambda self, message: iter([message]))]
)
def test_a_wrong_version_is_caught(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    """One that forgets its place, and one that tells twice."""
    monkeypatch.setattr(Live, name, value)
    with pytest.raises(AssertionError):
        test_a_broken_connection_is_replaced_and_resumes_after_the_last_place()


def test_a_refused_subscription_ends_the_command(users: Run) -> None:
    ended = users("watch", "not-an-id")
    assert ended.status == 1
    assert ended.err.startswith("users: ")


def test_an_api_without_live_updates_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"status": 404, "code": "route_not_found", "title": "Route not found", "detail": "There is nothing here."}
    with StandIn(lambda method, number: (404, {}, missing)) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        assert run("watch").status == 3


# -- pages -----------------------------------------------------------------------------------------------------------


def test_the_contract_of_a_local_server_is_its_documentation(users: Run, server: Server) -> None:
    assert users("open").out == f"{server.url}/openapi.json\n"
    assert users("open", "console").status == 3
    assert users("open", "nothing").status == 2


def test_a_profile_has_addresses_of_pages(run: Run, server: Server) -> None:
    run("profile", "add", "default", "--url", server.url, "--console", "https://console.example.com")
    run("profile", "add", "default", "--url", server.url, "--docs", "https://docs.example.com")
    assert run("open", "console").out == "https://console.example.com\n"
    assert run("open", "docs").out == "https://docs.example.com\n"
