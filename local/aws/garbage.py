"""How often Python looks for garbage in the tables of the emulated AWS: never.

The garbage collector looks at all objects for circles of references. With 50,000 users that stops the process for
over half a second. Items have no circles, and are freed without the collector. Therefore what is loaded, and what has
survived one full collection, is frozen: the collector does not look at it again.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

ALL = 2  # the generation of a full collection


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Collect nothing while the tables are loaded, and freeze them afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def survivors_frozen() -> Iterator[None]:
    """Meanwhile, freeze what survives a full collection. Each then looks only at what is new since the last one."""
    gc.callbacks.append(freeze_survivors)
    try:
        yield
    finally:
        gc.callbacks.remove(freeze_survivors)


def freeze_survivors(phase: str, info: dict[str, Any]) -> None:
    """Called by the collector before and after each collection."""
    if phase == "stop" and info["generation"] == ALL:
        gc.freeze()
