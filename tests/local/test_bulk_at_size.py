"""100,000 rows in, out, and in again elsewhere: equal, with the times that each takes.

`ROWS=2000 pytest -s tests/local/test_bulk_at_size.py` does it with fewer.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.local.bulk import begun, ended, exported, fetched, lines
from tests.support.server import Server
from tests.support.uploads import upload

pytestmark = [pytest.mark.local_only, pytest.mark.deep, pytest.mark.timeout(7200)]

ROWS = int(os.environ.get("ROWS", "100000"))
SETTINGS = "ImportRate=10000 ExportConcurrency=1 Webhooks=false LiveUpdates=false Pictures=false MailSender="
PATIENCE = 5400.0
POLL_SECONDS = 2.0  # seldom, because each request takes time from the import


def people() -> bytes:
    """NDJSON of users; each tenth row is wrong."""
    users = (
        {"name": f"Name {it}", "email": f"n{it}@example.com", "age": 200 if it % 10 == 9 else it % 150 + 1}
        for it in range(ROWS)
    )
    return "".join(json.dumps(user) + "\n" for user in users).encode()


def without_consumers(server: Server) -> None:
    """No function follows the changes: what they cost is measured by `python -m benchmarks events`."""
    functions = server.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


def timed_import(server: Server, content: bytes, told: str, **members: Any) -> dict[str, Any]:
    """An import that is completed, with how long it took."""
    made = begun(server, format="ndjson", **members)
    start = time.monotonic()
    assert upload(made["upload"], content) == 204
    found = ended(server, f"/admin/imports/{made['importId']}", PATIENCE, POLL_SECONDS)
    seconds = time.monotonic() - start
    assert found["status"] == "completed", found
    print(f"{told}: {found['rows']} in {seconds:.0f} s, {found['rows']['total'] / seconds:.0f} rows/s", flush=True)
    return found


def timed_export(server: Server, told: str) -> list[dict[str, Any]]:
    """All users of an export, in the order of their ids."""
    start = time.monotonic()
    found, files = exported(server, "ndjson", PATIENCE)
    seconds = time.monotonic() - start
    users = [json.loads(line) for content in files for line in gzip.decompress(content).splitlines()]
    assert found["users"] == len(users)
    print(f"{told}: {len(users)} users in {seconds:.1f} s, {sum(map(len, files))} bytes of gzip", flush=True)
    return sorted(users, key=lambda user: user["userId"])


def test_many_rows_in_out_and_in_again_elsewhere_are_equal(tmp_path: Path):
    with Server(SETTINGS, data=str(tmp_path / "first")) as server:
        without_consumers(server)
        found = timed_import(server, people(), "import")
        wrong = ROWS // 10
        assert found["rows"] == {"total": ROWS, "done": ROWS, "created": ROWS - wrong, "valid": 0, "rejected": wrong}
        results = lines(fetched(found["results"]["url"]))
        assert [line["row"] for line in results] == list(range(1, ROWS + 1))
        users = timed_export(server, "export")
    assert {user["userId"] for user in users} == {line["userId"] for line in results if "userId" in line}
    content = "".join(json.dumps(user) + "\n" for user in users).encode()
    with Server(SETTINGS, data=str(tmp_path / "second")) as other:
        without_consumers(other)
        again = timed_import(other, content, "import elsewhere", keepIds=True)
        assert again["rows"]["created"] == len(users)
        assert timed_export(other, "export elsewhere") == users
