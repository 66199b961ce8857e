"""python -m benchmarks."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import COMMANDS, main
from benchmarks.ground.interpreter import BenchmarkError


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
    from benchmarks import __main__

    assert f"    {name} " in (__main__.__doc__ or "")
