"""The functions under proof: the real ones, or a wrong version of them in a copy of src/."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = frozenset(path.stem for path in (ROOT / "src").iterdir())


class System:
    """What is installed at the moment. A proof asks for modules here, by name and late, so that it can be run on a
    wrong version as well.
    """

    def module(self, name: str) -> ModuleType:
        """A module of src/, such as `users.repository`."""
        return importlib.import_module(name)

    def handler(self, operation: str) -> Any:
        """The Lambda handler of an operation, such as `create_user`."""
        return self.module(f"handlers.{operation}").lambda_handler


@contextlib.contextmanager
def installed(source: Path) -> Iterator[System]:
    """For the time of the block every import of src/ finds the version in the folder `source`."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if ours(name)}
    sys.path.insert(0, str(source))
    importlib.invalidate_caches()
    try:
        yield System()
    finally:
        sys.path.remove(str(source))
        for name in [name for name in sys.modules if ours(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def ours(name: str) -> bool:
    """Whether a module is one of src/."""
    return name.partition(".")[0] in PACKAGES
