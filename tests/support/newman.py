"""postman_collection.json, run by newman."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import ROOT

NEWMAN = ROOT / ".local" / "node" / "bin" / "newman"
COLLECTION = ROOT / "postman_collection.json"
SIGN_IN = ("Your own user", "Administration", "Erasure")  # the folders that need it


@dataclass
class Run:
    """What a run of the collection showed: (request, test) pairs."""

    exit_status: int
    passed: set[tuple[str, str]]
    failed: set[tuple[str, str]]
    output: str


def run(url: str, folder: Path, api_key: str = "", token: str = "") -> Run:
    """Run the collection against an API; `folder` is for the report."""
    report = folder / "newman.json"
    given = {"baseUrl": url, "apiKey": api_key, "token": token}
    settings = [part for name, value in given.items() if value for part in ("--env-var", f"{name}={value}")]
    reporters = ["--reporters", "cli,json", "--reporter-json-export", str(report), "--color", "off"]
    command = [str(NEWMAN), "run", str(COLLECTION), *settings, *reporters]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    passed: set[tuple[str, str]] = set()
    failed: set[tuple[str, str]] = set()
    for each in json.loads(report.read_text())["run"]["executions"]:
        for assertion in each.get("assertions", []):
            (failed if assertion.get("error") else passed).add((each["item"]["name"], assertion["assertion"]))
    return Run(done.returncode, passed - failed, failed, done.stdout + done.stderr)


def requests(*off: str) -> list[str]:
    """The names of the requests as they are sent; of folders that are `off` only the first, which asks."""
    folders = json.loads(COLLECTION.read_text())["item"]
    return [
        request["name"]
        for folder in folders
        for request in (folder["item"][:1] if folder["name"] in off else folder["item"])
    ]
