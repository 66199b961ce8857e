"""What the troubleshooting page quotes is what is said."""

from __future__ import annotations

import os
import re
import socket
import subprocess

from tests.docs.pages import ROOT, page
from tests.docs.test_references import rows
from tests.template.stack import actual

PAGE = page("docs/how-to/troubleshooting.md")


def sources() -> str:
    """The code that talks to people at start and deployment, with strings that run over lines made one."""
    texts = [path.read_text() for path in [*(ROOT / "local").rglob("*.py"), *(ROOT / "tools").glob("*.*")]]
    return re.sub(r"[\"']\s*\n\s*f?[\"']", "", "\n".join(texts))


def pattern(quote: str) -> str:
    """A quotation as it stands in the code: what is a number or a name there may be anything."""
    known = re.sub(r"\b3000\b|\b3\.\d+\b|\bUsers\b|\.\.\.|'uv'|'pip'", "\0", quote)
    return ".{0,60}?".join(map(re.escape, known.split("\0")))


def unknown(quotes: list[str], said: str) -> list[str]:
    return [quote for quote in quotes if not re.search(pattern(quote), said)]


def quotes() -> list[str]:
    table = [
        quote
        for row in rows(PAGE.text, "## `make run` does not start")[1:]
        for quote in re.findall("`([^`]*)`", row[0])
    ]
    headings = re.findall(r"^### `(AWS does not[^`]*)`|`(the SAM CLI [^`]*)`$", PAGE.text, re.MULTILINE)
    return [quote for quote in table if not quote.endswith(".yaml")] + [
        quote for pair in headings for quote in pair if quote
    ]


def test_what_is_quoted_is_said():
    assert len(quotes()) >= 10
    assert unknown(quotes(), sources()) == []


def test_what_nobody_says_is_noticed():
    assert unknown(["port 3000 is occupied"], sources()) == ["port 3000 is occupied"]


def test_a_taken_port_is_told_as_quoted():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "PORT": str(port)}
        done = subprocess.run(["make", "run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert quotes()[0].replace("3000", str(port)) in done.stderr
    assert f"PORT={port + 1} make run" in done.stderr


def test_the_headers_that_a_page_may_send_are_those_listed():
    allowed = re.findall(r"Access-Control-Allow-Headers': \"'([^']*)'\"", str(actual().api))
    listed = re.findall(r"`([\w-]+)`", PAGE.text.split("requests may carry")[1].split(".")[0])
    assert {", ".join(listed)} == set(allowed)
