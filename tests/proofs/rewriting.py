"""A wrong version of one function or method, put in its place for the time of a test."""

from __future__ import annotations

import inspect
from typing import Any

import pytest


def rewrite(monkeypatch: pytest.MonkeyPatch, module: Any, where: str, old: str, new: str) -> Any:
    """In `where`, a function or `Class.method` of the module, the only `old` becomes `new`; what it is now."""
    owner: Any = module
    *parts, last = where.split(".")
    for part in parts:
        owner = getattr(owner, part)
    text = inspect.cleandoc("\n" + inspect.getsource(getattr(owner, last)))
    assert text.count(old) == 1, text
    scope: dict[str, Any] = dict(vars(module))
    text = text.replace(old, new).replace("super()", f"super({parts[-1]}, self)" if parts else "super()")
    exec(text, scope)  # the text is our own
    monkeypatch.setattr(owner, last, scope[last])
    return scope[last]
