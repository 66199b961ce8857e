"""The request line, and where the parts of a message end."""

from __future__ import annotations

import re

from local.wire.heads import HeadError

METHOD = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}"
LINE = re.compile(rb"(%s) [^ ]+ HTTP/[0-9]\.[0-9]\r\n" % METHOD)
BEGINNING = re.compile(rb"%s(?: .*)?" % METHOD, re.DOTALL)
BLANK_LINE = b"\r\n\r\n"


def method_of(data: bytes, start: int) -> bytes:
    """The method of a request line; empty while the line is not complete. Raises HeadError.

    RFC 9112, 3, lets a server repair other white space. But servers that repair it differently see different requests.
    """
    end = data.find(b"\n", start) + 1
    found = LINE.fullmatch(data, start, end) if end else BEGINNING.fullmatch(data, start)
    if found is None:
        raise HeadError("the request line is not a method, a target and HTTP/1.1 with one space between them")
    return found[1] if end else b""


class Ends:
    """Finds blank lines, which end a head and a chunked body, in bytes that come in packets."""

    def __init__(self) -> None:
        self.tail = b""  # the last bytes of the packets before, which may begin a blank line

    def blank_line(self, data: bytes, start: int) -> int:
        """The position after the first blank line, or after the data if it has none."""
        joined = self.tail + data[start : start + 3]
        at = start - len(self.tail) + joined.find(BLANK_LINE) if BLANK_LINE in joined else data.find(BLANK_LINE, start)
        if BLANK_LINE not in joined and at < 0:
            self.tail = (joined if len(data) - start < 3 else data)[-3:]
            return len(data)
        self.tail = b""
        return at + len(BLANK_LINE)
