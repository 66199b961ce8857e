"""A changed template: seen once it stands still, checked, said once, and served or not."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from local import console, reload
from local.template.source import Source, TemplateError, read_template

LOOK = 0.02
MAIN = "Resources: {A: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: api.yaml}}}}\n"


@pytest.fixture
def said(monkeypatch):
    monkeypatch.setattr(reload, "LOOK_SECONDS", LOOK)
    lines: list[str] = []
    monkeypatch.setattr(console, "say", lines.append)
    return lines


@pytest.fixture
def source(tmp_path) -> Source:
    """A template that includes a file."""
    (tmp_path / "api.yaml").write_text("Type: One\n")
    (tmp_path / "template.yaml").write_text(MAIN)
    return read_template(tmp_path / "template.yaml")


def watched(source, *changes, by_hand=False, before=lambda: None):
    """Make changes one after the other while the template is watched; whether a restart was due in the end."""

    async def run():
        before()
        task = asyncio.create_task(reload.changed(source, lambda: read_template(source.path), lambda: by_hand))
        for change in changes:
            await asyncio.sleep(5 * LOOK)
            change()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(task, 10 * LOOK)
            return True
        return False

    return asyncio.run(run())


def writes(source, name, text):
    return lambda: (source.path.parent / name).write_text(text)


def test_nothing_happens_while_nothing_changes(source, said):
    assert not watched(source)
    assert said == []


@pytest.mark.parametrize(("name", "text"), [("api.yaml", "Type: Two\n"), ("template.yaml", MAIN + "# more\n")])
def test_a_changed_file_is_served_included_ones_too(source, said, name, text):
    assert watched(source, writes(source, name, text))
    assert said == [f"{name} changed: starting again to serve it"]


def test_a_change_while_it_started_is_seen_too(source, said):
    assert watched(source, before=writes(source, "api.yaml", "Type: Two\n"))


def test_a_file_that_is_written_again_as_it_was_is_no_change(source, said):
    assert not watched(source, writes(source, "template.yaml", MAIN))
    assert said == []


def test_one_that_cannot_be_served_is_said_once_with_its_line_until_it_is_mended(source, said):
    assert not watched(source, writes(source, "api.yaml", "Type: [\n"))
    assert len(said) == 1
    assert said[0].startswith("api.yaml changed, but api.yaml:2: it is not valid YAML")
    assert said[0].endswith("; what was served before goes on")
    assert watched(source, writes(source, "api.yaml", "Type: Two\n"))


def test_a_file_that_only_the_new_template_includes_is_watched_too(source, said):
    new = writes(source, "template.yaml", MAIN.replace("api.yaml", "other.yaml"))
    assert watched(source, new, writes(source, "other.yaml", "Type: [\n"), writes(source, "other.yaml", "Type: Two\n"))
    assert [line.partition(",")[0].partition(":")[0] for line in said] == [
        "template.yaml changed",
        "template.yaml and other.yaml changed",
        "template.yaml and other.yaml changed",
    ]


def test_under_a_debugger_it_says_to_restart(source, said):
    assert not watched(source, writes(source, "api.yaml", "Type: Two\n"), by_hand=True)
    assert said == ["api.yaml changed: restart to serve it"]


def test_a_failure_of_a_template_names_the_files_that_were_read(source):
    writes(source, "api.yaml", "Type: [\n")()
    with pytest.raises(TemplateError) as failure:
        read_template(source.path)
    assert [path.name for path in failure.value.files] == ["template.yaml", "api.yaml"]
