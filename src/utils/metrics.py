"""Counts in log lines, which CloudWatch reads as metrics (embedded metric format). Nothing is sent besides the line."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def one(namespace: str, metric: str, **dimensions: str) -> dict[str, Any]:
    """The fields that make a log line count as one."""
    names = {"Name": metric, "Unit": "Count"}
    directive = {"Namespace": namespace, "Dimensions": [list(dimensions)], "Metrics": [names]}
    counted = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return {**dimensions, metric: 1, "_aws": counted}
