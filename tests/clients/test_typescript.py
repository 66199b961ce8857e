"""The whole contract by a client that openapi-typescript makes of /openapi.json, compiled and run (contract.mts)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.clients.conftest import Api
from tests.clients.examples import as_json
from tests.support.server import ROOT
from tests.template.stack import contract

pytestmark = pytest.mark.slow

NODE = ROOT / ".local" / "node"
STEPS = [
    "a user is created, read, changed and deleted",
    "people read and change their own user",
    "an avatar is uploaded, found and deleted",
    "a list is followed to its end",
    "users are searched, sorted, filtered and counted",
    "the audit trail is read, also of a deleted user",
    "conditions hold",
    "a create is repeated by its key",
    "an email is not verified without its link",
    "a webhook is created, read, listed, changed, rotated and deleted",
    "a ticket for live updates is requested",
    "users are imported, and exported",
    "administrators see, disable and sign out people, and set their roles",
    "the health is read without a key",
    "refusals are problems",
    "every documented error is read",
]
OPTIONS = {
    "strict": True,
    "target": "es2022",
    "module": "nodenext",
    "lib": ["es2022", "dom", "dom.iterable"],
    "types": [],
    "noEmitOnError": True,
}


def run(folder: Path, program: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [str(NODE / "bin" / program), *arguments]
    environment = {**os.environ, **settings}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def compiled(folder: Path, document: str) -> subprocess.CompletedProcess[str]:
    """Make the types of a contract and compile the steps against them."""
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    (folder / "openapi.json").write_text(document)
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "files": ["contract.mts"]}))
    shutil.copy(Path(__file__).parent / "contract.mts", folder)
    made = run(folder, "openapi-typescript", "openapi.json", "-o", "users.d.ts")
    assert made.returncode == 0, made.stdout + made.stderr
    return run(folder, "tsc")


@pytest.fixture(scope="module")
def client(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled client."""
    folder = tmp_path_factory.mktemp("client")
    with urllib.request.urlopen(f"{api.url}/openapi.json", timeout=10) as answer:
        done = compiled(folder, answer.read().decode())
    assert done.returncode == 0, done.stdout
    return folder


def test_the_contract_holds(client, api, busy):
    where = {"API": api.url, "KEY": api.key, "TOKEN": api.token, "BUSY": busy.url, "BUSY_KEY": busy.key}
    done = run(client, "node", "contract.mjs", **where, ERRORS=as_json())
    assert (done.returncode, done.stdout.splitlines()) == (0, STEPS), done.stdout + done.stderr


def test_an_api_that_does_not_keep_it_is_noticed(client, api, busy):
    where = {"API": api.url, "KEY": "nobodys", "TOKEN": api.token, "BUSY": busy.url, "BUSY_KEY": busy.key}
    done = run(client, "node", "contract.mjs", **where, ERRORS=as_json())
    assert (done.returncode, "FAILED: creating: 403, not 201" in done.stdout) == (1, True), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "member"),
    [("User", "userId"), ("UserPage", "lastKey"), ("AuditPage", "lastKey"), ("Problem", "requestId")],
)
def test_a_contract_that_lacks_a_member_does_not_compile(tmp_path, schema, member):
    tree = contract()
    del tree["components"]["schemas"][schema]["properties"][member]
    tree["components"]["schemas"][schema].pop("required", None)

    done = compiled(tmp_path, json.dumps(tree))

    assert (done.returncode == 0, f"'{member}' does not exist" in done.stdout) == (False, True), done.stdout
