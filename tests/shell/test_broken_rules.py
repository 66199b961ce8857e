"""A rule broken in src/ does not go unnoticed: not by test-api.sh, not by the Postman collection."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import newman
from tests.support.project import copied
from tests.support.server import ROOT, Server

BROKEN = {
    "src/users/email_address.py": "def canonical(address: str) -> str:\n    return address\n",
    "src/users/model.py": 'FIELDS["role"] = Field(_any)\n',
}
"""An email differs from itself in capitals; a member that nobody knows is kept."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The API with two rules less."""
    root = copied(Path(tmp_path_factory.mktemp("broken"), "users api"))
    for name, rule in BROKEN.items():
        path = root / name
        path.write_text(f"{path.read_text()}\n\n{rule}")
    with Server(root=root) as running:
        yield running


@pytest.mark.slow
@pytest.mark.needs("curl")
def test_test_api_notices(server: Server) -> None:
    done = subprocess.run([str(ROOT / "test-api.sh"), server.url], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    failed = [line.split(": ")[0] for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert failed == [
        "FAIL  an email in use is rejected",
        "FAIL  all invalid fields are reported at once",
        "FAIL  the email finds the user, if search is on",
    ], done.stdout


@pytest.mark.slow
def test_the_postman_collection_notices(server: Server, tmp_path: Path) -> None:
    run = newman.run(server.url, tmp_path)
    assert run.exit_status == 1
    assert {request for request, _ in run.failed} == {"Email in use", "Bad members, all at once"}, run.output
