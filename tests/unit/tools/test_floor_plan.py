"""A picture of rooms shows each above all that it imports, and stays inside its frame."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest

from tools.floor_plan import WIDTH, Panel, drawn, needed, placed

STAIRS = {"top": {"middle", "ground"}, "middle": {"ground"}, "ground": set(), "cellar": set()}
CROSSED = {"a": {"y"}, "b": {"x"}, "x": set(), "y": set()}
SVG = "{http://www.w3.org/2000/svg}"


def found(graph, name):
    """The elements of one kind in the picture of a graph."""
    return list(ElementTree.fromstring(drawn([Panel("A & B", graph)])).iter(SVG + name))


def test_rooms_stand_on_floors_and_no_implied_arrow_is_drawn():
    rooms = placed(STAIRS, 0)
    assert rooms["top"].y < rooms["middle"].y < rooms["ground"].y == rooms["cellar"].y
    assert {name: needed(STAIRS, name) for name in STAIRS} == {
        "top": {"middle"},
        "middle": {"ground"},
        "ground": set(),
        "cellar": set(),
    }
    assert len([it for it in found(STAIRS, "path") if it.get("class") == "arrow"]) == 2


def test_every_arrow_points_down():
    for arrow in (it for it in found(STAIRS, "path") if it.get("class") == "arrow"):
        numbers = [float(number) for number in re.findall(r"[\d.]+", arrow.get("d", ""))]
        assert numbers[-1] > numbers[1]


def test_what_is_imported_stands_below_who_imports_it():
    rooms = placed(CROSSED, 0)
    assert (rooms["a"].x < rooms["b"].x) == (rooms["y"].x < rooms["x"].x)


def test_no_room_covers_another_or_leaves_the_frame():
    graph = {f"a-room-{number}": set() for number in range(6)}
    boxes = sorted((room.x - room.width / 2, room.x + room.width / 2) for room in placed(graph, 0).values())
    assert boxes[0][0] >= 0
    assert boxes[-1][1] <= WIDTH
    assert all(left[1] < right[0] for left, right in itertools.pairwise(boxes))


def test_names_are_written_as_text():
    assert [it.text for it in found({"a<b": set()}, "text")] == ["A & B", "a<b"]


def test_a_circle_cannot_be_drawn():
    with pytest.raises(ValueError, match="circles"):
        drawn([Panel("", {"a": {"b"}, "b": {"a"}})])
