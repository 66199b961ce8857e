"""A check of all rows by the API's own imports, which create nobody in a dry run. An API may be without them."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from users_cli.client import Api, http_client, unreachable
from users_cli.failures import Failure, NotFound, Refused

POLL_SECONDS = 0.5
ENDED = frozenset({"completed", "failed"})


def checked(api: Api, path: Path, form: str, charset: str) -> list[dict[str, Any]] | None:
    """The rows that the API would refuse, in order; None if it has no imports, or the caller may not use them.

    Raises Failure.
    """
    try:
        job = api.request("POST", "/admin/imports", body={"format": form, "charset": charset, "dryRun": True}).json()
    except Refused as refusal:
        if isinstance(refusal, NotFound) or refusal.problem.get("status") == 403:
            return None
        raise
    upload(job["upload"], path)
    ended = waited_for(api, f"/admin/imports/{job['importId']}")
    if ended["status"] == "failed":
        problem = ended.get("problem") or {}
        raise Failure(str(problem.get("detail") or "The API cannot read the file."), problem or None)
    return [line for line in lines(ended["results"]["url"]) if line["status"] == "rejected"]


def upload(form: dict[str, Any], path: Path) -> None:
    """Send a file with the form that the API has given. Raises Failure."""
    try:
        with http_client(form["url"]) as client, path.open("rb") as file:
            response = client.post(form["url"], data=form["fields"], files={"file": file})
    except httpx.TransportError as error:
        raise unreachable(form["url"], error) from None
    if not response.is_success:
        raise Failure(f"The file cannot be uploaded: the response has the status {response.status_code}.")


def waited_for(api: Api, path: str) -> dict[str, Any]:
    """The import, when it has ended. Raises Refused, Unreachable."""
    while True:
        job: dict[str, Any] = api.request("GET", path).json()
        if job["status"] in ENDED:
            return job
        time.sleep(POLL_SECONDS)


def lines(url: str) -> Iterator[dict[str, Any]]:
    """The results: a line for each row. Raises Failure."""
    try:
        with http_client(url) as client:
            content = client.get(url).raise_for_status().content
    except httpx.HTTPError as error:
        raise unreachable(url.split("?")[0], error) from None
    text = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    for line in text.splitlines():
        yield json.loads(line)
