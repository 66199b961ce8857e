"""Search over HTTP, in a `make run` with all capabilities: from a write to what is found, page by page."""

from __future__ import annotations

import ast
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from search.parameters import PARAMETERS
from tests.api.client import Answer, send
from tests.docs.pages import ROOT, page
from tests.docs.test_references import rows
from tests.support.problems import assert_error
from tests.support.server import Server

pytestmark = pytest.mark.local_only
MARK = "Q" + uuid.uuid4().hex[:8]  # a word that only the users of this module have
NAMES = ("Ada Lovelace", "Adam Ng", "Zoë Ada", "李小龙", "Jean-Luc O’Neil")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        for number, name in enumerate(NAMES):
            body = {"name": f"{name} {MARK}", "email": f"{uuid.uuid4()}@example.com", "age": 20 + number}
            assert send(running.url, "POST", "/users", body).status == 201
        wait(lambda: get(running, f"q={MARK}").json["count"] == len(NAMES))
        yield running


def get(server: Server, query: str) -> Answer:
    return send(server.url, "GET", f"/users?{query}")


def refused(response: Answer, code: str) -> None:
    assert_error(response.status, response.headers, response.body, 400, code)


def wait(done: Any, seconds: float = 15) -> None:
    last = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < last, "it did not happen in time"
        time.sleep(0.02)


def names(response: Answer) -> list[str]:
    assert response.status == 200, response.body
    return [user["name"].removesuffix(f" {MARK}") for user in response.json["users"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("ada", ["Ada Lovelace", "Adam Ng", "Zoë Ada"]),
        ("ADA zoe", ["Zoë Ada"]),
        ("小龙", ["李小龙"]),
        ("o'neil jean", ["Jean-Luc O’Neil"]),
        ("nobody", []),
    ],
)
def test_words_find_users(server, q, found):
    """The longest word, which is the same for all, decides about the order; then names do."""
    assert names(get(server, f"q={quote(f'{q} {MARK}')}")) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=name", ["Ada Lovelace", "Adam Ng", "Jean-Luc O’Neil", "Zoë Ada", "李小龙"]),
        ("sort=-createdAt&limit=2", ["Jean-Luc O’Neil", "李小龙"]),
        ("sort=createdAt&minAge=21&maxAge=22", ["Adam Ng", "Zoë Ada"]),
        ("domain=example.org", []),
    ],
)
def test_an_order_and_filters(server, query, found):
    assert names(get(server, f"q={MARK}&{query}")) == found


def test_the_link_of_a_page_leads_through_the_whole_query(server):
    found, path = [], f"q={quote(f'{MARK}')}&sort=name&minAge=20&limit=2&fields=name"
    for _ in range(5):
        response = get(server, path)
        found += names(response)
        assert all(set(user) == {"userId", "name"} for user in response.json["users"])
        link = response.headers.get("link")
        if not link:
            break
        path = link.split("?", 1)[1].split(">")[0]
        assert f"lastKey={response.json['lastKey']}" in path
    assert found == ["Ada Lovelace", "Adam Ng", "Jean-Luc O’Neil", "Zoë Ada", "李小龙"]


def test_a_cursor_is_for_its_query_alone(server):
    cursor = get(server, f"q={MARK}&limit=1").json["lastKey"]
    assert get(server, f"q={MARK}&limit=3&lastKey={cursor}").json["count"] == 3
    for other in (f"q={MARK}&minAge=1", "sort=name", f"q={MARK}x", ""):
        refused(get(server, f"{other}&lastKey={cursor}".lstrip("&")), "invalid_cursor")
    plain = get(server, "limit=1").json["lastKey"]
    refused(get(server, f"q={MARK}&lastKey={plain}"), "invalid_cursor")


def test_an_email_finds_its_user_at_once(server):
    email = f"Grace.{uuid.uuid4().hex}@Example.com"
    user = send(server.url, "POST", "/users", {"name": "Grace", "email": email}).json
    assert get(server, f"email={email.swapcase()}").json["users"] == [user]
    send(server.url, "DELETE", f"/users/{user['userId']}")
    for nobodys in (email, "", "no%20address", "@", "x" * 300, quote("ü@ü.de")):
        assert get(server, f"email={nobodys}").json == {"users": [], "count": 0, "hasMore": False}


def test_the_total_follows_the_users(server):
    before = get(server, "total=true&limit=1").json["total"]
    user = send(server.url, "POST", "/users", {"name": "Eve", "email": f"{uuid.uuid4()}@example.com"}).json
    wait(lambda: get(server, "total=true&limit=1").json["total"] == before + 1)
    send(server.url, "DELETE", f"/users/{user['userId']}")
    wait(lambda: get(server, "total=true&limit=1").json["total"] == before)
    assert "total" not in get(server, "sort=name").json


def test_a_renamed_user_is_found_by_the_new_name_and_never_shown_by_the_old(server):
    old, new = (f"{word}{uuid.uuid4().hex[:8]}" for word in ("old", "new"))
    user = send(server.url, "POST", "/users", {"name": old, "email": f"{uuid.uuid4()}@example.com"}).json["userId"]
    wait(lambda: get(server, f"q={old}").json["count"] == 1)
    send(server.url, "PATCH", f"/users/{user}", {"name": new})
    assert get(server, f"q={old}").json["users"] == []
    wait(lambda: get(server, f"q={new}").json["count"] == 1)


WRONG = {
    query.removeprefix("`").replace("` and 201 letters", "x" * 201).removesuffix("`"): detail
    for query, detail in rows(page("docs/reference/errors.md").text, "## Wrong queries")[1:]
}


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_query_is_refused_as_the_reference_says(server, query):
    response = get(server, query)
    refused(response, "invalid_query")
    assert response.json["detail"] == WRONG[query]


def test_the_reference_has_every_parameter_and_every_refusal():
    """Each parameter has a wrong value there, apart from texts that may be anything; and so has each sentence."""
    assert {name for name in PARAMETERS if f"{name} must" not in " ".join(WRONG.values())} == {"email", "lastKey"}
    assert [it for it in refusals() if not any(re.fullmatch(it, detail) for detail in WRONG.values())] == []


def refusals() -> Iterator[str]:
    """The sentences of the module of parameters, as patterns: what it puts in may be anything."""
    for node in ast.walk(ast.parse((ROOT / "src/search/parameters.py").read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InvalidQuery":
            parts = getattr(node.args[0], "values", node.args)
            yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in parts)


def test_a_query_is_neither_in_the_access_log_nor_on_the_console(server):
    word = f"secret{uuid.uuid4().hex}"
    queries = (f"q={word}&sort=name", f"email={word}@example.com", f"domain={word}.com", f"sort={word}", f"{word}=1")
    responses = [get(server, query) for query in queries]
    assert [response.status for response in responses] == [200, 200, 200, 400, 400]
    log = Path(server.data, "access.log")
    for response in responses:
        wait(lambda name=response.headers["x-request-id"]: name in server.output and name in log.read_text())
    assert word not in server.output + log.read_text()


def test_without_search_the_list_is_what_it_was():
    with Server("Search=false") as server:
        body = {"name": "Ann", "email": "ann@example.com"}
        send(server.url, "POST", "/users", body)
        assert get(server, "limit=1").json["count"] == 1
        response = get(server, "q=ann")
        refused(response, "invalid_query")
        assert response.json["detail"] == "This route accepts these query parameters: limit, lastKey."
