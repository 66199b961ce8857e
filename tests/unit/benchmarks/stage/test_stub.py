"""The DynamoDB stub answers as DynamoDB does, and our client accepts it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import zlib

import pytest

from benchmarks.stage import certificate
from benchmarks.stage.stub import RESPONSES, accept, fields


@pytest.mark.parametrize("operation", RESPONSES)
def test_an_answer_carries_its_length_and_checksum(operation):
    head, _, body = RESPONSES[operation].partition(b"\r\n\r\n")
    headers = fields(head)
    assert int(headers[b"content-length"]) == len(body)
    assert int(headers[b"x-amz-crc32"]) == zlib.crc32(body)
    json.loads(body)


def test_header_names_are_read_in_any_case():
    assert fields(b"POST / HTTP/1.1\r\nX-Amz-Target: A.B") == {b"x-amz-target": b"A.B"}


@pytest.mark.parametrize("open_after", [True, False])
def test_a_connection_stays_open_or_ends_after_one_response_and_says_so(tmp_path, open_after):
    certificate.make(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=accept, args=(listener, server, open_after), daemon=True).start()
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    connection = http.client.HTTPSConnection("localhost", listener.getsockname()[1], context=trusting, timeout=10)
    connection.request("POST", "/", b"{}", {"X-Amz-Target": "DynamoDB_20120810.GetItem"})
    answer = connection.getresponse()
    answer.read()
    assert answer.getheader("Connection") == ("keep-alive" if open_after else "close")
    assert (connection.sock is not None) == open_after
    connection.close()
