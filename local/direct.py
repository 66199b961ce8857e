"""Requests to the emulated AWS from the front end, while it serves."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

SECONDS = 5


def fetch(url: str) -> Any:
    """A JSON document of the emulated AWS, which no proxy is between."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=SECONDS) as answer:
        return json.load(answer)
