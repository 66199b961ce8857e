"""python -m benchmarks."""

from __future__ import annotations

import json

import pytest

from benchmarks import __main__ as command
from benchmarks.__main__ import COMMANDS, main
from benchmarks.cold_start import run as cold_start
from benchmarks.ground.interpreter import BenchmarkError
from benchmarks.local_server import load
from tests.unit.benchmarks.results import results, times


def test_an_unknown_command_shows_the_help_and_ends_with_2(capsys):
    assert main(["faster"]) == 2
    assert "python -m benchmarks" in capsys.readouterr().err


def test_a_failure_is_one_sentence_and_ends_with_1(monkeypatch, capsys):
    def fail() -> None:
        raise BenchmarkError("valgrind is not installed")

    monkeypatch.setitem(COMMANDS, "run", fail)
    assert main([]) == 1
    assert capsys.readouterr().err == "bench: valgrind is not installed\n"


@pytest.mark.parametrize("name", [name for name in COMMANDS if not name.startswith("-")])
def test_the_help_names_every_command(name):
    assert f"    {name} " in (command.__doc__ or "")


NOISE = ["The machine was busy."]


@pytest.fixture
def written(monkeypatch, tmp_path):
    """What was kept, and whether the pages were written."""
    kept = {}

    def keep(kind, found, folder=tmp_path):
        kept[kind] = folder.name
        return folder / kind

    monkeypatch.setattr(command.results, "keep", keep)
    monkeypatch.setattr(command, "write", lambda: kept.update(pages="written"))
    return kept


def test_a_quiet_run_is_published(written, tmp_path):
    assert command.published({"peers": {}, "local": {}}, [], ()) == 0
    assert written == {"peers": tmp_path.name, "local": tmp_path.name, "pages": "written"}


def test_a_noisy_run_leaves_the_published_figures_alone_and_says_why(written, capsys):
    assert command.published({"peers": {}}, NOISE, ()) == 1
    assert written == {"peers-noisy": ".local"}
    assert "The machine was busy. The published figures stay" in capsys.readouterr().err


def test_a_noisy_run_is_published_when_that_is_asked_for(written):
    assert command.published({"peers": {}}, NOISE, (command.PUBLISH_NOISY,)) == 0
    assert written["pages"] == "written"


@pytest.mark.parametrize(("noise", "status", "counted"), [(NOISE, 1, False), ([], 0, True)])
def test_a_run_whose_times_are_noisy_ends_before_instructions_are_counted(monkeypatch, written, noise, status, counted):
    reached = []

    def measured(*_, timed, **__):
        timed({"subjects": {}})
        reached.append("instructions")
        return {"subjects": {}}

    monkeypatch.setattr(cold_start, "run", measured)
    monkeypatch.setattr(load, "available", lambda: False)
    monkeypatch.setattr(command, "show", lambda found: None)
    monkeypatch.setattr(command.quiet, "noise", lambda found: noise)
    assert main([]) == status
    assert bool(reached) is counted
    assert ("pages" in written) is counted


@pytest.mark.parametrize(
    "arguments",
    [
        ["quick", "--publish-noisy"],
        ["compare", "one"],
        ["run", "--publish"],
        ["write", "x"],
        ["growth", "--publish-noisy"],
    ],
)
def test_what_a_command_does_not_take_is_wrong_usage(arguments):
    assert main(arguments) == 2


HELP = [line for line in (command.__doc__ or "").splitlines() if line.startswith("    ") and line[4] != " "]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_the_option_that_the_help_names_and_no_other(name):
    line = next(line for line in HELP if line.split()[0] == name)
    named = {option for option in (command.PUBLISH_NOISY, command.MILLION) if f"[{option}]" in line}
    taken = {option for option in (command.PUBLISH_NOISY, command.MILLION) if command.fits(name, [option])}
    assert taken == named


@pytest.mark.parametrize("name", ["run", "consumers", "transfers", "searches"])
def test_a_measurement_can_be_published_noisy(monkeypatch, name):
    given = []
    monkeypatch.setitem(COMMANDS, name, lambda *options: given.extend(options))
    assert main([name, "--publish-noisy"]) == 0
    assert given == ["--publish-noisy"]


def test_options_alone_belong_to_the_run(monkeypatch):
    monkeypatch.setitem(COMMANDS, "run", lambda *options: len(options))
    assert main(["--publish-noisy"]) == 1
    assert main([]) == 0


def test_two_files_of_results_are_compared(tmp_path, capsys):
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    changed = results()
    changed["subjects"]["ours.get"]["cold_over_empty"] = times(3.0)
    for path, found in zip(paths, (results(), changed), strict=True):
        path.write_text(json.dumps(found))
    assert main(["compare", str(paths[0]), str(paths[0])]) == 0
    assert main(["compare", *map(str, paths)]) == 1
    assert main(["compare", str(paths[0]), str(tmp_path / "none.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err
