"""What stands between marks is replaced; the marks and the rest of a document stay."""

from __future__ import annotations

import pytest

from tools import marks
from tools.marks import MarkError

PAGE = "before\n<!-- goals:start -->\nold\n<!-- goals:end -->\nafter\n"


def test_a_part_is_replaced_and_its_marks_and_surroundings_stay():
    assert marks.replaced(PAGE, "goals", "new \\1\n") == PAGE.replace("old", "new \\1")
    assert marks.between(marks.replaced(PAGE, "goals", "new\n"), "goals") == "new\n"


def test_the_last_mark_stands_on_a_line_of_its_own():
    assert marks.replaced(PAGE, "goals", "new") == PAGE.replace("old", "new")
    assert marks.between(marks.replaced(PAGE, "goals", ""), "goals") == ""


def test_replacing_twice_changes_nothing():
    once = marks.replaced(PAGE, "goals", "new\n")
    assert marks.replaced(once, "goals", "new\n") == once


def test_of_many_parts_those_are_replaced_that_the_document_has():
    both = PAGE + PAGE.replace("goals", "notes")
    assert marks.names(both) == ["goals", "notes"]
    assert marks.all_replaced(both, {"notes": "new", "charts": "x"}) == PAGE + PAGE.replace("goals", "notes").replace(
        "old", "new"
    )


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ("no marks", 0),
        (PAGE + PAGE, 2),
        (PAGE.replace("goals:end", "goal:end"), 0),
        (PAGE.replace("goals:start -->\n", "goals:start --> "), 0),
    ],
)
def test_a_document_without_the_one_place_is_refused(document, count):
    for attempt in (lambda: marks.replaced(document, "goals", "new"), lambda: marks.between(document, "goals")):
        with pytest.raises(MarkError, match=f"has {count} parts goals"):
            attempt()


def test_a_document_is_rewritten_in_place(tmp_path):
    document = tmp_path / "PAGE.md"
    document.write_text(PAGE)
    marks.write(document, "goals", "new\n")
    assert document.read_text() == PAGE.replace("old", "new")


def fail() -> str:
    raise MarkError("no place")


@pytest.mark.parametrize(
    ("arguments", "status", "saved", "shown"),
    [([], 0, [], "made"), (["--write"], 0, ["made"], ""), (["--wrong"], 2, [], ""), (["--write", "x"], 2, [], "")],
)
def test_a_tool_shows_or_saves(arguments, status, saved, shown, capsys):
    found: list[str] = []
    assert marks.main(arguments, "usage", lambda: "made", found.append) == status
    assert (found, capsys.readouterr().out) == (saved, shown)


def test_a_tool_says_what_fails(capsys):
    assert marks.main([], "usage", fail, print) == 1
    assert capsys.readouterr().err.endswith(": no place\n")
    with pytest.raises(KeyError):
        marks.main([], "usage", lambda: {}["x"], print)
    assert marks.main([], "usage", lambda: {}["x"], print, (KeyError,)) == 1
