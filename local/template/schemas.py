"""JSON Schemas without what takes long to import."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def without_iri_grammar() -> Iterator[None]:
    """Import jsonschema without an optional package that takes it a second to load, where that is installed.

    It checks the format "iri", which neither the SAM schema nor a model here uses.
    """
    known = sys.modules.get("rfc3987_syntax")
    sys.modules["rfc3987_syntax"] = known  # type: ignore[assignment] # None: as if it were not installed
    try:
        yield
    finally:
        if known is None:
            del sys.modules["rfc3987_syntax"]
