"""Log lines that CloudWatch counts."""

from __future__ import annotations

import time

from utils.metrics import one


def test_a_line_counts_as_one_in_its_dimensions():
    line = one("Name", "Failed", Table="t")
    assert (line["Failed"], line["Table"]) == (1, "t")
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Name",
        "Dimensions": [["Table"]],
        "Metrics": [{"Name": "Failed", "Unit": "Count"}],
    }
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 60


def test_a_line_without_dimensions_has_an_empty_set_of_them():
    assert one("Name", "Failed")["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
