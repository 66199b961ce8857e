"""A server that stops: whoever has connected is answered, and nobody who only stays connected holds it up."""

from __future__ import annotations

import asyncio
import socket

import pytest

from local.wire.messages import Response
from local.wire.server import Server

REQUEST = b"GET /users HTTP/1.1\r\nHost: localhost\r\n\r\n"
LONG = 60.0  # seconds: a stop that ends has not waited for this


@pytest.fixture
def stopping():
    """Run a client's part against a server that stops in the moment that the part says."""

    def run(part):
        async def both():
            async def answer(request):
                return Response(200, [], b"{}")

            server, listener = Server(answer), socket.create_server(("127.0.0.1", 0))
            kept = listener.dup()  # as where the process is replaced: the port stays open
            await server.start(listener)
            try:
                return await asyncio.wait_for(part(server, kept.getsockname()[1]), LONG / 2)
            finally:
                kept.close()

        return asyncio.run(both())

    return run


@pytest.mark.parametrize("before", [0, 1, 10, len(REQUEST)], ids=str)
def test_a_request_of_a_client_that_has_connected_is_answered(stopping, before):
    async def client(server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST[:before])
        await writer.drain()
        stop = asyncio.create_task(server.stop(LONG))
        await asyncio.sleep(0.1)
        writer.write(REQUEST[before:])
        response = await reader.read()
        await stop
        return response

    response = stopping(client)
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in response.lower()


def test_a_client_that_connects_in_the_moment_of_the_stop_is_answered(stopping):
    async def client(server, port):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(REQUEST)
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the loop has accepted it, and has made no connection of it
        assert not server.shared.connections
        await server.stop(LONG)
        client.settimeout(1)
        return client.recv(1000)

    assert stopping(client).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"", REQUEST], ids=["nothing", "a request before"])
def test_a_client_that_only_stays_connected_holds_nothing_up(stopping, sent):
    async def client(server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if sent:
            writer.write(sent)
            await reader.readuntil(b"{}")
        await server.stop(LONG)
        return await reader.read()

    assert stopping(client) == b""
