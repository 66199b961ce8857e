"""The table of docs/reference/access.md, cell by cell, against `make run` with SignIn=true."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.identities import Pool
from tests.support.people import Records
from tests.support.server import ROOT, Server, free_port
from tests.support.websocket import WebSocket
from tests.template.stack import contract

pytestmark = pytest.mark.local_only

METHODS = ("get", "put", "post", "patch", "delete")
Rows = dict[str, dict[str, str]]  # operation -> column -> cell
NO_USER = "–"
DELETES = ("DELETE /users/me", "DELETE /users/{userId}", "POST /admin/users/{userId}/erase")
NOT_A_KEY = "0" * 40
BODIES: dict[str, dict[str, Any]] = {
    "POST /users": {"name": "A", "email": "cell{number}@example.com"},
    "PUT": {"age": 40},
    "PATCH": {"age": 41},
    "POST /webhooks": {"url": "http://localhost:{port}/"},
    "PATCH /webhooks/{webhookId}": {"description": "A"},
    "POST /users/{userId}/avatar": {"contentType": "image/png"},
    "PUT /admin/users/{userId}/roles": {"roles": []},
    "POST /admin/imports": {"format": "csv"},
    "POST /admin/exports": {"format": "ndjson"},
}


def table(page: str) -> Rows:
    """The rows of the table in the page."""
    lines = page.split("<!-- the table -->")[1].strip().split("\n\n")[0].splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): dict(zip(head[1:], row[1:], strict=True)) for row in rows}


def complaints(rows: Rows, columns: set[str], definition: dict[str, Any]) -> list[str]:
    """Operations without a row, rows without an operation, columns that no caller stands for, and the reverse."""
    operations = {
        f"{method.upper()} {path}" for path, item in definition["paths"].items() for method in METHODS if method in item
    }
    found = [f"{each} is in one of contract and table" for each in sorted(operations ^ rows.keys())]
    for operation, cells in rows.items():
        found += [f"{operation}: {each} is no caller, or is missing" for each in sorted(columns ^ cells.keys())]
        dashes = {column for column, cell in cells.items() if cell == NO_USER}
        if dashes - {"other"} or (dashes and "{userId}" in operation):
            found.append(f"{operation}: {NO_USER} is for a path that names no user")
    return found


ROWS = table((ROOT / "docs/reference/access.md").read_text(encoding="utf-8"))


@dataclass
class Cell:
    """A request: the operation, and the caller of the column."""

    operation: str
    column: str
    token: str = ""
    user_id: str = ""


@dataclass
class World:
    """A running stack, and what its requests are about."""

    server: Server
    key: str
    pool: Pool
    records: Records
    forged: dict[str, str] = field(default_factory=dict)
    webhook: str = ""
    delivery: str = ""
    transfers: dict[str, str] = field(default_factory=dict)  # the ids of an import and an export
    port: int = field(default_factory=free_port)
    count: int = 0

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        self.forged = self.pool.forged()
        self.machines = {each: self.pool.sign_in.machine(f"users/{each}") for each in ("read", "write")}
        self.people: dict[str, tuple[str, str]] = {}
        self.other = self.records.person()[1]
        self.a_user = self.admin()
        self.erased = self.records.person()[1]
        self.send("POST", f"/admin/users/{self.erased}/erase", self.a_user, None, self.key)
        self._make_a_delivery()
        for kind in ("import", "export"):
            body = BODIES[f"POST /admin/{kind}s"]
            made = self.send("POST", f"/admin/{kind}s", self.a_user, body, self.key)[1]
            self.transfers[f"{kind}Id"] = made[f"{kind}Id"]

    def send(self, method: str, path: str, token: str, body: Any = None, key: str = "") -> tuple[int, dict[str, Any]]:
        """Status and problem, if there is one."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"x-api-key": key} if key else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.connection.getresponse()
        raw = response.read()
        problem = response.headers.get_content_type() == "application/problem+json"
        document = problem or (response.status in (200, 201) and raw[:1] == b"{")
        return response.status, json.loads(raw) if document else {}

    def _make_a_delivery(self) -> None:
        admin = self.a_user
        body = {"url": f"http://localhost:{self.port}/"}
        self.webhook = self.send("POST", "/webhooks", admin, body, self.key)[1]["webhookId"]
        self.send("POST", "/users", admin, {"name": "A", "email": "delivered@example.com"}, self.key)
        last = time.monotonic() + 20
        while not self.delivery and time.monotonic() < last:
            found = self.send("GET", f"/webhooks/{self.webhook}/deliveries", admin, key=self.key)[1]["deliveries"]
            self.delivery = found[0]["deliveryId"] if found else ""
            time.sleep(0.05)
        assert self.delivery, "no delivery within 20 s"
        self.send("PATCH", f"/webhooks/{self.webhook}", admin, {"status": "disabled"}, self.key)

    def admin(self, status: str = "") -> str:
        """The token of an administrator: a new one, or the one with this status."""
        subject, _ = self.records.person(status)
        return self.pool.person(subject, "users/self", "users/admin", admin=True)

    def person(self, operation: str, column: str) -> tuple[str, str]:
        """Whom a column is about, with a record that a deletion in an earlier row has not taken."""
        name = f"{operation} {column}" if operation in DELETES else column
        if name not in self.people:
            status = column.split()[0] if column.split()[0] in ("disabled", "deleted") else ""
            self.people[name] = self.records.person(status)
        return self.people[name]

    def cell(self, operation: str, column: str) -> Cell:
        """The request of a cell."""
        if operation.endswith("/avatar"):
            self.records.picture(self.other)
        fresh = operation in DELETES and ROWS[operation][column] in ("200", "202")
        other = self.records.person()[1] if fresh and column in (*self.machines, "admin") else self.other
        if operation.endswith("/erasure"):
            other = self.erased
        if column in self.forged or column in self.machines:
            return Cell(operation, column, self.forged.get(column) or self.machines[column], other)
        if column in ("nobody", "key"):
            return Cell(operation, column, "", other)
        subject, own = self.person(operation if fresh else "", column)
        scopes = ["users/self", *(["users/admin"] if column in ("admin", "disabled admin", "no group") else [])]
        token = self.pool.person(subject, *scopes, admin=column in ("admin", "disabled admin", "no scope"))
        user_id = own if column in ("own", "disabled", "deleted") else other
        if operation.endswith("/avatar") and user_id == own and column == "own":
            self.records.picture(own)
        return Cell(operation, column, token, user_id)

    def status(self, cell: Cell) -> tuple[int, dict[str, Any]]:
        """Send the request of a cell."""
        method, path = cell.operation.split()
        webhook = self.webhook
        if method == "DELETE" and "webhookId" in path and cell.column == "admin":
            hook = {"url": f"http://localhost:{self.port}/"}
            webhook = self.send("POST", "/webhooks", self.a_user, hook, self.key)[1]["webhookId"]
        values = {"userId": cell.user_id, "webhookId": webhook, "deliveryId": self.delivery, "token": "no-link"}
        values |= self.transfers
        self.count += 1
        body = json.dumps(BODIES.get(cell.operation, BODIES.get(method)))
        filled = json.loads(body.replace("{number}", str(self.count)).replace("{port}", str(self.port)))
        return self.send(method, path.format(**values), cell.token, filled, "" if cell.column == "nobody" else self.key)


@pytest.fixture(scope="module", params=["true", pytest.param("false", marks=pytest.mark.deep)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The stack, with API keys and without."""
    with Server(f"SignIn=true ApiKeyRequired={request.param}") as server:
        key = re.search(r"API key\s+(\S+)", server.output)
        yield World(server, key[1] if key else NOT_A_KEY, Pool(server), Records(server))


COLUMNS = (
    *("nobody", "key", "own", "other", "admin", "read", "write", "no group", "no scope"),
    *("disabled", "disabled admin", "deleted"),
    *("expired", "issuer", "client", "id token", "password", "signature", "none", "HS256", "kid"),
)
CODES = {"401": {"unauthorized", "token_expired"}, "404": {"user_not_found"}}


def differences(world: World, operation: str, cells: dict[str, str]) -> list[str]:
    """Cells of a row that are not what happens. Each one is sent."""
    wrong = []
    for column, cell in cells.items():
        if cell == NO_USER:
            continue
        status, problem = world.status(world.cell(operation, column))
        code = problem.get("code")
        expected = CODES.get(cell, {code}) if (column, cell) != ("disabled admin", "403") else {"user_disabled"}
        if str(status) != cell or code not in expected:
            wrong.append(f"{column}: {status} {code}")
    return wrong


@pytest.mark.parametrize("operation", ROWS)
def test_each_caller_gets_what_the_table_says(world: World, operation: str) -> None:
    assert differences(world, operation, ROWS[operation]) == []


def test_each_cell_that_is_wrong_is_noticed(world: World) -> None:
    others = {"200": "403", "403": "401", "401": "200"}
    wrong = {column: others.get(cell, cell) for column, cell in ROWS["GET /users"].items()}
    found = differences(world, "GET /users", wrong)
    assert [each.partition(":")[0] for each in found] == [it for it in COLUMNS if it != "other"]


def test_the_table_has_every_operation_and_every_caller() -> None:
    assert complaints(ROWS, set(COLUMNS), contract()) == []


def test_a_missing_row_and_a_missing_column_are_noticed() -> None:
    fewer = {operation: dict(cells) for operation, cells in ROWS.items()}
    del fewer["GET /users"]
    del fewer["POST /users"]["kid"]
    fewer["GET /users/{userId}"]["own"] = NO_USER
    assert len(complaints(fewer, set(COLUMNS), contract())) == 3


def test_a_token_without_the_key_is_refused_where_keys_are_on(world: World) -> None:
    if world.key != NOT_A_KEY:
        for operation in ROWS:
            cell = world.cell(operation, "admin")
            method, path = operation.split()
            values = {"userId": cell.user_id, "webhookId": world.webhook, "deliveryId": world.delivery, "token": "t"}
            values |= world.transfers
            status, problem = world.send(method, path.format(**values), cell.token)
            if "{token}" not in path and path != "/health":  # which anyone may open
                assert (status, problem["code"]) == (403, "forbidden")


def spellings(user_id: str) -> list[str]:
    """Other ways to write the id of a user in a path."""
    return [
        user_id.upper(),
        "".join(f"%{ord(each):02x}" for each in user_id),
        user_id.replace("-", "%2D"),
        user_id.replace("-", "%252D"),
        f"%7B{user_id}%7D",
        f"urn:uuid:{user_id}",
        user_id.replace("-", ""),
        f"{user_id}%00",
        f"{user_id}%0A",
        f"{user_id}%20",
        f"{user_id}.",
        f"{user_id}/",
        f"me%2F..%2F{user_id}",
        f"..%2Fusers%2F{user_id}",
        f"./{user_id}",
        f"me/../{user_id}",
        "".join(f"%EF%BC%{0x90 + int(each):02X}" if each.isdigit() else each for each in user_id),
    ]


@pytest.mark.parametrize("below", ["", "/avatar", "/email-verification"])
def test_another_spelling_of_an_id_opens_no_other_record(world: World, below: str) -> None:
    other, (subject, own) = world.records.person()[1], world.records.person()
    token = world.pool.person(subject, "users/self")
    for spelling in spellings(other):
        for method in ("GET", "DELETE") if below != "/email-verification" else ("GET", "POST"):
            status, answer = world.send(method, f"/users/{spelling}{below}", token, key=world.key)
            assert status in (400, 403, 404), (method, spelling, status, answer)
    assert world.send("GET", f"/users/{other}", world.machines["read"], key=world.key)[0] == 200
    assert world.send("GET", f"/users/{other}/avatar", world.machines["read"], key=world.key)[0] == 302
    for spelling in spellings(own):
        status, answer = world.send("GET", f"/users/{spelling}", token, key=world.key)
        assert status in (400, 403, 404) or answer["userId"] == own, spelling


@pytest.mark.parametrize("spelling", ["ME", "%6De", "me%00", "me%20", "m%65/", "Me", "%EF%BD%8De"])
def test_another_spelling_of_me_opens_the_own_record_or_none(world: World, spelling: str) -> None:
    subject, own = world.records.person()
    status, answer = world.send("GET", f"/users/{spelling}", world.pool.person(subject, "users/self"), key=world.key)
    assert status in (400, 403, 404) or answer["userId"] == own


def test_a_body_sets_nothing_that_only_the_system_sets(world: World) -> None:
    subject, own = world.records.person()
    token = world.pool.person(subject, "users/self")
    shown = world.send("GET", "/users/me", token, key=world.key)[1]
    assert set(shown) == {"userId", "name", "email", "createdAt", "updatedAt"}
    for name, value in (("subject", "another"), ("status", "x"), ("roles", ["admins"]), ("version", 9)):
        for method, path in (("PUT", "/users/me"), ("PATCH", "/users/me"), ("PATCH", f"/users/{own}")):
            status, problem = world.send(method, path, token, {"age": 5, name: value}, world.key)
            assert (status, problem["code"]) == (400, "invalid_user")
        new = {"name": "A", "email": "sets@example.com", name: value}
        assert world.send("POST", "/users", world.machines["write"], new, world.key)[0] == 400
    assert world.send("GET", "/users/me", token, key=world.key)[1] == shown


def test_who_may_learn_that_an_email_exists(world: World) -> None:
    email = f"person{int(world.records.person()[1][:8], 16)}@example.com"
    asked = {"name": "A", "email": email}
    assert world.send("POST", "/users", world.machines["write"], asked, world.key)[1]["code"] == "email_in_use"
    assert world.send("POST", "/users", world.a_user, asked, world.key)[1]["code"] == "email_in_use"
    token = world.pool.person(world.records.person()[0], "users/self")
    for tried in (email, "free@example.com"):
        assert world.send("POST", "/users", token, {**asked, "email": tried}, world.key)[1]["code"] == "forbidden"
        status, problem = world.send("PATCH", "/users/me", token, {"email": tried}, world.key)
        assert (status, problem["code"]) == (403, "email_managed_by_sign_in")


def test_a_ticket_of_a_person_opens_the_own_record(world: World) -> None:
    subject, own = world.records.person()
    other = world.records.person()[1]
    token = world.pool.person(subject, "users/self")
    ticket = world.send("POST", "/live/tickets", token, {}, world.key)[1]
    connection = WebSocket(ticket["url"], ticket["protocols"])
    for topic, kind in ((f"users/{own}", "subscribed"), (f"users/{other}", "error"), ("users", "error")):
        connection.ask(action="subscribe", to=topic)
        assert connection.told(kind).get("code", "not_permitted") == "not_permitted"
    connection.close()
