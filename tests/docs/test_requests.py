"""Every command and request of the documents does what is printed under it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest
import yaml

from local.wire.messages import REASONS
from tests.api.client import send
from tests.docs.answers import Mismatch, Stand, compare_answer, compare_output
from tests.docs.pages import ROOT, Block, Page, documents
from tests.docs.session import Session
from tests.support.server import Server, free_port

LOCAL = "http://localhost:3000"
DYNAMODB = "http://127.0.0.1:40429"  # as a start screen may name it
AGAINST = "run: against "
FOREGROUND = "run: in the foreground"
ANSWERS = ("http", "text")
PAGES = [page for page in documents() if any(block.language == "sh" for block in page.blocks)]
TUTORIALS = ("README.md", "QUICKSTART.md", "API_EXAMPLES.md")


def later(name: str) -> tuple[pytest.MarkDecorator, ...]:
    """The pages that a newcomer reads first are run first, the others with the slow tests."""
    return () if name in TUTORIALS else (pytest.mark.slow,)


def walk(page: Page, where: dict[str, Session], url: str, dynamodb: str = "") -> None:
    """Run a page's blocks in order, each in the shell for its mark, and hold what came to what is printed."""
    stand, came, shell = Stand(), "", None
    for block in page.blocks:
        if block.language == "sh":
            shell = where.get(block.mark)
            script = stand.actual(block.text).replace(LOCAL, url).replace(DYNAMODB, dynamodb)
            came = run(shell, script, block) if shell else ""
        elif shell and block.language in ANSWERS and not block.mark:
            (compare_answer if block.language == "http" else compare_output)(stand, block.text, came, block.place)
        else:
            shell = None


def run(shell: Session, script: str, block: Block) -> str:
    """What a block prints; it must end well."""
    status, came = shell.run(script)
    if status:
        raise Mismatch(f"{block.place}: exit status {status}: {came}{shell.errors}")
    return came


@pytest.fixture(scope="module")
def fresh() -> Iterator[Server]:
    """The API as after a first `make run`: nobody there."""
    with Server() as running:
        yield running


@pytest.mark.needs("curl")
@pytest.mark.parametrize("page", [pytest.param(it, id=it.name, marks=later(it.name)) for it in PAGES])
def test_a_page_prints_what_comes(page, fresh):
    if "total=true" in page.text:
        forgotten(fresh.url)
    try:
        with Session(ROOT) as shell:
            walk(page, {"": shell}, fresh.url, fresh.dynamodb_endpoint)
    except Mismatch as mismatch:
        emptied(fresh.url)
        raise Mismatch(f"{mismatch}\nthe API said:\n{fresh.output[-2000:]}") from None
    left = [user["email"] for user in emptied(fresh.url)]
    # the first request is a teaser; a reader goes on with the quick start and must not be in the way of it
    assert left == (["margaret@example.com"] if page.name == "README.md" else []), "the page leaves users behind"


CREATES = re.compile(r"-d '\{\"name\"")


def first_create(name: str) -> str:
    """The first command of a page that creates a user."""
    return next(block.text for block in page_blocks(name) if block.language == "sh" and CREATES.search(block.text))


def test_after_the_start_screens_command_the_first_of_each_page_is_a_201_too(fresh):
    commands = [re.search(r"curl -i \S+ -H .*", fresh.output)[0], *(first_create(name) for name in TUTORIALS)]
    with Session(ROOT) as shell:
        shell.run(f"api={fresh.url}")
        came = [shell.run(command.replace(LOCAL, fresh.url))[1].split("\r\n")[0] for command in commands]
    emptied(fresh.url)
    assert came == ["HTTP/1.1 201 Created"] * len(commands)


def test_tidying_up_leaves_the_users_that_the_page_did_not_make(fresh):
    created = send(fresh.url, "POST", "/users", {"name": "Somebody", "email": "somebody@example.com"}).json
    with Session(ROOT) as shell:
        for block in page_blocks("API_EXAMPLES.md"):
            if block.language == "sh" and not block.mark:
                shell.run(block.text.replace(LOCAL, fresh.url))
    assert emptied(fresh.url) == [created]


def forgotten(url: str) -> None:
    """Wait until the index of the search, which is late, counts the users of other pages no more."""
    until = time.monotonic() + 15
    while send(url, "GET", "/users?total=true&limit=1").json["total"]:
        assert time.monotonic() < until, "the index still counts users that are gone"
        time.sleep(0.05)


def emptied(url: str) -> list[dict[str, str]]:
    """The users that are there, removed."""
    users: list[dict[str, str]] = send(url, "GET", "/users").json["users"]
    for user in users:
        send(url, "DELETE", f"/users/{user['userId']}")
    return users


OTHERWISE = sorted({(page.name, block.mark) for page in PAGES for block in page.blocks if AGAINST in block.mark})


@pytest.mark.needs("curl")
@pytest.mark.slow
@pytest.mark.parametrize(("name", "mark"), OTHERWISE)
def test_a_page_prints_what_comes_from_an_api_started_otherwise(name, mark):
    page = next(page for page in PAGES if page.name == name)
    parameters = mark.removeprefix(AGAINST)
    assert f'PARAMETERS="{parameters}" make run' in page.text, f"{name} does not say how: {mark}"
    with Server(parameters) as server, Session(ROOT) as shell:
        key = re.search(r"API key\s+(\S+)", server.output)
        shell.run(f"export PORT={server.port}; api={server.url} key={key[1] if key else ''}")
        walk(page, {mark: shell}, server.url)


STARTS = sorted(
    {re.sub(r" +#.*", "", block.text.strip()) for page in PAGES for block in page.blocks if block.mark == FOREGROUND}
)


@pytest.mark.slow
@pytest.mark.parametrize("command", STARTS)
def test_what_starts_the_api_starts_it(command, tmp_path):
    port = free_port()
    settings = {"PORT": str(port), "DATA": str(tmp_path)}
    here = re.sub(r"\b(PORT|DATA)=(\S+)", lambda found: f"{found[1]}={settings[found[1]]}", command)
    environment = {**os.environ, **settings}
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            ["bash", "-c", here], cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            screen = shown(said, process)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(20)
    assert f"The API is running at http://localhost:{port}/users" in screen
    if "ApiKeyRequired=true" in command:
        assert re.search(r"API key +\S+", screen)
    if command == "make run":
        printed = next(block for block in page_blocks("QUICKSTART.md") if block.language == "text")
        compare_output(Stand(), printed.text.replace("localhost:3000", f"localhost:{port}"), screen, printed.place)


def page_blocks(name: str) -> list[Block]:
    return next(page for page in PAGES if page.name == name).blocks


def shown(said, process: subprocess.Popen[bytes]) -> str:
    """The screen that the API starts with."""
    until = time.monotonic() + 40
    while time.monotonic() < until:
        said.seek(0)
        text: str = said.read()
        if "One line per request follows.\n" in text:
            return text[text.index("\n  The API") :] if "\n  The API" in text else text
        assert process.poll() is None, text
        time.sleep(0.05)
    raise AssertionError(f"the API did not start: {text}")


def examples() -> dict[str, dict[str, object]]:
    """The problems that openapi.yaml shows, by code."""
    responses = yaml.safe_load((ROOT / "openapi.yaml").read_text())["components"]["responses"].values()
    return {
        name: {"retry": "Retry-After" in response["headers"], **example["value"]}
        for response in responses
        for name, example in response["content"]["application/problem+json"]["examples"].items()
    }


@pytest.mark.parametrize(
    "block",
    [block for page in PAGES for block in page.blocks if block.mark == "as in openapi.yaml"],
    ids=lambda block: block.place,
)
def test_an_answer_that_cannot_be_provoked_is_the_definitions(block):
    held_to_the_definition(block)


def held_to_the_definition(block: Block) -> None:
    document = yaml.safe_load(block.text.split("\n\n", 1)[1])
    example = dict(examples()[document["code"]])
    assert block.text.startswith(f"HTTP/1.1 {document['status']} {REASONS[document['status']]}\n")
    assert ("\nRetry-After: 1\n" in block.text) <= bool(example.pop("retry"))
    assert document == example


# -- that these tests can fail --------------------------------------------------------------------------------------

GOOD = f"""
```sh
curl -i {LOCAL}/users?limit=0
```
```http
HTTP/1.1 400 Bad Request
Cache-Control: no-store

{{"type": "urn:problem-type:users-api:invalid_query", "title": "Invalid query", "status": 400,
  "detail": "limit must be an integer from 1 to 1000.",
  "instance": "urn:uuid:6b1f0c52-3a8e-4f7d-9c61-2e5d8a7b4c10", "requestId": "6b1f0c52-3a8e-4f7d-9c61-2e5d8a7b4c10",
  "code": "invalid_query", "error": "limit must be an integer from 1 to 1000."}}
```
```sh
printf 'one\\ntwo\\n'
```
```text
one
...
```
"""


def walked(text: str, url: str) -> None:
    with Session(ROOT) as shell:
        walk(Page("seeded.md", text), {"": shell}, url)


@pytest.mark.needs("curl")
def test_a_page_that_is_right_passes(fresh):
    walked(GOOD, fresh.url)


@pytest.mark.needs("curl")
@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("400 Bad Request", "200 OK", "printed HTTP/1.1 200 OK"),
        ("no-store", "no-cache", "cache-control"),
        ("Cache-Control", "Link", "no header link"),
        ('"Invalid query"', '"Bad query"', "Bad query"),
        ('"status": 400', '"status": "400"', "status"),
        (', "error"', ', "more": 1, "error"', "more"),
        ('"requestId": "6b1f0c52', '"requestId": "7b1f0c52', "which stood for"),
        ("limit=0", "limit=1", "200 OK"),
        ("one\n...", "three\n...", "'three'"),
        ("one\n...", "one", "came besides"),
        ("printf", "prntf", "exit status 127"),
        ("printf 'one", "printf one", "exit status"),
    ],
)
def test_a_page_that_is_wrong_is_noticed(fresh, right, wrong, complaint):
    assert right in GOOD
    with pytest.raises(Mismatch, match=re.escape(complaint)):
        walked(GOOD.replace(right, wrong), fresh.url)


def test_an_example_that_is_not_the_definitions_is_noticed():
    block = next(block for page in PAGES for block in page.blocks if block.mark == "as in openapi.yaml")
    held_to_the_definition(block)
    with pytest.raises(AssertionError):
        held_to_the_definition(Block(block.place, "http", block.text.replace('"title": "', '"title": "Very '), ""))


def test_every_request_of_a_page_shows_its_answer():
    """A curl that shows its answer (-i) without one being printed would be a command nobody looked at."""
    silent = [
        block.place
        for page in PAGES
        for block, after in pairs(page.blocks)
        if block.language == "sh"
        and block.mark != "run: on aws"
        and re.search(r"^curl -i", block.text, re.MULTILINE)
        and (after is None or after.language != "http")
    ]
    assert silent == []


def pairs(blocks: list[Block]) -> Iterator[tuple[Block, Block | None]]:
    return zip(blocks, [*blocks[1:], None], strict=True)
