"""A proof that is held to catching wrong versions of the code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.proofs.system import System

Detect = Callable[[System, Any], None]


@dataclass(frozen=True)
class Proof:
    """`detect(system, emulator)` raises AssertionError for the versions in `catches` and passes the real one."""

    name: str
    detect: Detect
    catches: tuple[str, ...]

    def __str__(self) -> str:
        return self.name
