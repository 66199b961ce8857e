"""Generated files: where they come from, and whether they still say the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import generated
from local.template.source import read_template


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A file made from another."""
    (tmp_path / "source.yaml").write_text("paths:\n\n\n  /users: {get: {}}\n")
    path = tmp_path / "made.yaml"
    path.write_text(
        generated.with_header("paths: {/users: {get: {}, options: {}}}\n", tmp_path / "source.yaml", "make it")
    )
    return path


def test_a_generated_file_names_its_source_and_is_not_outdated(made):
    assert generated.source_of(made) == made.parent / "source.yaml"
    assert generated.outdated(made) is None


@pytest.mark.parametrize("changed", ["source.yaml", "made.yaml"])
def test_a_change_of_either_file_is_noticed(made, changed):
    path = made.parent / changed
    path.write_text(path.read_text() + "more: 1\n")

    assert generated.outdated(made) == "made.yaml does not match source.yaml; run make it"


def test_a_file_written_by_hand_has_no_source(made):
    assert generated.source_of(made.parent / "source.yaml") is None
    assert generated.outdated(made.parent / "source.yaml") is None


def test_without_its_source_a_file_stands_for_itself(made):
    (made.parent / "source.yaml").unlink()

    assert generated.source_of(made) is None
    assert generated.outdated(made) is None


def test_a_part_of_an_included_file_is_found_where_it_was_written(made):
    template = made.parent / "template.yaml"
    template.write_text("Body:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: made.yaml}}\n")

    source = read_template(template)

    assert source.place("Body", "paths", "/users", "get") == "source.yaml:4"
    assert source.place("Body", "paths", "/users", "options") == "made.yaml:3"
    assert set(source.tree["Body"]["paths"]["/users"]) == {"get", "options"}
