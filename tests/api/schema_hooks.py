"""What schemathesis must not try, because HTTP allows it."""

from __future__ import annotations

import re
from typing import Any

import schemathesis

from tests.template.stack import contract

URL = contract()["components"]["schemas"]["WebhookUrl"]


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Leave out requests that are called wrong only for a header that nobody knows, which a server ignores, and those
    called right though a name has code points that no pattern of JSON Schema can exclude.
    """
    unknown = any(name.lower() == "x-schemathesis-unknown-property" for name in case.headers or {})
    return not unknown and not _beyond_patterns(case.body)


@schemathesis.hook
def before_call(_context: Any, case: Any, **_: Any) -> None:
    """Let no webhook lead to somebody: a URL that keeps the schema becomes one whose name never resolves (RFC 6761)."""
    url = case.body.get("url") if isinstance(case.body, dict) else None
    if isinstance(url, str) and _accepted(url):
        case.body["url"] = "https://nowhere.invalid/"


def _accepted(url: str) -> bool:
    return re.fullmatch(URL["pattern"].strip("^$"), url) is not None and len(url) <= URL["maxLength"]


def _beyond_patterns(body: Any) -> bool:
    """Whether a text has tags, code points reserved for what shows nothing, or noncharacters, beyond U+FFFF."""
    texts = [body.get("name"), body.get("description")] if isinstance(body, dict) else []
    codes = [ord(letter) for text in texts if isinstance(text, str) for letter in text]
    return any(0xE0000 <= code <= 0xE0FFF or (code > 0xFFFF and code & 0xFFFE == 0xFFFE) for code in codes)
