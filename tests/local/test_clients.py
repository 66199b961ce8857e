"""HTTP clients that people use: their requests arrive whole, and a connection serves one after another."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess

import httpx
import pytest

from tests.support.server import ROOT

pytestmark = pytest.mark.local_only
TEMPLATE = "proxy"
NODE = ROOT / ".local" / "node" / "bin" / "node"
NODE_HTTP = """
import http from "node:http";
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const sockets = new Set();
const send = (method, parts) => new Promise((resolve, reject) => {
  const request = http.request(`${BASE}/echo`, { agent, method }, (response) => {
    sockets.add(response.socket);
    response.setEncoding("utf8");
    let text = "";
    response.on("data", (part) => (text += part));
    response.on("end", () => resolve(JSON.parse(text).event.body));
  });
  request.on("error", reject);
  parts.forEach((part) => request.write(part));
  request.end();
});
const all = [send("POST", ["ab", "c"]), send("QUERY", ["abc"]), send("PUT", ["abc"])];
console.log(JSON.stringify(await Promise.all(all)));
console.log(sockets.size);
agent.destroy();
"""
NODE_FETCH = """
const parts = () => new ReadableStream({
  start(controller) {
    ["ab", "c"].forEach((part) => controller.enqueue(new TextEncoder().encode(part)));
    controller.close();
  },
});
const send = async (method, body) => {
  const response = await fetch(`${BASE}/echo`, { method, body, duplex: "half" });
  return (await response.json()).event.body;
};
console.log(JSON.stringify(await Promise.all([send("POST", parts()), send("PROPFIND", "abc"), send("PATCH", "abc")])));
"""
# What Java's HttpClient sends with its default settings.
JAVA = (
    b"POST /Prod/echo HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 3\r\nHost: localhost\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\nUpgrade: h2c\r\n"
    b"User-Agent: Java-http-client/17.0.15\r\n\r\nabc"
)


def run(*command):
    """What a program prints."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def node(api, script):
    """The lines that a script for Node prints."""
    return run(NODE, "--input-type=module", "-e", f"const BASE = {json.dumps(api.base)};{script}").splitlines()


def bodies(text):
    """The bodies that the function got, from the responses of curl."""
    return [json.loads(line)["event"]["body"] for line in text.splitlines()]


def test_nodes_http_sends_all_requests_on_one_connection(api):
    assert node(api, NODE_HTTP) == ['["abc","abc","abc"]', "1"]


def test_nodes_fetch_sends_streams_and_further_methods(api):
    assert node(api, NODE_FETCH) == ['["abc","abc","abc"]']


def test_pythons_client_sends_all_requests_on_one_connection(api):
    connection = http.client.HTTPConnection(api.host, api.port, timeout=20)
    used = set()
    for method, body in (("POST", iter([b"ab", b"c"])), ("QUERY", b"abc"), ("PUT", b"abc")):
        connection.request(method, "/Prod/echo", body)
        used.add(connection.sock)
        assert json.load(connection.getresponse())["event"]["body"] == "abc"
    connection.close()
    assert len(used) == 1


def test_httpx_sends_streams_and_further_methods(api):
    with httpx.Client(trust_env=False) as client:
        for method, body in (("POST", iter([b"ab", b"c"])), ("QUERY", b"abc"), ("PUT", b"abc")):
            assert client.request(method, f"{api.base}/echo", content=body).json()["event"]["body"] == "abc"


@pytest.mark.parametrize("count", [1, 3])
def test_javas_client_goes_on_after_its_offer_of_http_2(wire, count):
    for _ in range(count):
        wire.sendall(JAVA)
        response = http.client.HTTPResponse(wire)
        response.begin()
        assert json.loads(response.read())["event"]["body"] == "abc"


@pytest.mark.needs("curl")
@pytest.mark.parametrize(
    "options",
    [
        ["--http2", "-d", "abc"],
        ["--http1.0", "-d", "abc"],
        ["-d", "abc", "-H", "Transfer-Encoding: chunked"],
        ["-d", "abc", "-H", "Expect: 100-continue"],
        ["-d", "abc", "-H", "Expect: something-else"],
        ["-d", "abc", "-X", "QUERY", "-N", "--path-as-is"],
    ],
    ids=" ".join,
)
def test_curl_sends_its_body(api, options):
    again = [f"{api.base}/echo", "-o", "-", f"{api.base}/echo"]
    text = run(shutil.which("curl"), "-sS", "--noproxy", "*", "-w", "\n", *options, *again)
    assert bodies(text) == ["abc", "abc"]


@pytest.mark.needs("curl")
def test_curl_uploads_a_file(api, tmp_path):
    (tmp_path / "body").write_text("abc")
    text = run(shutil.which("curl"), "-sS", "--noproxy", "*", "-T", tmp_path / "body", f"{api.base}/echo")
    assert bodies(text) == ["abc"]


@pytest.mark.needs("ab")
def test_ab_keeps_its_connections(api):
    text = run(shutil.which("ab"), "-q", "-k", "-n", "200", "-c", "4", f"{api.base}/nowhere")
    assert "Keep-Alive requests:    200\n" in text


def test_a_client_that_sends_its_requests_without_waiting_gets_all_responses_in_order(wire):
    count = 300
    wire.sendall(b"".join(b"GET /Prod/echo/%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(count)))
    wire.shutdown(socket.SHUT_WR)
    received = b""
    while part := wire.recv(65536):
        received += part
    places = [received.index(b'"path": "/echo/%d"' % number) for number in range(count)]
    assert places == sorted(places)
