"""The charts are well-formed, readable on light and dark, and say what they are."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.report import charts
from tests.unit.benchmarks.results import results

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=list(charts.all_of(results())))
def picture(request):
    return charts.all_of(results())[request.param]


def test_a_chart_is_well_formed_and_told_to_those_who_cannot_see_it(picture):
    root = ElementTree.fromstring(picture)
    assert root.get("role") == "img"
    assert "this project" in (root.get("aria-label") or "")


def test_a_chart_is_readable_on_dark(picture):
    assert "prefers-color-scheme: dark" in picture


def test_a_chart_fetches_nothing(picture):
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_a_chart_says_when_by_what_and_that_it_is_not_lambda(picture):
    for part in ("2026-01-01", "make bench", "not Lambda"):
        assert part in picture


def test_bars_are_as_long_as_their_figures():
    root = ElementTree.fromstring(charts.all_of(results())["cold-start-get"])
    widths = {bar.get("class"): float(bar.get("width", "0")) for bar in root.iter(f"{SVG}rect")}
    assert widths["ours"] / widths["floor"] == pytest.approx(42 / 30, rel=0.01)


def test_no_text_leaves_the_picture(picture):
    root = ElementTree.fromstring(picture)
    for text in root.iter(f"{SVG}text"):
        assert float(text.get("x", "0")) < charts.WIDTH - 40


def test_without_counts_there_is_no_chart_of_counts():
    found = results()
    for subject in found["subjects"].values():
        subject.pop("warm_instructions", None)
    assert "warm-instructions-get" not in charts.all_of(found)


def test_a_peer_is_named_with_its_versions_clear_of_the_bars():
    root = ElementTree.fromstring(charts.all_of(results())["cold-start-get"])
    told = [text for text in root.iter(f"{SVG}text") if text.text == "aws-lambda-powertools 3.37.0, boto3 1.44.5"]
    tops = [float(bar.get("y", "0")) for bar in root.iter(f"{SVG}rect")]
    assert told
    assert all(not top - 2 < float(text.get("y", "0")) - 9 < top + 20 for text in told for top in tops)
