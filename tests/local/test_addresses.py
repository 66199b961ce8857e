"""`localhost` by IPv6: the same API, and the address of the client as it is."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from tests.unit.local.test_options import ipv6

pytestmark = [pytest.mark.local_only, ipv6]
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
