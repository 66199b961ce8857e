"""The clients that the page of sign-in shows, run against `make run`: one in a page and one in a program."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, page
from tests.support.server import Server
from tests.support.sign_in import CALLBACK, PASSWORD, SignIn

# What a browser has: the page goes elsewhere, the person signs in there, the browser comes back with the code.
IN_A_PAGE = """
const [url, client, back, username, password] = JSON.parse(process.argv[2]);
const kept = new Map();
globalThis.sessionStorage = { getItem: (name) => kept.get(name), setItem: (name, value) => kept.set(name, value) };
globalThis.location = { assign: (to) => { location.asked = new URL(to); } };
await start(url, client, back);
const form = new URLSearchParams({ ...Object.fromEntries(location.asked.searchParams), username, password });
const signedIn = await fetch(`${location.asked.origin}/login`, { method: "POST", body: form, redirect: "manual" });
location.search = new URL(signedIn.headers.get("Location")).search;
if (process.argv[3]) location.search = location.search.replace("state=", "state=x");
console.log(await finish(url, client, back));
"""
IN_A_PROGRAM = "\nimport sys\nprint(access_token(*json.loads(sys.argv[1])))\n"


def shown(language: str) -> str:
    """The one block of the page in this language."""
    [block] = [block for block in page("docs/how-to/sign-in.md").blocks if block.language == language]
    return block.text


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("SignIn=true") as running:
        yield running


@pytest.fixture(scope="module")
def sign_in(server: Server) -> SignIn:
    return SignIn(server.url, server.client)


def run(file: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, str(file), *arguments], capture_output=True, text=True, timeout=60)


def status(server: Server, path: str, token: str) -> int:
    request = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return int(response.status)


def in_a_page(sign_in: SignIn, folder: Path, url: str, email: str, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "page.mjs").write_text(shown("js") + IN_A_PAGE)
    arguments = json.dumps([url, sign_in.clients["pages"], CALLBACK, email, PASSWORD])
    return run(folder / "page.mjs", str(ROOT / ".local/node/bin/node"), arguments, *more)


def test_a_page_gets_the_token_of_a_person(server: Server, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in.add("katherine@example.com")
    done = in_a_page(sign_in, tmp_path, server.url, "katherine@example.com")
    assert done.returncode == 0, done.stderr
    assert status(server, "/users/me", done.stdout.strip()) == 200


def test_a_page_refuses_a_code_that_it_has_not_asked_for(server: Server, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in.add("dorothy@example.com")
    done = in_a_page(sign_in, tmp_path, server.url, "dorothy@example.com", "another state")
    assert done.returncode != 0
    assert "this page did not ask for this code" in done.stderr


def test_a_program_gets_a_token(server: Server, sign_in: SignIn, tmp_path: Path) -> None:
    client = sign_in.clients["machines"]
    described = sign_in.cognito.describe_user_pool_client(UserPoolId=sign_in.pool, ClientId=client)
    secret = described["UserPoolClient"]["ClientSecret"]
    (tmp_path / "program.py").write_text(shown("python") + IN_A_PROGRAM)
    done = run(tmp_path / "program.py", sys.executable, json.dumps([server.url, client, secret]))
    assert done.returncode == 0, done.stderr
    assert status(server, "/users", done.stdout.strip()) == 200
