"""The functions of a template, as the local runtime reads them."""

from __future__ import annotations

from collections import Counter

from local.functions import host
from local.functions.watch import Code
from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, resolve, transformed


def test_a_folder_that_functions_share_is_watched_once(monkeypatch):
    """Each watch reads the whole folder and takes a handle of the kernel: one for each function made a start slow."""
    watched: Counter[str] = Counter()

    class Counted(Code):
        def __init__(self, folder):
            watched[str(folder)] += 1
            super().__init__(folder)

    monkeypatch.setattr(host, "Code", Counted)
    source = read_template(ROOT / "template.yaml")
    resolved = resolve(transformed(source), parameter_values(source, {}), source)

    functions = host.read_functions(source, resolved, "http://127.0.0.1:1")

    assert len(functions) >= 5
    assert watched[str(ROOT / "src")] == 1
    assert set(watched.values()) == {1}
