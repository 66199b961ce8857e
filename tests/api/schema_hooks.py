"""What schemathesis must not try, because HTTP allows it."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Leave out requests that are called wrong only for a header that nobody knows, which a server ignores, and those
    called right though a name has code points that no pattern of JSON Schema can exclude.
    """
    unknown = any(name.lower() == "x-schemathesis-unknown-property" for name in case.headers or {})
    return not unknown and not _beyond_patterns(case.body)


def _beyond_patterns(body: Any) -> bool:
    """Whether a name has tags, code points reserved for what shows nothing, or noncharacters, beyond U+FFFF."""
    name = body.get("name") if isinstance(body, dict) else None
    codes = map(ord, name) if isinstance(name, str) else ()
    return any(0xE0000 <= code <= 0xE0FFF or (code > 0xFFFF and code & 0xFFFE == 0xFFFE) for code in codes)
