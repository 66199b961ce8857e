"""`localhost` by IPv6: the same API, the address of the client as it is, and both addresses while the code changes."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import pytest

from tests.local.test_serve import refused
from tests.support.project import copied
from tests.support.server import Server, free_port
from tests.unit.local.test_options import ipv6

pytestmark = [pytest.mark.slow, pytest.mark.local_only, ipv6]
TEMPLATE = "proxy"


@pytest.fixture
def event(api):
    """The event of a request by IPv6."""
    connection = http.client.HTTPConnection("::1", api.port, timeout=10)
    connection.request("GET", "/Prod/echo")
    found = json.loads(connection.getresponse().read())["event"]
    connection.close()
    return found


def test_the_source_address_is_the_clients(event):
    assert event["requestContext"]["identity"]["sourceIp"] == "::1"
    assert event["headers"]["X-Forwarded-For"] == "::1"


def test_the_port_of_a_host_in_brackets_is_forwarded(api, event):
    assert event["headers"]["Host"] == f"[::1]:{api.port}"
    assert event["headers"]["X-Forwarded-Port"] == str(api.port)


def test_stopping_ends_both(local_api):
    api = local_api("mocks")
    port = api.port
    api.loop.call_soon_threadsafe(api.done.set)
    api.thread.join(5)
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with socket.socket(family) as probe:
            assert probe.connect_ex((host, port)) != 0


class Asking(threading.Thread):
    """Asks one address again and again, each time on a new connection, and keeps what it gets."""

    def __init__(self, host, port):
        super().__init__(daemon=True)
        self.host, self.port = host, port
        self.got, self.stopped = [], False

    def run(self):
        while not self.stopped:
            try:
                self.got.append(self.ask())
            except OSError as error:
                self.got.append(error)

    def ask(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request("GET", "/users?limit=1")
            return connection.getresponse().status
        finally:
            connection.close()


def wait_for(holds):
    """Wait until something holds."""
    last = time.monotonic() + 40
    while not holds() and time.monotonic() < last:
        time.sleep(0.05)
    assert holds()


def test_both_addresses_answer_before_during_and_after_changes_of_the_code(tmp_path):
    root = copied(tmp_path / "users api")
    handler, contract = root / "src" / "handlers" / "list_users.py", root / "openapi.yaml"
    with Server(root=root) as server:
        askers = [Asking(host, server.port) for host in ("127.0.0.1", "::1")]
        for asker in askers:
            asker.start()
        handler.write_text(handler.read_text() + "\nprint('the changed handler')\n")
        wait_for(lambda: "the changed handler" in server.output)
        contract.write_text(contract.read_text().replace("summary: List users", "summary: List everybody"))
        wait_for(lambda: server.output.count("One line per request follows.") == 2)
        counts = [len(asker.got) for asker in askers]
        wait_for(lambda: all(len(asker.got) > count + 5 for asker, count in zip(askers, counts, strict=True)))
        for asker in askers:
            asker.stopped = True
            asker.join()
    assert [set(asker.got) for asker in askers] == [{200}, {200}]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_on_one_address_is_one_sentence(tmp_path, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    port = free_port()
    with socket.create_server((host, port), family=family):
        status, line = refused(tmp_path, PORT=str(port))
    name = port if host == "127.0.0.1" else f"{port} of ::1"
    assert (status, line.partition(" (")[0]) == (1, f"make run: port {name} is in use or not allowed")
