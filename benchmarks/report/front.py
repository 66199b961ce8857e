"""What the front page says of speed, from the results."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.figures import relative_spread
from benchmarks.ground.quiet import noise
from benchmarks.report.relative import SHOWN_FROM, Results, cold_spread, versions

# Who is named on the front page: subject of the results, and what it is called there.
SHOWN = {
    "ours.get": "this project",
    "boto3_resource.get": "boto3 as tutorials write it",
    "powertools.get": "Powertools",
    "fastapi_mangum.get": "FastAPI with Mangum",
}
HEAD = [
    "| cold start and the response of one GET | versions | times as long as an empty function |",
    "|---|---|---|",
]
CHART = "![Cold start of GET, to the first response](docs/images/cold-start-get.svg)"
FEWEST_ROUNDS = 5


def front(peers: dict[str, Any] | None, local: dict[str, Any] | None) -> str:
    """The block of the front page; nothing before a whole run (`make bench`) has been made."""
    if not peers or peers["command"] != "make bench" or peers["rounds"] < FEWEST_ROUNDS:
        return ""
    rows = [
        f"| {name} | {versions(peers, key.partition('.')[0])} | {multiple(peers, key)} |" for key, name in SHOWN.items()
    ]
    return "\n".join([*HEAD, *rows, "", *setting(peers), *(beside(local) if local else []), "", CHART, ""])


def multiple(peers: Results, key: str) -> str:
    """The multiple, with the middle half where that is wide."""
    found = cold_spread(peers, key)
    middle = f" ({found['p25']:.1f} to {found['p75']:.1f})" if relative_spread(found) > SHOWN_FROM else ""
    return f"{found['p50']:.1f}{middle}"


def setting(peers: Results) -> list[str]:
    """When and where it was measured, and what it is not."""
    return [
        f"Measured {peers['date']} by `{peers['command']}`: medians of {peers['rounds']} interleaved rounds on",
        f"CPython {peers['machine']['python']}, with AWS's own runtime client and a stand-in for DynamoDB over TLS.",
        "This is not Lambda: the ratios carry over, the times do not.",
        *(["The machine was not quiet, so treat the figures as an indication."] if noise(peers) else []),
    ]


def beside(local: Results) -> list[str]:
    """The local server beside the emulator's own gateway."""
    ours, theirs = (local["get"][name]["10"]["requests_per_second"] for name in ("ours", "gateway"))
    return [
        f"Locally, ten clients read {ours:,.0f} users a second;",
        f"with the same functions behind the emulator's own gateway, {theirs:,.0f}.",
    ]
