"""Large bodies beside GETs."""

from __future__ import annotations

import json

import pytest

from benchmarks.local_server import bodies, load


def test_without_wrk_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(load.shutil, "which", lambda _: None)
    with pytest.raises(bodies.BenchmarkError, match="apt-get install wrk"):
        bodies.run(0.1)


@pytest.mark.parametrize("element", [b"1", b'"x"'])
def test_an_array_is_json_of_its_size(element):
    made = bodies.array(element, 2)
    assert len(made) == pytest.approx(2 * 2**20, abs=10)
    assert set(json.loads(made)) == {json.loads(element)}


def test_the_processes_of_bodies_are_known_by_their_module():
    from local.gateway import workers

    assert workers.__name__ == bodies.WORKER
