"""The release before this one, for the proof that both can serve the same tables.

If the clone has a tag, it is the source of the last tag before HEAD. In a clone without tags, such as the shallow one
of a workflow, it is today's source with the edits below: what a release before it could have done otherwise.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.proofs.seeded import Edit, edited
from tests.proofs.system import ROOT

EDITS = (
    # It stored a member that today's release does not know, in both tables.
    Edit(
        "users/items.py",
        '"lastWrite": token})\n    return {"Put"',
        '"lastWrite": token, "origin": "api"})\n    return {"Put"',
    ),
    Edit(
        "users/items.py",
        '"key": email_key(email), "userId": user_id}',
        '"key": email_key(email), "userId": user_id, "form": 1}',
    ),
    # It kept responses for half as long, and listed fewer users at a time.
    Edit("users/items.py", "KEPT_SECONDS = 24 * 60 * 60", "KEPT_SECONDS = 12 * 60 * 60"),
    Edit("handlers/list_users.py", "DEFAULT_LIMIT = 100", "DEFAULT_LIMIT = 50"),
    # It said the same in other words.
    Edit("handlers/delete_user.py", '"User deleted."', '"The user was deleted."'),
)
# Releases that cannot serve beside today's, each with the reason that must be found.
APART = {
    "claims of emails under another key": (
        Edit("users/items.py", 'return f"email#{canonical(email)}"', 'return f"mail#{canonical(email)}"'),
    ),
    "kept responses under another key": (
        Edit("users/items.py", 'f"request#{key.caller}#{key.value}"', 'f"response#{key.caller}#{key.value}"'),
    ),
    "cursors bound to other words": (Edit("handlers/list_users.py", 'BOUND_TO = "GET /users"', 'BOUND_TO = "users"'),),
}


@contextlib.contextmanager
def earlier(root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """The name and the folder of source of the release before this one, for the time of the block."""
    tag = last_tag(root)
    if not tag:
        with edited(EDITS) as source:
            yield "edits", source
        return
    archive = subprocess.run(["git", "archive", tag, "src"], cwd=root, capture_output=True, check=True)
    with tempfile.TemporaryDirectory(prefix="users-api-earlier-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as opened:
            opened.extractall(folder, filter="data")
        yield tag, Path(folder) / "src"


def last_tag(root: Path) -> str:
    """The last tag before HEAD; '' if there is none, or no repository."""
    found = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "HEAD~1"], cwd=root, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
