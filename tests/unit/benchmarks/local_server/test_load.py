"""The local server under load."""

from __future__ import annotations

import pytest

from benchmarks.local_server import load


def test_without_wrk_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(load.shutil, "which", lambda _: None)
    with pytest.raises(load.BenchmarkError, match="apt-get install wrk"):
        load.run(0.1)
