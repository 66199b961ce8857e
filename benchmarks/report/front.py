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
CHART = "![Cold start of GET, to the first response](docs/images/cold-start-get.svg)"
FEWEST_ROUNDS = 5


def front(peers: dict[str, Any] | None, local: dict[str, Any] | None) -> str:
    """The block of the front page; nothing before a whole run (`make bench`) has been made."""
    if not peers or peers["command"] != "make bench" or peers["rounds"] < FEWEST_ROUNDS:
        return ""
    times = [f"{name} {times_as_long(peers, key)}" for key, name in SHOWN.items()]
    lines = [
        "From a cold start to the response of a GET, in multiples of the time that an empty function takes: "
        f"{', '.join(times)}. {setting(peers)}"
    ]
    lines += [beside(local)] if local else []
    return "\n".join([" ".join(lines), "", CHART, ""])


def times_as_long(peers: Results, key: str) -> str:
    """The multiple, with the middle half where that is wide, and with the version."""
    found, told = cold_spread(peers, key), versions(peers, key.partition(".")[0])
    middle = f"{found['p25']:.1f} to {found['p75']:.1f}" if relative_spread(found) > SHOWN_FROM else ""
    more = "; ".join(filter(None, [told, middle]))
    return f"{found['p50']:.1f} times" + (f" ({more})" if more else "")


def setting(peers: Results) -> str:
    """When and where it was measured, and what it is not."""
    return (
        f"Measured {peers['date']} by `{peers['command']}`: medians of {peers['rounds']} interleaved rounds on "
        f"CPython {peers['machine']['python']}, with AWS's own runtime client and a stand-in for DynamoDB over TLS. "
        "This is not Lambda: the ratios carry over, the times do not."
        + (" The machine was not quiet, so treat the figures as an indication." if noise(peers) else "")
    )


def beside(local: Results) -> str:
    """The local server beside the emulator's own gateway."""
    ours, theirs = (local["get"][name]["10"]["requests_per_second"] for name in ("ours", "gateway"))
    return (
        f"Locally, ten clients read {ours:,.0f} users a second; "
        f"with the same functions behind the emulator's own gateway, {theirs:,.0f}."
    )
