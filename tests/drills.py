"""Practise a disaster on this machine and print its figures: `make drill OF=restore`, `failover` or `release`.

restore   damages the tables of a running API, restores them to the second before, and measures how long it took
failover  cuts one of two Regions off while clients write, moves the writes, heals and repairs
release   tries bad releases on the check of a release, and two releases behind the same tables

Each has data of its own and leaves nothing. The exit status is 1 when one fails.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.server import ROOT, Server

USERS = 1000  # of the restore
OFF = "Events=false Webhooks=false Pictures=false LiveUpdates=false Bulk=false Search=false"
PROOFS = {"failover": "tests/proofs/regions/test_drill.py", "release": "tests/proofs/releases"}
ACCESS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}


def main(arguments: list[str]) -> int:
    """Run the drill that is named; the restore without a name."""
    match arguments:
        case [] | ["restore"]:
            return restore()
        case [name] if name in PROOFS:
            return subprocess.call([sys.executable, "-m", "pytest", "-s", PROOFS[name]], cwd=ROOT)
    print(__doc__, file=sys.stderr)
    return 2


def restore(count: int = USERS) -> int:
    """`python -m operate drill` against an API that starts for it."""
    print("start an API with data of its own ...", flush=True)
    with Server(OFF) as server:
        names = server.client("dynamodb").list_tables()["TableNames"]
        [keys] = [name for name in names if "UserKeys" in name]
        command = [sys.executable, "-m", "operate", "drill", "--api", server.url, "--users", "Users", "--keys", keys]
        environment = {**os.environ, **ACCESS, "AWS_ENDPOINT_URL": server.dynamodb_endpoint}
        return subprocess.call([*command, "--count", str(count), "--write", "--bus", "none"], cwd=ROOT, env=environment)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
