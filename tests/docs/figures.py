"""Figures in the documents that come from the last measurements.

python -m tests.docs.figures      writes them where they belong
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.docs.pages import ROOT
from tools.marks import replaced

RESULTS = ROOT / "benchmarks" / "results"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
README = ROOT / "README.md"

# What each measured operation touches.
PATTERNS = {
    "get": ("Read a user", "Users by `userId`"),
    "list, first page of 100": ("List, a page of 100", "Users, a page of a Scan"),
    "create": ("Create a user", "Users, claim of the email"),
    "create with Idempotency-Key": ("the same with an Idempotency-Key", "and the record of the key"),
    "update": ("Change name or age", "Users by `userId`"),
    "update of the email": ("Change the email", "Users, both claims"),
    "delete": ("Delete a user", "Users, claim of the email"),
}


def access_patterns(growth: dict[str, Any], prices: dict[str, Any]) -> str:
    """The table of access patterns, from benchmarks/results/growth.json and benchmarks/prices.json."""
    units = growth["sizes"][min(growth["sizes"], key=int)]
    lines = [
        "| to | touches | calls | read units | write units | $ per million |",
        "|---|---|---|---|---|---|",
    ]
    for name, (what, touches) in PATTERNS.items():
        one = units[name]
        reads, writes = one["expected_reads"], one["expected_writes"]
        dollars = (
            reads * prices["dynamodb_read_unit"]["per_million"] + writes * prices["dynamodb_write_unit"]["per_million"]
        )
        calls = ", ".join(f"`{call}`" for call in one["calls"])
        lines.append(f"| {what} | {touches} | {calls} | {reads:g} | {writes:g} | {dollars:.3f} |")
    return "\n".join(lines) + "\n"


def load(name: str) -> Any:
    """Results or prices; None when there are none yet."""
    path = ROOT / "benchmarks" / name
    return json.loads(path.read_text()) if path.is_file() else None


# Who is named on the front page: subject of the results, and what it is called there.
SHOWN = {
    "ours.get": "this project",
    "boto3_resource.get": "boto3 as tutorials write it",
    "powertools.get": "Powertools",
    "fastapi_mangum.get": "FastAPI with Mangum",
}
CHART = "![Cold start of GET, to the first answer](docs/images/cold-start-get.svg)"
FEWEST_ROUNDS = 5


def front(peers: dict[str, Any] | None, local: dict[str, Any] | None) -> str:
    """What the front page says of speed; nothing before a whole run (`make bench`) has been made."""
    if not peers or peers["command"] != "make bench" or peers["rounds"] < FEWEST_ROUNDS:
        return ""
    cold = {key: found["cold_ms"]["p25"] for key, found in peers["subjects"].items()}
    times = [f"{name} {cold[key] / cold['empty.get']:.1f}" for key, name in SHOWN.items()]
    lines = [f"A cold GET to the first answer, by an empty function: {', '.join(times)}. {setting(peers)}"]
    lines += [beside(local)] if local else []
    return "\n".join([" ".join(lines), "", CHART, ""])


def setting(peers: dict[str, Any]) -> str:
    """When and where it was measured, and what it is not."""
    return (
        f"Measured {peers['date']} by `{peers['command']}`: lower quartiles of {peers['rounds']} interleaved starts on "
        f"CPython {peers['machine']['python']}, with AWS's own runtime client and a stand-in for DynamoDB over TLS. "
        "Not Lambda: the ratios are what carries over."
    )


def beside(local: dict[str, Any]) -> str:
    """The local server beside the emulator's own gateway."""
    ours, theirs = (local["get"][name]["10"]["requests_per_second"] for name in ("ours", "gateway"))
    return (
        f"Locally, ten clients read {ours:,.0f} users a second; "
        f"with the same functions behind the emulator's own gateway, {theirs:,.0f}."
    )


def written() -> dict[str, str]:
    """What each document with figures should be, by name."""
    table = access_patterns(load("results/growth.json"), load("prices.json")["prices"])
    measured = front(load("results/peers.json"), load("results/local.json"))
    return {
        "ARCHITECTURE.md": replaced(ARCHITECTURE.read_text(encoding="utf-8"), "access", table),
        "README.md": replaced(README.read_text(encoding="utf-8"), "measured", measured),
    }


def main() -> int:
    """Write them."""
    for name, text in written().items():
        (ROOT / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
