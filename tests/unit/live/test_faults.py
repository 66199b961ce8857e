"""A table that is throttled, refuses or hangs: what a client is told, and that the same request works later."""

from __future__ import annotations

import json
import types
import uuid

import pytest

from live import connections as right
from live.messages import OF_TICKET, PROTOCOL
from live.recent import Recent
from live.table import of_caller, of_topic
from live.tickets import Tickets
from sockets.close_connection import close_connection
from sockets.handle_message import handle_message
from sockets.open_connection import open_connection
from tests.contract.conftest import emulator_client
from tests.proofs.faults.kinds import ALWAYS, ONCE, Fault
from tests.proofs.faults.proxy import FaultProxy
from tests.support.server import ROOT
from tests.unit.live.test_connections import Table
from utils.deadline import Deadline
from utils.websocket import socket_route

pytestmark = pytest.mark.slow

SECONDS = 0.6  # of a function
KINDS = ("ThrottlingException", "InternalServerError", "AccessDeniedException", "reset", "hang")
MOST_CALLS = 5


class Api:
    """The routes of the WebSocket over a table that a proxy is in front of."""

    version = right  # of src/live/connections.py

    def __init__(self, emulator, proxy) -> None:
        self.table, self.proxy = Table(emulator), proxy
        self.database = emulator_client("client", proxy)
        self.route = {
            "CONNECT": socket_route(open_connection, PROTOCOL, tickets=self.tickets, connections=self.connections),
            "MESSAGE": socket_route(handle_message, connections=self.connections, recent=self.recent),
            "DISCONNECT": socket_route(close_connection, connections=self.connections),
        }

    def call(self, deadline):
        return lambda operation, request: self.database.call(operation, request, deadline)

    def tickets(self, deadline):
        return Tickets(self.call(deadline), self.table.name, lambda: self.table.now, lambda size: uuid.uuid4().bytes)

    def connections(self, deadline):
        tools = {"new_token": lambda: uuid.uuid4().hex, "pause": lambda attempt: None}
        return self.version.Connections(self.call(deadline), self.table.name, lambda: self.table.now, **tools)

    def recent(self, deadline):
        return Recent(self.call(deadline), self.table.name, lambda: self.table.now)

    def ticket(self) -> str:
        return f"{PROTOCOL}, {OF_TICKET}{self.tickets(Deadline(10)).issue('ann')[0]}"

    def asks(self, kind, message=None, protocols=""):
        """The response to one event of the connection."""
        event = {
            "requestContext": {"connectionId": "one"},
            "headers": {"Sec-WebSocket-Protocol": protocols},
            "body": json.dumps(message),
        }
        context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: SECONDS * 1000 + 250, aws_request_id="1")
        return self.route[kind](event, context)

    def says(self, **message):
        return json.loads(self.asks("MESSAGE", message)["body"])


@pytest.fixture
def api(emulator):
    with FaultProxy(emulator.endpoint, hold=1.0) as proxy:
        yield Api(emulator, proxy)


def faults():
    """Each call of a request fails, once or for good, before or after it took effect."""
    for nth in range(1, MOST_CALLS + 1):
        for after, times in ((False, ONCE), (False, ALWAYS), (True, ALWAYS)):
            yield nth, after, times


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_opens_or_is_refused_and_another_one_opens(api, kind):
    for nth, after, times in faults():
        if kind == "hang" and (after or times == ONCE or nth > 2):
            continue  # each takes the whole time of the function
        protocols = api.ticket()
        api.proxy.arm(Fault("*", nth, kind, after, times))
        opened = api.asks("CONNECT", protocols=protocols)["statusCode"]
        api.proxy.disarm()
        if opened != 200:
            assert opened in (401, 500)  # 401: the lost response was that of the ticket
            assert api.asks("CONNECT", protocols=api.ticket())["statusCode"] == 200
        assert api.table.under("connection#one") == {"connection"}
        assert api.asks("DISCONNECT")["statusCode"] == 200
        assert not api.table.under("connection#one")
    assert len(api.table.under(of_caller("ann"))) <= 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
def test_a_message_is_done_or_fails_and_works_later(api, action, kind):
    done = f"{action}d"
    assert api.asks("CONNECT", protocols=api.ticket())["statusCode"] == 200
    for nth, after, times in faults():
        if kind == "hang" and (after or times == ONCE or nth > 2):
            continue
        api.says(action="unsubscribe" if action == "subscribe" else "subscribe", to="users")
        api.proxy.arm(Fault("*", nth, kind, after, times))
        told = api.says(action=action, to="users", after=api.recent(Deadline(10)).now() if nth > 1 else None)
        api.proxy.disarm()
        assert (told["type"], told.get("code")) in ((done, None), ("error", "internal_error"))
        if told["type"] == "error":
            assert api.says(action=action, to="users")["type"] == done
        assert api.table.under(of_topic("users")) == ({"one"} if action == "subscribe" else set())
        assert api.table.topics("one") == (action == "subscribe")


@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
def test_a_version_that_hides_a_failure_is_caught(api, action):
    text = (ROOT / "src" / "live" / "connections.py").read_text()
    wrong = types.ModuleType("wrong")
    hides = "import contextlib\n        with contextlib.suppress(Exception):\n            return transact("
    assert text.count("return transact(") == 1
    exec(text.replace("return transact(", hides), wrong.__dict__)
    api.version = wrong
    with pytest.raises(AssertionError):
        test_a_message_is_done_or_fails_and_works_later(api, action, "AccessDeniedException")
