"""What a web page elsewhere can make a browser send to this machine, byte for byte: both ports refuse it.

The forms are those of attacks on local servers: CVE-2018-14732, CVE-2025-24010, CVE-2025-30359, CVE-2025-30360, DNS
rebinding, requests to 0.0.0.0, forms and scripts that need no preflight.
"""

from __future__ import annotations

import json
import time

import pytest

from local.wire.heads import is_host
from tests.local.raw import Answer, ask, handshake
from tests.support.server import Server
from tests.support.tables import create_tables, delete_tables

pytestmark = pytest.mark.local_only

PORTS = ["api", "aws"]
ELSEWHERE = {
    "another name": "evil.example",
    "a name that begins like loopback": "localhost.evil.example",
    "a name that ends like loopback": "evillocalhost",
    "a name with an address inside": "127.0.0.1.nip.io",
    "user information": "localhost@evil.example",
    "user information before loopback": "evil.example@localhost",
    "every address": "0.0.0.0",
    "a short address": "127.1",
    "a decimal address": "2130706433",
    "an octal address": "0177.0.0.1",
    "a hexadecimal address": "0x7f000001",
    "an address of the network": "192.168.1.10",
    "an address of the cloud": "169.254.169.254",
    "another IPv6 address": "[::]",
    "a mapped IPv4 address": "[::ffff:127.0.0.1]",
    "a mapped IPv4 address, as browsers write it": "[::ffff:7f00:1]",
    "a list": "localhost, evil.example",
    "two dots at the end": "localhost..",
    "a path": "localhost/evil.example",
    "a port that is none": "localhost:evil",
    "letters that look alike": "l\u043ecalhost",
    "nothing": "",
}
HERE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "127.0.0.1",
    "127.255.0.3",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
]
FOREIGN = {
    "another site": "https://evil.example",
    "a site at an address": "http://93.184.216.34",
    "a site at an address of the network": "http://192.168.1.10:3000",
    "every address": "http://0.0.0.0:3000",
    "no page in particular": "null",
    "a name that begins like loopback": "http://localhost.evil.example",
    "user information": "http://localhost@evil.example",
    "an extension": "chrome-extension://localhost",
    "a list": "http://localhost http://evil.example",
    "a path": "http://evil.example/http://localhost",
    "nothing": "",
}


@pytest.fixture(scope="module")
def urls(server: Server) -> dict[str, str]:
    """Both ports of one `make run`."""
    return {"api": server.url, "aws": server.dynamodb_endpoint}


def refused(answer: Answer, names: str) -> None:
    """A 403 whose sentence (HEAD has none) names the option that allows it, and that no page can read."""
    assert answer.status == 403
    assert not answer.body or names in json.loads(answer.body)["message"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("host", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_host_that_is_not_this_machine_is_refused(urls, port, host):
    answer = ask(urls[port], f"Host: {host}")
    if port == "api" and host and answer.status == 400:  # it is no host at all, so the server cannot read the request
        assert not is_host(host)
    else:
        refused(answer, "HOSTS=")


@pytest.mark.parametrize("port", PORTS)
def test_a_host_is_refused_with_a_port_too(urls, port):
    refused(ask(urls[port], "Host: evil.example:3000"), "HOSTS=")


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("host", HERE)
def test_every_name_of_this_machine_is_answered(urls, port, host):
    for suffix in ("", ":3000"):
        assert ask(urls[port], f"Host: {host}{suffix}", target="/users").status != 403


@pytest.mark.parametrize("port", PORTS)
def test_a_second_host_is_no_way_in(urls, port):
    for hosts in (["localhost", "evil.example"], ["evil.example", "localhost"]):
        assert ask(urls[port], *[f"Host: {host}" for host in hosts]).status in (400, 403)


@pytest.mark.parametrize("port", PORTS)
def test_what_a_forwarding_header_says_of_the_host_counts_for_nothing(urls, port):
    for header in ("X-Forwarded-Host: localhost", "Forwarded: host=localhost", "X-Original-Host: localhost"):
        refused(ask(urls[port], "Host: evil.example", header), "HOSTS=")


def test_the_host_of_a_whole_url_counts_too(urls):
    refused(ask(urls["api"], "Host: localhost", target="http://evil.example/users"), "HOSTS=")
    assert ask(urls["api"], "Host: localhost", target="http://localhost/users").status == 200


def test_a_whole_url_does_not_replace_the_host_for_the_emulated_aws(urls):
    refused(ask(urls["aws"], "Host: evil.example", target="http://localhost/users"), "HOSTS=")


def test_the_host_of_a_whole_url_counts_for_the_api(urls):
    refused(ask(urls["api"], "Host: localhost", target="http://evil.example/users"), "HOSTS=")
    assert ask(urls["api"], "Host: evil.example", target="http://localhost/users").status == 200


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("origin", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_page_elsewhere_is_refused(urls, port, method, origin):
    refused(ask(urls[port], "Host: localhost", f"Origin: {origin}", method=method, target="/users"), "ORIGINS=")


@pytest.mark.parametrize("port", PORTS)
def test_a_second_origin_is_no_way_in(urls, port):
    for origins in (["http://localhost", "https://evil.example"], ["https://evil.example", "http://localhost"]):
        lines = [f"Origin: {origin}" for origin in origins]
        refused(ask(urls[port], "Host: localhost", *lines, target="/users"), "ORIGINS=")


@pytest.mark.parametrize("origin", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_preflight_of_a_page_elsewhere_is_refused_by_the_emulated_aws(urls, origin):
    lines = ["Host: localhost", f"Origin: {origin}", "Access-Control-Request-Method: POST"]
    refused(ask(urls["aws"], *lines, method="OPTIONS"), "ORIGINS=")


def test_a_preflight_of_the_api_is_answered_as_on_aws_but_not_for_the_local_network(urls):
    lines = ["Origin: https://evil.example", "Access-Control-Request-Method: PUT"]
    wanted = [*lines, "Access-Control-Request-Private-Network: true"]
    answer = ask(urls["api"], "Host: localhost", *wanted, method="OPTIONS", target="/users")
    assert answer.status == 204
    assert "access-control-allow-private-network" not in answer.headers
    refused(ask(urls["api"], "Host: evil.example", *lines, method="OPTIONS", target="/users"), "HOSTS=")


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_of_a_page_elsewhere_is_refused(urls, port, kind):
    lines = ["Host: localhost", "Origin: https://evil.example", f"Content-Type: {kind}", "Sec-Fetch-Mode: navigate"]
    refused(ask(urls[port], *lines, method="POST", target="/users", body="Action=CreateQueue"), "ORIGINS=")


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
@pytest.mark.parametrize("kind", ["script", "image", "style", "iframe", "object", "empty"])
def test_what_a_page_elsewhere_includes_without_an_origin_is_refused(urls, port, site, kind):
    mode = "navigate" if kind in ("iframe", "object") else "no-cors"
    lines = ["Host: localhost", f"Sec-Fetch-Site: {site}", f"Sec-Fetch-Mode: {mode}", f"Sec-Fetch-Dest: {kind}"]
    for target in ("/users", "/openapi.json"):
        refused(ask(urls[port], *lines, target=target), "ORIGINS=")
        refused(ask(urls[port], *lines, "Referer: https://evil.example/", target=target), "ORIGINS=")


LINK = ["Host: localhost", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]


@pytest.mark.parametrize("port", PORTS)
def test_a_page_elsewhere_is_refused_by_its_address_alone(urls, port):
    refused(ask(urls[port], "Host: localhost", "Referer: https://evil.example/page", target="/users"), "ORIGINS=")


@pytest.mark.parametrize("port", PORTS)
def test_a_link_on_any_page_may_be_followed(urls, port):
    assert ask(urls[port], *LINK, target="/users").status != 403


@pytest.mark.parametrize("query", ["Action=DeleteQueue&QueueUrl=x", "%41ction=ListQueues", "Version=1&Action="])
def test_a_link_on_a_page_elsewhere_is_no_operation(urls, query):
    refused(ask(urls["aws"], *LINK, target=f"/?{query}"), "ORIGINS=")
    assert ask(urls["aws"], "Host: localhost", target=f"/?{query}").status != 403


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize(
    "page", ["http://localhost:5173", "http://127.0.0.1:8080", "https://app.localhost", "http://[::1]"]
)
def test_a_page_on_this_machine_may_do_all(urls, port, page):
    lines = ["Host: 127.0.0.1", "Sec-Fetch-Site: cross-site"]
    assert ask(urls[port], *lines, f"Origin: {page}", "Sec-Fetch-Mode: cors", target="/users").status != 403
    assert ask(urls[port], *lines, f"Referer: {page}/at", "Sec-Fetch-Mode: no-cors", target="/users").status != 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
@pytest.mark.parametrize("port", PORTS)
def test_what_the_person_opens_is_answered(urls, port, site):
    assert ask(urls[port], "Host: localhost", f"Sec-Fetch-Site: {site}", target="/users").status != 403


def test_a_page_on_this_machine_reads_the_api(urls):
    answer = ask(urls["api"], "Host: localhost", "Origin: http://localhost:5173", target="/users")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")


def test_the_console_says_what_was_refused(server, urls):
    ask(urls["api"], "Host: wanted.example", target="/users")
    line = "refused a GET request. The host 'wanted.example' is not allowed."
    last = time.monotonic() + 10
    while line not in server.output and time.monotonic() < last:
        time.sleep(0.02)
    assert line in server.output


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[
            ("POST", f"/_ministack/{name}")
            for name in ("reset", "reset?init=1", "config", "eks-auth/x", "rds/iam-auth")
        ],
        *[
            ("GET", f"/_ministack/{name}")
            for name in ("health", "ready", "ses/messages/x", "sqs/messages", "iot/ca.pem")
        ],
        *[
            ("GET", path)
            for path in ("/_ministack", "/_ministack/", "/_localstack/health", "/_localstack/x", "/health")
        ],
        *[("POST", path) for path in ("/%5fministack/reset", "/_ministack%2Freset", "/_minista%63k/reset")],
        ("POST", "http://localhost/_ministack/reset"),
    ],
)
def test_nobody_administers_the_emulated_aws_from_outside(urls, method, path):
    answer = ask(urls["aws"], "Host: localhost", "Content-Type: text/plain", method=method, target=path)
    assert (answer.status, "administration" in answer.body) == (404, True)


def test_a_page_cannot_wipe_the_data(server, urls):
    client = server.client("dynamodb")
    pair = create_tables(client)
    for headers in (["Host: evil.example"], ["Host: localhost", "Origin: https://evil.example"], ["Host: localhost"]):
        ask(urls["aws"], *headers, "Content-Type: text/plain", method="POST", target="/_ministack/reset")
    assert pair.users in client.list_tables()["TableNames"]
    delete_tables(client, pair)


def test_no_response_of_the_emulated_aws_may_be_read_by_every_page(urls):
    for method, path in [
        ("GET", "/"),
        ("OPTIONS", "/bucket"),
        ("GET", "/?Action=ListQueues"),
        ("GET", "/no/.well-known/x"),
    ]:
        assert (
            "access-control-allow-origin" not in ask(urls["aws"], "Host: localhost", method=method, target=path).headers
        )
        page = "http://localhost:5173"
        answer = ask(urls["aws"], "Host: localhost", f"Origin: {page}", method=method, target=path)
        assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (page, "Origin")


def test_a_page_on_this_machine_uses_a_bucket(server, urls):
    server.client("s3").create_bucket(Bucket="pictures")
    page = ["Host: pictures.s3.localhost:3000", "Origin: http://localhost:5173"]
    wanted = ["Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type"]
    preflight = ask(urls["aws"], *page, *wanted, method="OPTIONS", target="/a.txt")
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (200, "http://localhost:5173")
    assert ask(urls["aws"], *page, method="PUT", target="/a.txt", body="a").status == 200
    answer = ask(urls["aws"], *page, target="/a.txt")
    assert (answer.status, answer.body) == (200, "a")
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"


@pytest.mark.parametrize(
    "headers",
    [
        ["Host: evil.example"],
        ["Host: localhost", "Origin: https://evil.example"],
        ["Host: localhost", "Origin: http://93.184.216.34"],
        ["Host: localhost", "Origin: null"],
        ["Host: localhost", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: websocket"],
    ],
)
def test_a_websocket_of_a_page_elsewhere_is_refused_before_the_handshake(urls, headers):
    answer = handshake(urls["aws"], *headers, target="/_aws/execute-api/abc/prod")
    assert answer.status == 403
    assert "local server" in json.loads(answer.body)["message"]


def test_a_websocket_of_a_page_on_this_machine_reaches_the_emulated_aws(urls):
    for lines in ([], ["Origin: http://localhost:5173"], ["Origin: http://127.0.0.1", "Sec-Fetch-Site: cross-site"]):
        answer = handshake(urls["aws"], "Host: localhost", *lines, target="/_aws/execute-api/abc/prod")
        assert (answer.status, answer.body) == (403, ""), "its own refusal: there is no such API"


def test_names_and_origins_can_be_allowed():
    hosts, origins = "dev.example.com .proxy.example", "https://app.example.com"
    with Server("CorsOrigin=https://cors.example.com", HOSTS=hosts, ORIGINS=origins) as running:
        for url in (running.url, running.dynamodb_endpoint):
            for host in ("dev.example.com", "Dev.Example.com.:80", "a.proxy.example"):
                assert ask(url, f"Host: {host}", f"Origin: http://{host}", target="/users").status != 403
            assert ask(url, "Host: localhost", f"Origin: {origins}", target="/users").status != 403
            refused(ask(url, "Host: proxy.example", target="/users"), "HOSTS=")
            refused(ask(url, "Host: localhost", f"Origin: {origins}:8443", target="/users"), "ORIGINS=")
            refused(ask(url, "Host: localhost", "Origin: http://app.example.com", target="/users"), "ORIGINS=")
        cors = ["Host: localhost", "Origin: https://cors.example.com"]
        assert ask(running.url, *cors, target="/users").headers["access-control-allow-origin"] == cors[1][8:]
        refused(ask(running.dynamodb_endpoint, *cors), "ORIGINS=")


def test_an_operation_by_get_under_another_name_is_refused_since_a_page_may_have_sent_it():
    with Server(HOSTS="dev.example") as running:
        url, target = running.dynamodb_endpoint, "/?Action=ListQueues&Version=2012-11-05"
        assert ask(url, "Host: dev.example", target=target).status == 403
        assert ask(url, "Host: localhost", target=target).status == 200
        assert ask(url, "Host: dev.example", method="POST", target=target).status == 403
